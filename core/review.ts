/**
 * A trend review: one calendar period beside the one before and the one a year before. Periods
 * begin at midnight in a named time zone (weeks on Monday), so they are as long as the clocks there made them.
 */
import { monthOf, momentParts } from './moments.ts';

export const REVIEW_PERIODS = ['week', 'month', 'quarter', 'year'] as const;
export type ReviewPeriod = (typeof REVIEW_PERIODS)[number];

/** Which one it is: the reviewed period, the one right before it, the one a year before it. */
export type SpanKey = 'current' | 'before' | 'yearBefore';

export interface ReviewSpan {
  readonly key: SpanKey;
  /** 'this week', 'the week before', 'the week a year before'. */
  readonly role: string;
  /** 'Week 12 of 2026', 'March 2026', 'Q1 2026', '2026'. */
  readonly name: string;
  readonly fromMs: number;
  /** End of what is reviewed: of the whole period, or of the part that has an equal in the running one. */
  readonly toMs: number;
  /** End of the whole period. */
  readonly endMs: number;
}

export interface ReviewPlan {
  readonly period: ReviewPeriod;
  readonly zone: string;
  /** The period is not over: all spans end at the same clock time of their own calendar. */
  readonly running: boolean;
  /** The reviewed one first; a year has no third, because the year before is the one before. */
  readonly spans: readonly ReviewSpan[];
}

const HOUR_MS = 3_600_000;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/**
 * The spans of a review of the period in which `atMs` lies. A running period is reviewed up to the
 * last full clock hour, and the earlier ones up to the same day and clock time of theirs: the same
 * weekday of a week, the same day of a month (or its end, where it is shorter).
 * @param atMs not after nowMs
 */
export function planReview(period: ReviewPeriod, atMs: number, nowMs: number, zone: string): ReviewPlan {
  const first = firstDay(period, localOf(atMs, zone).toPlainDate());
  const afterMs = midnight(next(period, first), zone);
  const running = nowMs < afterMs;
  const elapsed = running ? sinceMidnight(period, first, nowMs, zone) : null;
  const starts: [SpanKey, Temporal.PlainDate][] = [
    ['current', first],
    ['before', firstDay(period, first.subtract({ days: 1 }))],
  ];
  if (period !== 'year') starts.push(['yearBefore', yearBefore(period, first)]);
  const spans = starts.map(([key, start]): ReviewSpan => {
    const endMs = midnight(next(period, start), zone);
    const cutMs = elapsed === null ? endMs : Math.min(endMs, after(start, elapsed, zone));
    return {
      key,
      role: roleOf(key, period, running),
      name: nameOf(period, start),
      fromMs: midnight(start, zone),
      toMs: cutMs,
      endMs,
    };
  });
  return { period, zone, running, spans };
}

/** First day of the period that a day lies in. */
function firstDay(period: ReviewPeriod, day: Temporal.PlainDate): Temporal.PlainDate {
  switch (period) {
    case 'week':
      return day.subtract({ days: day.dayOfWeek - 1 });
    case 'month':
      return day.with({ day: 1 });
    case 'quarter':
      return day.with({ month: 3 * Math.floor((day.month - 1) / 3) + 1, day: 1 });
    case 'year':
      return day.with({ month: 1, day: 1 });
  }
}

/** First day of the period after the one that begins on this day. */
function next(period: ReviewPeriod, first: Temporal.PlainDate): Temporal.PlainDate {
  switch (period) {
    case 'week':
      return first.add({ days: 7 });
    case 'month':
      return first.add({ months: 1 });
    case 'quarter':
      return first.add({ months: 3 });
    case 'year':
      return first.add({ years: 1 });
  }
}

/** The week of the same number (ISO 8601), or the last where that year has no week 53; else the same months. */
function yearBefore(period: ReviewPeriod, first: Temporal.PlainDate): Temporal.PlainDate {
  if (period !== 'week') return first.subtract({ years: 1 });
  const { week, year } = weekOf(first);
  const monday = firstWeek(year - 1).add({ days: 7 * (week - 1) });
  return weekOf(monday).year === year - 1 ? monday : monday.subtract({ days: 7 });
}

/** Monday of week 1: the week that holds 4 January (ISO 8601). */
const firstWeek = (year: number): Temporal.PlainDate => firstDay('week', Temporal.PlainDate.from({ year, month: 1, day: 4 }));

function weekOf(monday: Temporal.PlainDate): { week: number; year: number } {
  // The year of its Thursday.
  const { year } = monday.add({ days: 3 });
  return { year, week: firstWeek(year).until(monday, { largestUnit: 'days' }).days / 7 + 1 };
}

/** Calendar time from the first midnight to the last full hour; of weeks in days, else in months and days. */
function sinceMidnight(period: ReviewPeriod, first: Temporal.PlainDate, nowMs: number, zone: string): Temporal.Duration {
  const now = localOf(nowMs, zone).toPlainDateTime().round({ smallestUnit: 'hour', roundingMode: 'floor' });
  return first.toPlainDateTime().until(now, { largestUnit: period === 'week' ? 'days' : 'months' });
}

function after(first: Temporal.PlainDate, elapsed: Temporal.Duration, zone: string): number {
  return first.toPlainDateTime().add(elapsed).toZonedDateTime(zone).epochMilliseconds;
}

function roleOf(key: SpanKey, period: ReviewPeriod, running: boolean): string {
  if (key === 'current') return running ? `this ${period}` : `the ${period}`;
  return key === 'before' ? `the ${period} before` : `the ${period} a year before`;
}

function nameOf(period: ReviewPeriod, first: Temporal.PlainDate): string {
  switch (period) {
    case 'week': {
      const { week, year } = weekOf(first);
      return `Week ${week} of ${year}`;
    }
    case 'month':
      return `${MONTHS[first.month - 1] ?? ''} ${first.year}`;
    case 'quarter':
      return `Q${(first.month + 2) / 3} ${first.year}`;
    case 'year':
      return String(first.year);
  }
}

/** '16 Mar 2026 to 22 Mar 2026', or, of a part, '16 Mar 2026 to 18 Mar 2026 14:00'. */
export function spanWords({ fromMs, toMs, endMs }: ReviewSpan, zone: string): string {
  const day = (p: Record<string, string>) => `${p['day']} ${monthOf(p)} ${p['year']}`;
  const from = day(momentParts(fromMs, zone));
  if (toMs >= endMs) {
    const to = day(momentParts(toMs - 1, zone));
    return to === from ? from : `${from} to ${to}`;
  }
  const p = momentParts(toMs, zone);
  return `${from} to ${day(p)} ${p['hour']}:${p['minute']}`;
}

/** Less than an hour of the running period has passed: there is nothing to review yet. */
export const hasBegun = (plan: ReviewPlan): boolean => plan.spans.every(({ fromMs, toMs }) => toMs - fromMs >= HOUR_MS);

function localOf(ms: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);
}

function midnight(date: Temporal.PlainDate, zone: string): number {
  return date.toZonedDateTime(zone).epochMilliseconds;
}
