/** From the answers of one poll to one set of readings. */
import type { GapCause } from '../../core/model.ts';
import { ABSENT, COUNTER32, COUNTER64, GAUGE, type Moment, type Plan, type Readings } from '../../core/readings.ts';
import type { Recipe, Route } from './route.ts';
import type { EngineClock, SnmpValue } from './transport.ts';
import { numberOf, textOf } from './values.ts';

const TWO32 = 2 ** 32;
/** A request that was answered this much later or earlier than the others, compared with the poll before, spoils its rates. */
const SKEW_SHARE = 0.1;
const SKEW_MIN_MS = 100;

/** Answer to one set, in the order of its OIDs. */
export interface SetAnswer {
  readonly values: readonly SnmpValue[];
  readonly monoMs: number;
  readonly tMs: number;
  readonly engine: EngineClock | null;
  readonly partial: boolean;
}

/** When the sets of the poll before were answered. */
export interface Pace {
  readonly monoMs: number;
  readonly offsetsMs: readonly number[];
}

/** Readings of a plan; `answers` may be shorter than the sets, then the rest was lost. */
export function readingsOf(
  plan: Plan,
  route: Route,
  answers: readonly SetAnswer[],
  before: Pace | null,
  epoch: string,
): Readings {
  const values: (SnmpValue | undefined)[] = [];
  route.sets.forEach((set, at) => {
    const answer = answers[at];
    for (let i = 0; i < set.length; i++) values.push(answer?.values[i]);
  });
  const at = (slot: number): SnmpValue | null => {
    const value = values[slot];
    return value && value.type !== 'absent' ? value : null;
  };
  const size = plan.columns.length;
  const state = new Uint8Array(size).fill(ABSENT);
  const gauge = new Float64Array(size);
  const counter = new BigUint64Array(size);
  const maxPerS = route.recipes.some((recipe) => recipe.limit ?? recipe.max) ? new Float64Array(size).fill(NaN) : null;
  const discontinuity = route.recipes.some((recipe) => recipe.discontinuity !== null) ? new Float64Array(size).fill(NaN) : null;
  plan.columns.forEach((column, i) => {
    const recipe = route.recipes[i];
    if (!recipe) throw new Error('a plan has more columns than its route has recipes');
    if (column.form === 'counter') readCounter(recipe, at, i, state, counter);
    else readGauge(recipe, at, i, state, gauge);
    const most = recipe.limit ? limitOf(recipe.limit, at) : (recipe.max ?? NaN);
    if (maxPerS) maxPerS[i] = most / column.scale;
    if (discontinuity && recipe.discontinuity !== null) discontinuity[i] = numberOf(at(recipe.discontinuity) ?? NOTHING) ?? NaN;
  });

  const doubts = new Map<number, GapCause>();
  let stalePlan = false;
  for (const check of route.checks) {
    const value = values[check.slot];
    if (value !== undefined && value.type !== 'absent' && textOf(value) === check.expected) continue;
    const lost = value === undefined || (value.type === 'absent' && value.value === 'lost');
    for (const column of check.columns) {
      // Without its identity a value belongs to nobody.
      if (lost) state[column] = ABSENT;
      else doubts.set(column, 'renumbered');
    }
    if (!lost) stalePlan = true;
  }
  for (const { slot, expected } of route.watch) {
    const value = at(slot);
    if (value && textOf(value) !== expected) stalePlan = true;
  }
  for (const { slot, expected, unknown } of route.capacities) {
    // A link that is down often has no speed; that is no reason to forget the one it had.
    const value = at(slot);
    if (value && textOf(value) !== expected && !unknown.includes(numberOf(value) ?? 0)) stalePlan = true;
  }
  markSkewed(route, answers, before, doubts);
  const partial = answers.length < route.sets.length || answers.some((answer) => answer.partial);
  return {
    ok: true,
    moment: momentOf(answers, epoch),
    state,
    gauge,
    counter,
    maxPerS,
    doubts,
    discontinuity,
    stalePlan,
    partial,
  };
}

const NOTHING: SnmpValue = { type: 'absent', value: 'null' };

function momentOf(answers: readonly SetAnswer[], epoch: string): Moment {
  const first = answers[0];
  if (!first) throw new Error('readings need at least one answer');
  const upTime = first.values[0];
  return {
    tMs: first.tMs,
    monoMs: first.monoMs,
    epoch,
    upTicks: upTime?.type === 'timeticks' ? upTime.value : null,
    engineTimeS: first.engine?.timeS ?? null,
    engineBoots: first.engine?.boots ?? null,
  };
}

/** All readings share one moment, so a request that was held up would show as too much traffic now and too little next. */
function markSkewed(route: Route, answers: readonly SetAnswer[], before: Pace | null, doubts: Map<number, GapCause>): void {
  const first = answers[0];
  if (!before || !first || answers.length < 2) return;
  const allowedMs = Math.max(SKEW_MIN_MS, SKEW_SHARE * (first.monoMs - before.monoMs));
  let slot = 0;
  const skewed: [number, number][] = [];
  route.sets.forEach((set, at) => {
    const answer = answers[at];
    const shiftMs = answer ? answer.monoMs - first.monoMs - (before.offsetsMs[at] ?? 0) : 0;
    if (Math.abs(shiftMs) > allowedMs) skewed.push([slot, slot + set.length]);
    slot += set.length;
  });
  if (skewed.length === 0) return;
  route.recipes.forEach((recipe, column) => {
    const held = recipe.terms.some((term) => skewed.some(([from, to]) => term.slot >= from && term.slot < to));
    if (held && !doubts.has(column)) doubts.set(column, 'late');
  });
}

export function paceOf(answers: readonly SetAnswer[]): Pace | null {
  const first = answers[0];
  return first ? { monoMs: first.monoMs, offsetsMs: answers.map((answer) => answer.monoMs - first.monoMs) } : null;
}

function readCounter(
  recipe: Recipe,
  at: (slot: number) => SnmpValue | null,
  i: number,
  state: Uint8Array,
  counter: BigUint64Array,
): void {
  let total = 0n;
  let width = COUNTER32;
  for (const { slot } of recipe.terms) {
    const value = at(slot);
    if (value?.type === 'counter64') {
      total += value.value;
      width = COUNTER64;
    } else if (value?.type === 'counter32') {
      total += value.value;
    } else {
      const number = value ? numberOf(value) : null;
      if (number === null || number < 0 || !Number.isInteger(number)) return;
      total += BigInt(number);
    }
  }
  // A sum of 32-bit counters has no width of its own: when one of them wraps it falls, and that is a reset.
  if (recipe.terms.length > 1) width = COUNTER64;
  state[i] = width;
  counter[i] = total;
}

function readGauge(
  recipe: Recipe,
  at: (slot: number) => SnmpValue | null,
  i: number,
  state: Uint8Array,
  gauge: Float64Array,
): void {
  let total = 0;
  let there = 0;
  for (const { slot, sign } of recipe.terms) {
    const value = at(slot);
    let number = value ? numberOf(value) : null;
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

function limitOf(limit: NonNullable<Recipe['limit']>, at: (slot: number) => SnmpValue | null): number {
  const value = numberOf(at(limit.slot) ?? NOTHING);
  return value === null || value <= 0 || limit.unknown.includes(value) ? NaN : value * limit.scale;
}
