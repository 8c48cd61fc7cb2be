// Undo right where many answers were tagged.
import { step } from './acting.js';

document.querySelector('[data-undo]')?.addEventListener('click', ({ currentTarget }) => step(currentTarget.dataset.undo, 'undo', () => location.assign(location.pathname + location.search)));
