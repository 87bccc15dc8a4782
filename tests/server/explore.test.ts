/** Graphs of the explorer by HTTP, and any graph beside itself so much earlier. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDashboard } from '../../config/dashboard-file.ts';
import type { GraphData } from '../../core/graph.ts';
import type { BoardLine } from '../../core/dashboard.ts';
import { exploreId, NOTHING_CHOSEN, parseExploreId, type ExploreSpec } from '../../core/explore.ts';
import { NO_FACTS, seriesKey, type Device, type Instance } from '../../core/model.ts';
import { NOW_MS, world, type World } from './world.ts';

const MIN = 60_000;
const H = 60 * MIN;
const D = 24 * H;
let w: World;

const device = (name: string, site: string): Device => ({
  ...{ id: `id${name}`, name, address: '192.0.2.1', sources: [{ type: 'ping' }], intervalMs: MIN, site, tags: ['core'] },
  ...{ origin: 'catalog', facts: NO_FACTS, createdMs: NOW_MS - 400 * D },
});

/** An interface that carries `inBps(t)`, and half of it out, every five minutes from so many days ago. */
async function port(name: string, site: string, days: number, inBps: (tMs: number) => number): Promise<void> {
  const instance: Instance = {
    ...{ id: `if${name}`, device: `id${name}`, kind: 'interface', key: 'xe0', name: 'xe0', alias: 'uplink', capacity: 1000 },
    metrics: [
      { name: 'interface.in_bps', unit: 'bps' },
      { name: 'interface.out_bps', unit: 'bps' },
    ],
    ...{ firstSeenMs: 0, lastSeenMs: NOW_MS, vanishedMs: null },
  };
  await w.catalog.devices.put(device(name, site));
  await w.catalog.instances.put([instance]);
  const tMs = Float64Array.from({ length: days * 24 * 12 + 1 }, (_, i) => NOW_MS - days * D + i * 5 * MIN);
  for (const [metric, share] of [
    ['interface.in_bps', 1],
    ['interface.out_bps', 0.5],
  ] as const)
    await w.history.importSamples([
      { series: seriesKey(`id${name}`, `if${name}`, metric), tMs, value: tMs.map((t) => inBps(t) * share) },
    ]);
}

const ANY = { kind: null, site: null, tag: null, device: null, name: null, alias: null, not: null };
const line = (more: Partial<BoardLine> = {}): BoardLine => ({
  ...{ metric: 'interface.in_bps', aggregate: 'each', label: '', mirror: false, per: null, select: null },
  ...more,
});
const spec = (lines: readonly BoardLine[], more: Partial<ExploreSpec> = {}): string =>
  exploreId({ ...NOTHING_CHOSEN, title: 'Mine', lines, ...more });
const one = (name: string) => [{ ...ANY, device: [`id${name}`], name: [`if${name}`] }];

