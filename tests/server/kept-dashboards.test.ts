/** Dashboards that are made on the page: files that survive, that people may edit too, and that nothing breaks. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import type { DashboardDetail, DashboardView, PageOf } from '../../core/api.ts';
import { ANYTHING } from '../../core/dashboard-select.ts';
import { exploreId, NOTHING_CHOSEN, type ExploreSpec } from '../../core/explore.ts';
import { createDashboards, dashboardFolders } from '../../config/dashboards.ts';
import { detailOf, fixtures, world, type World } from './world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
let folder: string;
let w: World;
const boards = () => createDashboards(dashboardFolders(ROOT, [join(folder, 'own')], join(folder, 'kept')), () => 0);
const file = (id: string) => join(folder, 'kept', `${id}.yaml`);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saguaro-kept-'));
  mkdirSync(join(folder, 'own'));
  writeFileSync(join(folder, 'own', 'mine.yaml'), 'title: Mine\ngraphs: []\n');
  w = await world({}, { dashboards: boards() });
  await fixtures(w.catalog, 'web1');
});
afterEach(async () => {
  await w.close();
  rmSync(folder, { recursive: true, force: true });
});

const graph = (title: string, more: Partial<ExploreSpec> = {}): string =>
  exploreId({
    ...NOTHING_CHOSEN,
    title,
    lines: [{ metric: 'interface.in_bps', aggregate: 'sum', label: '', mirror: false, per: null, select: null }],
    ...more,
  });
const send = (method: 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) =>
  w.ask(method, path, payload ? { payload } : {});
const make = async (title: string) => (await send('POST', 'dashboards', { title })).json<DashboardView>();
const add = async (board: string, id: string) =>
  (await send('POST', `dashboards/${board}/graphs`, { graph: id })).json<{ id: string }>().id;
const shown = async (board: string) => (await w.get(`dashboards/${board}`)).json<DashboardDetail>();
const keyOf = (id: string) => id.slice(id.lastIndexOf('~') + 1);

it('is there at once, with all that the graph says, and after a restart', async () => {
  const { id, kept, own } = await make('Uplinks & more');
  expect({ id, kept, own }).toEqual({ id: 'uplinks-more', kept: true, own: true });
  const spec = {
    ...{ select: { ...ANYTHING, site: ['Paris'] }, stack: true, thresholds: [{ label: 'contract', value: 2e8 }] },
    ...({ p95: false, band: true, compare: '1w' } as const),
  };
  const first = await add(id, graph('In', spec));
  expect(first).toBe('board~uplinks-more~in');
  expect((await shown(id)).graphs.map((one) => one.id)).toEqual([first]);
  await w.close();
  w = await world({}, { dashboards: boards() });
  await fixtures(w.catalog, 'web1');
  expect((await shown(id)).graphs).toHaveLength(1);
  const back = (await w.get(`graphs/${first}/explore`)).json<{ id: string }>();
  expect(back.id).toBe(graph('In', spec));
});

it('is changed in its place, and taken away; no other graph moves', async () => {
  const { id } = await make('Uplinks');
  const [a, b, c] = [await add(id, graph('A')), await add(id, graph('B')), await add(id, graph('C'))];
  const changed = (await send('PATCH', `dashboards/${id}/graphs/${keyOf(b)}`, { graph: graph('B', { stack: true }) })).json<{
    id: string;
  }>();
  expect(changed).toEqual({ id: b });
  const renamed = (await send('PATCH', `dashboards/${id}/graphs/${keyOf(b)}`, { graph: graph('Bee') })).json<{ id: string }>();
  expect(renamed.id).toBe('board~uplinks~bee');
  expect((await send('DELETE', `dashboards/${id}/graphs/${keyOf(a)}`)).statusCode).toBe(204);
  expect((await shown(id)).graphs.map((one) => one.id)).toEqual([renamed.id, c]);
  expect((await send('DELETE', `dashboards/${id}`)).statusCode).toBe(204);
  expect(existsSync(file(id))).toBe(false);
  expect((await w.get(`dashboards/${id}`)).statusCode).toBe(404);
});

it('keeps what somebody wrote into the file by hand', async () => {
  const { id } = await make('Uplinks');
  const hand = `title: Uplinks
about: Ours. # agreed with the board
graphs:
  # the one that matters
  - { repeat: interface, select: { tag: core } }
  - title: Wrong
    lines: [{ metrik: load.five }]
`;
  writeFileSync(file(id), hand);
  await add(id, graph('In'));
  const text = readFileSync(file(id), 'utf8');
  for (const part of ['# agreed with the board', '# the one that matters', 'metrik', 'title: In']) expect(text).toContain(part);
  expect((await shown(id)).faults).toHaveLength(1);
  writeFileSync(file(id), 'title: [');
  const broken = await send('POST', `dashboards/${id}/graphs`, { graph: graph('In') });
  expect(broken.statusCode).toBe(400);
  expect(detailOf(broken)).toContain('is not valid YAML: mend it by hand');
  expect(readFileSync(file(id), 'utf8')).toBe('title: [');
});

it('takes any graph: one of a device, one of another dashboard, and whatever a title says', async () => {
  const hostile = '- a: "b" # \u202e{x}';
  const { id } = await make(hostile);
  const [device] = (await w.get('devices')).json<PageOf<{ id: string }>>().items;
  const [own] = (await w.get(`devices/${device?.id}/graphs`)).json<PageOf<{ id: string }>>().items;
  await add(id, own?.id ?? '');
  await add(id, graph(hostile));
  const { graphs, faults, title } = await shown(id);
  expect(faults).toEqual([]);
  expect(graphs).toHaveLength(2);
  expect(title).not.toContain('\u202e');
});

it('changes come one after the other, however many at once', async () => {
  const { id } = await make('Many');
  await Promise.all(Array.from({ length: 20 }, (_, i) => add(id, graph(`G${i}`))));
  expect((await shown(id)).graphs).toHaveLength(20);
  expect(readdirSync(join(folder, 'kept'))).toEqual(['many.yaml']);
});

test('a dashboard holds so many graphs, and no more', async () => {
  const { id } = await make('Full');
  const entry = '  - { title: T, lines: [{ metric: load.five }] }\n';
  writeFileSync(file(id), `title: Full\ngraphs:\n${entry.repeat(100)}`);
  const refused = await send('POST', `dashboards/${id}/graphs`, { graph: graph('In') });
  expect([refused.statusCode, detailOf(refused)]).toEqual([409, 'A dashboard has at most 100 graphs: begin another one.']);
});

test.each([
  ['a title that is taken, of a file too', 'POST', 'dashboards', { title: 'mine' }, 409, 'There is a dashboard Mine already'],
  ['no title', 'POST', 'dashboards', { title: '  ' }, 400, 'needs a title'],
  ["a file of one's own", 'POST', 'dashboards/mine/graphs', { graph: graph('In') }, 409, 'change it there'],
  ['a shipped one', 'DELETE', 'dashboards/network', undefined, 409, 'change it there'],
  ['one that is not there', 'DELETE', 'dashboards/nothing', undefined, 404, 'There is no dashboard'],
  ['a way out of the folder', 'DELETE', 'dashboards/..%2F..%2Fetc', undefined, 404, 'There is no dashboard'],
] as const)('refuses %s', async (_what, method, path, payload, status, words) => {
  const refused = await send(method, path, payload);
  expect([refused.statusCode, detailOf(refused)]).toEqual([status, expect.stringContaining(words)]);
});

test('refuses a graph that is none, and a place that is gone', async () => {
  const { id } = await make('Uplinks');
  const none = await send('POST', `dashboards/${id}/graphs`, { graph: 'traffic~no~no' });
  expect([none.statusCode, detailOf(none)]).toEqual([404, expect.stringContaining('There is no graph')]);
  const gone = await send('PATCH', `dashboards/${id}/graphs/gone`, { graph: graph('In') });
  expect([gone.statusCode, detailOf(gone)]).toEqual([404, expect.stringContaining('may have been removed')]);
  expect((await make('Uplinks')) as unknown).toMatchObject({ status: 409 });
});
