/**
 * The exact extremes of a combination of raw records. Devices are polled at different moments, so a
 * slot blends two records of each and a sum of slots is lower than the sum really was. Between two
 * readings nothing changes, so the true extreme is found by walking through those moments, in the
 * slots that can hold it only: a slot's bound says whether it can.
 */
import { combineValues, type Combine, type Combined } from './aggregate.ts';
import type { RawColumns } from './ports.ts';

export interface Extremes {
  readonly maximum: number | null;
  readonly maximumAtMs: number | null;
  readonly minimum: number | null;
  /** Too many slots could hold it: the figure is a bound. */
  readonly bound: { readonly maximum: boolean; readonly minimum: boolean };
}

/** Values looked at for one extreme; beyond it the bound must do. */
const WORK_MAX = 3_000_000;

/**
 * @param reached slots that may hold the maximum
 * @param usable slots that may hold the minimum
 */
export function extremesOf(
  combined: Combined,
  records: readonly RawColumns[],
  how: Combine,
  reached: (slot: number) => boolean,
  usable: (slot: number) => boolean,
): Extremes {
  const slots = Array.from(combined.mean.keys());
  const highest = search(combined, records, how, slots.filter(reached), 1);
  const lowest = search(combined, records, how, slots.filter(usable), -1);
  return {
    maximum: highest.value,
    maximumAtMs: highest.atMs,
    minimum: lowest.value,
    bound: { maximum: highest.bound, minimum: lowest.bound },
  };
}

function search(combined: Combined, records: readonly RawColumns[], how: Combine, slots: number[], sign: 1 | -1) {
  const limits = sign === 1 ? combined.high : combined.low;
  const order = slots.sort((a, b) => sign * ((limits[b] ?? 0) - (limits[a] ?? 0)));
  let value: number | null = null;
  let atMs: number | null = null;
  let work = 0;
  for (const slot of order) {
    const limit = limits[slot] ?? NaN;
    if (value !== null && sign * value >= sign * limit) break;
    if (work > WORK_MAX) return { value: limit, atMs, bound: true };
    const fromMs = combined.fromMs + slot * combined.stepMs;
    const moments = momentsOf(records, fromMs, fromMs + combined.stepMs);
    work += moments.length * records.length;
    const expected = combined.counted[slot] ?? 0;
    // Where a member is unknown for a part of the slot, that part tells nothing; the slot's mean stands for it.
    let best = combined.mean[slot] ?? NaN;
    let bestMs = fromMs;
    for (const moment of moments) {
      const values = valuesAt(records, moment);
      if (values.length < expected || values.length === 0) continue;
      const now = combineValues(how, values);
      if (sign * now > sign * best) [best, bestMs] = [now, moment];
    }
    if (value === null || sign * best > sign * value) [value, atMs] = [best, bestMs];
  }
  return { value, atMs, bound: false };
}

/** Beginnings of stretches in which no record changes. */
function momentsOf(records: readonly RawColumns[], fromMs: number, toMs: number): number[] {
  const moments = new Set([fromMs]);
  for (const { tMs } of records) {
    for (let i = after(tMs, fromMs); i < tMs.length && (tMs[i] ?? Infinity) < toMs; i++) moments.add(tMs[i] ?? fromMs);
  }
  return [...moments];
}

/** Values of the records that cover the time just after a moment; unknown ones are left out. */
function valuesAt(records: readonly RawColumns[], moment: number): number[] {
  const values: number[] = [];
  for (const { tMs, value, previousMs } of records) {
    const i = after(tMs, moment);
    if (i === 0 && (previousMs === null || previousMs > moment)) continue;
    const v = value[i];
    if (v !== undefined && !Number.isNaN(v)) values.push(v);
  }
  return values;
}

/** Index of the first time after a moment. */
function after(tMs: Float64Array, moment: number): number {
  let [low, high] = [0, tMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tMs[middle] ?? 0) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
