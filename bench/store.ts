/**
 * The embedded store beside rrdtool's pipe and rrdcached, on the same values in the same run: taking samples, and the
 * questions of graphs and rankings. How it is measured: README.md beside this file.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_TIERS, seriesKey } from '../core/model.ts';
import type { History, RawRow } from '../core/ports.ts';
import { percentile } from '../core/statistics.ts';
import { createEmbeddedStore, type EmbeddedStore } from '../store/embedded/store.ts';
import { createHistory } from '../store/history.ts';
import type { BenchOptions } from './bench.ts';
import { scratchFolder } from './poll/programs.ts';
import { judge, median, type Report } from './report.ts';
import { bytesOf, createCommand, openPipe, rrdPrograms, startCached, type Pipe, type Programs } from './store/rrd.ts';
import { bytesASeries } from './store/disk.ts';
import { takeSpread, type SpreadFigures } from './store/spread.ts';
import { valueAt } from './store/traffic.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const DAY_OF_MINUTES = 1_440;
const PER_DEVICE = 48;
/** A day of minutes ago it begins, so that all of it is within 14 days. */
const NOW = Math.floor(Date.now() / DAY) * DAY;
const quiet = { info: () => undefined, warn: () => undefined, error: (text: string) => console.error(text) };

const seriesOf = (count: number) =>
  Array.from({ length: count }, (_s, n) =>
    seriesKey(`dev${Math.floor(n / PER_DEVICE)}`, `if${n % PER_DEVICE}`, 'interface.in_bps'),
  );
function rowsAt(groups: readonly (readonly string[])[], tMs: number, intervalMs: number): RawRow[] {
  return groups.map((own, d) => ({
    device: `dev${d}`,
    tMs,
    intervalMs,
    series: own,
    values: Float64Array.from(own, (_key, k) => valueAt(tMs, d * PER_DEVICE + k)),
  }));
}
const grouped = (series: readonly string[]) =>
  Array.from({ length: Math.ceil(series.length / PER_DEVICE) }, (_g, d) => series.slice(d * PER_DEVICE, (d + 1) * PER_DEVICE));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function openHistory(folder: string, name: string) {
  const path = join(folder, `${name}.db`);
  const store = await createEmbeddedStore({ path });
  const history = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => NOW, log: quiet });
  return { store, history };
}

/** Samples a second of both, in turns; ours is on the disk after every minute, theirs when the system likes. */
async function ingest(folder: string, programs: Programs | null, count: number, rounds: number) {
  const series = seriesOf(count);
  const groups = grouped(series);
  const { history } = await openHistory(folder, `ingest${count}`);
  const files = series.slice(0, Math.min(count, 200)).map((_s, n) => `in${n}.rrd`);
  const pipe = programs ? openPipe(programs, folder) : null;
  const first = NOW - DAY;
  for (const file of pipe ? files : []) await pipe?.ask(createCommand(file, first / 1000 - 60));
  const cached = programs ? await startCached(programs, folder) : null;
  const [ours, tool, daemon]: [number[], number[], number[]] = [[], [], []];
  let minute = 0;
  for (let i = 0; i < 3; i++) await history.append(rowsAt(groups, first + minute++ * MINUTE, MINUTE));
  let rrdMinute = 1;
  for (let round = 0; round < rounds; round++) {
    const minutes = Array.from({ length: 10 }, () => rowsAt(groups, first + minute++ * MINUTE, MINUTE));
    const wallMs = await timed(async () => {
      for (const rows of minutes) await history.append(rows);
    });
    ours.push((10 * count) / wallMs);
    if (pipe) {
      const stamp = first / 1000 + rrdMinute++ * 60;
      tool.push(
        files.length /
          (await timed(async () => {
            for (const [n, file] of files.entries()) await pipe.ask(`update ${file} ${stamp}:${valueAt(stamp * 1000, n)}`);
          })),
      );
    }
    if (cached) {
      const from = rrdMinute;
      rrdMinute += 10;
      daemon.push(
        (10 * files.length) /
          (await timed(async () => {
            for (let i = 0; i < 10; i++) {
              const stamp = first / 1000 + (from + i) * 60;
              await cached.batch(files.map((file, n) => `UPDATE ${file} ${stamp}:${valueAt(stamp * 1000, n)}`));
            }
            await cached.flush(files);
          })),
      );
    }
  }
  await cached?.stop();
  await pipe?.close();
  await history.close();
  for (const file of files) rmSync(join(folder, file), { force: true });
  // Samples a millisecond are thousands a second.
  return { ours: median(ours), rrdtool: median(tool), rrdcached: median(daemon) };
}

