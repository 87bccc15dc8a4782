/** The calendar of reviews under a clock that tests drive. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scheduleReviews } from '../../command/review-schedule.ts';
import { dueReviews, type ScheduledReview } from '../../core/review-due.ts';
import { ANYTHING } from '../../core/dashboard-select.ts';

const PARIS = 'Europe/Paris';
const HOUR_MS = 3_600_000;
const at = (text: string) => Temporal.PlainDateTime.from(text).toZonedDateTime(PARIS).epochMilliseconds;
const day = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(PARIS).toPlainDate().toString();
const review = (more: Partial<ScheduledReview> = {}): ScheduledReview => ({
  name: 'A',
  every: 'week',
  select: ANYTHING,
  metrics: ['load.five'],
  zone: PARIS,
  keep: 12,
  ...more,
});
const due = (now: string, kept: readonly string[], more: Partial<ScheduledReview> = {}) =>
  dueReviews(
    review(more),
    at(now),
    kept.map((one) => at(one)),
  ).map(day);

describe('what is due', () => {
  test('the last week, once it is over for some minutes', () => {
    expect(due('2026-03-30T00:04:00', ['2026-03-16'])).toEqual([]);
    expect(due('2026-03-30T00:10:00', ['2026-03-16'])).toEqual(['2026-03-23']);
    expect(due('2026-03-30T00:10:00', ['2026-03-16', '2026-03-23'])).toEqual([]);
  });
  test('only the last one where there is none yet', () => {
    expect(due('2026-03-18T12:00:00', [])).toEqual(['2026-03-09']);
    expect(due('2026-03-18T12:00:00', [], { every: 'month' })).toEqual(['2026-02-01']);
  });
  test('all that were missed, the oldest first, bounded by what is kept', () => {
    expect(due('2026-03-31T12:00:00', ['2025-11-01'], { every: 'month' })).toEqual(['2025-12-01', '2026-01-01', '2026-02-01']);
    expect(due('2026-03-31T12:00:00', ['2020-01-01'], { every: 'month', keep: 2 })).toEqual(['2026-01-01', '2026-02-01']);
    expect(due('2026-03-31T12:00:00', ['2000-01-03'], { keep: 120 })).toHaveLength(12);
  });
  test('nothing twice when the clock went back', () => expect(due('2026-03-18T12:00:00', ['2026-04-13'])).toEqual([]));
});

describe('the schedule', () => {
  beforeEach(() => void vi.useFakeTimers({ now: at('2026-03-29T22:30:00') }));
  afterEach(() => void vi.useRealTimers());

  function house(reviews: readonly ScheduledReview[], fails = false) {
    const made: string[] = [];
    const kept: number[] = [];
    const logged: string[] = [];
    const note = (text: string) => void logged.push(text);
    return {
      made,
      logged,
      config: { reviews } as Parameters<typeof scheduleReviews>[0]['config'],
      log: { info: note, warn: note, error: note },
      keepReviews: async () => {
        if (fails) throw new Error('the disk is full');
        for (const one of reviews)
          for (const fromMs of dueReviews(one, Date.now(), kept)) {
            kept.push(fromMs);
            made.push(`${day(fromMs)} at ${new Date(Date.now()).toISOString()}`);
          }
      },
    };
  }

  test('makes what was missed at once, and the next one ten minutes after midnight of its zone', async () => {
    const h = house([review()]);
    const schedule = scheduleReviews(h);
    await vi.advanceTimersByTimeAsync(0);
    expect(h.made).toEqual(['2026-03-16 at 2026-03-29T20:30:00.000Z']);
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    expect(h.made.slice(1)).toEqual(['2026-03-23 at 2026-03-29T22:10:00.000Z']);
    await vi.advanceTimersByTimeAsync(7 * 24 * HOUR_MS);
    expect(h.made.slice(2)).toEqual(['2026-03-30 at 2026-04-05T22:10:00.000Z']);
    schedule.cancel();
    await vi.advanceTimersByTimeAsync(14 * 24 * HOUR_MS);
    expect(h.made).toHaveLength(3);
  });

  test('goes on after a failure, which is logged', async () => {
    const h = house([review()], true);
    const schedule = scheduleReviews(h);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(h.logged).toHaveLength(2);
    expect(h.logged[0]).toBe('The reviews that are due could not be kept.');
    schedule.cancel();
  });

  test('without reviews there is none', () => {
    scheduleReviews(house([])).cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});
