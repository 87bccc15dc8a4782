import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PageOf, SeriesData, SeriesView } from '../../core/api.ts';
import type { GraphData } from '../../core/graph.ts';
import { fixtures, NOW_MS, world, type World } from './world.ts';

let w: World;
const KEY = 'idweb1/eweb1/interface.in_bps';

/** One hour of readings a minute: 100, 101, … 159; minutes 30–34 unknown. */
beforeAll(async () => {
  w = await world();
  await fixtures(w.catalog);
  const lines = Array.from({ length: 60 }, (_, i) => {
    const t = (NOW_MS - 3_600_000) / 1000 + (i + 1) * 60;
    return `web1,eth0,interface.in_bps,bps,${t},${i >= 30 && i < 35 ? '' : 100 + i}`;
  });
  const answer = await w.csv(`device,instance,metric,unit,time,value\n${lines.join('\n')}\n`);
  expect(answer.statusCode).toBe(200);
});
afterAll(() => w.close());

const items = async <T>(url: string) => (await w.get(url)).json<PageOf<T>>().items;

test('lists series with their latest value, by any of their names', async () => {
  const all = await items<SeriesView>('series');
  expect(all.map((s) => s.name)).toEqual([
    'web1//var/log/disk.used_bytes',
    'web1/eth0/interface.in_bps',
    'web1/eth0/interface.out_bps',
  ]);
  const [inBps] = await items<SeriesView>('series?metric=interface.in_bps');
  expect(inBps).toMatchObject({ series: KEY, unit: 'bps', latest: { t: NOW_MS / 1000, value: 159 } });
  expect((await items<SeriesView>('series?metric=interface')).length).toBe(2);
  expect((await items<SeriesView>('series?instance=/var/log')).map((s) => [s.metric, s.latest])).toEqual([
    ['disk.used_bytes', null],
  ]);
  expect((await items<SeriesView>('series?q=OUT_')).length).toBe(1);
  const first = (await w.get('series?limit=2')).json<PageOf<SeriesView>>();
  const rest = (await w.get(`series?limit=2&cursor=${first.nextCursor}`)).json<PageOf<SeriesView>>();
  expect([first.items.length, rest.items.map((s) => s.metric), rest.nextCursor]).toEqual([2, ['interface.out_bps'], null]);
});

test('answers the same for ids and for names', async () => {
  const range = 'from=-1h&to=now&tier=5m';
  const [byId] = await items<SeriesData>(`series/data?series=${KEY}&${range}`);
  const [byName] = await items<SeriesData>(`series/data?series=web1/eth0/interface.in_bps&${range}`);
  expect(byId).toEqual(byName);
  expect(byId).toMatchObject({ series: KEY, unit: 'bps', tier: '5m', step: 300 });
  expect(byId?.bins).toHaveLength(12);
  expect(byId?.bins[0]).toMatchObject({ t: (NOW_MS - 3_600_000) / 1000, mean: 102, min: 100, max: 104, known: 1 });
  expect(byId?.bins[6]).toMatchObject({ mean: null, known: 0 });
});

test('several series in one answer, in the order asked', async () => {
  const found = await items<SeriesData>(`series/data?series=web1/eth0/interface.out_bps&series=${KEY}&from=-1h&points=10`);
  expect(found.map((s) => s.series)).toEqual(['idweb1/eweb1/interface.out_bps', KEY]);
  expect(found[1]?.bins.length).toBeLessThanOrEqual(10);
});

test('CSV has a row a bin', async () => {
  const answer = await w.get(`series/data?series=${KEY}&from=-1h&tier=5m&format=csv`);
  expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
  const lines = answer.body.trimEnd().split('\n');
  expect(lines[0]).toBe('device,instance,metric,unit,time,value,min,max,known');
  expect(lines[1]).toBe('web1,eth0,interface.in_bps,bps,2026-03-15T11:00:00.000Z,102,100,104,1');
  expect(lines[7]).toBe('web1,eth0,interface.in_bps,bps,2026-03-15T11:30:00.000Z,,,,0');
  expect(lines).toHaveLength(13);
});

test('names in CSV are never formulas', async () => {
  const other = await world();
  try {
    const { eth0 } = await fixtures(other.catalog);
    await other.catalog.instances.put([{ ...eth0, name: '=cmd|"x"' }]);
    await other.csv('device,instance,metric,unit,time,value\nweb1,eth0,interface.in_bps,bps,2026-03-15T11:00:00Z,-5\n');
    const lines = (await other.get(`series/data?series=${KEY}&from=-2h&tier=raw&format=csv`)).body.split('\n');
    expect(lines.at(-2)).toBe(`web1,"'=cmd|""x""",interface.in_bps,bps,2026-03-15T11:00:00.000Z,-5`);
  } finally {
    await other.close();
  }
});

test('a graph comes with slots, legend and ticks, as JSON and as CSV', async () => {
  const graphs = await items<{ id: string; family: string }>('devices/web1/graphs');
  const id = encodeURIComponent(graphs.find((g) => g.family === 'interface')?.id ?? '');
  const answer = await w.get(`graphs/${id}?from=-1h&width=300`);
  expect(answer.statusCode).toBe(200);
  const graph = answer.json<GraphData>();
  expect(graph.unit).toBe('bps');
  expect(graph.lines[0]?.stats).toMatchObject({ current: 159, minimum: 100, maximum: 159 });
  expect(graph.lines[0]?.mean.length).toBe(graph.tMs.length);
  expect(graph.tMs.length).toBeLessThanOrEqual(600);
  const csv = await w.get(`graphs/${id}/csv?from=-1h&width=300`);
  expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="[A-Za-z0-9._-]+\.csv"$/);
  const rows = csv.body.trimEnd().split('\n');
  expect(rows).toHaveLength(graph.tMs.length + 1);
  expect(rows[0]?.split(',')[0]).toBe('time');
});
