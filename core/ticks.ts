/** Where an axis is marked and what stands there. Decided once, for every renderer. */
import type { TimeTick, ValueTick } from './graph.ts';
import type { Unit } from './model.ts';
import { formatScaled, scaleFor } from './units.ts';

const MAX_TICKS = 9;
/** Data smaller than this is drawn as zero: no unit of ours has a meaning below. */
const REACH_MIN = 1e-9;

/**
 * Round value ticks from 0 up to at least `top` (and down to at least -`bottom` for a graph
 * mirrored at zero, whose labels stay positive). The unit stands on the topmost tick only.
 * @param target about how many steps have room over the whole height, 3 to 8
 */
export function valueTicks(
  top: number,
  bottom: number,
  unit: Unit,
  target = 4,
): { min: number; max: number; ticks: ValueTick[] } {
  const size = Math.max(top, bottom, 0);
  const reach = size > REACH_MIN && Number.isFinite(size) ? size : defaultReach(unit);
  const mirrored = bottom > 0;
  const step = roundStep(Math.max(reach, Math.max(0, top) + bottom) / target, unit);
  const above = Math.max(1, Math.ceil((size > REACH_MIN ? Math.max(top, 0) : reach) / step - 1e-9));
  const below = mirrored ? Math.max(1, Math.ceil(bottom / step - 1e-9)) : 0;
  const scale = scaleFor(Math.max(above, below) * step, unit);
  // A very uneven mirror must not drown in labels.
  const every = Math.ceil((above + below + 1) / MAX_TICKS);
  const ticks: ValueTick[] = [];
  for (let i = -below; i <= above; i++) {
    if (i !== above && i % every !== 0) continue;
    const value = i * step;
    const number = plain(formatScaled(Math.abs(value), scale));
    ticks.push({ value, label: i === above && scale.unit !== '' ? `${number} ${scale.unit}` : number });
  }
  return { min: below === 0 ? 0 : -below * step, max: above * step, ticks };
}

/** Round value ticks around a span that need not begin at zero: for lines that nothing fills down to it. */
export function levelTicks(low: number, high: number, unit: Unit, target = 5): { min: number; max: number; ticks: ValueTick[] } {
  const top = Number.isFinite(high) && high > REACH_MIN ? high : defaultReach(unit);
  const foot = Number.isFinite(low) && low > 0 && low < top ? low : 0;
  const step = roundStep((top - foot) / target, unit);
  const [first, last] = [Math.floor(foot / step + 1e-9), Math.max(1, Math.ceil(top / step - 1e-9))];
  const scale = scaleFor(last * step, unit);
  const ticks = Array.from({ length: last - first + 1 }, (_, i): ValueTick => {
    const value = (first + i) * step;
    const number = plain(formatScaled(value, scale));
    return { value, label: first + i === last && scale.unit !== '' ? `${number} ${scale.unit}` : number };
  });
  return { min: first * step, max: last * step, ticks };
}

/** '6.00' reads better as '6' on an axis; thin spaces stay. */
function plain(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

function defaultReach(unit: Unit): number {
  return unit === 'bytes' ? 1024 : unit === 'bps' ? 1000 : 1;
}

/** The next round step: 1, 2, 2.5, 5 × 10^n; for bytes powers of two. */
function roundStep(rough: number, unit: Unit): number {
  if (unit === 'bytes') return 2 ** Math.max(0, Math.ceil(Math.log2(rough)));
  // Round as it will be read: 5 days, not 500 000 seconds.
  const { divisor } = scaleFor(rough * 4, unit);
  const read = rough / divisor;
  const power = 10 ** Math.floor(Math.log10(read));
  for (const factor of [1, 2, 2.5, 5, 10]) if (factor * power >= read * (1 - 1e-9)) return factor * power * divisor;
  return 10 * power * divisor;
}

/** Candidate distances of time ticks, with the room a label needs in pixels. */
type Distance =
  | { readonly unit: 'second' | 'minute' | 'hour'; readonly count: number; readonly approxMs: number; readonly labelPx: number }
  | {
      readonly unit: 'day' | 'week' | 'month' | 'year';
      readonly count: number;
      readonly approxMs: number;
      readonly labelPx: number;
    };

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;
const D = 24 * H;
const DISTANCES: readonly Distance[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => ({ unit: 'second' as const, count, approxMs: count * S, labelPx: 84 })),
  ...[1, 2, 5, 10, 15, 30].map((count) => ({ unit: 'minute' as const, count, approxMs: count * MIN, labelPx: 72 })),
  ...[1, 2, 3, 6, 12].map((count) => ({ unit: 'hour' as const, count, approxMs: count * H, labelPx: count === 12 ? 90 : 62 })),
  { unit: 'day', count: 1, approxMs: D, labelPx: 62 },
  { unit: 'day', count: 2, approxMs: 2 * D, labelPx: 62 },
  { unit: 'week', count: 1, approxMs: 7 * D, labelPx: 62 },
  { unit: 'week', count: 2, approxMs: 14 * D, labelPx: 62 },
  ...[1, 2, 3, 6].map((count) => ({ unit: 'month' as const, count, approxMs: count * 30.4 * D, labelPx: 52 })),
  ...[1, 2, 5, 10, 20, 50, 100].map((count) => ({ unit: 'year' as const, count, approxMs: count * 365.25 * D, labelPx: 52 })),
];
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Ticks on round local times, as many as have room; `major` where a larger unit begins. */
export function timeTicks(fromMs: number, toMs: number, widthPx: number, zone: string): TimeTick[] {
  const span = toMs - fromMs;
  const room = (d: Distance) => (widthPx * d.approxMs) / span >= d.labelPx;
  const distance = DISTANCES.find(room) ?? DISTANCES.at(-1);
  if (!distance || !(span > 0)) return [];
  const ticks: TimeTick[] = [];
  let at = firstTick(fromMs, distance, zone);
  for (let i = 0; i < 500 && at.epochMilliseconds <= toMs; i++) {
    const tMs = at.epochMilliseconds;
    if (tMs >= fromMs) ticks.push({ tMs, ...label(at, distance) });
    const next = nextTick(at, distance);
    // Guards against a zone whose transition maps the next tick onto this one.
    at = next.epochMilliseconds > tMs ? next : at.add({ hours: 2 });
  }
  return ticks;
}

