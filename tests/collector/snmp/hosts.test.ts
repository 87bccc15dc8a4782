/** Hosts as profiles see them: filesystems, processors, memory, and which profile gives what. */
import { afterEach, describe, expect, test } from 'vitest';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import type { Plan, Readings } from '../../../core/readings.ts';
import { ADAPTERS, type Adapter } from '../../agents/adapters.ts';
import { asking, snmpTarget } from '../../agents/asking.ts';
import type { AgentValue } from '../../../demo/agents/ber.ts';
import { startScriptedAgent, type AgentObjects, type ScriptedAgent } from '../../../demo/agents/scripted-agent.ts';
import { simulatedHost } from '../../agents/simulated-host.ts';
import { PROFILES } from './device.ts';

const HR = '1.3.6.1.2.1.25.2.3.1';
const UCD = '1.3.6.1.4.1.2021';
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((part) => part.close()));
});

async function startHost(
  adapter: Adapter,
  objects: AgentObjects,
): Promise<{
  plan: Plan;
  poll(): Promise<Readings>;
  agent: ScriptedAgent;
  value(readings: Readings, key: string, metric: string): number | null;
}> {
  const agent = await startScriptedAgent({ objects });
  const source = createSnmpSource({ transport: adapter.create(), profiles: PROFILES });
  opened.push(source, agent);
  const target = snmpTarget(agent.port, { timeoutMs: 2_000 });
  const plan = await source.discover(target, asking());
  if (!plan.ok) throw new Error(plan.text);
  return {
    plan,
    agent,
    async poll() {
      const readings = await source.poll(target, plan, asking());
      if (!readings.ok) throw new Error(readings.text);
      return readings;
    },
    value(readings, key, metric) {
      const at = plan.columns.findIndex((column) => column.key === key && column.metric === metric);
      if (at < 0) throw new Error(`no column ${key} ${metric}`);
      return readings.state[at] === 0 ? null : (readings.gauge[at] ?? 0) * (plan.columns[at]?.scale ?? 0);
    },
  };
}

