// Marks painted over the text without touching it: one CSS highlight for each colour slot, stripes beside the text, and
// which marks lie under a point. What the server painted for readers without script is taken out first.
import { bodyOf, rangeOf, toPoints, unitOf } from './places.js';

const SLOTS = 12;
let places = new Map(); // body → [{id, start, end}]
let known = new Map(); // mark id → mark
const near = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) if (isIntersecting) { near.unobserve(target); stripes(target); }
}, { rootMargin: '600px' });

export function unwrap(within = document) {
  const bodies = new Set();
  for (const mark of within.querySelectorAll('mark.painted')) {
    bodies.add(mark.closest('[data-message]'));
    mark.replaceWith(...mark.childNodes);
  }
  for (const body of bodies) body?.normalize();
}

// Paint marks: [{id, slot, tag, places: [[message, start, end], …]}], those of all answers on the page at once.
export function paint(marks) {
  const slots = Array.from({ length: SLOTS }, () => []);
  places = new Map();
  known = new Map(marks.map((mark) => [mark.id, mark]));
  const bodies = new Map();
  for (const mark of marks) {
    for (const [message, start, end] of mark.places) {
      if (!bodies.has(message)) bodies.set(message, [...document.querySelectorAll(`[data-message="${message}"]`)]);
      for (const body of bodies.get(message)) {
        const range = rangeOf(body, start, end);
        if (!range) continue;
        slots[mark.slot % SLOTS].push(range);
        if (!places.has(body)) places.set(body, []);
        places.get(body).push({ id: mark.id, start, end });
      }
    }
  }
  slots.forEach((ranges, slot) => CSS.highlights?.set(`slot-${slot}`, new Highlight(...ranges)));
  for (const old of document.querySelectorAll('.lanes')) old.remove();
  for (const body of places.keys()) { near.unobserve(body); near.observe(body); }
  document.documentElement.dataset.painted = marks.length;
}

// One stripe for each mark at the right of its text, one lane for each tag.
function stripes(body) {
  const beside = body.closest('.body');
  if (!beside || !places.has(body)) return;
  const lanes = document.createElement('div');
  lanes.className = 'lanes';
  lanes.setAttribute('aria-hidden', 'true');
  const top = beside.getBoundingClientRect().top;
  const tags = [];
  for (const { id, start, end } of places.get(body)) {
    const mark = known.get(id);
    if (!tags.includes(mark.tag)) tags.push(mark.tag);
    const box = rangeOf(body, start, end, Range)?.getBoundingClientRect();
    if (!box) continue;
    const stripe = document.createElement('i');
    stripe.className = `slot-${mark.slot}`;
    stripe.style.top = `${Math.round(box.top - top)}px`;
    stripe.style.height = `${Math.round(box.height)}px`;
    stripe.style.left = `${4 + (tags.indexOf(mark.tag) % 5) * 5}px`;
    lanes.append(stripe);
  }
  beside.querySelector('.lanes')?.remove();
  beside.append(lanes);
}

// The marks under a point of the window, the shortest first.
export function marksAt(x, y) {
  const found = document.caretPositionFromPoint?.(x, y);
  const body = found?.offsetNode?.parentElement?.closest('[data-message]');
  if (!body || !places.has(body)) return [];
  const at = toPoints(body, unitOf(body, found.offsetNode, found.offset));
  return places.get(body).filter(({ start, end }) => start <= at && at <= end)
    .sort((a, b) => (a.end - a.start) - (b.end - b.start)).map(({ id }) => id);
}

// Show which mark is meant: its places are outlined and come into view.
export function point(id) {
  const mark = known.get(id);
  const ranges = (mark?.places ?? []).flatMap(([message, start, end]) => {
    const body = bodyOf(message);
    return body ? [rangeOf(body, start, end, Range)] : [];
  }).filter(Boolean);
  CSS.highlights?.set('mark-now', Object.assign(new Highlight(...ranges), { priority: 5 }));
  const box = ranges[0]?.getBoundingClientRect();
  if (box && (box.top < 110 || box.bottom > innerHeight - 20)) ranges[0].startContainer.parentElement.scrollIntoView({ block: 'center' });
}

// Keep showing what was selected while a field has the focus.
export function hold(targets) {
  CSS.highlights?.set('mark-now', new Highlight(...targets.map(({ body, start, end }) => rangeOf(body, start, end))));
}

export const markOf = (id) => known.get(id);
