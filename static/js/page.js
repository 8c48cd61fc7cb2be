// What every page runs. A page's own module comes after it, in the layout's `scripts` block.
import * as copy from './copy.js';
import * as dialog from './dialog.js';
import * as keys from './keys.js';
import * as live from './live.js';
import * as reltime from './reltime.js';
import * as theme from './theme.js';
import * as toast from './toast.js';

// The palette opens at once, so that no letter is lost, and is then fetched.
document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-palette]');
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  dialog.open('palette').querySelector('input').select();
  const palette = await import('./go.js').catch(() => location.assign(link.href));
  palette?.look();
});

for (const part of [theme, toast, dialog, keys, copy, reltime]) part.start();
if (document.querySelector('.person')) live.start(); // who is not signed in is told nothing
