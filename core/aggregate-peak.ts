/**
 * The exact extremes of a sum or a mean of raw records. Devices are polled at different moments, so
 * a slot blends two records of each, and the highest slot is lower than the sum really was. Between
 * two readings nothing changes: walking through all of them, in order, finds what it really was.
 */
import type { Combined } from './aggregate.ts';
import type { RawColumns } from './ports.ts';

export interface Extremes {
  readonly maximum: number | null;
  readonly maximumAtMs: number | null;
  readonly minimum: number | null;
}

/** Sums are added up anew so often, so that rounding does not gather. */
const ANEW_EVERY = 256;

/**
 * @param records of the members, at most 1023
 * @param reached slots that may hold the maximum
 * @param usable slots that may hold the minimum
 */
export function extremesOf(
  combined: Combined,
  records: readonly RawColumns[],
  how: 'sum' | 'mean',
  reached: (slot: number) => boolean,
  usable: (slot: number) => boolean,
): Extremes {
  const { fromMs, stepMs, mean, counted } = combined;
  const events = eventsOf(records, fromMs, mean.length, stepMs);
  const current = records.map((_record) => NaN);
  const next = new Uint32Array(records.length);
  let [sum, known] = [0, 0];
  let [maximum, maximumAtMs, minimum] = [NaN, NaN, NaN];
  const take = (m: number) => {
    const i = next[m] ?? 0;
    next[m] = i + 1;
    const before = current[m] ?? NaN;
    const value = records[m]?.value[i] ?? NaN;
    if (!Number.isNaN(before)) [sum, known] = [sum - before, known - 1];
    if (!Number.isNaN(value)) [sum, known] = [sum + value, known + 1];
    current[m] = value;
  };
  records.forEach(({ tMs, previousMs }, m) => {
    // A record holds from the one before it: at the beginning, the first that ends later.
    const i = after(tMs, fromMs);
    // Of the very first record nobody knows where it begins.
    next[m] = i === 0 && previousMs === null ? 1 : i;
    if (i > 0 || (previousMs !== null && previousMs <= fromMs)) take(m);
  });
  for (let e = 0; e <= events.length; e++) {
    // After all that changes at one moment; the beginning of the range comes first.
    const at = e === 0 ? fromMs : fromMs + Math.floor((events[e - 1] ?? 0) / MEMBERS_RADIX);
    const member = e === 0 ? SLOT_BEGINS : (events[e - 1] ?? 0) % MEMBERS_RADIX;
    if (member !== SLOT_BEGINS) take(member);
    if (e % ANEW_EVERY === 0) sum = total(current);
    if (e < events.length && fromMs + Math.floor((events[e] ?? 0) / MEMBERS_RADIX) === at) continue;
    const slot = Math.floor((at - fromMs) / stepMs);
    // Where a member is unknown for a part of the slot, that part tells nothing.
    if (known === 0 || known < (counted[slot] ?? 0)) continue;
    const roughly = how === 'mean' ? sum / known : sum;
    const [higher, lower] = [!(roughly <= maximum) && reached(slot), !(roughly >= minimum) && usable(slot)];
    if (!higher && !lower) continue;
    // What was added and taken away leaves a residue, and nothing must be less than it was: an extreme is added up anew.
    sum = total(current);
    const value = how === 'mean' ? sum / known : sum;
    if (higher && !(value <= maximum)) [maximum, maximumAtMs] = [value, at];
    if (lower && !(value >= minimum)) minimum = value;
  }
  const orNull = (value: number) => (Number.isNaN(value) ? null : value);
  return { maximum: orNull(maximum), maximumAtMs: orNull(maximumAtMs), minimum: orNull(minimum) };
}

function total(values: readonly number[]): number {
  return values.reduce((all, value) => (Number.isNaN(value) ? all : all + value), 0);
}

const MEMBERS_RADIX = 1024;
/** In the place of a member: nothing changes, but who should be known does. */
const SLOT_BEGINS = MEMBERS_RADIX - 1;

/** Moments at which a member's value changes, in order: milliseconds since fromMs × radix + member. */
function eventsOf(records: readonly RawColumns[], fromMs: number, slots: number, stepMs: number): Float64Array {
  const endMs = fromMs + slots * stepMs;
  let count = slots;
  const ranges = records.map(({ tMs, previousMs }) => {
    const first = after(tMs, fromMs);
    const end = after(tMs, endMs - 1);
    // Where nothing came before, the time before the first record is where its value begins.
    const begins = first === 0 && previousMs !== null && previousMs > fromMs && previousMs < endMs;
    count += end - first + (begins ? 1 : 0);
    return { first, end, begins };
  });
  const events = new Float64Array(count);
  let at = 0;
  for (let slot = 0; slot < slots; slot++) events[at++] = slot * stepMs * MEMBERS_RADIX + SLOT_BEGINS;
  records.forEach(({ tMs, previousMs }, m) => {
    const { first, end, begins } = ranges[m] ?? { first: 0, end: 0, begins: false };
    if (begins) events[at++] = Math.round((previousMs ?? 0) - fromMs) * MEMBERS_RADIX + m;
    for (let i = first; i < end; i++) events[at++] = Math.round((tMs[i] ?? 0) - fromMs) * MEMBERS_RADIX + m;
  });
  return events.sort();
}

/** Index of the first time after a moment. */
function after(tMs: Float64Array, moment: number): number {
  let [low, high] = [0, tMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tMs[middle] ?? 0) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
