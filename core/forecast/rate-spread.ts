/**
 * How far a rate strays from where it was, by steps ahead: from all places of the near history, each held against what came
 * so many steps later. Thousands of such errors say what a dozen forecasts of the past cannot: how fast they grow with the
 * distance, and what their ends look like.
 */
import { LEVELS, MEDIAN } from './model.ts';
import { quantileOf, quantilesOf, sortedKnown, sumOf } from './robust.ts';

/** Steps ahead that are looked at, as far as there is history for; between them the spread goes evenly with the logarithm. */
const AHEAD = [1, 2, 4, 8, 16, 24, 48, 96, 168, 336];
/** Days looked back: of hours, and of days. */
const DAYS = { hours: 56, days: 400 } as const;
/** Errors of a distance beyond which more say no more. */
const MOST = 250;
/** Errors of a distance that say something. */
const FEWEST = 12;
/** The habit was fitted to the same values: what comes afterwards strays further, by such a share over the weeks known, and at the ends. */
const FITTED = 0.4;
const ENDS = 1.1;
/** How a level follows: at once, or over about three days (three weeks of days). */
const FAST = 0.3;
const SLOW_DAYS = 3;
const SLOW_WEEKS = 3;

export interface Strays {
  /** Times the spread about a known level, by steps ahead. */
  grows(ahead: number): number;
  /** Quantiles at LEVELS, in units of the spread at each distance. */
  readonly shape: readonly number[];
}

/**
 * @param rest values without habit @param scale of each step's noise, above zero
 * @returns null with too few values
 */
export function straysOf(rest: Float64Array, scale: (i: number) => number, perDay: number): Strays | null {
  const n = rest.length;
  const from = Math.max(0, n - perDay * (perDay > 1 ? DAYS.hours : DAYS.days));
  const slow = 1 / (perDay > 1 ? SLOW_DAYS * perDay : 7 * SLOW_WEEKS);
  const levels = [FAST, slow].map((alpha) => smoothed(rest, from, alpha, perDay));
  const scales = Float64Array.from({ length: n - from }, (_, k) => scale(from + k));
  const grid: number[] = [];
  const sizes: number[] = [];
  const all: number[] = [];
  for (const ahead of AHEAD) {
    if (ahead > (n - from) / 3) break;
    const stride = Math.max(1, Math.floor((n - from - ahead) / MOST));
    let best = { size: Infinity, errors: new Float64Array() };
    for (const level of levels) {
      const room = new Float64Array(Math.ceil((n - ahead - from) / stride));
      let count = 0;
      for (let i = n - 1 - ahead; i >= from; i -= stride) {
        const error = ((rest[i + ahead] ?? NaN) - (level[i - from] ?? NaN)) / (scales[i + ahead - from] ?? 1);
        if (!Number.isNaN(error)) room[count++] = error;
      }
      const errors = room.subarray(0, count);
      const size = typical(errors);
      if (errors.length >= FEWEST && size < best.size) best = { size, errors };
    }
    if (!(best.size < Infinity) || best.size === 0) continue;
    grid.push(ahead);
    sizes.push(best.size);
    for (const error of best.errors) all.push(error / best.size);
  }
  if (grid.length === 0) return null;
  const quantiles = quantilesOf(all, LEVELS);
  const middle = quantiles[MEDIAN] ?? NaN;
  const widened = perDay > 1 ? 1 + (FITTED * 7 * perDay) / (n - from) : 1;
  return {
    grows: (ahead) => widened * between(grid, sizes, ahead),
    // A level here is a mean; what a forecast says is a median.
    shape: quantiles.map((v, l) => (l === 0 || l === LEVELS.length - 1 ? ENDS : 1) * (v - middle)),
  };
}

/** Level at each place, from what came up to it. */
function smoothed(rest: Float64Array, from: number, alpha: number, perDay: number): Float64Array {
  const levels = new Float64Array(rest.length - from).fill(NaN);
  let level = NaN;
  let known = 0;
  for (let i = from; i < rest.length; i++) {
    const v = rest[i] ?? NaN;
    if (!Number.isNaN(v)) {
      known++;
      // The first ones are a mean, so that the beginning does not count for weeks.
      level = Number.isNaN(level) ? v : level + Math.max(alpha, 1 / known) * (v - level);
    }
    if (known >= Math.min(perDay, 1 / alpha)) levels[i - from] = level;
  }
  return levels;
}

/** Typical distance from zero: half of it what six in ten keep to, half the mean. */
function typical(errors: Float64Array): number {
  const sizes = new Float64Array(errors.length);
  for (let k = 0; k < errors.length; k++) sizes[k] = Math.abs(errors[k] ?? NaN);
  const sorted = sortedKnown(sizes);
  return 0.5 * quantileOf(sorted, 0.6) + (0.5 * sumOf(sorted)) / sorted.length;
}

function between(grid: readonly number[], sizes: readonly number[], ahead: number): number {
  let k = 0;
  while (k + 1 < grid.length && (grid[k + 1] ?? 0) <= ahead) k++;
  const [a, b] = [grid[k] ?? 1, grid[k + 1]];
  const size = sizes[k] ?? 1;
  if (b === undefined || ahead <= a) return size;
  const share = Math.log(ahead / a) / Math.log(b / a);
  return size + share * ((sizes[k + 1] ?? size) - size);
}
