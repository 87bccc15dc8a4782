/** Lets a bounded number through at once; the others wait in order. */
import type { Timeline } from './timeline.ts';

export interface Gate {
  pass<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * How a gate opens wider. So many go at once; each further one only some time after the one
 * before. Work that waits for something far away is soon done by many at once, and work that
 * keeps this machine busy by few, so that what it holds meanwhile stays small.
 */
export interface Widening {
  readonly eager: number;
  readonly everyMs: number;
  readonly timeline: Timeline;
}

/** @param widening without it all of `limit` go at once */
export function createGate(limit: number, widening?: Widening): Gate {
  const waiting: (() => void)[] = [];
  const eager = Math.min(limit, widening?.eager ?? limit);
  let inside = 0;
  let widens = false;

  const admit = () => {
    while (inside < eager && waiting.length > 0) enter();
    if (!widening || widens || waiting.length === 0 || inside >= limit) return;
    widens = true;
    widening.timeline.after(widening.everyMs, () => {
      widens = false;
      if (inside < limit && waiting.length > 0) enter();
      admit();
    });
  };
  const enter = () => {
    inside++;
    waiting.shift()?.();
  };
  return {
    async pass(work) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        admit();
      });
      try {
        return await work();
      } finally {
        inside--;
        admit();
      }
    },
  };
}
