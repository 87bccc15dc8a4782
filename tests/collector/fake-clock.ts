import { createStamps, type ClockStep } from '../../collector/clock.ts';
import type { Clock } from '../../core/ports.ts';

export interface FakeClock extends Clock {
  /** Lets time pass; whoever sleeps wakes in order, and what follows from it happens before the next wakes. */
  advance(ms: number): Promise<void>;
  /** Somebody sets the machine's clock. */
  setWall(deltaMs: number): void;
  readonly steps: readonly ClockStep[];
}

interface Sleeper {
  readonly dueMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that stands still until told otherwise; its stamps behave like the real one's. */
export function createFakeClock(startMs = Date.UTC(2025, 0, 1)): FakeClock {
  let monoMs = 1_000_000;
  let wallMs = startMs;
  let order = 0;
  const steps: ClockStep[] = [];
  /** Who wakes first stands last. */
  const sleepers: Sleeper[] = [];
  const stamps = createStamps({ wallMs: () => wallMs, monoMs: () => monoMs, onStep: (step) => steps.push(step) });
  const placeOf = (sleeper: Sleeper): number => {
    let [low, high] = [0, sleepers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = sleepers[middle]!;
      if (other.dueMs > sleeper.dueMs || (other.dueMs === sleeper.dueMs && other.order > sleeper.order)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const pass = (ms: number) => {
    monoMs += ms;
    wallMs += ms;
  };
  return {
    nowMs: stamps,
    monoMs: () => monoMs,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const wake = () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        const sleeper = { dueMs: monoMs + Math.max(0, ms), order: order++, wake };
        const abort = () => {
          const at = placeOf(sleeper);
          if (sleepers[at] !== sleeper) return;
          sleepers.splice(at, 1);
          reject(signal?.reason as Error);
        };
        sleepers.splice(placeOf(sleeper), 0, sleeper);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    async advance(ms) {
      const endMs = monoMs + ms;
      await settle();
      for (;;) {
        const next = sleepers.at(-1);
        if (!next || next.dueMs > endMs) break;
        pass(next.dueMs - monoMs);
        sleepers.pop();
        next.wake();
        await settle();
      }
      pass(endMs - monoMs);
      await settle();
    },
    setWall(deltaMs) {
      wallMs += deltaMs;
    },
    steps,
  };
}
