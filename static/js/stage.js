// What can be done to the answers on a page: tags put, taken back, walked, changed and undone. The page says what it shows.
import { act, step } from './acting.js';
import { onKey } from './keys.js';
import { change } from './mark-dialog.js';
import { hold, marksAt, point } from './painting.js';
import { targetsOf } from './places.js';
import { stop } from './selecting.js';
import { pick, used } from './tagger.js';
import { announce, toast } from './toast.js';

// `page` has study, tags(), look(), marks(), transcript() (the answer that is meant where nothing is selected),
// of(body) (the transcript that a text is read in), refresh(), lines() (the list's lines), shown(id).
export class Stage {
  constructor(page) {
    this.page = page;
    this.current = 0; // the mark that is walked to
    this.last = null;
  }

  nameOf(slug) { return this.page.tags().find((tag) => tag.slug === slug)?.name ?? slug; }

  told(words, undo = true) {
    this.last?.remove();
    this.last = toast(words, undo ? { undo: () => this.step('undo') } : {});
    this.page.refresh();
  }

  step(way) { return step(this.page.study, way, (said) => this.told(said, false)); }

  // Put a tag on what is selected (in several answers: one comparative mark), else on the whole answer.
  async put(slug, chosen = targetsOf(getSelection())) {
    const targets = chosen.map(({ body, ...target }) => ({ ...target, transcript: this.page.of(body) }));
    const transcript = targets[0]?.transcript ?? this.page.transcript();
    if (!transcript) {
      announce('No answer is in focus');
      return;
    }
    const wanted = targets.length ? { tag: slug, transcript, targets } : { tag: slug, kind: 'transcript', transcript };
    if (!await act(this.page.study, 'annotations', { body: { annotations: [wanted] } })) return;
    used(slug);
    stop();
    getSelection().removeAllRanges();
    const answers = new Set(targets.map((one) => one.transcript)).size;
    this.told(`${this.nameOf(slug)}: ${answers > 1 ? `marked across ${answers} answers` : targets.length ? 'marked' : 'the whole answer marked'}`);
  }

  // Looked for and not there; once more takes that back.
  async absent(slug) {
    const transcript = this.page.transcript();
    const own = this.page.marks().filter((mark) => mark.mine && mark.tag === slug && (mark.transcript ?? transcript) === transcript);
    const said = own.find((mark) => mark.polarity === 'absent' && mark.kind === 'transcript');
    if (said) this.remove(said.id, said.version);
    else if (own.some((mark) => mark.polarity === 'present' && mark.kind !== 'set')) toast('It is marked as present; remove the mark first');
    else if (transcript && await act(this.page.study, 'annotations', { body: { annotations: [{ tag: slug, kind: 'transcript', polarity: 'absent', transcript }] } })) this.told(`${this.nameOf(slug)}: looked for, not there`);
  }

  // Digits mean the tags looked for first, then the codebook's.
  keyed(digit) {
    const having = this.page.tags().filter((tag) => tag.key === digit);
    const found = having.find((tag) => this.page.look().includes(tag.slug)) ?? having[0];
    if (!found) announce(`No tag has the key ${digit}`);
    return found?.slug;
  }

  async remove(id, version) {
    const gone = await act(this.page.study, `annotations/${id}`, { method: 'DELETE', version });
    if (gone?.conflict) toast('It was changed since you saw it; look again', { kind: 'bad' });
    else if (gone) this.told('Mark removed');
  }

  edit(id) {
    return change(this.page.study, this.page.tags(), id, { after: (words) => this.told(words), remove: (...mark) => this.remove(...mark) });
  }

  walk(to) {
    const lines = this.page.lines();
    if (!lines.length) announce('There are no marks');
    const at = lines.findIndex((line) => Number(line.dataset.mark) === this.current);
    if (lines.length) this.go(Number(lines[(at + to + lines.length + (at < 0 && to < 0 ? 1 : 0)) % lines.length].dataset.mark));
    return true;
  }

  go(id) {
    this.current = id;
    this.still();
    const door = document.getElementById(`door-${id}`);
    door?.focus({ preventScroll: true });
    door?.scrollIntoView({ block: 'nearest' });
    point(id);
    this.page.shown?.(id);
  }

  // Show in the list which mark is meant, also after it was fetched anew.
  still() {
    for (const line of this.page.lines()) line.toggleAttribute('data-now', Number(line.dataset.mark) === this.current);
  }

  mine() { return this.page.marks().find((mark) => mark.id === this.current && mark.mine); }

  ask() {
    const targets = targetsOf(getSelection());
    const box = targets.length ? getSelection().getRangeAt(0).getBoundingClientRect() : null;
    const about = targets.length > 1 ? `${targets.length} places` : targets.length ? `“${targets[0].quote.slice(0, 80)}”` : 'the whole answer';
    hold(targets); // the field of the popover takes the selection away
    pick(this.page.tags(), about, box, (slug) => this.put(slug, targets), () => hold([]), targets.map((one) => one.quote).join('\n\n'));
    return true;
  }

  keys() {
    const focused = () => document.activeElement?.closest('[data-mark]') !== null && this.mine();
    for (const nth of '123456789') {
      onKey(`Digit${nth}`, `tag ${nth}`, () => { const slug = this.keyed(nth); if (slug) this.put(slug); return true; });
      onKey(`Shift+Digit${nth}`, `looked for ${nth}, not there`, () => { const slug = this.keyed(nth); if (slug) this.absent(slug); return true; });
    }
    onKey('KeyT', 'any tag by name', () => this.ask());
    onKey('BracketRight', 'next mark', () => this.walk(1));
    onKey('BracketLeft', 'mark before', () => this.walk(-1));
    onKey('Enter', 'change the mark', () => { if (!focused()) return false; this.edit(this.current); return true; });
    for (const chord of ['Delete', 'Backspace']) onKey(chord, 'remove the mark', () => { const mark = focused(); if (mark) this.remove(mark.id, mark.version); return Boolean(mark); });
    onKey('KeyU', 'undo', () => { this.step('undo'); return true; });
    onKey('Shift+KeyU', 'do again', () => { this.step('redo'); return true; });
  }

  // What is pressed: buttons of marks, and marks in the text, the smallest first, then the one around it.
  click(event) {
    const pressed = (name) => Number(event.target.closest(`[data-${name}]`)?.getAttribute(`data-${name}`));
    if (pressed('change')) {
      this.current = pressed('change');
      this.edit(this.current);
    } else if (pressed('remove')) this.remove(pressed('remove'), event.target.closest('[data-mark]').dataset.version);
    else if (pressed('to-mark')) this.go(pressed('to-mark'));
    else if (event.target.closest('[data-message]') && getSelection().isCollapsed) {
      const under = marksAt(event.clientX, event.clientY);
      if (under.length) this.go(under[(under.indexOf(this.current) + 1) % under.length]);
    }
  }
}
