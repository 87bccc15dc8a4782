import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHabit, emptyHabit, resumeHabit, type HabitState } from '../../core/habit.ts';
import { createWeekClock } from '../../core/habit-clock.ts';
import { habitReport } from '../../core/habit-report.ts';
import { episodeWords, usualWords } from '../../core/habit-words.ts';

const HOUR = 3_600_000;
const MONDAY = Date.parse('2026-01-05T00:00Z');

/** Numbers from a seed, about normal: sums of twelve. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return () => Array.from({ length: 12 }, uniform).reduce((a, b) => a + b, -6);
}
/** An uplink in Mbit/s by the clocks of a zone: busy by day, less so at the weekend. */
function uplink(hours: number, seed = 1, zone = 'UTC', startMs = MONDAY) {
  const clock = createWeekClock(zone);
  const next = noise(seed);
  const timesMs = Array.from({ length: hours }, (_, i) => startMs + i * HOUR);
  const values: (number | null)[] = timesMs.map((t) => {
    const { hourOfWeek } = clock(t);
    const day = 1 - Math.cos((2 * Math.PI * (hourOfWeek % 24)) / 24);
    return (hourOfWeek < 120 ? 100 : 60) * day + 50 + 4 * next();
  });
  return { timesMs, values };
}

describe('a habit', () => {
  it('knows after three weeks what is usual at this hour of this weekday', () => {
    const { timesMs, values } = uplink(24 * 7 * 5);
    const report = habitReport({ timesMs, values }, 'UTC', null);
    expect(report.learning).toBe(false);
    const late = report.rows.slice(24 * 7 * 3);
    const inside = late.filter(({ band, value }) => band && value !== null && value >= band.lower && value <= band.upper);
    expect(inside.length / late.length).toBeGreaterThan(0.96);
    const tuesday = report.rows.find(({ tMs }) => tMs === MONDAY + (28 + 1) * 24 * HOUR + 3 * HOUR);
    expect(tuesday?.band?.middle).toBeGreaterThan(70);
    expect(tuesday?.band?.middle).toBeLessThan(90);
    expect((tuesday?.band?.upper ?? 0) - (tuesday?.band?.lower ?? 0)).toBeLessThan(50);
  });

  it('judges a row by the rows before it only', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 700 }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (seed, at, other) => {
          const { timesMs, values } = uplink(720, seed);
          const changed = values.map((v, i) => (i > at ? other * ((i % 7) + 1) : v));
          const before = habitReport({ timesMs, values }, 'UTC', null).rows.slice(0, at + 1);
          expect(habitReport({ timesMs, values: changed }, 'UTC', null).rows.slice(0, at + 1)).toEqual(before);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('goes on from a kept state as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 0, max: 699 }), (seed, at) => {
        const { timesMs, values } = uplink(700, seed, 'Europe/Paris');
        values[at] = 900;
        values[(at * 7) % 700] = null;
        const whole = createHabit('Europe/Paris');
        let parts = createHabit('Europe/Paris');
        timesMs.forEach((t, i) => {
          if (i === at) parts = createHabit('Europe/Paris', JSON.parse(JSON.stringify(parts.save())) as HabitState);
          expect(parts.observe(t, values[i] ?? null)).toEqual(whole.observe(t, values[i] ?? null));
        });
        expect(parts.save()).toEqual(whole.save());
      }),
      { numRuns: 15 },
    );
  });

  it('keeps to the clocks of its zone when they change', () => {
    // 2026-03-29 in Paris: at 01:00 UTC clocks go from 02:00 to 03:00.
    const start = Date.parse('2026-02-01T23:00Z');
    const clock = createWeekClock('Europe/Paris');
    const timesMs = Array.from({ length: 24 * 7 * 10 }, (_, i) => start + i * HOUR);
    const values = timesMs.map((t) => (clock(t).hourOfWeek % 24 === 3 ? 400 : 20));
    const unusual = (zone: string) =>
      habitReport({ timesMs, values }, zone, null).rows.filter(
        ({ tMs, learning, band, value }) =>
          !learning && tMs > Date.parse('2026-03-29T00:00Z') && band && value !== null && Math.abs(value - band.middle) > 100,
      ).length;
    expect(unusual('Europe/Paris')).toBe(0);
    expect(unusual('UTC')).toBeGreaterThan(4);
  });

  it('names both of the hours that clocks show twice, and none that they skip', () => {
    const clock = createWeekClock('Europe/Paris');
    const at = (text: string) => clock(Date.parse(text));
    expect([at('2026-10-25T00:30Z').hourOfWeek, at('2026-10-25T01:30Z').hourOfWeek]).toEqual([146, 146]);
    expect(at('2026-10-25T00:30Z').hour).not.toBe(at('2026-10-25T01:30Z').hour);
    expect([at('2026-03-29T00:30Z').hourOfWeek, at('2026-03-29T01:30Z').hourOfWeek]).toEqual([145, 147]);
  });

  it('gives one alert for one peak, and another when it gets much worse', () => {
    const { timesMs, values } = uplink(24 * 7 * 5);
    const at = 24 * 7 * 4 + 27;
    for (let i = 0; i < 6; i++) values[at + i] = i < 3 ? 260 : 2_600;
    const { episodes, rows } = habitReport({ timesMs, values }, 'UTC', null);
    const found = episodes.filter(
      ({ episode }) => episode.toMs >= (timesMs[at] ?? 0) && episode.fromMs <= (timesMs[at + 6] ?? 0),
    );
    expect(found).toHaveLength(1);
    const { episode } = found[0] ?? expect.fail();
    expect(episode).toMatchObject({ fromMs: timesMs[at], above: true, worst: 2_600, alerts: 2 });
    expect(rows[at]?.score).toBeGreaterThan(0.9);
    // What goes on as it did is no news.
    expect(rows[at + 1]?.score).toBeLessThan(0.2);
    expect(rows[at + 1]?.abnormal).toBe(true);
    expect(rows[at + 3]?.score).toBeGreaterThan(0.9);
    expect(episodeWords(episode, true, 'UTC', 'bps')).toMatch(
      /^From Tue 3 Feb 2026 03:00 for \d+ h unusually high: Tuesday \d\d:00 usually [\d.]+–[\d.]+ kb\/s; was 2\.60\.$/,
    );
  });

  it('learns a changed habit and stops being surprised by it', () => {
    const { timesMs, values } = uplink(24 * 7 * 9);
    const moved = values.map((v, i) => (i >= 24 * 7 * 5 ? 3 * (v ?? 0) : v));
    const { episodes, rows } = habitReport({ timesMs, values: moved }, 'UTC', null);
    const of = (week: number) =>
      rows.filter(({ abnormal, tMs }) => abnormal && Math.floor((tMs - MONDAY) / (168 * HOUR)) === week).length;
    expect(of(5)).toBeGreaterThan(2);
    expect(of(8)).toBeLessThan(5);
    expect(episodes.reduce((sum, { episode }) => sum + episode.alerts, 0)).toBeLessThan(20);
    expect(rows.at(-10)?.band?.middle).toBeGreaterThan(150);
  });

  it('knows a weekly job that no other day shares, and where in its hour it begins', () => {
    const [steps, next] = [12 * 168 * 6, noise(3)];
    const timesMs = Array.from({ length: steps }, (_, i) => MONDAY + i * 300_000);
    const job = (i: number) => Math.floor(i / 12) % 168 === 52;
    const values = timesMs.map((_, i) => (job(i) ? 600 : 40) + 5 * next());
    const { rows, episodes } = habitReport({ timesMs, values }, 'UTC', null);
    const late = rows.slice(12 * 168 * 4).filter((_, k) => job(k) || job(k + 12) || job(k - 12));
    const wrong = late.filter(({ band, value }) => band === null || value === null || Math.abs(band.middle - value) > 30);
    expect(wrong).toEqual([]);
    const weekly = episodes.filter(
      ({ episode }) => new Date(episode.fromMs).getUTCDay() === 3 && episode.fromMs > MONDAY + 28 * 24 * HOUR,
    );
    expect(weekly.length).toBeLessThan(2);
  });

  it('follows a habit that grows by a tenth a week', () => {
    const { timesMs, values } = uplink(168 * 8);
    const grown = values.map((v, i) => (v ?? 0) * 1.1 ** (i / 168));
    const off = habitReport({ timesMs, values: grown }, 'UTC', null)
      .rows.slice(168 * 5)
      .map(({ band, value }) => Math.abs((value ?? 0) / (band?.middle ?? NaN) - 1));
    expect(off.sort((a, b) => a - b)[Math.floor(0.9 * off.length)]).toBeLessThan(0.15);
  });

  it('tells of wild noise no more than about twice a week', () => {
    const [steps, next, wild] = [12 * 168 * 9, noise(5), noise(6)];
    const timesMs = Array.from({ length: steps }, (_, i) => MONDAY + i * 300_000);
    const values = timesMs.map(() => 200 + 8 * next() * (Math.abs(wild()) > 2.3 ? 3 : 1));
    const late = habitReport({ timesMs, values }, 'UTC', null).episodes.filter(
      ({ episode }) => episode.fromMs > MONDAY + 4 * 7 * 24 * HOUR,
    );
    expect(late.length / 5).toBeLessThan(2.5);
  });

  it('begins anew where a kept state is of another version or zone', () => {
    const { timesMs, values } = uplink(200);
    const habit = createHabit('UTC');
    timesMs.forEach((t, i) => habit.observe(t, values[i] ?? null));
    const kept = habit.save();
    expect(createHabit('UTC', kept).save().count).toBe(200);
    expect(createHabit('UTC', kept).look()).not.toBe(kept);
    expect(resumeHabit('UTC', kept).look()).toBe(kept);
    expect(resumeHabit('Asia/Tokyo', kept).look()).toEqual(emptyHabit('Asia/Tokyo'));
    expect(createHabit('UTC', { ...habit.save(), version: 2 }).save()).toEqual(emptyHabit('UTC'));
    expect(createHabit('Asia/Tokyo', habit.save()).save()).toEqual(emptyHabit('Asia/Tokyo'));
  });

  it('scores one half at least where an episode begins', () => {
    const { timesMs, values } = uplink(168 * 6);
    for (let i = 168 * 4; i < 168 * 6; i += 61) values[i] = (values[i] ?? 0) + 24 + (i % 40);
    const { rows, episodes } = habitReport({ timesMs, values }, 'UTC', null);
    const late = episodes.filter(({ whileLearning }) => !whileLearning);
    expect(late.length).toBeGreaterThan(2);
    for (const { episode } of late) expect(rows.find(({ tMs }) => tMs === episode.fromMs)?.score).toBeGreaterThanOrEqual(0.5);
  });

  it('is not misled by gaps', () => {
    const { timesMs, values } = uplink(24 * 7 * 6);
    const gappy = values.map((v, i) => (i % 5 === 0 || (i > 400 && i < 450) ? null : v));
    const { rows, learning } = habitReport({ timesMs, values: gappy }, 'UTC', null);
    expect(learning).toBe(false);
    expect(rows.filter(({ value, score }) => value === null && score !== 0)).toEqual([]);
    const late = rows.slice(24 * 7 * 4).filter(({ value }) => value !== null);
    const inside = late.filter(({ band, value }) => band && value !== null && value >= band.lower && value <= band.upper);
    expect(inside.length / late.length).toBeGreaterThan(0.95);
  });

  it('keeps a state that does not grow', () => {
    const size = (weeks: number) => {
      const { timesMs, values } = uplink(168 * weeks);
      const habit = createHabit('UTC');
      timesMs.forEach((t, i) => habit.observe(t, values[i] ?? null));
      return JSON.stringify(habit.save()).length;
    };
    expect(size(30)).toBeLessThan(size(12) * 1.1);
  });

  it('says what is usual in one scale', () => {
    const tuesday = MONDAY + 27 * HOUR;
    expect(usualWords(tuesday, 'UTC', { lower: 40e6, middle: 50e6, upper: 60e6 }, 310e6, 'bps')).toBe(
      'Tuesday 03:00 usually 40.0–60.0 Mb/s; now 310',
    );
    expect(usualWords(tuesday, 'Europe/Paris', null, 5, '1')).toBe('Tuesday 04:00 what is usual is not known yet; now 5.00');
  });
});

