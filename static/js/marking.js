// Marks where answers are read: on Compare, over all columns, and on a transcript's page. What is marked is fetched for the
// turns on the page, painted, and listed beside the answer in focus.
import { act } from './acting.js';
import { onKey } from './keys.js';
import { onLive } from './live.js';
import { paint } from './painting.js';
import { targetsOf } from './places.js';
import { Stage } from './stage.js';
import './selecting.js';
import { pick } from './tagger.js';
import { announce } from './toast.js';

const MOST = 900; // turns asked about at once
const study = document.querySelector('[data-study]')?.dataset.study ?? location.pathname.split('/')[2];
let told = { marks: [], tags: [], look: [] };
let asked = 0;

const focus = () => Number(document.getElementById('seen-this')?.dataset.transcript ?? 0);

// Which transcript a text is read in: on Compare the draw that its card shows.
function drawOf(body) {
  const card = body.closest('.answer[data-same]');
  if (!card) return focus();
  const ids = card.closest('[data-draws]').dataset.draws.split(' ');
  return Number(ids[Number(card.dataset.same.split(' ')[0])]);
}

const draws = () => [...new Set([...document.querySelectorAll('[data-message]')].map(drawOf).filter(Boolean))];

async function look() {
  const mine = asked += 1;
  const messages = [...new Set([...document.querySelectorAll('[data-message]')].map((body) => body.dataset.message))];
  if (!messages.length) return;
  const query = new URLSearchParams([...messages.slice(0, MOST).map((id) => ['message', id]), ...draws().slice(0, MOST).map((id) => ['transcript', id])]);
  try {
    const [reply, list] = await Promise.all([
      fetch(`/api/v1/studies/${study}/marks?${query}`, { headers: { accept: 'application/json' } }),
      focus() ? fetch(`/-/studies/${study}/marks/${focus()}${location.search.includes('hide=') ? '?hide=kept' : ''}`, { headers: { accept: 'text/html' } }) : null,
    ]);
    const [found, lines] = [await reply.json(), list?.ok ? await list.text() : ''];
    if (mine !== asked || !reply.ok) return; // a later look is on its way
    told = found;
    show(lines);
  } catch { /* marks come with the next look; reading goes on */ }
}

function show(lines) {
  const place = document.getElementById('answer-marks');
  const held = place?.contains(document.activeElement) ? document.activeElement.id : '';
  if (place) place.replaceChildren(...new DOMParser().parseFromString(lines, 'text/html').body.childNodes);
  paint(told.marks);
  stage.still();
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

const stage = new Stage({
  study,
  tags: () => told.tags,
  look: () => told.look,
  marks: () => told.marks,
  transcript: focus,
  of: drawOf,
  refresh: look,
  lines: () => [...document.querySelectorAll('#answer-marks [data-mark]')],
});

// The repeats of the column in focus as a set, frozen as it is now: for tags that speak of a distribution.
function tagSet() {
  const column = document.querySelector('.answer.focus')?.closest('[data-draws]');
  const members = column?.dataset.draws.trim().split(' ').map(Number) ?? [];
  const fitting = told.tags.filter((tag) => tag.scope === 'set');
  if (members.length < 2) {
    announce('A set needs two repeats or more');
    return true;
  }
  const box = column.getBoundingClientRect();
  pick(fitting.length ? fitting : told.tags, `the ${members.length} repeats of this column, as a frozen set`, { left: box.left, top: 200, bottom: 200 }, async (slug) => {
    if (await act(study, 'annotations', { body: { annotations: [{ tag: slug, kind: 'set', members }] } })) stage.told(`${stage.nameOf(slug)}: ${members.length} repeats marked as a set`);
  });
  return true;
}

stage.keys();
if (document.querySelector('.columns, [data-draws]')) onKey('Shift+KeyT', 'tag the repeats as a set', tagSet);
look();
document.addEventListener('compare:put', look);
document.addEventListener('click', (event) => stage.click(event));
document.addEventListener('pointerup', (event) => {
  if (event.button === 0 && event.target.closest?.('[data-message]')) setTimeout(() => { if (!getSelection().isCollapsed && targetsOf(getSelection()).length && told.tags.length) stage.ask(); });
});
for (const kind of ['annotation', 'codebook']) {
  onLive(kind, ({ ids }) => {
    if (ids.client === document.documentElement.dataset.client) return;
    if (!ids.transcripts?.length || ids.transcripts.some((id) => draws().includes(id))) look();
  });
}
