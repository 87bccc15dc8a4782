/** From the answers of one poll to one set of readings. */
import type { GapCause } from '../../core/model.ts';
import {
  ABSENT,
  COUNTER32,
  COUNTER64,
  GAUGE,
  LOW_WORD,
  wordsOf,
  type Column,
  type Plan,
  type Readings,
} from '../../core/readings.ts';
import { isThere, numberAt, octetsOf, TAG, valueAt, type Answers } from './answers.ts';
import type { Check, Recipe, Route } from './route.ts';
import type { Question, SnmpPoll } from './transport.ts';
import { numberOf, textOf } from './values.ts';

const TWO32 = 2 ** 32;
/** A request that was answered this much later or earlier than the others, compared with the poll before, spoils its rates. */
const SKEW_SHARE = 0.1;
const SKEW_MIN_MS = 100;

/** When the sets of the poll before were answered. */
export interface Pace {
  readonly monoMs: number;
  /** From the first request to the first answer. */
  readonly waitedMs: number;
  /** After the first answer; NaN where nothing of a set came. */
  readonly offsetsMs: Float64Array;
}

/** What one set of readings is put into. */
export interface Room {
  readonly state: Uint8Array;
  readonly gauge: Float64Array;
  readonly counter: BigUint64Array;
  /** The same octets as `counter`. */
  readonly words: Uint32Array;
  readonly maxPerS: Float64Array;
  readonly discontinuity: Float64Array;
}

/** Room for so many columns, in one piece of memory. */
export function createRoom(columns: number): Room {
  const buffer = new ArrayBuffer(columns * 33);
  const counter = new BigUint64Array(buffer, 0, columns);
  return {
    counter,
    words: wordsOf(counter),
    gauge: new Float64Array(buffer, 8 * columns, columns),
    maxPerS: new Float64Array(buffer, 16 * columns, columns),
    discontinuity: new Float64Array(buffer, 24 * columns, columns),
    state: new Uint8Array(buffer, 32 * columns, columns),
  };
}

/** Readings of a plan; what `room` held before is gone. */
export function readingsOf(
  plan: Plan,
  route: Route,
  poll: SnmpPoll,
  answers: Answers,
  pace: Pace,
  before: Pace | null,
  epoch: string,
  room: Room = createRoom(plan.columns.length),
): Readings {
  const { columns } = plan;
  const size = columns.length;
  const { limited, interruptible, slots } = stepsOf(route.recipes, columns);
  const { state, gauge, counter, words } = room;
  state.fill(ABSENT);
  const maxPerS = limited ? room.maxPerS.fill(NaN) : null;
  const discontinuity = interruptible ? room.discontinuity.fill(NaN) : null;
  for (let i = 0; i < size; i++) {
    const recipe = route.recipes[i];
    const column = columns[i];
    if (!recipe || !column) throw new Error('a plan has more columns than its route has recipes');
    // Nearly all columns of a large device are one counter each: no object, no bigint for those.
    const slot = slots[i] ?? -1;
    const tag = slot < 0 ? TAG.lost : answers.tags[slot];
    gauge[i] = 0;
    if (tag === TAG.counter64 || tag === TAG.counter32) {
      const low = answers.words[2 * slot] ?? 0;
      const high = tag === TAG.counter64 ? (answers.words[2 * slot + 1] ?? 0) : 0;
      words[2 * i + LOW_WORD] = low;
      words[2 * i + 1 - LOW_WORD] = high;
      state[i] = tag === TAG.counter64 ? COUNTER64 : COUNTER32;
    } else if (column.form === 'counter') readCounter(recipe, answers, i, state, counter);
    else readGauge(recipe, answers, i, state, gauge);
    if (maxPerS && (recipe.limit || recipe.max !== null)) {
      const most = recipe.limit ? limitOf(recipe.limit, answers) : (recipe.max ?? NaN);
      maxPerS[i] = most / column.scale;
    }
    if (discontinuity && recipe.discontinuity !== null) discontinuity[i] = numberAt(answers, recipe.discontinuity);
  }

  const doubts = new Map<number, GapCause>();
  let stalePlan = false;
  const expected = octetsExpected(route.checks);
  for (let c = 0; c < route.checks.length; c++) {
    const check = route.checks[c];
    if (!check || says(answers, check, expected[c] ?? EMPTY)) continue;
    const lost = answers.tags[check.slot] === TAG.lost;
    for (const column of check.columns) {
      // Without its identity a value belongs to nobody.
      if (lost) state[column] = ABSENT;
      else doubts.set(column, 'renumbered');
    }
    if (!lost) stalePlan = true;
  }
  for (const { slot, expected } of route.watch) {
    if (isThere(answers, slot) && textOf(valueAt(answers, slot)) !== expected) stalePlan = true;
  }
  for (const { slot, expected, unknown } of route.capacities) {
    // A link that is down often has no speed; that is no reason to forget the one it had.
    const value = numberAt(answers, slot);
    if (String(value) !== expected && isThere(answers, slot) && !unknown.includes(Number.isNaN(value) ? 0 : value)) {
      if (textOf(valueAt(answers, slot)) !== expected) stalePlan = true;
    }
  }
  // Its uptime belongs to the moment it was read, not to the one it came.
  const upTicks = markSkewed(route, pace, before, doubts) ? NaN : (answers.upTicks[0] ?? NaN);
  return {
    ok: true,
    moment: {
      tMs: poll.tMs,
      monoMs: poll.monoMs,
      epoch,
      upTicks: Number.isNaN(upTicks) ? null : upTicks,
      engineTimeS: poll.engine?.timeS ?? null,
      engineBoots: poll.engine?.boots ?? null,
    },
    state,
    gauge,
    counter,
    maxPerS,
    doubts,
    discontinuity,
    stalePlan,
    partial: poll.partial,
  };
}

