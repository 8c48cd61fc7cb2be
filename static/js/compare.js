// Compare without reloading: a link or form marked data-swap is fetched as a part of the page, and the bar and the bench
// are exchanged. The address stays the state: each step is in the history, and everything works without this module.
import { onKey } from './keys.js';
import { onLive } from './live.js';
import { write as moments } from './reltime.js';

const KEPT = ['reading', 'notes']; // what scrolls, by id; and the rail
let flying = null;

const scrolls = () => new Map(document.querySelector('.rail') ? [['rail', document.querySelector('.rail').scrollTop],
  ...KEPT.map((id) => [id, [document.getElementById(id)?.scrollTop ?? 0, document.getElementById(id)?.scrollLeft ?? 0]])] : []);

const promptOf = (url) => new URL(url, location.href).pathname;

// Fetch the page at an address and put its bar and bench in place of these.
async function swap(url, { push = true, focus = true } = {}) {
  flying?.abort();
  const mine = flying = new AbortController();
  const main = document.getElementById('main');
  main.setAttribute('aria-busy', 'true');
  try {
    const reply = await fetch(url, { headers: { 'x-part': 'compare', accept: 'text/html' }, signal: mine.signal });
    if (!reply.ok) throw new Error(reply.status);
    const text = await reply.text();
    if (mine.signal.aborted) return;
    put(new DOMParser().parseFromString(text, 'text/html'), reply.redirected ? reply.url : url, push, focus);
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(url);
  }
}

function put(fresh, url, push, focus) {
  const samePrompt = promptOf(url) === location.pathname;
  const kept = scrolls();
  const held = document.activeElement?.id;
  if (push) history.pushState({ compare: true }, '', url);
  document.title = fresh.title;
  for (const id of ['viewbar', 'main']) document.getElementById(id).replaceWith(document.adoptNode(fresh.getElementById(id)));
  restore(kept, samePrompt);
  moments(document.getElementById('main'));
  moments(document.getElementById('viewbar'));
  if (focus) refocus(held, samePrompt);
  say();
}

function restore(kept, samePrompt) {
  document.querySelector('.rail').scrollTop = kept.get('rail') ?? 0;
  document.getElementById('prompt-here')?.scrollIntoView({ block: 'nearest' });
  if (!samePrompt) {
    document.getElementById('reading').scrollLeft = kept.get('reading')?.[1] ?? 0;
    return;
  }
  for (const id of KEPT) {
    const [top, left] = kept.get(id) ?? [0, 0];
    Object.assign(document.getElementById(id), { scrollTop: top, scrollLeft: left });
  }
  show();
}

// Bring the column and the answer in focus into sight, no further than needed.
function show() {
  document.querySelector('.answer.focus')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

// The focus stays where it was; where that is gone, it is on the answers, so that keys and reading go on.
function refocus(held, samePrompt) {
  const same = held && held !== 'main' && held !== 'reading' ? document.getElementById(held) : null;
  if (same && samePrompt) same.focus({ preventScroll: true });
  else {
    const reading = document.getElementById('reading');
    reading.dataset.quiet = '';
    reading.addEventListener('blur', () => delete reading.dataset.quiet, { once: true });
    reading.focus({ preventScroll: true });
  }
}

// What a listener hears of the step.
function say() {
  const place = document.querySelector('[data-announce]');
  const title = document.querySelector('#main h1')?.textContent ?? '';
  const about = document.querySelector('.notes h2')?.textContent.trim().replace(/\s+/g, ' ') ?? '';
  if (place) place.textContent = `${title}. ${about}`;
}

function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;
}

function onClick(event) {
  if (!plain(event)) return;
  const link = event.target.closest('a[data-swap]');
  if (link) {
    event.preventDefault();
    swap(link.href);
    return;
  }
  const card = event.target.closest('[data-card]');
  if (!card || card.classList.contains('focus') || event.target.closest('a, button, input, label, summary, details')) return;
  if (getSelection().isCollapsed) card.querySelector('[data-focus]')?.click();
}

function onSubmit(event) {
  const form = event.target.closest('form[data-swap]');
  if (!form) return;
  event.preventDefault();
  const query = new URLSearchParams(new FormData(form));
  const cols = query.getAll('cols').join(',');
  query.delete('cols');
  const rest = query.toString();
  swap(`${form.getAttribute('action')}?cols=${encodeURI(cols)}${rest ? `&${rest}` : ''}`);
}

// Keys that no single element owns. Enter on something that can be pressed presses it, as always.
onKey('Enter', 'expand the column', ({ target }) => {
  if (target.closest('a, button, summary, input, label, select, textarea')) return false;
  document.querySelector('[data-expand]')?.click();
  return true;
});
onKey('Escape', 'leave reading width, diff or menu', () => {
  const menu = document.querySelector('details.menu[open]');
  if (menu) {
    menu.open = false;
    menu.querySelector('summary').focus();
    return true;
  }
  const leave = document.querySelector('[data-escape]') ?? document.querySelector('#diff[aria-pressed="true"]');
  leave?.click();
  return Boolean(leave);
});

// While a run of this study answers, the page says so and changes when the reader wants it to.
onLive('run.progress', ({ ids }) => {
  if (document.getElementById('main').dataset.runs?.split(' ').includes(String(ids.run))) document.getElementById('news').hidden = false;
});

document.addEventListener('click', onClick);
document.addEventListener('submit', onSubmit);
document.addEventListener('click', ({ target }) => {
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(target)) menu.open = false;
});
addEventListener('popstate', () => swap(location.href, { push: false }));
document.getElementById('prompt-here')?.scrollIntoView({ block: 'nearest' });
if (new URLSearchParams(location.search).has('repeat')) show();
