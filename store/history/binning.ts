/** Arithmetic on bins: coarser ones out of finer ones, weighted by what is known of each. */
import type { BinColumns } from '../../core/ports.ts';
import { binMean, type Bin } from '../../core/rollup.ts';

export function toBins(columns: BinColumns): Bin[] {
  return Array.from(columns.tMs, (tMs, i) => ({
    tMs,
    mean: columns.mean[i] ?? NaN,
    min: columns.min[i] ?? NaN,
    max: columns.max[i] ?? NaN,
    known: columns.known[i] ?? 0,
  }));
}

/** Bins of one width. */
export interface Finer {
  readonly widthMs: number;
  readonly bins: readonly Bin[];
}

/** One bin of width stepMs at tMs out of finer bins inside it that do not overlap; null when nothing is known. */
export function combine(tMs: number, stepMs: number, parts: readonly Finer[]): Bin | null {
  let knownMs = 0;
  let total = 0;
  let [min, max] = [Infinity, -Infinity];
  for (const { widthMs, bins } of parts) {
    for (const bin of bins) {
      const weightMs = bin.known * widthMs;
      if (!(weightMs > 0)) continue;
      knownMs += weightMs;
      total += bin.mean * weightMs;
      min = Math.min(min, bin.min);
      max = Math.max(max, bin.max);
    }
  }
  if (knownMs === 0) return null;
  return { tMs, mean: binMean(total / knownMs, min, max), min, max, known: Math.min(1, knownMs / stepMs) };
}