const base: [string, AgentValue][] = [['1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: 5_000 }]];
const storage = (
  index: number,
  type: number,
  descr: string,
  units: number,
  size: number,
  used: number,
): [string, AgentValue][] => [
  [`${HR}.2.${index}`, { type: 'oid', value: `1.3.6.1.2.1.25.2.1.${type}` }],
  [`${HR}.3.${index}`, { type: 'string', value: descr }],
  [`${HR}.4.${index}`, { type: 'integer', value: units }],
  [`${HR}.5.${index}`, { type: 'integer', value: size }],
  [`${HR}.6.${index}`, { type: 'integer', value: used }],
];
const whole = (value: number): AgentValue => ({ type: 'integer', value });
const keysOf = (plan: Plan, kind: string) => plan.instances.filter((one) => one.kind === kind).map((one) => one.key);

describe.each(ADAPTERS)('hosts: $name', (adapter) => {
  const host = (objects: AgentObjects) => startHost(adapter, objects);

  describe('filesystems', () => {
    test('fixed disks only, without pseudo filesystems and without those of size 0', async () => {
      const { plan } = await host(
        new Map([
          ...base,
          ...storage(1, 2, 'Physical memory', 1024, 1000, 10),
          ...storage(31, 4, '/', 4096, 1000, 10),
          ...storage(32, 4, '/run', 4096, 1000, 10),
          ...storage(33, 4, '/dev/shm', 4096, 1000, 10),
          ...storage(34, 4, '/srv', 4096, 0, 0),
          ...storage(35, 4, '/running', 4096, 1000, 10),
          ...storage(36, 4, 'C:\\ Label:System  Serial Number 1', 4096, 1000, 10),
        ]),
      );
      expect(keysOf(plan, 'disk')).toEqual(['/', '/running', 'C:\\ Label:System  Serial Number 1']);
    });

    test('sizes that overflowed to negative numbers are 2^32 units more', async () => {
      const device = await host(new Map([...base, ...storage(31, 4, '/big', 4096, -1_000_000_000, -2_000_000_000)]));
      const readings = await device.poll();
      expect(device.value(readings, '/big', 'disk.size_bytes')).toBe((2 ** 32 - 1_000_000_000) * 4096);
      expect(device.value(readings, '/big', 'disk.used_bytes')).toBe((2 ** 32 - 2_000_000_000) * 4096);
      expect(device.plan.instances.find((one) => one.kind === 'disk')?.capacity).toBe((2 ** 32 - 1_000_000_000) * 4096);
    });

    test('another unit or another filesystem at the same index is not the same disk', async () => {
      for (const changed of [storage(31, 4, '/', 8192, 1000, 10), storage(31, 4, '/other', 4096, 1000, 10)]) {
        const device = await host(new Map([...base, ...storage(31, 4, '/', 4096, 1000, 10)]));
        device.agent.setObjects(new Map([...base, ...changed]));
        const readings = await device.poll();
        expect(readings.stalePlan).toBe(true);
        const disks = device.plan.columns.flatMap((column, i) => (column.kind === 'disk' ? [readings.doubts.get(i)] : []));
        expect(disks).toEqual(['renumbered', 'renumbered']);
      }
    });

    const dsk: [string, AgentValue][] = [
      [`${UCD}.9.1.2.1`, { type: 'string', value: '/data' }],
      [`${UCD}.9.1.6.1`, whole(2000)],
      [`${UCD}.9.1.8.1`, whole(500)],
    ];
    test('the UCD table counts only where hrStorage is missing', async () => {
      expect(keysOf((await host(new Map([...base, ...dsk]))).plan, 'disk')).toEqual(['/data']);
      expect(keysOf((await host(new Map([...base, ...dsk, ...storage(31, 4, '/', 4096, 1000, 10)]))).plan, 'disk')).toEqual([
        '/',
      ]);
    });
  });

  describe('processors', () => {
    const loads: [string, AgentValue][] = [10, 30, 80, 40].map((load, i) => [
      `1.3.6.1.2.1.25.3.3.1.2.${196608 + i}`,
      whole(load),
    ]);

    test('one instance each, and their mean as the whole', async () => {
      const device = await host(new Map([...base, ...loads]));
      expect(keysOf(device.plan, 'cpu')).toEqual(['cpu0', 'cpu1', 'cpu2', 'cpu3', 'cpu']);
      const readings = await device.poll();
      expect(device.value(readings, 'cpu2', 'cpu.used_ratio')).toBeCloseTo(0.8);
      expect(device.value(readings, 'cpu', 'cpu.used_ratio')).toBeCloseTo(0.4);
    });

    test('counters of ticks are better than the mean, and are divided by the processors', async () => {
      const ticks: [string, AgentValue][] = [50, 51, 52, 54, 56, 61].map((object) => [
        `${UCD}.11.${object}.0`,
        { type: 'counter32', value: 100 },
      ]);
      const device = await host(new Map([...base, ...loads, ...ticks]));
      const used = device.plan.columns.filter((column) => column.key === 'cpu' && column.metric === 'cpu.used_ratio');
      expect(used).toEqual([expect.objectContaining({ form: 'counter', scale: 0.01 / 4 })]);
      const readings = await device.poll();
      const at = device.plan.columns.indexOf(used[0]!);
      expect(readings.counter[at]).toBe(500n);
      // A processor cannot be busy for more than all of its time.
      expect(readings.maxPerS?.[at]).toBeCloseTo(400);
    });
  });

  describe('memory', () => {
    const memory: [string, AgentValue][] = [
      [`${UCD}.4.5.0`, whole(8_000_000)],
      [`${UCD}.4.6.0`, whole(1_000_000)],
      [`${UCD}.4.14.0`, whole(500_000)],
      [`${UCD}.4.15.0`, whole(2_500_000)],
    ];
    test('used = total - free - buffers - cached', async () => {
      const device = await host(new Map([...base, ...memory, ...storage(1, 2, 'Physical memory', 1024, 8_000_000, 7_000_000)]));
      const readings = await device.poll();
      expect(device.value(readings, 'memory', 'memory.used_bytes')).toBe(4_000_000 * 1024);
      expect(device.plan.instances.find((one) => one.kind === 'memory')?.capacity).toBe(8_000_000 * 1024);
    });
    test('without UCD the storage table gives it', async () => {
      const device = await host(new Map([...base, ...storage(65536, 2, 'Physical Memory', 65536, 1000, 600)]));
      expect(keysOf(device.plan, 'memory')).toEqual(['memory']);
      expect(device.value(await device.poll(), 'memory', 'memory.used_bytes')).toBe(600 * 65536);
    });
  });

  test('twenty simulated hosts of 48 ports are polled whole', async () => {
    const transport = adapter.create();
    const source = createSnmpSource({ transport, profiles: PROFILES });
    opened.push(source);
    const agents = await Promise.all(
      Array.from({ length: 20 }, (_, seed) => startScriptedAgent({ objects: simulatedHost({ interfaces: 48, seed }).objects })),
    );
    opened.push(...agents);
    await Promise.all(
      agents.map(async (agent) => {
        const target = snmpTarget(agent.port, { timeoutMs: 5_000 });
        const plan = await source.discover(target, asking());
        if (!plan.ok) throw new Error(plan.text);
        expect(keysOf(plan, 'interface')).toHaveLength(49);
        const readings = await source.poll(target, plan, asking());
        if (!readings.ok) throw new Error(readings.text);
        expect(readings.partial).toBe(false);
        expect([...readings.state].filter((state) => state === 0)).toEqual([]);
      }),
    );
    const { late, resent, ...others } = transport.counts();
    expect(others).toMatchObject({ foreign: 0, malformed: 0 });
    // On a busy machine a question may be sent again, and is then answered twice.
    expect(late).toBeLessThanOrEqual(resent);
  });
});
