/** A month of several devices as a collector would tell it, with everything that goes wrong; the same for every store. */
import { seriesKey, type MetricName, type SeriesKey } from '../../core/model.ts';
import type { ImportSeries, RawRow } from '../../core/ports.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** March 2021 in Paris, in which an hour is missing, begins an hour before it begins in UTC. */
export const MONTH = { fromMs: Date.UTC(2021, 1, 28, 23), toMs: Date.UTC(2021, 2, 31, 22) } as const;
export const BEGINS_MS = MONTH.fromMs - 42 * MINUTE - 57 * SECOND;
export const ENDS_MS = MONTH.toMs + 2 * DAY;

/** What a device is told to do: intervals one after the other, each for a time. */
interface Script {
  readonly device: string;
  readonly instances: readonly string[];
  readonly metrics: readonly MetricName[];
  readonly runs: readonly (readonly [intervalMs: number, forMs: number])[];
  /** Share of the readings of a series that are unknown. */
  readonly gaps: number;
  /** Hours of nothing at all, in hours after the begin. */
  readonly silent: readonly (readonly [fromH: number, toH: number])[];
  readonly value: (random: () => number, i: number) => number;
}

/** @param tenS how long the quickest device is read every ten seconds, milliseconds */
function scripts(tenS: number): Script[] {
  const traffic = ['interface.in_bps', 'interface.out_bps', 'interface.errors'] as const;
  const all = ENDS_MS - BEGINS_MS;
  return [
    {
      device: 'quick',
      instances: ['if1'],
      metrics: traffic,
      runs: [
        [10 * SECOND, tenS],
        [MINUTE, 2 * tenS],
        [5 * MINUTE, all - 3 * tenS],
      ],
      gaps: 0.004,
      silent: [
        [2, 3.4],
        [5 * 24, 5 * 24 + 3],
      ],
      value: (random, i) => (i % 7 === 0 ? 0 : Math.floor(random() * 1e10)),
    },
    {
      device: 'steady',
      instances: ['if1', 'if2'],
      metrics: traffic.slice(0, 2),
      runs: [[5 * MINUTE, all]],
      gaps: 0.002,
      silent: [[200, 260.7]],
      value: (random) => random() * 1e9,
    },
    {
      device: 'slow',
      instances: ['disk1', 'disk2'],
      metrics: ['disk.used_bytes', 'disk.size_bytes'],
      runs: [
        [HOUR, 20 * DAY],
        [17 * MINUTE, all - 20 * DAY],
      ],
      gaps: 0.02,
      silent: [],
      value: (random, i) => 4e11 + i * 1e6 + random() * 7,
    },
    {
      device: 'ratio',
      instances: ['cpu1'],
      metrics: ['cpu.used_ratio', 'ping.loss_ratio'],
      runs: [[15 * MINUTE, all]],
      gaps: 0.01,
      silent: [[400, 400.6]],
      value: (random, i) => (i % 5 === 0 ? 0 : (Math.floor(random() * 3) + 1) / 3),
    },
  ];
}

/** Deterministic numbers 0–1 (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Told {
  /** In order of time. */
  readonly rows: readonly RawRow[];
  readonly series: readonly SeriesKey[];
}

export function month(tenS: number): Told {
  const rows: RawRow[] = [];
  const series: SeriesKey[] = [];
  for (const [s, script] of scripts(tenS).entries()) {
    const random = randomFrom(s + 1);
    const keys = script.instances.flatMap((instance) =>
      script.metrics.map((metric) => seriesKey(script.device, instance, metric)),
    );
    series.push(...keys);
    let [t, i] = [BEGINS_MS + s * 1_234, 0];
    let wasSilent = false;
    for (const [intervalMs, forMs] of script.runs) {
      const endMs = t + forMs;
      while (t < endMs) {
        t += intervalMs + Math.floor(random() * Math.min(900, intervalMs / 20));
        const hour = (t - BEGINS_MS) / HOUR;
        if (script.silent.some(([from, to]) => hour >= from && hour < to)) {
          wasSilent = true;
          continue;
        }
        const values = Float64Array.from(keys, () => (random() < script.gaps ? NaN : script.value(random, i)));
        // Who comes back says first that nothing is known of the time before.
        rows.push({ device: script.device, tMs: t, intervalMs, series: keys, values: wasSilent ? values.fill(NaN) : values });
        wasSilent = false;
        i++;
      }
    }
  }
  return { rows: rows.toSorted((a, b) => a.tMs - b.tMs), series };
}

/** Three days of a device that nothing is stored of yet, a year before all else: some of it every minute, a hole, gaps. */
export function old(minutes: number): ImportSeries[] {
  const random = randomFrom(99);
  return ['interface.in_bps', 'interface.out_bps'].map((metric) => {
    const tMs: number[] = [];
    const value: number[] = [];
    for (let i = 0; i < minutes; i++) {
      if (i > minutes / 3 && i < minutes / 2) continue;
      tMs.push(BEGINS_MS - 365 * DAY + i * MINUTE + Math.floor(random() * 500));
      value.push(random() < 0.01 ? NaN : random() * 1e9);
    }
    return {
      series: seriesKey('old', 'if1', metric as MetricName),
      tMs: Float64Array.from(tMs),
      value: Float64Array.from(value),
    };
  });
}
