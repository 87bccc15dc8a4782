/**
 * Forecasts made as they would have been made then: at origins that roll through the history, from what was known before
 * each, with everything fitted anew. Their errors, in units of what each said its spread was, make the bands (split
 * conformal prediction: Vovk et al. 2005, Algorithmic learning in a random world), and the track record.
 */
import { normalQuantile } from './normal.ts';
import { medianOf } from './robust.ts';
import { LEVELS, MEDIAN, type Backtest } from './model.ts';

/** A forecast of one origin: the median and its spread, by steps ahead from 1. */
export interface Path {
  readonly path: (ahead: number) => number;
  readonly spread: (ahead: number) => number;
  /** What is believed of errors over spread before any is seen, at LEVELS; null = normal. */
  readonly shape?: readonly number[] | null;
}

export interface Rolling {
  readonly values: Float64Array;
  /** Numbers of values known at each origin, rising. */
  readonly origins: readonly number[];
  /** Steps ahead that are looked at. */
  readonly steps: number;
  /** First step of each range of distances whose errors are taken together, the first one 1. */
  readonly ranges: readonly number[];
  /** Fits the first `n` values; null where they do not do. Never sees what comes after. */
  fit(history: Float64Array): Path | null;
  /** What is held against it: the values themselves, unless steps after an origin are to be taken out. */
  truth?(origin: number): Float64Array;
  /** What is believed stands beside what was measured as if it were so many origins'. */
  readonly prior: number;
  /** The same where the shape of errors is known from the history itself, and so believed the more. */
  readonly shapePrior?: number;
  /** What the errors of an origin count beside those of the next one (0–1): habits and noise change. */
  readonly forgets: number;
  /** Whether origins nearer to each other than they look ahead count for fewer: their errors go together. */
  readonly overlapping?: boolean;
}

/** Errors over spread of each origin, by range. */
export interface Scored {
  readonly origin: number;
  readonly path: Path;
  readonly scores: readonly Float64Array[];
}

export interface Bands {
  readonly origins: number;
  /** For each range: what to multiply the spread with for each of LEVELS. */
  readonly factors: readonly (readonly number[])[];
  readonly ranges: readonly number[];
  /** How much larger errors far ahead were than the forecast had said; at least 1. */
  readonly inflation: number;
}

/** How much of a bias of the median is taken for chance. */
const CHANCE = 0.75;
const NORMAL = LEVELS.map(normalQuantile);
/** What is believed before errors speak, where no shape is known: a normal distribution with heavier ends. */
const HEAVIER = 1.3;
const PRIOR_BAND = NORMAL.map((z, l) => (l === 0 || l === NORMAL.length - 1 ? HEAVIER * z : z));
/** How much of the correction for few origins is left at the ends. */
const ENDS = 0.45;
const MOST_INFLATION = 4;
/** What jumps out of next to nothing is not told by how many of its spreads: the difference of two infinite ones is no number. */
const MOST_SCORE = 1e12;

/** Rolls through a history. */
export function scoresOf(rolling: Rolling): Scored[] {
  const { values, origins, steps, ranges } = rolling;
  const scored: Scored[] = [];
  for (const origin of origins) {
    const path = rolling.fit(values.slice(0, origin));
    if (!path) continue;
    const truth = rolling.truth?.(origin) ?? values;
    const scores = ranges.map(() => [] as number[]);
    for (let ahead = 1; ahead <= steps && origin - 1 + ahead < values.length; ahead++) {
      const v = truth[origin - 1 + ahead] ?? NaN;
      if (Number.isNaN(v)) continue;
      const score = (v - path.path(ahead)) / Math.max(path.spread(ahead), Number.MIN_VALUE);
      scores[rangeOf(ranges, ahead)]?.push(Math.max(-MOST_SCORE, Math.min(MOST_SCORE, score)));
    }
    scored.push({ origin, path, scores: scores.map((list) => new Float64Array(list)) });
  }
  return scored;
}

/** The same function of steps ahead from 1, which is asked for each of them more than once. */
export function remembered(of: (ahead: number) => number): (ahead: number) => number {
  const known: number[] = [];
  return (ahead) => {
    while (known.length < ahead) known.push(of(known.length + 1));
    return known[ahead - 1] ?? NaN;
  };
}

function rangeOf(ranges: readonly number[], ahead: number): number {
  let r = 0;
  while (r + 1 < ranges.length && (ranges[r + 1] ?? Infinity) <= ahead) r++;
  return r;
}

/** The last range is looked at as if it were so many times as long as its first step is far. */
const LAST_RANGE = 3;

/**
 * Where a distance lies between the middles of ranges: the range before it, and the share of the way to the next one, by the
 * logarithm, so that nothing jumps from one step to the next.
 */
