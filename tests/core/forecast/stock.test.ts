import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarOf } from '../../../core/forecast/calendar.ts';
import { forecast } from '../../../core/forecast/forecast.ts';
import { MEDIAN, type Forecast } from '../../../core/forecast/model.ts';
import { built, DAY_MS, random, START_MS, type Built } from './series.ts';

const UTC = calendarOf('UTC');
function ask(
  history: Built,
  limit: number | null,
  more: { nowMs?: number; changesMs?: number[]; horizonDays?: number } = {},
): Forecast {
  const endMs = (history.timesMs.at(-1) ?? START_MS) + DAY_MS;
  return forecast({
    kind: 'stock',
    history,
    calendar: { ...UTC, changesMs: more.changesMs ?? [] },
    limit,
    horizonMs: (more.horizonDays ?? 90) * DAY_MS,
    nowMs: more.nowMs ?? endMs,
    stepMs: null,
    of: null,
  });
}
const line = (seed: number, slope: number, noise = 0.4, length = 120): Built => {
  const { normal } = random(seed);
  return built(length, (i) => 40 + slope * i + noise * normal());
};
const codes = ({ reasons }: Forecast) => reasons.map(({ code }) => code);
const whats = ({ decisions }: Forecast) => decisions.map(({ what }) => what);

describe('a disk that fills', () => {
  test('by a line gets the day on which the line meets the limit, and a range about it', () => {
    const found = ask(line(1, 0.25), 95);
    const truth = (95 - 40) / 0.25 - 119;
    expect(Math.abs((found.limit?.days?.median ?? NaN) - truth)).toBeLessThan(6);
    expect(found.limit?.days?.low).toBeLessThanOrEqual(found.limit?.days?.median ?? NaN);
    expect(found.limit?.chances.map(({ days }) => days)).toEqual([30, 90, 180]);
    expect(found.limit?.chances[0]?.chance).toBeLessThan(0.01);
    expect(found.limit?.chances[2]?.chance).toBeGreaterThan(0.99);
    expect(found.reasons).toEqual([]);
  });

  test('is not misled by a clean-up, and says when it was', () => {
    const { normal } = random(2);
    const found = ask(
      built(120, (i) => 50 + 0.3 * i - (i >= 80 ? 25 : 0) + 0.4 * normal()),
      95,
    );
    const cleanUp = found.decisions.find(({ what }) => what === 'clean-up');
    expect(cleanUp?.atMs).toBe(START_MS + 80 * DAY_MS);
    expect(cleanUp?.amount).toBeCloseTo(-25, 0);
    expect(found.growth?.perDay).toBeCloseTo(0.3, 1);
    expect(Math.abs((found.limit?.days?.median ?? NaN) - (70 / 0.3 - 119))).toBeLessThan(8);
  });

  test('takes a change that is known of for a step, however small', () => {
    const { normal } = random(3);
    const small = built(120, (i) => 50 + 0.2 * i + (i >= 60 ? 1.6 : 0) + 0.4 * normal());
    const told = ask(small, 95, { changesMs: [START_MS + 60 * DAY_MS] });
    expect(told.decisions.find(({ what }) => what === 'step')?.atMs).toBe(START_MS + 60 * DAY_MS);
    expect(told.growth?.perDay).toBeCloseTo(0.2, 1);
  });

  test('leaves single wild days out and names them', () => {
    const { normal } = random(4);
    const found = ask(
      built(120, (i) => (i === 50 || i === 90 ? 0 : 40 + 0.25 * i + 0.4 * normal())),
      95,
    );
    expect(found.decisions.filter(({ what }) => what === 'outlier').map(({ atMs }) => atMs)).toEqual([
      START_MS + 50 * DAY_MS,
      START_MS + 90 * DAY_MS,
    ]);
  });

  test('counts growth only since it changed, and tells growth by its size from growth by a line', () => {
    const { normal } = random(5);
    const bent = ask(
      built(120, (i) => 45 + 0.05 * Math.min(i, 75) + 0.35 * Math.max(0, i - 75) + 0.4 * normal()),
      95,
    );
    expect(whats(bent)).toContain('growth changed');
    expect(bent.growth?.perDay).toBeCloseTo(0.35, 1);
    const grown = ask(
      built(120, (i) => 32 * Math.exp(0.005 * i) * (1 + 0.01 * normal())),
      95,
    );
    expect(whats(grown)).toContain('exponential growth');
    const truth = Math.log(95 / 32) / 0.005 - 119;
    expect(Math.abs((grown.limit?.days?.median ?? NaN) - truth)).toBeLessThan(10);
  });
});

