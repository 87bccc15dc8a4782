import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Each } from '../../core/query.ts';
import { hasBegun, planReview, REVIEW_PERIODS, spanWords } from '../../core/review.ts';
import { changesSince, changeText, changeWord, figuresOfPeriod, NOTHING } from '../../core/review-figures.ts';

const MIN = 60_000;
const H = 60 * MIN;
const PARIS = 'Europe/Paris';
const at = (text: string, zone = PARIS) => Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
const iso = (ms: number, zone = PARIS) =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDateTime().toString();
const LATER = at('2040-01-01');
const spansOf = (...args: Parameters<typeof planReview>) =>
  planReview(...args).spans.map(({ key, name, fromMs, toMs }) => [key, name, iso(fromMs, args[3]), iso(toMs, args[3])]);

describe('periods', () => {
  it('begins weeks on Monday, and takes the week of the same number a year before', () => {
    expect(spansOf('week', at('2026-03-18T09:30:00'), LATER, PARIS)).toEqual([
      ['current', 'Week 12 of 2026', '2026-03-16T00:00:00', '2026-03-23T00:00:00'],
      ['before', 'Week 11 of 2026', '2026-03-09T00:00:00', '2026-03-16T00:00:00'],
      ['yearBefore', 'Week 12 of 2025', '2025-03-17T00:00:00', '2025-03-24T00:00:00'],
    ]);
  });

  it('takes the last week where the year before has no week 53', () => {
    expect(spansOf('week', at('2026-12-31T12:00:00'), LATER, PARIS)[2]).toEqual([
      'yearBefore',
      'Week 52 of 2025',
      '2025-12-22T00:00:00',
      '2025-12-29T00:00:00',
    ]);
  });

  it('knows February, quarters and years', () => {
    expect(spansOf('month', at('2024-03-31T12:00:00'), LATER, PARIS)).toEqual([
      ['current', 'March 2024', '2024-03-01T00:00:00', '2024-04-01T00:00:00'],
      ['before', 'February 2024', '2024-02-01T00:00:00', '2024-03-01T00:00:00'],
      ['yearBefore', 'March 2023', '2023-03-01T00:00:00', '2023-04-01T00:00:00'],
    ]);
    expect(spansOf('quarter', at('2026-02-10T00:00:00'), LATER, PARIS)).toEqual([
      ['current', 'Q1 2026', '2026-01-01T00:00:00', '2026-04-01T00:00:00'],
      ['before', 'Q4 2025', '2025-10-01T00:00:00', '2026-01-01T00:00:00'],
      ['yearBefore', 'Q1 2025', '2025-01-01T00:00:00', '2025-04-01T00:00:00'],
    ]);
    expect(spansOf('year', at('2025-06-10T00:00:00'), LATER, PARIS)).toEqual([
      ['current', '2025', '2025-01-01T00:00:00', '2026-01-01T00:00:00'],
      ['before', '2024', '2024-01-01T00:00:00', '2025-01-01T00:00:00'],
    ]);
  });

  it('has the hours that the clocks made: 167 in the week of summer time, 169 in the one of winter time', () => {
    const hours = (day: string) =>
      planReview('week', at(day), LATER, PARIS)
        .spans.slice(0, 1)
        .map(({ fromMs, toMs }) => (toMs - fromMs) / H);
    expect(hours('2026-03-27T12:00:00')).toEqual([167]);
    expect(hours('2026-10-23T12:00:00')).toEqual([169]);
    expect(hours('2026-10-16T12:00:00')).toEqual([168]);
  });

  it('compares a running period with the same elapsed part by the clock, also across a change of it', () => {
    const now = at('2026-03-29T14:40:00'); // the Sunday on which summer time began
    const plan = planReview('week', now, now, PARIS);
    expect(plan.running).toBe(true);
    expect(spansOf('week', now, now, PARIS)).toEqual([
      ['current', 'Week 13 of 2026', '2026-03-23T00:00:00', '2026-03-29T14:00:00'],
      ['before', 'Week 12 of 2026', '2026-03-16T00:00:00', '2026-03-22T14:00:00'],
      ['yearBefore', 'Week 13 of 2025', '2025-03-24T00:00:00', '2025-03-30T14:00:00'],
    ]);
    expect(plan.spans.map(({ fromMs, toMs }) => (toMs - fromMs) / H)).toEqual([157, 158, 157]);
    expect(plan.spans.map(({ role }) => role)).toEqual(['this week', 'the week before', 'the week a year before']);
  });

  it('takes all of a February that is shorter than what has elapsed of March', () => {
    const now = at('2026-03-30T08:00:00');
    expect(spansOf('month', now, now, PARIS)[1]).toEqual([
      'before',
      'February 2026',
      '2026-02-01T00:00:00',
      '2026-03-01T00:00:00',
    ]);
    const leap = at('2024-02-29T08:00:00');
    expect(spansOf('month', leap, leap, PARIS)[2]?.[3]).toBe('2023-03-01T00:00:00');
  });

  it('has not begun in its first hour', () => {
    const now = at('2026-03-01T00:50:00');
    expect(hasBegun(planReview('month', now, now, PARIS))).toBe(false);
    expect(hasBegun(planReview('month', now + H, now + H, PARIS))).toBe(true);
  });

  it('says in words from when to when', () => {
    const now = at('2026-03-18T14:40:00');
    const [current, before] = planReview('week', now, now, PARIS).spans;
    expect(current && spanWords(current, PARIS)).toBe('16 Mar 2026 to 18 Mar 2026 14:00');
    expect(before && spanWords({ ...before, toMs: before.endMs }, PARIS)).toBe('9 Mar 2026 to 15 Mar 2026');
  });

  it('tiles time: the one before ends where a period begins, and every moment lies in its period', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...REVIEW_PERIODS),
        fc.integer({ min: at('1995-01-01'), max: at('2035-01-01') }),
        fc.constantFrom(PARIS, 'UTC', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Apia', 'America/Sao_Paulo'),
        (period, ms, zone) => {
          const [current, before, year] = planReview(period, ms, LATER, zone).spans;
          if (!current || !before) throw new Error('two spans at least');
          expect(current.fromMs).toBeLessThanOrEqual(ms);
          expect(current.toMs).toBeGreaterThan(ms);
          expect(before.toMs).toBe(current.fromMs);
          expect(before.fromMs).toBeLessThan(before.toMs);
          if (year) expect(current.fromMs - year.fromMs).toBeGreaterThan(355 * 24 * H);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never reaches beyond now, nor beyond the end of an earlier period, while it runs', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...REVIEW_PERIODS),
        fc.integer({ min: at('1995-01-01'), max: at('2035-01-01') }),
        fc.constantFrom(PARIS, 'Asia/Kolkata', 'America/St_Johns'),
        (period, now, zone) => {
          const { spans, running } = planReview(period, now, now, zone);
          expect(running).toBe(true);
          expect(spans[0]?.toMs).toBeLessThanOrEqual(now);
          for (const { fromMs, toMs, endMs } of spans) {
            expect(toMs).toBeLessThanOrEqual(endMs);
            expect(toMs).toBeGreaterThanOrEqual(fromMs);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Bins of a width over a span, each with its mean, highest and known share. */
function bins(
  fromMs: number,
  toMs: number,
  stepMs: number,
  value: (t: number) => { mean: number; max?: number; known?: number } | null,
): Each {
  return (visit) => {
    for (let t = Math.floor(fromMs / stepMs) * stepMs; t < toMs; t += stepMs) {
      const bin = value(t);
      if (bin) visit(t, t + stepMs, bin.mean, bin.mean, bin.max ?? bin.mean, (bin.known ?? 1) * stepMs);
    }
  };
}
const week = { fromMs: at('2026-03-23T00:00:00'), toMs: at('2026-03-30T00:00:00'), zone: PARIS, unit: 'bps' as const };

describe('figures', () => {
  it('is exact over constant data, in the 167 hours of the week of summer time', () => {
    const found = figuresOfPeriod(
      bins(week.fromMs, week.toMs, 5 * MIN, () => ({ mean: 8e6, max: 9e6 })),
      5 * MIN,
      week,
    );
    expect(found).toMatchObject({ mean: 8e6, p95: 8e6, p95Hourly: 8e6, peak: 9e6, known: 1, total: 167 * 3600 * 1e6 });
    expect(found.peakAtMs).toBe(week.fromMs);
  });

  it('finds the busy hour by the clock people live with, on both sides of a change of it', () => {
    const busyAt20 = (t: number) => ({
      mean: Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO(PARIS).hour === 20 ? 10 : 1,
    });
    for (const stepMs of [5 * MIN, H]) {
      const found = figuresOfPeriod(bins(week.fromMs, week.toMs, stepMs, busyAt20), stepMs, week);
      expect(found.busyHour).toBe(20);
      expect(found.busyHourMean).toBeCloseTo(10, 9);
    }
  });

  it('takes no hour for busy that is known less than half of its time', () => {
    const spike = (t: number) => {
      const local = Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO(PARIS);
      if (local.hour === 3) return local.dayOfWeek <= 3 ? { mean: 1000 } : null;
      return { mean: local.hour === 11 ? 5 : 1 };
    };
    expect(figuresOfPeriod(bins(week.fromMs, week.toMs, H, spike), H, week).busyHour).toBe(11);
  });

  it('counts a bin at the edge with its share, and takes no peak from outside', () => {
    // Midnight of Kolkata lies in the middle of an hour of UTC.
    const zone = 'Asia/Kolkata';
    const fromMs = at('2026-03-01T00:00:00', zone);
    const span = { fromMs, toMs: fromMs + 2 * H, zone, unit: 'bps' as const };
    const found = figuresOfPeriod(
      bins(fromMs, span.toMs, H, (t) => ({ mean: t < fromMs ? 100 : 10, max: t < fromMs ? 900 : 20 })),
      H,
      span,
    );
    expect(found.mean).toBeCloseTo((100 * 0.5 + 10 * 1.5) / 2, 9);
    expect(found.peak).toBe(20);
    expect(found.known).toBe(1);
  });

  it('is nothing, not zero, over nothing', () => {
    expect(figuresOfPeriod(() => undefined, H, week)).toEqual({ ...NOTHING, p95StepMs: H });
  });

  it('agrees with an oracle that looks at every bin with the calendar', () => {
    const bin = fc.option(
      fc.record({ mean: fc.double({ min: 0, max: 1e9, noNaN: true }), known: fc.constantFrom(0.2, 0.5, 1) }),
      { freq: 4 },
    );
    fc.assert(
      fc.property(fc.array(bin, { minLength: 167, maxLength: 167 }), (values) => {
        const given = values.map((value, i) => value && { ...value, t: week.fromMs + i * H });
        const each = bins(week.fromMs, week.toMs, H, (t) => values[(t - week.fromMs) / H] ?? null);
        const found = figuresOfPeriod(each, H, week);
        const known = given.filter((value) => value !== null);
        const weight = known.reduce((sum, { known: k }) => sum + k, 0);
        const mean = known.reduce((sum, { mean: m, known: k }) => sum + m * k, 0) / weight;
        if (known.length === 0) return void expect(found.mean).toBeNull();
        expect(Math.abs((found.mean ?? NaN) - mean)).toBeLessThanOrEqual(1e-6 * Math.max(1, mean));
        expect(found.known).toBeCloseTo(weight / 167, 9);
        const sorted = known.map(({ mean: m }) => m).sort((a, b) => a - b);
        expect(found.p95).toBe(sorted[Math.ceil(0.95 * sorted.length) - 1]);
        expect(found.peak).toBe(sorted.at(-1));
        expect((found.total ?? NaN) / Math.max(1, (mean * weight * 3600) / 8)).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { numRuns: 100 },
    );
  });
});

describe('change', () => {
  const figures = (value: number, more: Partial<typeof NOTHING> = {}) => ({
    ...NOTHING,
    mean: value,
    p95: value,
    p95Hourly: value / 2,
    p95StepMs: 5 * MIN,
    peak: value,
    total: value,
    known: 1,
    ...more,
  });

  it('is a share of what was', () => {
    expect(changesSince(figures(112), figures(100), 'week', 'before')).toMatchObject({
      mean: { ratio: 0.12, reason: '' },
      total: { ratio: 0.12, reason: '' },
    });
    expect(changesSince(figures(0), figures(0), 'week', 'before').mean).toEqual({ ratio: 0, reason: '' });
  });

  it('is not stated where less than half is known, and says so', () => {
    const poor = figures(100, { known: 0.499 });
    expect(changesSince(figures(112), poor, 'month', 'yearBefore').mean).toEqual({
      ratio: null,
      reason: 'only 49 % of the month a year before is known',
    });
    expect(changesSince(poor, figures(112), 'month', 'before').peak.reason).toBe('only 49 % of the month is known');
    expect(changesSince(figures(1), NOTHING, 'week', 'before').p95.reason).toBe('nothing is known of the week before');
  });

  it('is no share of nothing', () => {
    expect(changesSince(figures(5), figures(0), 'week', 'before').mean).toEqual({
      ratio: null,
      reason: 'it was 0 in the week before',
    });
  });

  it('is not stated of totals of which a part was not seen', () => {
    const { mean, total } = changesSince(figures(100, { known: 0.6 }), figures(100), 'week', 'before');
    expect(mean.ratio).toBe(0);
    expect(total).toEqual({ ratio: null, reason: 'only 60 % of the week is in its total' });
  });

  it('compares hourly 95ths where one period has only hours left', () => {
    const old = figures(80, { p95: 40, p95Hourly: 40, p95StepMs: H });
    expect(changesSince(figures(100), old, 'year', 'before').p95).toEqual({ ratio: 0.25, reason: '' });
  });

  it.each([
    [0.12, '+12 %', 'more'],
    [-0.034, '\u22123.4 %', 'less'],
    [0.0001, '0 %', 'as before'],
    [-1, '\u2212100 %', 'less'],
    [1.5, '+150 %', 'more'],
    [11, '×12', 'more'],
    [1234.4, '×1235', 'more'],
  ] as const)('%d reads %s, %s', (ratio, text, word) => {
    expect([changeText(ratio), changeWord(ratio)]).toEqual([text, word]);
  });
});
