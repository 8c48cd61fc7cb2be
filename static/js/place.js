// Where the reader is, kept a moment after they came and when they leave, so that they can go on from any device.
const LATER = 1500; // ms: who only passes through is not there
let timer = 0;
let sent = '';

// The turn at the top of what is read, for a transcript; other addresses hold all of their state.
function turn() {
  const turns = [...document.querySelectorAll('.conversation .turn[id^="m"]')];
  if (turns.length < 3 || scrollY < 200) return '';
  const here = turns.find((one) => one.getBoundingClientRect().bottom > innerHeight / 4);
  return here ? `#${here.id}` : '';
}

function tell() {
  clearTimeout(timer);
  const address = location.pathname + location.search + turn();
  if (address === sent || address.length > 2000) return;
  sent = address;
  fetch('/api/v1/places', {
    method: 'POST', keepalive: true, headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address, title: document.title.replace(/ · Styloscope$/, '').slice(0, 300) }),
  }).then((reply) => { document.documentElement.dataset.place = reply.ok ? address : ''; }, () => { sent = ''; });
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(tell, LATER);
}

document.addEventListener('compare:put', later);
document.addEventListener('scroll', later, { capture: true, passive: true });
addEventListener('pagehide', tell);
later();
