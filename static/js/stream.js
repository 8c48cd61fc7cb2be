// One open stream of events, kept open. Used by the shared worker, and by the page itself where there is none.
const AGAIN = 3000; // ms until a stream that the server refused is tried again

export class Stream {
  // `deliver({id, kind, ids})` for every event of the kinds asked for; `opened(open)` when the state changes.
  constructor(deliver, opened) {
    this.deliver = deliver;
    this.opened = opened;
    this.kinds = new Set(['reload']);
    this.last = null; // the id of the newest event seen, null before the server has told one
    this.source = null;
    this.open = false;
  }

  ask(kinds) {
    for (const kind of kinds) {
      if (this.kinds.has(kind)) continue;
      this.kinds.add(kind);
      if (this.source) this.hear(kind);
    }
  }

  connect(after = null) {
    if (this.source) return;
    if (this.last === null) this.last = after;
    this.source = new EventSource(this.last === null ? '/events' : `/events?after=${this.last}`);
    this.source.addEventListener('hello', (event) => {
      if (this.last === null) this.last = Number(event.lastEventId);
      this.state(true);
    });
    this.source.addEventListener('error', () => this.broken());
    for (const kind of this.kinds) this.hear(kind);
  }

  hear(kind) {
    this.source.addEventListener(kind, (event) => {
      this.last = Number(event.lastEventId);
      this.deliver({ id: this.last, kind, ids: JSON.parse(event.data || '{}') });
    });
  }

  // The browser reconnects by itself and says which event it saw last, unless the server refused outright.
  broken() {
    this.state(false);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.close();
    setTimeout(() => this.connect(), AGAIN);
  }

  close() {
    this.source?.close();
    this.source = null;
    this.state(false);
  }

  state(open) {
    if (this.open === open) return;
    this.open = open;
    this.opened(open);
  }
}
