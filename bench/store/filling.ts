/** History to ask questions of: the same in ours, in files of rrdtool and on the servers. */
import { DEFAULT_TIERS, TIER_STEP_MS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { BinRow, History, RawRow } from '../../core/ports.ts';
import type { EmbeddedStore } from '../../store/embedded/store.ts';
import type { ServerStore } from '../../store/server/port.ts';
import { DAY, grouped, MINUTE, NOW, openHistory, rowsAt, seriesOf } from './fleet.ts';
import { createCommand, type Pipe } from './rrd.ts';
import { valueAt } from './traffic.ts';

export const YEAR = 365 * DAY;
const HOUR = 3_600_000;
const DAY_OF_MINUTES = 1_440;
/** Minutes of one append. */
const AT_ONCE = 240;
/** Enough upkeep to close all that can be closed. */
const UPKEEPS = 60;

export interface Filled {
  readonly store: EmbeddedStore;
  readonly history: History;
  readonly series: readonly SeriesKey[];
}

/** Minutes of some days up to now, in ours. */
export async function fillOurs(folder: string, name: string, count: number, days: number): Promise<Filled> {
  const series = seriesOf(count);
  const { history, store } = await openHistory(folder, name);
  await fillMinutes(history, grouped(series), days);
  return { store, history, series };
}

export async function fillMinutes(history: History, groups: readonly (readonly SeriesKey[])[], days: number): Promise<void> {
  const stamps = Array.from({ length: days * DAY_OF_MINUTES }, (_t, i) => NOW - days * DAY + (i + 1) * MINUTE);
  for (let at = 0; at < stamps.length; at += AT_ONCE) {
    const some = stamps.slice(at, at + AT_ONCE);
    await history.append(some.flatMap((tMs) => rowsAt(groups, tMs)));
    // Upkeep says what time it is: by it young 5-minute means are kept plain, and raw records of 14 days.
    if (at % DAY_OF_MINUTES === 0) await history.maintain(some.at(-1) ?? NOW);
  }
  for (let i = 0; i < UPKEEPS; i++) await history.maintain(NOW);
}

/** The same minutes in a file for each series. @returns the files */
export async function fillFiles(pipe: Pipe, count: number, days: number): Promise<string[]> {
  const start = NOW - days * DAY;
  const files = Array.from({ length: count }, (_s, n) => `r${n}.rrd`);
  for (const [n, file] of files.entries()) {
    await pipe.ask(createCommand(file, start / 1000));
    for (let at = 1; at <= days * DAY_OF_MINUTES; at += 1_000) {
      const values: string[] = [];
      for (let i = at; i < at + 1_000 && i <= days * DAY_OF_MINUTES; i++) {
        const tMs = start + i * MINUTE;
        values.push(`${tMs / 1000}:${valueAt(tMs, n)}`);
      }
      await pipe.ask(`update ${file} ${values.join(' ')}`);
    }
  }
  return files;
}

/** How far back each tier is copied to a server: as far as it is asked. */
export type Copied = Readonly<Record<'raw' | BinTier, number>>;

/**
 * What ours holds, written to a server as it is stored here, bins and all; 5-minute bins of a year would take it minutes.
 * @throws Error when it does not take them
 */
export async function fillServer(to: ServerStore, { history, series }: Filled, copied: Copied): Promise<void> {
  await to.ensureTiers(DEFAULT_TIERS);
  for (const own of grouped(series)) {
    const raw = await history.raw(own, NOW - copied.raw, NOW);
    await write(to, rawRows(own, raw));
    for (const tier of ['5m', '1h', '1d'] as const) {
      // Parts of some ten thousand lines.
      const part = Math.max(DAY, TIER_STEP_MS[tier] * 288);
      for (let fromMs = NOW - copied[tier]; fromMs < NOW; fromMs += part)
        await write(to, [], await binRows(history, own, tier, fromMs, Math.min(NOW, fromMs + part)));
    }
  }
}

async function write(to: ServerStore, raw: RawRow[], bins: BinRow[] = []): Promise<void> {
  const answer = await to.write({ raw, bins });
  if (answer.result !== 'ok') throw new Error(`${to.label} does not take the history: ${answer.reason}`);
}

const deviceOf = (own: readonly SeriesKey[]) => own[0]?.split('/')[0] ?? '';

/** Series of a device share their moments. */
function rawRows(own: readonly SeriesKey[], columns: Awaited<ReturnType<History['raw']>>): RawRow[] {
  return [...(columns[0]?.tMs ?? [])].map((tMs, i) => ({
    device: deviceOf(own),
    tMs,
    intervalMs: MINUTE,
    series: own,
    values: Float64Array.from(columns, ({ value }) => value[i] ?? NaN),
  }));
}

async function binRows(
  history: History,
  own: readonly SeriesKey[],
  tier: BinTier,
  fromMs: number,
  toMs: number,
): Promise<BinRow[]> {
  const columns = await history.bins(own, tier, fromMs, toMs);
  return [...(columns[0]?.tMs ?? [])].flatMap((tMs, i) => {
    if (tMs < fromMs || tMs >= toMs) return [];
    const of = (name: 'mean' | 'min' | 'max' | 'known') => Float64Array.from(columns, (one) => one[name][i] ?? NaN);
    return [
      { tier, device: deviceOf(own), tMs, series: own, mean: of('mean'), min: of('min'), max: of('max'), known: of('known') },
    ];
  });
}

/** A day of raw and the hour before it, in which the record before the first is looked for. */
export const COPIED: Copied = { raw: DAY + HOUR, '5m': 30 * DAY, '1h': YEAR, '1d': YEAR };
