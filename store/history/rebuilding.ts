/**
 * Open bins as they were when a series was last recorded: the open 5 minutes from raw records, what
 * came before from the closed bins of the finer tiers.
 */
import { TIER_STEP_MS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { BinColumns, SeriesStore } from '../../core/ports.ts';
import { createRollup, type Bin } from '../../core/rollup.ts';
import { combine, toBins } from './binning.ts';
import { known } from './rows.ts';

export interface Rebuilt {
  readonly lastMs: number;
  /** Of each tier what is known of its open bin beyond the open bins of the finer ones; null = nothing. */
  readonly bins: readonly (Bin | null)[];
}

/** One answer a series, null for one that was never recorded. */
export async function rebuildBins(store: SeriesStore, series: readonly SeriesKey[]): Promise<(Rebuilt | null)[]> {
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
    const rebuilt = await rebuildTogether(
      store,
      group.map((i) => series[i] ?? ''),
      lastMs,
    );
    group.forEach((i, j) => (answers[i] = { lastMs: lastMs[j] ?? NaN, bins: rebuilt[j] ?? [] }));
  }
  return answers;
}

async function rebuildTogether(
  store: SeriesStore,
  series: readonly SeriesKey[],
  lastMs: readonly number[],
): Promise<(Bin | null)[][]> {
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
    const closed = (tier: BinTier, columns: BinColumns | undefined) => ({
      widthMs: TIER_STEP_MS[tier],
      bins: columns ? toBins(columns) : [],
    });
    return [
      rollup.open(0),
      combine(from1h, TIER_STEP_MS['1h'], [closed('5m', fives?.[i])]),
      combine(from1d, TIER_STEP_MS['1d'], [closed('1h', hours?.[i])]),
    ];
  });
}

/** Bins that close while records are added anew were stored when they first did. */
function ignore(): void {}