describe('a disk that does not fill', () => {
  const { normal } = random(6);
  test.each([
    ['noise', (i: number) => 70 + 2 * normal() + 0 * i, 'no trend'],
    ['a sawtooth', (i: number) => 45 + 1.5 * (i % 14) + 0.3 * normal(), 'sawtooth'],
    ['a step', (i: number) => 35 + (i >= 70 ? 20 : 0) + 0.5 * normal(), 'no trend'],
    ['a habit of the week', (i: number) => 60 + 10 * Math.sin((2 * Math.PI * i) / 7) + 1.5 * normal(), 'no trend'],
    ['shrinking', (i: number) => 80 - 0.2 * i + 0.4 * normal(), 'no trend'],
  ] as const)('%s has no date and a sentence', (_name, valueAt, code) => {
    const found = ask(built(120, valueAt), 95);
    expect(found.limit).toMatchObject({ days: null, dates: null });
    expect(codes(found)).toContain(code);
  });

  test('a sawtooth says how high its peaks come', () => {
    const found = ask(
      built(120, (i) => 45 + 1.5 * (i % 14) + 0.3 * normal()),
      100,
    );
    expect(found.reasons[0]?.text).toMatch(/peaks stay below 70 % of the limit/);
  });
});

describe('what holds for every series', () => {
  const shape = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    slope: fc.double({ min: -0.3, max: 0.4, noNaN: true }),
    step: fc.constantFrom(0, 0, 18, -15),
    habit: fc.constantFrom(0, 3),
  });
  const make = (
    { seed, slope, step, habit }: { seed: number; slope: number; step: number; habit: number },
    factor: number,
    shift: number,
  ) => {
    const { normal } = random(seed);
    return built(
      110,
      (i) => shift + factor * (60 + slope * i + (i >= 70 ? step : 0) + habit * Math.sin((2 * Math.PI * i) / 7) + 0.5 * normal()),
    );
  };
  const near = (a: number, b: number, scale: number) => expect(Math.abs(a - b)).toBeLessThan(1e-6 * scale);

  test('another unit gives the same forecast in that unit', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(1e-6, 1024, 1e12), (given, factor) => {
        const [one, other] = [ask(make(given, 1, 0), 150), ask(make(given, factor, 0), 150 * factor)];
        expect(whats(other)).toEqual(whats(one));
        expect(other.limit?.days).toEqual(one.limit?.days);
        for (const i of [0, 40, 89])
          one.steps[i]?.quantiles.forEach((q, l) => near((other.steps[i]?.quantiles[l] ?? NaN) / factor, q, 100));
      }),
      { numRuns: 25 },
    );
  });

  test('a higher level gives the same forecast that much higher', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(200, 5_000), (given, shift) => {
        const [one, other] = [ask(make(given, 1, 1_000), null), ask(make(given, 1, 1_000 + shift), null)];
        for (const i of [0, 40, 89])
          one.steps[i]?.quantiles.forEach((q, l) => near((other.steps[i]?.quantiles[l] ?? NaN) - shift, q, 1e4));
      }),
      { numRuns: 25 },
    );
  });

  test('quantiles never cross, and every step of the horizon has them', () => {
    fc.assert(
      fc.property(shape, (given) => {
        const { steps, fromMs } = ask(make(given, 1, 0), 150);
        expect(steps).toHaveLength(90);
        expect(steps[0]?.tMs).toBe((fromMs ?? NaN) + DAY_MS);
        for (const { quantiles } of steps) expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
      }),
      { numRuns: 25 },
    );
  });

  test('bands of held-out days hold about what they say', () => {
    let [within80, within95, n] = [0, 0, 0];
    for (let seed = 100; seed < 130; seed++) {
      const whole = line(seed, 0.2, 0.5, 160);
      const { steps } = ask({ timesMs: whole.timesMs.slice(0, 130), values: whole.values.slice(0, 130) }, null);
      for (let h = 0; h < 30; h++) {
        const [v, q] = [whole.values[130 + h] ?? NaN, steps[h]?.quantiles ?? []];
        n++;
        if (v >= (q[1] ?? NaN) && v <= (q[5] ?? NaN)) within80++;
        if (v >= (q[0] ?? NaN) && v <= (q[6] ?? NaN)) within95++;
      }
    }
    expect(within80 / n).toBeGreaterThan(0.75);
    expect(within80 / n).toBeLessThan(0.88);
    expect(within95 / n).toBeGreaterThan(0.92);
  });

  test('the median goes on where the growth went', () => {
    const { steps } = ask(line(9, 0.25), null);
    expect(steps[89]?.quantiles[MEDIAN]).toBeCloseTo(40 + 0.25 * (119 + 90), -0.5);
  });
});
