// Trying a text: Ctrl+Enter asks from wherever one writes, and who does not see the page hears what becomes of it.
import { announce } from './toast.js';

const stateOf = () => document.querySelector('#answers-of [data-run-state]');
let state = stateOf()?.dataset.runState;

// The key is one of fields too: keys.js leaves those alone.
document.addEventListener('keydown', (event) => {
  if (event.code !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing || event.defaultPrevented) return;
  event.preventDefault();
  const ask = document.getElementById('ask');
  if (ask.disabled) announce(document.getElementById('try-problem')?.textContent ?? '');
  else ask.click();
});

// A text box is as tall as its text, also where a browser does not see to it by itself.
const MOST_ROWS = 16;
function grow(box) {
  if (CSS.supports('field-sizing', 'content')) return;
  while (box.scrollHeight > box.clientHeight && box.rows < MOST_ROWS) box.rows += 1;
}
const growAll = () => document.querySelectorAll('#turns textarea').forEach(grow);
document.addEventListener('input', ({ target }) => { if (target.matches('#turns textarea')) grow(target); });
growAll();

document.body.addEventListener('htmx:afterSwap', ({ target }) => {
  if (target.id === 'turns') {
    growAll();
    target.querySelector('[autofocus]')?.focus();
  }
  const now = stateOf();
  if (target.id !== 'answers-of' || !now || now.dataset.runState === state) return;
  state = now.dataset.runState;
  announce(`${now.querySelector('.badge').textContent}, ${now.querySelector('[role="progressbar"]')?.getAttribute('aria-valuetext') ?? ''}`);
});
