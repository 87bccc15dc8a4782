/** Dashboards over HTTP: the list with its faults, one with its graphs, and their data. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import type { DashboardDetail, DashboardView, PageOf } from '../../core/api.ts';
import type { GraphData } from '../../core/graph.ts';
import { createDashboards, dashboardFolders } from '../../config/dashboards.ts';
import { detailOf, fixtures, NOW_MS, world, type World } from './world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const own = join(mkdtempSync(join(tmpdir(), 'saguaro-boards-')), 'own');
let w: World;
let monoMs = 0;

beforeAll(async () => {
  mkdirSync(own);
  writeFileSync(
    join(own, 'mine.yaml'),
    `title: Mine
about: All of it.
graphs:
  - title: Sum
    about: of both
    lines: [{ metric: interface.in_bps, aggregate: sum }]
    width: wide
  - { title: Wrong, lines: [{ metrik: load.five }] }
  - { title: Nothing, select: { tag: nowhere }, lines: [{ metric: load.five }] }
  - { repeat: interface, select: { tag: edge } }
  - { repeat: device, graph: disks }
`,
  );
  w = await world({}, { dashboards: createDashboards(dashboardFolders(ROOT, [own]), () => monoMs) });
  for (const name of ['web1', 'web2']) await fixtures(w.catalog, name);
  const rows = ['web1', 'web2'].flatMap((name, n) =>
    Array.from({ length: 60 }, (_, i) => {
      const t = NOW_MS / 1000 - 3600 + (i + 1) * 60;
      return `${name},eth0,interface.in_bps,bps,${t},${n === 1 && i >= 30 && i < 40 ? '' : 100}`;
    }),
  );
  expect((await w.csv(`device,instance,metric,unit,time,value\n${rows.join('\n')}\n`)).statusCode).toBe(200);
});
afterAll(async () => {
  await w.close();
  rmSync(join(own, '..'), { recursive: true, force: true });
});

it('lists ours and the user’s, with what is wrong in them', async () => {
  const { items, nextCursor } = (await w.get('dashboards')).json<PageOf<DashboardView>>();
  expect(nextCursor).toBeNull();
  expect(items.map(({ id, own: isOwn }) => [id, isOwn])).toEqual([
    ['overview', false],
    ['mine', true],
    ['network', false],
    ['servers', false],
    ['storage', false],
  ]);
  expect(items.find(({ id }) => id === 'mine')).toMatchObject({
    title: 'Mine',
    graphs: 4,
    faults: [
      {
        file: join(own, 'mine.yaml'),
        line: 8,
        key: 'graphs[1].lines[0].metrik',
        text: 'is not a known key; did you mean metric?',
      },
    ],
  });
  const first = (await w.get('dashboards?limit=2')).json<PageOf<DashboardView>>();
  const rest = (await w.get(`dashboards?limit=9&cursor=${first.nextCursor}`)).json<PageOf<DashboardView>>();
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(items.map(({ id }) => id));
});

it('gives a dashboard with its graphs, repetitions written out', async () => {
  const board = (await w.get('dashboards/mine')).json<DashboardDetail>();
  expect(board).toMatchObject({ id: 'mine', about: 'All of it.', own: true, replaces: false, more: 0 });
  expect(
    board.graphs.map(({ id, title, subtitle, device, width, matched }) => [id, title, subtitle, device, width, matched]),
  ).toEqual([
    ['board~mine~sum', 'Sum', 'of both', '', 'wide', 2],
    ['board~mine~nothing', 'Nothing', '', '', 'normal', 0],
    ['traffic~idweb1~eweb1', 'web1 eth0', '', 'idweb1', 'normal', 1],
    ['traffic~idweb2~eweb2', 'web2 eth0', '', 'idweb2', 'normal', 1],
  ]);
});

it('gives the data of each graph, partial time told in words and in CSV', async () => {
  const range = `from=${NOW_MS / 1000 - 3600}&to=${NOW_MS / 1000}`;
  const sum = (await w.get(`graphs/board~mine~sum?${range}`)).json<GraphData>();
  expect(sum.partial.map(({ text }) => text)).toEqual(['1 of 2 unknown: web2 eth0']);
  expect(sum.lines[0]).toMatchObject({ members: 2, stats: { maximum: 200, minimum: 200 } });
  expect((await w.get(`graphs/board~mine~sum/csv?${range}`)).payload).toContain(',1 of 2 unknown: web2 eth0\n');
  const nothing = (await w.get(`graphs/board~mine~nothing?${range}`)).json<GraphData>();
  expect(nothing).toMatchObject({ lines: [], note: expect.stringContaining('tag is "nowhere"') as string });
  for (const { id } of (await w.get('dashboards/mine')).json<DashboardDetail>().graphs)
    expect((await w.get(`graphs/${encodeURIComponent(id)}?${range}`)).statusCode).toBe(200);
});

test('every graph that is shipped can be drawn, with a fleet and with nothing', async () => {
  const bare = await world({}, { dashboards: createDashboards(dashboardFolders(ROOT, []), () => 0) });
  for (const one of [w, bare]) {
    for (const board of ['overview', 'network', 'servers', 'storage']) {
      const { graphs, faults } = (await one.get(`dashboards/${board}`)).json<DashboardDetail>();
      expect(faults).toEqual([]);
      for (const { id, matched } of graphs) {
        const data = (await one.get(`graphs/${encodeURIComponent(id)}?from=-1d`)).json<GraphData>();
        expect(data.lines.length > 0).toBe(matched > 0);
        expect(data.note === '').toBe(matched > 0);
      }
    }
  }
  await bare.close();
});

it('sees a changed file without a restart', async () => {
  writeFileSync(join(own, 'second.yaml'), 'title: Second\ngraphs: []\n');
  expect((await w.get('dashboards/second')).statusCode).toBe(404);
  monoMs += 2_000;
  expect((await w.get('dashboards/second')).json<DashboardDetail>().title).toBe('Second');
});

test.each([
  ['dashboards/none', 'There is no dashboard "none": /api/v1/dashboards lists them.'],
  ['dashboards/..%2f..%2fetc', 'There is no dashboard "../../etc": /api/v1/dashboards lists them.'],
  ['graphs/board~mine~none', 'There is no graph "board~mine~none": /api/v1/devices/…/graphs lists those of a device.'],
  ['graphs/board~none~sum', 'There is no graph "board~none~sum": /api/v1/devices/…/graphs lists those of a device.'],
])('%s is refused in words', async (url, words) => {
  const answer = await w.get(url);
  expect([answer.statusCode, detailOf(answer)]).toEqual([404, words]);
});
