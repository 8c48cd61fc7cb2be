// Places in a text: Unicode code points on the server, UTF-16 units in the DOM. A body is an element `[data-message]`
// whose textContent is the stored text exactly.
const tables = new WeakMap(); // body → {text, points}: points[n] is the UTF-16 place of code point n, null where they agree

function tableOf(body) {
  const known = tables.get(body);
  if (known) return known;
  const text = body.textContent;
  let points = null;
  if (/[\ud800-\udbff]/.test(text)) {
    points = [];
    for (let at = 0; at < text.length; at += text.codePointAt(at) > 0xffff ? 2 : 1) points.push(at);
    points.push(text.length);
  }
  const made = { text, points };
  tables.set(body, made);
  return made;
}

export const textOf = (body) => tableOf(body).text;
export const bodyOf = (message, within = document) => within.querySelector(`[data-message="${message}"]`);

// Code points → UTF-16 units, and back; a place inside a pair belongs to the pair's beginning.
export function toUnits(body, point) {
  const { points } = tableOf(body);
  return points ? points[Math.min(point, points.length - 1)] : point;
}

export function toPoints(body, unit) {
  const { points } = tableOf(body);
  if (!points) return unit;
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (points[middle] <= unit) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The text nodes of a body with the place where each begins, made once; painting many marks asks again and again.
const nodes = new WeakMap();
function nodesOf(body) {
  const known = nodes.get(body);
  if (known?.all.every(({ node }) => node.isConnected)) return known.all;
  const all = [];
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let at = 0, node = walker.nextNode(); node; node = walker.nextNode()) {
    all.push({ node, at });
    at += node.length;
  }
  nodes.set(body, { all });
  return all;
}

function spot(all, unit, end) {
  let low = 0;
  let high = all.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (all[middle].at < unit || (!end && all[middle].at === unit)) low = middle;
    else high = middle - 1;
  }
  return [all[low].node, Math.min(unit - all[low].at, all[low].node.length)];
}

// The DOM range of a place given in UTF-16 units.
export function rangeOfUnits(body, start, end, Kind = StaticRange) {
  const all = nodesOf(body);
  if (!all.length) return null;
  const [startContainer, startOffset] = spot(all, start, false);
  const [endContainer, endOffset] = spot(all, Math.max(end, start), true);
  if (Kind === StaticRange) return new StaticRange({ startContainer, startOffset, endContainer, endOffset });
  const range = document.createRange();
  range.setStart(startContainer, startOffset);
  range.setEnd(endContainer, endOffset);
  return range;
}

export const rangeOf = (body, start, end, Kind = StaticRange) => rangeOfUnits(body, toUnits(body, start), toUnits(body, end), Kind);

// Where a point of the DOM is in a body, in UTF-16 units; a point outside is moved to the nearer end.
export function unitOf(body, node, offset) {
  const all = document.createRange();
  all.selectNodeContents(body);
  if (all.comparePoint(node, offset) < 0) return 0;
  if (all.comparePoint(node, offset) > 0) return textOf(body).length;
  all.setEnd(node, offset);
  return all.toString().length;
}

// A selection as targets: one for each body that it touches, [message, start, end, quote] in code points.
export function targetsOf(selection, within = document) {
  if (!selection || selection.isCollapsed || !selection.rangeCount) return [];
  const range = selection.getRangeAt(0);
  const found = [];
  for (const body of within.querySelectorAll('[data-message]')) {
    if (!range.intersectsNode(body)) continue;
    const start = toPoints(body, unitOf(body, range.startContainer, range.startOffset));
    const end = toPoints(body, unitOf(body, range.endContainer, range.endOffset));
    const text = textOf(body);
    if (end > start) found.push({ message: Number(body.dataset.message), start, end, quote: text.slice(toUnits(body, start), toUnits(body, end)), body });
  }
  return found;
}
