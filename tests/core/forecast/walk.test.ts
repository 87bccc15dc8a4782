/** How a stock goes on from where it is, and what the walk counts for beside the trend. */
import { describe, expect, test } from 'vitest';
import { placeIn } from '../../../core/forecast/backtest.ts';
import { calendarOf } from '../../../core/forecast/calendar.ts';
import { forecast } from '../../../core/forecast/forecast.ts';
import { MEDIAN } from '../../../core/forecast/model.ts';
import { sharesOf } from '../../../core/forecast/stock-blend.ts';
import { walkOf } from '../../../core/forecast/walk.ts';
import { built, DAY_MS, random, START_MS, type Built } from './series.ts';

const values = (length: number, at: (i: number) => number) => Float64Array.from({ length }, (_, i) => at(i));

describe('a walk', () => {
  test('goes on by the growth of late, from today', () => {
    const walk = walkOf(values(200, (i) => 10 + 0.5 * i));
    expect(walk?.path(1)).toBeCloseTo(10 + 0.5 * 200, 6);
    expect(walk?.path(90)).toBeCloseTo(10 + 0.5 * 289, 6);
    expect(walk?.path(300)).toBeCloseTo(10 + 0.5 * 499, 6);
  });

  test('of what is written each day starts at the last value, and strays with the root of the distance', () => {
    const { normal } = random(7);
    let level = 100;
    const y = values(700, () => (level += 0.2 + normal()));
    const walk = walkOf(y);
    expect(Math.abs((walk?.path(1) ?? 0) - (y.at(-1) ?? 0))).toBeLessThan(1.5);
    expect(walk?.spread(1)).toBeCloseTo(1, 0);
    expect((walk?.spread(64) ?? 0) / (walk?.spread(1) ?? 1)).toBeGreaterThan(5);
    expect((walk?.spread(64) ?? 0) / (walk?.spread(1) ?? 1)).toBeLessThan(13);
  });

  test('about a level does not stray further the further it looks', () => {
    const { normal } = random(8);
    const walk = walkOf(values(400, () => 50 + normal()));
    // The mean of ten days, at three standard errors.
    expect(Math.abs((walk?.path(30) ?? 0) - 50)).toBeLessThan(1);
    expect(walk?.spread(64)).toBeLessThan(1.6);
  });

  test('has a spread and a path that nowhere jump', () => {
    const { normal } = random(9);
    let level = 100;
    const walk = walkOf(values(365, () => (level += 0.3 + 0.5 * normal())));
    for (let ahead = 2; ahead <= 400; ahead++) {
      expect((walk?.spread(ahead) ?? 0) / (walk?.spread(ahead - 1) ?? 1)).toBeLessThan(2);
      expect(walk?.spread(ahead)).toBeGreaterThan(0);
      expect(Math.abs((walk?.path(ahead) ?? 0) - (walk?.path(ahead - 1) ?? 0))).toBeLessThan(1.5);
    }
  });

  test('passes over gaps, and is none of a week', () => {
    const walk = walkOf(values(200, (i) => (i % 5 === 0 ? NaN : 10 + 0.5 * i)));
    expect(walk?.path(10)).toBeCloseTo(10 + 0.5 * 209, 1);
    expect(walkOf(values(7, (i) => i))).toBeNull();
    expect(walkOf(values(50, () => NaN))).toBeNull();
  });
});

describe('shares', () => {
  const tried = (trend: number, walk: number) => ({ trend: [trend, trend], walk: [walk, walk] });
  test('go to what was right, by the errors of the other origins alone', () => {
    const all = [tried(1, 1), tried(1, 1), tried(100, 1)];
    expect(sharesOf(all, [1, 8], 2)).toEqual([0.5, 0.5]);
    expect(sharesOf(all, [1, 8])[0]).toBeLessThan(0.001);
    expect(sharesOf([tried(1, 9)], [1, 8])[1]).toBeGreaterThan(0.99);
  });
  test('are even before anything was tried, and where both are exact', () => {
    expect(sharesOf([], [1, 8])).toEqual([0.5, 0.5]);
    expect(sharesOf([tried(0, 0)], [1, 8])).toEqual([0.5, 0.5]);
  });
});

test('a place between ranges of distances goes from one middle to the next', () => {
  const ranges = [1, 8, 29];
  expect(placeIn(ranges, 1)).toEqual([0, 0]);
  const shares = Array.from({ length: 200 }, (_, i) => placeIn(ranges, i + 1)).map(([r, share]) => r + share);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBe(2);
  for (let i = 1; i < shares.length; i++) expect((shares[i] ?? 0) - (shares[i - 1] ?? 0)).toBeLessThan(0.35);
});

describe('the forecast of a disk', () => {
  const ask = (history: Built) =>
    forecast({
      ...{ kind: 'stock', history, calendar: calendarOf('UTC'), limit: null, horizonMs: 90 * DAY_MS, stepMs: DAY_MS, of: null },
      nowMs: (history.timesMs.at(-1) ?? START_MS) + DAY_MS,
    });

  test('whose growth has changed many times begins where the disk is', () => {
    const { normal } = random(11);
    let [level, growth] = [100, 0.2];
    const history = built(500, () => (level += growth = Math.max(0.02, growth + 0.02 * normal())));
    const found = ask(history);
    expect(Math.abs((found.steps[0]?.quantiles[MEDIAN] ?? 0) - level)).toBeLessThan(1);
  });

  test('that is rotated and cleaned up goes on from after the clean-up, and names that alone', () => {
    const { normal } = random(12);
    const history = built(
      365,
      (i) => 200 + 0.4 * i + 1.2 * (i % 7) * (0.8 + 0.1 * (Math.floor(i / 7) % 5)) - (i >= 320 ? 90 : 0) + 0.1 * normal(),
    );
    const found = ask(history);
    const last = history.values.at(-1) ?? 0;
    expect(Math.abs((found.steps[0]?.quantiles[MEDIAN] ?? 0) - last)).toBeLessThan(10);
    expect(found.decisions.map(({ what }) => what).filter((what) => what !== 'sawtooth')).toEqual(['clean-up']);
    expect(found.growth?.perDay).toBeCloseTo(0.4, 1);
  });

  test('has bands that grow without a jump', () => {
    const { normal } = random(13);
    let level = 100;
    const { steps } = ask(built(400, () => (level += 0.2 + 0.3 * normal())));
    const width = (i: number) => (steps[i]?.quantiles[5] ?? 0) - (steps[i]?.quantiles[1] ?? 0);
    for (let i = 1; i < steps.length; i++) expect(width(i) / width(i - 1), `day ${i + 1}`).toBeLessThan(1.6);
  });
});
