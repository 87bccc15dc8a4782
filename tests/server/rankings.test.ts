/** Lists that people sort and rank, and the search. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_FACTS, seriesKey, type Device, type Instance } from '../../core/model.ts';
import type { FilesystemView, InterfaceView } from '../../core/now.ts';
import type { SearchHit } from '../../core/search.ts';
import { detailOf, NOW_MS, world, type World } from './world.ts';

const MINUTE_MS = 60_000;
let w: World;

async function device(name: string, more: Partial<Device> = {}): Promise<Device> {
  const made: Device = {
    id: `id-${name}`,
    name,
    address: '192.0.2.7',
    sources: [{ type: 'ping' }],
    intervalMs: MINUTE_MS,
    site: '',
    tags: [],
    origin: 'catalog',
    facts: NO_FACTS,
    createdMs: NOW_MS - 86_400_000,
    ...more,
  };
  await w.catalog.devices.put(made);
  return made;
}

/** A port or filesystem whose metrics have held these values for two hours. */
async function part(of: Device, kind: string, name: string, values: Record<string, number>, more: Partial<Instance> = {}) {
  const unit = kind === 'disk' ? 'bytes' : 'bps';
  const fields = Object.keys(values);
  const instance: Instance = {
    id: `${kind}-${of.name}-${name.replaceAll('/', '-')}`,
    device: of.id,
    kind,
    key: name,
    name,
    alias: '',
    capacity: null,
    metrics: fields.map((field) => ({ name: `${kind}.${field}`, unit })),
    firstSeenMs: NOW_MS,
    lastSeenMs: NOW_MS,
    vanishedMs: null,
    ...more,
  };
  await w.catalog.instances.put([instance]);
  const series = fields.map((field) => seriesKey(of.id, instance.id, `${kind}.${field}`));
  const rows = Array.from({ length: 121 }, (_, i) => ({
    device: of.id,
    tMs: NOW_MS - (120 - i) * MINUTE_MS,
    intervalMs: MINUTE_MS,
    series,
    values: Float64Array.from(
      fields,
      (field) => (values[field] ?? NaN) * (kind === 'disk' && field === 'used_bytes' ? (i + 120) / 240 : 1),
    ),
  }));
  await w.history.append(rows);
  return instance;
}

beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const list = async <T>(url: string) => (await w.get(url)).json<{ items: T[]; nextCursor: string | null }>();

describe('interfaces', () => {
  beforeEach(async () => {
    const router = await device('router', { site: 'attic', tags: ['core'] });
    await part(router, 'interface', 'eth10', { in_bps: 7e8, out_bps: 1e8 }, { capacity: 1e9, alias: 'Transit A' });
    await part(
      router,
      'interface',
      'eth2',
      { in_bps: 1e8, out_bps: 4e8, in_errors_per_s: 2, out_errors_per_s: 1 },
      { capacity: 1e9 },
    );
    await part(router, 'interface', 'lo', { in_bps: 5, out_bps: 5 });
    await part(router, 'interface', 'eth1', { in_bps: 9e8, out_bps: 9e8 }, { capacity: 1e9, vanishedMs: NOW_MS - 1000 });
    const web = await device('web');
    await part(web, 'interface', 'ens3', { in_bps: 1e9, out_bps: 1e6, oper_up: 0 }, { capacity: 1e9 });
  });

  test('stand in the order of their names, the loopback and what is gone last', async () => {
    const { items } = await list<InterfaceView>('interfaces?device=router');
    expect(items.map(({ name }) => name)).toEqual(['eth2', 'eth10', 'lo', 'eth1']);
  });

  test('rank by use of their speed; what is gone or down carries nothing', async () => {
    const { items } = await list<InterfaceView>('interfaces?sort=used');
    expect(items.map(({ name, used }) => [name, used])).toEqual([
      ['eth10', 0.7],
      ['eth2', 0.4],
      ['lo', null],
      ['eth1', null],
      ['ens3', null],
    ]);
    expect(items.at(-1)).toMatchObject({ operUp: false, inBps: null, speedBps: 1e9 });
    expect(items[1]).toMatchObject({ errorsPerS: 3, discardsPerS: null, deviceName: 'router', site: 'attic' });
  });

  test('come in pages, filtered by every word, with a small history', async () => {
    const first = await list<InterfaceView>('interfaces?sort=in&limit=1&spark=2h');
    expect(first.items[0]).toMatchObject({ name: 'eth10', graph: 'traffic~id-router~interface-router-eth10' });
    const spark = first.items[0]?.spark;
    expect(spark?.lines).toHaveLength(2);
    expect(spark?.lines[0]?.filter((v) => v === 7e8).length).toBeGreaterThan(50);
    const day = await list<InterfaceView>('interfaces?sort=in&limit=1&spark=24h');
    expect(day.items[0]?.spark?.lines[0]?.filter((v) => v !== null)).toEqual(Array.from({ length: 8 }, () => 7e8));
    const second = await list<InterfaceView>(`interfaces?sort=in&limit=1&cursor=${first.nextCursor}`);
    expect(second.items[0]).toMatchObject({ name: 'eth2', spark: null });
    const found = await list<InterfaceView>('interfaces?q=router+transit');
    expect(found.items.map(({ alias }) => alias)).toEqual(['Transit A']);
    expect((await list<InterfaceView>('interfaces?site=attic&tag=core')).items).toHaveLength(4);
  });

  test('carry nothing that anybody knows of once their device has been silent for a while', async () => {
    w.pass(2 * MINUTE_MS);
    expect((await list<InterfaceView>('interfaces?sort=used')).items[0]).toMatchObject({ used: 0.7 });
    w.pass(2 * MINUTE_MS);
    const { items } = await list<InterfaceView>('interfaces?sort=used');
    expect(items.map(({ used, inBps }) => used ?? inBps)).toEqual(items.map(() => null));
    expect(items[0]?.newestMs).toBe(NOW_MS);
  });

  test('of a device that nothing polls show their last values on its own page only', async () => {
    const imported = await device('imported', { sources: [], origin: 'import' });
    await part(imported, 'interface', 'eth0', { in_bps: 8e8 }, { capacity: 1e9 });
    expect((await list<InterfaceView>('interfaces?device=imported')).items[0]?.inBps).toBe(8e8);
    expect((await list<InterfaceView>('interfaces?q=imported')).items[0]?.inBps).toBeNull();
  });

  test('rank among thousands', async () => {
    const many = 5_200;
    const chassis = await device('chassis');
    const ports = Array.from({ length: many }, (_, i): Instance => {
      const head = { id: `p${i}`, device: chassis.id, kind: 'interface', key: `p${i}`, name: `p${i}`, alias: '', capacity: 1e9 };
      const seen = { firstSeenMs: NOW_MS, lastSeenMs: NOW_MS, vanishedMs: null };
      return { ...head, metrics: [{ name: 'interface.in_bps', unit: 'bps' }], ...seen };
    });
    await w.catalog.instances.put(ports);
    const series = ports.map(({ id }) => seriesKey(chassis.id, id, 'interface.in_bps'));
    const values = Float64Array.from(ports, (_, i) => (i * 7) % many);
    await w.history.append([{ device: chassis.id, tMs: NOW_MS, intervalMs: MINUTE_MS, series, values }]);
    const { items, nextCursor } = await list<InterfaceView>('interfaces?device=chassis&sort=in&limit=3');
    expect(items.map(({ inBps }) => inBps)).toEqual([many - 1, many - 2, many - 3]);
    const next = await list<InterfaceView>(`interfaces?device=chassis&sort=in&limit=1&cursor=${nextCursor}`);
    expect(next.items[0]?.inBps).toBe(many - 4);
  });

  test('of which only one direction is measured draw it in its own place', async () => {
    const tap = await device('tap');
    await part(tap, 'interface', 'mon0', { out_bps: 5e8 }, { capacity: 1e9 });
    const [port] = (await list<InterfaceView>('interfaces?device=tap&spark=2h')).items;
    expect(port?.spark?.lines.map((line) => line.filter((v) => v !== null).length > 50)).toEqual([false, true]);
    expect(new Set(port?.spark?.lines.map((line) => line.length)).size).toBe(1);
  });

  test('of a device that was added a moment ago are there', async () => {
    await list<InterfaceView>('interfaces');
    await device('new');
    expect((await w.get('interfaces?device=new')).statusCode).toBe(200);
    const none = await w.get('interfaces?device=nobody');
    expect([none.statusCode, detailOf(none)]).toEqual([404, 'There is no device "nobody".']);
  });
});

