/** Figures of a period from stored bins, and how they changed: with the reason in words where nothing can be said. */
import type { Unit } from './model.ts';
import type { Each } from './query.ts';
import type { SpanKey } from './review.ts';
import { percentile } from './statistics.ts';

export interface ReviewFigures {
  /** Weighted by known time; null when nothing is known. */
  readonly mean: number | null;
  /** Of 5-minute means where these are kept, else of hourly ones: `p95StepMs` says of which. */
  readonly p95: number | null;
  /** The same from hourly means, to compare with a period of which only hours are left. */
  readonly p95Hourly: number | null;
  readonly p95StepMs: number;
  readonly peak: number | null;
  /** Begin of the bin that holds the peak. */
  readonly peakAtMs: number | null;
  /** Clock hour, 0–23, with the highest mean over the period's days; null when no hour is known for half of its time. */
  readonly busyHour: number | null;
  readonly busyHourMean: number | null;
  /** Bytes of a rate in bits, events of a rate of events; null for what cannot be summed. */
  readonly total: number | null;
  /** Share of the period that is known, 0–1. */
  readonly known: number;
}

const HOUR_MS = 3_600_000;
const HALF = 0.5;
/** A total of less is smaller because less was seen. */
const TOTAL_KNOWN = 0.95;

/**
 * @param each bins of 5 minutes or an hour, ascending; one that the edge cuts counts with its share in the means, and
 *   in neither percentile nor peak, which may lie outside
 * @param stepMs width of a bin
 */
export function figuresOfPeriod(
  each: Each,
  stepMs: number,
  { fromMs, toMs, zone, unit }: { readonly fromMs: number; readonly toMs: number; readonly zone: string; readonly unit: Unit },
): ReviewFigures {
  const hourOf = clockHours(fromMs, toMs, zone);
  const sums = new Float64Array(24);
  const knownOf = new Float64Array(24);
  let [total, knownMs, peak, peakAtMs] = [0, 0, -Infinity, NaN];
  const means: number[] = [];
  const hourly: number[] = [];
  let hour = { startMs: NaN, sum: 0, knownMs: 0 };
  const endHour = () => {
    if (hour.knownMs > 0 && hour.startMs >= fromMs && hour.startMs + HOUR_MS <= toMs) hourly.push(hour.sum / hour.knownMs);
  };
  each((t0, t1, mean, _min, max, known) => {
    const [from, to] = [Math.max(t0, fromMs), Math.min(t1, toMs)];
    if (to <= from) return;
    const share = known / (t1 - t0);
    total += mean * (to - from) * share;
    knownMs += (to - from) * share;
    for (let t = from; t < to;) {
      const { hour: clock, untilMs } = hourOf(t);
      const ms = (Math.min(to, untilMs) - t) * share;
      sums[clock] = (sums[clock] ?? 0) + mean * ms;
      knownOf[clock] = (knownOf[clock] ?? 0) + ms;
      t = Math.min(to, untilMs);
    }
    if (t0 < fromMs || t1 > toMs) return;
    means.push(mean);
    const startMs = Math.floor(t0 / HOUR_MS) * HOUR_MS;
    if (startMs !== hour.startMs) {
      endHour();
      hour = { startMs, sum: 0, knownMs: 0 };
    }
    hour.sum += mean * known;
    hour.knownMs += known;
    if (max > peak) [peak, peakAtMs] = [max, t0];
  });
  endHour();
  if (knownMs <= 0) return { ...NOTHING, p95StepMs: stepMs };
  const busy = busiest(sums, knownOf, dueOf(hourOf, fromMs, toMs));
  return {
    mean: total / knownMs,
    p95: percentile(Float64Array.from(means), 0.95),
    p95Hourly: percentile(Float64Array.from(hourly), 0.95),
    p95StepMs: stepMs,
    peak: peak === -Infinity ? null : peak,
    peakAtMs: peak === -Infinity ? null : peakAtMs,
    busyHour: busy,
    busyHourMean: busy === null ? null : (sums[busy] ?? 0) / (knownOf[busy] ?? 1),
    total: totalOf(total / 1000, unit),
    known: Math.min(1, knownMs / (toMs - fromMs)),
  };
}

export const NOTHING: ReviewFigures = {
  mean: null,
  p95: null,
  p95Hourly: null,
  p95StepMs: 0,
  peak: null,
  peakAtMs: null,
  busyHour: null,
  busyHourMean: null,
  total: null,
  known: 0,
};

/** Unit of the total of a unit; null where a sum over time means nothing. */
export function totalUnit(unit: Unit): Unit | null {
  return unit === 'bps' ? 'bytes' : unit === 'per_s' ? '1' : null;
}

function totalOf(sum: number, unit: Unit): number | null {
  return unit === 'bps' ? sum / 8 : unit === 'per_s' ? sum : null;
}

type HourOf = (ms: number) => { readonly hour: number; readonly untilMs: number };

