// The palette: the first letters of some words lead to a prompt, battery, run, subject, set or column. It is fetched when
// it is first opened; what it offers is asked for at the address where it was opened. Columns are those of the page,
// so that hidden names stay hidden.
const palette = document.getElementById('palette');
const field = palette.querySelector('input');
const places = palette.querySelector('[role="listbox"]');
const status = palette.querySelector('[role="status"]');
const PATIENCE = 60; // ms after the last letter
const COLUMNS = 8;

let flying = null;
let coming = Promise.resolve();
let timer = 0;

export const wordsOf = (text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);

// Whether each word that was typed begins a word of a text.
export function fits(typed, text) {
  const words = wordsOf(text);
  return wordsOf(typed).every((one) => words.some((word) => word.startsWith(one)));
}

const options = () => [...places.querySelectorAll('[role="option"]')];
const chosen = () => places.querySelector('[aria-selected="true"]');

function choose(option) {
  chosen()?.setAttribute('aria-selected', 'false');
  option?.setAttribute('aria-selected', 'true');
  option?.scrollIntoView({ block: 'nearest' });
  if (option) field.setAttribute('aria-activedescendant', option.id);
  else field.removeAttribute('aria-activedescendant');
}

function step(by) {
  const all = options();
  const at = all.indexOf(chosen()) + by;
  choose(all[(at + all.length) % all.length]);
}

// The columns of this page that fit, as options.
function columns(typed) {
  const found = [...document.querySelectorAll('#main .column')]
    .filter((column) => (wordsOf(typed).length || !typed.trim()) && fits(typed, `${column.getAttribute('aria-label')} column`)).slice(0, COLUMNS);
  return found.map((column) => {
    const option = Object.assign(document.createElement('a'), { href: column.querySelector('.name').href, tabIndex: -1 });
    option.setAttribute('role', 'option');
    option.dataset.swap = '';
    option.append(Object.assign(document.createElement('bdi'), { className: 'name', textContent: column.getAttribute('aria-label') }));
    return option;
  });
}

function group(name, some) {
  const made = document.createElement('div');
  made.setAttribute('role', 'group');
  made.setAttribute('aria-label', name);
  const head = Object.assign(document.createElement('h3'), { textContent: name });
  head.setAttribute('role', 'presentation');
  made.append(head, ...some);
  return made;
}

async function ask() {
  flying?.abort();
  const mine = flying = new AbortController();
  const typed = field.value;
  places.setAttribute('aria-busy', 'true');
  const asked = new URLSearchParams({ q: typed, at: (location.pathname + location.search).slice(0, 4000) });
  try {
    const reply = await fetch(`/-/go?${asked}`, { headers: { accept: 'text/html' }, signal: mine.signal });
    if (!reply.ok) throw new Error(reply.status);
    const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html');
    if (!mine.signal.aborted) put(typed, [...fresh.body.children]);
  } catch (error) {
    if (error.name !== 'AbortError') put(typed, []);
  }
}

function put(typed, groups) {
  const here = columns(typed);
  if (here.length) groups.unshift(group('Columns', here));
  places.replaceChildren(...groups);
  places.removeAttribute('aria-busy');
  const all = options();
  all.forEach((option, at) => { option.id = `go-to-${at}`; });
  choose(all[0]);
  status.textContent = all.length ? `${all.length} places` : 'Nothing is found: the server cannot be reached';
}

function later() {
  clearTimeout(timer);
  coming = new Promise((done) => { timer = setTimeout(() => ask().then(done), PATIENCE); });
}

// Go where the letters lead: to what they lead to now, also where the answer is still on its way.
async function go({ ctrlKey, metaKey }) {
  await coming;
  chosen()?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ctrlKey, metaKey }));
}

const KEYS = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Enter: go, Escape: () => palette.close() };

palette.addEventListener('keydown', (event) => {
  const own = event.isComposing ? null : KEYS[event.key];
  if (!own) return;
  event.preventDefault();
  own(event);
});
field.addEventListener('input', later);
places.addEventListener('pointermove', ({ target }) => {
  const option = target.closest('[role="option"]');
  if (option && option !== chosen()) choose(option);
});
// The focus is back where it was before the page turns.
places.addEventListener('click', (event) => {
  if (event.target.closest('[role="option"]') && !event.ctrlKey && !event.metaKey) palette.close();
});
palette.addEventListener('close', () => {
  flying?.abort();
  clearTimeout(timer);
});

// Show what is near; what was typed before this was here counts.
export function look() {
  coming = ask();
}
