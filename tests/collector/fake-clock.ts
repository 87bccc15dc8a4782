import { createStamps, type ClockStep } from '../../collector/clock.ts';
import type { Clock } from '../../core/ports.ts';

export interface FakeClock extends Clock {
  /** Lets time pass; whoever sleeps wakes in order, and what follows from it happens before the next wakes. */
  advance(ms: number): Promise<void>;
  /** Somebody sets the machine's clock. */
  setWall(deltaMs: number): void;
  readonly steps: readonly ClockStep[];
}

/** A clock that stands still until told otherwise; its stamps behave like the real one's. */
export function createFakeClock(startMs = Date.UTC(2025, 0, 1)): FakeClock {
  let monoMs = 1_000_000;
  let wallMs = startMs;
  let order = 0;
  const steps: ClockStep[] = [];
  const sleepers = new Set<{ dueMs: number; order: number; wake: () => void }>();
  const stamps = createStamps({ wallMs: () => wallMs, monoMs: () => monoMs, onStep: (step) => steps.push(step) });
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
        const sleeper = { dueMs: monoMs + Math.max(0, ms), order: order++, wake: resolve };
        if (signal?.aborted) {
          reject(signal.reason as Error);
          return;
        }
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          if (sleepers.delete(sleeper)) reject(signal.reason as Error);
        });
      });
    },
    async advance(ms) {
      const endMs = monoMs + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
        if (!next || next.dueMs > endMs) break;
        pass(next.dueMs - monoMs);
        sleepers.delete(next);
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
