/**
 * How a stock goes on from where it is: its level of the last days and its growth of the last weeks, as of every place of its
 * history, each held against what came so many days later. What is stored stays stored: most disks are sums of what came, and a
 * line through all of their past need not pass through today.
 */
import { LEVELS } from './model.ts';
import { quantileOf, sortedKnown } from './robust.ts';

/** Days ahead that are looked at, as far as there is history for; between them values go evenly, spreads with the logarithm. */
const AHEAD = [1, 2, 4, 8, 16, 32, 64, 128];
/** Days of which the level is a mean, and days over which growth is taken. */
const LEVEL_DAYS = [1, 4, 10];
const GROWTH_DAYS = [14, 28, 56, 112, 224, 448];
/** Days at both ends of a stretch of growth, of which means are taken. */
const ENDS_DAYS = 7;
/** Places of a distance that say something, and more of which say no more. */
const FEWEST = 12;
const MOST = 120;
/** A spread is never taken for less than this share of the level. */
const FINEST = 1e-6;
/** The best of some is a little too good. */
const CHOSEN = 1.08;
/** Standard deviation of a normal distribution over its mean distance from zero. */
const NORMAL_MEAN = Math.sqrt(Math.PI / 2);

export interface Walk {
  /** Most likely value so many days ahead. */
  path(ahead: number): number;
  /** Typical distance from it (one standard deviation of a normal distribution). */
  spread(ahead: number): number;
  /** Errors in units of it, at LEVELS: lopsided and with heavy ends, as they are. */
  readonly shape: readonly number[];
}

interface Reached {
  readonly ahead: number;
  readonly value: number;
  readonly size: number;
  readonly way: Way;
}

/** A way of going on, at every place of a history: where it is, and by how much it grows a day. */
interface Way {
  readonly level: Float64Array;
  readonly growth: Float64Array;
  /** First place at which both are known, and days that its growth was taken over. */
  readonly first: number;
  readonly days: number;
}

/** @param y a history without steps, wild days and habits; NaN = unknown @returns null with too little of it */
export function walkOf(y: Float64Array): Walk | null {
  const filled = between(y);
  const n = filled.length;
  if (n < 2 * ENDS_DAYS + FEWEST) return null;
  const ways = waysOf(filled);
  const reached: Reached[] = [];
  for (const ahead of AHEAD) {
    if (ahead > n / 3) break;
    let best: { size: number; way: Way } | null = null;
    for (const way of ways) {
      const places = n - ahead - way.first;
      if (places < FEWEST || (way.days > 0 && places < ahead)) continue;
      const size = sizeOf(filled, way, ahead);
      if (best === null || size < best.size) best = { size, way };
    }
    if (!best) continue;
    const { way } = best;
    // Places that are nearer to each other than they look ahead say the same.
    const size = best.size * CHOSEN * (1 + ahead / (n - ahead));
    reached.push({ ahead, way, size, value: (way.level[n - 1] ?? 0) + ahead * (way.growth[n - 1] ?? 0) });
  }
  if (reached.length < 2) return null;
  const least = Math.max(Number.MIN_VALUE, FINEST * Math.abs(filled[n - 1] ?? 0));
  const errors: number[] = [];
  for (const { ahead, way, size } of reached)
    for (let i = n - 1 - ahead; i >= way.first; i -= strideOf(n - ahead - way.first))
      errors.push(errorAt(filled, way, ahead, i) / Math.max(size, least));
  const all = sortedKnown(errors);
  return { ...walkThrough(reached, least), shape: LEVELS.map((level) => quantileOf(all, level)) };
}

