// What every page runs. A page's own module comes after it, in the layout's `scripts` block.
import * as copy from './copy.js';
import * as dialog from './dialog.js';
import * as keys from './keys.js';
import * as live from './live.js';
import * as reltime from './reltime.js';
import * as theme from './theme.js';
import * as toast from './toast.js';

for (const part of [theme, toast, dialog, keys, copy, reltime, live]) part.start();
