/** Since when this machine has kept what a server keeps, remembered beside the file it is kept in. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Call before the database is opened: a window whose database is gone begins anew. */
export function readWindow(databasePath: string, nowMs: number): number {
  const path = `${databasePath}.window.json`;
  if (existsSync(databasePath) && existsSync(path)) {
    const sinceMs = sinceOf(readFileSync(path, 'utf8'));
    if (sinceMs !== null && sinceMs <= nowMs) return sinceMs;
  }
  // Later than it is does no harm: the server is asked for what lies before.
  writeFileSync(path, `${JSON.stringify({ sinceMs: nowMs })}\n`, { mode: 0o600 });
  return nowMs;
}

function sinceOf(text: string): number | null {
  try {
    const read = JSON.parse(text) as { sinceMs?: unknown } | null;
    return typeof read?.sinceMs === 'number' && Number.isFinite(read.sinceMs) ? read.sinceMs : null;
  } catch {
    return null; // Torn or foreign: as good as none.
  }
}
