/** The collector over real sockets, on a clock that runs fast: when it looks at a device anew, and what becomes of ports then. */
import { describe, expect, test, type TestContext } from 'vitest';
import type { Instance } from '../../../core/model.ts';
import type { Clock, Log } from '../../../core/ports.ts';
import { createCollector } from '../../../collector/collector.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import type { AgentValue } from '../../../demo/agents/ber.ts';
import { startScriptedAgent, type AgentObjects } from '../../../demo/agents/scripted-agent.ts';
import { ADAPTERS, type Adapter } from '../../agents/adapters.ts';
import { realClock } from '../../agents/asking.ts';
import { createMemoryCatalog, createMemoryHistory, device } from '../fleet.ts';
import { PROFILES } from './device.ts';

/** How many seconds of the collector one of ours is. */
const HASTE = 20;
const INTERVAL_MS = 4_000;
/** By whichever clock a transport goes, longer than any answer here takes. */
const TIMEOUT_MS = 15_000;
/** How long anything here may take, real time. */
const PATIENCE_MS = 10_000;
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';

function fastClock(): Clock {
  const [startMs, beganMs] = [Date.UTC(2026, 0, 1), performance.now()];
  const monoMs = () => HASTE * (performance.now() - beganMs);
  return { monoMs, nowMs: () => Math.round(startMs + monoMs()), sleep: (ms, signal) => realClock.sleep(ms / HASTE, signal) };
}

interface Wire {
  name: string;
  index: number;
  /** Octets a second since the device started. */
  readonly octetsPerS: number;
}

/** A switch whose ports come, go and move. */
async function startSwitch(
  { onTestFinished }: TestContext,
  adapter: Adapter,
  wires: Wire[],
  told: { readonly changes: boolean },
) {
  const opened: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const close of opened.reverse()) await close();
  });
  const clock = fastClock();
  const state = { wires, lastChange: 0, bootMs: clock.monoMs() - 1_000_000, delayMs: 0, polls: 0, atOnce: 0, mostAtOnce: 0 };
  const objects = (): AgentObjects => {
    const upMs = () => clock.monoMs() - state.bootMs;
    const map = new Map<string, AgentValue | (() => AgentValue)>([
      ['1.3.6.1.2.1.1.2.0', { type: 'oid', value: '1.3.6.1.4.1.99999.2' }],
      ['1.3.6.1.2.1.1.3.0', () => ({ type: 'timeticks', value: Math.floor(upMs() / 10) })],
      ['1.3.6.1.2.1.1.5.0', { type: 'string', value: 'switch' }],
    ]);
    if (told.changes) {
      map.set('1.3.6.1.2.1.2.1.0', { type: 'integer', value: state.wires.length });
      map.set('1.3.6.1.2.1.31.1.5.0', { type: 'timeticks', value: state.lastChange });
    }
    for (const { name, index, octetsPerS } of state.wires) {
      map.set(`${IF}.2.${index}`, { type: 'string', value: name });
      map.set(`${IFX}.1.${index}`, { type: 'string', value: name });
      map.set(`${IFX}.15.${index}`, { type: 'gauge32', value: 10_000 });
      map.set(`${IFX}.6.${index}`, () => ({ type: 'counter64', value: BigInt(Math.floor((octetsPerS * upMs()) / 1_000)) }));
    }
    return map;
  };
  const agent = await startScriptedAgent({ objects: objects() });
  agent.behaviour = { delayMs: () => state.delayMs };
  opened.push(() => agent.close());
  const catalog = createMemoryCatalog();
  const history = createMemoryHistory();
  const source = createSnmpSource({ transport: adapter.create(), profiles: PROFILES });
  opened.push(() => source.close());
  const troubles: string[] = [];
  const log: Log = { info: () => undefined, warn: () => undefined, error: (text) => void troubles.push(text) };
  let ids = 0;
  const counted: typeof source = {
    ...source,
    async poll(target, plan, asking) {
      state.polls++;
      state.mostAtOnce = Math.max(state.mostAtOnce, ++state.atOnce);
      try {
        return await source.poll(target, plan, asking);
      } finally {
        state.atOnce--;
      }
    },
  };
  const collector = createCollector({ clock, catalog, history, sources: [counted], log, newId: () => `id${ids++}` });
  const secret = JSON.stringify({ community: 'public' });
  await catalog.secrets.put('secret', secret);
  const it = device('switch', INTERVAL_MS, {
    address: '127.0.0.1',
    sources: [
      {
        type: 'snmp',
        version: '2c',
        port: agent.port,
        timeoutMs: TIMEOUT_MS,
        retries: 1,
        user: null,
        auth: null,
        priv: null,
        secret: 'secret',
      },
    ],
  });
  await catalog.devices.put(it);
  await collector.start([it]);
  opened.push(() => collector.stop());
  const instance = (key: string): Instance | undefined => [...catalog.all.instances.values()].find((one) => one.key === key);
  return {
    clock,
    state,
    catalog,
    collector,
    troubles,
    instance,
    /** Objects as they are now. */
    show: () => agent.setObjects(objects()),
    /** Bit/s of a port, unknown as null, in order of time. */
    values(key: string): (number | null)[] {
      const series = `switch/${instance(key)?.id ?? ''}/interface.in_bps`;
      return history.rows.flatMap((row) =>
        [...row.series].flatMap((one, i) => {
          const value = row.values[i] ?? NaN;
          return one === series ? [Number.isNaN(value) ? null : value] : [];
        }),
      );
    },
    async until(what: string, holds: () => boolean) {
      const endMs = performance.now() + PATIENCE_MS;
      while (!holds()) {
        if (performance.now() > endMs) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
        await realClock.sleep(20);
      }
    },
  };
}

