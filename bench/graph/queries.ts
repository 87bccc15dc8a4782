/**
 * The data of a graph of two lines, over our API and by rrdtool's pipe: mean, minimum and maximum of each pixel (its xport), and the
 * figures of the legend, the 95th from 5-minute means among them (its PRINT). Both take turns; the means of both are held together.
 */
import { rmSync } from 'node:fs';
import { ANYTHING } from '../../core/dashboard-select.ts';
import { exploreId, NOTHING_CHOSEN } from '../../core/explore.ts';
import type { GraphData } from '../../core/graph.ts';
import { NO_FACTS } from '../../core/model.ts';
import { buildApp } from '../../server/app.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { CONFIG } from '../../tests/server/world.ts';
import { median } from '../report.ts';
import { fillFiles, fillOurs } from '../store/filling.ts';
import { DAY, NOW, QUIET, timed } from '../store/fleet.ts';
import { openPipe, type Pipe, type Programs } from '../store/rrd.ts';
import { scratchFolder } from '../poll/programs.ts';

const WIDTH_PX = 800;
const WARM_ROUNDS = 20;
/** How far the two means of a range may lie apart: the edges of rrdtool's rows are others. */
const WITHIN = 0.02;

export interface QueryTimes {
  readonly range: string;
  readonly oursMs: number;
  readonly rrdtoolMs: number | null;
}

/** @param years of history; ranges beyond it are left out */
export async function benchQueries(programs: Programs | null, years: number, rounds: number): Promise<QueryTimes[]> {
  const folder = await scratchFolder();
  const days = Math.round(365 * years);
  const { history } = await fillOurs(folder, 'graph', 2, days);
  const catalog = await createCatalog({ path: ':memory:', keyPath: null });
  const pipe = programs ? openPipe(programs, folder) : null;
  const app = await buildApp({
    ...{ history, catalog, collector: null, config: CONFIG, version: '0.0.0', webRoot: null, log: QUIET },
    clock: { nowMs: () => NOW, monoMs: () => performance.now(), sleep: async () => undefined },
  });
  try {
    await fillCatalog(catalog);
    const files = pipe ? await fillFiles(pipe, 2, days) : [];
    const found: QueryTimes[] = [];
    for (const [range, spanDays] of [
      ['24 h', 1],
      ['30 d', 30],
      ['1 y', 365],
      ['5 y', 1825],
    ] as const) {
      if (spanDays > days) continue;
      const url = `/api/v1/graphs/${GRAPH}?from=${(NOW - spanDays * DAY) / 1000}&to=${NOW / 1000}&width=${WIDTH_PX}`;
      const ours = async () => JSON.parse((await app.inject(url)).payload) as GraphData;
      const theirs =
        pipe &&
        (async () => {
          await printed(pipe, files, spanDays);
          return xported(pipe, files, spanDays);
        });
      if (theirs) agree(range, await ours(), await theirs());
      const [own, peer]: [number[], number[]] = [[], []];
      for (let round = -WARM_ROUNDS; round < rounds; round++) {
        const ms = [await timed(ours), theirs ? await timed(theirs) : NaN] as const;
        if (round < 0) continue;
        own.push(ms[0]);
        peer.push(ms[1]);
      }
      found.push({ range, oursMs: median(own), rrdtoolMs: theirs ? median(peer) : null });
    }
    return found;
  } finally {
    await app.close();
    await pipe?.close();
    await history.close();
    await catalog.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const GRAPH = exploreId({
  ...NOTHING_CHOSEN,
  title: 'Two',
  lines: ['if0', 'if1'].map((name) => ({
    ...({ metric: 'interface.in_bps', aggregate: 'each', label: name, mirror: false, per: null } as const),
    select: [{ ...ANYTHING, device: ['dev0'], name: [name] }],
  })),
});

async function fillCatalog(catalog: Awaited<ReturnType<typeof createCatalog>>): Promise<void> {
  await catalog.devices.put({
    ...{ id: 'dev0', name: 'dev0', address: '', sources: [], intervalMs: 60_000, site: '', tags: [], facts: NO_FACTS },
    ...{ origin: 'catalog', createdMs: 0 },
  });
  await catalog.instances.put(
    ['if0', 'if1'].map((id) => ({
      ...{ id, device: 'dev0', kind: 'interface', key: id, name: id, alias: '', capacity: null },
      ...{ metrics: [{ name: 'interface.in_bps', unit: 'bps' }], firstSeenMs: 0, lastSeenMs: NOW, vanishedMs: null },
    })),
  );
}

interface Xported {
  readonly data: readonly (readonly (number | null)[])[];
}

/** Rows of mean, minimum and maximum of both files, two for each pixel as ours has. */
async function xported(pipe: Pipe, files: readonly string[], days: number): Promise<Xported> {
  // Minutes have no minimum and maximum of their own there.
  const kinds = days <= 1 ? ['AVERAGE'] : ['AVERAGE', 'MIN', 'MAX'];
  const wanted = files.flatMap((file, n) => kinds.map((kind) => ({ name: `v${n}${kind}`, file, kind })));
  const text = await pipe.ask(
    `xport --json -s ${NOW / 1000 - days * 86_400} -e ${NOW / 1000} -m ${2 * WIDTH_PX} ` +
      [
        ...wanted.map(({ name, file, kind }) => `DEF:${name}=${file}:v:${kind}`),
        ...wanted.map(({ name }) => `XPORT:${name}:${name}`),
      ].join(' '),
  );
  return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Xported;
}

/** What the legend of ours says: average, maximum, 95th and total, from 5-minute means. */
async function printed(pipe: Pipe, files: readonly string[], days: number): Promise<void> {
  const asked = files.flatMap((file, n) => [
    `DEF:a${n}=${file}:v:AVERAGE DEF:m${n}=${file}:v:MAX`,
    ...[`a${n},AVERAGE`, `m${n},MAXIMUM`, `a${n},95,PERCENT`, `a${n},TOTAL`].map(
      (way, i) => `VDEF:f${n}x${i}=${way} PRINT:f${n}x${i}:%lf`,
    ),
  ]);
  const fiveMinutes = Math.ceil((days * 86_400) / 300);
  await pipe.ask(`graph x.png -s ${NOW / 1000 - days * 86_400} -e ${NOW / 1000} --step 300 -w ${fiveMinutes} ${asked.join(' ')}`);
}

/** @throws Error where the two do not show the same */
function agree(range: string, ours: GraphData, { data }: Xported): void {
  const known = (values: readonly (number | null | undefined)[]) => values.flatMap((v) => (typeof v === 'number' ? [v] : []));
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const own = mean(known(ours.lines[0]?.mean ?? []));
  const theirs = mean(known(data.map((row) => row[0])));
  if (!(Math.abs(own - theirs) <= WITHIN * theirs)) throw new Error(`${range}: ours shows ${own} on average, rrdtool ${theirs}`);
}
