/** Restarts of a device as its clocks tell them: sysUpTime, and with SNMPv3 boots and time of its engine. Never a spike. */
import { afterEach, describe, expect, test } from 'vitest';
import type { GapCause } from '../../../core/model.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { INTERVAL_MS, port, startBench, type Bench } from './device.ts';

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

interface Row {
  readonly hazard: string;
  /** Of its clocks before; sysUpTime goes on unless told otherwise. */
  readonly before?: (device: Bench) => void;
  readonly then: (device: Bench) => void;
  /** The sample of that poll, or the causes one of which it must have. */
  readonly right: number | readonly GapCause[];
}

/** The engine begins to count its seconds anew. */
const newEngineTime = (device: Bench, boots: number) => {
  const { front } = device;
  if (!front) throw new Error('only SNMPv3 has an engine');
  const beganMs = device.nowMs();
  front.boots = boots;
  front.timeS = () => 10 + Math.floor((device.nowMs() - beganMs) / 1_000);
};
const rows: readonly Row[] = [
  {
    hazard: 'the engine booted, counters and sysUpTime go on as if nothing had been',
    then: (device) => newEngineTime(device, 2),
    right: ['restarted'],
  },
  {
    hazard: 'the engine booted without sysUpTime',
    before: (device) => (device.upTicks = null),
    then: (device) => newEngineTime(device, 2),
    right: ['restarted'],
  },
  {
    hazard: 'sysUpTime began anew, the engine goes on',
    then: (device) => (device.upTicks = 3_000),
    right: ['restarted'],
  },
  {
    hazard: 'both began anew',
    then: (device) => {
      device.upTicks = 3_000;
      newEngineTime(device, 2);
    },
    right: ['restarted'],
  },
  {
    hazard: 'without sysUpTime the engine goes on: no restart',
    before: (device) => (device.upTicks = null),
    then: () => undefined,
    right: 1_000,
  },
  {
    hazard: 'sysUpTime wraps after 497 days, the engine goes on: no restart',
    before: (device) => (device.upTicks = 2 ** 32 - 3_000),
    then: () => undefined,
    right: 1_000,
  },
  {
    hazard: 'sysUpTime is 0 once, the engine goes on: no restart',
    then: (device) => (device.upTicks = 0),
    right: 1_000,
  },
  {
    hazard: 'the engine began anew and did not count its boot, without sysUpTime',
    before: (device) => (device.upTicks = null),
    then: (device) => newEngineTime(device, 1),
    // Such an engine may also be refused: its answers are older than those before.
    right: ['restarted', 'access denied', 'timeout', 'bad reply'],
  },
];

describe.each(ADAPTERS.filter(({ versions }) => versions.includes('3')))('restarts, SNMPv3: $name', (adapter) => {
  test.each(rows)('$hazard', async ({ before, then, right }) => {
    const eth0 = port();
    const device = (bench = await startBench(adapter, [eth0], { version: '3', change: { timeoutMs: 400, retries: 1 } }));
    before?.(device);
    const plan = await device.discover();
    await device.poll(plan);
    const flow = (octets: bigint) => {
      device.pass(INTERVAL_MS);
      eth0.octets += octets;
    };
    flow(7_500n);
    expect((await device.poll(plan)).sample).toBe(1_000);

    flow(7_500n);
    const ticks = device.upTicks;
    then(device);
    const { sample } = await device.poll(plan);
    if (typeof right === 'number') expect(sample).toBe(right);
    else expect(right).toContain(sample);

    // It heals: at the latest the second poll after it is true again, whatever was in between.
    if (device.upTicks === 0) device.upTicks = ticks;
    const samples = [];
    for (let poll = 0; poll < 3; poll++) {
      flow(15_000n);
      samples.push((await device.poll(plan)).sample);
    }
    expect(samples.at(-1)).toBe(2_000);
    for (const one of samples) if (typeof one === 'number') expect(one).toBe(2_000);
  });

  test('a day of polls with its clock far ahead of ours costs no sample', async () => {
    const eth0 = port();
    const device = (bench = await startBench(adapter, [eth0], { version: '3', change: { timeoutMs: 1_000 } }));
    const plan = await device.discover();
    await device.poll(plan);
    // Its seconds are 2 % short, so that its window of time is left again and again.
    const { front } = device;
    const beganMs = device.nowMs();
    if (front) front.timeS = () => 100_000 + Math.floor((1.02 * (device.nowMs() - beganMs)) / 1_000);
    for (let poll = 0; poll < 24; poll++) {
      device.pass(INTERVAL_MS);
      eth0.octets += 7_500n;
      expect((await device.poll(plan)).sample).toBe(1_000);
    }
  });
});
