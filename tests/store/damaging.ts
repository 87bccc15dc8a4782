/** A history that is whole, what it says, and what may be said once it is damaged. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BIN_TIERS, DEFAULT_TIERS, seriesKey, type BinTier, type MetricName, type SeriesKey } from '../../core/model.ts';
import type { BinColumns, RawColumns, SeriesStore } from '../../core/ports.ts';
import { createEmbeddedStore, type EmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 5, 1);
const ROWS = 2_600;
export const TIERS = DEFAULT_TIERS.map((spec) => ({ ...spec, retentionMs: null }));
export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const METRICS: MetricName[] = ['interface.in_bps', 'interface.out_bps'];
const seriesOf = (device: string, ports: number) =>
  METRICS.flatMap((metric) => Array.from({ length: ports }, (_port, n) => seriesKey(device, `if${n}`, metric)));
/** A device of three blocks a moment, and a small one beside it. */
export const LISTS = new Map([
  ['dev', seriesOf('dev', 20)],
  ['other', seriesOf('other', 3)],
]);
export const ALL = [...LISTS.values()].flat();
/** One whose history was imported into, so that it stands in chunks, as do its neighbours. */
export const IMPORTED = ALL[3] ?? '';
/** The moment after all that is recorded. */
export const NEXT_MS = T0 + ROWS * MINUTE;

export const rowAt = (i: number, device = 'dev') => {
  const series = LISTS.get(device) ?? [];
  return {
    device,
    tMs: T0 + i * MINUTE + ((i * 37) % 900),
    intervalMs: MINUTE,
    series,
    values: Float64Array.from(series, (_key, n) => (i % 97 === 5 ? NaN : ((i + 1) * 7919 * (n + 1)) % 1009)),
  };
};

export interface Said {
  readonly raw: readonly RawColumns[];
  readonly bins: Readonly<Record<BinTier, readonly BinColumns[]>>;
}

export async function sayAll(store: SeriesStore): Promise<Said> {
  const bins = {} as Record<BinTier, readonly BinColumns[]>;
  for (const tier of BIN_TIERS) bins[tier] = await store.bins(ALL, tier, -Infinity, Infinity);
  return { raw: await store.raw(ALL, -Infinity, Infinity), bins };
}

export interface Whole {
  readonly path: string;
  readonly said: Said;
  /** A copy to be damaged, in a folder of its own. */
  copy(): { path: string; remove: () => void };
  remove(): void;
}

/** Blocks and chunks of all tiers, and rows in every head. */
export async function wholeHistory(): Promise<Whole> {
  const folder = mkdtempSync(join(tmpdir(), 'saguaro-whole-'));
  const path = join(folder, 'history.db');
  const store = await createEmbeddedStore({ path });
  let nowMs = T0;
  const history = await createHistory({ store, tiers: TIERS, nowMs: () => nowMs, log: quiet });
  for (let i = 0; i < ROWS; i++) {
    nowMs = T0 + i * MINUTE;
    await history.append([rowAt(i), rowAt(i, 'other')]);
    if (i % 200 === 199) await history.maintain(nowMs);
    if (i !== ROWS - 200) continue;
    const tMs = Float64Array.from({ length: 60 }, (_t, n) => T0 + 400 * MINUTE + n * MINUTE + 30_000);
    await history.importSamples([{ series: IMPORTED, tMs, value: new Float64Array(60).fill(4) }]);
  }
  const said = await sayAll(store);
  expect(await store.health()).toMatchObject({ ok: true, reason: '' });
  await history.close();
  return {
    path,
    said,
    copy() {
      const own = mkdtempSync(join(tmpdir(), 'saguaro-damaged-'));
      for (const side of ['', '-wal']) if (existsSync(path + side)) copyFileSync(path + side, join(own, `history.db${side}`));
      return { path: join(own, 'history.db'), remove: () => rmSync(own, { recursive: true, force: true }) };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Where each moment of the truth stands; the truth is asked for hundreds of damaged files, and never changes. */
const known = new WeakMap<Float64Array, ReadonlyMap<number, number>>();
function positions(tMs: Float64Array = new Float64Array(0)): ReadonlyMap<number, number> {
  let found = known.get(tMs);
  if (!found) known.set(tMs, (found = new Map(Array.from(tMs, (t, i) => [t, i]))));
  return found;
}

/**
 * Series of which something is missing; fails where anything is said that was never so.
 * @param reaching whether records that lost their neighbours must have been found out; before any read met the damage they are not
 *   yet; after a repair bins may also be made of those records that are left
 */
export function expectNothingWrong(
  found: Said,
  truth: Said,
  reaching: 'found' | 'not yet' | 'repaired' = 'found',
  what = '',
): Set<SeriesKey> {
  const missing = new Set<SeriesKey>();
  const wrong: string[] = [];
  ALL.forEach((key, s) => {
    const records = found.raw[s];
    const true_ = truth.raw[s];
    const at = positions(true_?.tMs);
    if (records?.tMs.length !== true_?.tMs.length) missing.add(key);
    records?.tMs.forEach((t, i) => {
      const value = records.value[i] ?? NaN;
      const j = at.get(t);
      if (Number.isNaN(value)) {
        if (j === undefined || !Number.isNaN(true_?.value[j])) missing.add(key);
        return;
      }
      const before = records.tMs[i - 1] ?? records.previousMs;
      if (j === undefined || true_?.value[j] !== value) wrong.push(`${key} ${t}: ${value}`);
      // A record tells of all the time since the one before; an unknown one may have been moved a little itself.
      else if (reaching !== 'not yet' && before !== null && before < (true_.tMs[j - 1] ?? -Infinity) - MINUTE / 2)
        wrong.push(`${key} ${t} reaches back to ${before}`);
    });
    for (const tier of BIN_TIERS) {
      const bins = found.bins[tier][s];
      const trueBins = truth.bins[tier][s];
      const binAt = positions(trueBins?.tMs);
      if (bins?.tMs.length !== trueBins?.tMs.length) missing.add(key);
      bins?.tMs.forEach((t, i) => {
        const j = binAt.get(t) ?? -1;
        const same = (['mean', 'min', 'max', 'known'] as const).every((name) => Object.is(bins[name][i], trueBins?.[name][j]));
        // What is computed anew of records of which some are lost says less of the bin, and nothing else.
        const part =
          reaching === 'repaired' &&
          (bins.known[i] ?? NaN) < (trueBins?.known[j] ?? NaN) - 1e-9 &&
          (bins.min[i] ?? NaN) >= (trueBins?.min[j] ?? NaN) &&
          (bins.max[i] ?? NaN) <= (trueBins?.max[j] ?? NaN);
        if (part) return void missing.add(key);
        const told = (of: typeof bins | undefined, k: number) => `${of?.mean[k]} ${of?.min[k]} ${of?.max[k]} ${of?.known[k]}`;
        if (!same) wrong.push(`${tier} of ${key} at ${t}: ${told(bins, i)} instead of ${told(trueBins, j)}`);
      });
    }
  });
  expect(wrong.slice(0, 5), what).toEqual([]);
  return missing;
}

export async function reading<T>(path: string, work: (store: EmbeddedStore) => Promise<T>): Promise<T> {
  const store = await createEmbeddedStore({ path });
  try {
    await store.ensureTiers(TIERS);
    return await work(store);
  } finally {
    await store.close();
  }
}
