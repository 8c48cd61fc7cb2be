// `data-dialog="id"` opens the dialog of that id; a press on the backdrop closes it; Esc does so by itself.
export function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
  return dialog;
}

export function start() {
  document.addEventListener('click', (event) => {
    const opener = event.target.closest('[data-dialog]');
    if (opener) open(opener.dataset.dialog);
    else if (event.target instanceof HTMLDialogElement) event.target.close();
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  // Esc closes what is uppermost, and nothing below it hears of that press.
  document.addEventListener('keydown', (event) => {
    const menu = event.key === 'Escape' && document.querySelector('details.menu[open]');
    if (!menu) return;
    menu.open = false;
    menu.querySelector('summary').focus();
    event.preventDefault();
  });
}
