// Citing: `data-cite` opens the citation of an answer in a dialog; what is selected within one message is what it quotes.
// A link to quoted words marks them where they stand. Offsets are code points of the stored text.
import { open } from './dialog.js';
import { toast } from './toast.js';

const BODY = '[data-message]:not(.rendered)';

// The place of a point in a message's text, in code points.
export function placeOf(body, node, offset) {
  const range = document.createRange();
  range.selectNodeContents(body);
  range.setEnd(node, offset);
  return [...range.toString()].length;
}

// What is selected: message and places, or null where nothing is, or not within one message.
export function selected(selection = getSelection()) {
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const from = range.startContainer.parentElement?.closest(BODY) ?? range.startContainer.closest?.(BODY);
  if (!from || !from.contains(range.endContainer)) return null;
  const [start, end] = [placeOf(from, range.startContainer, range.startOffset), placeOf(from, range.endContainer, range.endOffset)];
  return start < end ? { m: from.dataset.message, from: start, to: end } : null;
}

// The range of code points start to end in a message's text.
export function rangeOf(body, start, end) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const signs = [...node.data];
    const inside = (place) => signs.slice(0, place - at).join('').length;
    if (start >= at && start <= at + signs.length) range.setStart(node, inside(start));
    if (end >= at && end <= at + signs.length) {
      range.setEnd(node, inside(end));
      return range;
    }
    at += signs.length;
  }
  return null;
}

async function cite(link) {
  const url = new URL(link.href);
  for (const [name, value] of Object.entries(selected() ?? {})) url.searchParams.set(name, value);
  const reply = await fetch(url, { headers: { 'x-part': 'cite', accept: 'text/html' } });
  if (!reply.ok) {
    toast('This cannot be cited', { kind: 'bad' });
    return;
  }
  const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html');
  document.querySelector('#cite .inside').replaceChildren(...fresh.body.childNodes);
  open('cite');
}

// Mark the words that a link quotes, and bring them into sight.
function mark() {
  const asked = new URLSearchParams(location.search);
  const body = document.querySelector(`[data-message="${CSS.escape(asked.get('m') ?? '')}"]:not(.rendered)`);
  if (!body || !asked.has('from')) return;
  const range = rangeOf(body, Number(asked.get('from')), Number(asked.get('to')));
  if (!range) return;
  CSS.highlights?.set('cited', new Highlight(range));
  range.startContainer.parentElement.scrollIntoView({ block: 'center' });
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-cite]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  cite(link);
});
mark();
