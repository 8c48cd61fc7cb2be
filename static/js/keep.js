// Bookmarks: `data-keep` (a transcript, with `data-path` a path in it) keeps and takes away by a press; `f` does so with
// the answer in focus, `Shift+F` writes a note. Each is undone as easily.
import { open } from './dialog.js';
import { onKey } from './keys.js';
import { announce, toast } from './toast.js';

const kept = new Map(); // "transcript:message" → {id, note}
const own = new Map(); // what was done here: newer than what an answer under way will tell
const keyOf = (button) => `${button.dataset.keep}:${button.dataset.path ?? ''}`;
const hide = () => { const asked = new URLSearchParams(location.search).get('hide'); return ['kept', 'shuffled'].includes(asked) ? asked : ''; };
const main = () => document.getElementById('keep-this');

async function ask(method, path, body) {
  try {
    const reply = await fetch(`/api/v1/bookmarks${path}`, {
      method, headers: { 'content-type': 'application/json', accept: 'application/json' }, body: body && JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(reply.status);
    return await reply.json();
  } catch {
    toast('The server does not answer; nothing was kept', { kind: 'bad' });
    return null;
  }
}

// What is kept of the page that is shown.
export function told(all) {
  kept.clear();
  for (const one of all) kept.set(`${one.transcript}:${one.message ?? ''}`, one);
  for (const [key, one] of own) put(key, one);
  show();
}

function put(key, one) {
  own.set(key, one);
  if (one) kept.set(key, one);
  else kept.delete(key);
}

function show() {
  for (const button of document.querySelectorAll('[data-keep]')) {
    const here = kept.get(keyOf(button));
    button.setAttribute('aria-pressed', String(Boolean(here)));
    button.closest('.turn')?.classList.toggle('kept', Boolean(here));
  }
  const note = document.getElementById('kept-note');
  const words = main() ? kept.get(keyOf(main()))?.note : '';
  if (note) Object.assign(note, { textContent: words ?? '', hidden: !words });
  const transcripts = new Set([...kept.values()].map((one) => one.transcript));
  for (const card of document.querySelectorAll('.answer[data-same]')) {
    const ids = card.closest('[data-draws]').dataset.draws.split(' ').map(Number);
    card.classList.toggle('kept', `${card.dataset.same} ${card.dataset.rest ?? ''}`.trim().split(' ').some((place) => transcripts.has(ids[place])));
  }
}

async function keep(button, note = null) {
  const message = button.dataset.path ? Number(button.dataset.path) : null;
  const made = await ask('POST', '', { transcript: Number(button.dataset.keep), message, note, hide: hide() });
  if (!made) return;
  put(keyOf(button), made);
  show();
  toast(note === null ? 'Bookmarked' : 'Bookmarked with its note', { undo: () => drop(button, false) });
}

async function drop(button, undo = true) {
  const key = keyOf(button);
  const before = kept.get(key);
  if (!before || !await ask('DELETE', `/${before.id}`)) return;
  put(key, null);
  show();
  if (undo) toast('Bookmark taken away', { undo: async () => { if (await ask('POST', `/${before.id}/restore`)) { put(key, before); show(); } } });
  else announce('Bookmark taken away');
}

function toggle(button) {
  if (!button) announce('No answer is in focus');
  else if (kept.has(keyOf(button))) drop(button);
  else keep(button);
  return true;
}

function write() {
  if (!main()) {
    announce('No answer is in focus');
    return;
  }
  const field = document.querySelector('#keep-note textarea');
  field.value = kept.get(keyOf(main()))?.note ?? '';
  open('keep-note');
  field.focus();
}

onKey('KeyF', 'bookmark the answer, or take the bookmark away', () => toggle(main()));
onKey('Shift+KeyF', 'bookmark with a note', () => { write(); return true; });
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-keep]');
  if (button) toggle(button);
});
document.addEventListener('submit', (event) => {
  if (event.target.id !== 'keep-form') return;
  event.preventDefault();
  document.getElementById('keep-note').close();
  keep(main(), new FormData(event.target).get('note'));
});
document.addEventListener('seen:told', ({ detail }) => told(detail.kept));
