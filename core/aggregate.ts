/**
 * Many series as one line: first combined slot by slot, then anything else. A member that is
 * unknown in a slot in which it should be known is left out of it, counted and named: the slot is
 * partial. Before its first sample and after its last a member does not exist.
 */
import type { Aggregate } from './dashboard.ts';
import type { GraphPartial } from './graph.ts';
import { toSlots, type Each } from './query.ts';

export type Combine = Exclude<Aggregate, 'each'>;

export interface Member {
  readonly each: Each;
  /** First sample; -Infinity when that lies before what was read, Infinity when there is none. */
  readonly bornMs: number;
  /** Until when it should be known: its last sample, or for ever when its next is overdue. */
  readonly untilMs: number;
  /** Its next sample is still to come: slots after the last one are not over. */
  readonly awaited: boolean;
}

/** A run of slots in which a member was unknown. */
export interface Absence {
  readonly member: number;
  readonly from: number;
  /** The last of them. */
  readonly to: number;
}

/** Slots of equal width from fromMs, a multiple of stepMs. */
export interface Combined {
  readonly fromMs: number;
  readonly stepMs: number;
  /** Combined means; NaN = no member known, or not yet all that are awaited. */
  readonly mean: Float64Array;
  /** Combined lowest and highest values: no combined value within the slot was below or above. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Members in it. */
  readonly counted: Uint16Array;
  /** Members that should be in it, and are unknown. */
  readonly missing: Uint16Array;
  readonly absences: readonly Absence[];
}

/** A member counts in a slot when it is known for at least this share of the time in which it should be. */
const KNOWN_ENOUGH = 0.5;

/** @param stepMs at least the largest interval of the members */
export function combine(members: readonly Member[], how: Combine, fromMs: number, toMs: number, stepMs: number): Combined {
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  const count = Math.max(0, Math.ceil((toMs - startMs) / stepMs));
  const [mean, low, high] = [identity(how, count), identity(how, count), identity(how, count)];
  const counted = new Uint16Array(count);
  const missing = new Uint16Array(count);
  const pending = new Uint8Array(count);
  const absences: Absence[] = [];
  members.forEach((member, m) => {
    const slots = toSlots(member.each, fromMs, toMs, stepMs);
    let absentFrom = -1;
    const end = (before: number) => {
      if (absentFrom >= 0) absences.push({ member: m, from: absentFrom, to: before - 1 });
      absentFrom = -1;
    };
    for (let i = 0; i < count; i++) {
      const slotMs = startMs + i * stepMs;
      const dueMs = Math.min(slotMs + stepMs, toMs, member.untilMs) - Math.max(slotMs, member.bornMs);
      const knownMs = (slots.known[i] ?? 0) * stepMs;
      if (knownMs > 0 && knownMs >= KNOWN_ENOUGH * Math.min(dueMs, stepMs) - 1) {
        end(i);
        counted[i] = (counted[i] ?? 0) + 1;
        fold(how, mean, i, slots.mean[i] ?? NaN);
        fold(how, low, i, slots.min[i] ?? NaN);
        fold(how, high, i, slots.max[i] ?? NaN);
      } else if (dueMs > 0) {
        if (absentFrom < 0) absentFrom = i;
        missing[i] = (missing[i] ?? 0) + 1;
      } else {
        end(i);
        if (member.awaited && slotMs >= member.untilMs) pending[i] = 1;
      }
    }
    end(count);
  });
  for (let i = 0; i < count; i++) {
    const n = pending[i] === 1 ? 0 : (counted[i] ?? 0);
    for (const values of [mean, low, high])
      values[i] = n === 0 ? NaN : how === 'mean' ? (values[i] ?? NaN) / n : (values[i] ?? NaN);
    if (pending[i] === 1) counted[i] = missing[i] = 0;
  }
  return { fromMs: startMs, stepMs, mean, low, high, counted, missing, absences };
}

function identity(how: Combine, count: number): Float64Array {
  return new Float64Array(count).fill(how === 'max' ? -Infinity : how === 'min' ? Infinity : 0);
}

function fold(how: Combine, into: Float64Array, i: number, value: number): void {
  const before = into[i] ?? 0;
  into[i] = how === 'max' ? Math.max(before, value) : how === 'min' ? Math.min(before, value) : before + value;
}

/**
 * Which slots a line's figures come from: those in which every member is known, as long as these
 * are at least half of all; else every slot, because a member that is gone must not take the rest.
 */
