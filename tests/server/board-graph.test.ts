/** Graphs over many series: sums, gaps in one member, percentiles, bounds, the greatest few. */
import { beforeEach, describe, expect, it } from 'vitest';
import { checkDashboard } from '../../config/dashboard-file.ts';
import type { DashboardSource } from '../../core/dashboard.ts';
import { DEFAULT_TIERS, NO_FACTS, seriesKey, type Device, type Instance, type MetricName, type Unit } from '../../core/model.ts';
import type { Catalog, History, RawRow } from '../../core/ports.ts';
import { readGraph } from '../../server/graph-data.ts';
import { graphCsv } from '../../server/routes/graphs.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { createHistory } from '../../store/history.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { freshInventory } from './world.ts';

const MIN = 60_000;
const H = 60 * MIN;
const D = 24 * H;
const START = Date.UTC(2026, 2, 14);
let nowMs = START + 6 * H;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

let history: History;
let catalog: Catalog;
let graphs = '';
const dashboards: DashboardSource = {
  list: async () => [
    {
      id: 'b',
      file: 'b.yaml',
      own: true,
      kept: false,
      replaces: false,
      ...checkDashboard('b', 'b.yaml', `title: B\ngraphs:\n${graphs}`),
    },
  ],
};
/** The graph of one entry of YAML. */
async function draw(entry: string, fromMs = START, toMs = nowMs, width = 400) {
  graphs = `  - { title: G, ${entry} }\n`;
  const [board] = await dashboards.list();
  expect(board?.faults).toEqual([]);
  const graph = await readGraph(
    { history, catalog, inventory: freshInventory(catalog), zone: 'UTC', nowMs: () => nowMs, dashboards },
    'board~b~g',
    {
      fromMs,
      toMs,
      width,
    },
  );
  if (!graph) throw new Error('no graph');
  return graph;
}

const device = (name: string, more: Partial<Device> = {}): Device => ({
  id: `id-${name}`,
  name,
  address: '192.0.2.1',
  sources: [{ type: 'ping' }],
  intervalMs: MIN,
  site: '',
  tags: [],
  origin: 'catalog',
  facts: NO_FACTS,
  createdMs: START,
  ...more,
});

/** A device with one instance whose first metric has a value each interval, NaN = gap, undefined = no record at all. */
async function member(
  name: string,
  metrics: readonly [MetricName, Unit][],
  values: (tMs: number) => number | undefined,
  more: { device?: Partial<Device>; instance?: Partial<Instance>; offsetMs?: number; fromMs?: number; toMs?: number } = {},
): Promise<Instance> {
  const owner = device(name, more.device);
  const kind = metrics[0]?.[0].split('.')[0] ?? '';
  const instance: Instance = {
    id: `i-${name}`,
    device: owner.id,
    kind,
    key: kind === 'interface' ? 'eth0' : kind,
    name: kind === 'interface' ? 'eth0' : kind,
    alias: '',
    capacity: null,
    metrics: metrics.map(([metric, unit]) => ({ name: metric, unit })),
    firstSeenMs: START,
    lastSeenMs: START,
    vanishedMs: null,
    ...more.instance,
  };
  await catalog.devices.put(owner);
  await catalog.instances.put([instance]);
  const series = metrics.map(([metric]) => seriesKey(owner.id, instance.id, metric));
  const rows: RawRow[] = [];
  for (let t = (more.fromMs ?? START) + (more.offsetMs ?? 0); t <= (more.toMs ?? nowMs); t += owner.intervalMs) {
    const value = rows.length === 0 ? NaN : values(t);
    if (value !== undefined)
      rows.push({
        device: owner.id,
        tMs: t,
        intervalMs: owner.intervalMs,
        series,
        values: Float64Array.from(series, () => value),
      });
  }
  await history.append(rows);
  return instance;
}
const LOAD: readonly [MetricName, Unit][] = [['load.five', '1']];
const IN: readonly [MetricName, Unit][] = [['interface.in_bps', 'bps']];

beforeEach(async () => {
  nowMs = START + 6 * H;
  catalog = await createCatalog({ path: ':memory:', keyPath: null });
  history = await createHistory({ store: createMemoryStore(), tiers: DEFAULT_TIERS, nowMs: () => nowMs, log: quiet });
});

