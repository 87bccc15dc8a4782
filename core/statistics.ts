/** Figures of a range, from stored data. */
import type { Visit } from './query.ts';

export interface Summary {
  /** Time-weighted over known time; null when nothing is known. */
  readonly average: number | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** Start of the stretch that holds the maximum. */
  readonly maximumAtMs: number | null;
  /** Mean × known seconds. */
  readonly total: number | null;
  /** Share of from..to that is known, 0–1. */
  readonly known: number;
}

/** Summary of the stretches cut to from..to (a bin at an edge counts with its share). */
export function summarise(each: (visit: Visit) => void, fromMs: number, toMs: number): Summary {
  let total = 0;
  let knownMs = 0;
  let minimum = Infinity;
  let maximum = -Infinity;
  let maximumAtMs = NaN;
  each((t0, t1, mean, min, max, known) => {
    const overlap = Math.min(t1, toMs) - Math.max(t0, fromMs);
    if (overlap <= 0) return;
    const ms = (overlap * known) / (t1 - t0);
    total += mean * ms;
    knownMs += ms;
    if (min < minimum) minimum = min;
    if (max > maximum) [maximum, maximumAtMs] = [max, t0];
  });
  if (knownMs <= 0) return { average: null, minimum: null, maximum: null, maximumAtMs: null, total: null, known: 0 };
  return {
    average: total / knownMs,
    minimum,
    maximum,
    maximumAtMs,
    total: total / 1000,
    known: Math.min(1, knownMs / (toMs - fromMs)),
  };
}

/**
 * The p-th percentile (0–1) by the nearest-rank method of billing: sort, discard the top
 * 1−p share, the next value is the answer. Reorders `values`. Null when empty.
 * Selection by Hoare's quickselect, because a sort costs forty times as much.
 */
export function percentile(values: Float64Array, p: number): number | null {
  const n = values.length;
  if (n === 0) return null;
  const rank = Math.min(n - 1, Math.max(0, Math.ceil(p * n) - 1));
  let low = 0;
  let high = n - 1;
  while (low < high) {
    // Median of three keeps sorted input fast.
    const mid = (low + high) >> 1;
    const a = values[low] ?? 0;
    const b = values[mid] ?? 0;
    const c = values[high] ?? 0;
    const pivot = a < b ? (b < c ? b : Math.max(a, c)) : a < c ? a : Math.max(b, c);
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i++;
      while ((values[j] ?? 0) > pivot) j--;
      if (i <= j) {
        const swap = values[i] ?? 0;
        values[i] = values[j] ?? 0;
        values[j] = swap;
        i++;
        j--;
      }
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return values[rank] ?? null;
}
