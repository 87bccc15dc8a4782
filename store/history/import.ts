/** Brings samples from a file into any time of a history, raw records and bins alike. */
import {
  BIN_TIERS,
  splitSeriesKey,
  TIER_STEP_MS,
  type BinTier,
  type DeviceId,
  type SeriesKey,
  type Tier,
  type TierSpec,
} from '../../core/model.ts';
import type { Batch, BinRow, ImportSeries, RawRow, SeriesStore } from '../../core/ports.ts';
import type { Bin } from '../../core/rollup.ts';
import { CONTEXT_POINTS, HOLE, mergeImport, type Merge, type Records } from './merging.ts';
import { blankRow, setBin } from './rows.ts';
import { ceil, floor, KEPT_FOR_EVER, recompute, type KeptFrom } from './recompute.ts';

/** First guess of how much around an import must be read; it grows until it is enough. */
const MARGIN_MS = TIER_STEP_MS['1h'];
const MARGIN_GROWTH = 8;
const MARGIN_MAX_MS = 40_000 * TIER_STEP_MS['1d'];
/** Rows of one transaction, so that polls need not wait long behind an import. */
const ROWS_AT_ONCE = 10_000;

/** What one series of an import comes to. */
export interface Planned {
  readonly series: SeriesKey;
  readonly changes: Merge['changes'];
  readonly bins: ReadonlyMap<BinTier, readonly Bin[]>;
}

/**
 * @param keptFrom of each tier the time before which nothing new is written, because upkeep would take it away at once
 * @throws RangeError when the samples are not in ascending order
 */
export async function planImport(store: SeriesStore, samples: ImportSeries, keptFrom: KeptFrom): Promise<Planned> {
  checkOrder(samples);
  const { existing, previousMs, merge } = await fit(store, samples);
  const stretch = { before: existing, after: merge.after, previousMs, fromMs: merge.fromMs, toMs: merge.toMs };
  const bins = await recompute(store, samples.series, stretch, keptFrom);
  // What is still there of expired records must not contradict the bins, so then all of it is told.
  const told = (existing.tMs[0] ?? Infinity) < keptFrom.raw ? 0 : merge.changes.tMs.findIndex((t) => t >= keptFrom.raw);
  return { series: samples.series, changes: changesFrom(merge.changes, told < 0 ? merge.changes.tMs.length : told), bins };
}

function changesFrom({ tMs, value, intervalMs }: Merge['changes'], from: number): Merge['changes'] {
  return { tMs: tMs.subarray(from), value: value.subarray(from), intervalMs: intervalMs.subarray(from) };
}

/** Whole days, so that no day is kept in part. */
export function keptFrom(tiers: readonly TierSpec[], nowMs: number): KeptFrom {
  const of = (tier: Tier) => {
    const keptMs = tiers.find((spec) => spec.tier === tier)?.retentionMs ?? null;
    return keptMs === null ? -Infinity : floor(nowMs - keptMs, TIER_STEP_MS['1d']);
  };
  return { raw: of('raw'), '5m': of('5m'), '1h': of('1h'), '1d': of('1d') };
}

/**
 * Bins of from..to computed from the raw records that are stored.
 * @param doubtful whether bins that are stored may be older than the records
 */
export async function planRepair(
  store: SeriesStore,
  series: SeriesKey,
  fromMs: number,
  toMs: number,
  doubtful = false,
): Promise<Planned> {
  const nothing = { tMs: new Float64Array(0), value: new Float64Array(0) };
  const { existing, previousMs } = await window(
    store,
    series,
    nothing,
    floor(fromMs, TIER_STEP_MS['1d']),
    ceil(toMs, TIER_STEP_MS['1d']),
  );
  const bins = await recompute(
    store,
    series,
    { before: existing, after: existing, previousMs, fromMs, toMs, doubtful },
    KEPT_FOR_EVER,
  );
  return { series, changes: { ...nothing, intervalMs: new Float64Array(0) }, bins };
}

function checkOrder({ series, tMs, value }: ImportSeries): void {
  if (tMs.length !== value.length) throw new RangeError(`${series} has ${tMs.length} times and ${value.length} values`);
  tMs.forEach((t, i) => {
    if (!Number.isFinite(t) || (i > 0 && t <= (tMs[i - 1] ?? NaN)))
      throw new RangeError(`the samples of ${series} are not in ascending order`);
  });
}

