/** The habit of a series that is polled: its bins are read as `saguaro query` reads them, and judged in this process. */
import type { SeriesData, StatusView } from '../core/api.ts';
import { habitReport, type Rows } from '../core/habit-report.ts';
import { TIER_STEP_MS, type Unit } from '../core/model.ts';
import { parseRange } from '../core/time-range.ts';
import { formatDuration } from '../core/units.ts';
import type { Api } from './api.ts';
import { Refusal, UsageError, type Context } from './command.ts';
import type { ToldHabit } from './habit.ts';

/** Before what is shown: what is usual is forgotten after as long. */
const LEARNT_MS = 56 * 86_400_000;
/** A bin of which less is known says nothing, as for habits that are followed. */
const KNOWN_LEAST = 0.5;

interface Asked {
  readonly series: string;
  /** Undefined: that of the server. */
  readonly zone: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** From the server that runs, or from the data folder. @throws UsageError for times that are none, Refusal */
export async function polledHabit(context: Context, { series, zone: given, from = '-30d', to }: Asked): Promise<ToldHabit> {
  const api = await context.api();
  const { nowMs, zone: own } = await api.ask<StatusView>({ method: 'GET', path: '/status' });
  const zone = given ?? own;
  const range = parseRange(from, to, nowMs, zone);
  if ('error' in range) throw new UsageError(range.error);
  const { fromMs } = range;
  const toMs = Math.min(range.toMs, nowMs);
  if (toMs <= fromMs) throw new UsageError('The range lies in the future: nothing is known of it yet.');
  const data = await binsOf(api, series, fromMs - LEARNT_MS, toMs);
  const found = habitReport(rowsOf(data, toMs), zone, toMs);
  const rows = found.rows.filter(({ tMs }) => tMs >= fromMs);
  const episodes = found.episodes.filter(({ episode }) => episode.toMs >= fromMs);
  const title = `${series} in ${data.unit}, means of ${formatDuration(data.step * 1000)}`;
  return { report: { ...found, rows, episodes }, zone, unit: data.unit as Unit, title };
}

/** Bins that are no finer than the readings. */
async function binsOf(api: Api, series: string, fromMs: number, toMs: number): Promise<SeriesData> {
  const ask = async (tier: '5m' | '1h') => {
    const search = new URLSearchParams({ series, tier, from: String(fromMs / 1000), to: String(toMs / 1000) });
    const [data] = (await api.ask<{ items: SeriesData[] }>({ method: 'GET', path: `/series/data?${search}` })).items;
    if (!data) throw new Refusal(`There is no data of ${series}.`);
    return data;
  };
  const fine = await ask('5m');
  return fine.interval * 1000 > TIER_STEP_MS['5m'] ? ask('1h') : fine;
}

/** From the first that is known on, without the bin that is still being filled. */
function rowsOf({ bins, step }: SeriesData, toMs: number): Rows {
  const closed = bins.filter(({ t }) => (t + step) * 1000 <= toMs);
  const values = closed.map(({ mean, known }) => (known < KNOWN_LEAST ? null : mean));
  const first = values.findIndex((value) => value !== null);
  const begin = first < 0 ? values.length : first;
  return { timesMs: closed.slice(begin).map(({ t }) => t * 1000), values: values.slice(begin) };
}
