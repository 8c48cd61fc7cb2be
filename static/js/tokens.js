// The tokens of an answer: arrow keys move from one to the next, line to line, and what could have stood there follows.
// Every token is a link to its own place, so that all of it works without this module.
import { onKey } from './keys.js';

const page = document.getElementById('tokens');
const all = () => [...page.querySelectorAll('.token-text .tok')];
const current = () => page.querySelector('.tok[aria-current]') ?? all()[0];
let flying = null;

// One of them is in the order of Tab; the arrows reach the others.
function rove(token) {
  for (const one of page.querySelectorAll('.tok[aria-current]')) one.removeAttribute('aria-current');
  for (const one of all()) one.tabIndex = one === token ? 0 : -1;
  token.setAttribute('aria-current', 'true');
}

async function show(token) {
  rove(token);
  history.replaceState(history.state, '', token.href);
  flying?.abort();
  const mine = flying = new AbortController();
  try {
    const reply = await fetch(`/-/transcripts/${page.dataset.of}/token?at=${token.id.slice(1)}`, {
      headers: { accept: 'text/html' }, signal: mine.signal });
    if (reply.ok) document.getElementById('token').innerHTML = await reply.text();
  } catch (error) {
    if (error.name !== 'AbortError') location.assign(token.href);
  } finally {
    if (flying === mine) flying = null;
  }
}

function go(token) {
  if (!token) return true;
  token.focus({ preventScroll: true });
  token.scrollIntoView({ block: 'nearest' });
  show(token);
  return true;
}

// The token of the line above or below that stands nearest to this one.
function line(from, way) {
  const here = from.getBoundingClientRect();
  const middle = (here.left + here.right) / 2;
  const others = all().map((one) => [one, one.getClientRects()[0]]).filter(([, box]) => box && (box.top - here.top) * way > 4);
  const near = Math.min(...others.map(([, box]) => (box.top - here.top) * way));
  const far = ([, box]) => Math.abs((box.left + box.right) / 2 - middle);
  return others.filter(([, box]) => (box.top - here.top) * way < near + 4).sort((a, b) => far(a) - far(b))[0]?.[0];
}

// One step; from the edge of a stretch of a very long answer into the next.
function step(way) {
  const tokens = all();
  const next = tokens[tokens.indexOf(current()) + way];
  if (next) return next;
  document.getElementById(way > 0 ? 'window-after' : 'window-before')?.click();
  return null;
}
const surprise = () => all().slice(all().indexOf(current()) + 1).find((one) => one.matches('.h-4, .h-5'));

if (all().length) {
  rove(current());
  onKey('ArrowRight', 'token after', () => go(step(1)));
  onKey('ArrowLeft', 'token before', () => go(step(-1)));
  onKey('ArrowUp', 'line above', () => go(line(current(), -1)));
  onKey('ArrowDown', 'line below', () => go(line(current(), 1)));
  onKey('Home', 'first token', () => go(all()[0]));
  onKey('End', 'last token', () => go(all().at(-1)));
  onKey('KeyS', 'next surprising token', () => go(surprise()));
  page.addEventListener('click', (event) => {
    const link = event.target.closest('.tok[id], [data-token]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const token = link.dataset.token ? document.getElementById(link.dataset.token) : link;
    if (!token) return; // it stands in another stretch
    event.preventDefault();
    go(token);
  });
}
