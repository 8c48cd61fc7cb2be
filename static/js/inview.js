// When a text was really in view: each part of it, long enough to be looked at. A text that is loaded, clamped, or passed
// by in a quick scroll was not; one that is longer than the window is, once it was scrolled through.
const BAND = 120; // px: a text is looked at in parts of about five lines
const LOOK = 250; // ms between two looks, and only while something new is in view
const LONG = 750; // ms that each part has to be in view

export class Views {
  // `read(element)` is called once for each watched element; `frame()` is what of the window shows texts ({top, bottom, left, right}).
  constructor(read, frame) {
    this.read = read;
    this.frame = frame;
    this.bands = new Map(); // element → ms that each part of it was in view
    this.near = new Set();
    this.timer = 0;
    this.watcher = new IntersectionObserver((entries) => this.moved(entries));
  }

  watch(element) {
    this.bands.set(element, []);
    this.watcher.observe(element);
  }

  forget() {
    this.watcher.disconnect();
    this.bands.clear();
    this.near.clear();
    this.rest();
  }

  rest() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  moved(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting && this.bands.has(target)) this.near.add(target);
      else this.near.delete(target);
    }
    if (this.near.size && !this.timer) this.timer = setInterval(() => this.look(), LOOK);
    if (!this.near.size) this.rest();
  }

  look() {
    if (document.hidden || document.querySelector('dialog[open]')) return;
    const frame = this.frame();
    for (const element of [...this.near]) if (this.lookAt(element, frame)) this.done(element);
    if (!this.near.size) this.rest();
  }

  done(element) {
    this.near.delete(element);
    this.bands.delete(element);
    this.watcher.unobserve(element);
    this.read(element);
  }

  // Whether all of an element has been looked at by now.
  lookAt(element, frame) {
    const box = element.getBoundingClientRect();
    const wide = Math.min(box.right, frame.right) - Math.max(box.left, frame.left);
    if (wide < 0.6 * box.width || isClamped(element)) return false;
    const parts = Math.max(1, Math.ceil(box.height / BAND));
    let bands = this.bands.get(element);
    if (bands.length !== parts) this.bands.set(element, bands = new Array(parts).fill(0)); // it was laid out anew
    const high = box.height / parts;
    for (let at = 0; at < parts; at += 1) {
      const top = box.top + at * high;
      const inside = Math.min(top + high, frame.bottom) - Math.max(top, frame.top);
      if (inside >= 0.8 * high) bands[at] += LOOK;
    }
    return bands.every((ms) => ms >= LONG);
  }
}

// A text of which only the beginning is shown.
export function isClamped(element) {
  return element.scrollHeight > element.clientHeight + 4 && getComputedStyle(element).overflowY !== 'visible'
    && element.matches('.clamped, .long');
}
