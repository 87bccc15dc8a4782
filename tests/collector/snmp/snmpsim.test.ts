/** Recorded walks of several kinds of device, replayed by a real simulator: what discovery finds, and every value polled, against snmpget. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ABSENT, GAUGE, type Column, type Plan, type Readings } from '../../../core/readings.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import type { Source } from '../../../collector/source.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { asking, snmpTarget } from '../../agents/asking.ts';
import { startSnmpsim, type Snmpsim } from '../../agents/snmpsim.ts';
import { realPart } from '../../real-parts.ts';
import { PROFILES } from './device.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/snmp');
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const HR = '1.3.6.1.2.1.25.2.3.1';
const UCD = '1.3.6.1.4.1.2021';
const TWO32 = 2 ** 32;
const installed = realPart('snmpsimd') !== null && realPart('snmpget') !== null;

/** Columns of IF-MIB that a metric may come from, the better one first. */
const OF_INTERFACE: Readonly<Record<string, readonly string[]>> = {
  'interface.in_bps': [`${IFX}.6`, `${IF}.10`],
  'interface.out_bps': [`${IFX}.10`, `${IF}.16`],
  'interface.in_unicast_per_s': [`${IFX}.7`, `${IF}.11`],
  'interface.out_unicast_per_s': [`${IFX}.11`, `${IF}.17`],
  'interface.in_discards_per_s': [`${IF}.13`],
  'interface.in_errors_per_s': [`${IF}.14`],
  'interface.out_discards_per_s': [`${IF}.19`],
  'interface.out_errors_per_s': [`${IF}.20`],
  'interface.oper_up': [`${IF}.8`],
};
/** Sums of objects, and what one is worth. */
const OF_HOST: Readonly<Record<string, readonly [terms: readonly string[], scale: number]>> = {
  'system.uptime_s': [['+1.3.6.1.2.1.1.3.0'], 0.01],
  'load.one': [[`+${UCD}.10.1.5.1`], 0.01],
  'load.five': [[`+${UCD}.10.1.5.2`], 0.01],
  'load.fifteen': [[`+${UCD}.10.1.5.3`], 0.01],
  'memory.size_bytes': [[`+${UCD}.4.5.0`], 1024],
  'memory.used_bytes': [[`+${UCD}.4.5.0`, `-${UCD}.4.6.0`, `-${UCD}.4.14.0`, `-${UCD}.4.15.0`], 1024],
  'memory.cached_bytes': [[`+${UCD}.4.15.0`], 1024],
  'memory.buffers_bytes': [[`+${UCD}.4.14.0`], 1024],
  'memory.swap_size_bytes': [[`+${UCD}.4.3.0`], 1024],
  'memory.swap_used_bytes': [[`+${UCD}.4.3.0`, `-${UCD}.4.4.0`], 1024],
};
/** Counters of processor time: hundredths of a second of eight processors. */
const OF_PROCESSORS: Readonly<Record<string, readonly number[]>> = {
  'cpu.used_ratio': [50, 51, 52, 56, 61, 64],
  'cpu.user_ratio': [50, 51],
  'cpu.system_ratio': [52, 56, 61],
  'cpu.iowait_ratio': [54],
};

/** A recorded walk as OID -> value. */
function recording(device: string): Map<string, string> {
  const lines = readFileSync(join(FIXTURES, `${device}.snmprec`), 'utf8')
    .trimEnd()
    .split('\n');
  return new Map(
    lines.map((line) => {
      const [oid = '', , ...value] = line.split('|');
      return [oid, value.join('|')];
    }),
  );
}

/** Index of the row of a table that has this text in one of these columns. */
function indexOf(walk: ReadonlyMap<string, string>, columns: readonly string[], wanted: string): string {
  for (const column of columns) {
    const row = [...walk].find(([oid, value]) => oid.startsWith(`${column}.`) && value === wanted);
    if (row) return row[0].slice(column.length + 1);
  }
  throw new Error(`no row is called ${wanted}`);
}

/** What a column must be by the objects of the device: the OIDs, and the value when theirs are these. */
function expectation(
  walk: ReadonlyMap<string, string>,
  { kind, key, metric }: Column,
  indexOfPort: (key: string) => string,
): { oids: readonly string[]; value: (of: (oid: string) => number) => number; counter: boolean } {
  if (kind === 'interface') {
    const index = indexOfPort(key);
    const oid = (OF_INTERFACE[metric] ?? []).map((column) => `${column}.${index}`).find((one) => walk.has(one)) ?? '';
    const up = metric === 'interface.oper_up';
    return { oids: [oid], value: (of) => (up ? (of(oid) === 1 ? 1 : 0) : of(oid)), counter: !up };
  }
  if (kind === 'disk') {
    const index = indexOf(walk, [`${HR}.3`], key);
    const [units, size, used] = [`${HR}.4.${index}`, `${HR}.5.${index}`, `${HR}.6.${index}`];
    const amount = metric === 'disk.size_bytes' ? size : used;
    const value = (of: (oid: string) => number) => of(units) * (of(amount) < 0 ? of(amount) + TWO32 : of(amount));
    return { oids: [units, amount], value, counter: false };
  }
  if (kind === 'cpu' && key !== 'cpu') {
    const oid = `1.3.6.1.2.1.25.3.3.1.2.${196_608 + Number(key.slice(3))}`;
    return { oids: [oid], value: (of) => of(oid) / 100, counter: false };
  }
  const ticks = OF_PROCESSORS[metric]?.map((object) => `${UCD}.11.${object}.0`);
  if (ticks) return { oids: ticks, value: (of) => ticks.reduce((sum, oid) => sum + of(oid), 0), counter: true };
  const [terms, scale] = OF_HOST[metric] ?? [[], NaN];
  return {
    oids: terms.map((term) => term.slice(1)),
    value: (of) => scale * terms.reduce((sum, term) => sum + (term.startsWith('-') ? -1 : 1) * of(term.slice(1)), 0),
    counter: false,
  };
}