/** What can be known of recipes before any answer. */
interface Steps {
  /** Slot of each column that is a single counter, -1 for the others. */
  readonly slots: Int32Array;
  readonly limited: boolean;
  readonly interruptible: boolean;
}
const knownSteps = new WeakMap<readonly Recipe[], { readonly columns: readonly Column[]; readonly steps: Steps }>();

function stepsOf(recipes: readonly Recipe[], columns: readonly Column[]): Steps {
  const known = knownSteps.get(recipes);
  if (known?.columns === columns) return known.steps;
  const steps: Steps = {
    slots: Int32Array.from(recipes, ({ terms }, i) =>
      columns[i]?.form === 'counter' && terms.length === 1 ? (terms[0]?.slot ?? -1) : -1,
    ),
    limited: recipes.some(({ limit, max }) => limit !== null || max !== null),
    interruptible: recipes.some(({ discontinuity }) => discontinuity !== null),
  };
  knownSteps.set(recipes, { columns, steps });
  return steps;
}

const EMPTY = new Uint8Array(0);
const knownOctets = new WeakMap<readonly Check[], readonly Uint8Array[]>();

function octetsExpected(checks: readonly Check[]): readonly Uint8Array[] {
  let known = knownOctets.get(checks);
  if (!known) {
    const encoder = new TextEncoder();
    known = checks.map(({ expected }) => encoder.encode(expected));
    knownOctets.set(checks, known);
  }
  return known;
}

/** Whether an object still says what it said: octet by octet, and where those differ as the text it is read as. */
function says(answers: Answers, check: Check, octets: Uint8Array): boolean {
  const { slot } = check;
  if (answers.tags[slot] === TAG.octets && answers.octetsCount[slot] === octets.length) {
    const at = answers.octetsAt[slot] ?? 0;
    let i = 0;
    while (i < octets.length && answers.octets[at + i] === octets[i]) i++;
    if (i === octets.length) return true;
  }
  return isThere(answers, slot) && textOf(valueAt(answers, slot)) === check.expected;
}

