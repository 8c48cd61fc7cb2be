// Marks of what was seen: gathered, sent a moment later and when the page is left. A batch may be sent twice: it counts once.
import { toast } from './toast.js';

const LATER = 1200; // ms until what was seen is written
const AGAIN = 8000; // ms until a batch that did not get through is sent again
const waiting = new Set();
let timer = 0;

function send(body) {
  return fetch('/api/v1/seen', {
    method: 'POST', keepalive: true, headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify(body),
  });
}

function soon(ms) {
  clearTimeout(timer);
  timer = setTimeout(flush, ms);
}

// Write what waits now. What does not get through waits on, and is sent again.
export async function flush() {
  clearTimeout(timer);
  if (!waiting.size) return;
  const some = [...waiting].slice(0, 4000);
  for (const id of some) waiting.delete(id);
  try {
    const reply = await send({ transcripts: some });
    if (!reply.ok && reply.status >= 500) throw new Error(reply.status);
    document.dispatchEvent(new CustomEvent('seen:written', { detail: some }));
  } catch {
    for (const id of some) waiting.add(id);
  }
  if (waiting.size) soon(AGAIN);
}

// Answers were shown in full.
export function saw(ids) {
  for (const id of ids) waiting.add(id);
  if (waiting.size) soon(LATER);
}

// The reader says so by hand: written at once. Returns the answers that were otherwise before, null where it failed.
export async function change(ids, seen, alike = false) {
  await flush();
  for (const id of ids) waiting.delete(id);
  try {
    const reply = await send({ transcripts: ids, seen, alike });
    if (!reply.ok) throw new Error(reply.status);
    return (await reply.json()).changed;
  } catch {
    toast('The server does not answer; nothing was marked', { kind: 'bad' });
    return null;
  }
}

addEventListener('pagehide', flush);
document.addEventListener('visibilitychange', () => { if (document.hidden) flush(); });
