import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_TIERS, NO_FACTS, seriesKey, type Device, type Instance, type MetricName, type Unit } from '../../core/model.ts';
import type { Catalog, History } from '../../core/ports.ts';
import { readGraph } from '../../server/graph-data.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { createHistory } from '../../store/history.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { freshInventory } from './world.ts';

const MIN = 60_000;
const H = 60 * MIN;
const D = 24 * H;
/** On a bin's edge, so that figures come out round. */
const START = Date.UTC(2026, 2, 14);
const NOW = START + 6 * H;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

const DEVICE: Device = {
  id: 'dev',
  name: 'core1',
  address: '192.0.2.1',
  sources: [],
  intervalMs: MIN,
  site: '',
  tags: [],
  origin: 'catalog',
  facts: NO_FACTS,
  createdMs: START,
};
const instance = (kind: string, id: string, metrics: [MetricName, Unit][], capacity: number | null = null): Instance => ({
  id,
  device: 'dev',
  kind,
  key: id,
  name: id,
  alias: '',
  capacity,
  metrics: metrics.map(([name, unit]) => ({ name, unit })),
  firstSeenMs: START,
  lastSeenMs: START,
  vanishedMs: null,
});
const ETH0 = instance(
  'interface',
  'eth0',
  [
    ['interface.in_bps', 'bps'],
    ['interface.out_bps', 'bps'],
  ],
  1e9,
);
const ROOT = instance('disk', 'root', [
  ['disk.used_bytes', 'bytes'],
  ['disk.size_bytes', 'bytes'],
]);

let history: History;
let catalog: Catalog;
const read = (id: string, fromMs: number, toMs: number, width = 400) =>
  readGraph({ history, catalog, inventory: freshInventory(catalog), zone: 'UTC', nowMs: () => NOW }, id, { fromMs, toMs, width });

async function append(i: Instance, minutes: number, values: (minute: number) => number[]): Promise<void> {
  const series = i.metrics.map((m) => seriesKey('dev', i.id, m.name));
  await history.append(
    Array.from({ length: minutes + 1 }, (_, n) => ({
      device: 'dev',
      tMs: START + n * MIN,
      intervalMs: MIN,
      series,
      values: Float64Array.from(values(n)),
    })),
  );
}

beforeEach(async () => {
  catalog = await createCatalog({ path: ':memory:', keyPath: null });
  history = await createHistory({ store: createMemoryStore(), tiers: DEFAULT_TIERS, nowMs: () => NOW, log: quiet });
  await catalog.devices.put(DEVICE);
});

