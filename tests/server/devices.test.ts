import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DeviceAdded, DeviceView, GraphRefView, InstanceView, PageOf, PreviewView } from '../../core/api.ts';
import type { Static } from 'typebox';
import { detailOf, fixtures, NOW_MS, world, type World } from './world.ts';

const SECRET = 'hidden-community-7';

describe('a device', () => {
  let w: World;
  beforeEach(async () => void (w = await world()));
  afterEach(() => w.close());

  describe('adding', () => {
    test('asks the device first, keeps its secret apart and begins to poll', async () => {
      const answer = await w.post('devices', { address: '192.0.2.1', snmp: { community: SECRET }, tags: ['a'], site: 'roof' });
      expect(answer.statusCode).toBe(201);
      const { device, preview } = answer.json<DeviceAdded>();
      expect(device).toMatchObject({
        name: 'core1',
        address: '192.0.2.1',
        sources: ['snmp 2c'],
        intervalMs: 60_000,
        origin: 'catalog',
        site: 'roof',
      });
      expect(preview).toMatchObject({ ok: true, instances: [{ key: 'eth0', metrics: ['interface.in_bps'] }] });
      expect(w.collector.tested[0]).toMatchObject({
        address: '192.0.2.1',
        secret: { community: SECRET },
        sources: [{ type: 'snmp', version: '2c', port: 161, timeoutMs: 1000, retries: 1 }],
      });
      expect(w.collector.watched.map((d) => d.id)).toEqual([device.id]);
      expect(await w.catalog.secrets.get(`snmp:${device.id}`)).toBe(JSON.stringify({ community: SECRET }));
      const everything = JSON.stringify([
        answer.json(),
        (await w.get(`devices/${device.id}`)).json(),
        (await w.get('devices')).json(),
        w.logged,
      ]);
      expect(everything).not.toContain(SECRET);
    });

    test('a device that does not answer is refused with the reason, unless forced', async () => {
      const refused = await w.post('devices', { address: '192.0.2.99', snmp: { community: SECRET } });
      expect(refused.statusCode).toBe(422);
      expect(detailOf(refused)).toBe('192.0.2.99 does not answer within 2 s: check the address and the community.');
      expect(await w.catalog.devices.list()).toEqual([]);
      const forced = await w.post('devices', { address: '192.0.2.99', force: true });
      expect(forced.statusCode).toBe(201);
      expect(forced.json<DeviceAdded>()).toMatchObject({
        device: { name: '192.0.2.99' },
        preview: { ok: false, cause: 'timeout' },
      });
    });

    test('a name that is taken is refused; without a name the address serves', async () => {
      await w.post('devices', { address: '192.0.2.1' });
      const taken = await w.post('devices', { address: '192.0.2.2', name: 'core1' });
      expect([taken.statusCode, detailOf(taken)]).toEqual([409, 'A device named "core1" exists already: choose another name.']);
      const twice = await w.post('devices', { address: '192.0.2.1' });
      expect([twice.statusCode, detailOf(twice)]).toEqual([
        409,
        '"core1" has this address already: give a name to add it once more.',
      ]);
      expect((await w.post('devices', { address: '192.0.2.2' })).json<DeviceAdded>().device.name).toBe('192.0.2.2');
      expect((await w.post('devices', { address: '192.0.2.1', name: 'again' })).statusCode).toBe(201);
    });

    test('v3 keys are kept apart as well', async () => {
      const snmp = { user: 'ops', auth: 'sha256', authKey: 'auth-key-1', priv: 'aes', privKey: 'priv-key-1' };
      const { device } = (await w.post('devices', { address: '192.0.2.1', snmp, ping: true })).json<DeviceAdded>();
      expect(device.sources).toEqual(['snmp 3', 'ping']);
      expect(await w.catalog.secrets.get(`snmp:${device.id}`)).toBe(
        JSON.stringify({ authKey: 'auth-key-1', privKey: 'priv-key-1' }),
      );
      const [stored] = await w.catalog.devices.list();
      expect(JSON.stringify(stored)).not.toMatch(/auth-key-1|priv-key-1/);
    });

    test('ping alone needs no SNMP', async () => {
      const { device } = (await w.post('devices', { address: 'host.example.org', ping: true })).json<DeviceAdded>();
      expect(device.sources).toEqual(['ping']);
      expect(w.collector.tested[0]?.secret).toBeNull();
    });

    test('what a device calls itself is data: never markup, never a separator', async () => {
      const answer = await w.post('devices', { address: 'evil.example.org' });
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.json<DeviceAdded>().device.name).toBe('<script>alert(1)<-script>-x');
      expect((await w.get('devices')).headers['x-content-type-options']).toBe('nosniff');
    });

    test('a process that does not poll says so', async () => {
      const idle = await world({}, { collector: null });
      try {
        expect((await idle.post('devices', { address: '192.0.2.1' })).statusCode).toBe(503);
        expect((await idle.post('devices/test', { address: '192.0.2.1' })).statusCode).toBe(503);
        await fixtures(idle.catalog);
        expect((await idle.post('devices/web1/poll')).statusCode).toBe(503);
      } finally {
        await idle.close();
      }
    });
  });

  describe('trying', () => {
    test('shows what would be polled and stores nothing', async () => {
      const answer = await w.post('devices/test', { address: '192.0.2.1' });
      expect(answer.json<PreviewView>()).toMatchObject({ ok: true, roundTripMs: 3, instances: [{ name: 'eth0' }] });
      expect((await w.post('devices/test', { address: '192.0.2.99' })).json<PreviewView>()).toMatchObject({
        ok: false,
        cause: 'timeout',
      });
      expect(await w.catalog.devices.list()).toEqual([]);
    });

    test('a known device is tried with the secret it is kept with', async () => {
      await w.post('devices', { address: '192.0.2.1', snmp: { community: SECRET } });
      const answer = await w.post('devices/core1/test');
      expect(answer.json<PreviewView>().ok).toBe(true);
      expect(w.collector.tested.at(-1)?.secret).toEqual({ community: SECRET });
      expect(answer.body).not.toContain(SECRET);
    });

    test('polls once on demand', async () => {
      await fixtures(w.catalog);
      expect((await w.post('devices/web1/poll')).json()).toEqual({ ok: true, text: '12 samples from core1.', samples: 12 });
    });
  });

  describe('looking', () => {
    test('a device is found by id and by name, with its state', async () => {
      const { device } = await fixtures(w.catalog);
      w.collector.statuses.set(device.id, {
        device: device.id,
        state: 'down',
        reason: 'No answer since 11:58.',
        sinceMs: NOW_MS,
        lastPollMs: NOW_MS,
        lastOkMs: null,
        pollMs: 2000,
        uptimeS: null,
        polls: 2,
        failures: 2,
        skipped: 0,
      });
      for (const name of ['idweb1', 'web1']) {
        expect((await w.get(`devices/${name}`)).json<DeviceView>()).toMatchObject({
          id: 'idweb1',
          state: 'down',
          reason: 'No answer since 11:58.',
          counts: { interface: 1, disk: 1 },
        });
      }
      expect((await w.get('devices?state=down')).json<PageOf<DeviceView>>().items).toHaveLength(1);
      expect((await w.get('devices?state=up')).json<PageOf<DeviceView>>().items).toHaveLength(0);
    });

    test('one that nothing asks says why: imported, or left by the configuration', async () => {
      const { device } = await fixtures(w.catalog);
      const reasons = {
        import: 'Its history was imported; it is not polled.',
        catalog: 'It is not polled: nothing asks it any more.',
      };
      for (const [origin, reason] of Object.entries(reasons)) {
        await w.catalog.devices.put({ ...device, sources: [], origin: origin as 'import' | 'catalog' });
        expect((await w.get('devices/web1')).json<DeviceView>()).toMatchObject({ state: 'not polled', reason });
        expect((await w.post('devices/web1/test', {})).statusCode).toBe(409);
      }
    });

    test('a processor as a whole is not counted beside its cores', async () => {
      const { device } = await fixtures(w.catalog);
      const [one] = await w.catalog.instances.list(device.id);
      const cpu = (key: string) => ({ ...one!, id: key, kind: 'cpu', key, name: key });
      await w.catalog.instances.put([cpu('cpu')]);
      const counts = async () => (await w.get('devices/web1')).json<DeviceView>().counts;
      expect(await counts()).toEqual({ interface: 1, disk: 1, cpu: 1 });
      await w.catalog.instances.put([cpu('cpu0'), cpu('cpu1')]);
      expect(await counts()).toEqual({ interface: 1, disk: 1, cpu: 2 });
    });

    test('lists come in pages, in the order people expect', async () => {
      for (const n of [10, 2, 1, 33, 4]) await fixtures(w.catalog, `sw${n}`);
      const names: string[] = [];
      let cursor = '';
      for (let pages = 0; pages < 10; pages++) {
        const { items, nextCursor } = (await w.get(`devices?limit=2${cursor}`)).json<PageOf<DeviceView>>();
        expect(items.length).toBeLessThanOrEqual(2);
        names.push(...items.map((d) => d.name));
        if (nextCursor === null) break;
        cursor = `&cursor=${nextCursor}`;
      }
      expect(names).toEqual(['sw1', 'sw2', 'sw4', 'sw10', 'sw33']);
      expect((await w.get('devices?q=SW3')).json<PageOf<DeviceView>>().items.map((d) => d.name)).toEqual(['sw33']);
    });

    test('lists may show counts half a minute old, never those of a device that had none', async () => {
      const { eth0 } = await fixtures(w.catalog);
      const counts = async () => (await w.get('devices')).json<PageOf<DeviceView>>().items[0]?.counts;
      expect(await counts()).toEqual({ interface: 1, disk: 1 });
      await w.catalog.instances.put([{ ...eth0, vanishedMs: NOW_MS }]);
      w.pass(30_001);
      expect(await counts()).toEqual({ disk: 1 });
      await w.catalog.devices.put({ ...(await w.catalog.devices.list())[0]!, id: 'new', name: 'a-new-one' });
      expect(await counts()).toEqual({});
      await w.catalog.instances.put([{ ...eth0, id: 'n', device: 'new' }]);
      expect(await counts()).toEqual({ interface: 1 });
    });

    test('instances, over one device and over all', async () => {
      await fixtures(w.catalog, 'a');
      await fixtures(w.catalog, 'b');
      const one = (await w.get('devices/a/instances')).json<PageOf<InstanceView>>();
      expect(one.items.map((i) => i.key)).toEqual(['/var/log', 'eth0']);
      expect((await w.get('devices/a/instances?kind=disk')).json<PageOf<InstanceView>>().items).toHaveLength(1);
      const first = (await w.get('instances?limit=3')).json<PageOf<InstanceView>>();
      expect(first.items.map((i) => i.id)).toEqual(['da', 'ea', 'db']);
      const rest = (await w.get(`instances?limit=3&cursor=${first.nextCursor}`)).json<PageOf<InstanceView>>();
      expect([rest.items.map((i) => i.id), rest.nextCursor]).toEqual([['eb'], null]);
      expect(
        (await w.get('instances?device=b&kind=interface&q=ETH')).json<PageOf<InstanceView>>().items.map((i) => i.id),
      ).toEqual(['eb']);
    });

    test('graphs of a device', async () => {
      await fixtures(w.catalog);
      const { items } = (await w.get('devices/web1/graphs')).json<PageOf<Static<typeof GraphRefView>>>();
      const first = (await w.get('devices/web1/graphs?limit=1')).json<PageOf<Static<typeof GraphRefView>>>();
      const rest = (await w.get(`devices/web1/graphs?cursor=${first.nextCursor}`)).json<PageOf<Static<typeof GraphRefView>>>();
      expect([...first.items, ...rest.items]).toEqual(items);
      expect(items.map((g) => g.family)).toEqual(expect.arrayContaining(['interface', 'disk']));
    });
  });

  describe('changing', () => {
    test('what is not given stays; secrets too', async () => {
      const { device } = (
        await w.post('devices', { address: '192.0.2.1', snmp: { community: SECRET }, tags: ['a'] })
      ).json<DeviceAdded>();
      const change = await w.ask('PATCH', `devices/${device.id}`, {
        payload: { name: 'edge', snmp: { port: 1161 }, intervalMs: 10_000 },
      });
      expect(change.json<DeviceView>()).toMatchObject({ id: device.id, name: 'edge', intervalMs: 10_000, tags: ['a'] });
      expect(w.collector.watched.at(-1)).toMatchObject({ name: 'edge', sources: [{ port: 1161, version: '2c' }] });
      expect(await w.catalog.secrets.get(`snmp:${device.id}`)).toBe(JSON.stringify({ community: SECRET }));
      await w.ask('PATCH', 'devices/edge', { payload: { snmp: { community: 'another' } } });
      expect(await w.catalog.secrets.get(`snmp:${device.id}`)).toBe(JSON.stringify({ community: 'another' }));
    });

    test('from v2c to v3 the community goes', async () => {
      await w.post('devices', { address: '192.0.2.1', snmp: { community: SECRET } });
      const snmp = { user: 'ops', auth: 'sha', authKey: 'auth-key-1' };
      const change = await w.ask('PATCH', 'devices/core1', { payload: { snmp } });
      expect(change.json<DeviceView>().sources).toEqual(['snmp 3']);
      expect(JSON.stringify(await w.catalog.secrets.get(`snmp:${change.json<DeviceView>().id}`))).not.toContain(SECRET);
    });

    test('a name of another device is refused', async () => {
      await fixtures(w.catalog, 'a');
      await fixtures(w.catalog, 'b');
      const answer = await w.ask('PATCH', 'devices/a', { payload: { name: 'b' } });
      expect([answer.statusCode, detailOf(answer)]).toEqual([409, 'A device named "b" exists already: choose another name.']);
    });

    test.each([
      ['config', 'comes from the configuration file'],
      ['self', 'is this machine itself'],
    ] as const)('a device of origin %s is read-only', async (origin, sentence) => {
      const { device } = await fixtures(w.catalog);
      await w.catalog.devices.put({ ...device, origin });
      for (const answer of [
        await w.ask('PATCH', 'devices/web1', { payload: { site: 'x' } }),
        await w.ask('DELETE', 'devices/web1'),
      ]) {
        expect(answer.statusCode).toBe(409);
        expect(detailOf(answer)).toContain(sentence);
      }
      expect(await w.catalog.devices.list()).toHaveLength(1);
    });

    test('one that cannot be removed goes on being polled', async () => {
      await w.post('devices', { address: '192.0.2.1' });
      const before = w.collector.watched.length;
      const remove = vi.spyOn(w.history, 'remove').mockRejectedValueOnce(new Error('no space left'));
      expect((await w.ask('DELETE', 'devices/core1')).statusCode).toBe(500);
      expect(w.collector.watched.length).toBe(before + 1);
      expect((await w.get('devices/core1')).statusCode).toBe(200);
      remove.mockRestore();
    });

    test('removing takes the history and the secret with it', async () => {
      const { device } = (await w.post('devices', { address: '192.0.2.1' })).json<DeviceAdded>();
      await w.csv(`device,instance,metric,unit,time,value\ncore1,eth0,interface.in_bps,bps,2026-03-15T11:00:00Z,5\n`);
      const [instance] = await w.catalog.instances.list(device.id);
      const key = `${device.id}/${instance?.id}/interface.in_bps`;
      expect(await w.history.latest([key])).not.toEqual([null]);
      expect((await w.ask('DELETE', 'devices/core1')).statusCode).toBe(204);
      expect(w.collector.unwatched).toEqual([device.id]);
      expect(await w.history.latest([key])).toEqual([null]);
      expect(await w.catalog.secrets.get(`snmp:${device.id}`)).toBeNull();
      expect((await w.get('devices/core1')).statusCode).toBe(404);
    });
  });
});