export function figureSlots({ mean, missing }: Combined): {
  readonly usable: (slot: number) => boolean;
  readonly complete: boolean;
} {
  let [all, whole] = [0, 0];
  for (let i = 0; i < mean.length; i++) {
    if (Number.isNaN(mean[i])) continue;
    all++;
    if (missing[i] === 0) whole++;
  }
  const complete = 2 * whole >= all;
  return { complete, usable: (slot) => !Number.isNaN(mean[slot]) && (!complete || missing[slot] === 0) };
}

/** The slots as stretches of known time. @param wanted which of them; all that are known when left out */
export function eachSlot(combined: Combined, extremes: 'mean' | 'bounds', wanted?: (slot: number) => boolean): Each {
  const { fromMs, stepMs, mean, low, high } = combined;
  return (visit) => {
    for (let i = 0; i < mean.length; i++) {
      const value = mean[i] ?? NaN;
      if (Number.isNaN(value) || (wanted && !wanted(i))) continue;
      const t0 = fromMs + i * stepMs;
      if (extremes === 'mean') visit(t0, t0 + stepMs, value, value, value, stepMs);
      else visit(t0, t0 + stepMs, value, low[i] ?? value, high[i] ?? value, stepMs);
    }
  };
}

interface Stretch {
  readonly fromMs: number;
  toMs: number;
  /** Most members that were unknown in one of its slots, and of how many. */
  most: number;
  of: number;
  readonly names: Set<string>;
}
const STRETCHES_MAX = 200;
const NAMES_SHOWN = 3;

/** Stretches of partial slots of one line, told in words. @param names of the members, in their order */
function stretchesOf(combined: Combined, names: readonly string[], toMs: number): Stretch[] {
  const { fromMs, stepMs, mean, missing, absences } = combined;
  const found: (Stretch & { readonly from: number; to: number })[] = [];
  for (let i = 0; i < mean.length; i++) {
    const n = missing[i] ?? 0;
    if (n === 0 || Number.isNaN(mean[i])) continue;
    const endMs = Math.min(toMs, fromMs + (i + 1) * stepMs);
    const last = found.at(-1);
    if (last?.to === i - 1) {
      last.to = i;
      last.toMs = endMs;
      last.most = Math.max(last.most, n);
    } else found.push({ fromMs: fromMs + i * stepMs, toMs: endMs, most: n, of: names.length, names: new Set(), from: i, to: i });
  }
  let first = 0;
  for (const absence of [...absences].sort((a, b) => a.from - b.from)) {
    while ((found[first]?.to ?? Infinity) < absence.from) first++;
    for (let s = first; s < found.length && (found[s]?.from ?? 0) <= absence.to; s++)
      found[s]?.names.add(names[absence.member] ?? '');
  }
  return found;
}

/** Stretches with less than this between them become one. @param all ascending */
function joined(all: readonly Stretch[], betweenMs: number): Stretch[] {
  const merged: Stretch[] = [];
  for (const stretch of all) {
    const last = merged.at(-1);
    if (last && stretch.fromMs - last.toMs < betweenMs) {
      last.toMs = Math.max(last.toMs, stretch.toMs);
      if (stretch.most > last.most) [last.most, last.of] = [stretch.most, stretch.of];
      for (const name of stretch.names) last.names.add(name);
    } else merged.push({ ...stretch, names: new Set(stretch.names) });
  }
  return merged;
}

/**
 * Partial stretches of all lines of a graph; those of several lines that touch become one. Where
 * there are more than can be told, neighbours are told together: marked too wide, but never left out.
 */
export function partialOf(
  lines: readonly { readonly combined: Combined; readonly names: readonly string[] }[],
  fromMs: number,
  toMs: number,
): GraphPartial[] {
  const all = lines.flatMap(({ combined, names }) => stretchesOf(combined, names, toMs)).sort((a, b) => a.fromMs - b.fromMs);
  const apart = joined(all, 0);
  const told = apart.length > STRETCHES_MAX ? joined(apart, (toMs - fromMs) / STRETCHES_MAX) : apart;
  return told.map(({ fromMs: from, toMs: to, most, of, names }) => {
    const shown = [...names].slice(0, NAMES_SHOWN);
    const more = names.size - shown.length;
    const who = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const upTo = names.size > most ? 'up to ' : '';
    return { fromMs: Math.max(from, fromMs), toMs: to, text: `${upTo}${most} of ${of} unknown: ${who}` };
  });
}
