// Compare without reloading: a link or form marked data-swap is fetched as a part of the page, and the bar and the bench
// are exchanged. The address stays the state: each step is in the history, and everything works without this module.
import { onKey } from './keys.js';
import { onLive } from './live.js';
import { write as moments } from './reltime.js';
import { announce } from './toast.js';

const KEPT = ['reading', 'notes']; // what scrolls, by id; and the rail
let flying = null;
let shown = location.href; // the address of what is shown: when a step back is heard, the browser's is already another

const scrollOf = (id) => [document.getElementById(id)?.scrollTop ?? 0, document.getElementById(id)?.scrollLeft ?? 0];
const scrolls = () => new Map([['rail', document.querySelector('.rail')?.scrollTop ?? 0], ...KEPT.map((id) => [id, scrollOf(id)])]);

const promptOf = (url) => new URL(url, location.href).pathname;
const pageOf = (url) => new URL(url, location.href).href.split('#')[0];

// How far the answers were read stays with the step in the history, so that the way back leads to it.
const bookmark = () => history.replaceState({ ...history.state, read: scrollOf('reading') }, '');

// Fetch the page at an address and put its bar and bench in place of these.
export async function swap(url, { push = true, focus = true, read = null, said = '' } = {}) {
  flying?.abort();
  const mine = flying = new AbortController();
  const main = document.getElementById('main');
  main.setAttribute('aria-busy', 'true');
  try {
    const reply = await fetch(url, { headers: { 'x-part': 'compare', accept: 'text/html' }, signal: mine.signal });
    if (!reply.ok) throw new Error(reply.status);
    const text = await reply.text();
    if (mine.signal.aborted) return;
    put(new DOMParser().parseFromString(text, 'text/html'), reply.redirected ? reply.url : url, { push, focus, read, said });
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(url);
  }
}

function put(fresh, url, { push, focus, read, said }) {
  const samePrompt = promptOf(url) === promptOf(shown);
  const [kept, held, before] = [scrolls(), holder(document.activeElement, samePrompt), switches()];
  if (push) {
    bookmark();
    history.pushState({ compare: true }, '', url);
  }
  shown = url;
  document.title = fresh.title;
  for (const id of ['viewbar', 'main']) document.getElementById(id).replaceWith(document.adoptNode(fresh.getElementById(id)));
  restore(kept, samePrompt, read);
  moments(document.getElementById('main'));
  moments(document.getElementById('viewbar'));
  if (focus) refocus(typeof held === 'function' ? held() : held && document.querySelector(held));
  if (said) announce(said);
  else say(before);
  document.dispatchEvent(new Event('compare:put'));
}

function restore(kept, samePrompt, read) {
  document.querySelector('.rail').scrollTop = kept.get('rail');
  document.getElementById('prompt-here')?.scrollIntoView({ block: 'nearest' });
  setScroll('notes', samePrompt ? kept.get('notes') : [0, 0]);
  const [top, left] = kept.get('reading');
  setScroll('reading', read ?? [samePrompt ? top : 0, left]);
  clearHeads();
  if (samePrompt && !read) show();
}

const setScroll = (id, [top, left]) => Object.assign(document.getElementById(id), { scrollTop: top, scrollLeft: left });

