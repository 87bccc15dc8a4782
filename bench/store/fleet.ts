/** Devices of the store benchmark, with 48 series each, and their rows: the same for every store. */
import { join } from 'node:path';
import { DEFAULT_TIERS, seriesKey, type SeriesKey } from '../../core/model.ts';
import type { History, Log, RawRow } from '../../core/ports.ts';
import { createEmbeddedStore, type EmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { valueAt } from './traffic.ts';

export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const PER_DEVICE = 48;
/** The last midnight: what is filled ends there, and what is taken begins a day before it, well within 14 days. */
export const NOW = Math.floor(Date.now() / DAY) * DAY;
export const QUIET: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: (text: string) => console.error(text),
};

export const seriesOf = (count: number): SeriesKey[] =>
  Array.from({ length: count }, (_s, n) =>
    seriesKey(`dev${Math.floor(n / PER_DEVICE)}`, `if${n % PER_DEVICE}`, 'interface.in_bps'),
  );

/** Series of each device; the lists are the same ones row after row, as a collector's are. */
export const grouped = (series: readonly SeriesKey[]): SeriesKey[][] =>
  Array.from({ length: Math.ceil(series.length / PER_DEVICE) }, (_g, d) => series.slice(d * PER_DEVICE, (d + 1) * PER_DEVICE));

export function rowsAt(groups: readonly (readonly SeriesKey[])[], tMs: number, intervalMs = MINUTE): RawRow[] {
  return groups.map((own, d) => ({
    device: `dev${d}`,
    tMs,
    intervalMs,
    series: own,
    values: Float64Array.from(own, (_key, k) => valueAt(tMs, d * PER_DEVICE + k)),
  }));
}

/** The history over a new embedded store. */
export async function openHistory(folder: string, name: string): Promise<{ store: EmbeddedStore; history: History }> {
  const store = await createEmbeddedStore({ path: join(folder, `${name}.db`) });
  const history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => NOW, log: QUIET });
  return { store, history };
}

/** Milliseconds of wall time. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