describe('filesystems', () => {
  test('rank by how full they are and say what came', async () => {
    const nas = await device('nas');
    await part(nas, 'disk', '/srv', { used_bytes: 9e11, size_bytes: 1e12 });
    await part(nas, 'disk', '/', { used_bytes: 1e10 }, { capacity: 1e11 });
    w.pass(60 * MINUTE_MS);
    const { items } = await list<FilesystemView>('filesystems?sort=used&spark=3h');
    expect(items.map(({ name, used }) => [name, used])).toEqual([
      ['/srv', 0.9],
      ['/', 0.1],
    ]);
    expect(items[0]?.grownBytes).toBeGreaterThan(3.5e11);
    expect((await list<FilesystemView>('filesystems?sort=free')).items.map(({ name }) => name)).toEqual(['/srv', '/']);
  });
});

describe('a filesystem that is gone', () => {
  test('is neither the fullest nor the one with the least room', async () => {
    const nas = await device('nas');
    await part(nas, 'disk', '/old', { used_bytes: 1e12, size_bytes: 1e12 }, { vanishedMs: NOW_MS - 1000 });
    await part(nas, 'disk', '/srv', { used_bytes: 5e11, size_bytes: 1e12 });
    for (const by of ['sort=used', 'sort=free&order=ascending']) {
      const { items } = await list<FilesystemView>(`filesystems?${by}`);
      expect(items.map(({ name }) => name)).toEqual(['/srv', '/old']);
    }
  });
});

describe('search', () => {
  beforeEach(async () => {
    const router = await device('edge-rtr1', { address: '198.51.100.7', site: 'attic' });
    await part(router, 'interface', 'eth0', { in_bps: 1 }, { alias: 'Transit A <b>' });
    await device('web01');
    await device('oldweb01x');
  });

  test.each([
    ['web01', ['web01', 'oldweb01x']],
    ['198.51.100.7', ['edge-rtr1', 'eth0']],
    ['transit EDGE', ['eth0']],
    ['attic', ['edge-rtr1']],
    ['<b>', ['eth0']],
    ['nothing at all', []],
    ['', []],
    ['.*', []],
  ])('%s', async (q, titles) => {
    const { items } = await list<SearchHit>(`search?q=${encodeURIComponent(q)}`);
    expect(items.map(({ title }) => title)).toEqual(titles);
  });

  test('asks for what to find', async () => {
    expect((await w.get('search')).statusCode).toBe(400);
  });
});