interface Expected {
  readonly device: string;
  readonly version: '1' | '2c';
  readonly facts: Record<string, string>;
  readonly interfaces: readonly string[];
  readonly others: readonly string[];
  readonly notes: readonly RegExp[];
  /** Capacities by key: bits a second, or bytes. */
  readonly capacities: Readonly<Record<string, number | null>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly absent: readonly string[];
}
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const DEVICES: readonly Expected[] = [
  {
    device: 'access-switch',
    version: '2c',
    facts: { sysName: 'access-switch-1', sysObjectId: '1.3.6.1.4.1.9.1.1208', sysLocation: 'Floor 2, rack 4' },
    interfaces: ['Vl1', 'Vl20', 'StackPort1', ...numbers(1, 52).map((n) => `Gi1/0/${n}`), 'Nu0', 'Fa0', 'Lo0'],
    others: ['system'],
    notes: [],
    capacities: { 'Gi1/0/1': 1e9, 'Gi1/0/7': 100e6, 'Gi1/0/5': 10e6, 'Gi1/0/49': 1e9, Nu0: 10e9, Lo0: 8e9, StackPort1: null },
    aliases: { 'Gi1/0/1': 'reception', 'Gi1/0/49': 'uplink core-1 Te1/1/4', 'Gi1/0/3': '' },
    absent: [],
  },
  {
    device: 'router',
    version: '2c',
    facts: { sysName: 'edge-router-1', sysObjectId: '1.3.6.1.4.1.9.1.1044' },
    interfaces: [
      ...['Em0/0', 'Gi0/0', 'Gi0/1', 'Se0/0/0', 'Gi0/1.100', 'Gi0/1.200', 'Gi0/1.999', 'Nu0', 'Lo0', 'Tu0', 'Tu1'],
      'NV0',
    ],
    others: ['system'],
    notes: [/^32-bit counters only on Se0\/0\/0, Tu0, Tu1:/],
    capacities: { 'Gi0/0': 1e9, 'Gi0/1.100': 1e9, 'Se0/0/0': 1_544_000, Tu0: 100_000, Lo0: 8e9 },
    aliases: { 'Gi0/0': 'carrier A', Tu0: 'to branch 1', 'Gi0/1.200': 'voice' },
    absent: ['NV0 interface.in_bps', 'Gi0/1.100 interface.in_errors_per_s'],
  },
  {
    device: 'linux-server',
    version: '2c',
    facts: { sysName: 'storage-1', sysObjectId: '1.3.6.1.4.1.8072.3.2.10' },
    interfaces: ['lo', 'eno1', 'eno2', 'docker0', 'vetha1b2c3d'],
    others: [
      ...['system', 'load', 'memory', 'cpu', ...numbers(0, 7).map((n) => `cpu${n}`)],
      ...['/', '/boot', '/srv/archive', '/srv/small'],
    ],
    notes: [/^The speed of lo is unknown: the agent gives 10 Mbit\/s/],
    capacities: {
      eno1: 10e9,
      lo: null,
      eno2: null,
      '/srv/archive': 12 * 2 ** 40,
      '/srv/small': 2 ** 40,
      memory: 65_731_424 * 1024,
    },
    aliases: {},
    absent: [],
  },
  {
    device: 'printer',
    version: '1',
    facts: { sysName: 'printer-2', sysContact: '' },
    interfaces: ['PRINT SERVER NC7 ETHERNET', 'PRINT SERVER NC7 LOOPBACK'],
    others: ['system'],
    notes: [/^32-bit counters only on PRINT SERVER NC7 ETHERNET, PRINT SERVER NC7 LOOPBACK:/],
    capacities: { 'PRINT SERVER NC7 ETHERNET': 100e6, 'PRINT SERVER NC7 LOOPBACK': null },
    aliases: {},
    absent: [],
  },
  {
    device: 'unnamed-switch',
    version: '2c',
    facts: { sysName: '', sysDescr: '24-Port Gigabit Smart Switch' },
    interfaces: [
      ...numbers(1, 24).map((n) => `Gigabit Ethernet Port 02:00:00:0c:00:${n.toString(16).padStart(2, '0')}`),
      ...['Trunk#25', 'Trunk#26', 'CPU Interface'],
    ],
    others: ['system'],
    notes: [/^2 of kind interface have no unique name and are known by their index only: Trunk#25, Trunk#26\.$/],
    capacities: { 'Gigabit Ethernet Port 02:00:00:0c:00:01': 1e9, 'Gigabit Ethernet Port 02:00:00:0c:00:04': null },
    aliases: {},
    absent: [],
  },
];

describe.skipIf(!installed)('recorded walks in a real simulator', () => {
  let simulator: Snmpsim;
  beforeAll(async () => {
    simulator = await startSnmpsim(FIXTURES, 'printer');
  });
  afterAll(() => simulator.close());

  describe.each(ADAPTERS)('by $name', (adapter) => {
    let source: Source;
    beforeAll(() => {
      source = createSnmpSource({ transport: adapter.create(), profiles: PROFILES });
    });
    afterAll(() => source.close());

    test.each(DEVICES)('$device', async (expected) => {
      const { device, version } = expected;
      const target = snmpTarget(simulator.port, { version, timeoutMs: 5_000, retries: 1 }, { community: device });
      const plan = await source.discover(target, asking());
      if (!plan.ok) throw new Error(plan.text);
      expect(plan.facts).toMatchObject(expected.facts);
      const keysOf = (wanted: (kind: string) => boolean) =>
        plan.instances.filter(({ kind }) => wanted(kind)).map(({ key }) => key);
      expect(keysOf((kind) => kind === 'interface')).toEqual(expected.interfaces);
      expect(keysOf((kind) => kind !== 'interface').sort()).toEqual([...expected.others].sort());
      expect(plan.notes).toHaveLength(expected.notes.length);
      expected.notes.forEach((note, i) => expect(plan.notes[i]).toMatch(note));
      for (const [key, capacity] of Object.entries(expected.capacities)) {
        expect({ key, capacity: plan.instances.find((one) => one.key === key)?.capacity }).toEqual({ key, capacity });
      }
      for (const [key, alias] of Object.entries(expected.aliases)) {
        expect({ key, alias: plan.instances.find((one) => one.key === key)?.alias }).toEqual({ key, alias });
      }
      const columns = plan.columns.map(({ key, metric }) => `${key} ${metric}`);
      for (const absent of expected.absent) expect(columns).not.toContain(absent);

      // Three polls: by then the transport asks as it asks for good.
      for (let poll = 0; poll < 3; poll++) {
        const readings = await source.poll(target, plan, asking());
        if (!readings.ok) throw new Error(readings.text);
        expect(readings).toMatchObject({ partial: false, stalePlan: false });
        // The simulator takes its time, and polls without an interval between them may be late; nothing else is in doubt.
        expect([...readings.doubts.values()].filter((cause) => cause !== 'late')).toEqual([]);
        await compare(plan, readings, expected);
      }
    });
  });

  /** Every column of the plan with what snmpget says of its objects. */
  async function compare(plan: Plan, readings: Readings, { device, version, interfaces }: Expected): Promise<void> {
    const walk = recording(device);
    // The interfaces of these devices are in the order of their indices.
    const indices = [...walk.keys()].filter((oid) => oid.startsWith(`${IF}.2.`)).map((oid) => oid.slice(`${IF}.2.`.length));
    const indexOfPort = (key: string) => indices[interfaces.indexOf(key)] ?? '';
    const expectations = plan.columns.map((column) => expectation(walk, column, indexOfPort));
    const oids = [...new Set(expectations.flatMap((one) => one.oids))];
    const truth = (said[device] ??= await simulator.get(device, version, oids));
    const of = (oid: string) => {
      const text = truth.get(oid) ?? '';
      if (!/^-?\d+$/.test(text)) throw new Error(`${oid} of ${device} is ${JSON.stringify(text)}`);
      return Number(text);
    };
    const big = (oid: string) => BigInt(truth.get(oid) ?? '');
    plan.columns.forEach((column, i) => {
      const { oids: asked, value, counter } = expectations[i] ?? { oids: [], value: () => NaN, counter: false };
      const name = `${column.key} ${column.metric}`;
      expect({ name, there: readings.state[i] !== ABSENT }).toEqual({ name, there: true });
      if (counter) {
        // Exact, beyond what a number of JavaScript holds.
        const right = asked.length === 1 ? big(asked[0] ?? '') : asked.reduce((sum, oid) => sum + big(oid), 0n);
        expect({ name, value: readings.counter[i] }).toEqual({ name, value: right });
      } else {
        expect({ name, state: readings.state[i] }).toEqual({ name, state: GAUGE });
        const polled = (readings.gauge[i] ?? NaN) * column.scale;
        expect(Math.abs(polled - value(of)), `${name}: ${polled}`).toBeLessThanOrEqual(1e-9 * Math.abs(polled));
      }
    });
  }
  /** Nothing of a recorded walk moves, so snmpget need not say it twice. */
  const said: Record<string, Map<string, string>> = {};
});
