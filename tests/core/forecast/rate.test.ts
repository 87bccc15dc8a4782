import { describe, expect, test } from 'vitest';
import { bandsOf, recordOf, scoresOf, type Rolling } from '../../../core/forecast/backtest.ts';
import { calendarOf, dayStartMs, localDay, weekdayOf } from '../../../core/forecast/calendar.ts';
import { forecast } from '../../../core/forecast/forecast.ts';
import { gridOf, cleanRows } from '../../../core/forecast/grid.ts';
import { growing } from '../../../core/forecast/rate-further.ts';
import { MEDIAN, type Forecast } from '../../../core/forecast/model.ts';
import { createEnsemble, seasonOf } from '../../../core/forecast/rate-forecast.ts';
import { weightsOf } from '../../../core/forecast/rate.ts';
import { robustLine } from '../../../core/forecast/robust.ts';
import { built, DAY_MS, HOUR_MS, random, START_MS, type Built } from './series.ts';

const UTC = calendarOf('UTC');

/** Traffic by the hour: a habit of the day, quieter weekends, noise that grows with it. */
function traffic(seed: number, days: number, growth = 0): Built {
  const { normal } = random(seed);
  return built(
    days * 24,
    (i) => {
      const weekend = weekdayOf(Math.floor((START_MS + i * HOUR_MS) / DAY_MS)) >= 5;
      const usual = (50 + 40 * Math.sin((2 * Math.PI * ((i % 24) - 9)) / 24)) * (weekend ? 0.5 : 1) + 20;
      return (usual + (growth * i) / 24) * (1 + 0.05 * normal());
    },
    HOUR_MS,
  );
}
function ask(history: Built, horizonDays: number, limit: number | null = null, zone = UTC): Forecast {
  const nowMs = history.timesMs.at(-1) ?? START_MS;
  return forecast({
    kind: 'rate',
    history,
    calendar: zone,
    limit,
    horizonMs: horizonDays * DAY_MS,
    nowMs,
    stepMs: null,
    of: null,
  });
}

describe('a rate', () => {
  test('goes on as it does at each hour of the week, with bands that hold', () => {
    let [within80, within95, n, error, size] = [0, 0, 0, 0, 0];
    for (let seed = 1; seed <= 6; seed++) {
      const whole = traffic(seed, 42);
      const known = 35 * 24;
      const found = ask({ timesMs: whole.timesMs.slice(0, known), values: whole.values.slice(0, known) }, 7);
      expect(found.stepMs).toBe(HOUR_MS);
      found.steps.forEach(({ quantiles: q }, h) => {
        const v = whole.values[known + h] ?? NaN;
        n++;
        error += Math.abs(v - (q[MEDIAN] ?? NaN));
        size += v;
        if (v >= (q[1] ?? NaN) && v <= (q[5] ?? NaN)) within80++;
        if (v >= (q[0] ?? NaN) && v <= (q[6] ?? NaN)) within95++;
      });
    }
    expect(error / size).toBeLessThan(0.06);
    expect(within80 / n).toBeGreaterThan(0.74);
    expect(within80 / n).toBeLessThan(0.9);
    expect(within95 / n).toBeGreaterThan(0.91);
  });

  test('gets chances, and never a date', () => {
    const low = ask(traffic(7, 120), 90, 400);
    expect(low.stepMs).toBe(DAY_MS);
    expect(low.limit).toMatchObject({ days: null, dates: null });
    expect(low.limit?.chances.map(({ days }) => days)).toEqual([30, 90, 180]);
    expect(low.limit?.chances[0]?.chance).toBeLessThan(0.05);
    expect(low.reasons.map(({ code }) => code)).toContain('rate');
    const growing = ask(traffic(8, 180, 0.8), 90, 300).limit?.chances.map(({ chance }) => chance) ?? [];
    expect(growing).toEqual([...growing].sort((a, b) => a - b));
    expect(growing[2]).toBeGreaterThan(0.5);
  });

  test('says nothing of months that its history does not carry', () => {
    const found = ask(traffic(9, 20), 14, 200);
    expect(found.limit?.chances.map(({ days }) => days)).toEqual([30]);
    expect(found.reasons.map(({ text }) => text).join(' ')).toMatch(/20 days of history say nothing of more than 40 days ahead/);
  });

  test('in another unit is the same forecast in that unit', () => {
    const one = traffic(10, 28);
    const other = { ...one, values: one.values.map((v) => (v ?? 0) * 1e6) };
    const [a, b] = [ask(one, 7, 150), ask(other, 7, 150e6)];
    a.steps.forEach(({ quantiles }, i) =>
      quantiles.forEach((q, l) => expect((b.steps[i]?.quantiles[l] ?? NaN) / 1e6).toBeCloseTo(q, 6)),
    );
    expect(b.limit?.chances).toEqual(a.limit?.chances);
  });
});

