/** Small histories for the rows of a list: means of equal slots, read for all rows at once. */
import type { Spark } from '../core/now.ts';
import type { SeriesKey, Tier } from '../core/model.ts';
import type { History } from '../core/ports.ts';
import { eachBin, eachRecord, planQuery, toSlots, type Visit } from '../core/query.ts';

export interface SparkRequest {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  /** Longest poll interval of the rows. */
  readonly intervalMs: number;
}
/** Slots of a sparkline: it is about this many pixels wide. */
const POINTS = 100;
/** No finer tier is worth reading for so few pixels; raw only where the range is as short as a few bins. */
const RAW_BELOW_MS = 3 * 3_600_000;

/**
 * One sparkline for each row; a row is a list of series, one line each, of which null knows nothing.
 * @returns in the order of the rows; null values are unknown
 */
export async function readSparks(
  history: History,
  rows: readonly (readonly (SeriesKey | null)[])[],
  request: SparkRequest,
): Promise<Spark[]> {
  const { fromMs, nowMs, intervalMs } = request;
  const toMs = Math.min(request.toMs, nowMs);
  const short = toMs - fromMs < RAW_BELOW_MS;
  const tiers = short ? history.tiers() : history.tiers().filter(({ tier }) => tier !== 'raw');
  const { tier, stepMs } = planQuery({ fromMs, toMs, points: POINTS, nowMs, intervalMs, tiers });
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  const keys = rows.flat().filter((key) => key !== null);
  const visits = await readAll(history, keys, tier, startMs, toMs + (tier === 'raw' ? 2 * intervalMs : 0));
  let at = 0;
  return rows.map((row) => ({
    fromMs: startMs,
    toMs: request.toMs,
    stepMs,
    lines: row.map((key) => {
      const visit = key === null ? undefined : visits[at++];
      const { mean } = toSlots(visit ?? (() => undefined), startMs, Math.max(toMs, startMs), stepMs);
      return Array.from(mean, (value) => (Number.isNaN(value) ? null : Number(value.toPrecision(4))));
    }),
  }));
}

async function readAll(
  history: History,
  keys: readonly SeriesKey[],
  tier: Tier,
  fromMs: number,
  toMs: number,
): Promise<((visit: Visit) => void)[]> {
  if (keys.length === 0) return [];
  if (tier === 'raw') return (await history.raw(keys, fromMs, toMs)).map((raw) => (visit) => eachRecord(raw, visit));
  const bins = await history.bins(keys, tier, fromMs, toMs, ['mean', 'known']);
  // Only means were read: each is its own lowest and highest.
  return bins.map(
    (columns) => (visit) => eachBin(columns, tier, (t0, t1, mean, _min, _max, known) => visit(t0, t1, mean, mean, mean, known)),
  );
}
