/** Further members of the forecast of a rate: habits that grow with the level, levels that return, the year before. */
import { medianOf, robustLine } from './robust.ts';
import { habitOf, type Season } from './season.ts';
import type { Ahead } from './rate.ts';

/** A factor is never taken for less: what is next to nothing cannot be divided by. */
const LEAST_FACTOR = 0.05;
/** Days that show how a link grows, and by how many times it may at most. */
const GROWTH_DAYS = 84;
const MOST_GROWTH = 4;
const WEEK = 7;
/** Whole weeks, so that weekdays meet. */
const YEAR = 52 * WEEK;
/** Days known before the year ago that show what the level was then. */
const BEFORE = 28;

/**
 * The habit as factors of the level: traffic that doubles has peaks of twice the height.
 * @param level of each place, free of habit @returns null where values come near zero or below it
 */
export function proportional(y: Float64Array, level: Float64Array, season: Season): Ahead | null {
  for (const v of level) if (v <= 0) return null;
  for (const v of y) if (v < 0) return null;
  const parts = new Float64Array(y.length);
  for (let i = 0; i < y.length; i++) parts[i] = (y[i] ?? NaN) / (level[i] ?? NaN);
  const adds = habitOf(parts, season);
  const factor = (i: number) => Math.max(LEAST_FACTOR, 1 + (adds[season.phase(i)] ?? 0));
  const last = y.length - 1;
  const from = Math.max(0, y.length - WEEK * season.perDay);
  const now = medianOf(y.subarray(from).map((v, k) => v / factor(from + k)));
  return Number.isNaN(now) ? null : (ahead) => now * factor(last + ahead);
}

/**
 * The level of all days, to which that of the last ones returns as fast as it always did (an autoregression of days).
 * @param days medians of days without habit @param now the level of late
 */
export function returning(days: Float64Array, now: number, perDay: number): Ahead | null {
  const long = medianOf(days);
  let [own, next] = [0, 0];
  for (let d = 1; d < days.length; d++) {
    const [a, b] = [(days[d - 1] ?? NaN) - long, (days[d] ?? NaN) - long];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    own += a * a;
    next += a * b;
  }
  if (!(own > 0) || Number.isNaN(now)) return null;
  const keep = Math.max(0, Math.min(1, next / own)) ** (1 / perDay);
  return (ahead) => long + (now - long) * keep ** ahead;
}

/**
 * Growth by a share that the whole history shows, carried on from the level of late; of days only.
 * @param days medians of days without habit @returns null where they are few, not above zero, or show no growth to be sure of
 */
export function growing(days: Float64Array, now: number): Ahead | null {
  if (days.length < GROWTH_DAYS || !(now > 0)) return null;
  for (const v of days) if (v <= 0) return null;
  const line = robustLine(days.map(Math.log));
  if (!line) return null;
  const doubt = 1.96 * line.slopeError;
  if (Math.abs(line.slope) <= doubt) return null;
  const slope = Math.sign(line.slope) * (Math.abs(line.slope) - 0.5 * doubt);
  const most = Math.log(MOST_GROWTH);
  return (ahead) => now * Math.exp(Math.max(-most, Math.min(most, slope * ahead)));
}

/** The same week a year ago, as much higher or lower as the last weeks were; of days only, null with less than a year and a month. */
export function yearAgo(y: Float64Array): Ahead | null {
  const n = y.length;
  if (n < YEAR + BEFORE) return null;
  const now = medianOf(y.subarray(n - BEFORE));
  const then = medianOf(y.subarray(n - BEFORE - YEAR, n - YEAR));
  const positive = now > 0 && then > 0 && y.every((v) => !(v < 0));
  return (ahead) => {
    const at = n - 1 + ahead - YEAR * Math.ceil(ahead / YEAR);
    const [before, same, after] = [y[at - WEEK] ?? NaN, y[at] ?? NaN, y[at + WEEK] ?? NaN];
    const middle = medianOf([before, same, after]);
    return positive ? middle * (now / then) : middle + now - then;
  };
}