async function spreadOver(folder: string, count: number, minutes: number): Promise<SpreadFigures> {
  const { history } = await openHistory(folder, `spread${count}`);
  const groups = grouped(seriesOf(count));
  try {
    return await takeSpread(history, (tMs) => rowsAt(groups, tMs, MINUTE), NOW - DAY, minutes);
  } finally {
    await history.close();
  }
}

interface Filled {
  readonly store: EmbeddedStore;
  readonly history: History;
  readonly series: readonly string[];
  readonly pipe: Pipe | null;
  readonly files: readonly string[];
}

/** A year of minutes, the same in both. */
async function fill(folder: string, programs: Programs | null, count: number): Promise<Filled> {
  const series = seriesOf(count);
  const groups = grouped(series);
  const { history, store } = await openHistory(folder, 'reads');
  const year = NOW - 365 * DAY;
  const stamps = Array.from({ length: (365 * DAY) / MINUTE }, (_t, i) => year + (i + 1) * MINUTE);
  for (let at = 0; at < stamps.length; at += 240) {
    const some = stamps.slice(at, at + 240);
    await history.append(some.flatMap((tMs) => rowsAt(groups, tMs, MINUTE)));
    // Upkeep says what time it is: by it young 5-minute means are kept plain, and raw records of 14 days.
    if (at % DAY_OF_MINUTES === 0) await history.maintain(some.at(-1) ?? NOW);
  }
  for (let i = 0; i < 60; i++) await history.maintain(NOW);
  const files = series.map((_s, n) => `r${n}.rrd`);
  const pipe = programs ? openPipe(programs, folder) : null;
  for (const [n, file] of pipe ? files.entries() : []) {
    await pipe?.ask(createCommand(file, year / 1000));
    for (let at = 0; at < stamps.length; at += 1_000) {
      const values = stamps.slice(at, at + 1_000).map((tMs) => `${tMs / 1000}:${valueAt(tMs, n)}`);
      await pipe?.ask(`update ${file} ${values.join(' ')}`);
    }
  }
  return { history, store, series, pipe, files };
}

/** Times and values of an answer, as whoever draws them needs them; ours come as numbers. */
function numbersOf(text: string): Float64Array {
  return Float64Array.from(text.split('\n').flatMap((line) => line.split(': ').map(Number)));
}

type Question = readonly [name: string, ours: () => Promise<unknown>, theirs: ((pipe: Pipe) => Promise<unknown>) | null];

function questions({ history, series, files }: Filled): Question[] {
  const two = series.slice(0, 2);
  const range = (fromMs: number) => `-s ${fromMs / 1000} -e ${NOW / 1000}`;
  return [
    [
      '24 h raw of one graph',
      () => history.raw(two, NOW - DAY, NOW),
      async (pipe) => {
        for (const file of files.slice(0, 2)) numbersOf(await pipe.ask(`fetch ${file} AVERAGE -r 60 ${range(NOW - DAY)}`));
      },
    ],
    [
      '24 h raw of a graph of ten',
      () => history.raw(series.slice(0, 10), NOW - DAY, NOW),
      async (pipe) => {
        for (const file of files.slice(0, 10)) numbersOf(await pipe.ask(`fetch ${file} AVERAGE -r 60 ${range(NOW - DAY)}`));
      },
    ],
    [
      'a year of hours of one graph',
      () => history.bins(two, '1h', NOW - 365 * DAY, NOW, ['mean', 'max']),
      async (pipe) => {
        for (const file of files.slice(0, 2))
          for (const kind of ['AVERAGE', 'MAX'])
            numbersOf(await pipe.ask(`fetch ${file} ${kind} -r 3600 ${range(NOW - 365 * DAY)}`));
      },
    ],
    [
      'top by 95th of 30 days',
      async () =>
        (await history.bins(series, '5m', NOW - 30 * DAY, NOW, ['mean']))
          .map(({ mean }) => percentile(mean, 0.95) ?? NaN)
          .sort((a, b) => b - a)
          .slice(0, 20),
      async (pipe) => {
        for (const file of files)
          await pipe.ask(
            `graph x.png ${range(NOW - 30 * DAY)} --step 300 DEF:a=${file}:v:AVERAGE VDEF:p=a,95,PERCENT PRINT:p:%lf -w ${(30 * DAY) / (5 * MINUTE)}`,
          );
      },
    ],
    ['latest of every series', () => history.latest(series), null],
    [
      'daily maximum over a year',
      () => history.bins(series, '1d', NOW - 365 * DAY, NOW, ['max']),
      async (pipe) => {
        for (const file of files) numbersOf(await pipe.ask(`fetch ${file} MAX -r 86400 ${range(NOW - 365 * DAY)}`));
      },
    ],
  ];
}

