/**
 * What a metric of the simulated host is worth at any time: pure functions of a seed and the time.
 * Every hour has a mean of its own; its twelve 5 minutes, and their minutes, are spread around it so that
 * their means are the hour's again. So days, hours and minutes agree, and a counter is the exact
 * integral of what a history says of its rate.
 */

export const MINUTE_MS = 60_000;
export const FIVE_MS = 5 * MINUTE_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const YEAR_MS = 365.25 * DAY_MS;

/** Something people use: more by day than by night, less at weekends, more every year. */
export interface Swing {
  readonly kind: 'swing';
  /** Mean at the anchor, in the metric's unit. */
  readonly base: number;
  /** How far days swing around their mean, 0–1. */
  readonly day: number;
  /** Hour of the day (UTC) in which it is greatest. */
  readonly peakHour: number;
  /** Saturdays and Sundays as a share of a weekday. */
  readonly weekend: number;
  readonly growthPerYear: number;
  /** Size of what cannot be foreseen, as a share. */
  readonly noise: number;
  /** A job that adds so many times the base from an hour of the day (UTC) on, every night. */
  readonly job: { readonly hour: number; readonly hours: number; readonly times: number } | null;
  /** Never above this. */
  readonly ceiling: number;
}
/** Something that fills: what it holds grows by a share a year, and steps down when somebody cleans up. */
export interface Fill {
  readonly kind: 'fill';
  readonly atAnchor: number;
  readonly growthPerYear: number;
  /** Size of a week's rise and fall (logs that are rotated), in the metric's unit. */
  readonly ripple: number;
  readonly cleanUps: readonly { readonly atMs: number; readonly freed: number }[];
}
/** A figure that stays, until somebody changes it. */
export interface Steady {
  readonly kind: 'steady';
  readonly value: number;
  /** What it was before. */
  readonly before: { readonly untilMs: number; readonly value: number } | null;
}
/** Seconds since the last of these moments. */
export interface Since {
  readonly kind: 'since';
  readonly momentsMs: readonly number[];
}
/** A share of another shape. */
export interface Share {
  readonly kind: 'share';
  readonly of: Shape;
  readonly by: number;
}
export type Shape = Swing | Fill | Steady | Since | Share;

export interface Curve {
  /** Mean over (t − stepMs, t]; both are multiples of a minute, and steps of more than a minute of 5, 60 or whole days. */
  mean(tMs: number, stepMs: number): number;
  /** Level at a moment. */
  at(tMs: number): number;
  /** Integral over time in units × seconds; for a rate, what a counter has counted. */
  total(fromMs: number, toMs: number): number;
}

