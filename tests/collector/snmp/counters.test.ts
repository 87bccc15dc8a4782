/** What devices do to their counters, from the wire to the sample: a true rate, or a gap with its cause. */
import { afterEach, describe, expect, test } from 'vitest';
import type { GapCause } from '../../../core/model.ts';
import { ABSENT, COUNTER32, COUNTER64 } from '../../../core/readings.ts';
import { INTERVAL_MS, port, startBench, type Bench, type Port } from './device.ts';

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});
async function benchWith(...ports: Port[]): Promise<Bench> {
  bench = await startBench(ports);
  return bench;
}

interface Row {
  readonly hazard: string;
  readonly before?: Partial<Port>;
  readonly upTicks?: number;
  /** What happens to the port between the polls. */
  readonly then: (port: Port, device: Bench) => void;
  readonly right: number | GapCause;
  /** Octets of the interval after that; the sample of that interval must be true again. */
  readonly heals?: boolean;
}

const SPEED_100M = { highSpeed: 100, speed: 100_000_000 };
const rows: readonly Row[] = [
  { hazard: 'steady', then: (p) => (p.octets += 7_500n), right: 1_000 },
  { hazard: '64-bit counter beyond 2^53', before: { octets: 2n ** 63n + 1n }, then: (p) => (p.octets += 75n), right: 10 },
  {
    hazard: '32-bit counter wraps once: exactly 2^32 is added',
    before: { ...SPEED_100M, width: 32, octets: 2n ** 32n - 1_000n },
    then: (p) => (p.octets += 6_000n),
    right: 800,
  },
  {
    hazard: '32-bit counter on an interface fast enough to wrap unseen',
    before: { width: 32 },
    then: (p) => (p.octets += 7_500n),
    right: 'wrapped',
    heals: false,
  },
  { hazard: '64-bit counter goes backwards', then: (p) => (p.octets = 500_000n), right: 'reset' },
  {
    hazard: 'reboot, the counter already higher than before',
    then: (p, device) => {
      p.octets = 900_000_000n;
      device.upTicks = 3_000;
    },
    right: 'restarted',
  },
  {
    hazard: 'reboot, the counter lower',
    then: (p, device) => {
      p.octets = 100n;
      device.upTicks = 3_000;
    },
    right: 'restarted',
  },
  { hazard: 'sysUpTime wraps after 497 days', upTicks: 2 ** 32 - 3_000, then: (p) => (p.octets += 7_500n), right: 1_000 },
  {
    hazard: 'sysUpTime is 0 once',
    then: (p, device) => {
      p.octets += 7_500n;
      device.upTicks = 0;
    },
    right: 1_000,
  },
  {
    hazard: 'sysUpTime is missing once',
    then: (p, device) => {
      p.octets += 7_500n;
      device.upTicks = null;
    },
    right: 1_000,
  },
  {
    hazard: 'ifCounterDiscontinuityTime changed',
    then: (p) => {
      p.octets += 7_500n;
      p.discontinuity = 99_000;
    },
    right: 'discontinuity',
  },
  { hazard: 'rate above 110 % of the speed', then: (p) => (p.octets += 8_400_000_000n), right: 'implausible' },
  { hazard: 'rate at the speed', then: (p) => (p.octets += 7_500_000_000n), right: 1_000_000_000 },
  {
    hazard: '64-bit object answers with a 32-bit counter',
    before: SPEED_100M,
    then: (p) => {
      p.octets += 7_500n;
      p.width = 'narrowed';
    },
    right: 'width changed',
  },
  {
    hazard: 'another interface under this ifIndex',
    then: (p) => {
      p.octets += 7_500n;
      p.name = 'eth7';
    },
    right: 'renumbered',
    heals: false,
  },
  {
    hazard: 'a link that got faster is not implausible',
    then: (p) => {
      p.octets += 15_000_000_000n;
      p.highSpeed = 10_000;
    },
    right: 2_000_000_000,
  },
];

