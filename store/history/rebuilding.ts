/**
 * Open bins as they were when a series was last recorded: the open 5 minutes from raw records, what
 * came before from the closed bins of the finer tiers.
 */
import { TIER_STEP_MS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { BinColumns, SeriesStore } from '../../core/ports.ts';
import { createRollup, type Bin } from '../../core/rollup.ts';
import { known } from './rows.ts';

type Reads = Pick<SeriesStore, 'raw' | 'bins' | 'latest'>;

export interface Rebuilt {
  readonly lastMs: number;
  /** Of each tier what is known of its open bin beyond the open bins of the finer ones; null = nothing. */
  readonly bins: readonly (Bin | null)[];
}

/** One answer a series, null for one that was never recorded. */
export async function rebuildBins(store: Reads, series: readonly SeriesKey[]): Promise<(Rebuilt | null)[]> {
  const latest = await store.latest(series);
  const answers = new Array<Rebuilt | null>(series.length).fill(null);
  // Series that stopped in the same 5 minutes are read together.
  const groups = new Map<number, number[]>();
  latest.forEach((last, i) => {
    if (!last) return;
    const start = Math.floor(last.tMs / TIER_STEP_MS['5m']);
    const group = groups.get(start);
    if (group) group.push(i);
    else groups.set(start, [i]);
  });
  for (const group of groups.values()) {
    const lastMs = group.map((i) => latest[i]?.tMs ?? NaN);
    // The very same list where it is all of it: a store may know it again.
    const part = group.length === series.length ? series : group.map((i) => series[i] ?? '');
    const rebuilt = await rebuildTogether(store, part, lastMs);
    group.forEach((i, j) => (answers[i] = { lastMs: lastMs[j] ?? NaN, bins: rebuilt[j] ?? [] }));
  }
  return answers;
}

async function rebuildTogether(store: Reads, series: readonly SeriesKey[], lastMs: readonly number[]): Promise<(Bin | null)[][]> {
  const latestMs = lastMs.reduce((latest, tMs) => Math.max(latest, tMs), -Infinity);
  const startMs = (tier: BinTier) => Math.floor(latestMs / TIER_STEP_MS[tier]) * TIER_STEP_MS[tier];
  const [from5m, from1h, from1d] = [startMs('5m'), startMs('1h'), startMs('1d')];
  const [raw, fives, hours] = await Promise.all([
    store.raw(series, from5m, latestMs),
    from1h < from5m ? store.bins(series, '5m', from1h, from5m) : null,
    from1d < from1h ? store.bins(series, '1h', from1d, from1h) : null,
  ]);
  const rollup = createRollup(TIER_STEP_MS['5m'], ignore);
  return series.map((_key, i) => {
    rollup.clear(0);
    const records = raw[i];
    let before = records?.previousMs ?? null;
    records?.tMs.forEach((t, j) => {
      if (before !== null) rollup.add(0, Math.max(before, from5m), t, known(records.value[j] ?? NaN));
      before = t;
    });
    return [rollup.open(0), coarser(from1h, '1h', '5m', fives?.[i]), coarser(from1d, '1d', '1h', hours?.[i])];
  });
}

/** What bins of a finer tier make of one of a coarser. */
function coarser(tMs: number, tier: BinTier, finer: BinTier, bins: BinColumns | undefined): Bin | null {
  const stepMs = TIER_STEP_MS[tier];
  let [knownMs, total, min, max] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < (bins?.tMs.length ?? 0); i++) {
    const ms = (bins?.known[i] ?? 0) * TIER_STEP_MS[finer];
    if (!(ms > 0)) continue;
    knownMs += ms;
    total += (bins?.mean[i] ?? NaN) * ms;
    min = Math.min(min, bins?.min[i] ?? NaN);
    max = Math.max(max, bins?.max[i] ?? NaN);
  }
  return knownMs > 0 ? { tMs, mean: Math.min(Math.max(total / knownMs, min), max), min, max, known: knownMs / stepMs } : null;
}

/** Bins that close while records are added anew were stored when they first did. */
function ignore(): void {}
