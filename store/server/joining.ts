/** One answer out of what is kept here and what a server keeps; what is kept here counts where both know a moment. */
import type { BinColumn, BinColumns, RawColumns } from '../../core/ports.ts';

/** @param there records before and around those of `here` */
export function joinRaw(here: RawColumns, there: RawColumns, fromMs: number): RawColumns {
  const order = merge(here.tMs, there.tMs);
  const value = pick(order, here.value, there.value);
  const before = [here.previousMs, there.previousMs].filter((tMs) => tMs !== null && tMs <= fromMs) as number[];
  return { tMs: timesOf(order, here.tMs, there.tMs), value, previousMs: before.length > 0 ? Math.max(...before) : null };
}

export function joinBins(here: BinColumns, there: BinColumns): BinColumns {
  const order = merge(here.tMs, there.tMs);
  const column = (name: BinColumn) => {
    const [a, b] = [here[name], there[name]];
    // A column that was not asked for is empty in both.
    return a.length === 0 && b.length === 0 ? a : pick(order, a, b);
  };
  return {
    tMs: timesOf(order, here.tMs, there.tMs),
    mean: column('mean'),
    min: column('min'),
    max: column('max'),
    known: column('known'),
  };
}

/** Positions in order of time: of `here` as they are, of `there` as -1 - position. */
function merge(here: Float64Array, there: Float64Array): Int32Array {
  const order = new Int32Array(here.length + there.length);
  let [i, j, n] = [0, 0, 0];
  while (i < here.length || j < there.length) {
    const [a, b] = [here[i] ?? Infinity, there[j] ?? Infinity];
    if (a <= b) {
      order[n++] = i++;
      if (a === b) j++;
    } else order[n++] = -1 - j++;
  }
  return order.subarray(0, n);
}

function pick(order: Int32Array, here: Float64Array, there: Float64Array): Float64Array {
  return Float64Array.from(order, (at) => (at >= 0 ? here[at] : there[-1 - at]) ?? NaN);
}

const timesOf = pick;
