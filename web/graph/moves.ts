/** Where a range goes when one moves on, in texts as they are typed. */
import type { GraphData } from '../../core/graph.ts';
import { shortRange } from '../route.ts';
import { typedRange } from '../words.ts';

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Typed times lose their seconds. */
const ROUNDED_MS = 60_000;
const ZOOM_MIN_MS = 60_000;

/** Spans that have a button keep its name. */
const NAMED: readonly (readonly [string, number])[] = [
  ['24h', 86_400_000],
  ['1y', YEAR_MS],
  ['5y', 5 * YEAR_MS],
];

/** Up to now: "7d", in the largest unit that says it nearly. */
function untilNow(spanMs: number): string {
  const named = NAMED.find(([, ms]) => Math.abs(ms - spanMs) < ms * 0.01);
  if (named) return named[0];
  for (const [unit, ms] of UNITS) {
    const n = Math.round(spanMs / ms);
    if (n >= 1 && Math.abs(n * ms - spanMs) < spanMs * 0.01) return shortRange(`${n}${unit}`);
  }
  return `${Math.max(1, Math.round(spanMs / 1000))}s`;
}

export function earlier({ fromMs, toMs, zone }: GraphData): string {
  return typedRange(fromMs - (toMs - fromMs), fromMs, zone);
}

/** Never beyond now: the last step is the range that ends now. */
export function later({ fromMs, toMs, zone }: GraphData, nowMs: number): string {
  const span = toMs - fromMs;
  // Typed times are rounded to the minute: nearly now is now.
  return toMs + span >= nowMs - Math.max(90_000, span / 100) ? untilNow(span) : typedRange(toMs, toMs + span, zone);
}

/** Twice as long around the same middle, or ending now if it did. */
export function wider({ fromMs, toMs, zone, stepMs }: GraphData, nowMs: number): string {
  const span = toMs - fromMs;
  if (span > 50 * YEAR_MS) return typedRange(fromMs, toMs, zone);
  if (toMs + Math.max(stepMs, span / 2) >= nowMs) return untilNow(2 * span);
  return typedRange(fromMs - span / 2, toMs + span / 2, zone);
}

/**
 * First range of what nothing polls: the day before its newest sample; all of history where only its begin
 * is known; '' where the range shown holds the newest one, or there is none.
 */
export function reaching(shown: readonly GraphData[], nowMs: number): string {
  const [first] = shown;
  const moments = (of: 'newestMs' | 'oldestMs') => shown.map((d) => d[of]).filter((t) => t !== null);
  const newest = Math.max(...moments('newestMs'));
  const oldest = Math.min(...moments('oldestMs'));
  if (!first) return '';
  if (newest > 0) {
    if (newest >= first.fromMs && newest <= first.toMs) return '';
    return typedRange(newest + ROUNDED_MS - DAY_MS, newest + ROUNDED_MS, first.zone);
  }
  return oldest < first.fromMs ? typedRange(oldest, nowMs, first.zone) : '';
}

/** The dragged part, no shorter than a minute. */
export function zoomed({ zone }: GraphData, fromMs: number, toMs: number): string {
  const lacking = Math.max(0, ZOOM_MIN_MS - (toMs - fromMs)) / 2;
  return typedRange(fromMs - lacking, toMs + lacking, zone);
}