export async function benchStore({ quick }: BenchOptions): Promise<Report> {
  const folder = await scratchFolder();
  const found = rrdPrograms();
  const programs = 'missing' in found ? null : found;
  if ('missing' in found) console.log(`  ${found.missing}`);
  mkdirSync(folder, { recursive: true });
  try {
    const say = (text: string) => console.log(`  ${text}`);
    const taking = await ingest(folder, programs, 1_000, quick ? 5 : 15);
    say(
      `1,000 series, thousands of samples a second: ours ${taking.ours.toFixed(0)}, rrdtool ${taking.rrdtool.toFixed(1)}, rrdcached ${taking.rrdcached.toFixed(0)}`,
    );
    const spread = [];
    for (const [count, minutes] of [
      [1_000, quick ? 300 : 600],
      [10_000, quick ? 150 : 400],
      [100_000, quick ? 60 : 400],
    ] as const) {
      const figures = await spreadOver(folder, count, minutes);
      spread.push(figures);
      const { cpuUsASample, lateMs, rssMB } = figures;
      say(
        `${count} series through the minute, ${minutes} minutes: ${cpuUsASample.toFixed(2)} µs of CPU a sample, event loop at most ${lateMs.toFixed(0)} ms late, RSS ${rssMB.toFixed(0)} MB`,
      );
    }
    const [small, , large] = spread;
    const reads = await fill(folder, programs, quick ? 48 : 96);
    const ratios = new Map<string, number>();
    let latestMs = NaN;
    for (const [name, ours, theirs] of questions(reads)) {
      const [a, b]: [number[], number[]] = [[], []];
      for (let round = 0; round < (quick ? 15 : 40); round++) {
        a.push(await timed(ours));
        if (theirs && reads.pipe) b.push(await timed(() => theirs(reads.pipe as Pipe)));
      }
      say(`${name}: ours ${median(a).toFixed(2)} ms${b.length > 0 ? `, rrdtool ${median(b).toFixed(2)} ms` : ''}`);
      if (theirs === null) latestMs = median(a);
      else if (b.length > 0) ratios.set(name, median(a) / median(b));
    }
    const rrdBytes = reads.pipe ? bytesOf(folder, reads.files[0] ?? '') : null;
    await reads.pipe?.close();
    await reads.store.backupTo(join(folder, 'whole.db'));
    await reads.history.close();
    const ourBytes = bytesASeries(join(folder, 'whole.db'));
    say(
      `disk at full retention: ${(ourBytes / 1e6).toFixed(2)} MB a series${rrdBytes === null ? '' : `, rrdtool ${(rrdBytes / 1e6).toFixed(2)} MB`}`,
    );
    const ratio = (name: string) => round(ratios.get(name) ?? null);
    return {
      bench: 'store',
      goals: judge('store', {
        'ingest beside rrdtool, 1,000 series': programs ? round(taking.ours / taking.rrdtool) : null,
        'ingest beside rrdcached, 1,000 series': programs ? round(taking.ours / taking.rrdcached) : null,
        '24 h raw of one graph beside rrdtool': ratio('24 h raw of one graph'),
        'a year of hours of one graph beside rrdtool': ratio('a year of hours of one graph'),
        'top by 95th of 30 days beside rrdtool': ratio('top by 95th of 30 days'),
        'latest of every series': round(latestMs),
        'daily maximum over a year beside rrdtool': ratio('daily maximum over a year'),
        'disk at full retention beside rrdtool': rrdBytes === null ? null : round(ourBytes / rrdBytes),
        'event loop at 100,000 series': round(large?.lateMs ?? null),
        'cost of a sample at 100,000 series beside 1,000': large && small ? round(large.cpuUsASample / small.cpuUsASample) : null,
      }),
      peers: {
        rrdtool: programs ? { thousandSamplesPerS: round(taking.rrdtool), bytesPerSeries: rrdBytes } : 'not installed',
        rrdcached: programs ? { thousandSamplesPerS: round(taking.rrdcached) } : 'not installed',
        'InfluxDB and VictoriaMetrics': 'not measured by this benchmark yet',
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const round = <T extends number | null>(value: T): T => (value === null ? value : (Number(value.toPrecision(3)) as T));
