// A transcript read by itself: when all of its answers were shown in full it is seen, with the repeats that say the same.
import { Views } from './inview.js';
import { told as kept } from './keep.js';
import { onKey } from './keys.js';
import { change } from './marks.js';
import { announce, toast } from './toast.js';

const button = document.getElementById('seen-this');
const number = Number(button?.dataset.transcript ?? 0);
const left = new Set([...document.querySelectorAll('.answer-turn [data-message]')].map((body) => (body.textContent ? body : body.closest('.turn'))));
const bar = document.querySelector('.viewbar');
const views = new Views(read, () => ({ top: bar?.getBoundingClientRect().bottom ?? 0, bottom: innerHeight, left: 0, right: innerWidth }));
let seen = false;

function show(now) {
  seen = now;
  button.setAttribute('aria-pressed', String(seen));
}

async function read(body) {
  left.delete(body);
  if (!left.size && await change([number], true, true)) show(true);
}

async function put(ids, to, undo = true) {
  views.forget(); // what is said by hand holds while the page is open
  const changed = await change(ids, to, !undo ? false : ids.length === 1);
  if (changed === null) return;
  show(to);
  const words = `${changed.length === 1 ? '1 answer' : `${changed.length} answers`} marked as ${to ? 'seen' : 'not seen'}`;
  if (undo && changed.length) toast(words, { undo: () => put(changed, !to, false) });
  announce(words);
}

if (button) {
  onKey('KeyI', 'mark this answer as seen, or as not', () => { put([number], !seen); return true; });
  button.addEventListener('click', () => put([number], !seen));
  fetch(`/api/v1/transcripts/${number}/mine`).then((reply) => reply.json()).then((mine) => {
    show(mine.seen);
    kept(mine.kept);
    if (!seen) for (const body of left) views.watch(body);
  }, () => {});
}