/** Reads as much around the import as it needs, and merges. */
async function fit(store: SeriesStore, samples: ImportSeries) {
  const [firstMs, lastMs] = [samples.tMs[0] ?? 0, samples.tMs.at(-1) ?? 0];
  const dayMs = TIER_STEP_MS['1d'];
  let [fromMs, toMs] = [firstMs, lastMs];
  // Tiling may reach back or ahead over long holes: what it touches decides what must be read.
  for (;;) {
    const { existing, previousMs, complete } = await window(
      store,
      samples.series,
      samples,
      floor(fromMs, dayMs),
      ceil(toMs, dayMs),
    );
    const merge = mergeImport(existing, samples, previousMs);
    const [needFrom, needTo] = [Math.min(fromMs, merge.fromMs), Math.max(toMs, merge.toMs)];
    if (complete || (floor(needFrom, dayMs) >= floor(fromMs, dayMs) && ceil(needTo, dayMs) <= ceil(toMs, dayMs)))
      return { existing, previousMs, merge };
    [fromMs, toMs] = [needFrom, needTo];
  }
}

/** The records from..to, and CONTEXT_POINTS points beyond on either side as far as there are any. */
async function window(store: SeriesStore, series: SeriesKey, rows: Records, fromMs: number, toMs: number) {
  const [latest] = await store.latest([series]);
  const leftMs = Math.min(fromMs, rows.tMs[0] ?? fromMs);
  const rightMs = Math.max(toMs, rows.tMs.at(-1) ?? toMs);
  for (let marginMs = MARGIN_MS; ; marginMs *= MARGIN_GROWTH) {
    const [columns] = await store.raw([series], leftMs - marginMs, rightMs + marginMs);
    const existing: Records = columns ?? { tMs: new Float64Array(0), value: new Float64Array(0) };
    const previousMs = columns?.previousMs ?? null;
    let [left, right] = [0, 0];
    existing.tMs.forEach((t, i) => {
      if (existing.value[i] === HOLE) return;
      if (t < leftMs) left++;
      if (t > rightMs) right++;
    });
    const allLeft = previousMs === null;
    const allRight = !latest || latest.tMs <= rightMs + marginMs;
    if ((allLeft || left > CONTEXT_POINTS) && (allRight || right > CONTEXT_POINTS)) {
      return { existing, previousMs, complete: allLeft && allRight };
    }
    if (marginMs > MARGIN_MAX_MS) throw new RangeError(`the history of ${series} is longer than can be merged`);
  }
}

/** Rows in writable portions: first what raw becomes, then the bins. */
export function* batches(planned: readonly Planned[]): Generator<Batch> {
  const byDevice = Map.groupBy(planned, ({ series }) => splitSeriesKey(series).device);
  for (const [device, plans] of byDevice) {
    const raw = rawRows(device, plans);
    for (let from = 0; from < raw.length; from += ROWS_AT_ONCE) yield { raw: raw.slice(from, from + ROWS_AT_ONCE), bins: [] };
    const bins = binRows(device, plans);
    for (let from = 0; from < bins.length; from += ROWS_AT_ONCE) yield { raw: [], bins: bins.slice(from, from + ROWS_AT_ONCE) };
  }
}

/** Series of a device that change at the very same moments share their rows. */
function rawRows(device: DeviceId, plans: readonly Planned[]): RawRow[] {
  const groups: Planned[][] = [];
  for (const plan of plans) {
    const group = groups.find(([first]) => first && sameTimes(first.changes.tMs, plan.changes.tMs));
    if (group) group.push(plan);
    else groups.push([plan]);
  }
  return groups.flatMap((group) => {
    const series = group.map((plan) => plan.series);
    const [first] = group;
    return Array.from(first?.changes.tMs ?? [], (tMs, i) => ({
      device,
      tMs,
      intervalMs: first?.changes.intervalMs[i] ?? 0,
      series,
      values: Float64Array.from(group, (plan) => plan.changes.value[i] ?? NaN),
    }));
  });
}

function sameTimes(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((t, i) => t === b[i]);
}

function binRows(device: DeviceId, plans: readonly Planned[]): BinRow[] {
  const series = plans.map((plan) => plan.series);
  return BIN_TIERS.flatMap((tier) => {
    const rows = new Map<number, BinRow>();
    plans.forEach((plan, index) => {
      for (const bin of plan.bins.get(tier) ?? []) {
        let row = rows.get(bin.tMs);
        if (!row) {
          row = blankRow(tier, device, bin.tMs, series);
          rows.set(bin.tMs, row);
        }
        setBin(row, index, bin);
      }
    });
    return [...rows.values()];
  });
}