function waysOf(filled: Float64Array): Way[] {
  const n = filled.length;
  const sums = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) sums[i + 1] = (sums[i] ?? 0) + (filled[i] ?? 0);
  /** Mean of so many days that end with i. */
  const mean = (i: number, days: number) => ((sums[i + 1] ?? 0) - (sums[i + 1 - days] ?? 0)) / days;
  const longest = Math.max(...LEVEL_DAYS);
  return [0, ...GROWTH_DAYS].flatMap((days) => {
    const first = Math.max(longest, days === 0 ? 0 : days + ENDS_DAYS) - 1;
    if (first >= n) return [];
    const growth = new Float64Array(n);
    if (days > 0) for (let i = first; i < n; i++) growth[i] = (mean(i, ENDS_DAYS) - mean(i - days, ENDS_DAYS)) / days;
    return LEVEL_DAYS.map((over): Way => {
      const level = new Float64Array(n);
      // The mean of some days is where it was in their middle.
      for (let i = first; i < n; i++) level[i] = mean(i, over) + ((over - 1) / 2) * (growth[i] ?? 0);
      return { level, growth, first, days };
    });
  });
}

const strideOf = (places: number): number => Math.max(1, Math.floor(places / MOST));

const errorAt = (filled: Float64Array, { level, growth }: Way, ahead: number, i: number): number =>
  (filled[i + ahead] ?? 0) - (level[i] ?? 0) - ahead * (growth[i] ?? 0);

/** Typical size of errors: between their mean, which a few wild ones hardly move, and that which these rule. */
function sizeOf(filled: Float64Array, way: Way, ahead: number): number {
  const last = filled.length - 1 - ahead;
  const stride = strideOf(last + 1 - way.first);
  let [sum, squares, count] = [0, 0, 0];
  for (let i = last; i >= way.first; i -= stride) {
    const error = Math.abs(errorAt(filled, way, ahead, i));
    sum += error;
    squares += error * error;
    count++;
  }
  return Math.sqrt((NORMAL_MEAN * sum) / count) * (squares / count) ** 0.25;
}

function walkThrough(reached: readonly Reached[], least: number): Omit<Walk, 'shape'> {
  const [first, last, before] = [reached[0], reached.at(-1), reached.at(-2)];
  if (!first || !last || !before) throw new RangeError('a walk needs two distances');
  const slope = (last.value - before.value) / (last.ahead - before.ahead);
  const power = (a: Reached, b: Reached) =>
    Math.log(Math.max(b.size, least) / Math.max(a.size, least)) / Math.log(b.ahead / a.ahead);
  // Further ahead than was looked at it strays on as it did, at least as what has no memory and at most as a wrong slope does.
  const onwards = Math.min(1, Math.max(0.5, power(reached[Math.max(0, reached.length - 3)] ?? first, last)));
  const placeOf = (ahead: number) => {
    let k = 0;
    while (k + 2 < reached.length && (reached[k + 1]?.ahead ?? Infinity) <= ahead) k++;
    return [reached[k] ?? first, reached[k + 1] ?? last] as const;
  };
  return {
    path: (ahead) => {
      if (ahead >= last.ahead) return last.value + slope * (ahead - last.ahead);
      const [a, b] = placeOf(ahead);
      return a.value + ((b.value - a.value) * (ahead - a.ahead)) / (b.ahead - a.ahead);
    },
    spread: (ahead) => {
      if (ahead >= last.ahead) return Math.max(least, last.size * (ahead / last.ahead) ** onwards);
      const [a, b] = placeOf(ahead);
      return Math.max(least, Math.max(a.size, least) * (ahead / a.ahead) ** power(a, b));
    },
  };
}

/** Gaps filled evenly; what comes before the first known value is left out. */
function between(y: Float64Array): Float64Array {
  let first = 0;
  while (first < y.length && Number.isNaN(y[first] ?? NaN)) first++;
  const filled = y.slice(first);
  let known = 0;
  for (let i = 1; i < filled.length; i++) {
    const v = filled[i] ?? NaN;
    if (Number.isNaN(v)) continue;
    const from = filled[known] ?? 0;
    for (let j = known + 1; j < i; j++) filled[j] = from + ((v - from) * (j - known)) / (i - known);
    known = i;
  }
  return filled.subarray(0, known + 1);
}
