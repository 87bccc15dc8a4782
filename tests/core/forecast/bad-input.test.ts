import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarOf } from '../../../core/forecast/calendar.ts';
import { forecast } from '../../../core/forecast/forecast.ts';
import type { Forecast, ForecastKind } from '../../../core/forecast/model.ts';
import { built, DAY_MS, random, START_MS, type Built } from './series.ts';

const { normal } = random(11);
const growing = (i: number) => 40 + 0.25 * i + 0.4 * normal();
const MINUTES_5 = 300_000;
const calendar = calendarOf('UTC');

function ask(history: Built, kind: ForecastKind = 'stock', limit: number | null = 95, laterMs = 0): Forecast {
  const nowMs = (history.timesMs.at(-1) ?? START_MS) + laterMs;
  return forecast({ kind, history, calendar, limit, horizonMs: 90 * DAY_MS, nowMs, stepMs: null, of: null });
}
const sentence = (found: Forecast) => found.reasons.map(({ text }) => text).join(' ');

describe.each(['stock', 'rate'] as const)('of a %s', (kind) => {
  test.each([
    ['no rows', built(0, growing), /There are no rows/],
    ['five points', built(5, growing), /History too short: 5 steps are known/],
    ['one point', built(1, growing), /History too short: 1 step is known/],
    ['all gaps', built(100, () => null), /No value is known: all rows are gaps/],
    ['only NaN', built(100, () => NaN), /No value is known/],
    ['all equal', built(100, () => 7), /All values are 7/],
    ['infinite values alone', built(100, () => Infinity), /No value is known/],
  ])('%s: a sentence, no date', (_name, history, text) => {
    const found = ask(history, kind);
    expect(sentence(found)).toMatch(text);
    expect(found.limit?.dates ?? null).toBeNull();
    expect(found.limit?.days ?? null).toBeNull();
  });

  test.each([-5, 0, NaN, Infinity])('a limit of %d: a sentence, no date, and still a forecast', (limit) => {
    const found = ask(built(120, growing), kind, limit);
    expect(sentence(found)).toMatch(/a limit must be a number above zero/);
    expect(found.limit).toBeNull();
    expect(found.steps).toHaveLength(90);
  });

  test('a limit that is crossed already: a sentence, no date', () => {
    const found = ask(built(120, growing), kind, 50);
    expect(sentence(found)).toMatch(/crossed already: the level is/);
    expect(found.limit).toMatchObject({ days: null, dates: null });
    expect(found.limit?.headroom).toBeLessThan(0);
  });

  test('a history that ended a year ago: a sentence, no date', () => {
    const found = ask(built(120, growing), kind, 95, 365 * DAY_MS);
    expect(sentence(found)).toMatch(/ended on 2026-10-29, 364 days ago: no date is given/);
    expect(found.limit?.dates).toBeNull();
  });

  test.each([475, 537])(
    'a level that jumps by eighteen powers of ten among %d days: bands are numbers and do not cross',
    (length) => {
      const { uniform } = random(length);
      const history = built(length, (i) => (uniform() < 0.1 ? null : i < length / 2 ? 1e-9 : 1e9));
      const nowMs = history.timesMs.at(-1) ?? START_MS;
      const far = { calendar, limit: null, horizonMs: 200 * DAY_MS, nowMs, stepMs: DAY_MS, of: null };
      for (const { quantiles } of forecast({ kind, history, ...far }).steps) {
        for (const q of quantiles) expect(q).toSatisfy(Number.isFinite);
        expect([...quantiles].sort((a, b) => a - b)).toEqual(quantiles);
      }
    },
  );

  test('gaps between values and NaN among them are no values', () => {
    const whole = built(120, growing);
    const values = whole.values.map((v, i) => (i % 5 === 2 ? NaN : i % 7 === 3 ? null : v));
    const { steps } = ask({ ...whole, values }, kind);
    expect(steps).toHaveLength(90);
    for (const { quantiles } of steps) for (const q of quantiles) expect(q).not.toBeNaN();
  });
});

test('a counter that is reset every day is no stock', () => {
  const found = ask(
    built(40 * 288, (i) => (i % 288) * 1e6 + 1e5 * Math.floor(i / 288), MINUTES_5),
    'stock',
    1e9,
  );
  expect(sentence(found)).toMatch(/falls back to nothing once a day, as a counter that is reset/);
  expect(found.limit?.dates).toBeNull();
});

test('rows that a wrong clock stamped are left out; rows out of order are sorted', () => {
  const whole = built(120, growing);
  const wrong = { timesMs: [...whole.timesMs, Date.UTC(2098, 0, 1), 0], values: [...whole.values, 1, 2] };
  const found = ask(wrong);
  expect(found.decisions.map(({ text }) => text).join(' ')).toMatch(/not in order of time.*2 rows far from all others/);
  expect(found.fromMs).toBe(START_MS + 120 * DAY_MS);
  const back = { timesMs: whole.timesMs.map((t, i) => (i > 60 && i < 70 ? t - 5 * DAY_MS : t)), values: whole.values };
  expect(ask(back).limit?.days?.median).toBeGreaterThan(60);
});

test('ten years of values every five minutes', () => {
  const found = ask(
    built(3_653 * 288, (i) => 20 + 0.02 * (i / 288) + Math.sin(i / 50), MINUTES_5),
    'stock',
    120,
  );
  expect(found.growth?.perDay).toBeCloseTo(0.02, 3);
  expect(found.steps).toHaveLength(90);
  const rate = ask(
    built(3_653 * 288, (i) => 20 + 10 * Math.sin((2 * Math.PI * i) / 288), MINUTES_5),
    'rate',
    120,
  );
  expect(rate.limit?.chances[2]?.chance).toBeLessThan(0.01);
});

test('whatever the rows are: no exception, quantiles in order, no date in the past', () => {
  const row = fc.tuple(
    fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(-40_000, 90_000, NaN, 37, 37)),
    fc.oneof(
      { weight: 8, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(null, NaN, Infinity, -5, 1e300, 5e-324, 42, 42) },
    ),
  );
  const stepMs = fc.constantFrom(DAY_MS, 3_600_000, MINUTES_5, 7 * DAY_MS);
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 250 }),
      stepMs,
      fc.boolean(),
      fc.constantFrom('stock', 'rate'),
      fc.constantFrom(50, 1e-3, 1e9),
      (rows, step, sorted, kind, limit) => {
        const ordered = sorted ? rows.toSorted(([a], [b]) => a - b) : rows;
        const history = { timesMs: ordered.map(([i]) => START_MS + i * step), values: ordered.map(([, v]) => v) };
        const found = ask(history, kind, limit);
        for (const { quantiles } of found.steps)
          for (let l = 1; l < quantiles.length; l++) expect(quantiles[l]).toBeGreaterThanOrEqual(quantiles[l - 1] ?? NaN);
        for (const { chance } of found.limit?.chances ?? []) expect(chance >= 0 && chance <= 1).toBe(true);
        const { dates } = found.limit ?? {};
        if (dates) expect(dates.lowMs).toBeGreaterThan(found.fromMs ?? NaN);
        if (found.limit && !dates) expect(found.reasons.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 150 },
  );
});