export function placeIn(ranges: readonly number[], ahead: number): readonly [range: number, share: number] {
  const middle = (r: number) => Math.sqrt((ranges[r] ?? 1) * ((ranges[r + 1] ?? (ranges[r] ?? 1) * LAST_RANGE + 1) - 1 || 1));
  let r = 0;
  while (r + 1 < ranges.length && middle(r + 1) <= ahead) r++;
  if (r + 1 >= ranges.length || ahead <= middle(r)) return [r, 0];
  return [r, Math.log(ahead / middle(r)) / Math.log(middle(r + 1) / middle(r))];
}

/** Origins of a history that do not look at the same steps, for the middle of a range. */
function apart({ origins, ranges, overlapping }: Rolling, r: number): number {
  if (overlapping !== true) return Infinity;
  const span = (origins.at(-1) ?? 0) - (origins[0] ?? 0);
  const [from, to] = [ranges[r] ?? 1, ranges[r + 1] ?? LAST_RANGE * (ranges[r] ?? 1)];
  return 1 + span / Math.sqrt(from * to);
}

/** Errors of one range in order, and the place among `scored` of the origin each is of. */
export interface Pooled {
  readonly values: Float64Array;
  readonly owners: Uint16Array;
  /** Errors of each origin. */
  readonly counts: Float64Array;
}

/** One pool for each range. */
export function poolsOf(scored: readonly Scored[], ranges: readonly number[]): Pooled[] {
  return ranges.map((_, r) => merged(scored.map(({ scores }) => (scores[r] ?? new Float64Array()).slice().sort())));
}

/** Sorted lists as one: where values are equal, in the order of the lists. */
function merged(lists: readonly Float64Array[]): Pooled {
  const counts = Float64Array.from(lists, (list) => list.length);
  const values = new Float64Array(counts.reduce((sum, n) => sum + n, 0));
  const owners = new Uint16Array(values.length);
  const passed = new Uint32Array(lists.length);
  // The next value of each list; a list that is through has none, so that it is passed over.
  const heads = Float64Array.from(lists, (list) => list[0] ?? Infinity);
  for (let i = 0; i < values.length; i++) {
    let [owner, least] = [-1, Infinity];
    for (let k = 0; k < heads.length; k++) {
      const head = heads[k] ?? Infinity;
      if (head < least) [owner, least] = [k, head];
    }
    // What is left is infinite or unknown: lists in their order.
    if (owner < 0) owner = lists.findIndex((list, k) => (passed[k] ?? 0) < list.length);
    const list = lists[owner] ?? values;
    const at = passed[owner] ?? 0;
    values[i] = list[at] ?? NaN;
    owners[i] = owner;
    passed[owner] = at + 1;
    heads[owner] = list[at + 1] ?? Infinity;
  }
  return { values, owners, counts };
}

/** Bands from errors; ranges that were never reached take over those of the last that was. */
export function bandsOf(
  scored: readonly Scored[],
  rolling: Rolling,
  shape: readonly number[] | null = null,
  pools = poolsOf(scored, rolling.ranges),
  without = -1,
): Bands {
  const { ranges, forgets } = rolling;
  const prior = (shape ? rolling.shapePrior : null) ?? rolling.prior;
  const factors: (readonly number[])[] = [];
  const believed = shape ?? PRIOR_BAND;
  let last: readonly number[] = believed;
  let inflation = 1;
  const weights = Float64Array.from(scored, (_, k) => (k === without ? 0 : forgets ** (scored.length - 1 - k)));
  for (const [r, pool] of pools.entries()) {
    let [sum, squares] = [0, 0];
    pool.counts.forEach((count, k) => {
      const weight = count > 0 ? (weights[k] ?? 0) : 0;
      sum += weight;
      squares += weight * weight;
    });
    if (sum > 0) {
      // So many origins of equal weight would say as much.
      const origins = (sum * sum) / squares;
      const share = origins / (origins + prior);
      const own = weightedQuantiles(
        pool,
        weights,
        LEVELS.map((level) => conformal(level, Math.min(origins, apart(rolling, r)))),
      );
      // All errors to one side are most often chance: few origins go together.
      const shift = CHANCE * (own[MEDIAN] ?? 0);
      last = LEVELS.map((_, l) => share * ((own[l] ?? 0) - shift) + (1 - share) * (believed[l] ?? 0));
      inflation = ((last[5] ?? 0) - (last[1] ?? 0)) / 2 / (NORMAL[5] ?? 1) || 1;
    }
    factors.push(last);
  }
  return {
    origins: scored.length - (without < 0 ? 0 : 1),
    factors,
    ranges,
    inflation: Math.min(MOST_INFLATION, Math.max(1, inflation)),
  };
}

/** Level that allows for how few origins there are: errors of one origin go together. */
function conformal(level: number, origins: number): number {
  const away = level - 0.5;
  // Near the ends the correction fades: the very largest error is no 97.5 % quantile.
  const corrected = 0.5 + away * (1 + Math.max(ENDS, Math.min(1, 5 - 10 * Math.abs(away))) / (origins + 1));
  return Math.max(0, Math.min(1, corrected));
}