/** Clock hour of a moment in the zone, and its end. The zone's changes within the span are looked up once. */
function clockHours(fromMs: number, toMs: number, zone: string): HourOf {
  const parts: { readonly fromMs: number; readonly untilMs: number; readonly offsetMs: number }[] = [];
  for (let at = fromMs; at < toMs && parts.length < CHANGES_MAX;) {
    const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
    const last = parts.length === CHANGES_MAX - 1;
    const untilMs = (last ? null : local.getTimeZoneTransition('next'))?.epochMilliseconds ?? Infinity;
    parts.push({ fromMs: at, untilMs, offsetMs: local.offsetNanoseconds / 1e6 });
    at = untilMs;
  }
  let held = 0;
  return (ms) => {
    let part = parts[held];
    if (!part || ms < part.fromMs || ms >= part.untilMs) {
      held = Math.max(
        0,
        parts.findLastIndex((one) => one.fromMs <= ms),
      );
      part = parts[held] ?? { fromMs, untilMs: Infinity, offsetMs: 0 };
    }
    const localHour = Math.floor((ms + part.offsetMs) / HOUR_MS);
    const untilMs = Math.min((localHour + 1) * HOUR_MS - part.offsetMs, part.untilMs);
    return { hour: ((localHour % 24) + 24) % 24, untilMs };
  };
}
/** A year has two changes of its clocks; whoever made more laws than this is told the last one's hours. */
const CHANGES_MAX = 100;

/** How long each clock hour lasted in all days of the span. */
function dueOf(hourOf: HourOf, fromMs: number, toMs: number): Float64Array {
  const due = new Float64Array(24);
  for (let t = fromMs; t < toMs;) {
    const { hour, untilMs } = hourOf(t);
    const end = Math.min(untilMs, toMs);
    due[hour] = (due[hour] ?? 0) + end - t;
    t = end;
  }
  return due;
}

function busiest(sums: Float64Array, known: Float64Array, due: Float64Array): number | null {
  let best: number | null = null;
  for (let hour = 0; hour < 24; hour++) {
    const ms = known[hour] ?? 0;
    if (ms <= 0 || ms < HALF * (due[hour] ?? 0) - 1) continue;
    if (best === null || (sums[hour] ?? 0) / ms > (sums[best] ?? 0) / (known[best] ?? 1)) best = hour;
  }
  return best;
}

/** By how much a figure changed: a ratio (0.12 = 12 % more), or null and why nothing is said. */
export interface Change {
  readonly ratio: number | null;
  /** Without capital and full stop; '' when there is a ratio. */
  readonly reason: string;
}
export const CHANGED = ['mean', 'p95', 'peak', 'total'] as const;
export type Changed = (typeof CHANGED)[number];
export type Changes = Readonly<Record<Changed, Change>>;

/** @param earlier whose figures these are: `before` or `yearBefore` */
export function changesSince(now: ReviewFigures, then: ReviewFigures, period: string, earlier: SpanKey): Changes {
  const names: readonly [string, string] = [
    `the ${period}`,
    earlier === 'before' ? `the ${period} before` : `the ${period} a year before`,
  ];
  const unsaid = tooLittle(now, names[0]) ?? tooLittle(then, names[1]);
  const unlike = now.p95StepMs !== then.p95StepMs;
  const change = (a: number | null, b: number | null): Change => {
    if (unsaid !== null) return { ratio: null, reason: unsaid };
    if (a === null || b === null) return { ratio: null, reason: `it is not known of ${a === null ? names[0] : names[1]}` };
    if (a === b) return { ratio: 0, reason: '' };
    if (b === 0) return { ratio: null, reason: `it was 0 in ${names[1]}` };
    return { ratio: (a - b) / Math.abs(b), reason: '' };
  };
  return {
    mean: change(now.mean, then.mean),
    p95: unlike ? change(now.p95Hourly, then.p95Hourly) : change(now.p95, then.p95),
    peak: change(now.peak, then.peak),
    total: totalChange(now, then, change, names),
  };
}

function totalChange(
  now: ReviewFigures,
  then: ReviewFigures,
  change: (a: number | null, b: number | null) => Change,
  names: readonly [string, string],
): Change {
  const found = change(now.total, then.total);
  if (found.ratio === null) return found;
  const short =
    now.known < TOTAL_KNOWN ? ([now, names[0]] as const) : then.known < TOTAL_KNOWN ? ([then, names[1]] as const) : null;
  return short ? { ratio: null, reason: `only ${percentOf(short[0].known)} of ${short[1]} is in its total` } : found;
}

function tooLittle({ known }: ReviewFigures, name: string): string | null {
  if (known >= HALF) return null;
  return known === 0 ? `nothing is known of ${name}` : `only ${percentOf(known)} of ${name} is known`;
}

/** Rounded down, so that "only 50 %" never stands where half is the bound; "less than 1 %". */
const percentOf = (share: number): string => (share < 0.01 ? 'less than 1 %' : `${Math.floor(share * 100)} %`);

/** "+12 %", "−3 %", "0 %", "+1.2 %", "×12" for more than tenfold; never a colour alone. */
export function changeText(ratio: number): string {
  const size = Math.abs(ratio);
  if (ratio > 9) return `×${ratio + 1 < 100 ? Number((ratio + 1).toPrecision(2)) : Math.round(ratio + 1)}`;
  const shown = size < 0.0005 ? '0' : size < 0.0995 ? (size * 100).toFixed(1) : String(Math.round(size * 100));
  return shown === '0' ? '0 %' : `${ratio < 0 ? '\u2212' : '+'}${shown} %`;
}

/** "more", "less", "as before". */
export function changeWord(ratio: number): 'more' | 'less' | 'as before' {
  return Math.abs(ratio) < 0.0005 ? 'as before' : ratio > 0 ? 'more' : 'less';
}
