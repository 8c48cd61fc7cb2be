// Light or dark: the server writes `data-theme` from a cookie, so a page never flashes; without one the system decides.
const root = document.documentElement;

export function shown() {
  return root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

export function choose(theme) {
  root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}

export function start() {
  for (const button of document.querySelectorAll('[data-theme-switch]')) {
    button.hidden = false;
    button.addEventListener('click', () => choose(shown() === 'dark' ? 'light' : 'dark'));
  }
}
