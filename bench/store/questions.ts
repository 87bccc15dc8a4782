/** The questions of graphs and rankings, as each store is best asked, and how long the answers take. */
import { percentile } from '../../core/statistics.ts';
import type { BinColumns, RawColumns } from '../../core/ports.ts';
import type { ServerStore } from '../../store/server/port.ts';
import { binName } from '../../store/victoria/naming.ts';
import { median } from '../report.ts';
import { DAY, MINUTE, NOW, timed } from './fleet.ts';
import { fillServer, YEAR, type Copied, type Filled } from './filling.ts';
import type { Pipe } from './rrd.ts';
import type { Answered, Failed, Times } from './sentences.ts';
import { storeOn, type Server, type ServerName } from './servers.ts';

/** A server with what was filled into it, by our adapter. */
export interface Holder {
  readonly server: Server;
  readonly store: ServerStore;
  readonly prefix: string;
}
/** Whoever is asked. */
export interface Asked {
  readonly filled: Filled;
  readonly pipe: Pipe | null;
  readonly files: readonly string[];
  readonly holders: readonly Holder[];
}

/** Those of the servers that take what was filled. @param say hears of the others */
export async function fillHolders(
  servers: readonly Server[],
  prefix: string,
  filled: Filled,
  copied: Copied,
  say: (text: string) => void,
): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const server of servers) {
    const store = storeOn(server, prefix);
    try {
      await fillServer(store, filled, copied);
      await server.settle();
      holders.push({ server, store, prefix });
    } catch (error) {
      await store.close();
      say(`${server.name} is asked nothing: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return holders;
}

type Numbers = readonly Pick<RawColumns, 'value'>[] | readonly BinColumns[] | readonly number[];
export interface Question {
  readonly name: string;
  readonly ours: () => Promise<Numbers>;
  readonly rrdtool: ((pipe: Pipe) => Promise<unknown>) | null;
  readonly server: ((holder: Holder) => Promise<Numbers>) | null;
  /** How a server is asked, where it is not by our adapter. */
  readonly how?: string;
  /** How far a right answer may lie from ours, relatively. */
  readonly within?: number;
}
type Ranked = readonly number[];

/** VictoriaMetrics keeps eleven digits at least. */
const WITHIN = 1e-9;
/** The 95th of some thousand values, by another definition of it. */
const WITHIN_OF_95TH = 0.01;
const TOP = 20;
const P95 = 0.95;
/** A statement over 30 days of all series may take its time. */
const ANSWER_MS = 60_000;

/**
 * Times and values of an answer of rrdtool's fetch, in turns, as whoever draws them needs them; ours come as numbers.
 * What it says of unknown is NaN.
 */
export function numbersOf(text: string): Float64Array {
  const numbers: number[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    // Above the rows stands the name of the column, below them its OK with the time it took.
    if (colon > 0 && !line.startsWith('OK')) numbers.push(Number(line.slice(0, colon)), Number(line.slice(colon + 2)));
  }
  return Float64Array.from(numbers);
}

const range = (fromMs: number) => `-s ${fromMs / 1000} -e ${NOW / 1000}`;
const fetched = async (pipe: Pipe, files: readonly string[], kind: string, stepS: number, fromMs: number) => {
  for (const file of files) numbersOf(await pipe.ask(`fetch ${file} ${kind} -r ${stepS} ${range(fromMs)}`));
};

export function graphQuestions({ filled: { history, series }, files }: Asked): Question[] {
  const two = series.slice(0, 2);
  const raw = (count: number) => () => history.raw(series.slice(0, count), NOW - DAY, NOW);
  return [
    {
      name: '24 h raw of one graph',
      ours: raw(2),
      rrdtool: (pipe) => fetched(pipe, files.slice(0, 2), 'AVERAGE', 60, NOW - DAY),
      server: ({ store }) => store.raw(two, NOW - DAY, NOW),
    },
    {
      name: '24 h raw of a graph of ten',
      ours: raw(10),
      rrdtool: (pipe) => fetched(pipe, files.slice(0, 10), 'AVERAGE', 60, NOW - DAY),
      server: null,
    },
    {
      name: 'a year of hours of one graph',
      ours: () => history.bins(two, '1h', NOW - YEAR, NOW, ['mean', 'max']),
      rrdtool: async (pipe) => {
        for (const kind of ['AVERAGE', 'MAX']) await fetched(pipe, files.slice(0, 2), kind, 3600, NOW - YEAR);
      },
      server: ({ store }) => store.bins(two, '1h', NOW - YEAR, NOW, ['mean', 'max']),
    },
  ];
}

export function rankingQuestions({ filled: { history, series }, files }: Asked): Question[] {
  return [
    {
      name: 'top by 95th of 30 days',
      ours: async () => topOf((await history.bins(series, '5m', NOW - 30 * DAY, NOW, ['mean'])).map(({ mean }) => mean)),
      rrdtool: async (pipe) => {
        for (const file of files)
          await pipe.ask(
            `graph x.png ${range(NOW - 30 * DAY)} --step 300 DEF:a=${file}:v:AVERAGE VDEF:p=a,95,PERCENT PRINT:p:%lf -w ${(30 * DAY) / (5 * MINUTE)}`,
          );
      },
      server: top95th,
      how: 'its own percentile',
      within: WITHIN_OF_95TH,
    },
    {
      name: 'daily maximum over a year',
      ours: () => history.bins(series, '1d', NOW - YEAR, NOW, ['max']),
      rrdtool: (pipe) => fetched(pipe, files, 'MAX', 86_400, NOW - YEAR),
      server: ({ store }) => store.bins(series, '1d', NOW - YEAR, NOW, ['max']),
    },
  ];
}

const topOf = (values: readonly Float64Array[]): Ranked =>
  values
    .map((own) => percentile(own, P95) ?? NaN)
    .sort((a, b) => b - a)
    .slice(0, TOP);

/** The server computes it itself, which is less to send than all values. */
async function top95th({ server: { name, url }, prefix }: Holder): Promise<Ranked> {
  if (name === 'InfluxDB') {
    const q =
      `SELECT percentile("in_bps_mean", 95) FROM "interface" WHERE time >= ${NOW - 30 * DAY}ms AND time < ${NOW}ms ` +
      'GROUP BY "device", "instance"';
    const answer = (await jsonOf(`${url}/query`, { db: `${prefix}_5m`, q, epoch: 'ms' })) as {
      results?: { series?: { values: [number, number][] }[] }[];
    };
    const all = (answer.results?.[0]?.series ?? []).map(({ values }) => values[0]?.[1] ?? NaN);
    return all.sort((a, b) => b - a).slice(0, TOP);
  }
  const query = `topk(${TOP}, quantile_over_time(${P95}, ${binName(prefix, '5m', 'interface.in_bps', 'mean')}[30d]))`;
  // The last of the bins begins five minutes before now, and its name is that moment.
  const answer = (await jsonOf(`${url}/api/v1/query`, { query, time: String((NOW - MINUTE) / 1000), nocache: '1' })) as {
    data?: { result?: { value: [number, string] }[] };
  };
  return (answer.data?.result ?? []).map(({ value }) => Number(value[1])).sort((a, b) => b - a);
}

async function jsonOf(url: string, form: Record<string, string>): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!response.ok) throw new Error(`${url} answers HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.json();
}

/** Whether two answers hold the same numbers. */
export function agree(a: Numbers, b: Numbers, within = WITHIN): boolean {
  const [x, y] = [flat(a), flat(b)];
  return x.length === y.length && x.every((value, i) => close(value, y[i] ?? NaN, within));
}
const close = (a: number, b: number, within: number) =>
  Object.is(a, b) || Math.abs(a - b) <= within * Math.max(Math.abs(a), Math.abs(b));
const flat = (numbers: Numbers): number[] =>
  numbers.flatMap((one) => {
    if (typeof one === 'number') return [one];
    return 'value' in one ? [...one.value] : [...one.mean, ...one.max];
  });

/** What is quick is asked some hundred times before V8 has compiled all of it. */
const WARM_ROUNDS = 300;
const WARM_MS = 2_000;

export interface Rounds {
  readonly rounds: number;
  /** A server that is slow is asked fewer times: no more once its answers took this long, twice at least. */
  readonly serverMs: number;
}

/** Asks in turns and takes the medians. A server that fails, or answers something else than ours, has no figure but a reason. */
export async function ask(asked: Asked, question: Question, { rounds, serverMs }: Rounds): Promise<Answered> {
  const { pipe, files, holders } = asked;
  const kept = asked.filled.series.length;
  const { ours, rrdtool, server } = question;
  const remote = server ? await Promise.all(holders.map((holder) => rightly(holder, server, question))) : [];
  const [a, b]: [number[], number[]] = [[], []];
  // Programs that answer for months have compiled what they run, and the files are in memory.
  const warmMs = performance.now() + WARM_MS;
  for (let round = 0; round < WARM_ROUNDS && performance.now() < warmMs; round++) {
    await ours();
    if (rrdtool && pipe) await rrdtool(pipe);
  }
  for (let round = 0; round < rounds; round++) {
    a.push(await timed(ours));
    if (rrdtool && pipe) b.push(await timed(() => rrdtool(pipe)));
    for (const one of remote) await one.turn(serverMs);
  }
  return {
    question: question.name,
    series: kept,
    oursMs: median(a),
    rrdtoolMs: b.length > 0 ? median(b) : null,
    ...(pipe && files.length < kept ? { files: files.length } : {}),
    servers: Object.fromEntries(remote.map(({ name, figures }) => [name, figures()])),
  };
}

interface Remote {
  readonly name: ServerName;
  /** Once more, unless its answers took serverMs already; never throws. */
  turn(serverMs: number): Promise<void>;
  readonly figures: () => Times | Failed;
}

/** Holds one answer against ours first: a server that has other numbers was not measured on the same. */
async function rightly(
  holder: Holder,
  server: NonNullable<Question['server']>,
  { ours, how, within }: Question,
): Promise<Remote> {
  const times: number[] = [];
  let failed = '';
  const trying = async (work: () => Promise<void>) => {
    try {
      if (failed === '') await work();
    } catch (error) {
      failed = error instanceof Error ? error.message : String(error);
    }
  };
  await trying(async () => {
    const answer = await server(holder);
    if (!agree(await ours(), answer, within)) failed = 'it answers other numbers than ours';
  });
  return {
    name: holder.server.name,
    turn: (serverMs) =>
      trying(async () => {
        if (times.length < 2 || times.reduce((sum, ms) => sum + ms, 0) < serverMs) times.push(await timed(() => server(holder)));
      }),
    figures: () =>
      failed !== '' ? { failed } : { ms: median(times), times: times.length, ...(how === undefined ? {} : { how }) },
  };
}
