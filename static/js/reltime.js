// Moments in the reader's own zone. The server writes `<time datetime="…Z" data-form="ago">` with UTC in words.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
});

const midnight = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate());

// The words for a moment: forms time (14:02), date (3 May 2026), full (with seconds and zone), ago (as near as is said aloud).
export function words(when, form, now) {
  if (form === 'time') return clock.format(when);
  if (form === 'date') return date.format(when);
  if (form === 'full') return full.format(when);
  const past = now - when;
  if (past >= 0 && past < MINUTE) return 'just now';
  if (past >= 0 && past < HOUR) return `${Math.floor(past / MINUTE)} min ago`;
  const days = Math.round((midnight(now) - midnight(when)) / (24 * HOUR));
  if (days === 0) return clock.format(when);
  if (days === 1) return `yesterday ${clock.format(when)}`;
  if (when.getFullYear() === now.getFullYear()) return `${day.format(when)}, ${clock.format(when)}`;
  return date.format(when);
}

export function write(within) {
  const now = new Date();
  for (const time of within.querySelectorAll('time[datetime][data-form]')) {
    const when = new Date(time.dateTime);
    if (Number.isNaN(when.getTime())) continue;
    const said = words(when, time.dataset.form, now);
    if (time.textContent !== said) time.textContent = said;
    time.title = `${full.format(when)} · ${time.dateTime.replace('T', ' ').replace('Z', ' UTC')}`;
  }
}

export function start() {
  write(document);
  document.body.addEventListener('htmx:load', (event) => write(event.detail.elt.parentElement || event.detail.elt));
  setInterval(() => { if (!document.hidden) write(document); }, 30_000);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) write(document); });
}
