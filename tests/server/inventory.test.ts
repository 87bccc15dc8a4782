/** The one picture of devices and instances that lists, graphs and the search share. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PageOf } from '../../core/api.ts';
import type { Device, Instance } from '../../core/model.ts';
import type { InterfaceView } from '../../core/now.ts';
import type { Catalog } from '../../core/ports.ts';
import type { SearchHit } from '../../core/search.ts';
import { createInventory } from '../../server/inventory.ts';
import { fixtures, world, type World } from './world.ts';

describe('a picture of the catalog', () => {
  let devices: Pick<Device, 'id'>[] = [];
  let readings: PromiseWithResolvers<void>[] = [];
  /** Every reading sees what is there when it begins, and lasts until it is released. */
  const slow = {
    devices: {
      list: async () => {
        const seen = [...devices];
        const reading = Promise.withResolvers<void>();
        readings.push(reading);
        await reading.promise;
        return seen;
      },
    },
    instances: { list: async (): Promise<Instance[]> => [] },
  } as unknown as Catalog;
  const has = (id: string) => (picture: ReadonlyMap<string, unknown>) => picture.has(id);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  beforeEach(() => {
    devices = [{ id: 'old' }];
    readings = [];
  });

  test('is read once for all who ask at once', async () => {
    const inventory = createInventory(slow, () => 0);
    const asked = Promise.all([inventory(), inventory(has('old')), inventory()]);
    await turn();
    readings.forEach(({ resolve }) => resolve());
    expect(new Set(await asked).size).toBe(1);
    expect(await inventory()).toBe((await asked)[0]);
    expect(readings).toHaveLength(1);
  });

  test('is read anew for what came while it was read', async () => {
    const inventory = createInventory(slow, () => 0);
    const first = inventory();
    await turn();
    devices = [...devices, { id: 'new' }];
    const second = inventory(has('new'));
    readings[0]?.resolve();
    expect((await first).has('new')).toBe(false);
    await turn();
    readings[1]?.resolve();
    expect((await second).has('new')).toBe(true);
  });

  test('that was being read when it was forgotten is not kept', async () => {
    const inventory = createInventory(slow, () => 0);
    const first = inventory();
    await turn();
    devices = [];
    inventory.forget();
    readings[0]?.resolve();
    await first;
    const second = inventory();
    await turn();
    readings[1]?.resolve();
    expect((await second).size).toBe(0);
  });
});

describe('whoever changes a device sees it changed', () => {
  let w: World;
  beforeEach(async () => void (w = await world()));
  afterEach(() => w.close());
  const names = async () => (await w.get('interfaces')).json<PageOf<InterfaceView>>().items.map(({ deviceName }) => deviceName);
  const found = async () => (await w.get('search?q=web')).json<PageOf<SearchHit>>().items.map(({ title }) => title);

  test('in lists, in the search, and as gone', async () => {
    await fixtures(w.catalog);
    expect([await names(), await found()]).toEqual([['web1'], ['web1', 'eth0', '/var/log']]);
    await w.ask('PATCH', 'devices/web1', { payload: { name: 'web2' } });
    expect([await names(), await found()]).toEqual([['web2'], ['web2', 'eth0', '/var/log']]);
    await w.ask('DELETE', 'devices/web2');
    expect([await names(), await found()]).toEqual([[], []]);
  });
});
