// A run's page looks again by itself while draws are being asked: what is shown of pace and time left grows old
// even when nothing comes, and then most of all. What became of the run is said to those who do not see it. What is
// pressed acts without loading the page anew, and the focus goes to what took the place of the pressed button.
import { held } from './live.js';
import { write as moments } from './reltime.js';
import { announce, toast } from './toast.js';

const EVERY = 5000;
// What takes the place of a button that is gone, the first that is there.
const AFTER = { 'act-pause': ['act-resume'], 'act-resume': ['act-pause'], 'act-cancel': ['act-resume'], 'act-retry': ['act-pause'] };
const region = () => document.getElementById('run');
const stateOf = () => document.querySelector('#run [data-run-state]');
let state = stateOf()?.dataset.runState;
let left = ''; // the id of the button that had the focus before a swap

setInterval(() => {
  const moving = region()?.querySelector('[data-run-state="running"], [data-run-state="queued"]');
  if (moving && !document.hidden && !held(region())) window.htmx.trigger(region(), 'live:refetch');
}, EVERY);

function say() {
  const now = stateOf();
  if (!now || now.dataset.runState === state) return;
  state = now.dataset.runState;
  const changed = document.getElementById('changed');
  if (changed && !held(changed)) window.htmx.trigger(changed, 'live:refetch');
  tell(now);
}

const tell = (now) => announce(`This run: ${now.querySelector('.badge').textContent}, ${now.querySelector('[role="progressbar"]')?.getAttribute('aria-valuetext') ?? ''}`);

const leave = () => { left = region()?.contains(document.activeElement) ? document.activeElement.id : ''; };

// The button that was there is not, and the focus with it: it goes to what can be pressed in its place.
function refocus() {
  if (!left || document.activeElement !== document.body) return;
  [left, ...AFTER[left] ?? [], 'act-extend'].map((id) => document.getElementById(id)).find(Boolean)?.focus();
}

document.body.addEventListener('htmx:beforeSwap', ({ target }) => { if (target.id === 'run') leave(); });
document.body.addEventListener('htmx:afterSwap', ({ target }) => {
  if (target.id !== 'run') return;
  refocus();
  say();
});

// The page that a button comes back to, its moving part put in place of this one's.
async function act(form, submitter) {
  form.setAttribute('aria-busy', 'true');
  try {
    const reply = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form, submitter)), headers: { accept: 'text/html' } });
    const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html');
    const part = fresh.getElementById('run');
    if (!reply.ok || !part) throw new Error(fresh.querySelector('.wrongpage p')?.textContent ?? `HTTP ${reply.status}`);
    leave();
    const before = state;
    region().replaceChildren(...part.childNodes);
    moments(region());
    refocus();
    say();
    if (state === before) tell(stateOf()); // heard already, or still on its way: "pausing"
  } catch (error) {
    toast(error.message, { kind: 'bad' });
  } finally {
    form.removeAttribute('aria-busy');
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target.closest('#run form[method="post"]');
  if (!form) return;
  event.preventDefault();
  if (!form.hasAttribute('aria-busy')) act(form, event.submitter);
});
