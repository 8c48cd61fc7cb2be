// What this reader has seen of a Compare page. The page is printed once for all readers and names its answers by place
// (`data-draws`, `data-same`); what is seen of them is asked for here, shown as dots and counts, and added to by reading.
import { swap } from './compare.js';
import { Views } from './inview.js';
import { onKey } from './keys.js';
import { onLive } from './live.js';
import { change, saw } from './marks.js';
import { announce, toast } from './toast.js';

const VIEW = ['cols', 'run', 'beside', 'wave', 't', 'others']; // what of a view decides which answers are shown
const OLD = 60_000; // ms that a count of another prompt is trusted
const counts = new Map(); // prompt under a view → {n, at}
let here = null; // of the page that is shown: {at, seen, now, held}
const views = new Views(readThrough, frame);

const numbers = (text) => (text ? text.split(' ').map(Number) : []);
const nameOf = (url) => { const parts = new URL(url, location.href).pathname.split('/'); return parts.length === 6 ? `${parts[4]}/${parts[5]}` : ''; };
const study = () => location.pathname.split('/')[2];
const idsOf = (answers) => numbers(answers.dataset.draws);
const places = (element, name) => { const ids = idsOf(element.closest('[data-draws]')); return numbers(element.dataset[name]).map((place) => ids[place]); };
const stackOf = (element) => [...places(element, 'same'), ...places(element, 'rest')];
const unseen = (ids) => ids.filter((id) => !here.seen.has(id));
const rail = () => [...document.querySelectorAll('.rail a[data-swap]')].filter((link) => nameOf(link.href));
const aparts = () => [...document.querySelectorAll('[data-apart]')];
const all = () => [...new Set([...document.querySelectorAll('[data-draws]')].flatMap(idsOf).concat(aparts().flatMap((one) => numbers(one.dataset.apart))))];

function viewKey(name) {
  const asked = new URLSearchParams(location.search);
  return `${name}?${VIEW.map((part) => asked.getAll(part).join(',')).join('&')}`;
}

// The part of the window in which answers are read: below the heads of the columns.
function frame() {
  const box = document.getElementById('reading').getBoundingClientRect();
  const head = document.querySelector('.column > header');
  const covered = head && getComputedStyle(head).position === 'sticky' ? head.getBoundingClientRect().bottom : box.top;
  return { top: Math.max(box.top, Math.min(covered, box.bottom)), bottom: Math.min(box.bottom, innerHeight), left: box.left, right: box.right };
}

async function load() {
  views.forget();
  const at = nameOf(location.href);
  if (!at || !document.querySelector('.bench')) return;
  here = { at, seen: new Set(), now: new Set(), held: new Set(), known: false };
  const mine = here;
  const asked = new URLSearchParams(location.search);
  asked.set('at', at);
  const names = [...new Set(rail().map((link) => nameOf(link.href)))].slice(0, 100);
  for (const name of names) if (Date.now() - (counts.get(viewKey(name))?.at ?? 0) > OLD) asked.append('prompt', name);
  let told;
  try {
    const reply = await fetch(`/api/v1/studies/${study()}/seen?${asked}`);
    if (!reply.ok) return;
    told = await reply.json();
  } catch { return; } // the page reads on without; nothing of it is lost
  for (const [name, n] of Object.entries(told.unseen)) counts.set(viewKey(name), { n, at: Date.now() });
  if (here !== mine) return;
  here.seen = new Set(told.seen);
  here.known = true;
  document.dispatchEvent(new CustomEvent('seen:told', { detail: told }));
  apply();
  for (const card of document.querySelectorAll('.answer[data-same]')) for (const body of bodies(card)) views.watch(body);
  for (const row of document.querySelectorAll('.dist-row[data-same]')) if (unseen(places(row, 'same')).length) views.watch(row);
}

// The answers of a card that is shown whole, without the reasoning and the turns between; the card itself where it says nothing.
function bodies(card) {
  if (card.dataset.leftOut !== undefined || !unseen(places(card, 'same')).length) return [];
  const found = [...card.querySelectorAll('[data-message]')].filter((one) => !one.closest('details, .between') && one.textContent);
  return found.length ? found : [card];
}

function readThrough(element) {
  const card = element.closest('[data-same]');
  if ([...bodies(card)].some((body) => views.bands.has(body))) return;
  const ids = unseen(places(card, 'same')).filter((id) => !here.held.has(id));
  for (const id of ids) { here.seen.add(id); here.now.add(id); }
  saw(ids);
  apply();
}

// ---------------------------------------------------------------- showing

