/** One picture of a graph beside rrdtool: CPU, bytes, memory. Both take turns, so that a busy moment meets both. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { BenchOptions } from './bench.ts';
import type { Cost, Turn } from './graph/drawer.ts';
import { benchEmbeds } from './graph/embeds.ts';
import { benchQueries } from './graph/queries.ts';
import { openRrdPictures, type RrdPictures } from './graph/rrd-pictures.ts';
import { benchPages } from './pages.ts';
import { judge, median, type Report } from './report.ts';
import { rrdPrograms } from './store/rrd.ts';

const WARM_PICTURES = 12;
const TURN_MS = 120_000;

export async function benchGraph(options: BenchOptions): Promise<Report> {
  const { quick } = options;
  const [rounds, pictures] = quick ? [5, 20] : [15, 40];
  const ours = startDrawer();
  const programs = rrdPrograms();
  const rrd = 'missing' in programs ? null : await openRrdPictures(programs);
  try {
    const svg: number[] = [];
    const found = { 1: newFigures(), 2: newFigures() };
    let rssMB = 0;
    for (let round = -1; round < rounds; round++) {
      const count = round < 0 ? WARM_PICTURES : pictures;
      const { ms } = await ours.ask({ kind: 'svg', scale: 1, pictures: count });
      if (round >= 0) svg.push(ms);
      for (const scale of [1, 2] as const) {
        const peer = (await rrd?.draw(scale, count)) ?? null;
        const own = await ours.ask({ kind: 'png', scale, pictures: count });
        rssMB = Math.max(rssMB, own.rssMB);
        if (round >= 0) note(found[scale], own, peer);
      }
    }
    ours.close();
    const embeds = await benchEmbeds({ count: 200, rounds: quick ? 100 : 300 });
    console.log(
      `  200 embeds for 50 readers: ${embeds.freshMs.toFixed(0)} ms when none is made, ${embeds.cachedMs.toFixed(0)} ms when all are`,
    );
    const queries = await benchQueries('missing' in programs ? null : programs, quick ? 1 : 5, quick ? 20 : 60);
    for (const { range, oursMs, rrdtoolMs } of queries)
      console.log(`  data of a graph, ${range}: ours ${oursMs.toFixed(1)} ms, rrdtool ${rrdtoolMs?.toFixed(1) ?? 'missing'} ms`);
    const pages = await benchPages(options);
    return {
      bench: 'graph',
      goals: [
        ...judge('graph', {
          'PNG 800×300 beside rrdtool': ratioOf(found[1]),
          'PNG 800×300 at 2× beside rrdtool': ratioOf(found[2]),
          'size of that PNG': kB(found[1].bytes),
          'size of that PNG at 2×': kB(found[2].bytes),
          SVG: round(median(svg), 2),
          'RSS of the renderer': Math.round(rssMB),
          'embeds that are told to come again': embeds.busy,
          'embed that is made': round(embeds.cachedOneMs, 2),
          'embed that the reader has': round(embeds.unchangedMs, 2),
        }),
        ...pages.goals,
      ],
      peers: {
        ...pages.peers,
        'data of a graph': Object.fromEntries(
          queries.map(({ range, oursMs, rrdtoolMs }) => [
            range,
            { 'ours ms': round(oursMs, 2), 'rrdtool ms': rrdtoolMs === null ? null : round(rrdtoolMs, 2) },
          ]),
        ),
        ours: { 'ms 1×': msOf(found[1].ms), 'ms 2×': msOf(found[2].ms) },
        rrdtool:
          'missing' in programs
            ? programs.missing
            : {
                'ms 1×': msOf(found[1].peerMs),
                'ms 2×': msOf(found[2].peerMs),
                'kB 1×': kB(found[1].peerBytes),
                'kB 2×': kB(found[2].peerBytes),
              },
      },
    };
  } finally {
    ours.close();
    await rrd?.close();
  }
}

interface Figures {
  readonly ms: number[];
  readonly peerMs: number[];
  bytes: number;
  peerBytes: number;
}
const newFigures = (): Figures => ({ ms: [], peerMs: [], bytes: 0, peerBytes: 0 });

function note(figures: Figures, own: Cost, peer: Awaited<ReturnType<RrdPictures['draw']>> | null): void {
  figures.ms.push(own.ms);
  figures.bytes = Math.max(figures.bytes, own.bytes);
  if (peer?.ms !== null && peer?.ms !== undefined) figures.peerMs.push(peer.ms);
  figures.peerBytes = Math.max(figures.peerBytes, peer?.bytes ?? 0);
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
const msOf = (values: readonly number[]): number | null => (values.length === 0 ? null : round(median(values), 1));
const kB = (bytes: number): number | null => (bytes === 0 ? null : round(bytes / 1000, 1));
/** Of one round to the same round; null without a peer. */
function ratioOf({ ms, peerMs }: Figures): number | null {
  return peerMs.length !== ms.length || ms.length === 0 ? null : round(median(ms.map((own, i) => own / (peerMs[i] ?? NaN))), 2);
}

/** Our process, under the memory settings of the launcher. */
function startDrawer() {
  const child = fork(join(import.meta.dirname, 'graph', 'drawer.ts'), [], {
    execArgv: ['--max-semi-space-size=4'],
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
  });
  return {
    ask: (turn: Turn) =>
      new Promise<Cost>((resolve, reject) => {
        const late = AbortSignal.timeout(TURN_MS);
        const ended = () => reject(new Error('our renderer has ended'));
        child.once('exit', ended);
        late.addEventListener('abort', () => reject(new Error('our renderer does not answer')));
        child.once('message', (cost) => {
          child.off('exit', ended);
          resolve(cost as Cost);
        });
        child.send(turn);
      }),
    close: () => void (child.connected && child.disconnect()),
  };
}
