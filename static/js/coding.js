// The coding page: one answer with its checklist; marks moved by their edges; the pass submitted.
import { act } from './acting.js';
import { onKey } from './keys.js';
import { onLive } from './live.js';
import { markOf, paint, unwrap } from './painting.js';
import { bodyOf, targetsOf, textOf, toPoints, toUnits } from './places.js';
import { Stage } from './stage.js';
import { announce, toast } from './toast.js';
import { wordAfter, wordBefore } from './words.js';

const panel = document.querySelector('.panel');
const { study, next } = panel.dataset;
const transcript = Number(panel.dataset.transcript);
let desk = null;

const stage = new Stage({
  study,
  tags: () => desk.tags,
  look: () => desk.look,
  marks: () => desk.marks,
  transcript: () => transcript,
  of: () => transcript,
  refresh: () => window.htmx.trigger('#pass', 'live:refetch'),
  lines: () => [...panel.querySelectorAll('[data-mark]')],
  shown: (id) => define(markOf(id)?.tag),
});

function read() {
  desk = JSON.parse(panel.querySelector('[data-desk]').textContent);
  paint(desk.marks);
  stage.still();
}

function define(slug) {
  const place = panel.querySelector('[data-definition]');
  place.hidden = !desk.tags.some((tag) => tag.slug === slug);
  if (!place.hidden) window.htmx.ajax('GET', `/-/studies/${study}/tags/${slug}`, { target: place, swap: 'innerHTML' });
}

// A mark's edge moved by a word: its end, or with Shift its start.
async function move(mark, back, start) {
  const [message, from, to] = mark.places[0];
  const body = bodyOf(message);
  const text = textOf(body);
  let [a, b] = [toUnits(body, from), toUnits(body, to)];
  if (start) a = (back ? wordBefore(text, a) : wordAfter(text, a + 1))?.[0] ?? a;
  else b = (back ? wordBefore(text, b - 1) : wordAfter(text, b))?.[1] ?? b;
  if (a >= b) return;
  const target = { message, start: toPoints(body, a), end: toPoints(body, b), quote: text.slice(a, b) };
  const made = await act(study, `annotations/${mark.id}`, { method: 'PATCH', body: { targets: [target] }, version: mark.version });
  if (made?.conflict) toast('It was changed since you saw it; look again', { kind: 'bad' });
  else if (made) stage.told('Mark moved');
}

async function submit() {
  if (await act(study, 'passes', { body: { transcript, look: desk.look } })) location.assign(next);
}

unwrap();
read();
stage.keys();
for (const [chord, back, start] of [['Alt+ArrowLeft', true, false], ['Alt+ArrowRight', false, false], ['Alt+Shift+ArrowLeft', true, true], ['Alt+Shift+ArrowRight', false, true]]) {
  onKey(chord, `move the mark's ${start ? 'start' : 'end'}`, () => {
    const mark = stage.mine();
    if (!mark || mark.places.length !== 1 || mark.more) return false;
    move(mark, back, start);
    return true;
  });
}
document.addEventListener('click', (event) => {
  const tag = event.target.closest('[data-put]')?.dataset.put;
  if (event.target.closest('[data-submit]')) submit();
  else if (tag) {
    define(tag);
    if (!getSelection().isCollapsed) stage.put(tag);
  } else stage.click(event);
});
// A selection made with the mouse asks for its tag at once.
document.querySelector('.coding > .page').addEventListener('pointerup', (event) => {
  if (event.button === 0) setTimeout(() => { if (!getSelection().isCollapsed && targetsOf(getSelection()).length) stage.ask(); });
});
document.body.addEventListener('htmx:afterSwap', ({ detail }) => { if (detail.target.id === 'pass') read(); });
onLive('annotation', ({ ids }) => { if (ids.client !== document.documentElement.dataset.client) announce('Marks have changed'); });