describe('a backtest', () => {
  test('fits what is known at an origin, and nothing of what comes after', () => {
    const values = Float64Array.from(traffic(11, 30).values, (v) => v ?? NaN);
    const seen: number[][] = [];
    const rolling: Rolling = {
      values,
      origins: [200, 300, 400],
      steps: 48,
      ranges: [1, 25],
      prior: 2,
      forgets: 1,
      fit: (history) => {
        seen.push([...history]);
        // Whoever writes into what he is given changes nothing.
        history.fill(0);
        return { path: () => 50, spread: () => 10 };
      },
    };
    const scored = scoresOf(rolling);
    expect(seen.map((history) => history.length)).toEqual([200, 300, 400]);
    expect(seen.map((history) => history.at(-1))).toEqual([values[199], values[299], values[399]]);
    expect(scored.map(({ scores }) => scores.map((list) => list.length))).toEqual([
      [24, 24],
      [24, 24],
      [24, 24],
    ]);
    expect(recordOf(rolling, scored)?.origins).toBe(3);
    const factors = bandsOf(scored, rolling).factors[0] ?? [];
    expect(factors).toEqual([...factors].sort((a, b) => a - b));
    // Nine origins twenty steps apart say less of what is forty steps ahead than nine that share nothing; of what is near, as much.
    const many: Rolling = { ...rolling, origins: Array.from({ length: 9 }, (_, k) => 300 + 20 * k) };
    const all = scoresOf({ ...many, fit: () => ({ path: () => 50, spread: () => 10 }) });
    const width = (r: number, overlapping: boolean) => {
      const of = bandsOf(all, { ...many, overlapping }).factors[r] ?? [];
      return (of[5] ?? NaN) - (of[1] ?? NaN);
    };
    expect(width(0, true)).toBe(width(0, false));
    expect(width(1, true)).toBeGreaterThan(width(1, false));
  });

  test('an ensemble at an origin does not change when later values do', () => {
    const grid = gridOf(cleanRows(traffic(12, 30)), HOUR_MS, 'mean', UTC);
    if (!grid) throw new Error('no grid');
    const season = seasonOf(grid, UTC, 24);
    const changed = grid.values.slice();
    for (let i = 500; i < changed.length; i++) changed[i] = 1_000;
    const paths = [grid.values, changed].map((values) => {
      const ensemble = createEnsemble(season, 48, {});
      const at = [300, 400, 500].map((origin) => ensemble.fit(values.slice(0, origin)));
      return at.map((fit) => Array.from({ length: 48 }, (_, h) => fit?.path.path(h + 1)));
    });
    expect(paths[1]).toEqual(paths[0]);
    expect(paths[0]?.[2]?.[0]).toBeGreaterThan(0);
  });

  test('goes by the others where the only member that counts knows nothing', () => {
    const { normal } = random(31);
    const values = Float64Array.from({ length: 120 }, () => 50 + normal());
    const season = { perDay: 1, perWeek: 7, phase: (i: number) => i % 7 };
    // It is always right, but for the fifth step, of which it says nothing.
    const knowing = (history: Float64Array, _season: unknown, steps: number) =>
      Float64Array.from({ length: steps }, (_, h) => (h === 4 ? NaN : (values[history.length + h] ?? 50)));
    const ensemble = createEnsemble(season, 20, { knowing });
    ensemble.fit(values.slice(0, 80));
    const fit = ensemble.fit(values.slice(0, 100));
    expect(fit?.weights.at(-1)).toBe(1);
    expect(fit?.path.path(4)).toBe(values[103]);
    expect(Math.abs((fit?.path.path(5) ?? NaN) - 50)).toBeLessThan(3);
  });

  test('weighs members by their errors, and without errors alike', () => {
    expect(weightsOf([NaN, NaN])).toEqual([0.5, 0.5]);
    const [good = 0, bad = 0, unknown = 0] = weightsOf([1, 2, NaN]);
    expect(good).toBeGreaterThan(0.99);
    expect(bad).toBeLessThan(0.01);
    expect(unknown).toBe(0);
  });
});

