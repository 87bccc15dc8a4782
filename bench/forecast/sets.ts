/** Sets of real series in folders: each folder a set, each CSV file (time, value) a series by the hour. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseSeriesCsv } from '../../core/series-csv.ts';
import { calendarOf } from '../../core/forecast/calendar.ts';
import { cleanRows, gridOf } from '../../core/forecast/grid.ts';
import { HOUR_MS, DAY_MS } from '../../core/forecast/model.ts';
import type { TrafficSet } from './traffic.ts';

/** Fewer steps than this cannot be halved into history and future. */
const LEAST_DAYS = 8;
/** Folders that hold no series to forecast. */
const NO_SERIES = /^artificial/;

/** A few series of the Numenta Anomaly Benchmark, MIT licence beside them. */
export const FIXTURE = join(import.meta.dirname, 'public');

/** @throws Error for a folder that does not exist */
export function readSets(folder: string): TrafficSet[] {
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder}`);
  const entries = readdirSync(folder, { withFileTypes: true });
  const series = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.csv'))
    .map((entry) => readSeries(join(folder, entry.name)));
  const own: TrafficSet[] = [1, 24].map((perDay) => ({
    name: `${basename(folder)}, ${perDay === 1 ? 'daily' : 'hourly'}`,
    perDay,
    series: series.filter((one) => one !== null && one.perDay === perDay).map((one) => one?.values ?? new Float64Array()),
  }));
  const below = entries
    .filter((entry) => entry.isDirectory() && !NO_SERIES.test(entry.name))
    .flatMap((entry) => readSets(join(folder, entry.name)));
  return [...own.filter((set) => set.series.length > 0), ...below];
}

function readSeries(file: string): { perDay: number; values: Float64Array } | null {
  const parsed = parseSeriesCsv(readFileSync(file, 'utf8'));
  if (!parsed) return null;
  const rows = cleanRows(parsed);
  const perDay = rows.distanceMs >= DAY_MS / 2 ? 1 : 24;
  const grid = gridOf(rows, perDay === 1 ? DAY_MS : HOUR_MS, 'mean', calendarOf('UTC'));
  return grid && grid.values.length >= LEAST_DAYS * perDay ? { perDay, values: grid.values } : null;
}
