// The coding page: tags put by mouse and by keyboard alone, marks walked, changed, moved and removed, the pass submitted.
import { act, step } from './acting.js';
import { onLive } from './live.js';
import { onKey } from './keys.js';
import { change } from './mark-dialog.js';
import { hold, marksAt, markOf, paint, point, unwrap } from './painting.js';
import { bodyOf, targetsOf, textOf, toPoints, toUnits } from './places.js';
import { stop } from './selecting.js';
import { pick, used } from './tagger.js';
import { announce, toast } from './toast.js';
import { wordAfter, wordBefore } from './words.js';

const panel = document.querySelector('.panel');
const { study, transcript, next } = panel.dataset;
let desk = null;
let current = 0; // the mark that is walked to

function read() {
  desk = JSON.parse(panel.querySelector('[data-desk]').textContent);
  paint(desk.marks);
  if (current) document.getElementById(`mark-${current}`)?.setAttribute('data-now', '');
}

const refetch = () => window.htmx.trigger('#pass', 'live:refetch');
const tagOf = (slug) => desk.tags.find((tag) => tag.slug === slug);

// What is selected, else the whole answer; a mark that is walked to and focused is re-tagged instead.
async function put(slug, chosen = targetsOf(getSelection())) {
  const targets = chosen.map(({ body, ...target }) => target);
  const wanted = targets.length ? { tag: slug, transcript: Number(transcript), targets } : { tag: slug, kind: 'transcript', transcript: Number(transcript) };
  const made = await act(study, 'annotations', { body: { annotations: [wanted] } });
  if (!made) return;
  used(slug);
  stop();
  getSelection().removeAllRanges();
  told(`${tagOf(slug)?.name ?? slug}: ${targets.length ? 'marked' : 'the whole answer marked'}`);
}

let last = null;
function told(words, undo = true) {
  last?.remove();
  last = toast(words, undo ? { undo: () => step(study, 'undo', (said) => told(said, false)) } : {});
  refetch();
}

async function absent(slug) {
  const state = desk.states[slug];
  if (state === 'present') {
    announce('It is marked as present; remove the mark first');
    toast('It is marked as present; remove the mark first');
    return;
  }
  const own = desk.marks.find((mark) => mark.mine && mark.tag === slug && mark.polarity === 'absent' && mark.kind === 'transcript');
  if (own) remove(own.id, own.version);
  else if (await act(study, 'annotations', { body: { annotations: [{ tag: slug, kind: 'transcript', polarity: 'absent', transcript: Number(transcript) }] } })) told(`${tagOf(slug)?.name ?? slug}: looked for, not there`);
}

// Digits mean the checklist's own keys first, then the codebook's.
function keyed(digit) {
  const found = desk.tags.find((tag) => tag.key === digit && desk.look.includes(tag.slug)) ?? desk.tags.find((tag) => tag.key === digit);
  if (!found) announce(`No tag has the key ${digit}`);
  return found?.slug;
}

async function remove(id, version) {
  const gone = await act(study, `annotations/${id}`, { method: 'DELETE', version });
  if (!gone) return;
  if (gone.conflict) toast('It was changed since you saw it; look again', { kind: 'bad' });
  else told('Mark removed');
}

function walk(to) {
  const lines = [...panel.querySelectorAll('[data-mark]')];
  if (!lines.length) {
    announce('There are no marks');
    return true;
  }
  const at = lines.findIndex((line) => Number(line.dataset.mark) === current);
  go(Number(lines[(at + to + lines.length + (at < 0 && to < 0 ? 1 : 0)) % lines.length].dataset.mark));
  return true;
}

function go(id) {
  current = id;
  for (const line of panel.querySelectorAll('[data-mark]')) line.toggleAttribute('data-now', Number(line.dataset.mark) === id);
  const door = document.querySelector(`#mark-${id} .door`);
  door?.focus({ preventScroll: true });
  door?.scrollIntoView({ block: 'nearest' });
  point(id);
  define(markOf(id)?.tag);
}

function define(slug) {
  const tag = slug && tagOf(slug);
  const place = panel.querySelector('[data-definition]');
  place.hidden = !tag;
  if (!tag) return;
  window.htmx.ajax('GET', `/-/studies/${study}/tags/${slug}`, { target: place, swap: 'innerHTML' });
}

const edit = (id) => change(study, desk.tags, id, { after: told, remove });
const mine = () => desk.marks.find((mark) => mark.id === current && mark.mine);
const focused = () => document.activeElement?.closest('[data-mark]') !== null;

