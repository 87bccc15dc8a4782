/** From rows as they come to one value a step, at equal distances. What is wrong with the rows is said, never guessed at. */
import { DAY_MS, dateText } from './words.ts';
import { HOUR_MS, type Calendar, type Decision, type History, type StepValue } from './model.ts';
import { dayStartMs, localDay } from './calendar.ts';
import { medianOf } from './robust.ts';

/** Rows so far from nearly all others come from a clock that was wrong. */
const FAR_MS = 180 * DAY_MS;
const FEW = 0.02;
/** A step at either end that holds less of its rows than this is not over yet, or began late. */
const WHOLE = 0.75;

export interface Grid {
  /** One value a step, NaN = unknown; first and last are known. */
  readonly values: Float64Array;
  readonly stepMs: number;
  readonly of: StepValue;
  /** Start and end of a step by its index; also of steps ahead of the last. */
  startMs(i: number): number;
  endMs(i: number): number;
  readonly decisions: readonly Decision[];
}

export interface Rows {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** Usual distance between rows; NaN with fewer than two. */
  readonly distanceMs: number;
  readonly decisions: readonly Decision[];
}

const rowsDecision = (text: string, atMs: number | null = null): Decision => ({ what: 'rows', atMs, amount: null, text });

/** Known rows in order of time, without those a wrong clock stamped. */
export function cleanRows({ timesMs, values }: History): Rows {
  const decisions: Decision[] = [];
  let order: number[] = [];
  let sorted = true;
  let strange = 0;
  for (let i = 0; i < timesMs.length; i++) {
    const [t, v] = [timesMs[i] ?? NaN, values[i] ?? NaN];
    if (!Number.isFinite(t) || v === Infinity || v === -Infinity) strange++;
    else if (!Number.isNaN(v)) {
      if (order.length > 0 && t < (timesMs[order.at(-1) ?? 0] ?? 0)) sorted = false;
      order.push(i);
    }
  }
  if (strange > 0) decisions.push(rowsDecision(`${strange} rows without a time or a finite value were left out.`));
  if (!sorted) {
    order.sort((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0) || a - b);
    decisions.push(rowsDecision('Rows were not in order of time, as after a clock was set back; they were sorted.'));
  }
  const at = (k: number) => timesMs[order[k] ?? -1] ?? NaN;
  const wrong = islands(at, order.length);
  if (wrong.first > 0 || wrong.end < order.length) {
    const count = wrong.first + order.length - wrong.end;
    const example = wrong.first > 0 ? at(0) : at(order.length - 1);
    decisions.push(
      rowsDecision(`${count} rows far from all others (such as ${dateText(example)}) were left out: a clock was wrong.`, example),
    );
    order = order.slice(wrong.first, wrong.end);
  }
  const times = Float64Array.from(order, (i) => timesMs[i] ?? NaN);
  const distances = times.slice(1, 5_001).map((t, k) => t - (times[k] ?? 0));
  return {
    timesMs: times,
    values: Float64Array.from(order, (i) => values[i] ?? NaN),
    distanceMs: medianOf(distances.filter((d) => d > 0)),
    decisions,
  };
}

/** Few rows at either end, far away from the rest. */
function islands(at: (k: number) => number, n: number): { first: number; end: number } {
  const few = Math.floor(n * FEW);
  let [first, end] = [0, n];
  for (let k = 1; k <= few; k++) {
    if (at(k) - at(k - 1) > FAR_MS) first = k;
    if (at(n - k) - at(n - k - 1) > FAR_MS) end = n - k;
  }
  return { first, end };
}

/**
 * @param stepMs whole days (cut at local midnight), or an hour
 * @returns null without a known row
 */
export function gridOf(rows: Rows, stepMs: number, of: StepValue, calendar: Calendar): Grid | null {
  const n = rows.timesMs.length;
  if (n === 0) return null;
  const days = stepMs / DAY_MS;
  // A row stands for the time before it: one at midnight belongs to the day that ends.
  const before = Math.min(1, rows.distanceMs || 0);
  const slot = (t: number) =>
    days >= 1
      ? Math.floor(localDay(calendar, rows.distanceMs < DAY_MS / 2 ? t - before : t) / days)
      : Math.floor((rows.distanceMs < stepMs ? t - before : t) / stepMs);
  const origin = slot(rows.timesMs[0] ?? 0);
  const length = slot(rows.timesMs[n - 1] ?? 0) - origin + 1;
  const sums = new Float64Array(length);
  const counts = new Float64Array(length);
  const largest = new Float64Array(length).fill(-Infinity);
  for (let k = 0; k < n; k++) {
    const i = slot(rows.timesMs[k] ?? 0) - origin;
    const v = rows.values[k] ?? 0;
    sums[i] = (sums[i] ?? 0) + v;
    counts[i] = (counts[i] ?? 0) + 1;
    if (v > (largest[i] ?? 0)) largest[i] = v;
  }
  let [from, to] = [0, length];
  const full = stepMs / rows.distanceMs;
  if (full >= 4 && length > 3) {
    if ((counts[0] ?? 0) < WHOLE * full) from = 1;
    if ((counts[length - 1] ?? 0) < WHOLE * full) to = length - 1;
    while (from < to && counts[from] === 0) from++;
    while (to > from && counts[to - 1] === 0) to--;
  }
  const values = new Float64Array(to - from);
  for (let i = from; i < to; i++) {
    const count = counts[i] ?? 0;
    values[i - from] = count === 0 ? NaN : of === 'max' ? (largest[i] ?? NaN) : (sums[i] ?? NaN) / count;
  }
  const startMs = (i: number) => (days >= 1 ? dayStartMs(calendar, (i + from + origin) * days) : (i + from + origin) * stepMs);
  const word = days === 1 ? 'a day' : days > 1 ? `${days} days` : stepMs === HOUR_MS ? 'an hour' : `${stepMs / 60_000} minutes`;
  const decisions =
    full > 1.5
      ? [
          {
            what: 'resolution' as const,
            atMs: null,
            amount: null,
            text: `Rows of ${word} are taken together; their ${of === 'max' ? 'largest' : 'mean'} value counts.`,
          },
        ]
      : [];
  return { values, stepMs, of, startMs, endMs: (i) => startMs(i + 1), decisions };
}
