/** Imports into a store that cannot replace anything. */
import { TIER_STEP_MS, type BinTier } from '../../core/model.ts';
import { ImportRefused, type BinColumns, type ImportSeries, type SeriesStore } from '../../core/ports.ts';
import type { Bin } from '../../core/rollup.ts';
import { toBins } from './binning.ts';
import type { Planned } from './import.ts';
import type { OpenBins } from './open-bins.ts';

/** Numbers that a store has rounded are the same. */
const SAME = 1e-10;

/**
 * The plan as far as it only adds. What stands beside the imported time keeps the bins it has, even where its first
 * sample would now stand for a little more.
 * @throws ImportRefused when something inside the imported time would have to change
 */
export async function withoutReplacing(
  store: SeriesStore,
  openBins: OpenBins,
  plan: Planned,
  { tMs: imported }: ImportSeries,
): Promise<Planned> {
  const { series, changes } = plan;
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
    for (const tMs of changes.tMs) if (held.has(tMs)) refuse(tMs, 'the sample');
  }
  await openBins.load([[series]], 'read');
  const bins = new Map<BinTier, Bin[]>();
  for (const [tier, list] of plan.bins) {
    const stepMs = TIER_STEP_MS[tier];
    const [first, last] = [list[0], list.at(-1)];
    if (!first || !last) continue;
    const [stored] = await store.bins([series], tier, first.tMs, last.tMs + stepMs);
    const held = byTime(stored);
    const open = openBins.open(series, tier);
    const inside = (tMs: number) => tMs + stepMs > (imported[0] ?? Infinity) && tMs <= (imported.at(-1) ?? -Infinity);
    const added: Bin[] = [];
    for (const bin of list) {
      const there = held.get(bin.tMs);
      if (!there && open?.tMs !== bin.tMs) added.push(bin);
      else if (inside(bin.tMs) && !(there && same(there, bin))) refuse(bin.tMs, `a value of ${tier}`);
    }
    bins.set(tier, added);
  }
  return { series, changes, bins };
}

function same(a: Bin, b: Bin): boolean {
  return (['mean', 'min', 'max', 'known'] as const).every((name) => Math.abs(a[name] - b[name]) <= SAME * Math.abs(b[name]));
}

function byTime(columns: BinColumns | undefined): Map<number, Bin> {
  return new Map((columns ? toBins(columns) : []).map((bin) => [bin.tMs, bin]));
}
