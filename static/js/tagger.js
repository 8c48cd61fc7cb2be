// The popover that puts a tag: type a part of its name, Enter takes the one that is chosen; without letters, the last one.
let tags = [];
let shown = [];
let chosen = 0;
let done = null;
let over = null;
let quote = '';
const last = () => sessionStorage.getItem('last-tag');
const dialog = () => document.getElementById('tagger');
const field = () => dialog().querySelector('input');

function fits(tag, words) {
  const name = `${tag.name} ${tag.slug} ${tag.group}`.toLowerCase();
  return words.every((word) => name.includes(word));
}

function show() {
  const words = field().value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = tags.filter((tag) => fits(tag, words));
  if (!words.length && last()) shown.sort((a, b) => (b.slug === last()) - (a.slug === last()));
  chosen = 0;
  const template = document.getElementById('tagger-option').content.firstElementChild;
  const list = dialog().querySelector('[role="listbox"]');
  list.replaceChildren(...shown.map((tag, nth) => {
    const option = template.cloneNode(true);
    option.id = `tagger-${nth}`;
    option.querySelector('.swatch').classList.add(`slot-${tag.slot}`);
    option.querySelector('.name').textContent = tag.name;
    option.querySelector('small').textContent = tag.means;
    if (tag.key) Object.assign(option.querySelector('kbd'), { textContent: tag.key, hidden: false });
    option.addEventListener('click', () => { chosen = nth; take(); });
    return option;
  }));
  choose(0);
}

function choose(nth) {
  chosen = Math.max(0, Math.min(nth, shown.length - 1));
  const options = [...dialog().querySelectorAll('[role="option"]')];
  options.forEach((option, at) => option.setAttribute('aria-selected', String(at === chosen)));
  options[chosen]?.scrollIntoView({ block: 'nearest' });
  field().setAttribute('aria-activedescendant', options[chosen]?.id ?? '');
}

function take() {
  const tag = shown[chosen];
  if (!tag) return;
  const put = done;
  dialog().close();
  sessionStorage.setItem('last-tag', tag.slug);
  put?.(tag.slug);
}

// Open beside a box of the window; `about` says what will be tagged; `then(slug)` is called with the tag, `left()` when it closes. What is
// selected can still be copied: `text`.
export function pick(all, about, box, then, left = null, text = '') {
  tags = all;
  done = then;
  over = left;
  quote = text;
  const place = dialog();
  place.querySelector('[data-about]').textContent = about;
  field().value = '';
  place.showModal();
  const x = Math.min(box?.left ?? innerWidth / 2 - 190, innerWidth - 400);
  const below = (box?.bottom ?? innerHeight / 3) + 8;
  place.style.left = `${Math.max(8, x)}px`;
  place.style.top = `${below + 380 < innerHeight ? below : Math.max(8, (box?.top ?? innerHeight / 2) - 390)}px`;
  show();
}

export function used(slug) {
  sessionStorage.setItem('last-tag', slug);
}

document.addEventListener('input', (event) => { if (event.target === field()) show(); });
document.addEventListener('keydown', (event) => {
  if (event.target !== field() || event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(chosen + step);
  else if (event.key === 'Enter') take();
  else return;
  event.preventDefault();
});
document.addEventListener('copy', (event) => {
  if (event.target !== field() || !quote || field().selectionStart !== field().selectionEnd) return;
  event.clipboardData.setData('text/plain', quote);
  event.preventDefault();
});
dialog()?.addEventListener('close', () => { over?.(); done = null; over = null; });