describe('a sum', () => {
  it('takes the 95th of the sum, not the sum of the 95ths', async () => {
    // Each is high for 10 % of the time, never both: 95ths of 100 each, of the sum 110.
    await member('a', IN, (t) => (t - START <= 0.1 * 6 * H ? 100 : 10));
    await member('b', IN, (t) => (t - START > 0.9 * 6 * H ? 100 : 10));
    const graph = await draw('lines: [{ metric: interface.in_bps, aggregate: sum }]');
    const [line] = graph.lines;
    expect(graph.lines).toHaveLength(1);
    expect(line).toMatchObject({ members: 2, bound: { maximum: false, minimum: false } });
    expect(line?.stats).toMatchObject({
      p95: 110,
      maximum: 110,
      minimum: 20,
      current: 110,
      known: 1,
      p95From: '5 min means of the sum',
    });
    expect(graph.partial).toEqual([]);
    expect(graph.gaps).toEqual([]);
    expect(graph.devices).toEqual(['id-a', 'id-b']);
  });

  it('marks the time in which a member is unknown, and computes no figure from it', async () => {
    const names = ['web01', 'web02', 'web03'];
    for (const name of names)
      await member(name, LOAD, (t) => (name === 'web03' && t > START + 2 * H && t <= START + 3 * H ? NaN : 2));
    const graph = await draw('lines: [{ metric: load.five, aggregate: sum }]');
    expect(graph.partial).toEqual([{ fromMs: START + 2 * H, toMs: START + 3 * H, text: '1 of 3 unknown: web03' }]);
    expect(graph.gaps).toEqual([]);
    const at = (tMs: number) => graph.lines[0]?.mean[graph.tMs.indexOf(tMs)];
    expect([at(START + H), at(START + 2.5 * H), at(START + 4 * H)]).toEqual([6, 4, 6]);
    expect(graph.lines[0]?.stats).toMatchObject({ minimum: 6, average: 6, maximum: 6, p95: 6 });
    expect(graph.lines[0]?.stats.known).toBeCloseTo(5 / 6, 2);
    expect(graph.lines[0]?.stats.p95From).toBe('5 min means of the sum, where all of 3 are known');
    const csv = graphCsv(graph).split('\n');
    expect(csv[0]).toMatch(/,partial$/);
    expect(csv.filter((row) => row.endsWith(',1 of 3 unknown: web03'))).toHaveLength(Math.round(H / graph.stepMs));
  });

  it('is a gap where nobody is known, explained by what struck all', async () => {
    const event = { instance: null, fromMs: START + 2 * H, toMs: START + 3 * H };
    await catalog.events.add([
      { ...event, kind: 'collector', device: null, cause: 'collector down', text: 'Saguaro was not running for 3600 s.' },
      { ...event, kind: 'gap', device: 'id-a', cause: 'timeout', text: 'Only of a.' },
    ]);
    for (const name of ['a', 'b']) await member(name, LOAD, (t) => (t > START + 2 * H && t <= START + 3 * H ? NaN : 1));
    const graph = await draw('lines: [{ metric: load.five, aggregate: sum }]');
    const text = 'No data for 1 h: Saguaro was not running for 3600 s.';
    expect(graph.gaps).toEqual([{ fromMs: START + 2 * H, toMs: START + 3 * H, cause: 'collector down', text }]);
    expect(graph.partial).toEqual([]);
  });

  it('counts nobody before the first sample, nor after the end', async () => {
    await member('old', LOAD, () => 1);
    await member('new', LOAD, () => 1, { fromMs: START + 3 * H });
    await member('gone', LOAD, () => 1, { toMs: START + 2 * H, instance: { vanishedMs: START + 2.5 * H } });
    await member('imported', LOAD, () => 1, { toMs: START + H, device: { sources: [] } });
    const graph = await draw('lines: [{ metric: load.five, aggregate: sum }]');
    expect(graph.partial).toEqual([]);
    const at = (tMs: number) => graph.lines[0]?.mean[graph.tMs.indexOf(tMs)];
    expect([at(START + 0.5 * H), at(START + 1.5 * H), at(START + 2.5 * H), at(START + 4 * H)]).toEqual([3, 2, 1, 2]);
  });

  it('waits for members whose next reading is to come, and tells of those that are overdue', async () => {
    await member('a', LOAD, () => 1, { offsetMs: 5_000 });
    await member('b', LOAD, () => 1, { offsetMs: 50_000 });
    nowMs += 30_000;
    const graph = await draw('lines: [{ metric: load.five, aggregate: sum }]', START + 5 * H);
    expect(graph.partial).toEqual([]);
    expect(new Set(graph.lines[0]?.mean.filter((v) => v !== null))).toEqual(new Set([2]));
    nowMs += 10 * MIN;
    await member('a', LOAD, () => 1, { fromMs: START + 6 * H - MIN, offsetMs: 5_000 });
    const later = await draw('lines: [{ metric: load.five, aggregate: sum }]', START + 5 * H);
    expect(later.partial.map(({ text }) => text)).toEqual(['1 of 2 unknown: b']);
  });

  it('puts members of different intervals and moments into common slots', async () => {
    await member('slow', IN, () => 300, { device: { intervalMs: 5 * MIN }, offsetMs: 77_000 });
    await member('fast', IN, (t) => (t % (5 * MIN) === 0 ? 20 : 40), { device: { intervalMs: 10_000 } });
    const graph = await draw('lines: [{ metric: interface.in_bps, aggregate: sum }]', START + H);
    expect(graph.stepMs).toBeGreaterThanOrEqual(5 * MIN);
    expect(graph.partial).toEqual([]);
    const known = (graph.lines[0]?.mean ?? []).filter((v) => v !== null);
    for (const v of known.slice(0, -1)) expect(v).toBeCloseTo(300 + (20 + 29 * 40) / 30, 3);
    expect(graph.lines[0]?.stats).toMatchObject({ maximum: 340, minimum: 320 });
  });

  it('keeps a peak that slots would blend, and invents none', async () => {
    // Two peaks of one reading each, never at one moment, and out of step with the slots.
    await member('a', IN, (t) => (t === START + H + 31_000 ? 900 : 100), { offsetMs: 31_000 });
    await member('b', IN, (t) => (t === START + H + 4 * MIN + 17_000 ? 900 : 100), { offsetMs: 17_000 });
    const graph = await draw('lines: [{ metric: interface.in_bps, aggregate: sum }]', START, START + 2 * H);
    expect(graph.lines[0]?.stats).toMatchObject({ maximum: 1000, minimum: 200 });
    expect(graph.lines[0]?.bound).toEqual({ maximum: false, minimum: false });
    expect(Math.max(...(graph.lines[0]?.max ?? []).map((v) => v ?? 0))).toBe(1000);
  });

  it('labels the maximum a bound where only bins are left', async () => {
    await member('a', IN, (t) => (t === START + H + MIN ? 900 : 100));
    await member('b', IN, (t) => (t === START + H + 3 * MIN ? 900 : 100));
    nowMs = START + 20 * D; // Readings are kept for 14 days.
    const graph = await draw('lines: [{ metric: interface.in_bps, aggregate: sum }]', START, START + 6 * H);
    expect(graph.lines[0]?.bound).toEqual({ maximum: true, minimum: true });
    expect(graph.lines[0]?.stats).toMatchObject({ maximum: 1800, minimum: 200 });
    expect(graph.about).toContain('≤');
    // What is drawn are sums of means: never the bound.
    expect(graph.y.max).toBeLessThan(1800);
  });

  it('has the capacity of all as its limit, if all have one', async () => {
    await member('a', IN, () => 900, { instance: { capacity: 1000 } });
    await member('b', IN, () => 900, { instance: { capacity: 1000 } });
    const entry = 'lines: [{ metric: interface.in_bps, aggregate: sum }], limit: capacity';
    expect((await draw(entry)).limits.map(({ value }) => value)).toEqual([2000]);
    await member('c', IN, () => 1);
    expect((await draw(entry)).limits).toEqual([]);
  });
});

