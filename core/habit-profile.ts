/**
 * What a series usually does at each hour of the week: the mean of an hour is kept for each of the last eight weeks, and
 * their median is what is usual. Eight values carry no more than that, so several ways to pool them with like days and
 * neighbouring hours forecast side by side, and each counts for as much as it has been right lately. A series without
 * any habit so falls back to its level by itself.
 */
import { HOURS_OF_WEEK } from './habit-clock.ts';

/** Weeks that a bucket remembers. */
const WEEKS = 8;
/** Hours that make the level, and that show by how much a profile is off lately. */
const RECENT_HOURS = 24;
/** How fast the record of a candidate forgets: about ten days of hours. */
const ERROR_SHARE = 1 / 240;
/**
 * The level; all days; like days; this hour of the week; the last three also moved by how far they were off lately, and
 * multiplied by how many times too small they were.
 */
const CANDIDATES = 10;
/** Those made of the hour's own weeks. */
const OWN = [3, 6, 9] as const;
/** So many weeks of its own, and so many usual errors away from all else, before an hour is believed alone. */
const OWN_WEEKS = 2;
const OWN_ERRORS = 3;
/** The hour's weeks must be off so many times more than when moved, and by such a share at least, to be moved for good. */
const SHIFTED = 2;
const LEAST_SHIFT = 0.2;
/** Ratios beyond these are no growth. */
const LEAST_RATIO = 0.2;
const MOST_RATIO = 5;

export interface ProfileState {
  /** Means of the hour of the week, oldest first. */
  readonly weeks: number[][];
  /** Median of each of them; null where nothing is known. */
  readonly usual: (number | null)[];
  /** Means of the last hours. */
  readonly recent: number[];
  /** By how much each candidate that is not moved was off in the last hours. */
  readonly off: number[][];
  /** How many times too small each of them was in the last hours. */
  readonly ratios: number[][];
  /** Mean absolute error of each candidate, null before its first. */
  readonly errors: (number | null)[];
}

export function emptyProfile(): ProfileState {
  return {
    weeks: Array.from({ length: HOURS_OF_WEEK }, () => []),
    usual: Array.from({ length: HOURS_OF_WEEK }, () => null),
    recent: [],
    off: [[], [], []],
    ratios: [[], [], []],
    errors: Array.from({ length: CANDIDATES }, () => null),
  };
}

export function copyProfile(state: ProfileState): ProfileState {
  return {
    weeks: state.weeks.map((values) => [...values]),
    usual: [...state.usual],
    recent: [...state.recent],
    off: state.off.map((values) => [...values]),
    ratios: state.ratios.map((values) => [...values]),
    errors: [...state.errors],
  };
}

/** What each way of pooling expects of an hour of the week; null where it knows nothing. */
function candidatesAt(state: ProfileState, hourOfWeek: number): (number | null)[] {
  const level = medianOf(state.recent);
  const [allDays, likeDays] = [pooled(state, hourOfWeek, 0, 7), pooledLike(state, hourOfWeek)];
  const own = state.weeks[hourOfWeek] ?? [];
  const usual = state.usual[hourOfWeek] ?? null;
  const ofHour = usual === null || likeDays === null ? likeDays : (usual * own.length + likeDays) / (own.length + 1);
  const plain = [allDays, likeDays, ofHour];
  const moved = plain.map((value, i) => {
    const off = medianOf(state.off[i] ?? []);
    return value === null || off === null ? value : value + off;
  });
  const grown = plain.map((value, i) => {
    const ratio = medianOf(state.ratios[i] ?? []);
    return value === null || ratio === null ? value : value * ratio;
  });
  return [level, ...plain, ...moved, ...grown];
}

/** What is expected of an hour of the week: one number of all candidates; null while nothing is known. */
export function expectedOf(state: ProfileState, hourOfWeek: number): number | null {
  const candidates = candidatesAt(state, hourOfWeek);
  const blended = blend(state, candidates);
  return blended === null ? null : ofItsOwn(state, hourOfWeek, candidates, blended);
}

/** The candidates, each weighed by how right it was. */
function blend(state: ProfileState, candidates: readonly (number | null)[]): number | null {
  const known = candidates.flatMap((value, i) => {
    const error = state.errors[i] ?? null;
    return value === null || error === null ? [] : [{ value, error }];
  });
  if (known.length === 0) return candidates.find((value) => value !== null) ?? null;
  const best = Math.min(...known.map(({ error }) => error));
  let sum = 0;
  let weights = 0;
  for (const { value, error } of known) {
    const weight = error <= best ? 1 : (best / error) ** 6;
    sum += weight * value;
    weights += weight;
  }
  return sum / weights;
}

