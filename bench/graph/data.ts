/** A graph as pictures of it are measured: in and out of a busy uplink, with its extremes, a gap and 95th lines. */
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { timeTicks, valueTicks } from '../../core/ticks.ts';

const DAY_MS = 86_400_000;
/** Of every picture of the measurement; a whole number of steps. */
export const STEP_MS = 108_000;
export const SLOTS = 800;

/** Numbers that look like noise and are the same in every run: Park and Miller's generator. */
function noise(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

export interface Wave {
  readonly min: number[];
  readonly mean: number[];
  readonly max: number[];
}

/** One direction of a link over a day, a value a slot, in bit/s. */
export function waveOf(seed: number, peak: number, slots = SLOTS): Wave {
  const next = noise(seed);
  let drift = 0;
  const mean = Array.from({ length: slots }, (_, i) => {
    drift = drift * 0.9 + (next() - 0.5) * 0.12;
    return Math.round(peak * Math.max(0.03, 0.45 - 0.32 * Math.cos((2 * Math.PI * i) / slots) + drift));
  });
  return {
    mean,
    min: mean.map((v) => Math.round(v * (0.72 + 0.2 * next()))),
    max: mean.map((v) => Math.round(v * (1.06 + 0.3 * next()))),
  };
}

/** Slots of which nothing is known. */
export const GAP = { from: 430, to: 462 };
/** In and out of the uplink of a seed. */
export const wavesOf = (seed: number): readonly [into: Wave, out: Wave] => [waveOf(seed, 6e9), waveOf(seed + 7, 2.6e9)];

export function uplink(seed: number, width: number, toMs = Date.UTC(2026, 2, 15, 12)): GraphData {
  const fromMs = toMs - SLOTS * STEP_MS;
  const [into, out] = wavesOf(seed);
  const gap = GAP;
  const lines = [lineOf('in', into, gap, false), lineOf('out', out, gap, true)];
  const [top, bottom] = lines.map((line) => line.stats.maximum ?? 0);
  const y = valueTicks(top ?? 0, bottom ?? 0, 'bps', width < 500 ? 4 : 7);
  return {
    id: 'traffic~uplink~eth0',
    title: `Transit ${seed}`,
    subtitle: 'eth0, 10 Gb/s',
    unit: 'bps',
    ...{ fromMs, toMs, stepMs: STEP_MS, tier: 'raw', zone: 'UTC' },
    tMs: Array.from({ length: SLOTS }, (_, i) => fromMs + i * STEP_MS),
    lines,
    gaps: [
      {
        fromMs: fromMs + gap.from * STEP_MS,
        toMs: fromMs + gap.to * STEP_MS,
        cause: 'timeout',
        text: 'no data 00:54–01:51: no answer',
      },
    ],
    partial: [],
    stack: false,
    devices: ['uplink'],
    note: '',
    limits: [],
    y,
    x: { ticks: timeTicks(fromMs, toMs, width, 'UTC') },
    newestMs: toMs - 20_000,
    oldestMs: fromMs - 400 * DAY_MS,
    about: '',
  };
}

function lineOf(role: 'in' | 'out', wave: Wave, gap: { from: number; to: number }, below: boolean): GraphLine {
  const holed = (values: number[]) => values.map((v, i) => (i >= gap.from && i < gap.to ? null : v));
  const known = wave.mean.filter((_, i) => i < gap.from || i >= gap.to);
  const sorted = [...known].sort((a, b) => a - b);
  const sum = known.reduce((all, v) => all + v, 0);
  return {
    series: `uplink/eth0/interface.${role}_bps`,
    label: role,
    role,
    below,
    fill: true,
    ...{ mean: holed(wave.mean), min: holed(wave.min), max: holed(wave.max) },
    stats: {
      current: known.at(-1) ?? null,
      average: sum / known.length,
      minimum: Math.min(...wave.min),
      maximum: Math.max(...wave.max),
      maximumAtMs: null,
      p95: sorted[Math.floor(sorted.length * 0.95)] ?? null,
      p95From: '5 min means',
      total: (sum * STEP_MS) / 1000,
      known: known.length / wave.mean.length,
    },
    members: 1,
    bound: { maximum: false, minimum: false },
  };
}
