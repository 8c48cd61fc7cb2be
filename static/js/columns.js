// Columns of Compare that are moved: by keys, by links in the menu of their head, by dragging the head. What comes of it
// is an address like every other state of the page.
import { swap, tokenOf } from './compare.js';
import { onKey } from './keys.js';
import { announce } from './toast.js';

const columns = () => [...document.querySelectorAll('.column')];
const isPinned = (column) => column.classList.contains('pinned');
let dragged = null; // the column under the hand

// Press a link of the menu of the column in focus; where there is none, say why.
function press(id, why) {
  const link = document.getElementById(id);
  if (link) link.click();
  else announce(why);
  return true;
}

onKey('Shift+KeyH', 'move the column left', () => press('move-left', 'It cannot go further left'));
onKey('Shift+KeyL', 'move the column right', () => press('move-right', 'It cannot go further right'));
onKey('Shift+KeyP', 'pin the column at the left, or let it go', () => press('move-pin', 'Nothing can be pinned while columns are shuffled'));

// The address with one column put to another place among the shown ones: `as-they-stand` names them all in their order.
function moved(column, to) {
  const url = new URL(document.getElementById('as-they-stand').href);
  const order = url.searchParams.get('cols').split(',');
  const token = tokenOf(column);
  const rest = order.filter((one) => one !== token);
  rest.splice(to, 0, token);
  const pins = (url.searchParams.get('pin') ?? '').split(',').filter(Boolean);
  url.searchParams.set('cols', rest.join(','));
  if (pins.length) url.searchParams.set('pin', rest.filter((one) => pins.includes(one)).join(','));
  return url.href.replaceAll('%2C', ',').replaceAll('%40', '@');
}

// The place that a column takes when it is let go at the left or the right half of another; pinned ones keep to themselves.
function placeAt(event) {
  const over = event.target.closest?.('.column');
  if (!dragged || !over || isPinned(over) !== isPinned(dragged)) return null;
  const box = over.getBoundingClientRect();
  const after = event.clientX > box.left + box.width / 2;
  const rest = columns().filter((one) => one !== dragged);
  return { over, after, to: over === dragged ? columns().indexOf(dragged) : rest.indexOf(over) + (after ? 1 : 0) };
}

function unmark() {
  for (const one of columns()) one.classList.remove('drop-before', 'drop-after');
}

document.addEventListener('dragstart', (event) => {
  const head = event.target.closest?.('.column h2');
  if (!head || !document.getElementById('as-they-stand')) return;
  dragged = head.closest('.column');
  dragged.classList.add('dragged');
  event.dataTransfer.effectAllowed = 'copyMove';
});
document.addEventListener('dragover', (event) => {
  const place = placeAt(event);
  unmark();
  if (!place) return;
  event.preventDefault();
  if (place.over !== dragged) place.over.classList.add(place.after ? 'drop-after' : 'drop-before');
});
document.addEventListener('drop', (event) => {
  const place = placeAt(event);
  if (!place) return;
  event.preventDefault();
  if (place.to === columns().indexOf(dragged)) return;
  const said = `${dragged.getAttribute('aria-label')} moved to place ${place.to + 1} of ${columns().length}`;
  swap(moved(dragged, place.to), { said });
});
document.addEventListener('dragend', () => {
  unmark();
  dragged?.classList.remove('dragged');
  dragged = null;
});

// What stands beyond the edge is told at the prompt's line, and a press leads there.
function beyond() {
  const reading = document.getElementById('reading');
  const all = columns();
  const door = document.getElementById('beyond');
  if (!door || !all.length) return;
  const edge = reading.getBoundingClientRect().left + reading.clientWidth;
  const hidden = all.filter((one) => one.getBoundingClientRect().left > edge - 40).length;
  const back = !hidden && reading.scrollLeft > 0;
  door.hidden = !hidden && !back;
  door.textContent = back ? '‹ first columns' : `${hidden} more column${hidden === 1 ? '' : 's'} ›`;
  reading.style.scrollPaddingLeft = `${all.filter((one) => getComputedStyle(one).position === 'sticky').reduce((sum, one) => sum + one.offsetWidth, 0)}px`;
}

let waiting = 0;
function soon() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(beyond);
}

document.addEventListener('click', ({ target }) => {
  if (target.id !== 'beyond') return;
  const reading = document.getElementById('reading');
  const kept = Number.parseFloat(reading.style.scrollPaddingLeft) || 0;
  reading.scrollLeft = target.textContent.startsWith('‹') ? 0 : reading.scrollLeft + reading.clientWidth - kept;
});
document.addEventListener('scroll', ({ target }) => { if (target.id === 'reading') soon(); }, { capture: true, passive: true });
document.addEventListener('compare:put', beyond);
addEventListener('resize', soon);
beyond();
