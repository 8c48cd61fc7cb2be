// Words, sentences and signs of a text, in UTF-16 units.
const made = new Map();
const segmenter = (granularity) => made.get(granularity) || made.set(granularity, new Intl.Segmenter(undefined, { granularity })).get(granularity);
const NEAR = 2000; // units looked at around a place: a text of a hundred thousand signs is not cut up whole for one word

// The segments around a place: [start, end, isWord].
function around(text, at, granularity) {
  let from = Math.max(0, at - NEAR);
  const line = from && text.indexOf('\n', from); // begin where a line does, if one does before the place
  if (line && line < at) from = line + 1;
  const found = [];
  for (const one of segmenter(granularity).segment(text.slice(from, at + NEAR))) {
    found.push([from + one.index, from + one.index + one.segment.length, granularity === 'word' ? one.isWordLike : one.segment.trim() !== '']);
  }
  return found;
}

// The word at a place, or the next one after it, or the last one before; null in a text without words.
export function wordAt(text, at) {
  const words = around(text, at, 'word').filter(([, , word]) => word);
  return words.find(([, end]) => end > at) ?? words.at(-1) ?? null;
}

export function wordAfter(text, at) {
  return around(text, at, 'word').find(([start, , word]) => word && start >= at) ?? null;
}

export function wordBefore(text, at) {
  return around(text, at, 'word').filter(([, end, word]) => word && end <= at).at(-1) ?? null;
}

export function sentenceAt(text, at) {
  const found = around(text, at, 'sentence').find(([start, end, said]) => said && start <= at && at < end);
  if (!found) return null;
  const [start, end] = found;
  const words = text.slice(start, end);
  return [start + words.length - words.trimStart().length, end - (words.length - words.trimEnd().length)];
}

// A place moved to the edge of the sign that it stands in, so that no emoji or accent is cut.
export function snap(text, start, end) {
  let from = start;
  let to = end;
  for (const [a, b] of [...around(text, start, 'grapheme'), ...around(text, end, 'grapheme')]) {
    if (a < start && start < b) from = a;
    if (a < end && end < b) to = b;
  }
  return [from, to];
}