it.each([
  ['mean', 20, 15],
  ['max', 30, 20],
  ['min', 10, 10],
])('%s of members, and of those that are known', async (how, all, without) => {
  await member('a', LOAD, () => 10);
  await member('b', LOAD, () => 20);
  await member('c', LOAD, (t) => (t > START + 2 * H && t <= START + 3 * H ? NaN : 30));
  const graph = await draw(`lines: [{ metric: load.five, aggregate: ${how} }]`);
  const at = (tMs: number) => graph.lines[0]?.mean[graph.tMs.indexOf(tMs)];
  expect([at(START + H), at(START + 2.5 * H)]).toEqual([all, without]);
  expect(graph.lines[0]?.stats).toMatchObject({ minimum: all, maximum: all });
  expect(graph.partial.map(({ text }) => text)).toEqual(['1 of 3 unknown: c']);
});

it('one member alone is drawn as itself, with the reason of its gaps', async () => {
  await member('a', LOAD, (t) => (t > START + 2 * H && t <= START + 3 * H ? NaN : 1));
  await catalog.events.add([
    {
      kind: 'gap',
      device: 'id-a',
      instance: null,
      cause: 'timeout',
      text: 'No answer.',
      fromMs: START + 2 * H,
      toMs: START + 3 * H,
    },
  ]);
  const graph = await draw('lines: [{ metric: load.five, aggregate: sum, label: all }]');
  expect(graph.lines[0]).toMatchObject({ label: 'all', members: 1, role: 's1' });
  expect(graph.gaps.map(({ text }) => text)).toEqual(['No data for 1 h: No answer.']);
});

