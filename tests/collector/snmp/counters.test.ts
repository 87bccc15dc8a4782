/** What devices do to their counters, from the wire to the sample: a true rate, or a gap with its cause. */
import { afterEach, describe, expect, test } from 'vitest';
import type { GapCause } from '../../../core/model.ts';
import { oidOctets, PDU } from '../../../demo/agents/ber.ts';
import { ABSENT, COUNTER32, COUNTER64 } from '../../../core/readings.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { INTERVAL_MS, port, startBench, type Bench, type BenchOptions, type Port } from './device.ts';

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

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
    hazard: '32-bit object answers with a 64-bit counter',
    before: { ...SPEED_100M, width: 32 },
    then: (p) => {
      p.octets += 7_500n;
      p.width = 'widened';
    },
    right: 'width changed',
  },
  {
    hazard: 'the agent lies: its port is a hundred times faster than it says',
    before: { highSpeed: 20, speed: 20_000_000 },
    then: (p) => (p.octets += 7_500_000_000n),
    right: 'implausible',
  },
  {
    hazard: 'the agent lies: its port is slower than it says, its 32-bit counter could have wrapped',
    before: { width: 32, highSpeed: 100_000, speed: 4_294_967_295 },
    then: (p) => (p.octets += 7_500n),
    right: 'wrapped',
    heals: false,
  },
  {
    hazard: 'the agent does not know its speed: nothing is implausible',
    before: { highSpeed: 0, speed: 0 },
    then: (p) => (p.octets += 7_500_000_000n),
    right: 1_000_000_000,
  },
  {
    hazard: 'a 32-bit counter of unknown speed falls a little: no wrap of nearly 2^32',
    before: { width: 32, highSpeed: null, speed: 0, octets: 1_000_000n },
    then: (p) => (p.octets -= 500n),
    right: 'reset',
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

const WAYS = ADAPTERS.flatMap((adapter) => (['2c', '3'] as const).map((version) => ({ adapter, name: adapter.name, version })));
describe.each(WAYS)('hazards of counters: $name, SNMPv$version', ({ adapter, version }) => {
  const benchWith = async (ports: Port[], options: BenchOptions = {}): Promise<Bench> => {
    bench = await startBench(adapter, ports, { version, ...options });
    return bench;
  };

  test.each(rows)('$hazard: $right', async ({ before, upTicks, then, right, heals }) => {
    const eth0 = port(before);
    const device = await benchWith([eth0]);
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
    const device = await benchWith([eth0], { change: { timeoutMs: 250 } });
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

  test('late or duplicate: a second poll of the same moment is dropped, and spoils nothing', async () => {
    const eth0 = port();
    const device = await benchWith([eth0]);
    const plan = await device.discover();
    await device.poll(plan);
    device.pass(INTERVAL_MS);
    eth0.octets += 7_500n;
    expect((await device.poll(plan)).sample).toBe(1_000);
    eth0.octets += 7_500n;
    expect((await device.poll(plan)).applied).toMatchObject({ dropped: true, rows: [] });
    device.pass(INTERVAL_MS);
    expect((await device.poll(plan)).sample).toBe(1_000);
  });

  test.each([3_600_000, -3_600_000])('our clock is set by %i ms: no interval is negative, lost or twice', async (deltaMs) => {
    const eth0 = port();
    const device = await benchWith([eth0]);
    const plan = await device.discover();
    await device.poll(plan);
    const ends: number[] = [];
    for (let poll = 0; poll < 4; poll++) {
      device.pass(INTERVAL_MS);
      if (poll === 1) device.setWall(deltaMs);
      eth0.octets += 7_500n;
      const { sample, applied } = await device.poll(plan);
      expect(sample).toBe(1_000);
      ends.push(...(applied?.rows ?? []).map(({ tMs }) => tMs));
    }
    expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b));
  });

  test.each([Date.UTC(2026, 2, 29, 0, 58), Date.UTC(2026, 9, 25, 0, 58)])(
    'a night in which clocks change (%i) is a night',
    async (startMs) => {
      const eth0 = port();
      const device = await benchWith([eth0], { startMs });
      const plan = await device.discover();
      await device.poll(plan);
      for (let poll = 1; poll <= 4; poll++) {
        device.pass(INTERVAL_MS);
        eth0.octets += 7_500n;
        const { sample, applied } = await device.poll(plan);
        expect(sample).toBe(1_000);
        expect(applied?.rows.map(({ tMs }) => tMs)).toEqual([startMs + poll * INTERVAL_MS]);
      }
    },
  );

  test.each(['gone', 'null'] as const)('noSuchInstance and NULL: a counter that is %s is no data, never 0', async (how) => {
    const eth0 = port();
    const device = await benchWith([eth0, port({ index: 2, name: 'eth1', descr: 'eth1' })]);
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
    const device = await benchWith([port({ width: 32 }), port({ index: 2, name: 'eth1', descr: 'eth1' })]);
    const plan = await device.discover();
    expect(plan.notes).toEqual([expect.stringMatching(/^32-bit counters only on eth0:/)]);
    const { outcome } = await device.poll(plan);
    if (!outcome.ok) throw new Error(outcome.text);
    const widths = plan.columns.flatMap((column, i) => (column.metric === 'interface.in_bps' ? [outcome.state[i]] : []));
    expect(widths).toEqual([COUNTER32, COUNTER64]);
  });
});

describe.each(ADAPTERS)('polls of many requests: $name', (adapter) => {
  const thirty = () => Array.from({ length: 30 }, (_, i) => port({ index: i + 1, name: `eth${i}`, descr: `eth${i}` }));
  const last = (varbinds: readonly (readonly [string, unknown])[]) => varbinds.some(([oid]) => oid.endsWith('.30'));

  test('a device that restarts between two requests of one poll gives nothing', async () => {
    const device = (bench = await startBench(adapter, thirty()));
    const plan = await device.discover();
    device.agent.behaviour = {
      varbinds: (varbinds) =>
        varbinds.map(([oid, value]) =>
          value.type === 'timeticks' && oid.endsWith('.1.3.0') && last(varbinds) ? [oid, { ...value, value: 100 }] : [oid, value],
        ),
    };
    expect((await device.poll(plan)).outcome).toMatchObject({ ok: false, cause: 'restarted' });
  });

  test('a request that is held up for more than a tenth of the interval spoils only its own columns', async () => {
    const ports = thirty();
    const device = (bench = await startBench(adapter, ports));
    const plan = await device.discover();
    await device.poll(plan);
    device.pass(INTERVAL_MS / 2);
    ports.forEach((one) => (one.octets += 7_500n));
    let held = false;
    device.agent.behaviour = {
      varbinds: (varbinds) => {
        if (last(varbinds) && !held) {
          held = true;
          device.pass(4_000);
        }
        return varbinds.map(([oid, value]) => [
          oid,
          value.type === 'timeticks' && oid.endsWith('.1.3.0') ? { ...value, value: device.upTicks ?? 0 } : value,
        ]);
      },
    };
    const { outcome, sample } = await device.poll(plan, 'eth29');
    expect(held).toBe(true);
    expect(sample).toBe('late');
    if (!outcome.ok) throw new Error(outcome.text);
    const spoilt = new Set([...outcome.doubts.keys()].map((column) => plan.columns[column]?.key));
    expect(spoilt.has('eth29')).toBe(true);
    expect(spoilt.has('eth0')).toBe(false);
  });

  test('lost large answers: the rows that came are kept, the others are marked and no data', async () => {
    const ports = thirty();
    const device = (bench = await startBench(adapter, ports, { change: { timeoutMs: 250, retries: 1 } }));
    const plan = await device.discover();
    await device.poll(plan);
    device.pass(INTERVAL_MS);
    ports.forEach((one) => (one.octets += 7_500n));
    const name = Buffer.from(oidOctets('1.3.6.1.2.1.31.1.1.1.1.30'));
    device.agent.behaviour = {
      respond(reply, _request, send) {
        if (!reply.includes(name)) send(reply);
      },
    };
    const { outcome, sample, of } = await device.poll(plan, 'eth29');
    expect(outcome).toMatchObject({ ok: true, partial: true, stalePlan: false });
    expect(sample).toBeNull();
    expect(of('eth0')).toBe(1_000);
    device.agent.behaviour = {};
    device.pass(INTERVAL_MS);
    ports.forEach((one) => (one.octets += 7_500n));
    const next = await device.poll(plan);
    expect([next.of('eth0'), next.of('eth29')]).toEqual([1_000, 1_000]);
  });

  test('tooBig: asked again in halves, every row there', async () => {
    const ports = thirty();
    const device = (bench = await startBench(adapter, ports));
    device.agent.behaviour = { maxVarbinds: 7 };
    const plan = await device.discover();
    await device.poll(plan);
    device.pass(INTERVAL_MS);
    ports.forEach((one) => (one.octets += 7_500n));
    const { outcome, of } = await device.poll(plan);
    expect(outcome).toMatchObject({ ok: true, partial: false });
    expect(new Set(ports.map(({ name }) => of(name ?? '')))).toEqual(new Set([1_000]));
  });

  test.each([
    ['repeat', () => 1],
    ['decrease', (n: number) => 1_000 - n],
    ['go on without end', (n: number) => n],
  ] as const)('OIDs that %s: discovery ends, and says what was not seen', async (_name, row) => {
    const device = (bench = await startBench(adapter, [port()]));
    const descr = '1.3.6.1.2.1.2.2.1.2';
    let n = 0;
    device.agent.behaviour = {
      // Only the walk of ifDescr goes astray.
      varbinds: (list, { pdu, varbinds: [asked] }) =>
        pdu !== PDU.get && asked?.[0].startsWith(descr)
          ? list.map(() => [`${descr}.${row(++n)}`, { type: 'string', value: 'x' }])
          : list,
    };
    const plan = await device.discover();
    expect(plan.notes.join(' ')).toMatch(/Not everything was seen: /);
    expect(plan.covers).not.toContain('interface');
  });
});
