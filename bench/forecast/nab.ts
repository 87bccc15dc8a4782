/**
 * The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms"):
 * what a detection earns falls over its window by a sigmoid, a false one costs more the further it is behind the last
 * window, a missed window costs one; one threshold for all series, the best there is.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NabSeries {
  /** "realTraffic/speed_6005.csv" */
  readonly name: string;
  readonly times: readonly string[];
  readonly values: readonly number[];
  /** First and last row of each window with an anomaly. */
  readonly windows: readonly (readonly [number, number])[];
}
export interface NabProfile {
  readonly falsePositive: number;
  readonly missed: number;
}
export const NAB_PROFILES = {
  standard: { falsePositive: 0.11, missed: 1 },
  lowFP: { falsePositive: 0.22, missed: 1 },
  lowFN: { falsePositive: 0.11, missed: 2 },
} as const;

/** Unix milliseconds of a row of the set; its times are taken as UTC. */
export const nabTimeMs = (text: string): number => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);

/** Every labelled series of a folder laid out as the benchmark's `data/`, with `labels/combined_windows.json` in it. */
export function readNab(folder: string): NabSeries[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8')) as Record<
    string,
    [string, string][]
  >;
  const groups = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'labels');
  return groups
    .flatMap((group) => readdirSync(join(folder, group.name)).map((file) => `${group.name}/${file}`))
    .filter((name) => labels[name] !== undefined)
    .sort()
    .map((name) => {
      const rows = readFileSync(join(folder, name), 'utf8').trim().split(/\r?\n/).slice(1);
      const times = rows.map((row) => row.slice(0, row.indexOf(',')));
      const values = rows.map((row) => Number(row.slice(row.indexOf(',') + 1)));
      const ms = times.map(nabTimeMs);
      const windows = (labels[name] ?? []).map(([from, to]) => {
        const [fromMs, toMs] = [nabTimeMs(from), nabTimeMs(to)];
        return [ms.findIndex((t) => t >= fromMs), ms.findLastIndex((t) => t <= toMs)] as const;
      });
      return { name, times, values, windows };
    });
}

/** Rows in which a detector may learn before it counts. */
export const probation = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750);

const sigmoid = (x: number): number => (x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1);
/** What a detection in a window's first row earns before it is scaled to 1. */
const MOST = sigmoid(-1);

interface Row {
  readonly score: number;
  readonly worth: number;
  readonly window: number;
}

/** Worth of a detection in each row that counts: positive inside a window, negative elsewhere. */
function rowsOf(
  { windows }: NabSeries,
  scores: readonly number[],
  first: number,
  falsePositive: number,
  windowBase: number,
): Row[] {
  const rows: Row[] = [];
  let passed = -1;
  for (let i = 0; i < scores.length; i++) {
    while (passed + 1 < windows.length && i > (windows[passed + 1]?.[1] ?? 0)) passed++;
    const [left = Infinity, right = Infinity] = windows[passed + 1] ?? [];
    if (i < first) continue;
    const score = scores[i] ?? 0;
    if (i >= left && i <= right) {
      const worth = sigmoid(-(right - i + 1) / (right - left + 1)) / MOST;
      rows.push({ score, worth, window: windowBase + passed + 1 });
    } else {
      const last = windows[passed];
      const unscaled = last === undefined ? -1 : sigmoid((i - last[1]) / Math.max(1, last[1] - last[0]));
      rows.push({ score, worth: unscaled * falsePositive, window: -1 });
    }
  }
  return rows;
}

/** The benchmark's score (0 = no detection, 100 = perfect) at the best threshold, and that threshold. */
export function nabScore(
  series: readonly NabSeries[],
  scores: readonly (readonly number[])[],
  { falsePositive, missed }: NabProfile,
): { score: number; threshold: number } {
  let windows = 0;
  const rows: Row[] = [];
  series.forEach((one, i) => {
    rows.push(...rowsOf(one, scores[i] ?? [], probation(one.values.length), falsePositive, windows));
    windows += one.windows.length;
  });
  rows.sort((a, b) => b.score - a.score);
  const best = new Map<number, number>();
  let sum = -missed * windows;
  let top = { raw: sum, threshold: 1.1 };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (!row) break;
    if (row.window < 0) sum += row.worth;
    else {
      const before = best.get(row.window);
      if (before === undefined) sum += missed + row.worth;
      else if (row.worth > before) sum += row.worth - before;
      best.set(row.window, Math.max(before ?? -Infinity, row.worth));
    }
    if (rows[i + 1]?.score !== row.score && sum > top.raw) top = { raw: sum, threshold: row.score };
  }
  return { score: (100 * (top.raw + missed * windows)) / (windows * (1 + missed)), threshold: top.threshold };
}