// Bring the column and the answer in focus into sight, no further than needed.
function show() {
  document.querySelector('.answer.focus')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

// The heads of the columns stay at the top: nothing that is scrolled to or tabbed to ends below them.
function clearHeads() {
  const head = document.querySelector('.column > header');
  document.getElementById('reading').style.scrollPaddingTop = head ? `${head.offsetHeight}px` : '';
}

// What a column is called in the address; its place on the page may be another after a step.
export const tokenOf = (column) => new URL(column.querySelector('.name').href).searchParams.get('col');

// Where the focus is to be found after a step: the same control, the repeat in focus, the menu; null = none of them.
function holder(active, samePrompt) {
  if (active?.closest('.pager')) return `#${CSS.escape(active.id)}`;
  if (!samePrompt) return null;
  const menu = active?.closest('details.menu');
  const column = active?.closest('.column');
  if (column && active.closest('header') && !menu) return inHead(tokenOf(column), active.id.split('-')[0]);
  if (menu) return `#${CSS.escape(menu.id)} > summary`;
  if (active?.id && !KEPT.includes(active.id) && active.id !== 'main') return `#${CSS.escape(active.id)}`;
  return active?.closest('[data-card]') ? '.answer.focus .at' : null;
}

function inHead(token, kind) {
  return () => [...document.querySelectorAll('.column')].find((one) => tokenOf(one) === token)?.querySelector(`[id^="${kind}-"]`);
}

// The focus stays where it was; where that is gone, it is on the answers, so that keys and reading go on.
function refocus(same) {
  same?.focus({ preventScroll: true });
  if (same && document.activeElement === same) return;
  const reading = document.getElementById('reading');
  reading.dataset.quiet = '';
  reading.addEventListener('blur', () => delete reading.dataset.quiet, { once: true });
  reading.focus({ preventScroll: true });
}

const switches = () => new Map([...document.querySelectorAll('#viewbar [aria-pressed]')].map((one) => [
  one.firstChild.textContent.trim(), one.getAttribute('aria-pressed') === 'true']));

// What a listener hears of the step: what was switched, else where the step led.
function say(before) {
  const switched = [...switches()].filter(([name, on]) => before.has(name) && before.get(name) !== on);
  const title = document.querySelector('#main h1')?.textContent ?? '';
  const about = document.querySelector('.notes h2')?.textContent.trim().replace(/\s+/g, ' ') ?? '';
  announce(switched.length ? switched.map(([name, on]) => `${name} ${on ? 'on' : 'off'}`).join(', ') : `${title}. ${about}`);
}

function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;
}

function onClick(event) {
  if (!plain(event)) return;
  const link = event.target.closest('a[data-swap]');
  if (link) {
    event.preventDefault();
    swap(link.href, { said: link.dataset.said });
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
  const fields = [...new FormData(form, event.submitter)];
  const names = [...new Set(['cols', ...fields.map(([name]) => name)])].filter((name) => fields.some(([one]) => one === name));
  swap(`${form.getAttribute('action')}?${names.map((name) => `${name}=${written(fields, name)}`).join('&')}`);
}

// Several values of one name stand in an address as the page's own links write them: "cols=a@1,b@1".
function written(fields, name) {
  const values = fields.filter(([one]) => one === name).map(([, value]) => value);
  return encodeURIComponent(values.join(',')).replaceAll('%2C', ',').replaceAll('%40', '@').replaceAll('%3A', ':');
}

// Keys that no single element owns. Enter on something that can be pressed presses it, as always.
onKey('Enter', 'expand the column', ({ target }) => {
  if (target.closest('a, button, summary, input, label, select, textarea')) return false;
  document.querySelector('[data-expand]')?.click();
  return true;
});
onKey('Escape', 'leave reading width, diff or menu', () => {
  const leave = document.querySelector('[data-escape]') ?? document.querySelector('#diff[aria-pressed="true"]');
  leave?.click();
  return Boolean(leave);
});

// While a run of this study answers, the page says so and changes when the reader wants it to.
onLive('run.progress', ({ ids }) => {
  const news = document.getElementById('news');
  if (!news.hidden || !document.getElementById('main').dataset.runs?.split(' ').includes(String(ids.run))) return;
  news.hidden = false;
  announce('New answers');
});

document.addEventListener('click', onClick);
document.addEventListener('submit', onSubmit);
// A step within the page (the link that skips to the content) is one in the history too, and nothing to fetch.
addEventListener('popstate', ({ state }) => {
  if (pageOf(location.href) !== pageOf(shown)) swap(location.href, { push: false, read: state?.read });
  else {
    flying?.abort();
    document.getElementById('main').removeAttribute('aria-busy');
  }
});
addEventListener('pagehide', bookmark);
addEventListener('resize', clearHeads);
clearHeads();
document.getElementById('prompt-here')?.scrollIntoView({ block: 'nearest' });
if (history.state?.read) setScroll('reading', history.state.read);
else if (new URLSearchParams(location.search).has('repeat')) show();
