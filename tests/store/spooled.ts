/** What the spool's tests put into it, so that whoever reads it back knows what must be there. */
import type { SpoolEntry, SpoolRecord } from '../../store/spool.ts';

export function entryAt(position: number): SpoolEntry {
  const lines = Array.from(
    { length: 1 + ((position * 7) % 40) },
    (_l, i) => `interface,device=d${position},instance=i${i} in_bps=${position * 31 + i} ${position}`,
  );
  return { kind: position % 4, atMs: 1_000 + position, count: lines.length, payload: Buffer.from(lines.join('\n')) };
}

export function isAsMade({ position, kind, atMs, count, payload }: SpoolRecord): boolean {
  const made = entryAt(position);
  return (
    kind === made.kind && atMs === made.atMs && count === made.count && Buffer.from(payload).equals(Buffer.from(made.payload))
  );
}