describe('hazards of counters', () => {
  test.each(rows)('$hazard: $right', async ({ before, upTicks, then, right, heals }) => {
    const eth0 = port(before);
    const device = await benchWith(eth0);
    if (upTicks !== undefined) device.upTicks = upTicks;
    const plan = await device.discover();
    await device.poll(plan);
    device.pass(INTERVAL_MS);
    const ticks = device.upTicks;
    then(eth0, device);
    expect((await device.poll(plan)).sample).toBe(right);
    if (heals === false) return;
    // One interval later all is true again.
    if (device.upTicks === 0 || device.upTicks === null) device.upTicks = ticks;
    device.pass(INTERVAL_MS);
    eth0.octets += 15_000n;
    expect((await device.poll(plan)).sample).toBe(2_000);
  });

  test('one missed poll: the mean over both intervals; two missed: a gap with the cause', async () => {
    const eth0 = port();
    const device = await benchWith(eth0);
    const plan = await device.discover();
    await device.poll(plan);
    const miss = async () => {
      device.pass(INTERVAL_MS);
      eth0.octets += 7_500n;
      device.agent.behaviour = { drop: () => true };
      expect((await device.poll(plan)).sample).toBe('timeout');
      device.agent.behaviour = {};
    };
    await miss();
    device.pass(INTERVAL_MS);
    eth0.octets += 22_500n;
    expect((await device.poll(plan)).sample).toBe(2_000);
    await miss();
    await miss();
    device.pass(INTERVAL_MS);
    eth0.octets += 7_500n;
    expect((await device.poll(plan)).sample).toBe('timeout');
    device.pass(INTERVAL_MS);
    eth0.octets += 7_500n;
    expect((await device.poll(plan)).sample).toBe(1_000);
  });

  test.each(['gone', 'null'] as const)('a counter that is %s is no data, never 0', async (how) => {
    const eth0 = port();
    const device = await benchWith(eth0, port({ index: 2, name: 'eth1', descr: 'eth1' }));
    const plan = await device.discover();
    await device.poll(plan);
    device.pass(INTERVAL_MS);
    eth0.counters = how;
    const { outcome, sample } = await device.poll(plan);
    expect(sample).toBeNull();
    if (!outcome.ok) throw new Error(outcome.text);
    const at = plan.columns.findIndex((column) => column.key === 'eth0' && column.metric === 'interface.in_bps');
    expect(outcome.state[at]).toBe(ABSENT);
    const other = plan.columns.findIndex((column) => column.key === 'eth1' && column.metric === 'interface.in_bps');
    expect(outcome.state[other]).toBe(COUNTER64);
  });

  test('32-bit counters are named in the notes of the discovery', async () => {
    const device = await benchWith(port({ width: 32 }), port({ index: 2, name: 'eth1', descr: 'eth1' }));
    const plan = await device.discover();
    expect(plan.notes).toEqual([expect.stringMatching(/^32-bit counters only on eth0:/)]);
    const { outcome } = await device.poll(plan);
    if (!outcome.ok) throw new Error(outcome.text);
    const widths = plan.columns.flatMap((column, i) => (column.metric === 'interface.in_bps' ? [outcome.state[i]] : []));
    expect(widths).toEqual([COUNTER32, COUNTER64]);
  });

  test('a device that restarts between two requests of one poll gives nothing', async () => {
    const ports = Array.from({ length: 30 }, (_, i) => port({ index: i + 1, name: `eth${i}`, descr: `eth${i}` }));
    const device = await benchWith(...ports);
    const plan = await device.discover();
    let asked = 0;
    device.agent.behaviour = {
      varbinds: (varbinds) =>
        varbinds.map(([oid, value]) =>
          value.type === 'timeticks' && oid.endsWith('.1.3.0') && ++asked > 2 ? [oid, { ...value, value: 100 }] : [oid, value],
        ),
    };
    expect((await device.poll(plan)).outcome).toMatchObject({ ok: false, cause: 'restarted' });
  });
});

test('a request that is held up for more than a tenth of the interval spoils only its own columns', async () => {
  const ports = Array.from({ length: 30 }, (_, i) => port({ index: i + 1, name: `eth${i}`, descr: `eth${i}` }));
  const device = await benchWith(...ports);
  const plan = await device.discover();
  await device.poll(plan);
  device.pass(INTERVAL_MS);
  ports.forEach((one) => (one.octets += 7_500n));
  let asked = 0;
  device.agent.behaviour = {
    varbinds: (varbinds) => {
      if (++asked === 3) device.pass(7_000);
      return varbinds.map(([oid, value]) => [
        oid,
        value.type === 'timeticks' && oid.endsWith('.1.3.0') ? { ...value, value: device.upTicks ?? 0 } : value,
      ]);
    },
  };
  const { outcome, sample } = await device.poll(plan, 'eth29');
  expect(sample).toBe('late');
  if (!outcome.ok) throw new Error(outcome.text);
  const held = new Set([...outcome.doubts.keys()].map((column) => plan.columns[column]?.key));
  expect(held.has('eth29')).toBe(true);
  expect(held.has('eth0')).toBe(false);
});

