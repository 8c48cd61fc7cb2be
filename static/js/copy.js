// `data-copy` copies the text of the figure it stands in; `data-copy="#id"` that of another element; `data-copy-text` its own.
import { announce, toast } from './toast.js';

export function textFor(button) {
  if (button.dataset.copyText !== undefined) return button.dataset.copyText;
  const from = button.dataset.copy ? document.querySelector(button.dataset.copy) : button.closest('.code')?.querySelector('.body');
  return from ? from.textContent : '';
}

export function start() {
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-copy], [data-copy-text]');
    if (!button) return;
    try {
      await navigator.clipboard.writeText(textFor(button));
    } catch {
      toast('The browser did not allow copying; select the text instead', { kind: 'bad' });
      return;
    }
    const words = button.textContent;
    button.textContent = 'Copied';
    announce('Copied');
    setTimeout(() => { button.textContent = words; }, 1200);
  });
}
