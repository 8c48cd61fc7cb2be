// A draft's page: what is written is saved as one types and leaves a field; keys act on the prompt that is shown; what
// another window saves comes into the fields that nobody here is writing in.
import { chordOf, inField, onKey } from './keys.js';
import { onLive } from './live.js';
import { keepAct, start, tellPlace } from './prompts.js';
import { announce, reason, toast } from './toast.js';

const PAUSE = 700; // ms without a key before what was typed is saved
const AGAIN = 4000; // ms before a save that failed is tried again
const root = document.documentElement;
const form = document.getElementById('sheet');
const number = document.getElementById('main').dataset.draft;
let dirty = false; // written and not saved
let untold = false; // saved, and not told to other windows
let waiting = 0; // the timer of the next save
let act = null; // what a button or a drag asks for with the next save, as fields
let quiet = false; // whether the save under way is one of typing
let flying = 0; // saves under way
let leaving = ''; // where to go when all is saved
let failed = false; // the last save did not go

function save({ typing = false } = {}) {
  clearTimeout(waiting);
  quiet = typing;
  window.htmx.trigger(form, 'save');
}

function wrote() {
  dirty = true;
  clearTimeout(waiting);
  waiting = setTimeout(() => save({ typing: true }), PAUSE);
}

// What a field's message says, its control says too.
function mark() {
  for (const field of form.querySelectorAll('.field')) {
    const wrong = field.querySelector('.wrong') !== null;
    for (const control of field.querySelectorAll('input:not([type="hidden"]), textarea, select')) {
      if (wrong) control.setAttribute('aria-invalid', 'true');
      else control.removeAttribute('aria-invalid');
    }
  }
}

form.addEventListener('input', wrote);
form.addEventListener('change', () => { dirty = true; save(); });
document.addEventListener('submit', ({ target, submitter }) => {
  if (target !== form || !submitter) return;
  act = { [submitter.name]: submitter.value };
  keepAct(submitter.value, form.elements.p.value);
}, true);

form.addEventListener('htmx:configRequest', ({ detail }) => {
  // htmx takes a button that is merely focused for the one that sent the form: what is asked for is said here alone.
  Object.assign(detail.parameters, { do: 'save' }, act ?? (quiet ? { quiet: '1' } : untold ? { tell: '1' } : {}));
  untold = !act && quiet;
  act = null;
  dirty = false;
});

form.addEventListener('htmx:beforeSend', () => { flying += 1; });
form.addEventListener('htmx:afterRequest', ({ detail }) => {
  flying = Math.max(0, flying - 1);
  if (!detail.successful) {
    dirty = true;
    failed = true;
    leaving = '';
    const state = document.getElementById('state');
    state.textContent = `not saved: ${reason(detail.xhr)}`;
    state.title = state.textContent;
    if (!detail.xhr.status) waiting = setTimeout(() => save(), AGAIN);
    return;
  }
  failed = false;
  document.getElementById('state').removeAttribute('title');
  tellPlace(detail.requestConfig.parameters);
  if (leaving && !dirty && !flying) location.assign(leaving);
  // What stands beside the form and has a form of its own looks again.
  for (const beside of document.querySelectorAll('[data-refresh]')) window.htmx.trigger(beside, 'refresh');
});

document.body.addEventListener('htmx:oobBeforeSwap', (event) => {
  const { fragment, target } = event.detail;
  // Somebody writes in it: it stays, and the next save says that two windows did.
  if (fragment.firstElementChild?.dataset.stale !== undefined && target.contains(document.activeElement)) event.detail.shouldSwap = false;
});
document.body.addEventListener('htmx:oobAfterSwap', mark);

// A link within the page waits until what was written is saved.
document.addEventListener('click', (event) => {
  const link = event.target.closest('#main a[href], .viewbar a[href]');
  if (!link || failed || !(dirty || flying) || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  leaving = link.href;
  if (dirty) save();
});
// What could not be saved is not left without a question.
addEventListener('beforeunload', (event) => { if (failed && dirty) event.preventDefault(); });
addEventListener('pagehide', () => {
  if (dirty) navigator.sendBeacon(form.action, new URLSearchParams(new FormData(form)));
});

onLive('draft.changed', ({ ids }) => {
  if (String(ids.draft) === number && ids.client !== root.dataset.client) save({ typing: dirty });
});
onLive('draft.gone', ({ ids }) => {
  if (String(ids.draft) === number) toast('This draft was thrown away in another window; what stands here is not kept any more', { kind: 'bad' });
});
onLive('library.published', ({ ids }) => {
  if (String(ids.draft) === number) toast('This draft was published in another window', {});
});

// ---------------------------------------------------------------- keys

const press = (selector) => () => {
  const button = document.querySelector(selector);
  button?.click();
  return Boolean(button);
};
const KEYS = new Map([
  ['Ctrl+KeyS', ['Save', () => { save(); announce('Saved'); return true; }]],
  ['Alt+ArrowUp', ['Move this prompt up', press('[data-move="up"]')]],
  ['Alt+ArrowDown', ['Move this prompt down', press('[data-move="down"]')]],
  ['Alt+Shift+ArrowUp', ['Move this family up', press('[value="family-up"]')]],
  ['Alt+Shift+ArrowDown', ['Move this family down', press('[value="family-down"]')]],
]);
for (const [chord, [name, run]] of KEYS) onKey(chord, name, run);
onKey('KeyE', 'Write', () => { (form.querySelector('.say') || form.querySelector('input:not([type="hidden"])'))?.focus(); return true; });

// These work while one writes, too.
document.addEventListener('keydown', (event) => {
  if (!inField(event.target) || !KEYS.has(chordOf(event))) return;
  event.preventDefault();
  KEYS.get(chordOf(event))[1]();
});

start((fields) => { act = fields; save(); });
