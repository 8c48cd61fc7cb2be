// One stream for all tabs of this browser: a browser opens six connections to a host, and readers open ten tabs.
import { Stream } from './stream.js';

const KEPT = 500;
const ports = new Map(); // port → the last event its page was made with, null once it is up to date
const recent = []; // events as they came, for pages that were made before them and asked after them
const known = new Map([['reload', 0]]); // kind → the newest event when it was first asked for

const stream = new Stream(deliver, (open) => {
  for (const port of ports.keys()) port.postMessage({ open });
  if (open) for (const port of ports.keys()) catchUp(port);
});

function deliver(event) {
  recent.push(event);
  if (recent.length > KEPT) recent.shift();
  for (const port of ports.keys()) port.postMessage({ event });
}

// Give a new page what happened since it was made, or tell it to look again where that is not known.
function catchUp(port) {
  const { after, kinds, met } = ports.get(port);
  if (met) return;
  ports.get(port).met = true;
  const from = Math.max(recent.length === KEPT ? recent[0].id : 0, ...kinds.map((kind) => known.get(kind)));
  if (after === null || after < from) port.postMessage({ event: { id: stream.last, kind: 'reload', ids: {} } });
  else for (const event of recent) if (event.id > after) port.postMessage({ event });
}

function hello(port, { kinds, after }) {
  ports.set(port, { kinds, after, met: false });
  for (const kind of kinds) if (!known.has(kind)) known.set(kind, stream.last ?? after ?? 0);
  stream.ask(kinds);
  stream.connect(after);
  port.postMessage({ open: stream.open });
  if (stream.open) catchUp(port);
}

self.addEventListener('connect', ({ ports: [port] }) => {
  port.addEventListener('message', ({ data }) => (data.bye ? ports.delete(port) : hello(port, data)));
  port.start();
});
