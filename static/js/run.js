// A run's page looks again by itself while draws are being asked: what is shown of pace and time left grows old
// even when nothing comes, and then most of all. What became of the run is said to those who do not see it.
import { held } from './live.js';
import { announce } from './toast.js';

const EVERY = 5000;
const stateOf = () => document.querySelector('#run [data-run-state]');
let state = stateOf()?.dataset.runState;

setInterval(() => {
  const region = document.getElementById('run');
  const moving = region?.querySelector('[data-run-state="running"], [data-run-state="queued"]');
  if (moving && !document.hidden && !held(region)) window.htmx.trigger(region, 'live:refetch');
}, EVERY);

document.body.addEventListener('htmx:afterSwap', ({ target }) => {
  const now = stateOf();
  if (target.id !== 'run' || !now || now.dataset.runState === state) return;
  state = now.dataset.runState;
  const changed = document.getElementById('changed');
  if (changed && !held(changed)) window.htmx.trigger(changed, 'live:refetch');
  announce(`This run: ${now.querySelector('.badge').textContent}, ${now.querySelector('[role="progressbar"]')?.getAttribute('aria-valuetext') ?? ''}`);
});