describe('identity', () => {
  const three = () => [
    port({ index: 1, name: 'eth0', descr: 'eth0', octets: 1_000n }),
    port({ index: 2, name: 'eth1', descr: 'eth1', octets: 5_000_000_000n, mac: '020000000002' }),
    port({ index: 3, name: 'eth2', descr: 'eth2', octets: 9_000_000_000n, mac: '020000000003' }),
  ];

  test('renumbered interfaces: a gap, a stale plan, and the same series after a new discovery', async () => {
    const device = await benchWith(...three());
    const plan = await device.discover();
    await device.poll(plan);
    device.pass(INTERVAL_MS);
    device.ports.forEach((one) => (one.octets += 7_500n));
    expect((await device.poll(plan)).sample).toBe(1_000);

    // A card was put in: everything moves by one.
    device.ports.forEach((one) => (one.index += 1));
    device.ports.unshift(port({ index: 1, name: 'new0', descr: 'new0', octets: 77n }));
    device.pass(INTERVAL_MS);
    device.ports.forEach((one) => (one.octets += 7_500n));
    const moved = await device.poll(plan);
    expect(moved.sample).toBe('renumbered');
    expect(moved.outcome).toMatchObject({ ok: true, stalePlan: true });

    const found = await device.discover();
    expect(found.instances.filter((one) => one.kind === 'interface').map((one) => one.key)).toEqual([
      'new0',
      'eth0',
      'eth1',
      'eth2',
    ]);
    device.pass(INTERVAL_MS);
    await device.poll(found);
    for (const key of ['eth0', 'eth1', 'eth2']) {
      device.pass(INTERVAL_MS);
      device.ports.forEach((one) => (one.octets += 15_000n));
      expect((await device.poll(found, key)).sample).toBe(2_000);
    }
  });

  test('an alias or a name that people see may change without a gap', async () => {
    const device = await benchWith(port({ alias: 'uplink' }));
    const plan = await device.discover();
    expect(plan.instances.find((one) => one.kind === 'interface')).toMatchObject({ alias: 'uplink' });
    await device.poll(plan);
    device.pass(INTERVAL_MS);
    device.ports.forEach((one) => {
      one.octets += 7_500n;
      one.alias = 'downlink';
    });
    expect((await device.poll(plan)).sample).toBe(1_000);
  });

  const keys: readonly [string, Partial<Port>[], string[]][] = [
    ['ifName where there is one', [{ descr: 'GigabitEthernet' }, { name: 'eth1', descr: 'GigabitEthernet' }], ['eth0', 'eth1']],
    [
      'ifDescr without ifName',
      [
        { name: null, descr: 'fxp0' },
        { name: null, descr: 'fxp1' },
      ],
      ['fxp0', 'fxp1'],
    ],
    [
      'ifDescr and MAC when ifDescr is not unique',
      [
        { name: null, descr: 'Realtek', mac: '020000000001' },
        { name: null, descr: 'Realtek', mac: '020000000002' },
      ],
      ['Realtek 02:00:00:00:00:01', 'Realtek 02:00:00:00:00:02'],
    ],
    [
      'ifDescr when two share an ifName',
      [
        { name: 'port', descr: 'a' },
        { name: 'port', descr: 'b' },
      ],
      ['a', 'b'],
    ],
    [
      'the index when nothing is unique, which is said',
      [
        { name: 'same', descr: 'same', mac: '' },
        { name: 'same', descr: 'same', mac: '' },
      ],
      ['same#1', 'same#2'],
    ],
  ];
  test.each(keys)('%s', async (_name, ports, expected) => {
    const device = await benchWith(...ports.map((one, i) => port({ ...one, index: i + 1 })));
    const plan = await device.discover();
    expect(plan.instances.filter((one) => one.kind === 'interface').map((one) => one.key)).toEqual(expected);
    expect(plan.notes.some((note) => note.includes('no unique name'))).toBe(expected[0] === 'same#1');
  });

  const speeds: readonly [string, Partial<Port>, number | null][] = [
    ['ifHighSpeed counts', { highSpeed: 40_000, speed: 4_294_967_295 }, 40e9],
    ['ifSpeed 4294967295 alone says nothing', { highSpeed: null, speed: 4_294_967_295 }, null],
    ['ifSpeed where there is no ifHighSpeed', { highSpeed: null, speed: 10_000_000 }, 10e6],
    ['ifHighSpeed 0 falls back to ifSpeed', { highSpeed: 0, speed: 64_000 }, 64e3],
    ['a coarse ifHighSpeed falls back to ifSpeed', { highSpeed: 1, speed: 1_400_000 }, 1_400_000],
    ['a coarse ifHighSpeed is better than nothing', { highSpeed: 10, speed: 0 }, 10e6],
    ['0 is unknown', { highSpeed: 0, speed: 0 }, null],
  ];
  test('a link that goes down keeps the plan, a link that comes up with a speed makes it stale', async () => {
    const device = await benchWith(port());
    const plan = await device.discover();
    device.ports.forEach((one) => (one.highSpeed = one.speed = 0));
    expect((await device.poll(plan)).outcome).toMatchObject({ ok: true, stalePlan: false });
    const downPlan = await device.discover();
    device.ports.forEach((one) => (one.highSpeed = 10_000));
    device.pass(INTERVAL_MS);
    expect((await device.poll(downPlan)).outcome).toMatchObject({ ok: true, stalePlan: true });
  });

  test.each(speeds)('speed: %s', async (_name, change, capacity) => {
    const device = await benchWith(port(change));
    const plan = await device.discover();
    expect(plan.instances.find((one) => one.kind === 'interface')?.capacity).toBe(capacity);
    const { outcome } = await device.poll(plan);
    if (!outcome.ok) throw new Error(outcome.text);
    const at = plan.columns.findIndex((column) => column.metric === 'interface.in_bps');
    expect(outcome.maxPerS?.[at] ?? NaN).toBe(capacity === null ? NaN : capacity / 8);
  });
});
