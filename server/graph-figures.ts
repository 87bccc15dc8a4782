/** The figures of a line's legend, from stored data. */
import type { LineStats } from '../core/graph.ts';
import { BIN_TIERS, TIER_STEP_MS, type Tier } from '../core/model.ts';
import type { Each } from '../core/query.ts';
import { percentile, summarise } from '../core/statistics.ts';
import { keptMs, readSources, words, type GraphDeps, type Source } from './graph-read.ts';

/**
 * Figures of lines over fromMs..endMs, each from its own stretches; the 95th is read for all at once.
 * @param tier of those stretches: where it is that of the 95th, nothing is read again
 */
export async function figuresOf(
  deps: GraphDeps,
  lines: readonly { readonly source: Source; readonly each: Each }[],
  tier: Tier,
  fromMs: number,
  endMs: number,
): Promise<LineStats[]> {
  const percentiles = await percentilesOf(deps, lines, tier, fromMs, endMs);
  // Of a range that is over, the last bin of the finest tier: the drawn one would be another at every width.
  const over = endMs < deps.nowMs() - OVER_MS;
  return lines.map(({ each }, i) => {
    const { last = null, ...p95 } = percentiles[i] ?? { p95: null, p95From: '' };
    const current = (over ? last : null) ?? lastWithin(each, fromMs, endMs);
    return { ...summarise(each, fromMs, endMs), current, ...p95 };
  });
}

/** A range that ended so long ago has no "now" in it. */
const OVER_MS = 600_000;

export function lastWithin(each: Each, fromMs: number, endMs: number): number | null {
  let last: number | null = null;
  each((t0, t1, mean) => {
    if (t1 > fromMs && t0 < endMs) last = mean;
  });
  return last;
}

/** 95th percentile from the finest means kept that long: 5 min by the convention of billing. */
async function percentilesOf(
  deps: GraphDeps,
  lines: readonly { readonly source: Source; readonly each: Each }[],
  drawn: Tier,
  fromMs: number,
  endMs: number,
): Promise<{ p95: number | null; p95From: string; last?: number | null }[]> {
  const tier = BIN_TIERS.find((t) => fromMs >= deps.nowMs() - keptMs(deps.history.tiers(), t)) ?? '1d';
  // Divided lines need the same columns of both.
  const sources = lines.map(({ source }) => source);
  const reads = tier === drawn ? lines : await readSources(deps.history, sources, tier, fromMs, endMs, ['mean', 'known']);
  return reads.map(({ each }) => {
    const means: number[] = [];
    // Only whole bins: a cut one would be a mean of less than its width.
    each((t0, t1, mean) => {
      if (t0 >= fromMs && t1 <= endMs) means.push(mean);
    });
    const last = means.at(-1) ?? null;
    return { last, p95: percentile(Float64Array.from(means), 0.95), p95From: `${words(TIER_STEP_MS[tier])} means` };
  });
}
