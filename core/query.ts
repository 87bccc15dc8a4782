/**
 * From a range and a width to an honest set of slots: which tier to read, how wide a slot is,
 * and how stored records or bins become slots. Never more than two slots a pixel, never a slot
 * finer than the poll interval, always lowest, mean and highest.
 */
import { TIER_STEP_MS, type BinTier, type Tier, type TierSpec } from './model.ts';
import type { BinColumns, RawColumns } from './ports.ts';

/** At most this many slots in any answer drawn by width or points. */
export const POINTS_MAX = 20_000;

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;
/** Slot widths that keep their edges when the view moves; multiples of their tier. */
const RAW_STEPS_MS = [1, 2, 5, 10, 15, 30].map((n) => n * S).concat([1, 2, 5, 10, 15, 20, 30].map((n) => n * MIN));
const STEPS_MS: Readonly<Record<BinTier, readonly number[]>> = {
  '5m': [5, 10, 15, 20, 30].map((n) => n * MIN).concat([1, 2, 3, 4, 6].map((n) => n * H)),
  '1h': [1, 2, 3, 4, 6, 8, 12].map((n) => n * H).concat([1, 2, 4, 7].map((n) => n * D)),
  '1d': [1, 2, 4, 7, 14, 28, 56, 91, 182, 364].map((n) => n * D),
};

export interface QueryPlan {
  readonly tier: Tier;
  /** Width of a slot; slots begin at multiples of it since the epoch. */
  readonly stepMs: number;
}

export interface PlanRequest {
  readonly fromMs: number;
  readonly toMs: number;
  /** Greatest number of slots wanted. */
  readonly points: number;
  readonly nowMs: number;
  /** Poll interval of the series, the largest if there are several. */
  readonly intervalMs: number;
  readonly tiers: readonly TierSpec[];
}

/**
 * The finest slots that fit: the width is the smallest round step that needs at most
 * `points` slots and is no finer than the interval; the tier is the coarsest that still
 * divides it, among those that reach back to `from`. If none reaches that far, the coarsest.
 */
export function planQuery(request: PlanRequest): QueryPlan {
  const { fromMs, toMs, points, nowMs, intervalMs, tiers } = request;
  // One slot more than the span needs, because the edges rarely fall on a multiple.
  const finestMs = Math.max((toMs - fromMs) / Math.max(1, Math.min(points, POINTS_MAX) - 1), 1);
  const reaches = (tier: Tier) => {
    const spec = tiers.find((t) => t.tier === tier);
    return spec !== undefined && (spec.retentionMs === null || fromMs >= nowMs - spec.retentionMs);
  };
  let best: QueryPlan | null = null;
  for (const tier of ['raw', '5m', '1h', '1d'] as const) {
    const last = tier === '1d';
    if (!reaches(tier) && !last) continue;
    const candidates =
      tier === 'raw' ? rawSteps(intervalMs) : STEPS_MS[tier].filter((step) => step >= intervalMs || tier === '1d');
    const stepMs = candidates.find((step) => step >= finestMs) ?? (last ? Math.ceil(finestMs / D) * D : undefined);
    if (stepMs === undefined) continue;
    // A coarser tier is cheaper to read: taken whenever it loses no resolution. Single readings stay themselves.
    const readings = best?.tier === 'raw' && best.stepMs === intervalMs;
    if (best === null || stepMs < best.stepMs || (stepMs === best.stepMs && !readings)) best = { tier, stepMs };
  }
  return best ?? { tier: '1d', stepMs: D };
}

/** Raw slots: the interval itself where it fits, then round multiples of it. */
function rawSteps(intervalMs: number): number[] {
  return [intervalMs, ...RAW_STEPS_MS.filter((step) => step > intervalMs && step % intervalMs === 0)];
}

/** Slots of equal width from fromMs (a multiple of stepMs); NaN = unknown. */
export interface Slots {
  readonly fromMs: number;
  readonly stepMs: number;
  readonly mean: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** Known fraction of the slot, 0–1. */
  readonly known: Float64Array;
}

