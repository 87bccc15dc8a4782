/** Histories for tests: rows, an oracle that is slow and plain, and series of every kind. */
import fc from 'fast-check';
import { afterEach, expect } from 'vitest';
import { BIN_TIERS, DEFAULT_TIERS, seriesKey, TIER_STEP_MS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { History, RawRow, SeriesStore } from '../../core/ports.ts';
import { createHistory } from '../../store/history.ts';

/** Properties run longer when there is time. */
export const RUNS = process.env['SAGUARO_LONG'] ? 500 : 30;
export const PATIENCE_MS = RUNS * 4_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
export const T0 = Date.UTC(2026, 2, 1, 5, 17, 3);
export const key = (n = 1, device = 'dev'): SeriesKey => seriesKey(device, `if${n}`, 'interface.in_bps');
export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A store that outlives the histories over it. */
export function shared(store: SeriesStore): SeriesStore {
  return { ...store, close: async () => undefined };
}
export async function historyOver(store: SeriesStore, more: Partial<Parameters<typeof createHistory>[0]> = {}): Promise<History> {
  return createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => T0, log: quiet, ...more });
}
export const row = (tMs: number, values: number[], intervalMs = MINUTE, series = values.map((_v, i) => key(i + 1))): RawRow => ({
  device: 'dev',
  tMs,
  intervalMs,
  series,
  values: Float64Array.from(values),
});

export interface Point {
  t: number;
  v: number;
  intervalMs: number;
}
export type Bins = [t: number, mean: number, min: number, max: number, known: number][];

/** Bins by going through every record for every bin it touches: slow and plain. */
export function oracle(points: readonly { t: number; v: number }[], stepMs: number): Bins {
  const found = new Map<number, { total: number; knownMs: number; min: number; max: number }>();
  points.forEach(({ t, v }, i) => {
    const before = points[i - 1]?.t;
    if (before === undefined || Number.isNaN(v)) return;
    for (let start = Math.floor(before / stepMs) * stepMs; start < t; start += stepMs) {
      const overlapMs = Math.min(t, start + stepMs) - Math.max(before, start);
      if (overlapMs <= 0) continue;
      const bin = found.get(start) ?? { total: 0, knownMs: 0, min: Infinity, max: -Infinity };
      found.set(start, {
        total: bin.total + v * overlapMs,
        knownMs: bin.knownMs + overlapMs,
        min: Math.min(bin.min, v),
        max: Math.max(bin.max, v),
      });
    }
  });
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([t, bin]) => [t, bin.total / bin.knownMs, bin.min, bin.max, bin.knownMs / stepMs]);
}
export async function binsOf(history: History, tier: BinTier, series = key()): Promise<Bins> {
  const [bins] = await history.bins([series], tier, T0 - 4000 * DAY, T0 + 4000 * DAY);
  return [...(bins?.tMs ?? [])].map((t, i) => [
    t,
    bins?.mean[i] ?? NaN,
    bins?.min[i] ?? NaN,
    bins?.max[i] ?? NaN,
    bins?.known[i] ?? NaN,
  ]);
}
export function expectSame(found: Bins, wanted: Bins, what = ''): void {
  expect(
    found.map(([t]) => t),
    what,
  ).toEqual(wanted.map(([t]) => t));
  // One expectation for thousands of bins: each costs more than the comparison.
  const near = (x: number, y: number, share: number) => Math.abs(x - y) <= share * Math.max(1, Math.abs(y));
  const wrong = found.flatMap((bin, i) => {
    const other = wanted[i] ?? [NaN, NaN, NaN, NaN, NaN];
    const same = near(bin[1], other[1], 1e-10) && bin[2] === other[2] && bin[3] === other[3] && near(bin[4], other[4], 1e-9);
    return same ? [] : [{ found: bin, wanted: other }];
  });
  expect(wrong, what).toEqual([]);
}
export async function expectOracle(history: History, points: readonly { t: number; v: number }[], series = key()): Promise<void> {
  for (const tier of BIN_TIERS) expectSame(await binsOf(history, tier, series), oracle(points, TIER_STEP_MS[tier]), tier);
}

/** Records with gaps, jitter and intervals from a second to a day. */
export const seriesOfPoints = fc
  .array(
    fc.record({
      intervalMs: fc.constantFrom(1_000, 10_000, MINUTE, 5 * MINUTE, HOUR, DAY),
      count: fc.integer({ min: 1, max: 40 }),
      jitter: fc.integer({ min: 0, max: 450 }),
      gaps: fc.integer({ min: 0, max: 3 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((runs) => {
    const points: Point[] = [];
    let t = T0;
    for (const { intervalMs, count, jitter, gaps, seed } of runs) {
      for (let i = 0; i < count; i++) {
        t += intervalMs + ((i * seed) % (jitter + 1));
        points.push({ t, v: (i * seed) % 7 < gaps ? NaN : ((i + 1) * seed) % 1_000_003, intervalMs });
      }
    }
    return points;
  });
