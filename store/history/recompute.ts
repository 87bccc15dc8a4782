/**
 * Bins of a stretch of history computed anew. Raw records decide where they are complete;
 * where they have expired, the finer tier does; where that has expired too, whatever knows more.
 */
import { BIN_TIERS, TIER_STEP_MS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { SeriesStore } from '../../core/ports.ts';
import { rollupRecords, type Bin } from '../../core/rollup.ts';
import { combine, toBins } from './binning.ts';
import { known } from './open-bins.ts';
import type { Records } from './merging.ts';

/** Rounding of what a bin knows must not look like lost raw records. */
const SAME_KNOWN = 1e-7;

export interface Stretch {
  readonly before: Records;
  readonly after: Records;
  /** Time of the record before the first of both, null when there is none. */
  readonly previousMs: number | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Every bin that overlaps from..to, in all tiers; one that has become unknown has known 0.
 * The records must reach from the start of the first day touched to one past the end of the last.
 */
export async function recompute(store: SeriesStore, series: SeriesKey, stretch: Stretch): Promise<ReadonlyMap<BinTier, Bin[]>> {
  const dayMs = TIER_STEP_MS['1d'];
  const [fromMs, toMs] = [floor(stretch.fromMs, dayMs), ceil(stretch.toMs, dayMs)];
  const out = new Map<BinTier, Bin[]>();
  let finer: { widthMs: number; before: Map<number, Bin>; after: Map<number, Bin> } | null = null;
  for (const tier of BIN_TIERS) {
    const stepMs = TIER_STEP_MS[tier];
    const [columns] = await store.bins([series], tier, fromMs, toMs);
    const stored = byStart(columns ? toBins(columns) : []);
    const rawBefore = byStart(rollupRecords(stretch.before.tMs, stretch.before.value.map(known), stretch.previousMs, stepMs));
    const rawAfter = byStart(rollupRecords(stretch.after.tMs, stretch.after.value.map(known), stretch.previousMs, stepMs));
    const bins: Bin[] = [];
    const result = new Map(stored);
    const starts = [...new Set([...stored.keys(), ...rawBefore.keys(), ...rawAfter.keys()])];
    for (const tMs of starts.sort((a, b) => a - b)) {
      if (tMs + stepMs <= stretch.fromMs || tMs >= stretch.toMs) continue;
      const old = stored.get(tMs);
      const bin = choose(tMs, stepMs, old, rawBefore.get(tMs), rawAfter.get(tMs), finer);
      if (bin) result.set(tMs, bin);
      else result.delete(tMs);
      if (bin ?? old) bins.push(bin ?? { tMs, mean: NaN, min: NaN, max: NaN, known: 0 });
    }
    out.set(tier, bins);
    finer = { widthMs: stepMs, before: stored, after: result };
  }
  return out;
}

function choose(
  tMs: number,
  stepMs: number,
  stored: Bin | undefined,
  rawBefore: Bin | undefined,
  rawAfter: Bin | undefined,
  finer: { widthMs: number; before: Map<number, Bin>; after: Map<number, Bin> } | null,
): Bin | null {
  const storedKnown = stored?.known ?? 0;
  if ((rawBefore?.known ?? 0) >= storedKnown - SAME_KNOWN) return rawAfter ?? null;
  if (finer) {
    const { widthMs } = finer;
    const of = (bins: Map<number, Bin>) => {
      const inside: Bin[] = [];
      for (let t = tMs; t < tMs + stepMs; t += widthMs) {
        const bin = bins.get(t);
        if (bin) inside.push(bin);
      }
      return combine(tMs, stepMs, [{ widthMs, bins: inside }]);
    };
    if ((of(finer.before)?.known ?? 0) >= storedKnown - SAME_KNOWN) return of(finer.after);
  }
  return (rawAfter?.known ?? 0) >= storedKnown - SAME_KNOWN ? (rawAfter ?? null) : (stored ?? null);
}

function byStart(bins: readonly Bin[]): Map<number, Bin> {
  return new Map(bins.map((bin) => [bin.tMs, bin]));
}

export function floor(tMs: number, stepMs: number): number {
  return Math.floor(tMs / stepMs) * stepMs;
}

export function ceil(tMs: number, stepMs: number): number {
  return Math.ceil(tMs / stepMs) * stepMs;
}
