// A button for what the browser's own key does as well.
const button = document.querySelector('[data-print]');
button.hidden = false;
button.addEventListener('click', () => print());
