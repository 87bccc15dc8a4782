/** Days that a forecast is made from: averages of what is stored, busiest hours of what is carried. */
import { describe, expect, test } from 'vitest';
import { averageDays, busiestHours } from '../../server/capacity-inputs.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START_MS = Date.UTC(2026, 2, 1);

const bins = (values: readonly (number | null)[], stepMs: number, known = 1) => {
  const floats = Float64Array.from(values, (v) => v ?? NaN);
  return {
    tMs: Float64Array.from(values, (_, i) => START_MS + i * stepMs),
    ...{ mean: floats, min: floats, max: floats.map((v) => 10 * v) },
    known: floats.map((v) => (Number.isNaN(v) ? 0 : known)),
  };
};
const day = (at: (hour: number) => number | null) => Array.from({ length: 24 }, (_, hour) => at(hour));

test('averages of days stand at their middle, unknown ones stay unknown', () => {
  expect(averageDays(bins([5, null, 7], DAY_MS))).toEqual({
    timesMs: [0, 1, 2].map((n) => START_MS + (n + 0.5) * DAY_MS),
    values: [5, null, 7],
  });
  expect(averageDays(undefined)).toEqual({ timesMs: [], values: [] });
});

describe('the busiest hour of each day', () => {
  const busiest = (values: readonly (number | null)[], days: number, known = 1) =>
    busiestHours(bins(values, HOUR_MS, known), START_MS + days * DAY_MS).values;

  test('is the highest average of an hour, not the highest reading', () => {
    expect(busiest([...day((hour) => hour), ...day((hour) => 100 - hour)], 2)).toEqual([23, 100]);
  });
  test('is none of a day that is not over', () => {
    expect(busiest([...day((hour) => hour), ...day((hour) => 2 * hour)], 1.9)).toEqual([23]);
  });
  test('is unknown where a third of the day is, or most of each hour', () => {
    expect(
      busiest(
        day((hour) => (hour < 9 ? null : hour)),
        1,
      ),
    ).toEqual([null]);
    expect(
      busiest(
        day((hour) => (hour < 8 ? null : hour)),
        1,
      ),
    ).toEqual([23]);
    expect(
      busiest(
        day((hour) => hour),
        1,
        0.4,
      ),
    ).toEqual([null]);
  });
  test('is unknown where only the average of the day is, but a link may carry nothing all day', () => {
    expect(busiest([...day(() => 7), ...day(() => 0)], 2)).toEqual([null, 0]);
  });
});