/** An hour that weeks agree about, and that no other day shares, as that of a weekly job: what counts is what it did itself. */
function ofItsOwn(state: ProfileState, hourOfWeek: number, candidates: readonly (number | null)[], blended: number): number {
  const weeks = state.weeks[hourOfWeek] ?? [];
  if (weeks.length < OWN_WEEKS) return blended;
  let nearest = { distance: Infinity, value: blended, error: 0 };
  for (const i of OWN) {
    const [value, error] = [candidates[i] ?? null, state.errors[i] ?? null];
    if (value === null || error === null) continue;
    const distance = Math.abs(value - blended);
    if (distance < nearest.distance) nearest = { distance, value, error };
  }
  const range = Math.max(...weeks) - Math.min(...weeks);
  const stands = nearest.distance < Infinity && nearest.distance > Math.max(OWN_ERRORS * nearest.error, 2 * range);
  return stands ? (state.usual[hourOfWeek] ?? blended) : blended;
}

/** Learns the mean of an hour that is over, having been compared with what was expected of it. */
export function learnHour(state: ProfileState, hourOfWeek: number, mean: number): void {
  const expected = candidatesAt(state, hourOfWeek);
  expected.forEach((value, i) => {
    if (value === null) return;
    const error = Math.abs(mean - value);
    const before = state.errors[i] ?? null;
    // A single hour counts for no more than a few usual ones.
    state.errors[i] = before === null ? error : before + ERROR_SHARE * (Math.min(error, 6 * before + 1e-12) - before);
    if (i < 1 || i > 3) return;
    push(state.off[i - 1] ?? [], mean - value, RECENT_HOURS);
    const ratio = mean / value;
    push(state.ratios[i - 1] ?? [], ratio > 0 ? Math.min(MOST_RATIO, Math.max(LEAST_RATIO, ratio)) : 1, RECENT_HOURS);
  });
  push(state.recent, mean, RECENT_HOURS);
  const own = state.weeks[hourOfWeek] ?? [];
  push(own, mean, WEEKS);
  state.usual[hourOfWeek] = medianOf(own);
  followShift(state);
}

/**
 * Where the hour's weeks have long been off by the same factor (or amount), they are moved to where the series is now: a level
 * that has changed would else be learnt twice, once by moving what is expected and once more when the new weeks become most.
 */
function followShift(state: ProfileState): void {
  const [plain = null, moved = null, grown = null] = OWN.map((i) => state.errors[i] ?? null);
  const [ratios, off] = [state.ratios[2] ?? [], state.off[2] ?? []];
  if (plain === null || moved === null || grown === null || ratios.length < RECENT_HOURS) return;
  const ratio = medianOf(ratios) ?? 1;
  const amount = medianOf(off) ?? 0;
  const shift =
    grown < moved && SHIFTED * grown < plain
      ? Math.abs(ratio - 1) > LEAST_SHIFT
        ? (v: number) => v * ratio
        : null
      : SHIFTED * moved < plain && Math.abs(amount) > plain / 2
        ? (v: number) => v + amount
        : null;
  if (shift === null) return;
  for (const list of state.weeks) list.forEach((v, w) => (list[w] = shift(v)));
  state.usual.forEach((v, h) => (state.usual[h] = v === null ? null : shift(v)));
  for (let i = 0; i < state.off.length; i++) {
    state.off[i] = [];
    state.ratios[i] = [];
    const better = Math.min(state.errors[4 + i] ?? Infinity, state.errors[7 + i] ?? Infinity);
    state.errors[1 + i] = Math.min(state.errors[1 + i] ?? better, better);
  }
}

function pooledLike(state: ProfileState, hourOfWeek: number): number | null {
  const weekend = hourOfWeek >= 120;
  return pooled(state, hourOfWeek, weekend ? 5 : 0, weekend ? 7 : 5) ?? pooled(state, hourOfWeek, 0, 7);
}

/** Median over days of an hour, which counts four times, and of its neighbours. */
function pooled(state: ProfileState, hourOfWeek: number, fromDay: number, toDay: number): number | null {
  const hour = hourOfWeek % 24;
  const values: number[] = [];
  const beside: number[] = [];
  for (let day = fromDay; day < toDay; day++) {
    const at = day * 24 + hour;
    const own = state.usual[at] ?? null;
    if (own !== null) values.push(own);
    const before = state.usual[(at + 167) % HOURS_OF_WEEK] ?? null;
    const after = state.usual[(at + 1) % HOURS_OF_WEEK] ?? null;
    if (before !== null && after !== null) beside.push((before + after) / 2);
  }
  if (values.length === 0) return medianOf(beside);
  // Where the hour itself is known on two days or more, neighbours would only blunt its peak.
  return medianOf(values.length >= 2 ? values : [...values, ...values, ...beside]);
}

export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

function push(values: number[], value: number, most: number): void {
  values.push(value);
  if (values.length > most) values.shift();
}
