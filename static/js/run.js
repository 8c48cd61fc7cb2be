// A run's page looks again by itself while draws are being asked: what is shown of pace and time left grows old
// even when nothing comes, and then most of all.
import { held } from './live.js';

const EVERY = 5000;

setInterval(() => {
  const region = document.getElementById('run');
  const moving = region?.querySelector('[data-run-state="running"], [data-run-state="queued"]');
  if (moving && !document.hidden && !held(region)) window.htmx.trigger(region, 'live:refetch');
}, EVERY);
