/**
 * The embedded store beside rrdtool's pipe, rrdcached, InfluxDB and VictoriaMetrics, on the same values in the same run:
 * taking samples, and the questions of graphs and rankings. How it is measured: README.md beside this file.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from './bench.ts';
import { scratchFolder } from './poll/programs.ts';
import { judge, median, type Report } from './report.ts';
import { bytesASeries } from './store/disk.ts';
import { COPIED, fillFiles, fillOurs } from './store/filling.ts';
import { DAY, grouped, NOW, openHistory, rowsAt, seriesOf, timed } from './store/fleet.ts';
import { ingest, type Ingested } from './store/ingest.ts';
import { askMany } from './store/many.ts';
import { ask, fillHolders, graphQuestions, rankingQuestions, type Holder, type Rounds } from './store/questions.ts';
import { bytesOf, openPipe, rrdPrograms, type Programs } from './store/rrd.ts';
import { peersOf, rounded, sayAnswered, sayIngested, type Answered, type Missing } from './store/sentences.ts';
import { SERVERS, startServer, type Server, type ServerName } from './store/servers.ts';
import { takeSpread, type SpreadFigures } from './store/spread.ts';

const say = (text: string) => console.log(`  ${text}`);
const QUICK: Rounds = { rounds: 15, serverMs: 2_000 };
const FULL: Rounds = { rounds: 40, serverMs: 10_000 };
const MANY: Rounds = { rounds: 10, serverMs: 20_000 };

/** Those that can be had, into `servers`. @returns why the others are missing */
async function startServers(folder: string, servers: Server[]): Promise<Missing> {
  const missing: Partial<Record<ServerName, string>> = {};
  for (const name of SERVERS) {
    const found = await startServer(name, folder);
    if ('missing' in found) say(`${name}: ${(missing[name] = found.missing)}`);
    else servers.push(found);
  }
  return missing;
}

async function spreadOver(folder: string, count: number, minutes: number): Promise<SpreadFigures> {
  const { history } = await openHistory(folder, `spread${count}`);
  const groups = grouped(seriesOf(count));
  try {
    return await takeSpread(history, (tMs) => rowsAt(groups, tMs), NOW - DAY, minutes);
  } finally {
    await history.close();
  }
}

interface Read {
  readonly answered: readonly Answered[];
  /** Of rrdtool, filled and still there. */
  readonly files: readonly string[];
  readonly latestMs: number;
  readonly rrdBytes: number | null;
  readonly ourBytes: number;
}

/** A year of minutes, and the questions over it. */
async function read(
  folder: string,
  programs: Programs | null,
  servers: readonly Server[],
  count: number,
  rounds: Rounds,
): Promise<Read> {
  const filled = await fillOurs(folder, 'reads', count, 365);
  const { history, series } = filled;
  const pipe = programs ? openPipe(programs, folder) : null;
  let holders: Holder[] = [];
  try {
    const files = pipe ? await fillFiles(pipe, count, 365) : [];
    holders = await fillHolders(servers, 'reads', filled, COPIED, say);
    const asked = { filled, pipe, files, holders };
    const answered: Answered[] = [];
    for (const question of [...graphQuestions(asked), ...rankingQuestions(asked)]) {
      const answer = await ask(asked, question, rounds);
      answered.push(answer);
      for (const line of sayAnswered(answer)) say(line);
    }
    const latest: number[] = [];
    for (let round = 0; round < rounds.rounds; round++) latest.push(await timed(() => history.latest(series)));
    say(`latest of every series: ours ${median(latest).toFixed(2)} ms`);
    const rrdBytes = pipe ? bytesOf(folder, files[0] ?? '') : null;
    await filled.store.backupTo(join(folder, 'whole.db'));
    const ourBytes = bytesASeries(join(folder, 'whole.db'));
    say(
      `disk at full retention: ${(ourBytes / 1e6).toFixed(2)} MB a series${rrdBytes === null ? '' : `, rrdtool ${(rrdBytes / 1e6).toFixed(2)} MB`}`,
    );
    return { answered, files, latestMs: median(latest), rrdBytes, ourBytes };
  } finally {
    for (const { store } of holders) await store.close();
    await pipe?.close();
    await history.close();
  }
}

export async function benchStore({ quick }: BenchOptions): Promise<Report> {
  const folder = await scratchFolder();
  const found = rrdPrograms();
  const programs = 'missing' in found ? null : found;
  const rrdMissing = 'missing' in found ? found.missing : null;
  if (rrdMissing !== null) say(`rrdtool and rrdcached: ${rrdMissing}`);
  const servers: Server[] = [];
  try {
    const missing = await startServers(folder, servers);
    const ingested: Ingested[] = [];
    for (const [count, rounds, files, peers] of [
      [1_000, quick ? 5 : 15, 200, { programs, servers }],
      ...(quick ? [] : ([10_000, 100_000] as const).map((many) => [many, 10, 500, { programs, servers: [] }] as const)),
    ] as const) {
      const taken = await ingest(folder, peers, count, rounds, files);
      ingested.push(taken);
      for (const line of sayIngested(taken)) say(line);
    }
    // What servers still have to do must not make others late.
    for (const server of servers) await server.settle();
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
    const { answered, files, latestMs, rrdBytes, ourBytes } = await read(
      folder,
      programs,
      servers,
      quick ? 48 : 96,
      quick ? QUICK : FULL,
    );
    const many = quick ? [] : await askMany(folder, programs, servers, files, 1_000, MANY, say);
    return {
      bench: 'store',
      goals: judge('store', goalsOf(ingested[0], spread, answered, { latestMs, rrdBytes, ourBytes })),
      peers: peersOf({ ingested, answered: [...answered, ...many], rrdBytes, rrdMissing, missing }),
    };
  } finally {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function goalsOf(
  taking: Ingested | undefined,
  [small, , large]: readonly SpreadFigures[],
  answered: readonly Answered[],
  { latestMs, rrdBytes, ourBytes }: Omit<Read, 'answered' | 'files'>,
): Record<string, number | null> {
  const times = (peer: 'rrdtool' | 'rrdcached') => {
    const theirs = taking?.[peer];
    return taking && theirs ? rounded(taking.ours.thousandSamplesPerS / theirs.thousandSamplesPerS) : null;
  };
  const ratio = (name: string) => {
    const found = answered.find(({ question }) => question === name);
    return found && found.rrdtoolMs !== null ? rounded(found.oursMs / found.rrdtoolMs) : null;
  };
  return {
    'ingest beside rrdtool, 1,000 series': times('rrdtool'),
    'ingest beside rrdcached, 1,000 series': times('rrdcached'),
    '24 h raw of one graph beside rrdtool': ratio('24 h raw of one graph'),
    'a year of hours of one graph beside rrdtool': ratio('a year of hours of one graph'),
    'top by 95th of 30 days beside rrdtool': ratio('top by 95th of 30 days'),
    'latest of every series': rounded(latestMs),
    'daily maximum over a year beside rrdtool': ratio('daily maximum over a year'),
    'disk at full retention beside rrdtool': rrdBytes === null ? null : rounded(ourBytes / rrdBytes),
    'event loop at 100,000 series': rounded(large?.lateMs ?? null),
    'cost of a sample at 100,000 series beside 1,000': large && small ? rounded(large.cpuUsASample / small.cpuUsASample) : null,
  };
}