const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
/** Every known value is that of this port: the machine may be slow, another port's rate is ten times as far away. */
function expectOnly(values: readonly (number | null)[], octetsPerS: number): void {
  for (const value of known(values)) {
    expect(value).toBeGreaterThan((8 * octetsPerS) / 3);
    expect(value).toBeLessThan(8 * octetsPerS * 3);
  }
}
const wire = (name: string, index: number, octetsPerS: number): Wire => ({ name, index, octetsPerS });

describe.each(ADAPTERS)('a device is looked at anew: $name', { concurrent: true }, (adapter) => {
  test('when ifTableLastChange moves: new ports appear, vanished ones stay with their history and are marked', async (context) => {
    const [a, b, c] = [wire('eth0', 1, 1_000), wire('eth1', 2, 100_000), wire('eth2', 3, 10_000_000)];
    const it = await startSwitch(context, adapter, [a, b], { changes: true });
    await it.until('both are known', () => known(it.values('eth0')).length > 2 && known(it.values('eth1')).length > 2);
    const before = it.instance('eth1');
    const kept = it.values('eth1');
    // eth1 was taken out, and a card put in before eth0: nothing has the index it had.
    a.index = 2;
    c.index = 1;
    it.state.wires = [c, a];
    it.state.lastChange = 12_345;
    it.show();
    await it.until('the new one is known', () => known(it.values('eth2')).length > 2);
    await it.until('the old one goes on', () => (it.values('eth0').at(-1) ?? null) !== null);
    expect(it.instance('eth1')).toMatchObject({ id: before?.id, vanishedMs: expect.any(Number) as number });
    expect(it.instance('eth0')).toMatchObject({ vanishedMs: null });
    expect(it.values('eth1').slice(0, kept.length)).toEqual(kept);
    for (const { name, octetsPerS } of [a, b, c]) expectOnly(it.values(name), octetsPerS);
    const told = it.catalog.all.events.map(({ text }) => text);
    expect(told).toContain('interface eth2 is new.');
    expect(told).toContain('interface eth1 is gone; its history stays.');
    // It comes back: the same instance, its history goes on.
    b.index = 3;
    it.state.wires = [c, a, b];
    it.state.lastChange = 23_456;
    it.show();
    await it.until('it is back', () => it.values('eth1').length > kept.length + 3 && it.values('eth1').at(-1) !== null);
    expect(it.instance('eth1')).toMatchObject({ id: before?.id, vanishedMs: null });
    expectOnly(it.values('eth1'), b.octetsPerS);
    expect(it.troubles).toEqual([]);
  });

  test('when two ports exchanged their indices: each goes on as itself', async (context) => {
    const [a, b] = [wire('eth0', 1, 1_000), wire('eth1', 2, 100_000)];
    const it = await startSwitch(context, adapter, [a, b], { changes: false });
    await it.until('both are known', () => known(it.values('eth0')).length > 2 && known(it.values('eth1')).length > 2);
    const ids = [it.instance('eth0')?.id, it.instance('eth1')?.id];
    [a.index, b.index] = [b.index, a.index];
    it.show();
    const [n, m] = [it.values('eth0').length, it.values('eth1').length];
    const on = (key: string, from: number) => known(it.values(key).slice(from + 1)).length > 2;
    await it.until('both go on', () => on('eth0', n) && on('eth1', m));
    expect([it.instance('eth0')?.id, it.instance('eth1')?.id]).toEqual(ids);
    expect(it.catalog.all.instances.size).toBe(3);
    for (const { name, octetsPerS } of [a, b]) expectOnly(it.values(name), octetsPerS);
  });

  test('when it restarted, even if nothing else says that it has other ports', async (context) => {
    const [a, b] = [wire('eth0', 1, 1_000), wire('eth1', 2, 100_000)];
    const it = await startSwitch(context, adapter, [a], { changes: false });
    await it.until('it is known', () => known(it.values('eth0')).length > 2);
    it.state.bootMs = it.clock.monoMs() - 500;
    it.state.wires = [a, b];
    it.show();
    await it.until('the new port is known', () => known(it.values('eth1')).length > 2);
    expect(it.catalog.all.events.filter(({ kind }) => kind === 'restart')).toHaveLength(1);
    for (const { name, octetsPerS } of [a, b]) expectOnly(it.values(name), octetsPerS);
  });

  test('polls longer than the interval: the next starts are skipped and counted, never two at once, no false value', async (context) => {
    const a = wire('eth0', 1, 1_000);
    const it = await startSwitch(context, adapter, [a], { changes: false });
    await it.until('it is known', () => known(it.values('eth0')).length > 2);
    it.state.delayMs = (2.5 * INTERVAL_MS) / HASTE;
    const { polls } = it.state;
    await it.until('starts are skipped', () => (it.collector.deviceStatus('switch')?.skipped ?? 0) >= 4);
    expect(it.state.mostAtOnce).toBe(1);
    expect(it.state.polls - polls).toBeLessThan(8);
    it.state.delayMs = 0;
    const n = it.values('eth0').length;
    await it.until('it is as before', () => known(it.values('eth0').slice(n)).length > 3);
    expectOnly(it.values('eth0'), a.octetsPerS);
  });
});
