/**
 * Bins of a stretch of history computed anew. Raw records decide where they are complete;
 * where they have expired, the finer tier does; where that has expired too, whatever knows more.
 */
import { BIN_TIERS, TIER_STEP_MS, type BinTier, type SeriesKey, type Tier } from '../../core/model.ts';
import type { SeriesStore } from '../../core/ports.ts';
import { rollupRecords, type Bin } from '../../core/rollup.ts';
import { combine, toBins } from './binning.ts';
import { known } from './rows.ts';
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
  /** What is stored may be older than what the records say, although they did not change. */
  readonly doubtful?: boolean;
}

/** Bins of the tier below, as they were and as they will be. */
interface Finer {
  readonly widthMs: number;
  readonly before: ReadonlyMap<number, Bin>;
  readonly after: () => ReadonlyMap<number, Bin>;
}

/** Of each tier the time before which it keeps nothing, UTC milliseconds at the start of a day; -Infinity = it keeps all. */
export type KeptFrom = Readonly<Record<Tier, number>>;
export const KEPT_FOR_EVER: KeptFrom = { raw: -Infinity, '5m': -Infinity, '1h': -Infinity, '1d': -Infinity };

/**
 * Every bin that overlaps from..to, in all tiers; one that has become unknown has known 0.
 * The records must reach from the start of the first day touched to one past the end of the last.
 * Bins that their tier no longer keeps are left out, unless it still has some of them.
 */
export async function recompute(
  store: SeriesStore,
  series: SeriesKey,
  stretch: Stretch,
  keptFrom: KeptFrom,
): Promise<ReadonlyMap<BinTier, Bin[]>> {
  const dayMs = TIER_STEP_MS['1d'];
  const [fromMs, toMs] = [floor(stretch.fromMs, dayMs), ceil(stretch.toMs, dayMs)];
  const records = { before: knownOf(stretch.before), after: knownOf(stretch.after) };
  const out = new Map<BinTier, Bin[]>();
  let finer: Finer | null = null;
  for (const tier of BIN_TIERS) {
    const stepMs = TIER_STEP_MS[tier];
    const touched = ({ tMs }: Bin) => tMs + stepMs > stretch.fromMs && tMs < stretch.toMs;
    const [columns] = await store.bins([series], tier, fromMs, toMs);
    const stored = byStart(columns ? toBins(columns) : []);
    if (stored.size === 0) {
      // Into empty time, as most imports are: nothing to weigh, the records decide alone.
      const bins = binsFrom(records.after, stretch.previousMs, stepMs, keptFrom[tier]).filter(touched);
      out.set(tier, bins);
      finer = { widthMs: stepMs, before: stored, after: lazily(() => byStart(bins)) };
      continue;
    }
    // A day that has some of them is looked at whole: the coarser tiers are made of it.
    const earliestMs = floor(Math.min(keptFrom[tier], ...stored.keys().take(1)), dayMs);
    const rawBefore = byStart(binsFrom(records.before, stretch.previousMs, stepMs, earliestMs));
    const rawAfter = byStart(binsFrom(records.after, stretch.previousMs, stepMs, earliestMs));
    const bins: Bin[] = [];
    const result = new Map(stored);
    const starts = [...new Set([...stored.keys(), ...rawBefore.keys(), ...rawAfter.keys()])];
    for (const tMs of starts.sort((a, b) => a - b)) {
      if (tMs + stepMs <= stretch.fromMs || tMs >= stretch.toMs) continue;
      const old = stored.get(tMs);
      const bin = choose(tMs, stepMs, old, rawBefore.get(tMs), rawAfter.get(tMs), finer, stretch.doubtful === true);
      if (bin) result.set(tMs, bin);
      else result.delete(tMs);
      if (!old && tMs < keptFrom[tier]) continue;
      if (bin ?? old) bins.push(bin ?? { tMs, mean: NaN, min: NaN, max: NaN, known: 0 });
    }
    out.set(tier, bins);
    finer = { widthMs: stepMs, before: stored, after: () => result };
  }
  return out;
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function knownOf({ tMs, value }: Records): Records {
  return { tMs, value: value.map(known) };
}

/** Bins of the records that begin at or after a time; what lies before is not even looked at. */
function binsFrom({ tMs, value }: Records, previousMs: number | null, stepMs: number, fromMs: number): Bin[] {
  const first = tMs.findIndex((t) => t > fromMs);
  if (first <= 0) return first < 0 ? [] : rollupRecords(tMs, value, previousMs, stepMs);
  const bins = rollupRecords(tMs.subarray(first), value.subarray(first), tMs[first - 1] ?? null, stepMs);
  return bins.filter((bin) => bin.tMs >= fromMs);
}

function choose(
  tMs: number,
  stepMs: number,
  stored: Bin | undefined,
  rawBefore: Bin | undefined,
  rawAfter: Bin | undefined,
  finer: Finer | null,
  doubtful: boolean,
): Bin | null {
  const storedKnown = stored?.known ?? 0;
  const tellsAll = (bin: Bin | null | undefined) => (bin?.known ?? 0) >= storedKnown - SAME_KNOWN;
  // From finer bins where those tell all of it, as it was made when it closed: means are rounded in each tier.
  const fromFiner = finer && (() => ofFiner(tMs, stepMs, finer.widthMs, finer.after()));
  if (finer && fromFiner && tellsAll(ofFiner(tMs, stepMs, finer.widthMs, finer.before))) return fromFiner();
  if (tellsAll(rawBefore) || tellsAll(rawAfter)) {
    // What records did not change stays as it was said.
    if (stored && !doubtful && same(rawBefore, rawAfter) && (rawAfter?.known ?? 0) <= storedKnown + SAME_KNOWN) return stored;
    const made = fromFiner?.();
    return made && made.known >= (rawAfter?.known ?? 0) - SAME_KNOWN ? made : (rawAfter ?? null);
  }
  return stored ?? null;
}

function same(one: Bin | undefined, other: Bin | undefined): boolean {
  return one?.mean === other?.mean && one?.min === other?.min && one?.max === other?.max && one?.known === other?.known;
}

function ofFiner(tMs: number, stepMs: number, widthMs: number, bins: ReadonlyMap<number, Bin>): Bin | null {
  const inside: Bin[] = [];
  for (let t = tMs; t < tMs + stepMs; t += widthMs) {
    const bin = bins.get(t);
    if (bin) inside.push(bin);
  }
  return combine(tMs, stepMs, [{ widthMs, bins: inside }]);
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
