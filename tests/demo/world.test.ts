/** The world of the demonstration that other suites stand on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceView, PageOf } from '../../core/api.ts';
import { seriesKey } from '../../core/model.ts';
import { DAY_MS } from '../../demo/shape.ts';
import { get } from '../cli/processes.ts';
import { demoWorld, DOWN, STALE, type DemoWorld } from './world.ts';

const NOW_MS = Date.UTC(2026, 2, 18, 14, 30);

describe('the demonstration at a fixed time', () => {
  let world: DemoWorld;
  beforeAll(async () => {
    world = await demoWorld({ nowMs: NOW_MS });
  });
  afterAll(() => world?.close());

  test('has 58 devices: one down, one stale, the others up', async () => {
    const { items } = await get<PageOf<DeviceView>>(world, 'devices?limit=100');
    expect(items).toHaveLength(58);
    const states = Map.groupBy(items, ({ state }) => state);
    expect(states.get('up')).toHaveLength(56);
    expect(states.get('down')?.map(({ name }) => name)).toEqual([DOWN]);
    expect(states.get('stale')?.map(({ name }) => name)).toEqual([STALE]);
  });

  test('has at most 1,000 series, with alias and capacity where discovery finds them', async () => {
    const instances = await world.catalog.instances.list();
    const series = instances.reduce((sum, { metrics }) => sum + metrics.length, 0);
    // Discovery finds just what the fleet says, under the same kinds, keys and metrics.
    const wanted = world.fleet.devices.flatMap(({ name, parts }) =>
      parts.map(
        ({ kind, key, series: own }) =>
          `${name} ${kind} ${key}: ${own
            .map(({ metric }) => metric)
            .sort()
            .join(' ')}`,
      ),
    );
    const names = new Map((await world.catalog.devices.list()).map(({ id, name }) => [id, name]));
    const there = instances.map(
      ({ device, kind, key, metrics }) =>
        `${names.get(device)} ${kind} ${key}: ${metrics
          .map(({ name }) => name)
          .sort()
          .join(' ')}`,
    );
    expect(there.sort()).toEqual(wanted.sort());
    expect(series).toBeLessThanOrEqual(1000);
    expect(series).toBeGreaterThan(900);
    expect(world.instance('edge-rtr1', 'interface', 'xe0')).toMatchObject({ alias: 'Transit A', capacity: 1e9 });
    expect(world.instance('nas1.attic', 'disk', '/srv/tank').capacity).toBe(40 * 2 ** 40);
    expect(world.instance('sw-acc3', 'interface', 'ge0/7').vanishedMs).not.toBeNull();
  });

  test('what was polled goes on where the history ended', async () => {
    for (const [device, kind, key, metric] of [
      ['edge-rtr1', 'interface', 'xe0', 'interface.out_bps'],
      ['web01.attic', 'cpu', 'cpu', 'cpu.used_ratio'],
      ['db1.cellar', 'disk', '/var/lib/postgresql', 'disk.used_bytes'],
      ['mail1.annexe', 'memory', 'memory', 'memory.used_bytes'],
    ] as const) {
      const part = world.instance(device, kind, key);
      const [raw] = await world.history.raw([seriesKey(part.device, part.id, metric)], NOW_MS - 600_000, NOW_MS);
      expect(raw?.tMs.at(-1)).toBe(NOW_MS);
      const [before, last] = [raw?.value.at(-2) ?? NaN, raw?.value.at(-1) ?? NaN];
      expect(last / before).toBeGreaterThan(0.4);
      expect(last / before).toBeLessThan(2.5);
    }
  });

  test('has two years of days, and the stories in its disks', async () => {
    const days = async (device: string, key: string, metric: 'disk.used_bytes' | 'disk.size_bytes') => {
      const part = world.instance(device, 'disk', key);
      const [bins] = await world.history.bins([seriesKey(part.device, part.id, metric)], '1d', 0, NOW_MS);
      return bins;
    };
    const tank = await days('nas1.attic', '/srv/tank', 'disk.used_bytes');
    expect(tank?.tMs.length).toBeGreaterThan(725);
    expect((tank?.mean.at(-1) ?? 0) / (40 * 2 ** 40)).toBeCloseTo(0.93, 1);
    const size = await days('db1.cellar', '/var/lib/postgresql', 'disk.size_bytes');
    expect((size?.mean.at(-1) ?? 0) / (size?.mean[0] ?? 1)).toBe(2);
    const mail = await days('mail1.annexe', '/var/vmail', 'disk.used_bytes');
    const steps = Array.from(mail?.mean ?? [], (mean, i) => mean - (mail?.mean[i - 1] ?? mean));
    expect(Math.min(...steps)).toBeLessThan(-100 * 2 ** 30);
  });

  test('tells events of every kind, the outage with its reason', async () => {
    const events = await world.catalog.events.list({ limit: 500 });
    const kinds = new Set(events.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['added', 'collector', 'down', 'gap', 'import', 'restart', 'returned', 'vanished']);
    expect(events.some(({ text, cause }) => text === 'Power work in the cellar' && cause === 'imported gap')).toBe(true);
    const open = await world.catalog.events.open();
    expect(open.map(({ kind, fromMs }) => [kind, fromMs])).toEqual([['down', NOW_MS - DAY_MS / 4]]);
  });
});
