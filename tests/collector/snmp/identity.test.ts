/** Which series a value belongs to: found again by name whatever the index, and never another's. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../../core/readings.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { INTERVAL_MS, port, startBench, type Bench, type Port } from './device.ts';

const long = process.env['SAGUARO_LONG'] === '1';
let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

describe.each(ADAPTERS)('identity: $name', (adapter) => {
  const benchWith = async (...ports: Port[]): Promise<Bench> => {
    bench = await startBench(adapter, ports);
    return bench;
  };

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

  test('two ports that exchange their indices: neither is ever the other', async () => {
    const device = await benchWith(...three());
    const plan = await device.discover();
    await device.poll(plan);
    const [first, second] = device.ports as [Port, Port];
    const flow = () => {
      device.pass(INTERVAL_MS);
      first.octets += 7_500n;
      second.octets += 75_000n;
    };
    flow();
    const before = await device.poll(plan);
    expect([before.of('eth0'), before.of('eth1')]).toEqual([1_000, 10_000]);
    [first.index, second.index] = [second.index, first.index];
    flow();
    const swapped = await device.poll(plan);
    expect([swapped.of('eth0'), swapped.of('eth1'), swapped.of('eth2')]).toEqual(['renumbered', 'renumbered', 0]);
    expect(swapped.outcome).toMatchObject({ ok: true, stalePlan: true });
    const found = await device.discover();
    flow();
    await device.poll(found);
    flow();
    const after = await device.poll(found);
    expect([after.of('eth0'), after.of('eth1'), after.of('eth2')]).toEqual([1_000, 10_000, 0]);
  });

  test('however ports move, come and go, no sample is ever made of two of them', async () => {
    const ports = 5;
    const event = fc.oneof(
      fc.tuple(fc.constant('swap'), fc.nat(ports - 1), fc.nat(ports - 1)),
      fc.tuple(fc.constant('shift'), fc.nat(ports), fc.integer({ min: 1, max: 3 })),
      fc.tuple(fc.constant('away'), fc.nat(ports - 1), fc.constant(0)),
      fc.tuple(fc.constant('discover'), fc.constant(0), fc.constant(0)),
      fc.tuple(fc.constant('nothing'), fc.constant(0), fc.constant(0)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: long ? 30 : 10 }), async (events) => {
        const all = Array.from({ length: ports }, (_, i) =>
          // The further the port, the higher its counter and the faster it runs: exchanged ones would show.
          port({ index: i + 1, name: `eth${i}`, descr: `eth${i}`, octets: BigInt(1_000_000 * 10 ** i), mac: `02000000000${i}` }),
        );
        const rate = (i: number) => 1_000 * (i + 1);
        const device = await startBench(adapter, [...all]);
        try {
          let plan: Plan = await device.discover();
          // By now the transport asks as it asks for good.
          for (let poll = 0; poll < 4; poll++) {
            device.pass(INTERVAL_MS);
            await device.poll(plan);
          }
          let seen = new Set(all.map(({ name }) => name ?? ''));
          for (const [what, a, b] of events) {
            if (what === 'swap') {
              const [one, two] = [all[a], all[b]] as [Port, Port];
              [one.index, two.index] = [two.index, one.index];
            } else if (what === 'shift') all.forEach((one) => (one.index += one.index > a ? b : 0));
            else if (what === 'away') device.ports = device.ports.length === ports ? all.filter((_, i) => i !== a) : [...all];
            else if (what === 'discover') {
              plan = await device.discover();
              seen = new Set(plan.instances.filter(({ kind }) => kind === 'interface').map(({ key }) => key));
            }
            device.pass(INTERVAL_MS);
            all.forEach((one, i) => (one.octets += BigInt((rate(i) / 8) * 60)));
            const polled = await device.poll(plan);
            for (const [i, { name }] of all.entries()) {
              if (!seen.has(name ?? '')) continue;
              const sample = polled.of(name ?? '');
              if (typeof sample === 'number') expect({ name, sample }).toEqual({ name, sample: rate(i) });
            }
          }
          // However it went, two polls after a new discovery all is known again.
          device.ports = [...all];
          const found = await device.discover();
          for (let poll = 0; poll < 2; poll++) {
            device.pass(INTERVAL_MS);
            all.forEach((one, i) => (one.octets += BigInt((rate(i) / 8) * 60)));
            const { of } = await device.poll(found);
            if (poll === 1) expect(all.map(({ name }) => of(name ?? ''))).toEqual(all.map((_, i) => rate(i)));
          }
        } finally {
          await device.close();
        }
      }),
      { numRuns: long ? 200 : 25 },
    );
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
