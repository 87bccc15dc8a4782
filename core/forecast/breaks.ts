/** What in a daily history is no growth: wild days, a weekly habit, rotation (a sawtooth), imports and clean-ups. */
import { medianOf, quantileOf, sigmaOf, sortedKnown } from './robust.ts';

/** A jump must stand out of the noise by so many standard deviations. */
const STANDS_OUT = 5;
const OUTLIER = 6;
/** Noise is never taken for less than this share of the whole range. */
const FINEST = 1e-6;
/** Days before and after a jump that tell its size. */
const BESIDE = 7;
/** So many jumps in so many values are the nature of the series, not events. */
const JUMPS_PER_VALUE = 1 / 25;
const JUMPS_AT_LEAST = 3;
const FEWEST_DROPS = 3;
/** What comes in a day and is no more than so many days' growth is growth: what is written comes in heaps. */
const GROWTH_DAYS = 14;

export interface Step {
  /** Index of the first value after it. */
  readonly at: number;
  readonly amount: number;
}

export interface Sawtooth {
  /** Indices of the first value after each drop. */
  readonly starts: readonly number[];
  readonly period: number;
  /** Size of a typical drop, above zero. */
  readonly drop: number;
}

/** Indices of known values. */
function knownOf(y: Float64Array): number[] {
  const known: number[] = [];
  for (let i = 0; i < y.length; i++) if (!Number.isNaN(y[i] ?? NaN)) known.push(i);
  return known;
}

/** Standard deviation of the noise from day to day, whatever the trend: from differences of neighbours. */
export function dayNoise(y: Float64Array): number {
  const known = knownOf(y);
  const differences = new Float64Array(Math.max(0, known.length - 1));
  for (let k = 1; k < known.length; k++) differences[k - 1] = (y[known[k] ?? 0] ?? 0) - (y[known[k - 1] ?? 0] ?? 0);
  let [least, most] = [Infinity, -Infinity];
  for (const i of known) [least, most] = [Math.min(least, y[i] ?? 0), Math.max(most, y[i] ?? 0)];
  // Where most days change by exactly the same amount, rounding is no noise to measure jumps by.
  return Math.max(sigmaOf(differences) / Math.SQRT2, FINEST * (most - least), Number.MIN_VALUE);
}

/** Regular drops with slow growth between them, as rotated logs and expiring backups make; null when there are none. */
export function findSawtooth(y: Float64Array): Sawtooth | null {
  const known = knownOf(y);
  if (known.length < 20) return null;
  const at = (k: number) => y[known[k] ?? -1] ?? NaN;
  const differences = Float64Array.from({ length: known.length - 1 }, (_, k) => at(k + 1) - at(k));
  const typical = medianOf(differences);
  const threshold = Math.max(STANDS_OUT * sigmaOf(differences), 2 * Math.abs(typical), Number.MIN_VALUE);
  const drops: { start: number; size: number }[] = [];
  let rises = 0;
  for (let k = 0; k < differences.length; k++) {
    const change = (differences[k] ?? 0) - typical;
    // A day that comes back is no drop: the day after, too, must lie well below.
    const stays = k + 2 >= known.length || at(k + 2) < at(k) + 0.3 * change;
    const came = k === 0 || at(k - 1) > at(k) + 0.5 * change;
    if (change < -threshold && stays && came) drops.push({ start: known[k + 1] ?? 0, size: -change });
    if (change > threshold && (k + 2 >= known.length || at(k + 2) > at(k) + 0.3 * change)) rises++;
  }
  if (drops.length < FEWEST_DROPS || rises * 2 > drops.length) return null;
  const spacings = sortedKnown(drops.slice(1).map(({ start }, i) => start - (drops[i]?.start ?? 0)));
  const period = quantileOf(spacings, 0.5);
  const uneven = (quantileOf(spacings, 0.75) - quantileOf(spacings, 0.25)) / period;
  const sizes = sortedKnown(drops.map(({ size }) => size));
  const drop = quantileOf(sizes, 0.5);
  const differ = (quantileOf(sizes, 0.75) - quantileOf(sizes, 0.25)) / drop;
  // They must fill the history: four drops in a month a year ago are not how it goes.
  const covered = period * (drops.length + 1) >= 0.6 * y.length;
  // Fewer than four must be all the more alike.
  const strict = drops.length < 4 ? 0.4 : 1;
  if (uneven > 0.4 * strict || differ > 0.8 * strict || !covered) return null;
  return { starts: drops.map(({ start }) => start), period, drop };
}