describe('strange input is answered with a sentence', () => {
  const report = (timesMs: number[], values: (number | null)[], nowMs: number | null = null) =>
    habitReport({ timesMs, values }, 'UTC', nowMs);
  const hours = (n: number) => Array.from({ length: n }, (_, i) => MONDAY + i * HOUR);
  it.each([
    ['no rows', report([], []), 'There are no rows'],
    ['five points', report(hours(5), [1, 2, 3, 4, 5]), 'Still learning'],
    [
      'all gaps',
      report(
        hours(50),
        hours(50).map(() => null),
      ),
      'All 50 rows are unknown',
    ],
    [
      'NaN',
      report(
        hours(50),
        hours(50).map(() => NaN),
      ),
      'All 50 rows are unknown',
    ],
    [
      'all equal',
      report(
        hours(800),
        hours(800).map(() => 7),
      ),
      'Every known value is 7.00',
    ],
    [
      'a clock that jumped',
      report(
        [...hours(700), ...hours(700)],
        [...hours(1400)].map((_, i) => i % 24),
      ),
      '700 rows are not later',
    ],
    [
      'a counter that resets daily',
      report(
        hours(800),
        hours(800).map((_, i) => (i % 24) * 1000),
      ),
      'looks like a counter',
    ],
    [
      'an end a year ago',
      report(
        hours(800),
        hours(800).map((_, i) => i % 24),
        MONDAY + 400 * 24 * HOUR,
      ),
      'ended 3',
    ],
    [
      'a pause of a year',
      report(
        [...hours(700), ...hours(700).map((t) => t + 365 * 24 * HOUR)],
        hours(1400).map((_, i) => i % 24),
      ),
      'forgotten',
    ],
    ['times that no calendar has', report([NaN, 1e300, -1e300, 8.64e15], [1, 2, 3, 4]), 'Still learning'],
  ])('%s', (_what, found, sentence) => {
    expect(found.notes.join('\n')).toContain(sentence);
    for (const { score } of found.rows) expect(score >= 0 && score <= 1).toBe(true);
  });

  it('scores whatever comes between 0 and 1', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -3, max: 100 }), fc.option(fc.double()))), (rows) => {
        let t = MONDAY;
        const timesMs = rows.map(([step]) => (t += step * 600_000));
        const found = report(
          timesMs,
          rows.map(([, v]) => v),
        );
        for (const { score, band } of found.rows) {
          expect(score >= 0 && score <= 1).toBe(true);
          if (band) expect(band.lower <= band.upper).toBe(true);
        }
      }),
    );
  });
});
