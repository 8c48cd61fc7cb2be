// The list of a battery's prompts in a draft: dragged, moved, removed and put back, with the focus kept and the place told.
import { announce, toast } from './toast.js';

const rail = document.getElementById('rail');
let dragged = null;
let held = ''; // the id of what was focused in the list while that is put anew

// The line of the list that is shown.
const here = () => rail?.querySelector('[aria-current]');

// Where a prompt or its family stands now is said to those who do not see the list.
export function tellPlace({ do: what, which, p }) {
  const [did, named] = String(what ?? '').split('.');
  if (!/^(family-)?(up|down)$|^move$/.test(did)) return;
  const lines = [...document.querySelectorAll('#rail li[data-prompt]')];
  const place = lines.findIndex((line) => line.dataset.prompt === (named || which || p));
  if (place < 0) return;
  const family = lines[place].closest('ul').previousElementSibling.firstElementChild.textContent;
  const name = did.startsWith('family') ? `Family ${family} moved:` : '';
  announce(`${name} ${lines[place].querySelector('span').textContent} is now prompt ${place + 1} of ${lines.length}`.trim());
}

// A removal or its undoing leads to another page, which tells of it: what was done, and to which prompt.
export function keepAct(asked, shown) {
  const [what, which] = asked.split('.');
  if (what === 'remove' || what === 'back') sessionStorage.setItem('did', JSON.stringify([what, which ?? shown]));
}

// What was just removed is told where one is now; the list keeps it, and `u` puts it back at any time.
function tellAct() {
  const [did, prompt] = JSON.parse(sessionStorage.getItem('did') ?? '[]');
  sessionStorage.removeItem('did');
  const line = prompt && document.getElementById(`to-${prompt}`);
  if (line) {
    const back = () => document.querySelector(`#rail [value="back.${CSS.escape(prompt)}"]`);
    const name = line.querySelector('span').textContent;
    if (did === 'back') announce(`Put back ${name}`);
    else if (back()) toast(`Removed ${name}`, { undo: () => back()?.click() });
    here()?.focus();
  }
}

document.body.addEventListener('htmx:oobBeforeSwap', (event) => {
  if (event.detail.target !== rail) return;
  if (rail.querySelector('.dragged')) event.detail.shouldSwap = false;
  else if (rail.contains(document.activeElement)) held = document.activeElement.id || 'rail';
});
document.body.addEventListener('htmx:oobAfterSwap', () => {
  if (!held) return;
  (document.getElementById(held) ?? here())?.focus();
  held = '';
});

// ---------------------------------------------------------------- a prompt is dragged to its place

function overOf(event) {
  const line = event.target.closest('li[data-prompt]');
  if (!line || !dragged || line === dragged) return null;
  const { top, height } = line.getBoundingClientRect();
  return { line, below: event.clientY > top + height / 2 };
}

function clear() {
  for (const line of rail.querySelectorAll('.above, .below')) line.classList.remove('above', 'below');
}

function dragging(ask) {
  rail.addEventListener('dragstart', (event) => {
    dragged = event.target.closest('li[data-prompt]');
    dragged?.classList.add('dragged');
    event.dataTransfer.effectAllowed = 'move';
  });
  rail.addEventListener('dragover', (event) => {
    const over = overOf(event);
    clear();
    if (!over) return;
    event.preventDefault();
    over.line.classList.add(over.below ? 'below' : 'above');
  });
  rail.addEventListener('drop', (event) => {
    const over = overOf(event);
    if (!over) return;
    event.preventDefault();
    const lines = [...rail.querySelectorAll('li[data-prompt]')];
    const next = over.below ? lines[lines.indexOf(over.line) + 1] : over.line;
    dragged.classList.remove('dragged');
    ask({ do: 'move', which: dragged.dataset.prompt, before: next?.dataset.prompt ?? '' });
  });
  rail.addEventListener('dragend', () => { dragged?.classList.remove('dragged'); dragged = null; clear(); });
}

// `ask` saves the form and has done what it is given, as fields.
export function start(ask) {
  if (!rail) return;
  dragging(ask);
  here()?.scrollIntoView({ block: 'nearest' });
  tellAct();
}