describe('a line each', () => {
  it('draws the greatest five, and the rest as their mean in grey', async () => {
    for (let i = 1; i <= 8; i++) await member(`web0${i}`, LOAD, () => i);
    const graph = await draw('lines: [{ metric: load.five }]');
    expect(graph.lines.map(({ label, role, members }) => [label, role, members])).toEqual([
      ['web08', 's1', 1],
      ['web07', 's5', 1],
      ['web06', 's2', 1],
      ['web05', 's4', 1],
      ['web04', 's3', 1],
      ['3 more, on average', 'past', 3],
    ]);
    expect(graph.lines[5]?.stats).toMatchObject({ average: 2, maximum: 2 });
    expect(graph.lines[5]?.max.find((v) => v !== null)).toBe(2);
    expect(graph.subtitle).toBe('the greatest 5 of 8 devices');
  });

  it('stacks to the true sum, and marks what is missing in it', async () => {
    for (let i = 1; i <= 7; i++)
      await member(`f${i}`, [['disk.used_bytes', 'bytes']], (t) => (i === 2 && t > START + 5 * H ? NaN : i * 100));
    const graph = await draw('lines: [{ metric: disk.used_bytes }], stack: true');
    expect(graph.stack).toBe(true);
    expect(graph.lines.at(-1)).toMatchObject({ label: '2 more', role: 'past', fill: true });
    const first = graph.lines.reduce((sum, line) => sum + (line.mean[10] ?? NaN), 0);
    expect(first).toBe(2800);
    expect(graph.y.max).toBeGreaterThanOrEqual(2800);
    expect(graph.partial).toEqual([{ fromMs: START + 5 * H, toMs: nowMs, text: '1 of 7 unknown: f2' }]);
  });

  it('mirrors the same instances, in the same colours', async () => {
    const both: readonly [MetricName, Unit][] = [
      ['interface.in_bps', 'bps'],
      ['interface.out_bps', 'bps'],
    ];
    for (let i = 1; i <= 6; i++) await member(`sw${i}`, both, () => i);
    const graph = await draw(
      'lines: [{ metric: interface.in_bps, label: in }, { metric: interface.out_bps, label: out, mirror: true }]',
    );
    expect(graph.lines.slice(0, 4).map(({ label, role, below }) => [label, role, below])).toEqual([
      ['sw6 eth0 in', 's1', false],
      ['sw6 eth0 out', 's1', true],
      ['sw5 eth0 in', 's5', false],
      ['sw5 eth0 out', 's5', true],
    ]);
    expect(graph.lines.filter(({ role }) => role === 'past').map(({ below }) => below)).toEqual([false, true]);
  });

  it('divides by another metric of the same instance, at each time', async () => {
    await member('a', [['memory.used_bytes', 'bytes'], ['memory.size_bytes', 'bytes']], () => 7); // prettier-ignore
    const graph = await draw('lines: [{ metric: memory.used_bytes, per: memory.size_bytes }]');
    expect(graph).toMatchObject({ unit: 'ratio', lines: [{ label: 'a', stats: { average: 1, maximum: 1, p95: 1 } }] });
  });

  it('shows hostile names as they are, harmless', async () => {
    await member('<img src=x>\u202e', LOAD, () => 1);
    await member('=1+1', LOAD, () => 2);
    const graph = await draw('lines: [{ metric: load.five }]');
    expect(graph.lines.map(({ label }) => label)).toEqual(['=1+1', '<img src=x>\\u{202e}']);
    expect(graphCsv(graph).split('\n')[0]).toContain("'=1+1");
  });
});