function apply() {
  for (const card of document.querySelectorAll('[data-same], .dist-row[data-rest]')) dot(card, stackOf(card), card.querySelector('.line') ?? card.querySelector('.n'));
  for (const one of aparts()) dot(one, numbers(one.dataset.apart), one);
  for (const answers of document.querySelectorAll('[data-draws]')) count(answers.closest('.column'), unseen(idsOf(answers)).length);
  counts.set(viewKey(here.at), { n: unseen(all()).length, at: Date.now() });
  for (const link of rail()) number(link, counts.get(viewKey(nameOf(link.href)))?.n ?? 0);
  const toggle = document.getElementById('seen-this');
  if (toggle) toggle.setAttribute('aria-pressed', String(!unseen(focused()).length));
}

function child(parent, name, tag = 'span') {
  let found = parent.querySelector(`:scope > .${name}`);
  if (!found) {
    found = Object.assign(document.createElement(tag), { className: name });
    parent.append(found);
  }
  return found;
}

// A dot where something is not seen yet; a ring where it was seen a moment ago, until the page is left.
function dot(owner, ids, place) {
  const left = unseen(ids).length;
  const now = ids.some((id) => here.now.has(id));
  const sign = child(place, 'seen-sign', 'i');
  if (place.matches('.line, .apart') && place.firstChild !== sign) place.prepend(sign);
  sign.hidden = !left && !now;
  sign.classList.toggle('just', !left);
  sign.title = left ? `${left} not seen yet` : 'seen just now';
  sign.setAttribute('role', 'img');
  sign.setAttribute('aria-label', sign.title);
  owner.dataset.unseen = left;
}

function count(column, left) {
  const place = column.querySelector('header .tools');
  const sign = child(place, 'unseen-n', 'b');
  if (place.firstChild !== sign) place.prepend(sign);
  tell(sign, left);
}

function number(link, left) {
  tell(child(link.querySelector('.count') ?? link, 'unseen-n', 'b'), left);
  link.dataset.unseen = left;
}

function tell(sign, left) {
  sign.textContent = left || '';
  sign.title = left ? `${left} not seen yet` : '';
}

// ---------------------------------------------------------------- by hand

const focused = () => { const card = document.querySelector('.answer.focus'); return card ? stackOf(card) : []; };
const answers = (n) => `${n} ${n === 1 ? 'answer' : 'answers'}`;

async function put(ids, seen, undo = true) {
  const mine = here;
  const changed = await change(ids, seen);
  if (changed === null) return;
  if (here === mine) {
    for (const id of ids) {
      here.now.delete(id);
      here.seen[seen ? 'add' : 'delete'](id);
      here.held[seen ? 'delete' : 'add'](id); // what is to be unread stays so while the page is open
    }
    apply();
  } else counts.clear();
  const words = `${answers(changed.length)} marked as ${seen ? 'seen' : 'not seen'}`;
  if (undo && changed.length) toast(words, { undo: () => put(changed, !seen, false) });
  announce(words);
}

function toggle() {
  const ids = focused();
  if (ids.length) put(unseen(ids).length ? unseen(ids) : ids, unseen(ids).length > 0);
  else announce('No answer is in focus');
  return true;
}

function toggleAll() {
  const left = unseen(all());
  if (left.length) put(left, true);
  else announce('Everything shown here is seen');
  return true;
}

async function next() {
  const asked = new URLSearchParams(location.search);
  asked.set('at', nameOf(location.href));
  const reply = await fetch(`/api/v1/studies/${study()}/unseen?${asked}`);
  const found = reply.ok ? await reply.json() : null;
  if (!found) toast('The server does not answer', { kind: 'bad' });
  else if (!found.url) toast('Nothing unseen is left in this view');
  else if (nameOf(found.url) === nameOf(location.href)) toast(`Only this prompt has something unseen: ${answers(found.unseen)}`);
  else {
    if (found.wrapped) toast('From the beginning again: after this one nothing is unseen');
    await swap(found.url);
  }
}

onKey('Shift+KeyJ', 'go on to what is unseen', () => { next(); return true; });
onKey('KeyI', 'mark the answer in focus as seen, or as not', toggle);
onKey('Shift+KeyI', 'mark all of this prompt as seen', toggleAll);
document.addEventListener('click', (event) => {
  const button = event.target.closest('#seen-this, #seen-all, #seen-next');
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ({ 'seen-this': toggle, 'seen-all': toggleAll, 'seen-next': next })[button.id]();
});
onLive('run.progress', () => counts.clear());
document.addEventListener('compare:put', load);
load();