/** Days, alone or in pairs, far above or far below both what came before and what came after: by `least` or more. */
export function findOutliers(y: Float64Array, least = 0): number[] {
  const known = knownOf(y);
  const beyond = new Float64Array(known.length);
  const slope = slopeBetween(y, known);
  const level = Float64Array.from(known, (i) => (y[i] ?? NaN) - slope * i);
  const near = (from: number, to: number) => medianOf(level, Math.max(0, from), Math.min(level.length, to));
  for (let k = 0; k < known.length; k++) {
    const v = level[k] ?? NaN;
    const before = v - near(k - 5, k);
    const after = v - near(k + 1, k + 6);
    // Where one side has no values, the other speaks alone.
    const [one, other] = [Number.isNaN(before) ? after : before, Number.isNaN(after) ? before : after];
    beyond[k] = Math.sign(one) === Math.sign(other) ? Math.sign(one) * Math.min(Math.abs(one), Math.abs(other)) : 0;
  }
  const noise = Math.max(dayNoise(y), sigmaOf(beyond, 0));
  // At the ends only one side speaks: it must be surer.
  const needed = (k: number) => Math.max(least, (k === 0 || k === known.length - 1 ? 2 : 1) * OUTLIER * noise);
  return known.filter((_, k) => Math.abs(beyond[k] ?? 0) > needed(k));
}

/**
 * What each of `period` phases adds: medians of what stands out of a running mean over one period.
 * @returns null where it explains too little, or there are fewer than four periods
 */
export function findHabit(y: Float64Array, phaseOf: (i: number) => number, period: number): Float64Array | null {
  if (knownOf(y).length < 4 * period) return null;
  const rest = new Float64Array(y.length).fill(NaN);
  const half = (period - 1) / 2;
  for (let i = Math.ceil(half); i + half < y.length; i++) {
    let [sum, n] = [0, 0];
    for (let j = i - half; j <= i + half; j++) {
      const v = y[j] ?? NaN;
      if (!Number.isNaN(v)) [sum, n] = [sum + v, n + 1];
    }
    if (n >= period - 2) rest[i] = (y[i] ?? NaN) - sum / n;
  }
  const byPhase = Array.from({ length: period }, () => [] as number[]);
  for (let i = 0; i < rest.length; i++) byPhase[phaseOf(i)]?.push(rest[i] ?? NaN);
  const profile = Float64Array.from(byPhase, (list) => medianOf(list));
  if (profile.some(Number.isNaN)) return null;
  const mean = profile.reduce((sum, v) => sum + v, 0) / period;
  for (let p = 0; p < period; p++) profile[p] = (profile[p] ?? 0) - mean;
  const explained = rest.map((v, i) => v - (profile[phaseOf(i)] ?? 0));
  return meanSize(explained) < 0.85 * meanSize(rest) ? profile : null;
}

/** Mean distance from zero: less a matter of chance than a median, and not so much of wild values as squares. */
function meanSize(values: Float64Array): number {
  const known = values.filter((v) => !Number.isNaN(v));
  return known.reduce((sum, v) => sum + Math.abs(v), 0) / known.length;
}

/**
 * Imports and clean-ups: levels that jump within a day or two and stay. Sizes are medians beside the jump, free of the slope.
 * @param certain indices at which a change is known of
 * @param least what is smaller is none
 * @returns in order of time; empty where jumps are so many that they are how the series goes
 */
