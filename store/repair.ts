/** Puts a damaged history right: what is damaged goes aside, and what raw records still know of bins is computed anew. */
import { TIER_STEP_MS, type BinTier } from '../core/model.ts';
import type { Bin } from '../core/rollup.ts';
import { planRepair, batches } from './history/import.ts';
import { repairFile, type LostBins, type RepairReport } from './embedded/check-file.ts';
import { createEmbeddedStore, type EmbeddedStore } from './embedded/store.ts';

export interface HistoryRepair extends RepairReport {
  /** Bins that were computed anew. */
  readonly recomputed: number;
}

/**
 * The caller holds the folder's lock.
 * @throws DataFolderError when the file is no history, or too damaged to be opened
 */
export async function repairHistory(path: string, options: Parameters<typeof repairFile>[1] = {}): Promise<HistoryRepair> {
  const report = repairFile(path, options);
  const rebuilt = report.kept !== null;
  if (report.bins.length === 0 && !rebuilt) return { ...report, recomputed: 0 };
  const store = await createEmbeddedStore({ path });
  let recomputed = 0;
  try {
    // Of a file of which pages are lost nobody knows what replaced what: records have the last word.
    const lost = rebuilt ? await recorded(store) : report.bins;
    for (const { series, fromMs, toMs } of lost) {
      for (const key of series) {
        const plan = await planRepair(store, key, fromMs, toMs, rebuilt);
        const [latest] = await store.latest([key]);
        // What is still open is made by whoever goes on.
        const closed = (tier: BinTier, bins: readonly Bin[]) =>
          bins.filter(({ tMs }) => tMs + TIER_STEP_MS[tier] <= (latest?.tMs ?? -Infinity));
        const bins = new Map([...plan.bins].map(([tier, all]) => [tier, closed(tier, all)]));
        for (const batch of batches([{ ...plan, bins }])) await store.write(batch);
        for (const all of bins.values()) recomputed += all.filter(({ known }) => known > 0).length;
      }
    }
  } finally {
    await store.close();
  }
  return { ...report, recomputed };
}

/** The time of which each series has records. */
async function recorded(store: EmbeddedStore): Promise<LostBins[]> {
  const spans: LostBins[] = [];
  for (const key of (await store.keys?.()) ?? []) {
    const [records] = await store.raw([key], -Infinity, Infinity);
    const [first, last] = [records?.tMs[0], records?.tMs.at(-1)];
    if (first !== undefined && last !== undefined)
      spans.push({ series: [key], fromMs: records?.previousMs ?? first, toMs: last });
  }
  return spans;
}