/** When each set was answered; of one that was lost, when it was the time before. */
export function paceOf(question: Question, answers: Answers, waitedMs: number, before: Pace | null): Pace {
  const firstMs = answers.monoMs[0] ?? NaN;
  const offsetsMs = new Float64Array(question.sets.length).fill(NaN);
  let slot = 0;
  question.sets.forEach((set, at) => {
    let latest = -1;
    const end = slot + set.length;
    // sysUpTime is asked with every request: when it came last says nothing of this set.
    if (set.length > 1) slot++;
    for (; slot < end; slot++) {
      const exchange = answers.exchange[slot] ?? 0;
      if (answers.tags[slot] !== TAG.lost && exchange > latest) latest = exchange;
    }
    offsetsMs[at] = latest >= 0 ? (answers.monoMs[latest] ?? NaN) - firstMs : (before?.offsetsMs[at] ?? NaN);
  });
  return { monoMs: firstMs, waitedMs, offsetsMs };
}

/** All readings share one moment, so a request that was held up would show as too much traffic now and too little next. */
function markSkewed(route: Route, now: Pace, before: Pace | null, doubts: Map<number, GapCause>): boolean {
  if (!before) return false;
  const allowedMs = Math.max(SKEW_MIN_MS, SKEW_SHARE * (now.monoMs - before.monoMs));
  // Nobody knows when a first answer that came much later, or earlier, than usual was read.
  if (Math.abs(now.waitedMs - before.waitedMs) > allowedMs) {
    for (let column = 0; column < route.recipes.length; column++) if (!doubts.has(column)) doubts.set(column, 'late');
    return true;
  }
  let slot = 0;
  const skewed: [number, number][] = [];
  route.question.sets.forEach((set, at) => {
    const shiftMs = (now.offsetsMs[at] ?? NaN) - (before.offsetsMs[at] ?? NaN);
    if (Math.abs(shiftMs) > allowedMs) skewed.push([slot, slot + set.length]);
    slot += set.length;
  });
  if (skewed.length === 0) return false;
  route.recipes.forEach((recipe, column) => {
    const held = recipe.terms.some((term) => skewed.some(([from, to]) => term.slot >= from && term.slot < to));
    if (held && !doubts.has(column)) doubts.set(column, 'late');
  });
  return false;
}

function readCounter(recipe: Recipe, answers: Answers, i: number, state: Uint8Array, counter: BigUint64Array): void {
  let total = 0n;
  let width = COUNTER32;
  for (const { slot } of recipe.terms) {
    const value = valueAt(answers, slot);
    if (value.type === 'counter64') {
      total += value.value;
      width = COUNTER64;
    } else if (value.type === 'counter32') {
      total += value.value;
    } else {
      const number = numberOf(value);
      if (number === null || number < 0 || !Number.isInteger(number)) return;
      total += BigInt(number);
    }
  }
  // A sum of 32-bit counters has no width of its own: when one of them wraps it falls, and that is a reset.
  if (recipe.terms.length > 1) width = COUNTER64;
  state[i] = width;
  counter[i] = total;
}

function readGauge(recipe: Recipe, answers: Answers, i: number, state: Uint8Array, gauge: Float64Array): void {
  let total = 0;
  let there = 0;
  for (const { slot, sign } of recipe.terms) {
    let number = numberIn(answers, slot);
    if (number !== null && recipe.enumeration) number = recipe.enumeration[String(number)] ?? null;
    if (number === null) {
      if (recipe.mean) continue;
      return;
    }
    if (number < 0 && recipe.unsigned) number += TWO32;
    total += sign * number;
    there++;
  }
  if (there === 0) return;
  const value = recipe.mean ? total / there : total;
  // Parts that were read at slightly different moments may not subtract cleanly; less than nothing is unknown.
  if (value < 0 && recipe.unsigned) return;
  state[i] = GAUGE;
  gauge[i] = value;
}

function limitOf(limit: NonNullable<Recipe['limit']>, answers: Answers): number {
  const value = numberIn(answers, limit.slot);
  return value === null || value <= 0 || limit.unknown.includes(value) ? NaN : value * limit.scale;
}

/** A slot's number, also one that is given as text; null when it has none. */
function numberIn(answers: Answers, slot: number): number | null {
  const value = numberAt(answers, slot);
  if (!Number.isNaN(value)) return value;
  return answers.tags[slot] === TAG.octets && octetsOf(answers, slot).length > 0 ? numberOf(valueAt(answers, slot)) : null;
}
