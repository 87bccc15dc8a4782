/**
 * Bins from samples, weighted by overlap: a sample (t0, t1] adds value × overlap to every bin
 * it touches, so that mean × known time = total, whatever the poll times. One table holds the
 * open bin of many series; a bin is emitted once, when a sample reaches its end.
 */

import { significantMean } from './significant.ts';

/** A bin as it stands. known is the fraction 0–1 of the bin's width. */
export interface Bin {
  readonly tMs: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly known: number;
}

/** @param at position in the row that closed it, 0 when it was no row */
export type EmitBin = (slot: number, tMs: number, mean: number, min: number, max: number, known: number, at: number) => void;

/** Bins of many series that begin at the same moment, by position; known NaN or 0 is no bin. */
export interface BinsOfRow {
  readonly tMs: number;
  readonly mean: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly known: Float64Array;
}
/** Where the bins go that begin at a moment and that a row closes. */
export type BinsAt = (tMs: number) => BinsOfRow;

export interface Rollup {
  readonly stepMs: number;
  /**
   * Adds the sample (t0Ms, t1Ms] of a slot; NaN is unknown time. False when it reaches back
   * before the open bin: nothing was added, and the bins it touches must be computed anew.
   */
  add(slot: number, t0Ms: number, t1Ms: number, value: number, at?: number): boolean;
  /**
   * Adds samples of the same time, value i to slot i. Bins that close go to `out`, or are emitted
   * where more than one of a slot does. @returns positions of samples that reach back
   */
  addRow(slots: Int32Array, t0Ms: number, t1Ms: number, values: Float64Array, out: BinsAt): number[];
  /** Adds closed bins of a finer rollup, in order of time; what closes with them goes to `out`. */
  addBins(slots: Int32Array, finerStepMs: number, bins: BinsOfRow, out: BinsAt): void;
  /** Closes the open bins that end at or before t into `out`. */
  pass(slots: Int32Array, tMs: number, out: BinsAt): void;
  /** The open bin of a slot as it stands, its mean with all digits, null if nothing is known in it. */
  open(slot: number): Bin | null;
  /** Emits and closes the open bin of a slot if it ends at or before beforeMs. */
  seal(slot: number, beforeMs: number): boolean;
  /** Forgets the open bin of a slot. */
  clear(slot: number): void;
  /** Takes up a bin of a slot where it was left; replaces the open one. */
  restore(slot: number, bin: Bin): void;
}

/** Known time, total, minimum and maximum of a slot stand side by side. */
const WIDTH = 4;

