/** How a rate goes on: several simple forecasts, each from the same history, weighed by how they did before. */
import { fitTrend } from './trend.ts';
import { findSteps, withoutSteps } from './breaks.ts';
import { medianOf } from './robust.ts';
import { growing, proportional, returning, yearAgo } from './rate-further.ts';
import { straysOf } from './rate-spread.ts';
import { profileOf, type Season } from './season.ts';

/** A member's median, by steps ahead from 1. */
export type Ahead = (ahead: number) => number;

/** A further member, made outside: values without gaps and steps ahead in, a median for each out; null = it cannot. */
export type Member = (history: Float64Array, season: Season, steps: number) => ArrayLike<number> | null;

export interface Members {
  readonly names: readonly string[];
  readonly paths: readonly Ahead[];
  /** How far a step strays, the same for all members. */
  spread(ahead: number): number;
  /** Quantiles of what strays, in units of the spread; null where the history is too short to tell. */
  readonly shape: readonly number[] | null;
}

/** A slope is carried on ever less: by this factor a day. */
const DAMPED = 0.98;
/** Days behind "now" and behind "as always". */
const WEEK = 7;
const MONTH = 28;

/** @param y ends with a known value; @returns null without values */
export function fitRate(
  y: Float64Array,
  season: Season,
  steps: number,
  more: Readonly<Record<string, Member>> = {},
): Members | null {
  const { perDay, perWeek } = season;
  const last = y.length - 1;
  if (last < 0) return null;
  const { adds, rest, level: slow, spread } = profileOf(y, season);
  const habit = (ahead: number) => adds[season.phase(last + ahead)] ?? 0;
  const tail = (n: number) => medianOf(rest, Math.max(0, rest.length - n));
  const week = tail(WEEK * perDay);
  const month = tail(MONTH * perDay);
  if (Number.isNaN(month)) return null;
  const level = Number.isNaN(week) ? month : week;
  const carry = carried(rest, level);
  const days = daily(rest, perDay);
  const smooth = smoothed(days) ?? level;
  const slope = slopeOf(days) / perDay;
  const damping = DAMPED ** (1 / perDay);
  const drift = (ahead: number) => (slope * damping * (1 - damping ** ahead)) / (1 - damping);
  const members: Record<string, Ahead> = {
    'last weeks': lastWeeks(y, perWeek, (ahead) => level + habit(ahead)),
    'level of the week': (ahead) => level + habit(ahead) + carry(ahead),
    'level of the month': (ahead) => month + habit(ahead) + carry(ahead) * 0.5,
    'smoothed level': (ahead) => smooth + habit(ahead) + carry(ahead),
    trend: (ahead) => smooth + drift(ahead) + habit(ahead),
  };
  // Where the habit is none, whatever was taken for it is noise.
  const plain = medianOf(y, Math.max(0, y.length - WEEK * perDay));
  const recent = medianOf(y, Math.max(0, y.length - 2 * perDay));
  members['plain level'] = () => plain;
  members['recent level'] = () => recent;
  const latest = medianOf(y, Math.max(0, y.length - Math.max(3, perDay >> 2)));
  if (!Number.isNaN(latest)) members['latest level'] = () => latest;
  const held = perDay > 1 ? heldLevel(rest, perDay) : null;
  if (held !== null) members['held level'] = (ahead) => held + habit(ahead);
  const share = proportional(y, slow, season);
  if (share) members['level of the week, in proportion'] = (ahead) => share(ahead) + carry(ahead);
  const back = returning(days, smooth, perDay);
  if (back) members['level that returns'] = (ahead) => back(ahead) + habit(ahead) + carry(ahead);
  const grows = perDay === 1 ? growing(days, smooth) : null;
  if (grows) members['growth of all days'] = (ahead) => grows(ahead) + habit(ahead);
  const year = perDay === 1 ? yearAgo(y) : null;
  if (year) members['year ago'] = year;
  for (const [name, member] of Object.entries(more)) {
    const ahead = member(filled(y, adds, level, season), season, steps);
    if (ahead) members[name] = (h) => ahead[h - 1] ?? NaN;
  }
  const strays = straysOf(rest, (i) => spread[season.phase(i)] ?? 1, perDay);
  return {
    names: Object.keys(members),
    paths: Object.values(members),
    spread: (ahead) => (spread[season.phase(last + ahead)] ?? 0) * (strays?.grows(ahead) ?? 1),
    shape: strays?.shape ?? null,
  };
}

