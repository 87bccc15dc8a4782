/** Taking samples: ours, rrdtool, rrdcached and the servers in turns, each ten minutes of a fleet at a time. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_TIERS } from '../../core/model.ts';
import type { History } from '../../core/ports.ts';
import { createHistory } from '../../store/history.ts';
import { median } from '../report.ts';
import { DAY, grouped, MINUTE, NOW, openHistory, QUIET, rowsAt, seriesOf, timed } from './fleet.ts';
import { createCommand, openPipe, startCached, type Programs } from './rrd.ts';
import type { Failed } from './sentences.ts';
import { storeOn, type Server, type ServerName } from './servers.ts';
import { valueAt } from './traffic.ts';
import { createMeter, type Meter } from './usage.ts';

export interface Taken {
  readonly thousandSamplesPerS: number;
  /** Of the peer's own process; of ours all threads. Null where it cannot be read. */
  readonly cpuUsASample: number | null;
  /** The most after a turn; ours with what the benchmark itself holds. */
  readonly rssMB: number | null;
  /** Files that stood for the series, where they were fewer. */
  readonly files?: number;
}
export interface Ingested {
  readonly series: number;
  readonly ours: Taken;
  readonly rrdtool: Taken | null;
  readonly rrdcached: Taken | null;
  readonly servers: Readonly<Partial<Record<ServerName, Taken | Failed>>>;
}
export interface IngestPeers {
  readonly programs: Programs | null;
  readonly servers: readonly Server[];
}

/** Minutes of a turn; rrdtool, which is much slower, has one. */
const TURN = 10;
/** In the first minutes all series are new. */
const WARM_MINUTES = 3;

interface Turns {
  readonly meter: Meter;
  readonly rates: number[];
}

/** Ours is on the disk after every minute; rrdtool's and VictoriaMetrics's samples are when the system likes. */
export async function ingest(
  folder: string,
  { programs, servers }: IngestPeers,
  count: number,
  rounds: number,
  mostFiles: number,
): Promise<Ingested> {
  const series = seriesOf(count);
  const groups = grouped(series);
  const first = NOW - DAY;
  const files = series.slice(0, Math.min(count, mostFiles)).map((_s, n) => `in${n}.rrd`);
  const { history } = await openHistory(folder, `ingest${count}`);
  const remote: { name: ServerName; history: History; turns: Turns }[] = [];
  const pipe = programs ? openPipe(programs, folder) : null;
  let cached: Awaited<ReturnType<typeof startCached>> | null = null;
  try {
    for (const server of servers) {
      const store = storeOn(server, `ingest${count}`);
      const over = await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => NOW, log: QUIET });
      remote.push({ name: server.name, history: over, turns: turnsOf(server.pid) });
    }
    for (const file of pipe ? files : []) await pipe?.ask(createCommand(file, first / 1000 - 60));
    cached = programs ? await startCached(programs, folder) : null;
    const [ours, tool, daemon] = [turnsOf(null), turnsOf(pipe?.pid ?? 0), turnsOf(cached?.pid ?? 0)];
    let [minute, rrdMinute] = [0, 1];
    for (; minute < WARM_MINUTES; minute++)
      for (const { history: one } of [{ history }, ...remote]) await one.append(rowsAt(groups, first + minute * MINUTE));
    for (let round = 0; round < rounds; round++) {
      const minutes = Array.from({ length: TURN }, () => rowsAt(groups, first + minute++ * MINUTE));
      for (const { history: one, turns } of [{ history, turns: ours }, ...remote])
        await take(turns, TURN * count, async () => {
          for (const rows of minutes) await one.append(rows);
        });
      if (pipe) {
        const stamp = first / 1000 + rrdMinute++ * 60;
        await take(tool, files.length, async () => {
          for (const [n, file] of files.entries()) await pipe.ask(`update ${file} ${stamp}:${valueAt(stamp * 1000, n)}`);
        });
      }
      if (cached) {
        const [daemonOf, from] = [cached, rrdMinute];
        rrdMinute += TURN;
        await take(daemon, TURN * files.length, async () => {
          for (let i = 0; i < TURN; i++) {
            const stamp = first / 1000 + (from + i) * 60;
            await daemonOf.batch(files.map((file, n) => `UPDATE ${file} ${stamp}:${valueAt(stamp * 1000, n)}`));
          }
          await daemonOf.flush(files);
        });
      }
    }
    const filed = (turns: Turns) => ({ ...taken(turns), ...(files.length < count ? { files: files.length } : {}) });
    return {
      series: count,
      ours: taken(ours),
      rrdtool: pipe ? filed(tool) : null,
      rrdcached: cached ? filed(daemon) : null,
      servers: Object.fromEntries(
        await Promise.all(remote.map(async ({ name, history: one, turns }) => [name, (await refused(one)) ?? taken(turns)])),
      ) as Ingested['servers'],
    };
  } finally {
    await cached?.stop();
    await pipe?.close();
    for (const { history: one } of [{ history }, ...remote]) await one.close();
    for (const file of files) rmSync(join(folder, file), { force: true });
    rmSync(join(folder, `ingest${count}.db`), { force: true });
  }
}

/** Why what was appended is not there: the history goes on without a server, and would look fast. */
async function refused(history: History): Promise<Failed | null> {
  const { ok, reason, waitingRows, droppedSamples } = await history.health();
  if (ok && waitingRows === 0 && droppedSamples === 0) return null;
  return { failed: reason === '' ? `${waitingRows} rows wait, ${droppedSamples} samples were dropped` : reason };
}

const turnsOf = (pid: number | null): Turns => ({ meter: createMeter(pid), rates: [] });

async function take({ meter, rates }: Turns, samples: number, work: () => Promise<void>): Promise<void> {
  // Samples a millisecond are thousands a second.
  rates.push(samples / (await meter.turn(samples, () => timed(work))));
}

const taken = ({ meter, rates }: Turns): Taken => ({
  thousandSamplesPerS: median(rates),
  cpuUsASample: meter.usASample(),
  rssMB: meter.rssMB(),
});
