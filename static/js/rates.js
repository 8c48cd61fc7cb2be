// Under each head of Compare: how often a tag is there, of the draws that somebody looked for it in, with its interval.
import { onLive } from './live.js';

let asked = 0;
const study = () => location.pathname.split('/')[2];
const percent = (share) => Math.round(share * 100);

function line(rate, href) {
  const item = document.createElement('li');
  const few = rate.n < 20;
  const beside = [rate.unresolved && `${rate.unresolved} unresolved`, rate.censored && `${rate.censored} absent in the part seen`].filter(Boolean).join(', ');
  item.className = `slot-${rate.slot}`;
  item.title = `${rate.name}: in ${rate.present} of ${rate.n} draws that were passed${rate.n ? `, 95 % interval ${percent(rate.low)} to ${percent(rate.high)} %` : ''}${beside ? `; ${beside}` : ''}`;
  const name = Object.assign(document.createElement(href ? 'a' : 'span'), { className: 'chip tag', textContent: rate.name });
  if (href) name.href = href;
  const count = Object.assign(document.createElement('b'), { className: few ? 'thin' : '', textContent: `${rate.present}/${rate.n}` });
  const interval = Object.assign(document.createElement('span'), { className: 'interval', textContent: rate.n ? `[${percent(rate.low)}–${percent(rate.high)}]` : '' });
  item.append(name, ' ', count, ' ', interval, ...(beside ? [' ', Object.assign(document.createElement('span'), { className: 'muted', textContent: beside })] : []));
  return item;
}

// The texts behind a number: this prompt's answers of the column that have the tag.
function behind(column, tag) {
  if (location.search.includes('hide=')) return '';
  const [, , , , battery, key] = location.pathname.split('/');
  const token = new URL(column.querySelector('.name').href).searchParams.get('col')?.split(':')[0] ?? '';
  const at = token.lastIndexOf('@');
  return `/studies/${study()}/search?prompt=${battery}/${key}&subject=${encodeURIComponent(token.slice(0, at))}&t=${token.slice(at + 1)}&tag=${tag}`;
}

async function look() {
  const mine = asked += 1;
  const columns = [...document.querySelectorAll('.column')].filter((one) => one.querySelector('[data-draws]')?.dataset.draws.trim());
  if (!columns.length) return;
  const query = new URLSearchParams(columns.map((one) => ['draws', one.querySelector('[data-draws]').dataset.draws.trim().split(' ').slice(0, 900).join(',')]));
  const reply = await fetch(`/api/v1/studies/${study()}/rates?${query}`, { headers: { accept: 'application/json' } }).catch(() => null);
  if (!reply?.ok || mine !== asked) return;
  const { cells } = await reply.json();
  if (mine !== asked) return;
  columns.forEach((column, nth) => {
    const head = column.querySelector('header');
    head.querySelector('.tag-rates')?.remove();
    if (!cells[nth].length) return;
    const list = Object.assign(document.createElement('ul'), { className: 'tag-rates' });
    list.setAttribute('aria-label', 'Tags, over passes');
    list.append(...cells[nth].map((rate) => line(rate, behind(column, rate.tag))));
    head.append(list);
  });
}

look();
document.addEventListener('compare:put', look);
for (const kind of ['pass', 'decision', 'codebook', 'coding_rule']) onLive(kind, look);
