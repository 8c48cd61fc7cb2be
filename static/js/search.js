// The page of search: j and k step through what was found, and Enter opens it; a changed filter is sent without empty fields.
import { onKey } from './keys.js';

const lines = () => [...document.querySelectorAll('[data-line]')];

function step(by) {
  const all = lines();
  const at = all.indexOf(document.activeElement);
  const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
  if (!all[to]) return false;
  all[to].focus();
  all[to].scrollIntoView({ block: 'nearest' });
  return true;
}

onKey('KeyJ', 'next line', () => step(1));
onKey('KeyK', 'line before', () => step(-1));

// The address is cited: it says no more than it must.
document.querySelector('form.seek').addEventListener('submit', (event) => {
  for (const field of event.target.elements) if (field.name && !field.value && field.name !== 'q') field.disabled = true;
});
addEventListener('pageshow', () => {
  for (const field of document.querySelector('form.seek').elements) field.disabled = false;
});

const line = document.getElementById('q');
if (!line.value || line.getAttribute('aria-invalid')) line.focus();