describe('days and hours of a zone', () => {
  const paris = calendarOf('Europe/Paris');
  test('days begin at local midnight, also when clocks change', () => {
    const day = localDay(paris, Date.UTC(2026, 2, 29, 12));
    expect(new Date(dayStartMs(paris, day)).toISOString()).toBe('2026-03-28T23:00:00.000Z');
    expect(new Date(dayStartMs(paris, day + 1)).toISOString()).toBe('2026-03-29T22:00:00.000Z');
    expect(weekdayOf(day)).toBe(6);
  });

  test('an hour keeps its place of the local week over a change of clocks', () => {
    const rows = built(24 * 200, (i) => i, HOUR_MS);
    const grid = gridOf(cleanRows(rows), HOUR_MS, 'mean', paris);
    if (!grid) throw new Error('no grid');
    const season = seasonOf(grid, paris, 24);
    const indexOf = (ms: number) => Math.round((ms - grid.startMs(0)) / HOUR_MS);
    const before = season.phase(indexOf(Date.UTC(2026, 9, 24, 7)));
    const after = season.phase(indexOf(Date.UTC(2026, 9, 31, 8)));
    expect(after).toBe(before);
    expect(before).toBe(5 * 24 + 9);
  });
});

describe('a robust line', () => {
  test('is not moved by a fifth of wild values', () => {
    const { normal, uniform } = random(13);
    const y = Float64Array.from({ length: 200 }, (_, i) => (uniform() < 0.2 ? 500 : 10 + 0.3 * i + normal()));
    const line = robustLine(y);
    expect(line?.slope).toBeCloseTo(0.3, 1);
  });

  test('knows how uncertain its slope is', () => {
    let covered = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { normal } = random(seed);
      const line = robustLine(Float64Array.from({ length: 60 }, (_, i) => 0.1 * i + normal()));
      if (line && Math.abs(line.slope - 0.1) < 1.96 * line.slopeError) covered++;
    }
    expect(covered / 200).toBeGreaterThan(0.88);
    expect(covered / 200).toBeLessThan(0.99);
  });

  test('needs three values', () => {
    expect(robustLine(Float64Array.from([1, NaN, 2]))).toBeNull();
  });
});

describe('growth of all days', () => {
  const { normal } = random(21);
  const days = (at: (i: number) => number, length = 300) => Float64Array.from({ length }, (_, i) => at(i));

  test('is carried on from the level of late, a little less than it was', () => {
    const growth = growing(
      days((i) => 100 * Math.exp(0.001 * i) * (1 + 0.02 * normal())),
      140,
    );
    expect(growth?.(0)).toBe(140);
    expect((growth?.(180) ?? 0) / 140).toBeGreaterThan(Math.exp(0.0009 * 180));
    expect((growth?.(180) ?? 0) / 140).toBeLessThan(Math.exp(0.00105 * 180));
  });
  test('is never more than fourfold, and gaps are passed over', () => {
    const growth = growing(
      days((i) => (i % 9 === 0 ? NaN : Math.exp(0.02 * i))),
      400,
    );
    expect(growth?.(10_000)).toBeCloseTo(1600, 6);
  });
  test.each([
    ['little history', days((i) => 100 + i, 60), 160],
    ['noise', days(() => 100 + 10 * normal()), 100],
    ['days of nothing', days((i) => (i < 5 ? 0 : 100 + i)), 400],
    ['a level of nothing', days((i) => 100 + i), 0],
  ])('%s shows none', (_name, values, now) => {
    expect(growing(values, now)).toBeNull();
  });
});
