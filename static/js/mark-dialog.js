// The dialog that changes a mark: its tag, how sure, its note. Where somebody was faster both texts are shown.
import { act } from './acting.js';
import { announce } from './toast.js';

const dialog = document.getElementById('mark-dialog');
const form = document.getElementById('mark-form');
let open = null; // {study, mark, after, remove}

function fill(mark) {
  form.elements.tag.value = mark.tag;
  form.elements.confidence.value = mark.confidence ?? '';
  form.elements.note.value = mark.note;
  const quotes = mark.targets.map((one) => one.quote);
  form.querySelector('[data-quote]').textContent = quotes.join(' … ') || (mark.kind === 'set' ? 'a set of repeats' : 'the whole answer');
}

// Change a mark of a study; `after()` when it was changed, `remove()` when it is to go.
export async function change(study, tags, id, { after, remove }) {
  const mark = await act(study, `annotations/${id}`, { method: 'GET' });
  if (!mark) return;
  open = { study, mark, after, remove };
  const options = tags.map((tag) => new Option(tag.name, tag.slug));
  if (!tags.some((tag) => tag.slug === mark.tag)) options.unshift(new Option(mark.tag, mark.tag));
  form.elements.tag.replaceChildren(...options);
  form.querySelector('[data-conflict]').hidden = true;
  fill(mark);
  dialog.showModal();
  form.elements.note.focus();
}

// Somebody was faster: theirs is told, ours stays in the fields; saving again is against what they saved.
function told(theirs) {
  const notice = form.querySelector('[data-conflict]');
  notice.querySelector('[data-theirs]').textContent = `It is now ${theirs.tag}${theirs.confidence ? `, sure ${theirs.confidence} of 3` : ''}${theirs.note ? `, with the note: ${theirs.note}` : ', without a note'}. What you wrote is below; save again to replace it, or close to leave theirs.`;
  notice.hidden = false;
  open.mark = theirs;
  announce('Somebody was faster; nothing was saved yet');
}

async function save() {
  const { tag, confidence, note } = Object.fromEntries(new FormData(form));
  const body = { confidence: confidence ? Number(confidence) : null, note: note.replace(/\r\n?/g, '\n') };
  if (tag !== open.mark.tag) body.tag = tag;
  const made = await act(open.study, `annotations/${open.mark.id}`, { method: 'PATCH', body, version: open.mark.version });
  if (!made) return;
  if (made.conflict) {
    told(made.conflict);
    return;
  }
  dialog.close();
  open.after('Changed');
}

form?.addEventListener('submit', (event) => { event.preventDefault(); save(); });
form?.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); } });
form?.querySelector('[data-remove-now]').addEventListener('click', () => { dialog.close(); open.remove(open.mark.id, open.mark.version); });
