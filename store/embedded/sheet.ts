/** Bins of one series put together out of blocks, chunks and the head, and put out in order. */
import type { BinRun } from './bin-table.ts';
import type { Output } from './output.ts';

export interface Sheet {
  /** Puts bins where they belong; absent ones leave alone what is there. */
  lay(run: BinRun): void;
  /** The newest word on one bin; known 0 takes it away. @param values mean, min, max, known */
  set(bin: number, values: readonly number[]): void;
  /** Puts out the bins that are there and begins anew. @returns how many there were */
  put(out: Output): number;
}

/** Ranges of at most so many bins lie in one stretch, which serves one series after the other. */
const DENSE_BINS = 20_000;
const EMPTY = new Float64Array(0);

/** A stretch of dense bins. */
interface Stretch {
  readonly startBin: number;
  /** mean, min, max, known as far as they are wanted; absent bins are NaN or, in known, 0. */
  readonly columns: readonly (Float64Array | null)[];
  /** The bins begin..end are all that may be there. */
  begin: number;
  end: number;
}

/**
 * @param first first bin asked for
 * @param last last one; the range may be open
 * @param wanted which of mean, min, max, known; one at least
 * @param perSlot how many bins to set aside at once where the range is large
 */
export function createSheet(first: number, last: number, wanted: readonly boolean[], perSlot: number, stepMs: number): Sheet {
  const probeAt = wanted.indexOf(true);
  const width = wanted.filter(Boolean).length;
  const there = probeAt === 3 ? (value: number) => value > 0 : (value: number) => !Number.isNaN(value);
  const dense = last - first < DENSE_BINS;
  const size = dense ? Math.max(0, last - first + 1) : perSlot;
  const origin = dense ? first : 0;
  const stretches = new Map<number, Stretch>();
  let times: Float64Array | null = null;
  /** Used again for the next series. */
  let spare: Stretch | null = null;

  const stretchAt = (slot: number): Stretch => {
    let stretch = stretches.get(slot);
    if (stretch) return stretch;
    const startBin = origin + slot * size;
    if (spare && dense) {
      stretch = spare;
      for (const column of stretch.columns) column?.fill(NaN, stretch.begin, stretch.end);
      [stretch.begin, stretch.end, spare] = [size, 0, null];
    } else {
      stretch = { startBin, columns: wanted.map((is) => (is ? new Float64Array(size).fill(NaN) : null)), begin: size, end: 0 };
    }
    stretches.set(slot, stretch);
    return stretch;
  };
  const touch = (stretch: Stretch, from: number, to: number) => {
    if (from < stretch.begin) stretch.begin = from;
    if (to > stretch.end) stretch.end = to;
  };
  const timesIn = ({ startBin, begin, end }: Stretch): Float64Array => {
    // The one stretch of a narrow range is that of every series.
    if (dense && times) return times.subarray(begin, end);
    const tMs = new Float64Array(dense ? size : end);
    for (let i = 0; i < tMs.length; i++) tMs[i] = (startBin + i) * stepMs;
    times = tMs;
    return tMs.subarray(begin, end);
  };
  const putStretch = (data: Float64Array, at: number, base: number, count: number, stretch: Stretch, n: number) => {
    const { columns, begin, end } = stretch;
    const probe = (columns[probeAt] ?? EMPTY).subarray(begin, end);
    const put = (values: Float64Array, to: number) => {
      if (n === end - begin) data.set(values, to);
      else for (let i = 0; i < values.length; i++) if (there(probe[i] ?? NaN)) data[to++] = values[i] ?? NaN;
    };
    put(timesIn(stretch), base + at);
    let row = base;
    for (const column of columns) {
      if (!column) continue;
      row += count;
      put(column.subarray(begin, end), row + at);
    }
  };
  const countIn = ({ columns, begin, end }: Stretch): number => {
    const probe = columns[probeAt] ?? EMPTY;
    let n = 0;
    if (probeAt === 3) for (let i = begin; i < end; i++) n += (probe[i] ?? 0) > 0 ? 1 : 0;
    else for (let i = begin; i < end; i++) n += Number.isNaN(probe[i]) ? 0 : 1;
    return n;
  };

  return {
    lay({ b0, n, columns }) {
      const probe = columns[probeAt];
      if (!probe) return;
      const end = Math.min(b0 + n, last + 1);
      for (let bin = Math.max(b0, first); bin < end;) {
        const slot = Math.floor((bin - origin) / size);
        const fresh = !stretches.has(slot);
        const stretch = stretchAt(slot);
        const to = Math.min(end, stretch.startBin + size);
        const [source, target, many] = [bin - b0, bin - stretch.startBin, to - bin];
        touch(stretch, target, target + many);
        for (let k = 0; k < columns.length; k++) {
          const [into, values] = [stretch.columns[k], columns[k]];
          if (!into || !values) continue;
          if (fresh) into.set(values.subarray(source, source + many), target);
          else for (let i = 0; i < many; i++) if (there(probe[source + i] ?? NaN)) into[target + i] = values[source + i] ?? NaN;
        }
        bin = to;
      }
    },
    set(bin, values) {
      if (bin < first || bin > last) return;
      const stretch = stretchAt(Math.floor((bin - origin) / size));
      const at = bin - stretch.startBin;
      touch(stretch, at, at + 1);
      const share = values[3] ?? NaN;
      for (let k = 0; k < 4; k++) {
        const column = stretch.columns[k];
        if (column) column[at] = k === 3 ? share : share > 0 ? (values[k] ?? NaN) : NaN;
      }
    },
    put(out) {
      if (stretches.size === 0) return 0;
      const single = stretches.size === 1 ? stretches.values().next().value : undefined;
      const parts = single ? null : [...stretches.values()].sort((a, b) => a.startBin - b.startBin);
      let count = 0;
      if (single) count = countIn(single);
      else for (const stretch of parts ?? []) count += countIn(stretch);
      const base = out.reserve(count * (1 + width));
      let at = 0;
      if (single) putStretch(out.data(), 0, base, count, single, count);
      for (const stretch of parts ?? []) {
        const n = countIn(stretch);
        putStretch(out.data(), at, base, count, stretch, n);
        at += n;
      }
      if (dense && single) spare = single;
      stretches.clear();
      return count;
    },
  };
}
