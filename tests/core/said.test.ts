/** What forecasts said, held against what came. */
import { describe, expect, it } from 'vitest';
import type { ForecastStep } from '../../core/forecast/model.ts';
import { judgeSaid, SAID_KEPT_MS, saidOf, saidWords, valueAt, type Days, type Said } from '../../core/said.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 17);

/** 95 % within ±20, 80 % within ±13 of 100. */
const steps = (fromMs: number, days = 100): ForecastStep[] =>
  Array.from({ length: days }, (_, i) => ({ tMs: fromMs + (i + 1) * DAY_MS, quantiles: [80, 87, 93, 100, 107, 113, 120] }));
const said = (weeksAgo: number): Said => {
  const madeMs = NOW_MS - weeksAgo * 7 * DAY_MS;
  const one = saidOf(steps(madeMs), madeMs, madeMs);
  if (!one) throw new Error('it says something');
  return one;
};
const days = (value: (ago: number) => number | null): Days => {
  const tMs = Array.from({ length: 300 }, (_, i) => NOW_MS - (299 - i) * DAY_MS);
  return { tMs, values: tMs.map((t) => value((NOW_MS - t) / DAY_MS)) };
};

describe('what is kept of a forecast', () => {
  it('is its bands of a week to twelve ahead', () => {
    const { madeMs, days: kept } = said(0);
    expect(madeMs).toBe(NOW_MS);
    expect(kept.map(({ tMs }) => (tMs - NOW_MS) / DAY_MS)).toEqual([7, 14, 28, 56, 84]);
    expect(kept[0]).toMatchObject({ median: 100, band80: [87, 113], band95: [80, 120] });
  });
  it('ends where the forecast ends, and is nothing where there is none', () => {
    expect(saidOf(steps(NOW_MS, 20), NOW_MS, NOW_MS)?.days).toHaveLength(2);
    expect(saidOf([], NOW_MS, NOW_MS)).toBeNull();
    expect(saidOf(steps(NOW_MS), null, NOW_MS)).toBeNull();
  });
});

describe('the record', () => {
  const weekly = Array.from({ length: 24 }, (_, i) => said(24 - i));

  it('counts the days of the last twelve weeks, each as far ahead as it was spoken of', () => {
    const record = judgeSaid(
      weekly,
      days(() => 100),
      NOW_MS,
    );
    // 12 days each of those that spoke 1, 2, 4, 8 and 12 weeks ahead.
    expect(record).toMatchObject({ forecasts: 23, values: 60, held80: 1, held95: 1, weeks: 12 });
  });
  it('says how many lay in each band', () => {
    // Beyond the inner band since four weeks: then every day that was spoken of, 4 weeks × 5 distances.
    const record = judgeSaid(
      weekly,
      days((ago) => (ago < 28 ? 115 : 100)),
      NOW_MS,
    );
    expect(record?.held80).toBeCloseTo(1 - 20 / 60, 9);
    expect(record?.held95).toBe(1);
    expect(record && saidWords(record)).toMatch(
      /^Of 60 days of the last 12 weeks .* 80 % band held 67 %, the 95 % band 100 %\.$/,
    );
  });
  it('leaves out what is not known, and is null when little is left', () => {
    const holes = judgeSaid(
      weekly,
      days((ago) => (ago > 21 ? null : 100)),
      NOW_MS,
    );
    expect(holes?.values).toBe(20);
    expect(
      judgeSaid(
        weekly,
        days(() => null),
        NOW_MS,
      ),
    ).toBeNull();
    expect(
      judgeSaid(
        weekly.slice(-2),
        days(() => 100),
        NOW_MS,
      ),
    ).toBeNull();
  });
  it('looks at nothing that is to come, and at nothing that is forgotten', () => {
    expect(
      judgeSaid(
        [said(0)],
        days(() => 100),
        NOW_MS,
      ),
    ).toBeNull();
    const old = [0, 1, 2, 3, 4, 5].map((i) => said(24 + i + 1));
    for (const { madeMs } of old) expect(madeMs).toBeLessThan(NOW_MS - SAID_KEPT_MS);
    expect(
      judgeSaid(
        old,
        days(() => 100),
        NOW_MS,
      ),
    ).toBeNull();
  });
});

it('a value is that of the nearest known day, less than a day away', () => {
  const three: Days = { tMs: [0, DAY_MS, 2 * DAY_MS], values: [1, null, 3] };
  expect([
    valueAt(three, 0.4 * DAY_MS),
    valueAt(three, DAY_MS),
    valueAt(three, 1.2 * DAY_MS),
    valueAt(three, 9 * DAY_MS),
  ]).toEqual([1, null, 3, null]);
});
