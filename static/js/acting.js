// Acts of coding as they go to the server. A failure is told in the server's own words; nothing is shown as done before it is.
import { toast } from './toast.js';

// The answer as JSON; {conflict} where somebody was faster; null where it failed.
export async function act(study, path, { method = 'POST', body, version } = {}) {
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'x-client': document.documentElement.dataset.client };
  if (version) headers['if-match'] = `"${version}"`;
  let reply;
  try {
    reply = await fetch(`/api/v1/studies/${study}/${path}`, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    toast('The server does not answer; nothing was saved', { kind: 'bad' });
    return null;
  }
  const told = await reply.json().catch(() => ({}));
  if (reply.ok) return told;
  if (reply.status === 409 && told.current) return { conflict: told.current };
  const first = told.detail?.[0];
  toast(told.error ?? (first ? `${first.loc.slice(1).join('.')}: ${first.msg}` : `The server answered ${reply.status}`), { kind: 'bad' });
  return null;
}

// Undo or redo the newest of one's own acts in a study; `after` is called where there was one.
export async function step(study, way, after) {
  const told = await act(study, way);
  if (!told) return;
  if (told.act === null) toast(way === 'undo' ? 'You have nothing to undo here' : 'There is nothing to do again');
  else after(way === 'undo' ? 'Taken back' : 'Done again');
}
