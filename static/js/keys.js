// One map of keys for every page. A key is a chord of `event.code`, so that it is the same place on every keyboard:
// "KeyJ", "Shift+KeyJ", "Ctrl+KeyK". An element owns one by `data-key` (it is pressed, or focused if it is a field);
// a module owns one by `onKey`. Keys are silent in fields and dialogs, and can be switched off (WCAG 2.1.4).
import { open } from './dialog.js';

const PATIENCE = 1500; // ms between g and its second letter
const SIGNS = {
  Comma: ',', Period: '.', Slash: '/', BracketLeft: '[', BracketRight: ']', Minus: '-', Equal: '=', Space: 'Space',
  ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc',
};

const owned = new Map(); // chord → [{name, run}], the newest first: who owns it last is asked first
let going = 0; // when g was pressed
let layout = null; // code → letter on this keyboard, where the browser tells

// Own a chord: `run(event)` is called on each press; where it returns false whoever owned it before is asked. `name` is
// what the list of keys says. Returns a function that gives it up.
export function onKey(chord, name, run) {
  const one = { name, run };
  owned.set(chord, [one, ...(owned.get(chord) ?? [])]);
  return () => {
    const left = owned.get(chord).filter((other) => other !== one);
    if (left.length) owned.set(chord, left);
    else owned.delete(chord);
  };
}

export function chordOf(event) {
  const held = [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', event.shiftKey ? 'Shift' : ''];
  return [...held.filter(Boolean), event.code].join('+');
}

// How a chord is written on this keyboard, as a list of keys: "Shift+KeyJ" → ["Shift", "J"].
export function label(chord) {
  const parts = chord.split('+');
  const code = parts.pop();
  const letter = layout?.get(code) ?? SIGNS[code] ?? code.replace(/^Key|^Digit|^Numpad/, '');
  return [...parts, letter.length > 1 ? letter : parts.length ? letter.toUpperCase() : letter.toLowerCase()];
}

export function inField(target) {
  return target instanceof Element && target.closest('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable="true"]') !== null;
}

export function areOn() {
  return localStorage.getItem('keys') !== 'off';
}

// The element on this page that owns a chord and can be pressed now.
function ownerOf(chord) {
  const all = [...document.querySelectorAll(`[data-key="${CSS.escape(chord)}"]`)];
  return all.find((element) => !element.disabled && element.checkVisibility());
}

function press(element) {
  if (inField(element)) {
    element.focus();
    element.select?.();
  } else element.click();
}

function go(event) {
  const link = document.querySelector(`[data-go="${CSS.escape(event.code)}"]`);
  going = 0;
  link?.click();
  return Boolean(link);
}

// Act on a key; true where it was ours.
export function handle(event) {
  if (event.isComposing || event.defaultPrevented) return false;
  if (event.key === 'Escape' && inField(event.target)) {
    event.target.blur();
    return true;
  }
  const chord = chordOf(event);
  const everywhere = chord.startsWith('Ctrl+') && ownerOf(chord)?.dataset.keyAnywhere !== undefined;
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  if ((inField(event.target) && !everywhere) || document.querySelector('dialog[open]') || (plain && !areOn())) return false;
  if (plain && event.key === '?') return showList();
  if (plain && going && Date.now() - going < PATIENCE) return go(event);
  if ((owned.get(chord) ?? []).some(({ run }) => run(event) !== false)) return true;
  const element = ownerOf(chord);
  if (element) press(element);
  else if (chord === 'KeyG') going = Date.now();
  return Boolean(element) || chord === 'KeyG';
}

// Every key that works here now: [group, [[keys, name], …]].
export function list() {
  const here = [...owned].flatMap(([chord, all]) => all.map(({ name }) => [label(chord), name]));
  const chords = new Set(owned.keys());
  for (const element of document.querySelectorAll('[data-key]')) {
    if (chords.has(element.dataset.key)) continue;
    chords.add(element.dataset.key);
    here.push([label(element.dataset.key), element.dataset.keyName || element.getAttribute('aria-label') || element.textContent.trim()]);
  }
  const pages = [...document.querySelectorAll('[data-go]')].map((link) => [['g', ...label(link.dataset.go)], link.textContent.trim()]);
  const always = [[['?'], 'this list'], [['Esc'], 'leave or close']];
  return [['On this page', here], ['Go to', pages], ['Everywhere', always]].filter(([, lines]) => lines.length);
}

function showList() {
  const place = document.querySelector('[data-key-list]');
  place.replaceChildren(...list().map(([name, lines]) => {
    const group = document.getElementById('key-group').content.firstElementChild.cloneNode(true);
    group.querySelector('h3').textContent = name;
    group.querySelector('ul').append(...lines.map(lineOf));
    return group;
  }));
  document.querySelector('[data-key-help]').textContent = document.querySelector('[data-help]')?.textContent ?? ''; // what a page explains of itself
  open('keys');
  return true;
}

function lineOf([keys, name]) {
  const line = document.getElementById('key-line').content.firstElementChild.cloneNode(true);
  line.firstElementChild.textContent = name;
  line.lastElementChild.append(...keys.map((key) => Object.assign(document.createElement('kbd'), { textContent: key })));
  return line;
}

export function start() {
  document.addEventListener('keydown', (event) => { if (handle(event)) event.preventDefault(); });
  for (const opener of document.querySelectorAll('[data-dialog="keys"]')) opener.addEventListener('click', showList);
  const box = document.querySelector('[data-keys-switch]');
  box.checked = areOn();
  box.addEventListener('change', () => localStorage.setItem('keys', box.checked ? 'on' : 'off'));
  navigator.keyboard?.getLayoutMap?.().then((map) => { layout = map; }, () => {});
}