async function graph(id: string, query = ''): Promise<GraphData> {
  const answer = await w.get(`/api/v1/graphs/${id}${query}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<GraphData>();
}
async function refused(id: string, query = ''): Promise<string> {
  const answer = await w.get(`/api/v1/graphs/${id}${query}`);
  expect(answer.statusCode).toBe(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  return answer.json<{ detail: string }>().detail;
}

beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

describe('a graph of the explorer', () => {
  it('shows what was picked, its sums, mirrors and thresholds', async () => {
    await port('a', 'Paris', 1, () => 100);
    await port('b', 'Paris', 1, () => 300);
    await port('c', 'Lyon', 1, () => 50);
    const paris = [{ ...ANY, site: ['Paris'] }];
    const id = spec(
      [
        line({ select: paris, aggregate: 'sum', label: 'Paris in' }),
        line({ select: paris, aggregate: 'sum', label: 'Paris out', mirror: true, metric: 'interface.out_bps' }),
        line({ select: one('c') }),
      ],
      { thresholds: [{ label: 'contract', value: 800 }] },
    );
    const data = await graph(id);
    expect(data).toMatchObject({ id, title: 'Mine', unit: 'bps', limits: [{ label: 'contract', value: 800 }], note: '' });
    expect(data.lines.map(({ label, below, members, stats }) => [label, below, members, stats.average])).toEqual([
      ['Paris in', false, 2, 400],
      ['Paris out', true, 2, 200],
      ['c xe0 in', false, 1, 50],
    ]);
    expect(data.y.max).toBeGreaterThanOrEqual(800);
    const csv = await w.get(`/api/v1/graphs/${id}.csv`);
    expect(csv.body.split('\n')[0]).toContain('Paris in (bps)');
    expect((await w.get(`/api/v1/graphs/${id}.svg`)).body).toContain('contract');
  });

  it('follows a device whose name changes, and says what it did not find', async () => {
    await port('a', 'Paris', 1, () => 100);
    const id = spec([line({ select: one('a') })]);
    await w.catalog.devices.put({ ...device('a', 'Paris'), name: 'renamed' });
    expect((await graph(id)).lines.map(({ label }) => label)).toEqual(['renamed xe0']);
    const lost = await graph(spec([line({ select: one('nobody') })]));
    expect(lost.lines).toEqual([]);
    expect(lost.note).toMatch(/^Nothing to draw yet: it looks for interface\.in_bps/);
    const strange = await graph(spec([line({ metric: 'interface.in_bits', select: one('a') })]));
    expect(strange.note).toContain('did you mean interface.in_bps?');
  });

  it('refuses in a sentence what is no graph, and ranges that are none', async () => {
    await port('a', 'Paris', 1, () => 100);
    const id = spec([line({ select: one('a') })]);
    expect(await refused('explore~AAAA')).toContain('cut off or changed');
    expect(await refused('explore~')).toContain('cut off or changed');
    expect(await refused(spec([]))).toContain('at least one line');
    expect(await refused(spec([line(), line({ metric: 'load.one' })]))).toContain('a graph has one unit');
    expect(await refused(spec(Array.from({ length: 13 }, () => line())))).toContain('at most 12 lines');
    expect((await w.get(`/api/v1/graphs/explore~${'A'.repeat(2045)}`)).statusCode).toBe(414);
    expect(await refused(id, '?from=2026-03-10&to=2026-03-01')).toContain('ends before it begins');
    expect(await refused(id, '?width=1000000000')).toMatch(/width/);
    expect(await refused(id, '?from=0001-01-01&to=2026-03-01')).toContain('longer than 200 years');
    expect(await refused(id, '?compare=7y')).toMatch(/compare/);
    expect(await refused(id, '?difference=true')).toContain('compare=1w');
    const later = await graph(id, '?from=2030-01-01&to=2030-01-02');
    expect(later.lines[0]?.mean.every((value) => value === null)).toBe(true);
  });

  it('reads what two centuries at full width are bounded to', async () => {
    await port('a', 'Paris', 1, () => 100);
    const data = await graph(spec([line({ select: one('a') })]), '?from=1900-01-01&to=2026-03-15&width=8000');
    expect(data.tMs.length).toBeLessThanOrEqual(16_000);
  });
});

describe('any graph in the explorer', () => {
  const explored = async (id: string) => {
    const answer = await w.get(`/api/v1/graphs/${id}/explore`);
    expect(answer.statusCode, answer.body).toBe(200);
    const file = await w.get(`/api/v1/graphs/${id}.yaml`);
    expect(file.headers['content-type']).toContain('application/yaml');
    return { ...answer.json<{ id: string; title: string; lines: string[] }>(), yaml: file.body };
  };

  it('is the same graph, and a file that finds the same', async () => {
    await port('a', 'Paris', 1, () => 100);
    const built = await explored('traffic~ida~ifa');
    expect(built.lines).toEqual(['a xe0', 'a xe0']);
    expect(built.yaml).toContain('{ metric: interface.out_bps, mirror: true, select: { device: a, name: xe0 } }');
    expect((await graph(built.id)).lines.map(({ label, role, below }) => [label, role, below])).toEqual([
      ['a xe0 in', 'in', false],
      ['a xe0 out', 'out', true],
    ]);
    expect(await explored(built.id)).toEqual(built);
    const all = await explored(
      spec([line({ aggregate: 'sum', select: [{ ...ANY, site: ['Par*'], not: { ...ANY, tag: ['x'] } }] })]),
    );
    expect(all.lines).toEqual(['everything at Par*, not where tag is "x"']);
  });

  it('keeps what a dashboard looks for, and what its lines look at', async () => {
    await w.close();
    const text = `title: B
graphs:
  - title: All
    select: { tag: core }
    lines:
      - { metric: interface.in_bps, aggregate: sum, label: all }
      - { metric: interface.in_bps, aggregate: sum, label: Lyon, select: { site: Lyon } }
      - { metric: interface.in_bps, aggregate: sum, label: edge, select: { tag: edge } }
    limit: capacity
    thresholds:
      - { value: 120, label: contract }
    p95: false
    band: true
    events: false
    compare: 1d
`;
    const board = { id: 'b', file: 'b.yaml', own: true, kept: false, replaces: false, ...checkDashboard('b', 'b.yaml', text) };
    expect(board.faults).toEqual([]);
    w = await world({}, { dashboards: { list: async () => [board] } });
    await port('a', 'Paris', 1, () => 100);
    await port('b', 'Lyon', 1, () => 40);
    const of = await explored('board~b~all');
    expect(of).toMatchObject({
      lines: ['everything', 'everything at Lyon', 'everything tagged edge'],
      within: 'everything tagged core',
    });
    const read = parseExploreId(of.id);
    expect(read).toMatchObject({
      spec: {
        limit: 'capacity',
        thresholds: [{ value: 120, label: 'contract' }],
        p95: false,
        band: true,
        events: false,
        compare: '1d',
      },
    });
    const averages = async (id: string) => (await graph(id)).lines.map(({ label, stats }) => [label, stats.average]);
    expect(await averages(of.id)).toEqual(await averages('board~b~all'));
    // Nothing is both core and edge.
    expect(await averages(of.id)).toEqual([
      ['all', 140],
      ['Lyon', 40],
      ['all, 1 day before', 140],
      ['Lyon, 1 day before', 40],
    ]);
    const shown = await graph('board~b~all');
    expect(shown.drawn).toEqual({ p95: false, band: true, events: false });
    expect(shown.limits.map(({ label }) => label)).toEqual([expect.stringContaining('capacity'), 'contract']);
  });

  it('is refused where there is none', async () => {
    expect((await w.get('/api/v1/graphs/traffic~no~no/explore')).statusCode).toBe(404);
    expect((await w.get('/api/v1/graphs/board~no~no/explore')).statusCode).toBe(404);
    expect((await w.get('/api/v1/graphs/traffic~no~no.yaml')).statusCode).toBe(404);
    expect((await w.get('/api/v1/graphs/explore~AAAA.yaml')).statusCode).toBe(400);
    expect((await w.get('/api/v1/graphs/explore~AAAA/explore')).statusCode).toBe(400);
  });
});

describe('a comparison', () => {
  /** 100 b/s, from three days ago on 130. */
  const rising = (tMs: number) => (tMs > NOW_MS - 3 * D ? 130 : 100);

  it('lays the range before over this one, with its figures and the change', async () => {
    await port('a', 'Paris', 15, rising);
    const data = await graph('traffic~ida~ifa', '?from=now-2d&to=now&compare=1w');
    expect(data.lines.map(({ label, role, below }) => [label, role, below])).toEqual([
      ['in', 'in', false],
      ['out', 'out', true],
      ['in, 1 week before', 'past', false],
      ['out, 1 week before', 'past', true],
    ]);
    const [now, , then] = data.lines;
    expect(now?.before).toBeUndefined();
    expect(then?.mean).toHaveLength(data.tMs.length);
    expect(then?.mean.filter((value) => value !== null).every((value) => value === 100)).toBe(true);
    expect(then?.mean.filter((value) => value === null).length).toBeLessThan(2);
    expect([now?.stats.average, then?.stats.average, now?.stats.p95, then?.stats.p95]).toEqual([130, 100, 130, 100]);
    expect(then?.before).toMatchObject({ ago: '1w', fromMs: NOW_MS - 9 * D, toMs: NOW_MS - 7 * D });
    expect(then?.before?.change).toBeCloseTo(0.3, 9);
    const picture = await w.get('/api/v1/graphs/traffic~ida~ifa.svg?from=now-2d&to=now&compare=1w');
    expect(picture.body).toContain('>1w before<');
    expect(data.about).toContain('Compared with 1 week before, by the calendar of UTC.');
  });

  it('shows the difference, also below zero, with signs on its axis', async () => {
    // This week the mornings carry less, the afternoons more.
    await port('a', 'Paris', 15, (tMs) => (tMs <= NOW_MS - 5 * D ? 100 : (tMs - 1) % D < 12 * H ? 60 : 150));
    const data = await graph('traffic~ida~ifa', '?from=now-2d&to=now&compare=1w&difference=true');
    expect(data.lines.map(({ label, below, fill }) => [label, below, fill])).toEqual([
      ['in, less 1 week before', false, false],
      ['out, less 1 week before', false, false],
    ]);
    const [line] = data.lines;
    expect(line?.stats).toMatchObject({ minimum: -40, maximum: 50, p95: null });
    expect(line?.stats.average).toBeCloseTo(5, 6);
    expect(new Set(line?.mean.filter((value) => value !== null))).toEqual(new Set([-40, 50]));
    expect(data.y.min).toBeLessThanOrEqual(-40);
    expect(data.y.ticks[0]?.label).toMatch(/^\u2212\d/);
  });

  it('leaves open in a difference what was unknown then, and says so', async () => {
    await port('a', 'Paris', 15, (tMs) => (tMs > NOW_MS - 8 * D && tMs <= NOW_MS - 7.75 * D ? NaN : 100));
    const data = await graph('traffic~ida~ifa', '?from=now-2d&to=now&compare=1w&difference=true');
    expect(data.gaps).toHaveLength(1);
    expect(data.gaps[0]).toMatchObject({ fromMs: NOW_MS - D, toMs: NOW_MS - 0.75 * D });
    expect(data.gaps[0]?.text).toMatch(/^1 week before: No data for 6 h/);
    const within = data.lines[0]?.mean.filter(
      (_, i) => (data.tMs[i] ?? 0) >= NOW_MS - D && (data.tMs[i] ?? 0) < NOW_MS - 0.75 * D,
    );
    expect(new Set(within)).toEqual(new Set([null]));
  });

  it('says where nothing is known of then, and compares what a spec says', async () => {
    await port('a', 'Paris', 3, () => 100);
    const id = spec([line({ select: one('a') })], { compare: '1y' });
    const data = await graph(id, '?from=now-1d&to=now');
    expect(data.lines).toHaveLength(1);
    expect(data.note).toBe('Nothing is known of 1 year before.');
    const sooner = await graph(id, '?from=now-1d&to=now&compare=1d');
    expect(sooner.lines.map(({ label }) => label)).toEqual(['a xe0', 'a xe0, 1 day before']);
    expect(sooner.lines[1]?.before?.change).toBe(0);
  });

  it('stands on itself in a stack, not on this range', async () => {
    await port('a', 'Paris', 9, () => 100);
    await port('b', 'Paris', 9, () => 200);
    const id = spec([line({ select: [{ ...ANY, site: ['Paris'] }] })], { stack: true });
    const data = await graph(id, '?from=now-1d&to=now&compare=1w');
    expect(data.lines).toHaveLength(4);
    const { levels } = await import('../../core/graph-geometry.ts');
    const tops = levels(data).map(({ top }) => top.find((value) => value !== null));
    expect(tops).toEqual([200, 300, 200, 300]);
  });

  it('goes by the calendar: of March the February before, up to where March has come', async () => {
    await port('a', 'Paris', 75, (tMs) => (tMs > Date.UTC(2026, 2, 1) ? 110 : 100));
    const data = await graph('traffic~ida~ifa', '?from=2026-03&compare=1mo');
    expect(data.lines[2]?.before).toMatchObject({ fromMs: Date.UTC(2026, 1, 1), toMs: Date.UTC(2026, 1, 15, 12) });
    expect(data.lines[2]?.before?.change).toBeCloseTo(0.1, 4);
  });
});
