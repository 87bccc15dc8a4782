import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDurations, createTally } from '../../collector/lately.ts';

const MINUTE_MS = 60_000;
function clock() {
  let ms = 1_234_567;
  return { monoMs: () => ms, pass: (by: number) => (ms += by) };
}

describe('a tally of the last minute', () => {
  it('counts what happened in it and forgets the rest, whatever the rhythm', () => {
    const steps = fc.array(fc.record({ afterMs: fc.nat({ max: 20_000 }), n: fc.nat({ max: 9 }) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        const { monoMs, pass } = clock();
        const tally = createTally(monoMs, MINUTE_MS, 60);
        const happened = list.map(({ afterMs, n }) => {
          const atMs = pass(afterMs);
          tally.add(n);
          return { atMs, n };
        });
        const since = (ms: number) => happened.reduce((sum, { atMs, n }) => sum + (atMs > monoMs() - ms ? n : 0), 0);
        expect(tally.sum()).toBeLessThanOrEqual(since(MINUTE_MS + 1));
        expect(tally.sum()).toBeGreaterThanOrEqual(since(MINUTE_MS - 1_000));
      }),
    );
  });

  it('tells a steady rate from the first seconds on', () => {
    const { monoMs, pass } = clock();
    const tally = createTally(monoMs, MINUTE_MS, 60);
    for (let s = 1; s <= 300; s++) {
      for (let i = 0; i < 10; i++) {
        pass(100);
        tally.add(5);
      }
      if (s > 3) expect(tally.perS() / 50).toBeCloseTo(1, 1);
    }
    pass(MINUTE_MS);
    expect(tally.perS()).toBe(0);
  });
});

describe('durations of the last minute', () => {
  it('give percentiles to within a tenth, and the worst exactly', () => {
    const { monoMs } = clock();
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }), (list) => {
        const durations = createDurations(monoMs, MINUTE_MS, 12);
        for (const ms of list) durations.add(ms);
        const sorted = [...list].sort((a, b) => a - b);
        const nth = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
        const { p50Ms, p99Ms, worstMs } = durations.read();
        for (const [told, true_] of [
          [p50Ms, nth(0.5)],
          [p99Ms, nth(0.99)],
        ] as const) {
          expect(told / true_).toBeGreaterThan(0.999);
          expect(told / true_).toBeLessThan(1.1);
        }
        expect(worstMs).toBe(sorted.at(-1));
      }),
    );
  });

  it('are forgotten after it, and nothing is nothing', () => {
    const { monoMs, pass } = clock();
    const durations = createDurations(monoMs, MINUTE_MS, 12);
    const none = { p50Ms: 0, p99Ms: 0, worstMs: 0 };
    expect(durations.read()).toEqual(none);
    durations.add(70);
    pass(54_000);
    durations.add(0.02);
    expect(durations.read()).toEqual({ p50Ms: 0, p99Ms: 70, worstMs: 70 });
    pass(10_000);
    expect(durations.read()).toEqual({ p50Ms: 0, p99Ms: 0, worstMs: 0.02 });
    pass(MINUTE_MS);
    expect(durations.read()).toEqual(none);
  });
});