/** A number in [0, 1) that a seed and a slot always give. */
export function noise(seed: number, slot: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(slot | 0, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

/** A seed for whatever a text names. */
export function seedOf(seed: number, text: string): number {
  let hash = Math.imul(seed ^ 0x811c9dc5, 0x01000193);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** @param anchorMs the moment at which bases and fillings are as given */
export function curveOf(shape: Shape, seed: number, anchorMs: number): Curve {
  switch (shape.kind) {
    case 'swing':
      return swinging(shape, seed, anchorMs);
    case 'fill':
      return sampled((tMs) => filled(shape, seed, anchorMs, tMs));
    case 'steady':
      return sampled((tMs) => (shape.before && tMs < shape.before.untilMs ? shape.before.value : shape.value));
    case 'since':
      return sampled((tMs) => (tMs - (shape.momentsMs.findLast((moment) => moment <= tMs) ?? tMs)) / 1000);
    case 'share': {
      const whole = curveOf(shape.of, seed, anchorMs);
      return {
        mean: (tMs, stepMs) => shape.by * whole.mean(tMs, stepMs),
        at: (tMs) => shape.by * whole.at(tMs),
        total: (fromMs, toMs) => shape.by * whole.total(fromMs, toMs),
      };
    }
  }
}

/** Levels that move slowly: the middle of a step is its mean. */
function sampled(at: (tMs: number) => number): Curve {
  return {
    at,
    mean: (tMs, stepMs) => at(tMs - stepMs / 2),
    total: (fromMs, toMs) => (at((fromMs + toMs) / 2) * (toMs - fromMs)) / 1000,
  };
}

function filled(shape: Fill, seed: number, anchorMs: number, tMs: number): number {
  const grown = shape.atAnchor * (1 + shape.growthPerYear) ** ((tMs - anchorMs) / YEAR_MS);
  const freed = shape.cleanUps.reduce((sum, { atMs, freed: bytes }) => sum + (tMs < atMs ? bytes : 0), 0);
  const week = tMs / (7 * DAY_MS);
  // Logs pile up for a week and are rotated; besides, nothing grows quite evenly.
  const rotated = (week % 1) * (0.7 + 0.6 * noise(seed, Math.floor(week)));
  const month = tMs / (30 * DAY_MS);
  const slot = Math.floor(month);
  const drift = noise(seed, slot) + (noise(seed, slot + 1) - noise(seed, slot)) * (month - slot);
  return grown + freed + shape.ripple * (rotated + 2 * drift - 1.5);
}

/** How much of a 5 minutes' and of a minute's level is chance, as a share of the shape's noise. */
const FIVE_SHARE = 0.8;
const MINUTE_SHARE = 0.6;

function swinging(shape: Swing, seed: number, anchorMs: number): Curve {
  const { base, day, peakHour, weekend, growthPerYear, job, ceiling } = shape;
  const growth = Math.log1p(growthPerYear) / YEAR_MS;
  const byHour = Array.from({ length: 24 }, (_, hour) => {
    const turn = ((hour + 0.5 - peakHour) / 24) * 2 * Math.PI;
    const usual = Math.max(0.02, 1 + day * (0.8 * Math.cos(turn) + 0.25 * Math.cos(2 * turn)));
    return usual + (job && (hour - job.hour + 24) % 24 < job.hours ? job.times : 0);
  });
  const hourMean = (hour: number): number => {
    const date = Math.floor(hour / 24);
    // The epoch began on a Thursday.
    const weekday = (date + 4) % 7;
    const dayChance = 1 + 0.7 * shape.noise * (2 * noise(seed, date) - 1);
    const chance = 1 + shape.noise * (2 * noise(seed + 1, hour) - 1);
    const usual = (byHour[hour % 24] ?? 1) * (weekday === 0 || weekday === 6 ? weekend : 1);
    const level = base * Math.exp(growth * (hour * HOUR_MS - anchorMs)) * usual * dayChance * chance;
    // What would be above the ceiling piles up just below it.
    return level > 0.9 * ceiling ? ceiling * (1 - 0.1 / (1 + (10 * (level - 0.9 * ceiling)) / ceiling)) : level;
  };
  const spread = (mean: number, low: number, high: number, share: number, slot: number, into: Float64Array) => {
    const n = into.length;
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const slope = low + ((high - low) * (k + 0.5)) / n;
      sum += into[k] = Math.max(0.05, slope * (1 + shape.noise * share * (2 * noise(seed + n, slot * n + k) - 1)));
    }
    for (let k = 0; k < n; k++) into[k] = ((into[k] ?? 0) * mean * n) / sum;
  };
  const fives = new Float64Array(12);
  const minutes = new Float64Array(5);
  let [hourSpread, fiveSpread] = [NaN, NaN];
  const fiveMean = (five: number): number => {
    const hour = Math.floor(five / 12);
    if (hour !== hourSpread) {
      const [before, mean, after] = [hourMean(hour - 1), hourMean(hour), hourMean(hour + 1)];
      const safe = Math.max(mean, Number.MIN_VALUE);
      spread(mean, Math.max(0.3, (before + mean) / 2 / safe), Math.max(0.3, (after + mean) / 2 / safe), FIVE_SHARE, hour, fives);
      [hourSpread, fiveSpread] = [hour, NaN];
    }
    return fives[five - hour * 12] ?? 0;
  };
  const minuteMean = (minute: number): number => {
    const five = Math.floor(minute / 5);
    const mean = fiveMean(five);
    if (five !== fiveSpread) {
      spread(mean, 1, 1, MINUTE_SHARE, five, minutes);
      fiveSpread = five;
    }
    return minutes[minute - five * 5] ?? 0;
  };
  // Counters only go on: what was summed up once is not summed again.
  let counted = { fromMs: NaN, hour: 0, sum: 0 };
  const total = (fromMs: number, toMs: number): number => {
    const first = Math.ceil(fromMs / HOUR_MS);
    const last = Math.floor(toMs / HOUR_MS);
    if (last < first) return within(fromMs, toMs);
    if (counted.fromMs !== fromMs || counted.hour > last) {
      counted = { fromMs, hour: first, sum: within(fromMs, first * HOUR_MS) };
    }
    let { hour, sum } = counted;
    for (; hour < last; hour++) sum += hourMean(hour) * 3600;
    counted = { fromMs, hour, sum };
    return sum + within(last * HOUR_MS, toMs);
  };
  /** Of less than an hour or so: minute by minute. */
  const within = (fromMs: number, toMs: number): number => {
    let sum = 0;
    for (let minute = Math.floor(fromMs / MINUTE_MS); minute * MINUTE_MS < toMs; minute++) {
      const overlapMs = Math.min(toMs, (minute + 1) * MINUTE_MS) - Math.max(fromMs, minute * MINUTE_MS);
      sum += (minuteMean(minute) * overlapMs) / 1000;
    }
    return sum;
  };
  return {
    at: (tMs) => minuteMean(Math.floor(tMs / MINUTE_MS)),
    mean(tMs, stepMs) {
      if (stepMs === MINUTE_MS) return minuteMean(Math.round(tMs / MINUTE_MS) - 1);
      if (stepMs === FIVE_MS) return fiveMean(Math.round(tMs / FIVE_MS) - 1);
      const hours = Math.max(1, Math.round(stepMs / HOUR_MS));
      const end = Math.round(tMs / HOUR_MS);
      let sum = 0;
      for (let hour = end - hours; hour < end; hour++) sum += hourMean(hour);
      return sum / hours;
    },
    total,
  };
}
