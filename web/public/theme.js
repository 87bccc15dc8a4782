/* Runs before the first paint, so that a chosen theme never flashes; web/theme.ts takes over from here. */
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('saguaro.theme');
  } catch {
    /* storage may be forbidden: then the system decides */
  }
  const dark = choice ? choice === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
