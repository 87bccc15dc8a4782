import { expect, test } from 'vitest';
import { calendarOf } from '../../../core/forecast/calendar.ts';
import { amountsOf } from '../../../core/forecast/capacity.ts';
import { forecast } from '../../../core/forecast/forecast.ts';
import { built, DAY_MS, random, START_MS } from './series.ts';

const grownMs = START_MS + 80 * DAY_MS;
const capacities = [
  { fromMs: START_MS - DAY_MS, amount: 1_000 },
  { fromMs: grownMs, amount: 2_000 },
];

test('a disk made larger on the way is forecast by what lies on it', () => {
  const { normal } = random(31);
  const used = (i: number) => 500 + 4 * i + 3 * normal();
  const percent = built(120, (i) => (used(i) / (i < 80 ? 1_000 : 2_000)) * 100);
  const history = amountsOf(percent, capacities);
  const calendar = { ...calendarOf('UTC'), changesMs: [] };
  const { limit, growth, decisions } = forecast({
    kind: 'stock',
    history,
    calendar,
    limit: 2_000,
    horizonMs: 90 * DAY_MS,
    nowMs: START_MS + 120 * DAY_MS,
    stepMs: null,
    of: null,
  });
  expect(decisions).toEqual([]);
  expect(growth?.perDay).toBeCloseTo(4, 0);
  expect(Math.abs((limit?.days?.median ?? NaN) - (1_500 / 4 - 119))).toBeLessThan(10);
});

test('without a known capacity there are no amounts; before the first, that one counts; gaps stay', () => {
  const history = { timesMs: [START_MS - 9 * DAY_MS, START_MS, grownMs], values: [50, null, 50] };
  expect(amountsOf(history, []).values).toEqual([null, null, null]);
  expect(amountsOf(history, capacities).values).toEqual([500, null, 1_000]);
});
