/**
 * Hooks over things that change by themselves: the address, the clock, the server, the theme,
 * and above all remote data that is asked again at an interval, rests while the page is
 * hidden, and stays on screen while the server is away.
 */
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { BASE, href } from './address.ts';
import { parseRoute, type Page, type Route } from './route.ts';
import { isFinal } from './api.ts';
import { onServerState, serverNow, serverState, type ServerState } from './remote.ts';
import { onTheme, theme, type Theme } from './theme.ts';

/** How soon to ask again while the server is away. */
const AWAY_RETRY_MS = 5_000;

export interface Live<T> {
  /** The newest answer for this key; kept while the next one is on its way. */
  readonly value: T | null;
  readonly error: unknown;
  /** An answer for a key that is not shown yet is on its way. */
  readonly pending: boolean;
  readonly reload: () => void;
}

/**
 * @param key what is asked; null asks nothing; a new key asks at once
 * @param everyMs when to ask again, from the answer; null = never
 */
export function useLive<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  everyMs: (value: T) => number | null,
): Live<T> {
  const [held, setHeld] = useState<{ key: string | null; value: T | null; error: unknown }>({
    key: null,
    value: null,
    error: null,
  });
  const [again, reload] = useReducer((n: number) => n + 1, 0);
  const latest = useRef({ load, everyMs });
  latest.current = { load, everyMs };
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let dueMs: number | null = 0;
    let asking = false;
    const ask = async () => {
      if (asking || abort.signal.aborted) return;
      asking = true;
      clearTimeout(timer);
      try {
        const value = await latest.current.load(abort.signal);
        if (abort.signal.aborted) return;
        const waitMs = latest.current.everyMs(value);
        dueMs = waitMs === null ? null : Date.now() + waitMs;
        setHeld({ key, value, error: null });
      } catch (error) {
        if (abort.signal.aborted) return;
        // What was refused will be refused again; what did not come may come.
        dueMs = isFinal(error) ? null : Date.now() + AWAY_RETRY_MS;
        setHeld((before) => ({ key, value: before.value, error }));
      } finally {
        asking = false;
      }
      arm();
    };
    const arm = () => {
      clearTimeout(timer);
      if (dueMs === null || document.hidden || abort.signal.aborted || serverState().loginNeeded) return;
      timer = setTimeout(() => void ask(), Math.max(0, dueMs - Date.now()));
    };
    // What is overdue when the page is looked at again is asked at once.
    const onVisible = () => arm();
    let wasAway = serverState().awaySinceMs !== null;
    const offServer = onServerState(() => {
      const { awaySinceMs, loginNeeded } = serverState();
      if (wasAway && awaySinceMs === null && !loginNeeded && dueMs !== null) dueMs = 0;
      wasAway = awaySinceMs !== null;
      arm();
    });
    document.addEventListener('visibilitychange', onVisible);
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
      offServer();
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [key, again]);
  return {
    value: held.value,
    error: held.key === key ? held.error : null,
    pending: key !== null && held.key !== key,
    reload: () => reload(undefined),
  };
}

const routeListeners = new Set<() => void>();
/** Goes to a route; Back undoes it unless it replaces. */
export function go(route: Partial<Route> & { readonly page: Page }, replace = false): void {
  if (replace) history.replaceState(null, '', href(route));
  else history.pushState(null, '', href(route));
  for (const listener of [...routeListeners]) listener();
}

const current = () => parseRoute(location.pathname.slice(BASE.length), location.search);

export function useRoute(): Route {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const read = () => setRoute(current());
    routeListeners.add(read);
    addEventListener('popstate', read);
    return () => {
      routeListeners.delete(read);
      removeEventListener('popstate', read);
    };
  }, []);
  return route;
}

/** Follows links within the page without loading it again. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (!link.pathname.startsWith(`${BASE}/`) || link.pathname.startsWith(`${BASE}/api/`) || link.hash !== '') return;
    event.preventDefault();
    go(parseRoute(link.pathname.slice(BASE.length), link.search));
  });
}

/** The server's time, told anew every so often while the page is visible. */
export function useNow(everyMs: number): number {
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) tick(undefined);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return serverNow();
}

export function useServer(): ServerState {
  const [state, setState] = useState(serverState);
  useEffect(() => onServerState(() => setState(serverState())), []);
  return state;
}

export function useTheme(): Theme {
  const [shown, setShown] = useState(theme);
  useEffect(() => onTheme(() => setShown(theme())), []);
  return shown;
}
