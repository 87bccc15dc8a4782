/** Searches of loopback networks with real agents on them, over the API. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DeviceAdded, DiscoveryList, DiscoveryView } from '../../core/api.ts';
import { createSystemClock } from '../../collector/clock.ts';
import { createCollector, type Collector } from '../../collector/collector.ts';
import { createUdpTransport } from '../../collector/snmp/udp.ts';
import { loadProfiles } from '../../collector/snmp/profile.ts';
import { createSnmpSource } from '../../collector/snmp/source.ts';
import { startScriptedAgent, type ScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import { newId } from '../../server/ids.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { simulatedHost } from '../agents/simulated-host.ts';
import { startSnmpd } from '../agents/snmpd.ts';
import { until } from '../cli/processes.ts';
import { realPart } from '../real-parts.ts';
import { detailOf, world, type World } from './world.ts';

const NETWORKS = ['127.0.77.0/24', '127.0.78.0/23', '127.0.0.1'];
const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const EVIL = '<img src=x onerror=alert(1)>\u202e/x';

/** Only Linux has all of 127.0.0.0/8. */
describe.skipIf(process.platform !== 'linux')('a search among real agents', () => {
  let w: World;
  let collector: Collector;
  const agents: ScriptedAgent[] = [];
  let port = 0;
  const start = async (host: string, community: string, name: string) => {
    const objects = new Map(simulatedHost({ interfaces: 1, seed: 3 }).objects);
    objects.set(SYS_NAME, { type: 'string', value: name });
    const agent = await startScriptedAgent({ host, community, objects, ...(port > 0 ? { port } : {}) });
    agents.push(agent);
    port = agent.port;
  };

  beforeAll(async () => {
    await start('127.0.77.3', 'sesame', 'roof');
    await start('127.0.77.20', 'sesame', EVIL);
    await start('127.0.77.21', 'other', 'hidden');
    await start('127.0.78.9', 'sesame', 'cellar');
  });
  afterAll(() => Promise.all(agents.map((agent) => agent.close())));
  beforeEach(async () => {
    const clock = createSystemClock();
    const catalog = await createCatalog({ path: ':memory:', keyPath: null });
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const history = { append: async () => undefined, latest: async () => [] };
    const source = createSnmpSource({
      transport: createUdpTransport({ clock: createSystemClock() }),
      profiles: loadProfiles(['collector/profiles']),
    });
    collector = createCollector({ clock, history, catalog, sources: [source], log, newId });
    w = await world({}, { collector, clock, catalog, discoveryNetworks: () => NETWORKS });
  });
  afterEach(async () => {
    await w.close();
    await collector.stop();
  });
  const how = (more: object = {}) => ({ snmp: { community: 'sesame', port, timeoutMs: 400, ...more } });
  const begin = async (range: string, more: object = {}) => {
    const answer = await w.post('discoveries', { range, ...how(more) });
    expect([answer.statusCode, answer.body]).toEqual([202, answer.body]);
    return answer.json<DiscoveryView>();
  };
  const look = async (id: string, query = '') => (await w.get(`discoveries/${id}${query}`)).json<DiscoveryView>();

  test('finds what answers, and stores nothing', async () => {
    const begun = await begin('127.0.77.0/27');
    expect(begun).toMatchObject({ range: '127.0.77.1-127.0.77.30', state: 'running', total: 30 });
    const done = await look(begun.id, '?waitMs=15000');
    expect(done).toMatchObject({ state: 'done', reason: '', asked: 30, total: 30 });
    expect(done.found.map(({ address, ok, name, known }) => ({ address, ok, name, known }))).toEqual([
      { address: '127.0.77.3', ok: true, name: 'roof', known: null },
      { address: '127.0.77.20', ok: true, name: EVIL, known: null },
    ]);
    expect(done.found[0]?.text).toMatch(/^answers SNMP 2c in .* as roof: \d/);
    expect(JSON.stringify(done)).not.toContain('sesame');
    expect(await w.catalog.devices.list()).toEqual([]);
  }, 30_000);

  test.skipIf(realPart('snmpd') === null)(
    'tells of an agent that is there but does not answer this community',
    async () => {
      const snmpd = await startSnmpd({ community: 'another' });
      try {
        const { id } = await begin('127.0.0.1', { port: snmpd.port });
        expect(await look(id, '?waitMs=15000')).toMatchObject({
          found: [{ ok: false, name: '', text: expect.stringContaining('not to this community') as string }],
        });
      } finally {
        await snmpd.close();
      }
    },
    30_000,
  );

  test('marks what is known already, by address and port', async () => {
    const added = await w.post('devices', { address: '127.0.77.3', name: 'roof switch', ...how() });
    const { device } = added.json<DeviceAdded>();
    const { id } = await begin('127.0.77.3-4');
    expect((await look(id, '?waitMs=15000')).found).toMatchObject([
      { address: '127.0.77.3', known: { id: device.id, name: 'roof switch' } },
    ]);
    await w.ask('DELETE', `devices/${device.id}`);
    expect((await look(id)).found).toMatchObject([{ known: null }]);
  }, 30_000);

  test('one at a time; it can be stopped, and what it found stays', async () => {
    for (const agent of agents) agent.behaviour = { drop: () => true };
    try {
      // Nobody listens at most of these; those that do keep it waiting.
      const { id } = await begin('127.0.77.1-127.0.77.40', { timeoutMs: 1000 });
      const second = await w.post('discoveries', { range: '127.0.78.9', ...how() });
      expect([second.statusCode, detailOf(second)]).toEqual([
        409,
        `A search of 127.0.77.1-127.0.77.40 runs already: wait for its end, or stop it (DELETE /discoveries/${id}).`,
      ]);
      await until(
        () => look(id),
        ({ asked }) => asked >= 30,
      );
      expect((await w.ask('DELETE', `discoveries/${id}`)).statusCode).toBe(204);
      expect(await look(id, '?waitMs=15000')).toMatchObject({
        state: 'stopped',
        reason: 'It was stopped before all addresses were asked.',
      });
      expect((await w.ask('DELETE', `discoveries/${id}`)).statusCode, 'twice is once').toBe(204);
    } finally {
      for (const agent of agents) agent.behaviour = {};
    }
    const next = await begin('127.0.78.9');
    expect(await look(next.id, '?waitMs=20000')).toMatchObject({ state: 'done', found: [{ name: 'cellar' }] });
    const list = (await w.get('discoveries')).json<DiscoveryList>();
    expect([list.items.map(({ state }) => state), list.networks]).toEqual([['done', 'stopped'], NETWORKS]);
  }, 60_000);

  test('ends with the server', async () => {
    agents[0]!.behaviour = { drop: () => true };
    const test_ = vi.spyOn(collector, 'test');
    await begin('127.0.77.1-127.0.77.200', { timeoutMs: 1000 });
    await w.app.close();
    agents[0]!.behaviour = {};
    const calls = test_.mock.calls.length;
    await collector.stop();
    expect(test_.mock.calls.length).toBe(calls);
  }, 30_000);
});

