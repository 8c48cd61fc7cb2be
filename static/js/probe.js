// What became of a probe is said to those who do not see it.
import { announce } from './toast.js';

const stateOf = () => document.querySelector('#probe [data-probe-state]');
let state = stateOf()?.dataset.probeState;

document.body.addEventListener('htmx:afterSwap', ({ target }) => {
  const now = stateOf();
  if (target.id !== 'probe' || !now || now.dataset.probeState === state) return;
  state = now.dataset.probeState;
  announce(`This endpoint: ${now.querySelector('.badge')?.textContent ?? state}`);
});