// A mark's edge moved by a word: its end, or with Shift its start.
async function move(back, start) {
  const mark = mine();
  if (!mark || mark.places.length !== 1 || mark.more) return false;
  const [message, from, to] = mark.places[0];
  const body = bodyOf(message);
  const text = textOf(body);
  let [a, b] = [toUnits(body, from), toUnits(body, to)];
  if (start) a = (back ? wordBefore(text, a) : wordAfter(text, a + 1))?.[0] ?? a;
  else b = (back ? wordBefore(text, b - 1) : wordAfter(text, b))?.[1] ?? b;
  if (a >= b) return true;
  const target = { message, start: toPoints(body, a), end: toPoints(body, b), quote: text.slice(a, b) };
  const made = await act(study, `annotations/${mark.id}`, { method: 'PATCH', body: { targets: [target] }, version: mark.version });
  if (made?.conflict) toast('It was changed since you saw it; look again', { kind: 'bad' });
  else if (made) told('Mark moved');
  return true;
}

async function submit() {
  const made = await act(study, 'passes', { body: { transcript: Number(transcript), look: desk.look } });
  if (made) location.assign(next);
}

function ask() {
  const targets = targetsOf(getSelection());
  const box = targets.length ? getSelection().getRangeAt(0).getBoundingClientRect() : null;
  const about = targets.length > 1 ? `${targets.length} places` : targets.length ? `“${targets[0].quote.slice(0, 80)}”` : 'the whole answer';
  hold(targets); // the field of the popover takes the selection away
  pick(desk.tags, about, box, (slug) => put(slug, targets), () => hold([]));
  return true;
}

unwrap();
read();
for (const nth of '123456789') {
  onKey(`Digit${nth}`, `tag ${nth}`, () => { const slug = keyed(nth); if (slug) put(slug); return true; });
  onKey(`Shift+Digit${nth}`, `looked for ${nth}, not there`, () => { const slug = keyed(nth); if (slug) absent(slug); return true; });
}
onKey('KeyT', 'any tag by name', ask);
onKey('BracketRight', 'next mark', () => walk(1));
onKey('BracketLeft', 'mark before', () => walk(-1));
onKey('Enter', 'change the mark', () => { if (!focused() || !mine()) return false; edit(current); return true; });
for (const chord of ['Delete', 'Backspace']) onKey(chord, 'remove the mark', () => { if (!focused() || !mine()) return false; remove(current, mine().version); return true; });
for (const [chord, back, start] of [['Alt+ArrowLeft', true, false], ['Alt+ArrowRight', false, false], ['Alt+Shift+ArrowLeft', true, true], ['Alt+Shift+ArrowRight', false, true]]) {
  onKey(chord, `move the mark's ${start ? 'start' : 'end'}`, () => { if (!mine()) return false; move(back, start); return true; });
}
onKey('KeyU', 'undo', () => { step(study, 'undo', (said) => told(said, false)); return true; });
onKey('Shift+KeyU', 'do again', () => { step(study, 'redo', (said) => told(said, false)); return true; });

document.addEventListener('click', (event) => {
  const pressed = (name) => event.target.closest(`[data-${name}]`)?.getAttribute(`data-${name}`);
  if (event.target.closest('[data-submit]')) submit();
  else if (pressed('change')) { current = Number(pressed('change')); edit(current); } else if (pressed('remove')) remove(Number(pressed('remove')), event.target.closest('[data-mark]').dataset.version);
  else if (pressed('put')) { define(pressed('put')); if (!getSelection().isCollapsed) put(pressed('put')); } else if (pressed('to-mark')) go(Number(pressed('to-mark')));
  else if (event.target.closest('[data-message]') && getSelection().isCollapsed) {
    const under = marksAt(event.clientX, event.clientY);
    if (under.length) go(under[(under.indexOf(current) + 1) % under.length]);
  }
});
// A selection made with the mouse asks for its tag at once.
document.querySelector('.coding > .page').addEventListener('pointerup', (event) => {
  if (event.button === 0) setTimeout(() => { if (!getSelection().isCollapsed && targetsOf(getSelection()).length) ask(); });
});
document.body.addEventListener('htmx:afterSwap', ({ detail }) => { if (detail.target.id === 'pass') read(); });
onLive('annotation', ({ ids }) => { if (ids.client !== document.documentElement.dataset.client) announce('Marks have changed'); });
