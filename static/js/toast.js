// Short news at the corner and for screen readers; and what the server says when a request goes wrong.
const SECONDS = 10;

// Say something once to those who listen. A repeated sentence is said again.
export function announce(words) {
  const place = document.querySelector('[data-announce]');
  place.textContent = '';
  requestAnimationFrame(() => { place.textContent = words; });
}

// Show words for ten seconds; `undo` is called if the reader takes it back. Errors stay until closed.
export function toast(words, { undo = null, kind = '' } = {}) {
  const box = document.getElementById('toast').content.firstElementChild.cloneNode(true);
  box.querySelector('span').textContent = words;
  if (kind) box.classList.add(kind);
  const gone = () => box.remove();
  box.querySelector('.close').addEventListener('click', gone);
  if (undo) {
    const button = box.querySelector('.undo');
    button.hidden = false;
    button.addEventListener('click', () => { gone(); undo(); });
  }
  document.querySelector('[data-toasts]').append(box);
  if (kind !== 'bad') after(box, SECONDS * 1000, gone);
  return box;
}

// A toast that is being pointed at or is focused does not vanish under the hand.
function after(box, ms, gone) {
  setTimeout(() => (box.matches(':hover, :focus-within') ? after(box, 2000, gone) : gone()), ms);
}

// The server's own words where it gave some ({"error": …}), else the status.
export function reason(xhr) {
  try {
    const told = JSON.parse(xhr.responseText).error;
    if (typeof told === 'string') return told;
  } catch { /* not JSON: the status has to do */ }
  return xhr.status ? `The server answered ${xhr.status} ${xhr.statusText}`.trim() : 'The server does not answer';
}

export function start() {
  const body = document.body;
  body.addEventListener('click', (event) => {
    const said = event.target.closest('[data-toast]');
    if (said) toast(said.dataset.toast);
  });
  // A reply's header `HX-Trigger: {"toast": {"text": "…", "kind": ""}}` comes as this event.
  body.addEventListener('toast', (event) => toast(event.detail.text, { kind: event.detail.kind || '' }));
  body.addEventListener('htmx:responseError', (event) => toast(reason(event.detail.xhr), { kind: 'bad' }));
  body.addEventListener('htmx:sendError', (event) => {
    if (!event.target.closest('[data-live]')) toast('The server does not answer; nothing was saved', { kind: 'bad' });
  });
  body.addEventListener('htmx:configRequest', (event) => {
    event.detail.headers['X-Client'] = document.documentElement.dataset.client;
    event.detail.headers.Accept = 'text/html, */*;q=0.5';
  });
}
