import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIERS } from '../../core/model.ts';
import { eachRecord, planQuery, toSlots, unknownStretches } from '../../core/query.ts';
import { percentile, summarise } from '../../core/statistics.ts';

const MIN = 60_000;
const H = 60 * MIN;
const D = 24 * H;
const NOW = Date.UTC(2026, 10, 17, 14, 20);
const plan = (spanMs: number, points: number, intervalMs: number, endMs = NOW) =>
  planQuery({ fromMs: endMs - spanMs, toMs: endMs, points, nowMs: NOW, intervalMs, tiers: DEFAULT_TIERS });

describe('planQuery', () => {
  it.each([
    ['an hour of 10 s polls', H, 1600, 10_000, NOW, 'raw', 10_000],
    ['a day of 60 s polls', D, 1600, MIN, NOW, 'raw', MIN],
    ['a day of 10 s polls', D, 1600, 10_000, NOW, 'raw', MIN],
    ['a week', 7 * D, 1600, MIN, NOW, '5m', 10 * MIN],
    ['a month', 30 * D, 1600, MIN, NOW, '5m', 30 * MIN],
    ['a year', 365 * D, 1600, MIN, NOW, '1h', 6 * H],
    ['five years', 5 * 365 * D, 1600, MIN, NOW, '1d', 2 * D],
    ['ten years', 3653 * D, 1600, MIN, NOW, '1d', 4 * D],
    ['a day, a month ago: raw is gone', D, 1600, 10_000, NOW - 30 * D, '5m', 5 * MIN],
    ['a day, two years ago: 5 min is gone', D, 1600, 10_000, NOW - 730 * D, '1h', H],
    ['a day, eight years ago: only days are left', D, 1600, 10_000, NOW - 8 * 365 * D, '1d', D],
    ['never finer than the interval', 6 * H, 1600, 10 * MIN, NOW, 'raw', 10 * MIN],
    ['a daily reading over a month', 30 * D, 1600, D, NOW, '1d', D],
  ] as const)('%s', (_name, span, points, interval, end, tier, stepMs) => {
    expect(plan(span, points, interval, end)).toEqual({ tier, stepMs });
  });

  it('never gives more slots than asked for, nor slots finer than the interval', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIN, max: 100 * 365 * D }),
        fc.integer({ min: 10, max: 4000 }),
        fc.constantFrom(1_000, 7_000, 10_000, 30_000, MIN, 5 * MIN, H, D),
        fc.integer({ min: 0, max: 10 * 365 * D }),
        (span, points, interval, ago) => {
          const { tier, stepMs } = plan(span, points, interval, NOW - ago);
          const from = NOW - ago - span;
          const slots = Math.ceil((NOW - ago - Math.floor(from / stepMs) * stepMs) / stepMs);
          expect(slots).toBeLessThanOrEqual(points);
          expect(stepMs).toBeGreaterThanOrEqual(interval);
          if (tier === 'raw') expect(stepMs % interval).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('toSlots', () => {
  const raw = (previousMs: number | null, t: number[], v: number[]) => ({
    previousMs,
    tMs: Float64Array.from(t),
    value: Float64Array.from(v),
  });

  it('weighs by overlap and keeps the highest and lowest', () => {
    const slots = toSlots((visit) => eachRecord(raw(0, [30, 120, 180], [9, 3, NaN]), visit), 0, 180, 60);
    expect([...slots.mean]).toEqual([6, 3, NaN]);
    expect([...slots.max]).toEqual([9, 3, NaN]);
    expect([...slots.min]).toEqual([3, 3, NaN]);
    expect([...slots.known]).toEqual([1, 1, 0]);
  });

  it('a record whose beginning is unknown covers nothing', () => {
    const slots = toSlots((visit) => eachRecord(raw(null, [30, 60], [9, 3]), visit), 0, 60, 60);
    expect([...slots.mean]).toEqual([3]);
    expect([...slots.known]).toEqual([0.5]);
  });

  it('keeps totals whatever the slot width', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 0, max: 1_000_000 })), {
          minLength: 1,
          maxLength: 50,
        }),
        fc.integer({ min: 1, max: 7_000 }),
        (rows, step) => {
          let at = 0;
          const t = rows.map(([dt]) => (at += dt));
          const columns = raw(0, t, rows.map(([, v]) => v)); // prettier-ignore
          const slots = toSlots((visit) => eachRecord(columns, visit), 0, at, step);
          const want = rows.reduce((sum, [dt, v]) => sum + dt * v, 0);
          const got = slots.mean.reduce((sum, m, i) => sum + m * (slots.known[i] ?? 0) * step, 0);
          expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-9 * Math.max(1, want));
        },
      ),
    );
  });

  it('finds the unknown stretches between the known ones', () => {
    const columns = raw(0, [10, 20, 50, 60], [1, NaN, NaN, 1]);
    expect(unknownStretches((visit) => eachRecord(columns, visit), 0, 100, 5)).toEqual([
      { fromMs: 10, toMs: 50 },
      { fromMs: 60, toMs: 100 },
    ]);
  });
});

describe('summarise', () => {
  it('weighs by known time and cuts at the edges', () => {
    const columns = { previousMs: 0, tMs: Float64Array.of(1000, 3000, 4000), value: Float64Array.of(10, 40, NaN) };
    const got = summarise((visit) => eachRecord(columns, visit), 500, 4500);
    expect(got).toEqual({ average: 34, minimum: 10, maximum: 40, maximumAtMs: 1000, total: 85, known: 0.625 });
  });
  it('knows nothing of nothing', () => {
    expect(summarise(() => undefined, 0, 10).average).toBeNull();
  });
});

describe('percentile', () => {
  it.each([
    ['nothing', [], 0.95, null],
    ['one value', [7], 0.95, 7],
    ['1 to 100', Array.from({ length: 100 }, (_, i) => i + 1), 0.95, 95],
    ['a month of 5 min means', Array.from({ length: 8928 }, (_, i) => 8928 - i), 0.95, 8482],
    ['equal values', [3, 3, 3, 3], 0.5, 3],
  ])('of %s', (_name, values, p, want) => {
    expect(percentile(Float64Array.from(values), p)).toBe(want);
  });
  it('is what a full sort gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, p) => {
          const sorted = Float64Array.from(values).sort();
          const want = sorted[Math.min(values.length - 1, Math.max(0, Math.ceil(p * values.length) - 1))];
          expect((percentile(Float64Array.from(values), p) ?? NaN) === want).toBe(true);
        },
      ),
    );
  });
});
