/** When series exist: before its first sample and after its last a series is not unknown, it is not there. */
import { HEARTBEAT, TIER_STEP_MS, type SeriesKey } from '../core/model.ts';
import type { Member } from '../core/aggregate.ts';
import type { History, Latest } from '../core/ports.ts';
import { oldestOf, type Read } from './graph-read.ts';
import type { Meant } from './selection.ts';

export interface Lifetime {
  /** It has samples before what is drawn. */
  readonly before: boolean;
  readonly latest: Latest | null;
}
export interface Lifetimes {
  /** In the order asked. */
  readonly of: readonly Lifetime[];
  /** First sample of any of them; null = none at all. */
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
}

/** @param startMs beginning of what is drawn */
export async function lifetimesOf(history: History, series: readonly SeriesKey[], startMs: number): Promise<Lifetimes> {
  if (series.length === 0) return { of: [], oldestMs: null, newestMs: null };
  const [days, latest] = await Promise.all([
    history.bins(series, '1d', 0, Number.MAX_SAFE_INTEGER, ['known']),
    history.latest(series),
  ]);
  const firstDays = days.map((bins) => bins.tMs[0] ?? Infinity);
  const day = TIER_STEP_MS['1d'];
  // Of those that begin on the very day the hours tell.
  const near = series.filter((_key, i) => (firstDays[i] ?? Infinity) <= startMs && (firstDays[i] ?? Infinity) + day > startMs);
  const hours = near.length === 0 ? [] : await history.bins(near, '1h', startMs - day, startMs, ['known']);
  const early = new Set(near.filter((_key, i) => (hours[i]?.tMs[0] ?? Infinity) + TIER_STEP_MS['1h'] <= startMs));
  const first = firstDays.reduce((least, at) => Math.min(least, at), Infinity);
  const oldest = series.filter((_key, i) => firstDays[i] === first);
  return {
    of: series.map((key, i) => ({
      before: (firstDays[i] ?? Infinity) + day <= startMs || early.has(key),
      latest: latest[i] ?? null,
    })),
    oldestMs: Number.isFinite(first) ? await oldestOf(history, oldest, startMs) : null,
    newestMs: latest.reduce<number | null>((newest, l) => (l && l.tMs > (newest ?? 0) ? l.tMs : newest), null),
  };
}

/** A series with what was read of it, as a member of a combination. */
export function memberOf({ device, instance }: Meant, lifetime: Lifetime, read: Read, nowMs: number): Member {
  const lastMs = lifetime.latest?.tMs ?? -Infinity;
  const over = device.sources.length === 0 || instance.vanishedMs !== null;
  const overdue = !over && nowMs - lastMs > HEARTBEAT * device.intervalMs;
  let bornMs = Infinity;
  if (lifetime.before) bornMs = -Infinity;
  else read.each((t0) => (bornMs = Math.min(bornMs, t0)));
  return { each: read.each, bornMs, untilMs: overdue ? Infinity : lastMs, awaited: !over && !overdue };
}