describe('a traffic graph', () => {
  beforeEach(async () => {
    await catalog.instances.put([ETH0]);
    // 6 h of minutes: 1 Mb/s in with a peak of one minute, a gap from 2:00 to 3:00.
    await append(ETH0, 360, (n) => (n === 0 || (n > 120 && n <= 180) ? [NaN, NaN] : [n === 300 ? 901e6 : 1e6, 2e6]));
  });

  it('keeps the peak, and computes its figures from what is stored', async () => {
    const graph = await read('traffic~dev~eth0', START, NOW);
    const [incoming, outgoing] = graph?.lines ?? [];
    expect(incoming?.stats).toMatchObject({ current: 1e6, minimum: 1e6, maximum: 901e6, p95: 1e6, p95From: '5 min means' });
    expect(incoming?.stats.maximumAtMs).toBe(START + 299 * MIN);
    // 299 minutes of 1 Mb/s and one of 901 Mb/s.
    expect(incoming?.stats.average).toBeCloseTo(4e6, 3);
    expect(incoming?.stats.total).toBeCloseTo(300 * 60 * 4e6, 0);
    expect(incoming?.stats.known).toBeCloseTo(5 / 6, 9);
    expect(outgoing).toMatchObject({ below: true, role: 'out' });
    expect(outgoing?.mean.filter((v) => v !== null).every((v) => v === 2e6)).toBe(true);
    expect(Math.max(...(incoming?.max ?? []).map((v) => v ?? 0))).toBe(901e6);
    expect(graph?.limits.map((l) => l.value)).toEqual([1e9]);
    expect(graph?.y.max).toBeGreaterThanOrEqual(1e9);
  });

  it('marks what happened to the device or to the part that is shown, a slot a mark', async () => {
    const at = (kind: 'restart' | 'changed', tMs: number, instance: string | null, text: string) => ({
      ...{ kind, device: 'dev', instance, cause: null, text, fromMs: tMs, toMs: tMs },
    });
    await catalog.events.add([
      at('restart', START + H, null, 'Restarted after 12 d.'),
      at('changed', START + H + 1, 'eth0', 'The speed is now 1 Gb/s.'),
      at('changed', START + H + 2, 'eth9', 'Another port.'),
      at('restart', START - H, null, 'Before.'),
      { ...at('restart', START + 4 * H, null, 'Another device.'), device: 'other' },
      at('changed', START + 4 * H, 'eth0', 'Described as \u202euplink.'),
    ]);
    const graph = await read('traffic~dev~eth0', START, NOW);
    expect(graph?.events).toEqual([
      { tMs: START + H, text: 'Restarted after 12 d. The speed is now 1 Gb/s.' },
      { tMs: START + 4 * H, text: expect.stringMatching(/^Described as .*uplink\.$/) as string },
    ]);
    expect(graph?.events?.[1]?.text).not.toContain('\u202e');
  });

  it('marks its own events however many happened elsewhere, and says how many have no mark', async () => {
    const changed = (device: string, instance: string, n: number) => ({
      ...{ kind: 'changed' as const, device, instance, cause: null, text: `Change ${n}.` },
      ...{ fromMs: START + n * MIN, toMs: START + n * MIN },
    });
    const own = Array.from({ length: 100 }, (_, n) => changed('dev', 'eth0', n));
    const others = Array.from({ length: 600 }, (_, n) => changed(n % 2 ? 'dev' : 'other', 'eth9', 200));
    await catalog.events.add([...own, ...others]);
    const graph = await read('traffic~dev~eth0', START, NOW);
    expect(graph?.events?.map(({ text }) => text)).toEqual(own.slice(-60).map(({ text }) => text));
    expect(graph?.moreEvents).toBe('and 40 more before');
    await catalog.events.add(Array.from({ length: 500 }, (_, n) => changed('dev', 'eth0', n % 100)));
    expect((await read('traffic~dev~eth0', START, NOW))?.moreEvents).toMatch(/^and at least \d+ more before$/);
  });

  it('shows the gap as unknown, with the reason an event gives', async () => {
    const unexplained = await read('traffic~dev~eth0', START, NOW);
    expect(unexplained?.gaps).toEqual([{ fromMs: START + 2 * H, toMs: START + 3 * H, cause: null, text: 'No data for 1 h.' }]);
    await catalog.events.add([
      {
        kind: 'gap',
        device: 'dev',
        instance: null,
        cause: 'timeout',
        text: 'No answer.',
        fromMs: START + 2 * H,
        toMs: START + 3 * H,
      },
      {
        kind: 'gap',
        device: 'dev',
        instance: 'eth9',
        cause: 'reset',
        text: 'Another port.',
        fromMs: START + 2 * H,
        toMs: START + 3 * H,
      },
    ]);
    const graph = await read('traffic~dev~eth0', START, NOW);
    expect(graph?.gaps).toEqual([
      { fromMs: START + 2 * H, toMs: START + 3 * H, cause: 'timeout', text: 'No data for 1 h: No answer.' },
    ]);
    const unknown = graph?.tMs.filter((_t, i) => graph.lines[0]?.mean[i] === null) ?? [];
    expect(unknown.length).toBeGreaterThan(0);
    for (const t of unknown) expect(t >= START + 2 * H && t < START + 3 * H).toBe(true);
  });

  it.each([
    ['an hour', START + 4 * H, START + 5 * H, 'raw', MIN],
    ['all of it, narrow', START, NOW, '5m', 10 * MIN],
    ['a week, most of it before the history', NOW - 7 * D, NOW, '1h', 3 * H],
  ])('over %s takes the tier that fits', async (_name, from, to, tier, stepMs) => {
    const graph = await read('traffic~dev~eth0', from, to, stepMs === MIN ? 400 : 30);
    expect([graph?.tier, graph?.stepMs]).toEqual([tier, stepMs]);
    expect(graph?.tMs.length).toBeLessThanOrEqual(800);
  });

  it('a range that ended before now is known to its end', async () => {
    const graph = await read('traffic~dev~eth0', START + 4 * H + 30_000, START + 5 * H - 30_000);
    expect(graph?.lines[0]?.mean.includes(null)).toBe(false);
    expect(graph?.gaps).toEqual([]);
  });

  it('time before the first sample is not called a gap', async () => {
    const graph = await read('traffic~dev~eth0', START - 3 * H, START + H);
    expect(graph?.oldestMs).toBe(START);
    expect(graph?.gaps).toEqual([]);
    expect(graph?.lines[0]?.stats.known).toBe(1);
  });

  it.each([
    ['before all history', START - 9 * D, START - 8 * D],
    ['in the future', NOW + D, NOW + 2 * D],
  ])('%s is empty, not wrong', async (_name, from, to) => {
    const graph = await read('traffic~dev~eth0', from, to);
    expect(graph?.lines[0]?.stats).toMatchObject({ current: null, average: null, maximum: null, p95: null });
    expect(graph?.gaps).toEqual([]);
    expect(graph?.y.ticks.length).toBeGreaterThan(1);
  });
});

it('a filesystem is its used share of its size, at each time', async () => {
  await catalog.instances.put([ROOT]);
  await append(ROOT, 60, (n) => (n === 0 ? [NaN, NaN] : [50, n <= 30 ? 100 : 200]));
  const graph = await read('disks~dev', START, START + H);
  expect(graph?.lines[0]?.stats).toMatchObject({ current: 0.25, maximum: 0.5, minimum: 0.25, average: 0.375 });
});

it('of many filesystems the fullest five are drawn', async () => {
  const many = Array.from({ length: 8 }, (_, i) => ({ ...ROOT, id: `d${i}`, key: `d${i}`, name: `d${i}` }));
  await catalog.instances.put(many);
  for (const [i, one] of many.entries()) await append(one, 10, (n) => (n === 0 ? [NaN, NaN] : [10 * (i + 1), 100]));
  const graph = await read('disks~dev', START, START + H);
  expect(graph?.lines.map((l) => l.label)).toEqual(['d7', 'd6', 'd5', 'd4', 'd3']);
  expect(graph?.subtitle).toBe('the fullest 5 of 8');
});

it.each(['', 'traffic', 'traffic~nobody~eth0', 'traffic~dev~nothing', '../../etc/passwd', 'disks~dev'])(
  '%j is no graph',
  async (id) => {
    expect(await read(id, START, NOW)).toBeNull();
  },
);
