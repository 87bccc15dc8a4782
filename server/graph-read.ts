/** Reads what lines are drawn from: many series in one call, each as its stretches of known time. */
import { HEARTBEAT, TIER_STEP_MS, type SeriesKey, type Tier, type TierSpec } from '../core/model.ts';
import type { BinColumn, BinColumns, Catalog, History, RawColumns } from '../core/ports.ts';
import type { Forecasts } from '../core/capacity.ts';
import type { DashboardSource } from '../core/dashboard.ts';
import { eachBin, eachRecord, type Each } from '../core/query.ts';
import type { Comparison } from './graph-compare.ts';
import type { Inventory } from './inventory.ts';

export interface GraphDeps {
  readonly history: History;
  /** For the events that explain gaps. */
  readonly catalog: Catalog;
  readonly inventory: Inventory;
  readonly zone: string;
  readonly nowMs: () => number;
  /** Without: there are no graphs of dashboards. */
  readonly dashboards?: DashboardSource;
  /** Without: there are no graphs of forecasts. */
  readonly forecasts?: Forecasts;
}
export interface GraphRequest {
  readonly fromMs: number;
  readonly toMs: number;
  /** No range was asked for: what suits the graph. */
  readonly usual?: boolean;
  /** Width of the plot in pixels. */
  readonly width: number;
  /** With the range before, or the difference to it. */
  readonly compare?: Comparison;
}

/** A series, or one divided by another of the same instance. */
export interface Source {
  readonly series: SeriesKey;
  readonly per?: SeriesKey | undefined;
}

/** One series as it was read. */
export interface Read {
  readonly each: Each;
  /** The records themselves, of the raw tier only. */
  readonly raw: RawColumns | null;
}

/**
 * Known stretches of each source; a divided one has those of both, at the same times.
 * @param columns of bins; all of them when left out
 */
export async function readSources(
  history: History,
  sources: readonly Source[],
  tier: Tier,
  fromMs: number,
  toMs: number,
  columns?: readonly BinColumn[],
): Promise<Read[]> {
  const keys = sources.flatMap(({ series, per }) => (per === undefined ? [series] : [series, per]));
  if (keys.length === 0) return [];
  let at = 0;
  if (tier === 'raw') {
    const answers = await history.raw(keys, fromMs, toMs);
    return sources.map(({ per }): Read => {
      const own = answers[at++];
      const by = per === undefined ? undefined : answers[at++];
      const raw = own && by ? dividedRaw(own, by) : own;
      return raw ? { each: (visit) => eachRecord(raw, visit), raw } : { each: () => undefined, raw: null };
    });
  }
  const answers = await history.bins(keys, tier, fromMs, toMs, columns);
  return sources.map(({ per }): Read => {
    const own = answers[at++];
    const by = per === undefined ? undefined : answers[at++];
    const bins = own && by ? dividedBins(own, by) : own;
    return { each: bins ? (visit) => eachBin(bins, tier, visit) : () => undefined, raw: null };
  });
}

/** Both series belong to one device, so their times are the same; where one lacks a time the share is unknown. */
function dividedRaw(own: RawColumns, per: RawColumns): RawColumns {
  const at = new Map(Array.from(per.tMs, (t, i) => [t, per.value[i] ?? NaN]));
  return { ...own, value: own.value.map((v, i) => divide(v, at.get(own.tMs[i] ?? NaN))) };
}

function dividedBins(own: BinColumns, per: BinColumns): BinColumns {
  const at = new Map(Array.from(per.tMs, (t, i) => [t, per.mean[i] ?? NaN]));
  const by = (values: Float64Array) => values.map((v, i) => divide(v, at.get(own.tMs[i] ?? NaN)));
  const known = own.known.map((k, i) => ((at.get(own.tMs[i] ?? NaN) ?? 0) > 0 ? k : 0));
  return { tMs: own.tMs, mean: by(own.mean), min: by(own.min), max: by(own.max), known };
}

function divide(value: number, by: number | undefined): number {
  return by !== undefined && by > 0 ? value / by : NaN;
}

/** The record that ends after the range covers its last part: so much further must be read. */
export const beyondMs = (tier: Tier, intervalMs: number): number => (tier === 'raw' ? HEARTBEAT * intervalMs : 0);

/** How far back a tier is kept; Infinity = for ever. */
export function keptMs(tiers: readonly TierSpec[], tier: Tier): number {
  return tiers.find((spec) => spec.tier === tier)?.retentionMs ?? Infinity;
}

/**
 * Where the data of series begins; null = nowhere. Narrowed from days to the reading only
 * if that lies within the range, because only then it shows.
 */
export async function oldestOf(history: History, series: readonly SeriesKey[], fromMs: number): Promise<number | null> {
  if (series.length === 0) return null;
  const first = (bins: readonly BinColumns[]) => bins.reduce((least, b) => Math.min(least, b.tMs[0] ?? Infinity), Infinity);
  const day = first(await history.bins(series, '1d', 0, Number.MAX_SAFE_INTEGER, ['known']));
  if (!Number.isFinite(day)) return null;
  if (day + TIER_STEP_MS['1d'] < fromMs) return day;
  const slot = first(await history.bins(series, '5m', day, day + TIER_STEP_MS['1d'], ['known']));
  if (!Number.isFinite(slot)) return day;
  let start = Infinity;
  for (const raw of await history.raw(series, slot - 1, slot + 2 * TIER_STEP_MS['5m'])) {
    eachRecord(raw, (t0) => (start = Math.min(start, t0)));
  }
  return Number.isFinite(start) ? start : slot;
}

export function words(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000} d`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${ms / 1000} s`;
}
