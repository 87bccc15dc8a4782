/** What the page knows about its server: whether it answers, whether it wants a login, what time it is there. */

export interface ServerState {
  /** Since when it has not answered, browser's clock; null while it does. */
  readonly awaySinceMs: number | null;
  /** One sentence while away. */
  readonly reason: string;
  readonly loginNeeded: boolean;
}

let state: ServerState = { awaySinceMs: null, reason: '', loginNeeded: false };
let skewMs = 0;
const listeners = new Set<() => void>();

export const serverState = (): ServerState => state;

/** Calls back after every change; the answer ends it. */
export function onServerState(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function change(next: Partial<ServerState>): void {
  const merged = { ...state, ...next };
  const same =
    merged.awaySinceMs === state.awaySinceMs && merged.reason === state.reason && merged.loginNeeded === state.loginNeeded;
  if (same) return;
  state = merged;
  for (const listener of [...listeners]) listener();
}

export const answered = (): void => change({ awaySinceMs: null, reason: '' });
export const unanswered = (reason: string): void => change({ awaySinceMs: state.awaySinceMs ?? Date.now(), reason });
export const loginNeeded = (needed: boolean): void => change({ loginNeeded: needed });

/** Ages are told by the server's clock, whatever the browser's says. */
export const serverNow = (): number => Date.now() + skewMs;
export function learnClock(serverMs: number, sentAtMs: number): void {
  skewMs = serverMs - (sentAtMs + Date.now()) / 2;
}
