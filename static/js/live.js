// What others do appears by itself. Every event of the stream becomes a DOM event `live:<kind>` on the body (detail:
// {id, kind, ids}), and a region with `data-live="kind …"` (macro blocks.live) fetches itself again. A region that
// somebody is writing in or selecting from is left alone: it says how much is new, and takes it when it is free.
import { Stream } from './stream.js';

const root = document.documentElement;
const GAP = 250; // ms between two fetches of one region at least; the first goes out at once
const regions = new WeakMap(); // region → {flying, again, news}
const asked = new Set(); // kinds that modules listen for beside the regions
let connection = null;
let seen = root.dataset.after ? Number(root.dataset.after) : null; // the newest event this page shows

// Hear events of a kind that no region names; a module calls this at load. `hear(event)` gets {id, kind, ids}.
export function onLive(kind, hear) {
  asked.add(kind);
  connection?.ask([kind]);
  document.body.addEventListener(`live:${kind}`, ({ detail }) => hear(detail));
}

const stateOf = (region) => regions.get(region) || regions.set(region, { flying: false, again: false, news: 0, at: 0 }).get(region);
const all = () => [...document.body.querySelectorAll('[data-live]')];
const kindsOf = (region) => region.dataset.live.split(/\s+/).filter(Boolean);

// Whether an event is about what a region shows. `data-live-ids="run=12"` narrows; an id the event does not tell does not.
export function concerns(region, { kind, ids }) {
  if (kind === 'reload') return true;
  if (!kindsOf(region).includes(kind)) return false;
  if (ids.client && ids.client === root.dataset.client && region.dataset.liveOwn === undefined) return false;
  const wanted = (region.dataset.liveIds || '').split(/\s+/).filter(Boolean).map((pair) => pair.split('='));
  // A list that was too long to tell is empty: whoever may be meant looks again.
  return wanted.every(([name, value]) => ids[name] === undefined || ids[name].length === 0 || [ids[name]].flat().map(String).includes(value));
}

// Whether somebody is at work inside: a field, a selection, an open menu, or a focus that could not be given back.
export function held(region) {
  const focus = document.activeElement;
  if (focus && focus !== document.body && region.contains(focus) && (focus.matches('input, textarea, select, [contenteditable="true"]') || !focus.id)) return true;
  const selection = getSelection();
  if (selection && !selection.isCollapsed && selection.rangeCount && selection.getRangeAt(0).intersectsNode(region)) return true;
  return region.querySelector('details.menu[open], dialog[open]') !== null;
}

function tell(event) {
  document.body.dispatchEvent(new CustomEvent(`live:${event.kind}`, { detail: event }));
  for (const region of all()) if (concerns(region, event)) wish(region, event.kind !== 'reload');
}

function wish(region, isNews = true) {
  const state = stateOf(region);
  if (held(region) && isNews) news(region, state);
  else if (held(region) || state.flying || document.hidden) state.again = true;
  else fetchNow(region, state);
}

function fetchNow(region, state) {
  Object.assign(state, { flying: true, again: false, news: 0, at: Date.now() });
  document.getElementById(newsId(region))?.remove();
  window.htmx.trigger(region, 'live:refetch');
}

// Somebody began to write or to select while the fetch was on its way: what came is fetched anew when they are done.
function keepBack({ detail, target }) {
  if (!target.matches('[data-live]') || !held(target)) return;
  detail.shouldSwap = false;
  stateOf(target).again = true;
}

// A fetch that failed is wished for again when the stream, and so the server, is back.
function landed(region, well) {
  const state = stateOf(region);
  setTimeout(() => {
    state.flying = false;
    if (!well) {
      state.again = true;
      return;
    }
    const now = region.isConnected ? region : document.getElementById(region.id);
    if (state.again && now) wish(now, false);
  }, Math.max(0, GAP - (Date.now() - state.at)));
}

const newsId = (region) => `news-of-${region.id || all().indexOf(region)}`;

function news(region, state) {
  state.news += 1;
  let button = document.getElementById(newsId(region));
  if (!button) {
    button = document.getElementById('live-news').content.firstElementChild.cloneNode(true);
    button.id = newsId(region);
    button.addEventListener('click', () => { getSelection()?.removeAllRanges(); fetchNow(region, state); });
    region.before(button);
  }
  button.textContent = `${state.news} new${region.dataset.liveNews ? ` ${region.dataset.liveNews}` : ''}: show`;
}

// A region that has become free takes what waited for it.
function release() {
  for (const region of all()) {
    const state = stateOf(region);
    if ((state.news || state.again) && !state.flying && !document.hidden && !held(region)) fetchNow(region, state);
  }
}

function heard({ event, open }) {
  if (open !== undefined) root.dataset.live = open ? 'open' : 'waiting';
  if (open) release();
  if (!event) return;
  seen = Math.max(seen ?? 0, event.id);
  tell(event);
}

const kindsHere = () => [...new Set([...all().flatMap(kindsOf), ...asked])];

// A stream of the page's own, which rests while nobody looks: for browsers without shared module workers.
function alone() {
  const stream = new Stream((event) => heard({ event }), (open) => heard({ open }));
  stream.ask(kindsHere());
  stream.connect(seen);
  document.addEventListener('visibilitychange', () => (document.hidden ? stream.close() : stream.connect()));
  return stream;
}

function shared() {
  const worker = new SharedWorker(new URL('./live-worker.js', import.meta.url), { type: 'module', name: 'live' });
  const hello = () => worker.port.postMessage({ kinds: kindsHere(), after: seen });
  worker.addEventListener('error', () => { connection = alone(); }, { once: true });
  worker.port.addEventListener('message', ({ data }) => heard(data));
  worker.port.start();
  hello();
  addEventListener('pagehide', () => worker.port.postMessage({ bye: true }));
  addEventListener('pageshow', ({ persisted }) => { if (persisted) hello(); });
  return { ask: hello };
}

export function start() {
  connection = window.SharedWorker ? shared() : alone();
  document.body.addEventListener('htmx:afterRequest', ({ detail }) => {
    if (detail.elt.matches?.('[data-live]')) landed(detail.elt, detail.successful);
  });
  document.body.addEventListener('htmx:beforeSwap', keepBack);
  document.addEventListener('visibilitychange', release);
  document.addEventListener('focusout', () => setTimeout(release));
  document.addEventListener('selectionchange', () => { if (getSelection()?.isCollapsed) release(); });
}
