/**
 * Bins from samples, weighted by overlap: a sample (t0, t1] adds value × overlap to every bin
 * it touches, so that mean × known time = total, whatever the poll times. One table holds the
 * open bin of many series; a bin is emitted once, when a sample reaches its end.
 */

/** A bin as it stands. known is the fraction 0–1 of the bin's width. */
export interface Bin {
  readonly tMs: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly known: number;
}

export type EmitBin = (slot: number, tMs: number, mean: number, min: number, max: number, known: number) => void;

export interface Rollup {
  readonly stepMs: number;
  /**
   * Adds the sample (t0Ms, t1Ms] of a slot; NaN is unknown time. False when it reaches back
   * before the open bin: nothing was added, and the bins it touches must be computed anew.
   */
  add(slot: number, t0Ms: number, t1Ms: number, value: number): boolean;
  /** The open bin of a slot as it stands, null if nothing is known in it. */
  open(slot: number): Bin | null;
  /** Start of the open bin, null when the slot has none. */
  openStart(slot: number): number | null;
  /** Emits and closes the open bin of a slot if it ends at or before beforeMs. */
  seal(slot: number, beforeMs: number): boolean;
  /** Forgets the open bin of a slot. */
  clear(slot: number): void;
  /** Takes up a bin of a slot where it was left; replaces the open one. */
  restore(slot: number, bin: Bin): void;
}

export function createRollup(stepMs: number, emit: EmitBin): Rollup {
  let start = new Float64Array(0).fill(NaN);
  let knownMs = new Float64Array(0);
  let total = new Float64Array(0);
  let min = new Float64Array(0);
  let max = new Float64Array(0);

  const grow = (slots: number) => {
    const size = Math.max(64, 2 ** Math.ceil(Math.log2(slots)));
    const copy = (old: Float64Array, fill: number) => {
      const larger = new Float64Array(size).fill(fill);
      larger.set(old);
      return larger;
    };
    [start, knownMs, total, min, max] = [
      copy(start, NaN),
      copy(knownMs, 0),
      copy(total, 0),
      copy(min, Infinity),
      copy(max, -Infinity),
    ];
  };
  const clear = (slot: number) => {
    if (slot >= start.length) return;
    start[slot] = NaN;
    knownMs[slot] = 0;
    total[slot] = 0;
    min[slot] = Infinity;
    max[slot] = -Infinity;
  };
  const open = (slot: number): Bin | null => {
    const known = knownMs[slot] ?? 0;
    if (known <= 0) return null;
    // Rounding may push a mean a hair outside the values it is made of.
    const mean = Math.min(Math.max((total[slot] ?? 0) / known, min[slot] ?? 0), max[slot] ?? 0);
    return { tMs: start[slot] ?? NaN, mean, min: min[slot] ?? NaN, max: max[slot] ?? NaN, known: Math.min(1, known / stepMs) };
  };
  const close = (slot: number) => {
    const bin = open(slot);
    clear(slot);
    if (bin) emit(slot, bin.tMs, bin.mean, bin.min, bin.max, bin.known);
  };

  return {
    stepMs,
    add(slot, t0Ms, t1Ms, value) {
      if (!(t1Ms > t0Ms)) return true;
      if (slot >= start.length) grow(slot + 1);
      const known = !Number.isNaN(value);
      let binMs = Math.floor(t0Ms / stepMs) * stepMs;
      if (binMs < (start[slot] ?? NaN)) {
        // Unknown time adds nothing anywhere, so it may reach back.
        if (known) return false;
        binMs = start[slot] ?? binMs;
      }
      if (!known) {
        // Nothing to add: only the bin that is over must go.
        if ((start[slot] ?? NaN) + stepMs <= t1Ms) close(slot);
        return true;
      }
      for (;;) {
        if (start[slot] !== binMs) {
          close(slot);
          start[slot] = binMs;
        }
        const endMs = binMs + stepMs;
        const overlapMs = Math.min(t1Ms, endMs) - Math.max(t0Ms, binMs);
        knownMs[slot] = (knownMs[slot] ?? 0) + overlapMs;
        total[slot] = (total[slot] ?? 0) + value * overlapMs;
        if (value < (min[slot] ?? Infinity)) min[slot] = value;
        if (value > (max[slot] ?? -Infinity)) max[slot] = value;
        if (t1Ms < endMs) return true;
        close(slot);
        if (t1Ms === endMs) return true;
        binMs = endMs;
      }
    },
    open: (slot) => (slot < start.length ? open(slot) : null),
    openStart: (slot) => (slot < start.length && !Number.isNaN(start[slot]) ? (start[slot] ?? null) : null),
    seal(slot, beforeMs) {
      if (slot >= start.length || !((start[slot] ?? NaN) + stepMs <= beforeMs)) return false;
      close(slot);
      return true;
    },
    clear,
    restore(slot, bin) {
      if (slot >= start.length) grow(slot + 1);
      start[slot] = bin.tMs;
      knownMs[slot] = bin.known * stepMs;
      total[slot] = bin.mean * bin.known * stepMs;
      min[slot] = bin.min;
      max[slot] = bin.max;
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
  if (last) bins.push(last);
  return bins;
}