export function findSteps(y: Float64Array, certain: readonly number[] = [], least = 0): { steps: Step[]; erratic: boolean } {
  const known = knownOf(y);
  const noise = dayNoise(y);
  const slope = slopeBetween(y, known);
  const found: (Step & { sudden: number })[] = [];
  const most = Math.max(JUMPS_AT_LEAST, Math.floor(known.length * JUMPS_PER_VALUE));
  const level = Float64Array.from(known, (i) => (y[i] ?? NaN) - slope * i);
  const jump = (k: number): number =>
    medianOf(level, k, Math.min(level.length, k + BESIDE)) - medianOf(level, Math.max(0, k - BESIDE), k);
  for (let k = 3; k + 3 <= known.length; k++) {
    const isCertain = certain.some((i) => i > (known[k - 1] ?? 0) && i <= (known[k] ?? 0));
    const near = (j: number) =>
      (y[known[k + j] ?? -1] ?? NaN) - (y[known[k - 1] ?? -1] ?? NaN) - slope * ((known[k + j] ?? 0) - (known[k - 1] ?? 0));
    const sudden = Math.max(Math.abs(near(0)), Math.abs(near(1)));
    if (!isCertain && sudden < Math.max(least, STANDS_OUT * Math.SQRT2 * noise)) continue;
    const amount = jump(k);
    if (!isCertain && Math.abs(amount) < Math.max(least, STANDS_OUT * noise, GROWTH_DAYS * Math.abs(slope))) continue;
    const last = found.at(-1);
    const at = known[k] ?? 0;
    // One jump is seen from several days: that with the largest change from the day before is it.
    const own = Math.abs(near(0));
    if (last && known.indexOf(last.at) > k - 5) {
      if (own > last.sudden) found.splice(found.length - 1, 1, { at, amount, sudden: own });
    } else found.push({ at, amount, sudden: own });
  }
  return found.length > most ? { steps: [], erratic: true } : { steps: refine(y, found), erratic: false };
}

/** Growth a day by medians over a week, which a few jumps do not move. */
function slopeBetween(y: Float64Array, known: readonly number[]): number {
  const slopes: number[] = [];
  for (let k = BESIDE; k < known.length; k++) {
    const [a, b] = [known[k - BESIDE] ?? 0, known[k] ?? 0];
    slopes.push(((y[b] ?? 0) - (y[a] ?? 0)) / (b - a));
  }
  return slopes.length === 0 ? 0 : medianOf(slopes);
}

/** Sizes again, from three weeks beside each with the others taken out, by the slope of those weeks. */
function refine(y: Float64Array, steps: readonly Step[]): Step[] {
  const WIDE = 21;
  let refined = [...steps];
  for (let round = 0; round < 2; round++) {
    refined = refined.map((step, s) => {
      const others = refined.filter((_, o) => o !== s);
      const flat = withoutSteps(y, others);
      const left = range(Math.max(0, step.at - WIDE), step.at);
      const right = range(step.at, Math.min(y.length, step.at + WIDE));
      const sides = [left, right].map((side) => side.filter((i) => !Number.isNaN(flat[i] ?? NaN)));
      const slopes = sides.flatMap((side) => {
        const half = side.length >> 1;
        return side.slice(half).map((i, k) => ((flat[i] ?? 0) - (flat[side[k] ?? 0] ?? 0)) / (i - (side[k] ?? 0)));
      });
      const slope = slopes.length === 0 ? 0 : medianOf(slopes.filter(Number.isFinite));
      const [a = NaN, b = NaN] = sides.map((side) => medianOf(side.map((i) => (flat[i] ?? 0) - slope * i)));
      return Number.isNaN(a) || Number.isNaN(b) ? step : { at: step.at, amount: b - a };
    });
  }
  return refined;
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** The history as it would be had all been at today's level: what came before a step is shifted by it. */
export function withoutSteps(y: Float64Array, steps: readonly Step[]): Float64Array {
  const flat = y.slice();
  for (const { at, amount } of steps) for (let i = 0; i < at; i++) flat[i] = (flat[i] ?? NaN) + amount;
  return flat;
}