/** A stretch of known time with one value (a raw record) or one bin's figures. */
export type Visit = (t0Ms: number, t1Ms: number, mean: number, min: number, max: number, knownMs: number) => void;

/** Visits the known stretches of a series, in order. */
export type Each = (visit: Visit) => void;

/** Calls visit for each known record, cut to what it covers. */
export function eachRecord(raw: RawColumns, visit: Visit): void {
  let before = raw.previousMs;
  for (let i = 0; i < raw.tMs.length; i++) {
    const t = raw.tMs[i] ?? NaN;
    const v = raw.value[i] ?? NaN;
    if (before !== null && !Number.isNaN(v)) visit(before, t, v, v, v, t - before);
    before = t;
  }
}

/** Calls visit for each bin in which anything is known. */
export function eachBin(bins: BinColumns, tier: BinTier, visit: Visit): void {
  const step = TIER_STEP_MS[tier];
  for (let i = 0; i < bins.tMs.length; i++) {
    const t = bins.tMs[i] ?? NaN;
    const known = bins.known[i] ?? 0;
    if (known > 0) visit(t, t + step, bins.mean[i] ?? NaN, bins.min[i] ?? NaN, bins.max[i] ?? NaN, known * step);
  }
}

/**
 * Lays records or bins out in slots, weighted by overlap. A bin whose known time is partial
 * counts that time as spread evenly over it.
 */
export function toSlots(each: (visit: Visit) => void, fromMs: number, toMs: number, stepMs: number): Slots {
  const start = Math.floor(fromMs / stepMs) * stepMs;
  const count = Math.max(0, Math.ceil((toMs - start) / stepMs));
  const total = new Float64Array(count);
  const knownMs = new Float64Array(count);
  const min = new Float64Array(count).fill(Infinity);
  const max = new Float64Array(count).fill(-Infinity);
  each((t0, t1, mean, low, high, known) => {
    const share = known / (t1 - t0);
    const first = Math.max(0, Math.floor((t0 - start) / stepMs));
    for (let i = first; i < count; i++) {
      const slotMs = start + i * stepMs;
      const overlap = Math.min(t1, slotMs + stepMs) - Math.max(t0, slotMs);
      if (overlap <= 0) break;
      total[i] = (total[i] ?? 0) + mean * overlap * share;
      knownMs[i] = (knownMs[i] ?? 0) + overlap * share;
      if (low < (min[i] ?? Infinity)) min[i] = low;
      if (high > (max[i] ?? -Infinity)) max[i] = high;
    }
  });
  const mean = new Float64Array(count);
  const known = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const ms = knownMs[i] ?? 0;
    if (ms > 0) {
      mean[i] = Math.min(Math.max((total[i] ?? 0) / ms, min[i] ?? NaN), max[i] ?? NaN);
      known[i] = Math.min(1, ms / stepMs);
    } else {
      mean[i] = min[i] = max[i] = NaN;
    }
  }
  return { fromMs: start, stepMs, mean, min, max, known };
}

/** Unknown stretches between from and to, longer than `atLeastMs`, from the known ones (ascending). */
export function unknownStretches(
  each: (visit: Visit) => void,
  fromMs: number,
  toMs: number,
  atLeastMs: number,
): { fromMs: number; toMs: number }[] {
  const gaps: { fromMs: number; toMs: number }[] = [];
  let reached = fromMs;
  const gap = (until: number) => {
    if (until - reached >= atLeastMs) gaps.push({ fromMs: reached, toMs: until });
  };
  each((t0, t1) => {
    if (t1 <= reached) return;
    if (t0 >= toMs) return;
    if (t0 > reached) gap(Math.min(t0, toMs));
    reached = Math.max(reached, t1);
  });
  if (reached < toMs) gap(toMs);
  return gaps;
}
