/** What can fill over the API, from an imported history: rows, reasons, one forecast whole, its graph; and what is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CapacityRow } from '../../core/capacity.ts';
import { ANYTHING } from '../../core/dashboard-select.ts';
import { futureIdOf } from '../../core/future-id.ts';
import type { GraphData } from '../../core/graph.ts';
import { detailOf, NOW_MS, world, type World } from './world.ts';

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;

/** Level in GiB by days before now; each disk has 100 GiB. */
const DISKS: Readonly<
  Record<string, { readonly days: readonly [from: number, to: number]; readonly at: (day: number) => number | null }>
> = {
  '/grows': { days: [200, 0], at: (day) => 90 - day * 0.2 + Math.sin(day * day) * 0.3 },
  '/new': { days: [9, 0], at: (day) => 50 - day },
  '/still': { days: [200, 0], at: () => 40 },
  '/ended': { days: [600, 400], at: (day) => 90 - (day - 400) * 0.2 },
  '/over': { days: [200, 0], at: (day) => 105 - day * 0.1 },
};

let made: World;
let rows: readonly CapacityRow[];
const row = (name: string) => rows.find((one) => one.name === name);

beforeAll(async () => {
  made = await world();
  const lines = ['device,instance,metric,unit,time,value'];
  for (const [name, { days, at }] of Object.entries(DISKS))
    for (let day = days[0]; day >= days[1]; day--) {
      const seconds = Math.round((NOW_MS - day * DAY_MS) / 1000) - 60;
      lines.push(`nas,${name},disk.used_bytes,bytes,${seconds},${Math.round((at(day) ?? 0) * GIB)}`);
      lines.push(`nas,${name},disk.size_bytes,bytes,${seconds},${100 * GIB}`);
    }
  for (let day = 200; day >= 0; day--) {
    const seconds = Math.round((NOW_MS - day * DAY_MS) / 1000) - 60;
    for (const name of ['/', '/srv']) lines.push(`vm,${name},disk.used_bytes,bytes,${seconds},${2 * GIB}`);
    for (const name of ['/', '/srv']) lines.push(`vm,${name},disk.size_bytes,bytes,${seconds},${50 * GIB}`);
  }
  const answer = await made.csv(lines.join('\n'));
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  for (let i = 0; i < 100; i++) {
    const list = (await made.get('capacity')).json<{ items: CapacityRow[]; waiting: number }>();
    rows = list.items;
    if (list.waiting === 0 && rows.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}, 60_000);
afterAll(() => made.close());

test('what grows has a date, its order and its record; what is full comes before it', () => {
  const grows = row('/grows');
  const days = ((grows?.dates?.medianMs ?? 0) - NOW_MS) / DAY_MS;
  expect(days).toBeGreaterThan(40);
  expect(days).toBeLessThan(60);
  expect(grows).toMatchObject({ what: 'disk', limit: 100 * GIB, leadDays: 28, says: '' });
  expect(grows?.orderByMs).toBe((grows?.dates?.lowMs ?? 0) - 28 * DAY_MS);
  expect(grows?.record?.origins).toBeGreaterThan(3);
  expect(rows.map(({ name }) => name).slice(0, 2)).toEqual(['/over', '/grows']);
});

test.each([
  ['/new', /short/],
  ['/still', /(equal|same|no trend|not likely)/i],
  ['/ended', /ended/],
  ['/over', /crossed already/],
])('%s has no date, and says why', (name, why) => {
  expect(row(name)?.dates).toBeNull();
  expect(row(name)?.says).toMatch(why);
});

test('the list is filtered, paged and had as CSV', async () => {
  expect((await made.get('capacity?what=link')).json()).toMatchObject({ items: [], nextCursor: null });
  expect((await made.get('capacity?due=true')).json<{ items: CapacityRow[] }>().items.map(({ name }) => name)).toEqual([
    '/grows',
  ]);
  const first = (await made.get('capacity?limit=2')).json<{ items: CapacityRow[]; nextCursor: string }>();
  const next = (await made.get(`capacity?limit=2&cursor=${first.nextCursor}`)).json<{ items: CapacityRow[] }>();
  expect([...first.items, ...next.items].map(({ name }) => name)).toEqual(rows.slice(0, 4).map(({ name }) => name));
  const csv = (await made.get('capacity.csv')).body.trim().split('\n');
  expect(csv).toHaveLength(1 + rows.length);
  expect(csv[1]).toMatch(/^nas,,disk,\/over,disk\.used_bytes,bytes,/);
});

test('one forecast comes whole, and under a scenario', async () => {
  const series = row('/grows')?.series ?? '';
  const as = (query: string) => made.get(`forecasts?series=${encodeURIComponent(series)}${query}`);
  const given = (await as('')).json<{ row: CapacityRow; steps: { quantiles: number[] }[]; levels: number[] }>();
  expect(given.steps[0]?.quantiles).toHaveLength(given.levels.length);
  const more = (await as('&horizon=700&scenario=add%3D100GiB')).json<{ row: CapacityRow; limits: { limit: number }[] }>();
  expect(more.limits.map(({ limit }) => limit / GIB)).toEqual([100, 200]);
  expect(more.row.dates?.medianMs ?? 0).toBeGreaterThan(given.row.dates?.medianMs ?? Infinity);
});

test('a machine brings all its disks along, and what cannot be said of it is said', async () => {
  const grows = row('/grows');
  const series = encodeURIComponent(grows?.series ?? '');
  const vm = rows.find(({ deviceName }) => deviceName === 'vm')?.device ?? '';
  type Whole = { row: CapacityRow; machine?: { name: string; level: number }; steps: { quantiles: number[] }[] };
  const given = (await made.get(`forecasts?series=${series}`)).json<Whole>();
  const moved = (await made.get(`forecasts?series=${series}&scenario=here%3D${vm}`)).json<Whole>();
  expect(moved.machine).toEqual({ name: 'vm', level: 4 * GIB });
  expect(given.machine).toBeUndefined();
  expect(((moved.steps[30]?.quantiles[3] ?? 0) - (given.steps[30]?.quantiles[3] ?? 0)) / GIB).toBeCloseTo(4, 1);
  // 4 of the 10 GiB that were left, at 0.2 a day.
  const sooner = ((given.row.dates?.medianMs ?? 0) - (moved.row.dates?.medianMs ?? 0)) / DAY_MS;
  expect(sooner).toBeGreaterThan(14);
  expect(sooner).toBeLessThan(26);
  const graph = (
    await made.get(`graphs/${encodeURIComponent(futureIdOf(grows?.series ?? '', null, [`here=${vm}`]))}`)
  ).json<GraphData>();
  expect(graph.future?.scenarios[0]?.label).toBe('with vm here');
  for (const [device, words] of [
    ['nobody', /machine "nobody" of the scenario is not known/],
    [grows?.device ?? '', /nas is what this forecast is of/],
  ] as const) {
    const refused = await made.get(`forecasts?series=${series}&scenario=away%3D${device}`);
    expect([refused.statusCode, detailOf(refused)]).toEqual([400, expect.stringMatching(words)]);
  }
});

test('its graph shows the future, or the history and why there is none', async () => {
  const graph = async (name: string) => {
    const id = futureIdOf(row(name)?.series ?? '');
    return (await made.get(`graphs/${encodeURIComponent(id)}`)).json<GraphData>();
  };
  const grows = await graph('/grows');
  expect(grows.toMs).toBeGreaterThan(NOW_MS + 100 * DAY_MS);
  expect(grows.future?.values).toHaveLength(7);
  expect(grows.note).toMatch(/^Reaches 100 GiB most likely on \d+ \w+ 2026, 8 in 10 between/);
  const young = await graph('/new');
  expect(young.lines[0]?.mean.filter((v) => v !== null).length).toBeGreaterThan(5);
  expect(young.note).toBe(row('/new')?.says);
});

test.each([
  ['forecasts?series=a/b/c.d', 404, /Nothing that can fill is called "a\/b\/c\.d"/],
  ['forecasts?series=a%2Fb%2Fc.d&scenario=magic', 400, /knows no "magic"/],
  ['capacity?what=cheese', 400, /what/],
  ['graphs/future~a~b', 400, /its id is future~/],
  ['graphs/future~a~b~disk.used_bytes', 404, /There is no graph/],
  ['graphs/future~a~b~disk.used_bytes~0d', 400, /1 to 1830 days/],
])('%s is refused in words', async (url, status, words) => {
  const answer = await made.get(url);
  expect([answer.statusCode, detailOf(answer)]).toEqual([status, expect.stringMatching(words)]);
});

test('rows are there at once after a restart, and what cannot be read is made again', async () => {
  await made.catalog.forecasts.save([{ series: 'damaged', doc: '{"series": 1' }]);
  const kept = await made.catalog.forecasts.load();
  expect(kept.length).toBe(rows.length + 1);
  const again = await world({}, { catalog: made.catalog, history: made.history });
  const list = (await again.get('capacity')).json<{ items: CapacityRow[]; waiting: number; madeMs: number }>();
  expect(list.items).toEqual(rows);
  expect([list.waiting, list.madeMs]).toEqual([0, Math.max(...rows.map(({ madeMs }) => madeMs))]);
  await again.app.keepForecasts();
  const anew = (await again.get('capacity')).json<{ items: CapacityRow[] }>();
  expect(anew.items.map(({ series }) => series)).toEqual(rows.map(({ series }) => series));
  await again.app.close();
});

test('a limit and a lead time that are set count, the last that fits', async () => {
  const rule = { what: null, select: ANYTHING, share: null, amount: null, leadDays: null };
  const capacity = [
    { ...rule, share: 0.95, leadDays: 7 },
    { ...rule, what: 'disk', select: { ...ANYTHING, name: ['/grows'] }, amount: 92 * GIB } as const,
    { ...rule, what: 'link', amount: 1 } as const,
  ];
  const again = await world({}, { catalog: made.catalog, history: made.history, capacity });
  await again.app.keepForecasts();
  const { items } = (await again.get('capacity')).json<{ items: CapacityRow[] }>();
  const grows = items.find(({ name }) => name === '/grows');
  expect(grows).toMatchObject({ limit: 92 * GIB, limitFrom: 'set', leadDays: 7 });
  expect(grows?.dates?.medianMs).toBeLessThan(row('/grows')?.dates?.medianMs ?? 0);
  expect(items.find(({ name }) => name === '/still')).toMatchObject({ limit: 95 * GIB, limitFrom: 'set' });
  await again.app.close();
});

test('what was said is kept once a week, and judged by what came', async () => {
  const again = await world({}, { catalog: made.catalog, history: made.history });
  const series = row('/grows')?.series ?? '';
  const night = async () => {
    await again.app.keepForecasts();
    return (await again.get('capacity')).json<{ items: CapacityRow[] }>().items.find((one) => one.series === series);
  };
  const first = (await made.catalog.forecasts.said(series)).length;
  expect(first).toBe(1);
  again.pass(DAY_MS);
  await night();
  expect(await made.catalog.forecasts.said(series)).toHaveLength(first);

  // Five weeks on: each night said that it goes on as it did; then it did, but for one day.
  let level = 90;
  for (let week = 0; week < 5; week++) {
    again.pass(7 * DAY_MS);
    const nowMs = again.nowMs();
    const lines = ['device,instance,metric,unit,time,value'];
    for (let day = 6; day >= 0; day--) {
      level += 0.2;
      const seconds = Math.round((nowMs - day * DAY_MS) / 1000) - 60;
      lines.push(`nas,/grows,disk.used_bytes,bytes,${seconds},${Math.round(level * GIB)}`);
    }
    expect((await again.csv(lines.join('\n'))).statusCode).toBeLessThan(300);
    await night();
  }
  const said = (await made.catalog.forecasts.said(series)).map((doc) => JSON.parse(doc) as { madeMs: number });
  expect(said).toHaveLength(6);
  const { said: record } = (await night()) ?? {};
  expect(record).toMatchObject({ weeks: 12 });
  expect(record?.values).toBeGreaterThanOrEqual(5);
  expect(record?.held80).toBeGreaterThan(0.5);
  const graph = (await again.get(`graphs/${encodeURIComponent(futureIdOf(series))}`)).json<GraphData>();
  expect(graph.about).toMatch(/days of the last 12 weeks that \d+ forecasts kept then spoke of, the 80 % band held \d+ %/);

  // What is older than it can be judged goes.
  again.pass(200 * DAY_MS);
  await night();
  expect(await made.catalog.forecasts.said(series)).toHaveLength(1);
  await again.app.close();
});

test('who waits for all forecasts gets them, and after a minute what there is', async () => {
  const again = await world({}, { catalog: made.catalog, history: made.history });
  const list = (await again.get('capacity?wait=true')).json<{ items: CapacityRow[]; waiting: number }>();
  expect(list.items.length).toBeGreaterThan(0);
  await again.app.close();

  // A clock whose minute is over at once.
  const asked: number[] = [];
  const clock = {
    ...{ nowMs: () => NOW_MS, monoMs: () => NOW_MS },
    sleep: (ms: number) => {
      asked.push(ms);
      return Promise.resolve();
    },
  };
  const late = await world({}, { history: made.history, clock });
  expect((await late.get('capacity?wait=true')).statusCode).toBe(200);
  expect(asked).toContain(60_000);
  await late.app.close();
});