/** Quantiles of values that count as much as their origin does. @param levels one or more, never falling */
function weightedQuantiles({ values, owners, counts }: Pooled, weights: Float64Array, levels: readonly number[]): number[] {
  let whole = 0;
  counts.forEach((count, k) => (whole += count * (weights[k] ?? 0)));
  const found = levels.map(() => NaN);
  let [passed, before, at, first] = [0, NaN, 0, 0];
  for (let i = 0; i < values.length && first < levels.length; i++) {
    const weight = weights[owners[i] ?? 0] ?? 0;
    if (weight === 0) continue;
    const middle = (passed + weight / 2) / whole;
    const value = values[i] ?? 0;
    for (let l = first; l < levels.length; l++) {
      const level = levels[l] ?? 1;
      if (level > middle) break;
      // Between infinite values there is none: the next one is tried.
      if (Number.isNaN(found[l] ?? 0))
        found[l] = Number.isNaN(before) ? value : before + ((value - before) * (level - at)) / Math.max(middle - at, 1e-12);
    }
    while (first < levels.length && !Number.isNaN(found[first] ?? 0)) first++;
    passed += weight;
    before = value;
    at = middle;
  }
  return found.map((v) => (Number.isNaN(v) ? before : v));
}

/** Quantiles of one step. */
export function quantilesAt(path: Path, bands: Bands, ahead: number): number[] {
  const [r, share] = placeIn(bands.ranges, ahead);
  const [near, far] = [bands.factors[r] ?? NORMAL, bands.factors[r + 1] ?? bands.factors[r] ?? NORMAL];
  const centre = path.path(ahead);
  const spread = path.spread(ahead);
  return near.map((factor, l) => centre + (factor + share * ((far[l] ?? factor) - factor)) * spread);
}

/** How the bands would have held: each origin judged by bands made of the errors of all others. */
export function recordOf(rolling: Rolling, scored: readonly Scored[], pools = poolsOf(scored, rolling.ranges)): Backtest | null {
  if (scored.length < 2) return null;
  const { values, steps } = rolling;
  let [n, within80, within95, loss, peer] = [0, 0, 0, 0, 0];
  const errors: number[] = [];
  for (const [k, one] of scored.entries()) {
    const bands = bandsOf(scored, rolling, one.path.shape ?? null, pools, k);
    const squares = leastSquares(values.subarray(0, one.origin));
    for (let ahead = 1; ahead <= steps && one.origin - 1 + ahead < values.length; ahead++) {
      const v = values[one.origin - 1 + ahead] ?? NaN;
      if (Number.isNaN(v)) continue;
      const quantiles = quantilesAt(one.path, bands, ahead);
      n++;
      if (v >= (quantiles[1] ?? 0) && v <= (quantiles[5] ?? 0)) within80++;
      if (v >= (quantiles[0] ?? 0) && v <= (quantiles[6] ?? 0)) within95++;
      errors.push(Math.abs(v - (quantiles[MEDIAN] ?? 0)));
      loss += pinball(quantiles, v);
      peer += pinball(squares(ahead), v);
    }
  }
  if (n === 0) return null;
  return {
    origins: scored.length,
    steps,
    coverage80: within80 / n,
    coverage95: within95 / n,
    error: medianOf(errors),
    againstLeastSquares: peer > 0 ? loss / peer : null,
  };
}

/** Mean pinball loss over LEVELS. */
export function pinball(quantiles: readonly number[], v: number): number {
  let sum = 0;
  for (let l = 0; l < LEVELS.length; l++) {
    const level = LEVELS[l] ?? 0;
    const over = v - (quantiles[l] ?? 0);
    sum += over >= 0 ? level * over : (level - 1) * over;
  }
  return sum / LEVELS.length;
}

/** A line by least squares with normal bands about it, as Prometheus and Zabbix extrapolate. */
export function leastSquares(y: Float64Array): (ahead: number) => number[] {
  let [n, x, v, xx, xv] = [0, 0, 0, 0, 0];
  for (let i = 0; i < y.length; i++) {
    const value = y[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    n++;
    x += i;
    v += value;
    xx += i * i;
    xv += i * value;
  }
  const spread = xx - (x * x) / n;
  const slope = spread > 0 ? (xv - (x * v) / n) / spread : 0;
  const level = (v - slope * x) / n;
  let squares = 0;
  for (let i = 0; i < y.length; i++) {
    const rest = (y[i] ?? NaN) - level - slope * i;
    if (!Number.isNaN(rest)) squares += rest * rest;
  }
  const sigma = Math.sqrt(squares / Math.max(1, n - 2));
  return (ahead) => {
    const i = y.length - 1 + ahead;
    const error = sigma * Math.sqrt(1 + 1 / n + (spread > 0 ? (i - x / n) ** 2 / spread : 0));
    return NORMAL.map((z) => level + slope * i + z * error);
  };
}