describe('what is not searched', () => {
  let w: World;
  const allowed = ['127.0.77.0/24'];
  beforeAll(async () => void (w = await world({}, { discoveryNetworks: () => allowed })));
  afterAll(() => w.close());

  test.each([
    ['127.0.79.0/24', 403, '"127.0.79.0/24" is not within the networks that may be searched (127.0.77.0/24): add its network'],
    ['127.0.0.0/16', 400, '"127.0.0.0/16" holds 65534 addresses: at most 4096 are searched at a time'],
    ['roof', 400, '"roof" is not a range of addresses: give one such as'],
    ['127.0.77.9-3', 400, 'ends before it begins'],
  ])('%s', async (range, status, sentence) => {
    const answer = await w.post('discoveries', { range });
    expect(answer.statusCode).toBe(status);
    expect(detailOf(answer)).toContain(sentence);
    expect(answer.json<{ errors: { path: string }[] }>().errors[0]?.path).toBe('range');
    expect(w.collector.tested).toEqual([]);
  });

  test('anything, unless a network is allowed; what is allowed may change', async () => {
    allowed.length = 0;
    const refused = await w.post('discoveries', { range: '127.0.77.1' });
    expect([refused.statusCode, detailOf(refused)]).toEqual([
      403,
      'No network may be searched yet: name those that may in the configuration, under discovery.networks, or in SAGUARO_DISCOVERY_NETWORKS.',
    ]);
    allowed.push('127.0.77.0/30');
    const { id } = (await w.post('discoveries', { range: '127.0.77.1' })).json<DiscoveryView>();
    expect(w.collector.tested[0]).toMatchObject({ address: '127.0.77.1', sources: [{ timeoutMs: 1000, retries: 0 }] });
    expect((await w.get(`discoveries/${id}`)).statusCode).toBe(200);
    expect((await w.get('discoveries/none')).statusCode).toBe(404);
  });

  test('without a collector, nothing', async () => {
    const idle = await world({}, { collector: null, discoveryNetworks: () => ['127.0.77.0/24'] });
    try {
      expect((await idle.post('discoveries', { range: '127.0.77.1' })).statusCode).toBe(503);
    } finally {
      await idle.close();
    }
  });
});