/** @param stepMs a second or more */
export function createRollup(stepMs: number, emit: EmitBin): Rollup {
  /** Of each slot WIDTH numbers; all of them are as good as absent while nothing is known. */
  let state = new Float64Array(0);
  /** The open bin of each slot, counted in steps. */
  let index = new Int32Array(0);
  let slots = 0;

  const grow = (needed: number) => {
    // What is never written costs no memory, so room for more is free.
    slots = Math.max(64, Math.ceil(needed * 1.5));
    const [states, indices] = [new Float64Array(slots * WIDTH), new Int32Array(slots)];
    states.set(state);
    indices.set(index);
    [state, index] = [states, indices];
  };
  const meanOf = (base: number) =>
    between((state[base + 1] ?? 0) / (state[base] ?? 0), state[base + 2] ?? 0, state[base + 3] ?? 0);
  const closedMeanOf = (base: number) =>
    binMean((state[base + 1] ?? 0) / (state[base] ?? 0), state[base + 2] ?? 0, state[base + 3] ?? 0);
  const close = (slot: number, at: number) => {
    const base = slot * WIDTH;
    const knownMs = state[base] ?? 0;
    if (knownMs <= 0) return;
    const mean = closedMeanOf(base);
    state[base] = 0;
    const tMs = (index[slot] ?? 0) * stepMs;
    emit(slot, tMs, mean, state[base + 2] ?? NaN, state[base + 3] ?? NaN, Math.min(1, knownMs / stepMs), at);
  };
  const closeInto = (slot: number, at: number, bins: BinsOfRow) => {
    const base = slot * WIDTH;
    bins.mean[at] = closedMeanOf(base);
    bins.min[at] = state[base + 2] ?? NaN;
    bins.max[at] = state[base + 3] ?? NaN;
    bins.known[at] = Math.min(1, (state[base] ?? 0) / stepMs);
    state[base] = 0;
  };
  /** Adds to a bin, which is the open one or a new one. */
  const put = (slot: number, bin: number, knownMs: number, total: number, min: number, max: number) => {
    const base = slot * WIDTH;
    const before = state[base] ?? 0;
    state[base] = before + knownMs;
    if (before > 0) {
      state[base + 1] = (state[base + 1] ?? 0) + total;
      if (min < (state[base + 2] ?? 0)) state[base + 2] = min;
      if (max > (state[base + 3] ?? 0)) state[base + 3] = max;
      return;
    }
    index[slot] = bin;
    state[base + 1] = total;
    state[base + 2] = min;
    state[base + 3] = max;
  };
  const add = (slot: number, t0Ms: number, t1Ms: number, value: number, at = 0): boolean => {
    if (!(t1Ms > t0Ms)) return true;
    if (slot >= slots) grow(slot + 1);
    const open = (state[slot * WIDTH] ?? 0) > 0;
    if (Number.isNaN(value)) {
      // Nothing to add, wherever it reaches: only the bin that is over must go.
      if (open && ((index[slot] ?? 0) + 1) * stepMs <= t1Ms) close(slot, at);
      return true;
    }
    let bin = Math.floor(t0Ms / stepMs);
    if (open && (index[slot] ?? 0) > bin) return false;
    for (let fromMs = t0Ms; ; bin++) {
      if (index[slot] !== bin) close(slot, at);
      const endMs = (bin + 1) * stepMs;
      const overlapMs = Math.min(t1Ms, endMs) - fromMs;
      put(slot, bin, overlapMs, value * overlapMs, value, value);
      if (t1Ms < endMs) return true;
      close(slot, at);
      if (t1Ms === endMs) return true;
      fromMs = endMs;
    }
  };

  return {
    stepMs,
    add,
    addRow(row, t0Ms, t1Ms, values, out) {
      const behind: number[] = [];
      if (!(t1Ms > t0Ms)) return behind;
      const bin = Math.floor(t0Ms / stepMs);
      const endMs = (bin + 1) * stepMs;
      const overlapMs = Math.min(t1Ms, endMs) - t0Ms;
      const restMs = t1Ms - endMs;
      // Mostly all of it falls into one bin or two, and the first is the open one.
      const simple = restMs < stepMs;
      const over = restMs >= 0;
      const bins = simple && over ? out(bin * stepMs) : null;
      for (let i = 0; i < row.length; i++) {
        const slot = row[i] ?? 0;
        const value = values[i] ?? NaN;
        const base = slot * WIDTH;
        const knownMs = simple && slot < slots && index[slot] === bin ? (state[base] ?? 0) : 0;
        if (!(knownMs > 0) || Number.isNaN(value)) {
          if (!add(slot, t0Ms, t1Ms, value, i)) behind.push(i);
          continue;
        }
        state[base] = knownMs + overlapMs;
        state[base + 1] = (state[base + 1] ?? 0) + value * overlapMs;
        if (value < (state[base + 2] ?? 0)) state[base + 2] = value;
        if (value > (state[base + 3] ?? 0)) state[base + 3] = value;
        if (bins === null) continue;
        closeInto(slot, i, bins);
        if (restMs > 0) put(slot, bin + 1, restMs, value * restMs, value, value);
      }
      return behind;
    },
    addBins(row, finerStepMs, bins, out) {
      const bin = Math.floor(bins.tMs / stepMs);
      // The last finer bin completes it.
      const full = bins.tMs + finerStepMs >= (bin + 1) * stepMs ? out(bin * stepMs) : null;
      for (let i = 0; i < row.length; i++) {
        const share = bins.known[i] ?? NaN;
        if (!(share > 0)) continue;
        const slot = row[i] ?? 0;
        if (slot >= slots) grow(slot + 1);
        if (index[slot] !== bin) close(slot, i);
        const knownMs = share * finerStepMs;
        put(slot, bin, knownMs, (bins.mean[i] ?? 0) * knownMs, bins.min[i] ?? 0, bins.max[i] ?? 0);
        if (full !== null) closeInto(slot, i, full);
      }
    },
    pass(row, tMs, out) {
      let bins: BinsOfRow | null = null;
      for (let i = 0; i < row.length; i++) {
        const slot = row[i] ?? 0;
        if (slot >= slots || !((state[slot * WIDTH] ?? 0) > 0)) continue;
        const startMs = (index[slot] ?? 0) * stepMs;
        if (startMs + stepMs > tMs) continue;
        if (bins?.tMs !== startMs) bins = out(startMs);
        closeInto(slot, i, bins);
      }
    },
    open(slot) {
      const base = slot * WIDTH;
      const knownMs = slot < slots ? (state[base] ?? 0) : 0;
      if (knownMs <= 0) return null;
      return {
        tMs: (index[slot] ?? 0) * stepMs,
        mean: meanOf(base),
        min: state[base + 2] ?? NaN,
        max: state[base + 3] ?? NaN,
        known: Math.min(1, knownMs / stepMs),
      };
    },
    seal(slot, beforeMs) {
      if (slot >= slots || !((state[slot * WIDTH] ?? 0) > 0) || ((index[slot] ?? 0) + 1) * stepMs > beforeMs) return false;
      close(slot, 0);
      return true;
    },
    clear(slot) {
      if (slot < slots) state[slot * WIDTH] = 0;
    },
    restore(slot, bin) {
      if (slot >= slots) grow(slot + 1);
      const base = slot * WIDTH;
      index[slot] = Math.round(bin.tMs / stepMs);
      state[base] = bin.known * stepMs;
      state[base + 1] = bin.mean * bin.known * stepMs;
      state[base + 2] = bin.min;
      state[base + 3] = bin.max;
    },
  };
}

/**
 * The bins of a run of records (see `RawRow`: each covers the time since the one before).
 * @param previousMs end of the record before the first; null = unknown, the first record then covers nothing
 * @returns bins with anything known in them, ascending, the last one possibly still open
 */
export function rollupRecords(
  tMs: ArrayLike<number>,
  value: ArrayLike<number>,
  previousMs: number | null,
  stepMs: number,
): Bin[] {
  const bins: Bin[] = [];
  const rollup = createRollup(stepMs, (_slot, start, mean, min, max, known) => bins.push({ tMs: start, mean, min, max, known }));
  let before = previousMs;
  for (let i = 0; i < tMs.length; i++) {
    const at = tMs[i] ?? NaN;
    if (before !== null) rollup.add(0, before, at, value[i] ?? NaN);
    before = at;
  }
  const last = rollup.open(0);
  if (last) bins.push({ ...last, mean: binMean(last.mean, last.min, last.max) });
  return bins;
}

/** The mean a bin is kept with, from what was computed of the values it is made of. */
export function binMean(computed: number, min: number, max: number): number {
  return between(significantMean(computed), min, max);
}

/** Rounding may push a mean a hair outside the values it is made of. */
function between(mean: number, min: number, max: number): number {
  return Math.min(Math.max(mean, min), max);
}
