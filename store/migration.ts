/**
 * Copies a whole history from one store to another, records and bins as they are, a device at a time; can be taken up
 * again after the last device that was finished, and compares both at the end.
 */
import {
  BIN_TIERS,
  splitSeriesKey,
  TIER_STEP_MS,
  type BinTier,
  type DeviceId,
  type SeriesKey,
  type Tier,
} from '../core/model.ts';
import type { Batch, BinColumns, BinRow, Clock, RawColumns, RawRow, SeriesStore, WriteResult } from '../core/ports.ts';
import { floor, type KeptFrom } from './history/recompute.ts';
import { blankRow, setBin } from './history/rows.ts';

export interface MigrationOptions {
  readonly from: SeriesStore & { keys(): Promise<SeriesKey[]> };
  readonly to: SeriesStore;
  readonly clock: Clock;
  /** Devices that an earlier run finished. */
  readonly done: ReadonlySet<DeviceId>;
  /** After each device: it is wholly there. */
  readonly onDevice: (device: DeviceId, progress: Progress) => Promise<void> | void;
  readonly signal?: AbortSignal;
}

export interface Progress {
  readonly devices: number;
  readonly ofDevices: number;
  readonly series: number;
  /** Records and bins that were copied in this run. */
  readonly values: number;
}

export interface Comparison {
  readonly series: number;
  readonly values: number;
  /** In both, but not the same number. */
  readonly different: number;
  readonly missing: number;
  /** Only in the target. */
  readonly foreign: number;
  /** Missing, but older than the tier is kept. */
  readonly expired: number;
  /** The first few, in words. */
  readonly examples: readonly string[];
}

/** The target did not take what it was given; what was copied so far stays, and the next run goes on. */
export class MigrationStopped extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MigrationStopped';
  }
}

const SERIES_AT_ONCE = 32;
const VALUES_AT_ONCE = 100_000;
const RAW_WINDOW_MS = 2 * TIER_STEP_MS['1d'];
const WINDOW_MS: Readonly<Record<BinTier, number>> = {
  '5m': 60 * TIER_STEP_MS['1d'],
  '1h': 730 * TIER_STEP_MS['1d'],
  '1d': Infinity,
};
/** Empty time is crossed in steps that grow. */
const GROWTH = 4;
const TRIES = 8;
const FIRST_WAIT_MS = 1_000;
const EXAMPLES = 10;

/** @throws MigrationStopped, and what the stores throw when they cannot be read */
export async function migrateHistory(options: MigrationOptions): Promise<Progress> {
  const { from, to, done, signal } = options;
  const devices = byDevice(await from.keys());
  let [copied, series, values] = [0, 0, 0];
  for (const [device, keys] of devices) {
    copied++;
    series += keys.length;
    if (done.has(device)) continue;
    for (const part of portions(keys)) {
      for await (const batch of copies(from, device, part)) {
        signal?.throwIfAborted();
        await write(options, to, batch);
        values += valuesOf(batch);
      }
    }
    await options.onDevice(device, { devices: copied, ofDevices: devices.size, series, values });
  }
  return { devices: copied, ofDevices: devices.size, series, values };
}

/**
 * Reads everything of both and says where they differ.
 * @param keptFrom of each tier the time before which the target need not have anything
 * @param tolerance by which share a number may differ where one of both rounds: 0, or 1e-10 of VictoriaMetrics
 */
export async function compareHistories(
  from: MigrationOptions['from'],
  to: SeriesStore,
  keptFrom: KeptFrom,
  tolerance = 0,
  onDevice: (progress: Progress) => void = () => undefined,
): Promise<Comparison> {
  const devices = byDevice(await from.keys());
  const found = { series: 0, values: 0, different: 0, missing: 0, foreign: 0, expired: 0, examples: [] as string[] };
  const same = (a: number, b: number) => Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.abs(a);
  let compared = 0;
  for (const keys of devices.values()) {
    for (const part of portions(keys)) {
      const span = await spanOf(from, part);
      for await (const { fromMs, toMs, columns } of rawWindows(from, part, span)) {
        const there = await to.raw(part, fromMs, toMs);
        part.forEach((key, i) => tally(found, same, key, 'raw', keptFrom.raw, rawFields(columns[i]), rawFields(there[i])));
      }
      for (const tier of BIN_TIERS) {
        for (const [fromMs, toMs] of windows(span, WINDOW_MS[tier])) {
          const [here, there] = [await from.bins(part, tier, fromMs, toMs), await to.bins(part, tier, fromMs, toMs)];
          // A bin that ends at the edge is not looked at twice.
          part.forEach((key, i) =>
            tally(found, same, key, tier, keptFrom[tier], binFields(here[i], fromMs), binFields(there[i], fromMs)),
          );
        }
      }
      found.series += part.length;
    }
    onDevice({ devices: ++compared, ofDevices: devices.size, series: found.series, values: found.values });
  }
  return found;
}

