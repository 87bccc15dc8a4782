/** What the store benchmark says while it runs, and what its report says of the peers. */
import type { Ingested, Taken } from './ingest.ts';
import { SERVERS, type ServerName } from './servers.ts';

/** What stands for the figures of a server that was there and could not be measured. */
export interface Failed {
  readonly failed: string;
}
/** Why a server is not there. */
export type Missing = Readonly<Partial<Record<ServerName, string>>>;

const figure = (value: number | null | undefined, digits: number) =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);

/** Names in the order of every line; a server that is not there has no figures. */
function takers({ ours, rrdtool, rrdcached, servers }: Ingested): [name: string, Taken][] {
  const all: [string, Taken | Failed | null | undefined][] = [
    ['ours', ours],
    ['rrdtool', rrdtool],
    ['rrdcached', rrdcached],
    ...SERVERS.map((name): [string, Taken | Failed | undefined] => [name, servers[name]]),
  ];
  return all.flatMap(([name, taken]) => (taken && !('failed' in taken) ? [[name, taken]] : []));
}
const failures = (servers: Readonly<Partial<Record<ServerName, object>>>, what: string): string[] =>
  SERVERS.flatMap((name) => {
    const found = servers[name];
    return found && 'failed' in found ? [`${what}: ${name} could not be measured: ${String(found.failed)}`] : [];
  });

/** A line each of samples, of CPU and of memory. */
export function sayIngested(ingested: Ingested): string[] {
  const all = takers(ingested);
  const count = ingested.series.toLocaleString('en-GB');
  const line = (what: string, one: (taken: Taken) => string) =>
    `${count} series, ${what}: ${all.map(([name, taken]) => `${name} ${one(taken)}`).join(', ')}`;
  const files = ingested.rrdtool?.files;
  const samples = line('thousands of samples a second', ({ thousandSamplesPerS: rate }) => figure(rate, rate < 100 ? 1 : 0));
  return [
    files === undefined ? samples : `${samples} (rrdtool and rrdcached with ${files} files)`,
    line('µs of CPU a sample', ({ cpuUsASample }) => figure(cpuUsASample, 2)),
    line('RSS in MB', ({ rssMB }) => figure(rssMB, 0)),
    ...failures(ingested.servers, `${count} series`),
  ];
}

export const rounded = <T extends number | null>(value: T): T => (value === null ? value : (Number(value.toPrecision(3)) as T));

/** Times of one question, milliseconds. */
export interface Answered {
  readonly question: string;
  readonly series: number;
  readonly oursMs: number;
  readonly rrdtoolMs: number | null;
  /** Of rrdtool, where they are fewer than series. */
  readonly files?: number;
  readonly servers: Readonly<Partial<Record<ServerName, Times | Failed>>>;
}
export interface Times {
  readonly ms: number;
  readonly times: number;
  /** How it was asked, where not by our adapter. */
  readonly how?: string;
}

export function sayAnswered({ question, series, oursMs, rrdtoolMs, files, servers }: Answered): string[] {
  const parts = [`ours ${oursMs.toFixed(2)} ms`];
  if (rrdtoolMs !== null) parts.push(`rrdtool ${rrdtoolMs.toFixed(2)} ms${files === undefined ? '' : ` (with ${files} files)`}`);
  for (const name of SERVERS) {
    const found = servers[name];
    if (!found || 'failed' in found) continue;
    const notes = [found.how, found.times < FEW ? `asked ${found.times} times` : undefined].filter((note) => note !== undefined);
    parts.push(`${name} ${found.ms.toFixed(2)} ms${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`);
  }
  const what = `${question}, ${series.toLocaleString('en-GB')} series kept`;
  return [`${what}: ${parts.join(', ')}`, ...failures(servers, what)];
}
/** Fewer answers than these are said with the figure. */
const FEW = 5;

export interface Told {
  readonly ingested: readonly Ingested[];
  readonly answered: readonly Answered[];
  /** Bytes of a file of rrdtool; null where there is none. */
  readonly rrdBytes: number | null;
  /** Why rrdtool is not there; null when it is. */
  readonly rrdMissing: string | null;
  readonly missing: Missing;
}

const msOf = (found: Times | Failed | undefined) => found && ('failed' in found ? found.failed : found.ms);

/** Figures of each peer, and of ours beside them, or why a peer was not measured. */
export function peersOf({ ingested, answered, rrdBytes, rrdMissing, missing }: Told): Record<string, unknown> {
  const one = (pick: (ingested: Ingested) => Taken | Failed | null | undefined) =>
    ingested.flatMap((all): object[] => {
      const taken = pick(all);
      if (!taken) return [];
      if ('failed' in taken) return [{ series: all.series, ...taken }];
      const { thousandSamplesPerS, cpuUsASample, rssMB, files } = taken;
      return [
        {
          series: all.series,
          ...(files === undefined ? {} : { files }),
          thousandSamplesPerS: rounded(thousandSamplesPerS),
          cpuUsASample: rounded(cpuUsASample),
          rssMB: rounded(rssMB),
        },
      ];
    });
  const times = (pick: (answered: Answered) => number | string | null | undefined) =>
    Object.fromEntries(
      answered.flatMap((all) => {
        const ms = pick(all);
        return ms === null || ms === undefined
          ? []
          : [[`${all.question}, ${all.series} series`, typeof ms === 'string' ? ms : rounded(ms)]];
      }),
    );
  const servers = SERVERS.map((name): [string, unknown] => [
    name,
    missing[name] ?? { ingest: one((all) => all.servers[name]), answersMs: times((all) => msOf(all.servers[name])) },
  ]);
  return {
    ours: { ingest: one(({ ours }) => ours), answersMs: times(({ oursMs }) => oursMs) },
    rrdtool: rrdMissing ?? {
      bytesPerSeries: rrdBytes,
      ingest: one(({ rrdtool }) => rrdtool),
      answersMs: times(({ rrdtoolMs }) => rrdtoolMs),
    },
    rrdcached: rrdMissing ?? { ingest: one(({ rrdcached }) => rrdcached) },
    ...Object.fromEntries(servers),
  };
}
