/** How full filesystems are, asked so that one that hangs (NFS without its server) stops nobody. */
import { statfs } from 'node:fs/promises';
import type { Clock } from '../../core/ports.ts';

export interface DiskUsage {
  readonly sizeBytes: number;
  /** As `df` counts it: what root has reserved is not used. */
  readonly usedBytes: number;
}

export interface DiskReader {
  /** Null when it does not answer in time or cannot be asked. */
  usage(point: string, clock: Clock, signal: AbortSignal): Promise<DiskUsage | null>;
}

const DEADLINE_MS = 800;
/** Each question that hangs holds one of the four threads Node reads files with. */
const HANGING_MAX = 2;

export function createDiskReader(ask: (point: string) => Promise<DiskUsage> = askSystem, deadlineMs = DEADLINE_MS): DiskReader {
  const outstanding = new Map<string, Promise<DiskUsage | null>>();
  const hanging = new Set<string>();

  return {
    async usage(point, clock, signal) {
      if (outstanding.has(point) || hanging.size >= HANGING_MAX) return null;
      const answer = ask(point)
        .catch(() => null)
        .finally(() => {
          outstanding.delete(point);
          hanging.delete(point);
        });
      outstanding.set(point, answer);
      const over = new AbortController();
      const deadline = clock
        .sleep(deadlineMs, AbortSignal.any([signal, over.signal]))
        .catch(() => undefined)
        .then(() => {
          // Both when it took too long and when nobody waits any more.
          if (outstanding.get(point) === answer) hanging.add(point);
          return null;
        });
      const first = await Promise.race([answer, deadline]);
      over.abort();
      return first;
    },
  };
}

async function askSystem(point: string): Promise<DiskUsage> {
  const { bsize, blocks, bfree } = await statfs(point);
  return { sizeBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize };
}
