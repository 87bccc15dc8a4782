/**
 * Objects of a plausible device for a scripted agent: system, IF-MIB with 64-bit counters,
 * load, processors, memory and filesystems, all moving with time. The same seed gives the
 * same device; counters are exact integrals, so a test can tell what the rates must be.
 */
import type { AgentValue } from '../../demo/agents/ber.ts';

export interface SimulatedHostOptions {
  /** Interfaces besides lo. */
  interfaces: number;
  seed: number;
  name?: string;
  /** Milliseconds since the device started; monotonic unless told otherwise. */
  upMs?: () => number;
  speedMbps?: number;
  /** Without ifXTable, as old devices are. */
  narrow?: boolean;
}

export interface SimulatedHost {
  readonly objects: Map<string, AgentValue | (() => AgentValue)>;
  readonly name: string;
  /** Octets that interface n (1 = the first after lo) has received since the start. */
  octetsIn(n: number): bigint;
}

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const HR_STORAGE = '1.3.6.1.2.1.25.2.3.1';
const UCD = '1.3.6.1.4.1.2021';
const DAY_MS = 86_400_000;
const GIB = 2 ** 30;

/** A small generator of numbers in [0, 1); the same seed gives the same sequence. */
export function randomFrom(seed: number): () => number {
  let state = (seed >>> 0) + 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Total after ms of something that swings around meanPerS twice a period: its exact integral. */
function total(meanPerS: number, swing: number, periodMs: number, phase: number, ms: number): number {
  const turn = (2 * Math.PI) / periodMs;
  return (meanPerS / 1000) * (ms + (swing / turn) * (Math.cos(phase) - Math.cos(turn * ms + phase)));
}

export function simulatedHost(options: SimulatedHostOptions): SimulatedHost {
  const random = randomFrom(options.seed);
  const startMs = performance.now();
  const upMs = options.upMs ?? (() => performance.now() - startMs + DAY_MS);
  const name = options.name ?? `sim${options.seed}`;
  const speed = options.speedMbps ?? 1000;
  const objects: SimulatedHost['objects'] = new Map();
  const text = (value: string): AgentValue => ({ type: 'string', value });
  const whole = (value: number): AgentValue => ({ type: 'integer', value });
  const gauge = (value: number): AgentValue => ({ type: 'gauge32', value });
  const ticks = (): AgentValue => ({ type: 'timeticks', value: Math.floor(upMs() / 10) % 2 ** 32 });

  objects.set('1.3.6.1.2.1.1.1.0', text(`Simulated host ${name}`));
  objects.set('1.3.6.1.2.1.1.2.0', { type: 'oid', value: '1.3.6.1.4.1.99999.1' });
  objects.set('1.3.6.1.2.1.1.3.0', ticks);
  objects.set('1.3.6.1.2.1.1.4.0', text('noc@example.net'));
  objects.set('1.3.6.1.2.1.1.5.0', text(name));
  objects.set('1.3.6.1.2.1.1.6.0', text(`Rack ${1 + Math.floor(random() * 20)}`));

  const inputs: (() => bigint)[] = [];
  objects.set('1.3.6.1.2.1.2.1.0', whole(options.interfaces + 1));
  if (!options.narrow) objects.set('1.3.6.1.2.1.31.1.5.0', { type: 'timeticks', value: 0 });
  for (let i = 1; i <= options.interfaces + 1; i++) {
    const label = i === 1 ? 'lo' : `eth${i - 2}`;
    const bytesPerS = (i === 1 ? 2_000 : speed * 125_000 * (0.02 + 0.3 * random())) | 0;
    const [phaseIn, phaseOut, ratio] = [random() * 6.28, random() * 6.28, 0.2 + random()];
    const octets = (out: boolean) => () =>
      BigInt(Math.floor(total(bytesPerS * (out ? ratio : 1), 0.6, 600_000, out ? phaseOut : phaseIn, upMs())));
    const [octetsIn, octetsOut] = [octets(false), octets(true)];
    if (i > 1) inputs.push(octetsIn);
    const both = (narrow: string, wide: string, value: () => bigint) => {
      objects.set(narrow, () => ({ type: 'counter32', value: value() % 2n ** 32n }));
      if (!options.narrow) objects.set(wide, () => ({ type: 'counter64', value: value() }));
    };
    objects.set(`${IF}.1.${i}`, whole(i));
    objects.set(`${IF}.2.${i}`, text(label));
    objects.set(`${IF}.3.${i}`, whole(i === 1 ? 24 : 6));
    objects.set(`${IF}.5.${i}`, gauge(i === 1 ? 10_000_000 : Math.min(speed * 1e6, 4294967295)));
    objects.set(`${IF}.6.${i}`, { type: 'string', value: Buffer.from([2, 0, options.seed & 255, 0, i >> 8, i & 255]) });
    objects.set(`${IF}.8.${i}`, whole(i > 2 && random() < 0.1 ? 2 : 1));
    both(`${IF}.10.${i}`, `${IFX}.6.${i}`, octetsIn);
    both(`${IF}.16.${i}`, `${IFX}.10.${i}`, octetsOut);
    both(`${IF}.11.${i}`, `${IFX}.7.${i}`, () => octetsIn() / 800n);
    both(`${IF}.17.${i}`, `${IFX}.11.${i}`, () => octetsOut() / 800n);
    for (const [column, perS] of [
      [13, 0.01],
      [14, 0.002],
      [19, 0.02],
      [20, 0.001],
    ] as const) {
      objects.set(`${IF}.${column}.${i}`, () => ({ type: 'counter32', value: Math.floor(total(perS, 0.5, 60_000, 0, upMs())) }));
    }
    if (options.narrow) continue;
    objects.set(`${IFX}.1.${i}`, text(label));
    objects.set(`${IFX}.15.${i}`, gauge(i === 1 ? 10 : speed));
    objects.set(`${IFX}.18.${i}`, text(i === 2 ? 'uplink' : ''));
    objects.set(`${IFX}.19.${i}`, { type: 'timeticks', value: 0 });
  }

  const loadAt = (scale: number) => () => whole(Math.round(100 * (1.2 + Math.sin(upMs() / (60_000 * scale)))));
  [1, 5, 15].forEach((minutes, i) => objects.set(`${UCD}.10.1.5.${i + 1}`, loadAt(minutes)));
  const processors = 4;
  objects.set(`${UCD}.11.67.0`, whole(processors));
  for (const [object, share] of [
    [50, 0.2],
    [51, 0.01],
    [52, 0.08],
    [53, 0.68],
    [54, 0.02],
    [55, 0.08],
    [56, 0],
    [61, 0.01],
    [64, 0],
  ] as const) {
    objects.set(`${UCD}.11.${object}.0`, () => ({
      type: 'counter32',
      value: Math.floor(total(share * 100 * processors, 0.5, 300_000, 0, upMs())) % 2 ** 32,
    }));
  }
  const memoryKib = 8 * 1024 * 1024;
  for (const [object, share] of [
    [3, 0.25],
    [4, 0.2],
    [5, 1],
    [6, 0.3],
    [14, 0.05],
    [15, 0.35],
  ] as const) {
    objects.set(`${UCD}.4.${object}.0`, () =>
      whole(Math.round(memoryKib * share * (object === 6 ? 1 + 0.1 * Math.sin(upMs() / 90_000) : 1))),
    );
  }

  for (let i = 0; i < processors; i++) {
    objects.set(`1.3.6.1.2.1.25.3.3.1.2.${196608 + i}`, () => whole(Math.round(30 + 20 * Math.sin(upMs() / 70_000 + i))));
  }
  const units = 4096;
  const disks = [
    { index: 1, type: 2, descr: 'Physical memory', bytes: 8 * GIB, used: () => 0.7 },
    { index: 31, type: 4, descr: '/', bytes: 40 * GIB, used: () => 0.4 + 0.0001 * (upMs() / DAY_MS) },
    { index: 36, type: 4, descr: '/srv', bytes: 500 * GIB, used: () => Math.min(0.99, 0.6 + 0.002 * (upMs() / DAY_MS)) },
    { index: 38, type: 4, descr: '/run', bytes: GIB, used: () => 0.01 },
  ];
  for (const { index, type, descr, bytes, used } of disks) {
    objects.set(`${HR_STORAGE}.1.${index}`, whole(index));
    objects.set(`${HR_STORAGE}.2.${index}`, { type: 'oid', value: `1.3.6.1.2.1.25.2.1.${type}` });
    objects.set(`${HR_STORAGE}.3.${index}`, text(descr));
    objects.set(`${HR_STORAGE}.4.${index}`, whole(units));
    objects.set(`${HR_STORAGE}.5.${index}`, whole(bytes / units));
    objects.set(`${HR_STORAGE}.6.${index}`, () => whole(Math.floor((bytes / units) * used())));
  }
  return { objects, name, octetsIn: (n) => inputs[n - 1]?.() ?? 0n };
}
