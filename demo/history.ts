/** The past of the simulated fleet, as series and as rows of the import's format. */
import type { MetricName, Unit } from '../core/model.ts';
import type { DemoDevice, DemoFleet } from './fleet.ts';
import type { DemoPart, DemoSeries } from './parts.ts';
import { curveOf, DAY_MS, FIVE_MS, HOUR_MS, MINUTE_MS, seedOf, type Curve } from './shape.ts';

/** From so many days before the end on, a value every stepMs, until a finer section begins. */
export interface Section {
  readonly days: number;
  readonly stepMs: number;
}
/** Two years of hours, 40 days of 5 minutes, 2 days as they are polled. */
export const WHOLE_PAST: readonly Section[] = [
  { days: 730, stepMs: HOUR_MS },
  { days: 40, stepMs: FIVE_MS },
  { days: 2, stepMs: MINUTE_MS },
];
/** What does not move needs no more than a value a day, except where it stands beside what does. */
const STEADY_STEP_MS = DAY_MS;

export interface PastSeries {
  readonly device: string;
  readonly kind: DemoPart['kind'];
  /** Key of the part. */
  readonly instance: string;
  readonly metric: MetricName;
  readonly unit: Unit;
  /** Ascending; what a value stands for ends here. */
  readonly tMs: Float64Array;
  /** NaN = unknown. */
  readonly value: Float64Array;
}

/** At most this many days, counted from the end. */
export function lastDays(sections: readonly Section[], days: number): Section[] {
  return sections.map((section) => ({ ...section, days: Math.min(section.days, days) }));
}

/** About how many rows a series has. */
export function pastRows(sections: readonly Section[]): number {
  return sections.reduce((sum, { days, stepMs }, i) => sum + ((days - (sections[i + 1]?.days ?? 0)) * DAY_MS) / stepMs, 0);
}

export function curveFor(fleet: DemoFleet, device: DemoDevice, part: DemoPart, series: DemoSeries): Curve {
  // Parts of one whole share its chance.
  const name = series.shape.kind === 'share' ? 'cpu.used_ratio' : series.metric;
  return curveOf(series.shape, seedOf(device.seed, `${part.key} ${name}`), fleet.anchorMs);
}

/** Series after series, a device at a time. The end is rounded down to a whole minute. */
export function* demoHistory(
  fleet: DemoFleet,
  endMs: number,
  sections: readonly Section[] = WHOLE_PAST,
  devices: readonly DemoDevice[] = fleet.devices,
): Generator<PastSeries> {
  const moving = timesOf(endMs, sections);
  const last = sections.at(-1) ?? { days: 0, stepMs: MINUTE_MS };
  const steady = timesOf(endMs, [{ days: sections[0]?.days ?? 0, stepMs: STEADY_STEP_MS }, last]);
  for (const device of devices) {
    for (const part of device.parts) {
      for (const series of part.series) {
        const { tMs, stepMs } = series.shape.kind === 'steady' || series.shape.kind === 'since' ? steady : moving;
        const curve = curveFor(fleet, device, part, series);
        const value = tMs.map((t, i) => {
          // What stands still is no less known because nobody looked for some hours of a day.
          const step = stepMs[i] ?? 0;
          const unseen = step < STEADY_STEP_MS && gapAt(device, t, step) !== null;
          const known = (part.goneMs === null || t <= part.goneMs) && !unseen;
          return known ? rounded(curve.mean(t, stepMs[i] ?? MINUTE_MS), series.unit) : NaN;
        });
        const { metric, unit } = series;
        // What went away has no rows, which is another thing than rows that say "unknown".
        const end = part.goneMs === null ? tMs.length : tMs.findLastIndex((t) => t <= (part.goneMs ?? t)) + 1;
        yield {
          device: device.name,
          kind: part.kind,
          instance: part.key,
          metric,
          unit,
          tMs: tMs.subarray(0, end),
          value: value.subarray(0, end),
        };
      }
    }
  }
}

/** The gap that a value for (t − stepMs, t] falls into. */
export function gapAt(device: DemoDevice, tMs: number, stepMs: number): DemoDevice['gaps'][number] | null {
  return device.gaps.find(({ fromMs, toMs }) => tMs > fromMs && tMs - stepMs < toMs) ?? null;
}

function timesOf(endMs: number, sections: readonly Section[]): { tMs: Float64Array; stepMs: Float64Array } {
  const end = Math.floor(endMs / MINUTE_MS) * MINUTE_MS;
  const tMs: number[] = [];
  const steps: number[] = [];
  sections.forEach(({ days, stepMs }, i) => {
    const next = sections[i + 1];
    const untilMs = next ? Math.floor((end - next.days * DAY_MS) / stepMs) * stepMs : end;
    let fromMs = Math.floor((end - days * DAY_MS) / stepMs) * stepMs;
    // Where a finer section follows a coarser one, it takes up exactly where that ended.
    const before = tMs.at(-1);
    if (before !== undefined) fromMs = before;
    for (let t = fromMs + stepMs; t <= untilMs; t += stepMs) {
      tMs.push(t);
      steps.push(stepMs);
    }
  });
  return { tMs: Float64Array.from(tMs), stepMs: Float64Array.from(steps) };
}

/** As fine as anybody can see, and no finer: what is not said need not be stored. */
function rounded(value: number, unit: Unit): number {
  switch (unit) {
    case 'bps':
      return Math.round(coarse(value, 12));
    case 'bytes':
    case 's':
      return Math.round(coarse(value, 18));
    case 'ratio':
      return Math.round(value * 1e4) / 1e4;
    default:
      return Math.round(value * 1e3) / 1e3;
  }
}

/** To so many binary digits. */
function coarse(value: number, digits: number): number {
  if (!(value > 0)) return 0;
  const step = 2 ** (Math.floor(Math.log2(value)) - digits);
  return Math.round(value / step) * step;
}
