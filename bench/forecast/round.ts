/**
 * A round over a fleet, as the nights have it: forecasts with their backtests by the thread of low priority, three disks for each
 * uplink, while a timer of this process stands for the polls that must go on.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createFitter, type FitRequest } from '../../server/fitting.ts';
import { disks, LIMIT, SHAPES } from './shapes.ts';
import { trafficSets } from './traffic.ts';

const DAY_MS = 86_400_000;
const END_MS = Date.UTC(2026, 8, 1);
const SERIES = 2_000;
/** Of each four series one is an uplink, as in the demonstration's fleet. */
const UPLINK_EVERY = 4;

export interface RoundFigures {
  /** For 2,000 series, by the CPU of those that were made. */
  readonly cpuS: number;
  readonly wallS: number;
  readonly made: number;
  /** How late a timer of the process is while the thread works, ms. */
  readonly lateP99Ms: number;
  readonly lateWorstMs: number;
}

/** @param count series that are really made */
export async function benchRound(seed: number, count: number): Promise<RoundFigures> {
  const all = [...disks(SHAPES, seed, Math.ceil(count / Object.keys(SHAPES).length))];
  const links = trafficSets(seed, 20)
    .filter(({ perDay }) => perDay === 1)
    .flatMap(({ series }) => series);
  const requests = Array.from({ length: count }, (_, i): FitRequest => {
    const link = i % UPLINK_EVERY === 0 ? links[i % links.length] : undefined;
    const values = link ?? all[i % all.length]?.history ?? [];
    return {
      kind: link ? 'rate' : 'stock',
      history: {
        timesMs: Array.from(values, (_v, n) => END_MS - (values.length - n) * DAY_MS + DAY_MS / 2),
        values: Array.from(values, (v) => (v === null || Number.isNaN(v) ? null : v)),
      },
      limit: link ? 1.5 * Math.max(...link) : LIMIT,
      ...{ horizonMs: 730 * DAY_MS, nowMs: END_MS, stepMs: DAY_MS, zone: 'UTC', changesMs: [] },
    };
  });
  const fitter = createFitter();
  const late = monitorEventLoopDelay({ resolution: 5 });
  try {
    await fitter.fit(requests[0] as FitRequest);
    late.enable();
    const began = process.cpuUsage();
    const startMs = performance.now();
    for (const one of requests) await fitter.fit(one);
    const { user, system } = process.cpuUsage(began);
    late.disable();
    const scale = SERIES / count;
    return {
      cpuS: ((user + system) / 1e6) * scale,
      wallS: ((performance.now() - startMs) / 1000) * scale,
      made: count,
      lateP99Ms: Math.max(0, late.percentile(99) / 1e6 - 5),
      lateWorstMs: Math.max(0, late.max / 1e6 - 5),
    };
  } finally {
    await fitter.close();
  }
}
