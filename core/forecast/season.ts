/** What a rate does at each hour of the week (or day of it), and the level it does it about. */
import { medianOf, quantileOf, sigmaOf, sortedKnown, sumOf } from './robust.ts';

/** How steps repeat. */
export interface Season {
  /** Steps of a day: 24 for hours, 1 for days. */
  readonly perDay: number;
  /** Steps of a week. */
  readonly perWeek: number;
  /** Place of an index in its week, from Monday 00:00 local time; also of indices ahead. */
  readonly phase: (i: number) => number;
}

const FROM_WEEKEND = 5;
/** Weeks a profile looks back: older habits have changed. */
const WEEKS = 8;
/** Values of a week's own phase that weigh as much as all like phases together. */
const POOL = 3;
/** A spread is never taken for less than this share of the values. */
const FINEST = 1e-6;

export interface Profile {
  /** What each phase adds; all zero where the history shows no habit. */
  readonly adds: Float64Array;
  /** Standard deviation about it by phase, pooled. */
  readonly spread: Float64Array;
  /** Values less the profile. */
  readonly rest: Float64Array;
  /** What the profile is about: a level that neither habit nor peaks move. */
  readonly level: Float64Array;
}

/** Median of each day, then of each seven days about it: a level that neither habit nor peaks move. Before `from`: unknown. */
function slowLevel(y: Float64Array, perDay: number, from: number): Float64Array {
  const days = Math.ceil(y.length / perDay);
  // Counted from the end, so that the last day is whole.
  const start = y.length - days * perDay;
  const first = Math.floor((from - start) / perDay);
  const daily = new Float64Array(days);
  for (let d = Math.max(0, first - 3); d < days; d++)
    daily[d] = medianOf(y, Math.max(0, start + d * perDay), start + (d + 1) * perDay);
  const level = new Float64Array(y.length).fill(NaN);
  for (let d = first; d < days; d++) {
    const smooth = medianOf(daily, Math.max(0, d - 3), Math.min(days, d + 4));
    level.fill(smooth, Math.max(from, start + d * perDay), start + (d + 1) * perDay);
  }
  return level;
}

/** The first place that a profile is made of. */
const firstOf = (y: Float64Array, season: Season): number => Math.max(0, y.length - WEEKS * season.perWeek);

/**
 * What each phase of the week adds, by medians, drawn towards all like phases (the same hour of working days, or of the
 * weekend) by how few weeks there are, and altogether towards nothing by how much of it noise explains.
 */
export function habitOf(y: Float64Array, season: Season, level = slowLevel(y, season.perDay, firstOf(y, season))): Float64Array {
  const { perDay, perWeek } = season;
  const from = firstOf(y, season);
  const pools = Array.from({ length: 2 * perDay }, () => [] as number[]);
  const own = Array.from({ length: perWeek }, () => [] as number[]);
  const pool = (phase: number) => (perDay === 1 ? 0 : (phase % perDay) + (phase >= FROM_WEEKEND * perDay ? perDay : 0));
  for (let i = from; i < y.length; i++) {
    const v = (y[i] ?? NaN) - (level[i] ?? NaN);
    if (Number.isNaN(v)) continue;
    const phase = season.phase(i);
    own[phase]?.push(v);
    pools[pool(phase)]?.push(v);
  }
  const any = perDay > 1 ? Array.from({ length: perDay }, (_, h) => [...(pools[h] ?? []), ...(pools[h + perDay] ?? [])]) : [[]];
  const pooled = pools.map((list, p) => (list.length > 0 ? medianOf(list) : medianOf(any[p % perDay] ?? [])));
  const adds = new Float64Array(perWeek);
  for (let phase = 0; phase < perWeek; phase++) {
    const list = own[phase] ?? [];
    const like = perDay === 1 ? 0 : (pooled[pool(phase)] ?? 0);
    const base = Number.isNaN(like) ? 0 : like;
    const weight = list.length / (list.length + POOL);
    adds[phase] = list.length < 2 ? base : base + weight * (medianOf(list) - base);
  }
  const weeks = Math.max(1, (y.length - from) / perWeek);
  const left = new Float64Array(y.length - from);
  for (let i = from; i < y.length; i++) left[i - from] = (y[i] ?? NaN) - (level[i] ?? NaN) - (adds[season.phase(i)] ?? 0);
  const noise = sigmaOf(left, 0);
  const size = Math.sqrt(adds.reduce((sum, a) => sum + a * a, 0) / perWeek);
  const support = perDay === 1 ? weeks + POOL : 5 * weeks;
  const share = size > 0 ? Math.max(0, 1 - (noise * noise) / support / (size * size)) : 0;
  for (let phase = 0; phase < perWeek; phase++) adds[phase] = share * (adds[phase] ?? 0);
  return adds;
}

/** The habit, and how far values stray from it. */
export function profileOf(y: Float64Array, season: Season): Profile {
  const level = slowLevel(y, season.perDay, 0);
  const adds = habitOf(y, season, level);
  const rest = new Float64Array(y.length);
  for (let i = 0; i < y.length; i++) rest[i] = (y[i] ?? NaN) - (adds[season.phase(i)] ?? 0);
  return { adds, rest, level, spread: spreadOf(rest, level, season, firstOf(y, season)) };
}

/** Typical distance from the level by hour of the day, smoothed over three, half of it that of all hours. */
function spreadOf(rest: Float64Array, level: Float64Array, { perDay, perWeek, phase }: Season, from: number): Float64Array {
  const byHour = Array.from({ length: perDay }, () => [] as number[]);
  const all: number[] = [];
  for (let i = from; i < rest.length; i++) {
    const v = Math.abs((rest[i] ?? NaN) - (level[i] ?? NaN));
    if (Number.isNaN(v)) continue;
    all.push(v);
    for (const beside of perDay > 2 ? [-1, 0, 1] : [0]) byHour[(phase(i) + beside + perDay) % perDay]?.push(v);
  }
  const sorted = sortedKnown(all);
  // Half of the values may be exactly on the level: then the mean distance says more than the median.
  const typical = (list: Float64Array) => 0.5 * quantileOf(list, 0.6) + (0.5 * sumOf(list)) / Math.max(1, list.length);
  const whole = typical(sorted) || 0;
  const hours = byHour.map((list) => (list.length >= 6 ? 0.5 * typical(sortedKnown(list)) + 0.5 * whole : whole));
  // Rounding is no noise that errors could be measured in.
  let size = 0;
  for (let i = 0; i < rest.length; i++) if (Math.abs(rest[i] ?? 0) > size) size = Math.abs(rest[i] ?? 0);
  const least = Math.max(FINEST * size, Number.MIN_VALUE);
  return Float64Array.from({ length: perWeek }, (_, p) => Math.max(hours[p % perDay] ?? whole, least));
}
