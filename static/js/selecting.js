// Selecting by keyboard alone: `v` takes the first word in sight, arrows go on by words, with Shift they widen; `w`, `s`,
// `m` take the word, the sentence, the whole message; Esc ends it. The selection is the browser's own.
import { onKey } from './keys.js';
import { rangeOfUnits, textOf, unitOf } from './places.js';
import { announce } from './toast.js';
import { sentenceAt, snap, wordAfter, wordAt, wordBefore } from './words.js';

const CHORDS = ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'Shift+ArrowRight', 'Shift+ArrowLeft', 'KeyW', 'KeyS', 'KeyM', 'Escape'];
const NAMES = ['next word', 'word before', 'next turn', 'turn before', 'widen by a word', 'narrow by a word', 'the word', 'the sentence', 'the message', 'end selecting'];
let now = null; // {body, start, end} in UTF-16 units
let give = [];

const bodies = () => [...document.querySelectorAll('[data-message]')].filter((body) => body.textContent && body.checkVisibility());

function first() {
  const selection = getSelection();
  const body = selection.rangeCount && selection.anchorNode?.parentElement?.closest('[data-message]');
  if (body && !selection.isCollapsed) {
    const range = selection.getRangeAt(0);
    return { body, start: unitOf(body, range.startContainer, range.startOffset), end: unitOf(body, range.endContainer, range.endOffset) };
  }
  const focus = document.querySelector('.answer.focus [data-message]');
  const answers = bodies().filter((one) => one.closest('.answer-turn, .answer'));
  const inSight = (one) => { const box = one.getBoundingClientRect(); return box.bottom > 60 && box.top < innerHeight && box.right > 0 && box.left < innerWidth; };
  const start = focus ?? answers.find(inSight) ?? bodies().find(inSight) ?? bodies()[0];
  const word = start && wordAt(textOf(start), 0);
  return word ? { body: start, start: word[0], end: word[1] } : null;
}

function take(body, start, end) {
  [start, end] = snap(textOf(body), start, end);
  now = { body, start, end };
  const range = rangeOfUnits(body, start, end, Range);
  getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
  const box = range.getBoundingClientRect();
  if (box.top < 110 || box.bottom > innerHeight - 40) (range.startContainer.parentElement ?? body).scrollIntoView({ block: 'center' });
  announce(textOf(body).slice(start, end).slice(0, 200));
  return true;
}

function turn(step) {
  const all = bodies();
  const next = all[all.indexOf(now.body) + step];
  const word = next && wordAt(textOf(next), 0);
  return word ? take(next, word[0], word[1]) : true;
}

function step(chord) {
  const { body, start, end } = now;
  const text = textOf(body);
  const after = wordAfter(text, end);
  const before = wordBefore(text, start);
  if (chord === 'ArrowRight') return after ? take(body, after[0], after[1]) : true;
  if (chord === 'ArrowLeft') return before ? take(body, before[0], before[1]) : true;
  if (chord === 'ArrowDown') return turn(1);
  if (chord === 'ArrowUp') return turn(-1);
  if (chord === 'Shift+ArrowRight') return after ? take(body, start, after[1]) : take(body, start, text.length);
  if (chord === 'Shift+ArrowLeft') {
    const less = wordBefore(text, end - 1);
    return less && less[1] > start ? take(body, start, less[1]) : true;
  }
  if (chord === 'KeyM') return take(body, 0, text.length);
  const found = chord === 'KeyW' ? wordAt(text, start) : sentenceAt(text, start);
  return found ? take(body, found[0], found[1]) : true;
}

export function stop() {
  for (const one of give) one();
  give = [];
  now = null;
  delete document.body.dataset.selecting;
}

export function begin() {
  const found = first();
  if (!found) {
    announce('There is no text to select');
    return true;
  }
  stop();
  give = CHORDS.map((chord, nth) => onKey(chord, NAMES[nth], () => {
    if (chord !== 'Escape') return step(chord);
    stop();
    getSelection().removeAllRanges();
    return true;
  }));
  document.body.dataset.selecting = '';
  return take(found.body, found.start, found.end);
}

onKey('KeyV', 'select by word', begin);
document.addEventListener('pointerdown', () => { if (now) stop(); });
