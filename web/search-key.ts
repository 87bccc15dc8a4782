/** `/` opens the search from anywhere; the shell listens, the search itself comes when it is wanted. */

const listeners = new Set<() => void>();

export function openSearch(): void {
  for (const listener of [...listeners]) listener();
}

/** Calls back whenever the search is wanted; the answer ends it. */
export function onSearch(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Keys typed into a field are text. */
function types(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
}

addEventListener('keydown', (event) => {
  const slash = event.key === '/' && !types(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey;
  const control = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey;
  if (!slash && !control) return;
  event.preventDefault();
  openSearch();
});
