/** Light or dark: the system's choice until a person makes one; charts hear of every change. */
const KEY = 'saguaro.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

export type Theme = 'light' | 'dark';

export const theme = (): Theme => (document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light');

/** Calls back after every change; the answer ends it. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function show(next: Theme): void {
  if (next === theme()) return;
  document.documentElement.dataset['theme'] = next;
  for (const listener of [...listeners]) listener();
}

/** Switches and remembers; choosing what the system says follows the system again. */
export function toggleTheme(): void {
  const next: Theme = theme() === 'dark' ? 'light' : 'dark';
  try {
    if (next === (system.matches ? 'dark' : 'light')) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
  show(next);
}

function follow(): void {
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem(KEY);
  } catch {
    // As above.
  }
  if (chosen === null) show(system.matches ? 'dark' : 'light');
}

system.addEventListener('change', follow);
// The system may have turned after the page's first script looked, and before this one listened.
follow();