/** The same place of the last two weeks, where both are known, else what is usual. */
function lastWeeks(y: Float64Array, perWeek: number, usual: Ahead): Ahead {
  const n = y.length;
  return (ahead) => {
    const back = n - 1 + ahead - perWeek * Math.ceil(ahead / perWeek);
    const [a, b] = [y[back] ?? NaN, y[back - perWeek] ?? NaN];
    if (Number.isNaN(a)) return Number.isNaN(b) ? usual(ahead) : b;
    return Number.isNaN(b) ? a : 0.6 * a + 0.4 * b;
  };
}

/** What the last steps were off by, dying away as fast as such errors did. */
function carried(rest: Float64Array, level: number): Ahead {
  const off = (i: number) => (rest[i] ?? NaN) - level;
  let [own, next] = [0, 0];
  const from = Math.max(1, rest.length - 1_000);
  for (let i = from; i < rest.length; i++) {
    const [a, b] = [off(i - 1), off(i)];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    own += a * a;
    next += a * b;
  }
  const keep = own > 0 ? Math.max(0, Math.min(0.98, next / own)) : 0;
  const now = off(rest.length - 1);
  return (ahead) => (Number.isNaN(now) ? 0 : now * keep ** ahead);
}

/** Medians of days counted back from the end. */
function daily(rest: Float64Array, perDay: number): Float64Array {
  const days = Math.floor(rest.length / perDay);
  const start = rest.length - days * perDay;
  return Float64Array.from({ length: days }, (_, d) => medianOf(rest, start + d * perDay, start + (d + 1) * perDay));
}

/** Exponential smoothing of days, its constant the one that foretold the next day best. */
function smoothed(days: Float64Array): number | null {
  let best = { error: Infinity, level: null as number | null };
  for (const alpha of [0.05, 0.1, 0.2, 0.35, 0.5, 0.8]) {
    let level = NaN;
    let [error, n] = [0, 0];
    for (const v of days) {
      if (Number.isNaN(v)) continue;
      if (Number.isNaN(level)) level = v;
      else {
        error += Math.abs(v - level);
        n++;
        level += alpha * (v - level);
      }
    }
    if (n > 0 && error / n < best.error) best = { error: error / n, level };
  }
  return best.level;
}

/** Exponential smoothing of steps, its constant the one that foretold best a day ahead: follows a level that jumps. */
function heldLevel(rest: Float64Array, perDay: number): number | null {
  const from = Math.max(0, rest.length - 28 * perDay);
  let best = { error: Infinity, level: null as number | null };
  for (const alpha of [0.03, 0.1, 0.3, 0.6]) {
    const levels = new Float64Array(rest.length - from);
    let level = NaN;
    let [error, n] = [0, 0];
    for (let i = from; i < rest.length; i++) {
      const v = rest[i] ?? NaN;
      if (!Number.isNaN(v)) {
        const then = levels[i - from - perDay] ?? NaN;
        if (!Number.isNaN(then) && i - from > 2 * perDay) [error, n] = [error + Math.abs(v - then), n + 1];
        level = Number.isNaN(level) ? v : level + alpha * (v - level);
      }
      levels[i - from] = level;
    }
    if (n > 0 && error / n < best.error) best = { error: error / n, level };
  }
  return best.level;
}

/** Growth a day where the history proves one, from what came after the last bend and without steps. */
function slopeOf(days: Float64Array): number {
  if (days.length < 2 * WEEK) return 0;
  const trend = fitTrend(withoutSteps(days, findSteps(days).steps), 4 * WEEK);
  if (!trend || trend.shape === 'slowing') return 0;
  const size = Math.abs(trend.line.slope) - 0.5 * trend.slopeRange;
  if (trend.shape === 'exponential') return trend.line.slope * (days.at(-1) ?? 0) || 0;
  return Math.abs(trend.line.slope) > trend.slopeRange ? Math.sign(trend.line.slope) * size : 0;
}

/** Gaps take what is usual there: for members that know no gaps. */
function filled(y: Float64Array, adds: Float64Array, level: number, season: Season): Float64Array {
  return y.map((v, i) => (Number.isNaN(v) ? level + (adds[season.phase(i)] ?? 0) : v));
}

/** Weights of members from their mean absolute errors: the best counts most, none counts for nothing. */
export function weightsOf(errors: readonly number[]): number[] {
  const known = errors.filter((e) => Number.isFinite(e));
  if (known.length === 0) return errors.map(() => 1 / errors.length);
  const best = Math.max(Math.min(...known), Number.MIN_VALUE);
  const raw = errors.map((e) => (Number.isFinite(e) ? Math.exp(-SHARPNESS * (e / best - 1)) : 0));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((w) => w / sum);
}

const SHARPNESS = 8;