function byDevice(keys: readonly SeriesKey[]): Map<DeviceId, SeriesKey[]> {
  return Map.groupBy(keys.toSorted(), (key) => splitSeriesKey(key).device);
}

function* portions(keys: readonly SeriesKey[]): Generator<SeriesKey[]> {
  for (let at = 0; at < keys.length; at += SERIES_AT_ONCE) yield keys.slice(at, at + SERIES_AT_ONCE);
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** All time in which there is anything; empty when there is nothing. */
async function spanOf(store: SeriesStore, series: readonly SeriesKey[]): Promise<Span> {
  const latest = await store.latest(series);
  let [fromMs, toMs] = [Infinity, -Infinity];
  for (const last of latest) {
    if (!last) continue;
    fromMs = Math.min(fromMs, last.tMs);
    toMs = Math.max(toMs, last.tMs);
  }
  for (const tier of ['1d', '1h'] as const) {
    for (const { tMs } of await store.bins(series, tier, -Infinity, Infinity, ['known'])) {
      fromMs = Math.min(fromMs, tMs[0] ?? Infinity);
      toMs = Math.max(toMs, (tMs.at(-1) ?? -Infinity) + TIER_STEP_MS[tier]);
    }
  }
  // A record before the first closed bin, and 5 minutes that no hour has yet.
  const [before] = await store.raw(series.slice(0, 1), fromMs, fromMs);
  // Whole days: no bin lies across the edge of a window.
  const day = TIER_STEP_MS['1d'];
  const firstMs = Math.min(fromMs, before?.previousMs ?? Infinity);
  return { fromMs: floor(firstMs, day) - day, toMs: floor(toMs, day) + 2 * day };
}

function* windows({ fromMs, toMs }: Span, widthMs: number): Generator<[number, number]> {
  for (let at = fromMs; at < toMs; at += widthMs) yield [at, Math.min(toMs, at + widthMs)];
}

async function* rawWindows(store: SeriesStore, series: readonly SeriesKey[], span: Span) {
  let widthMs = RAW_WINDOW_MS;
  for (let fromMs = span.fromMs; fromMs < span.toMs;) {
    const toMs = Math.min(span.toMs, fromMs + widthMs);
    const columns = await store.raw(series, fromMs, toMs);
    const empty = columns.every(({ tMs }) => tMs.length === 0);
    if (!empty) yield { fromMs, toMs, columns };
    widthMs = empty ? widthMs * GROWTH : RAW_WINDOW_MS;
    fromMs = toMs;
  }
}

/** Everything of some series of a device, in portions that can be written. */
async function* copies(from: SeriesStore, device: DeviceId, series: readonly SeriesKey[]): AsyncGenerator<Batch> {
  const span = await spanOf(from, series);
  if (!(span.fromMs < span.toMs)) return;
  for await (const { columns } of rawWindows(from, series, span)) {
    const rows = rawRows(device, series, columns);
    for (const part of slices(rows, ({ values }) => values.length)) yield { raw: part, bins: [] };
  }
  for (const tier of BIN_TIERS) {
    for (const [fromMs, toMs] of windows(span, WINDOW_MS[tier])) {
      const rows = binRows(device, tier, series, await from.bins(series, tier, fromMs, toMs), fromMs);
      for (const part of slices(rows, ({ known }) => 4 * known.length)) yield { raw: [], bins: part };
    }
  }
}

/** Series with the very same moments share their rows: no row says anything that no record said. */
function rawRows(device: DeviceId, series: readonly SeriesKey[], columns: readonly RawColumns[]): RawRow[] {
  const groups: { readonly times: Float64Array; readonly members: number[] }[] = [];
  columns.forEach(({ tMs }, i) => {
    if (tMs.length === 0) return;
    const group = groups.find(({ times }) => times.length === tMs.length && times.every((t, k) => t === tMs[k]));
    if (group) group.members.push(i);
    else groups.push({ times: tMs, members: [i] });
  });
  return groups
    .flatMap(({ times, members }) => {
      const keys = members.map((i) => series[i] ?? '');
      const intervalMs =
        times.length > 1 ? Math.max(1_000, ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1)) : 60_000;
      return Array.from(times, (tMs, k) => ({
        device,
        tMs,
        intervalMs,
        series: keys,
        values: Float64Array.from(members, (i) => columns[i]?.value[k] ?? NaN),
      }));
    })
    .sort((a, b) => a.tMs - b.tMs);
}