describe('what cannot be added', () => {
  let w: World;
  beforeAll(async () => void (w = await world()));
  afterAll(() => w.close());

  test.each([
    [{ address: 'a b' }, '"a b" is not a host name or address'],
    [
      { address: '192.0.2.1:1161' },
      '"192.0.2.1:1161" holds a port: give 192.0.2.1 as the address and the port by itself (--port 1161',
    ],
    [{ address: '[2001:db8::1]:1161' }, 'give 2001:db8::1 as the address'],
    [{ address: 'a.example', name: 'a\nb' }, '"a\\u{a}b" cannot be the name of a device'],
    [{ address: '-oProxy' }, '"-oProxy" is not a host name or address'],
    [{ address: '192.0.2.1', name: 'a/b' }, '"/" separates'],
    [{ address: '192.0.2.1', name: 'a\u202eb' }, 'characters that cannot be seen'],
    [{ address: '192.0.2.1', name: '   ' }, 'must not be empty'],
    [{ address: '192.0.2.1', site: 'x\u0000' }, '"site" holds characters that cannot be seen'],
    [{ address: '192.0.2.1', snmp: { version: '3' } }, 'needs a user'],
    [{ address: '192.0.2.1', snmp: { user: 'u', auth: 'sha' } }, '"auth" sha needs "authKey"'],
    [{ address: '192.0.2.1', snmp: { user: 'u', authKey: 'longenough' } }, '"authKey" is given without "auth"'],
    [{ address: '192.0.2.1', snmp: { user: 'u', auth: 'sha', authKey: 'short' } }, 'at least 8 characters'],
    [{ address: '192.0.2.1', snmp: { user: 'u', priv: 'aes', privKey: 'longenough' } }, 'privacy needs authentication'],
    [{ address: '192.0.2.1', snmp: { user: 'u', community: 'c' } }, 'SNMP v3 has no community'],
    [{ address: '192.0.2.1', snmp: { version: '2c', user: 'u' } }, '"user" belongs to SNMP v3'],
    [{ address: '192.0.2.1', snmp: { community: '' } }, 'community must not be empty'],
  ])('%j is refused', async (payload, sentence) => {
    const answer = await w.post('devices', payload);
    expect(answer.statusCode).toBe(400);
    expect(detailOf(answer)).toContain(sentence);
    expect(w.collector.tested).toEqual([]);
  });
});