function firstTick(fromMs: number, d: Distance, zone: string): Temporal.ZonedDateTime {
  const from = Temporal.Instant.fromEpochMilliseconds(Math.floor(fromMs)).toZonedDateTimeISO(zone);
  const midnight = from.startOfDay();
  switch (d.unit) {
    case 'second':
      return from.with({ second: 0, millisecond: 0 });
    case 'minute':
      return from.with({ minute: 0, second: 0, millisecond: 0 });
    case 'hour':
      return midnight;
    case 'day':
      // Every second day counts from the month's first, so that ticks stay when the view moves.
      return d.count === 1 ? midnight : midnight.subtract({ days: (from.day - 1) % d.count });
    case 'week':
      return midnight.subtract({ days: from.dayOfWeek - 1 + (d.count > 1 ? 7 * (weekNumber(from) % d.count) : 0) });
    case 'month':
      return midnight.with({ day: 1, month: from.month - ((from.month - 1) % d.count) });
    case 'year':
      return midnight.with({ day: 1, month: 1, year: from.year - (from.year % d.count) });
  }
}

/** Weeks since a fixed Monday, so that every second week is the same one in every view. */
function weekNumber(at: Temporal.ZonedDateTime): number {
  const days = Temporal.PlainDate.from('1969-12-29').until(at.toPlainDate(), { largestUnit: 'days' }).days;
  return ((Math.floor(days / 7) % 2) + 2) % 2;
}

function nextTick(at: Temporal.ZonedDateTime, d: Distance): Temporal.ZonedDateTime {
  switch (d.unit) {
    case 'second':
      return at.add({ seconds: d.count });
    case 'minute':
      return at.add({ minutes: d.count });
    case 'hour': {
      // By the wall clock, so that 06:00 stays 06:00 on the days the clocks change.
      const hour = at.hour + d.count;
      return hour >= 24 ? at.startOfDay().add({ days: 1 }) : at.with({ hour });
    }
    case 'day': {
      const next = at.add({ days: d.count });
      return d.count > 1 && next.month !== at.month ? next.with({ day: 1 }) : next;
    }
    case 'week':
      return at.add({ weeks: d.count });
    case 'month':
      return at.add({ months: d.count });
    case 'year':
      return at.add({ years: d.count });
  }
}

function label(at: Temporal.ZonedDateTime, d: Distance): { label: string; major: boolean } {
  const two = (n: number) => String(n).padStart(2, '0');
  const weekday = DAYS[at.dayOfWeek - 1] ?? '';
  const month = MONTHS[at.month - 1] ?? '';
  switch (d.unit) {
    case 'second':
    case 'minute':
    case 'hour': {
      if (at.hour === 0 && at.minute === 0 && at.second === 0) return { label: `${weekday} ${at.day}`, major: true };
      const seconds = d.unit === 'second' ? `:${two(at.second)}` : '';
      return { label: `${two(at.hour)}:${two(at.minute)}${seconds}`, major: false };
    }
    case 'day':
      return d.count === 1 && at.day !== 1
        ? { label: `${weekday} ${at.day}`, major: at.dayOfWeek === 1 }
        : { label: `${at.day} ${month}`, major: at.day === 1 };
    case 'week':
      return { label: `${at.day} ${month}`, major: at.day <= 7 };
    case 'month':
      return at.month === 1 ? { label: String(at.year), major: true } : { label: month, major: false };
    case 'year':
      return { label: String(at.year), major: false };
  }
}
