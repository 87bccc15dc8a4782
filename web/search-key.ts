/** `/` opens the search from anywhere; the shell listens, the search itself comes when it is wanted. */

const listeners = new Set<() => void>();
/** Letters typed since it was wanted and before its field was there; null while nobody waits. */
let typed: string | null = null;
let wantedMs = 0;
/** If its code has not come by then, it may never come: keys must not be swallowed for ever. */
const WAIT_MAX_MS = 5_000;

export function openSearch(): void {
  typed = '';
  wantedMs = performance.now();
  for (const listener of [...listeners]) listener();
}

/** Calls back whenever the search is wanted; the answer ends it. */
export function onSearch(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** What was typed while the search was on its way; it has its own field from now on. */
export function takeTyped(): string {
  const text = typed ?? '';
  typed = null;
  return text;
}

/** Keys typed into a field are text. */
function types(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));
}

addEventListener('keydown', (event) => {
  const slash = event.key === '/' && !types(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey;
  const control = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey;
  if (typed !== null && performance.now() - wantedMs > WAIT_MAX_MS) typed = null;
  // What is typed into a field belongs there: that of the search itself, wanted once more, or that of a login.
  if (typed !== null && !types(event.target)) {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    typed += event.key;
  } else if (slash || control) {
    event.preventDefault();
    openSearch();
  }
});