function binRows(
  device: DeviceId,
  tier: BinTier,
  series: readonly SeriesKey[],
  columns: readonly BinColumns[],
  fromMs: number,
): BinRow[] {
  const rows = new Map<number, BinRow>();
  columns.forEach(({ tMs, mean, min, max, known }, i) => {
    tMs.forEach((t, k) => {
      if (t < fromMs) return;
      let row = rows.get(t);
      if (!row) rows.set(t, (row = blankRow(tier, device, t, series)));
      setBin(row, i, { tMs: t, mean: mean[k] ?? NaN, min: min[k] ?? NaN, max: max[k] ?? NaN, known: known[k] ?? NaN });
    });
  });
  return [...rows.values()].sort((a, b) => a.tMs - b.tMs);
}

function* slices<T>(rows: readonly T[], size: (row: T) => number): Generator<T[]> {
  let part: T[] = [];
  let sum = 0;
  for (const row of rows) {
    if (part.length > 0 && sum + size(row) > VALUES_AT_ONCE) {
      yield part;
      [part, sum] = [[], 0];
    }
    part.push(row);
    sum += size(row);
  }
  if (part.length > 0) yield part;
}

async function write({ clock, signal }: MigrationOptions, to: SeriesStore, batch: Batch): Promise<void> {
  let reason = '';
  for (let attempt = 0, waitMs = FIRST_WAIT_MS; attempt < TRIES; attempt++, waitMs *= 2) {
    const answer: WriteResult = await to.write(batch);
    if (answer.result === 'ok') return;
    reason = answer.reason;
    if (answer.result !== 'retry') break;
    await clock.sleep(waitMs, signal);
  }
  throw new MigrationStopped(reason);
}

function valuesOf({ raw, bins }: Batch): number {
  const records = raw.reduce((sum, { values }) => sum + values.length, 0);
  return records + bins.reduce((sum, { known }) => sum + known.reduce((n, share) => n + (share > 0 ? 1 : 0), 0), 0);
}

/** By moment whatever numbers are kept of it. */
type Fields = ReadonlyMap<number, readonly number[]>;

function rawFields(columns: RawColumns | undefined): Fields {
  return new Map(Array.from(columns?.tMs ?? [], (t, i) => [t, [columns?.value[i] ?? NaN]]));
}

function binFields(columns: BinColumns | undefined, fromMs: number): Fields {
  const fields = new Map<number, readonly number[]>();
  columns?.tMs.forEach((t, i) => {
    if (t >= fromMs)
      fields.set(
        t,
        [columns.mean[i], columns.min[i], columns.max[i], columns.known[i]].map((value) => value ?? NaN),
      );
  });
  return fields;
}

function tally(
  found: { -readonly [K in keyof Comparison]: Comparison[K] } & { examples: string[] },
  same: (a: number, b: number) => boolean,
  series: SeriesKey,
  tier: Tier,
  keptFromMs: number,
  here: Fields,
  there: Fields,
): void {
  const say = (tMs: number, text: string) => {
    if (found.examples.length < EXAMPLES) found.examples.push(`${series} at ${new Date(tMs).toISOString()} (${tier}): ${text}`);
  };
  found.values += here.size;
  for (const [tMs, values] of here) {
    const others = there.get(tMs);
    if (!others) {
      if (tMs < keptFromMs) found.expired++;
      else {
        found.missing++;
        say(tMs, 'is missing');
      }
    } else if (!values.every((value, i) => same(value, others[i] ?? NaN))) {
      found.different++;
      say(tMs, `is ${others.join(' ')} instead of ${values.join(' ')}`);
    }
  }
  for (const tMs of there.keys()) {
    if (here.has(tMs)) continue;
    found.foreign++;
    say(tMs, 'is only in the target');
  }
}