describe('lines with a selector of their own', () => {
  it('take each their part, and keep their places', async () => {
    for (const [i, name] of ['a', 'b', 'c', 'd', 'e', 'f'].entries())
      await member(name, IN, () => i + 1, { device: { site: i < 2 ? 'Paris' : 'Lyon' } });
    const one = (name: string) => `{ metric: interface.in_bps, select: { device: ${name} } }`;
    const graph = await draw(
      `lines: [{ metric: interface.in_bps, aggregate: sum, select: [{ site: Paris }, { device: id-f, name: i-f }] }, { metric: interface.in_bps, aggregate: sum, select: { site: Lyon } }, ${['b', 'c', 'd', 'e'].map(one).join(', ')}]`,
    );
    expect(graph.lines.map(({ label, members, stats }) => [label, members, stats.average])).toEqual([
      ['in bps sum', 3, 9],
      ['in bps sum', 4, 18],
      ['b eth0', 1, 2],
      ['c eth0', 1, 3],
      ['d eth0', 1, 4],
      ['e eth0', 1, 5],
    ]);
    expect(new Set(graph.lines.map(({ series }) => series)).size).toBe(6);
    expect(graph.subtitle).toBe('6 interfaces');
  });
});

describe('very many', () => {
  it('are counted in up to a stated number, in a stated resolution', async () => {
    const at = (n: number) => `srv${String(n).padStart(3, '0')}`;
    for (let n = 0; n < 503; n++) await member(at(n), LOAD, () => 1, { device: { intervalMs: 10 * MIN } });
    const graph = await draw('lines: [{ metric: load.five, aggregate: sum }]', START);
    expect(graph.note).toBe('The selector finds 503; the first 500 by name are counted in.');
    expect(graph.lines[0]).toMatchObject({ members: 500, stats: { maximum: 500 } });
    expect(graph.devices).toHaveLength(500);
    // 500 members × 30 days of 5 min means are more than is read for a line.
    const long = await draw('lines: [{ metric: load.five, aggregate: sum }]', nowMs - 30 * D);
    expect(long.lines[0]?.stats.p95From).toBe('1 h means of the sum');
    expect(long.lines[0]?.bound.maximum).toBe(true);
  }, 30_000);
});

describe('a selector that finds nothing', () => {
  it('says what it looked for', async () => {
    await member('a', LOAD, () => 1);
    const graph = await draw('select: { tag: [core, edge], not: { name: lo } }, lines: [{ metric: load.fife }]');
    expect(graph.lines).toEqual([]);
    expect(graph.y.ticks.length).toBeGreaterThan(1);
    expect(graph.note).toBe(
      `Nothing to draw yet: it looks for load.fife where tag is "core" or "edge", not where name is "lo", and none of the one device has that. load.fife is none of Saguaro's own; did you mean load.five?`,
    );
  });

  it('gives way to what is said otherwise', async () => {
    await member('a', IN, () => 1);
    await member('b', IN, () => 2);
    const graph = await draw(
      'select: { alias: "*uplink*" }, otherwise: { not: { device: b } }, lines: [{ metric: interface.in_bps, aggregate: sum }]',
    );
    expect(graph.lines[0]?.stats.average).toBe(1);
    expect(graph.subtitle).toBe('what was looked for: none, so one stands in');
  });
});
