/** Imports into a store that cannot replace anything. */
import { TIER_STEP_MS } from '../../core/model.ts';
import { ImportRefused, type BinColumns, type SeriesStore } from '../../core/ports.ts';
import type { Bin } from '../../core/rollup.ts';
import { toBins } from './binning.ts';
import type { Planned } from './import.ts';
import type { OpenBins } from './open-bins.ts';

/** Numbers that a store has rounded are the same. */
const SAME = 1e-12;

/**
 * For a store that cannot replace: refuses an import that would have to.
 * @throws ImportRefused
 */
export async function refuseToReplace(store: SeriesStore, openBins: OpenBins, plan: Planned): Promise<void> {
  const { series, changes, bins } = plan;
  const refuse = (tMs: number, what: string): never => {
    throw new ImportRefused(
      `The store cannot replace what it holds: ${what} of ${series} at ${new Date(tMs).toISOString()} would change. ` +
        'Import whole days in which this series has nothing yet, in one file.',
    );
  };
  const [firstMs, lastMs] = [changes.tMs[0], changes.tMs.at(-1)];
  if (firstMs !== undefined && lastMs !== undefined) {
    const [there] = await store.raw([series], firstMs - 1, lastMs);
    const held = new Set(there?.tMs);
    changes.tMs.forEach((tMs) => held.has(tMs) && refuse(tMs, 'the sample'));
  }
  await openBins.load([[series]], 'read');
  for (const [tier, list] of bins) {
    const [first, last] = [list[0], list.at(-1)];
    if (!first || !last) continue;
    const [stored] = await store.bins([series], tier, first.tMs, last.tMs + TIER_STEP_MS[tier]);
    const held = byTime(stored);
    const open = openBins.open(series, tier);
    for (const bin of list) {
      const there = held.get(bin.tMs);
      const same =
        there &&
        (['mean', 'min', 'max', 'known'] as const).every(
          (name) => Math.abs(there[name] - bin[name]) <= SAME * Math.abs(bin[name]),
        );
      if ((there && !same) || open?.tMs === bin.tMs) refuse(bin.tMs, `a value of ${tier}`);
    }
  }
}

function byTime(columns: BinColumns | undefined): Map<number, Bin> {
  return new Map((columns ? toBins(columns) : []).map((bin) => [bin.tMs, bin]));
}
