/**
 * What if: growth, customers, capacity, a load or a limit other than they are. Pure: a forecast and a scenario in,
 * the forecast as it would be out. A scenario is one short text, `growth=x1.5,add=12TiB@2027-01-15`.
 */
import { dayText } from './graph-future.ts';
import type { LimitStep, WholeForecast } from './capacity.ts';
import { LEVELS, MONTH_DAYS, QUANTILE, type ForecastStep } from './forecast/model.ts';
import { withMachine, type MachineLoad } from './machine-move.ts';
import type { Unit } from './model.ts';
import { formatCapacity, formatWith } from './units.ts';

export interface Scenario {
  /** Growth so many times as fast. */
  readonly growth: number | null;
  /** What `now` customers need today, `more` will need as well, each. */
  readonly customers: { readonly now: number; readonly more: number; readonly atMs: number | null } | null;
  /** So much more capacity from a day on. */
  readonly add: { readonly amount: number; readonly atMs: number | null } | null;
  /** So much comes (or, below zero, goes) at once: a migration. */
  readonly load: { readonly amount: number; readonly atMs: number | null } | null;
  /** A machine that is polled, by its device id, comes here or leaves, with what it uses and will use. */
  readonly machine: { readonly device: string; readonly away: boolean; readonly atMs: number | null } | null;
  /** Share of the size that is the limit. */
  readonly limit: number | null;
  readonly leadDays: number | null;
}
export const AS_IS: Scenario = {
  ...{ growth: null, customers: null, add: null, load: null },
  ...{ machine: null, limit: null, leadDays: null },
};

const DAY_MS = 86_400_000;
const IEC = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const SI = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** "12TiB", "500M", "1.5Gb/s", "-300GiB" in the unit's base; null when it is none. TB of a disk counts by 1000. */
export function parseAmount(text: string): number | null {
  const [, sign = '', number = '', prefix = ''] =
    /^\s*([+\u2212-]?)\s*(\d+(?:\.\d+)?)\s*([kKMGTPE]i?)?(?:[bB](?:\/s|ps|it\/s)?)?\s*$/.exec(text) ?? [];
  if (number === '') return null;
  const binary = prefix.endsWith('i') ? IEC.findIndex((one) => one.toLowerCase() === prefix.toLowerCase()) : -1;
  const decimal = SI.findIndex((one) => one.toLowerCase() === prefix.toLowerCase());
  const by = binary > 0 ? 1024 ** binary : decimal >= 0 ? 1000 ** decimal : NaN;
  const amount = Number(number) * by * (sign === '' || sign === '+' ? 1 : -1);
  return Number.isFinite(amount) ? amount : null;
}

/** An amount as a person types it, in the shortest exact form: "12TiB". */
export function amountWords(amount: number, unit: Unit): string {
  const size = Math.abs(amount);
  const [base, names] = unit === 'bytes' ? [1024, IEC] : [1000, SI];
  const power = size < base ? 0 : Math.min(6, Math.floor(Math.log(size) / Math.log(base) + 1e-9));
  return `${amount < 0 ? '-' : ''}${Number((size / base ** power).toPrecision(6))}${names[power] ?? ''}${unit === 'bytes' ? 'B' : ''}`;
}

/** "2027-01-15", at the beginning of that day in UTC; null when there is no such day. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(text) ? ms : null;
}
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export const SCENARIO_TEXT_MAX = 300;
const FORM = 'Write it as growth=x1.5,add=12TiB@2027-01-15,load=2TiB,customers=800+200,here=DEVICE,limit=90%,lead=28d.';
const DEVICE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** @returns the scenario, or one sentence on what is wrong with its text */
export function parseScenario(text: string): Scenario | { readonly error: string } {
  if (text.length > SCENARIO_TEXT_MAX) return { error: `The scenario is longer than ${SCENARIO_TEXT_MAX} characters.` };
  let made: Scenario = AS_IS;
  for (const part of text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)) {
    const [key = '', value = ''] = part.split(/=(.*)/s);
    const [amount = '', day] = value.split('@');
    const atMs = day === undefined ? null : parseDay(day);
    if (day !== undefined && atMs === null) return { error: `"${day}" is no day: write it as 2027-01-15.` };
    const size = parseAmount(amount);
    switch (key) {
      case 'growth': {
        const times = Number(/^x?(\d+(?:\.\d+)?)$/.exec(value)?.[1] ?? NaN);
        if (!(times >= 0 && times <= 100)) return { error: `"${value}" is no growth: x0 to x100, where x1 is as now.` };
        made = { ...made, growth: times };
        break;
      }
      case 'customers': {
        const [, now, more] = /^(\d+)\+(\d+)$/.exec(amount) ?? [];
        if (now === undefined || more === undefined || Number(now) === 0)
          return { error: `"${value}" is no number of customers: 800+200 is 200 more than 800.` };
        made = { ...made, customers: { now: Number(now), more: Number(more), atMs } };
        break;
      }
      case 'add':
        if (size === null || size <= 0) return { error: `"${amount}" is no capacity to add: write 12TiB, or 10G for a link.` };
        made = { ...made, add: { amount: size, atMs } };
        break;
      case 'load':
        if (size === null) return { error: `"${amount}" is no load: write 2TiB, or -500GiB for what goes away.` };
        made = { ...made, load: { amount: size, atMs } };
        break;
      case 'here':
      case 'away':
        if (!DEVICE_ID.test(amount))
          return { error: `"${amount.slice(0, 64)}" is no device: write its id, ${key}=web1f3@2027-01-15.` };
        if (made.machine) return { error: 'A scenario moves one machine: compare two scenarios, or add the load of the other.' };
        made = { ...made, machine: { device: amount, away: key === 'away', atMs } };
        break;
      case 'limit': {
        const share = Number(/^(\d+(?:\.\d+)?)%$/.exec(value)?.[1] ?? NaN) / 100;
        if (!(share > 0 && share <= 2)) return { error: `"${value}" is no limit: write a share of the size, 90%.` };
        made = { ...made, limit: share };
        break;
      }
      case 'lead': {
        const days = Number(/^(\d+)d?$/.exec(value)?.[1] ?? NaN);
        if (!(days <= 1_000)) return { error: `"${value}" is no delivery time: write days, 28d.` };
        made = { ...made, leadDays: days };
        break;
      }
      default:
        return { error: `A scenario knows no "${key.slice(0, 20)}". ${FORM}` };
    }
  }
  return made;
}

/** The text of a scenario; '' = as things stand. `parseScenario` reads it again. */
export function scenarioText(scenario: Scenario, unit: Unit): string {
  const { growth, customers, add, load, machine, limit, leadDays } = scenario;
  const at = (ms: number | null) => (ms === null ? '' : `@${dayOf(ms)}`);
  return [
    ...(growth === null || growth === 1 ? [] : [`growth=x${growth}`]),
    ...(customers && customers.more > 0 ? [`customers=${customers.now}+${customers.more}${at(customers.atMs)}`] : []),
    ...(add ? [`add=${amountWords(add.amount, unit)}${at(add.atMs)}`] : []),
    ...(load ? [`load=${amountWords(load.amount, unit)}${at(load.atMs)}`] : []),
    ...(machine ? [`${machine.away ? 'away' : 'here'}=${machine.device}${at(machine.atMs)}`] : []),
    ...(limit === null || limit === 1 ? [] : [`limit=${Number((limit * 100).toFixed(2))}%`]),
    ...(leadDays === null ? [] : [`lead=${leadDays}d`]),
  ].join(',');
}

/**
 * "with 12 TiB more from 15 Jan 2027, growth ×1.5"
 * @param name of the machine that moves
 */
export function scenarioWords(scenario: Scenario, unit: Unit, nowMs: number, zone: string, name?: string): string {
  const { growth, customers, add, load, machine, limit } = scenario;
  const from = (word: string, ms: number | null) => (ms === null || ms <= nowMs ? '' : ` ${word} ${dayText(ms, nowMs, zone)}`);
  const parts = [
    ...(add ? [`with ${formatCapacity(add.amount, unit)} more${from('from', add.atMs)}`] : []),
    ...(growth === null || growth === 1 ? [] : [growth === 0 ? 'without growth' : `with ${growth} times the growth`]),
    ...(customers && customers.more > 0 ? [`with ${customers.more} more customers${from('from', customers.atMs)}`] : []),
    ...(load
      ? [
          `${load.amount < 0 ? 'without' : 'with'} ${formatCapacity(Math.abs(load.amount), unit)}${load.amount < 0 ? '' : ' of load'}${from('on', load.atMs)}`,
        ]
      : []),
    ...(machine
      ? [
          `${machine.away ? 'without' : 'with'} ${name ?? machine.device}${machine.away ? '' : ' here'}${from('from', machine.atMs)}`,
        ]
      : []),
    ...(limit === null || limit === 1 ? [] : [`with a limit of ${Number((limit * 100).toFixed(2))} %`]),
  ];
  return parts.length === 0 ? 'as things stand' : parts.join(', ').replaceAll(/, with /g, ', ');
}

const { Q10, Q50, Q90 } = QUANTILE;

/**
 * The forecast under a scenario. What a date rests on is the same; only what a person assumes is changed.
 * @param machine what the machine of the scenario takes along
 */
export function applyScenario(
  whole: WholeForecast,
  scenario: Scenario,
  nowMs: number,
  machine: MachineLoad | null = null,
): WholeForecast {
  const { fromMs, level } = whole;
  const base = fromMs ?? nowMs;
  const leadDays = scenario.leadDays ?? whole.leadDays;
  const steps = whole.steps.map((step): ForecastStep => ({ ...step, quantiles: changed(step, whole, scenario, base, machine) }));
  const limitSteps = limitsOf(whole, scenario, base);
  const dates = crossingOf(steps, limitSteps, level, base);
  const headroom = level === null ? null : (limitAtMs(limitSteps, base) ?? NaN) - level;
  return {
    ...whole,
    steps,
    limitSteps,
    limit: limitSteps.at(-1)?.limit ?? whole.limit,
    headroom: headroom === null || Number.isNaN(headroom) ? null : headroom,
    chances: whole.chances.map(({ days }) => ({ days, chance: chanceWithin(steps, limitSteps, base + days * DAY_MS) })),
    dates,
    leadDays,
    orderByMs: dates ? dates.lowMs - leadDays * DAY_MS : null,
  };
}

/** One step's quantiles: growth scales the median's way from today's level and what is uncertain about it; loads shift all, machines bring their own. */
function changed(
  step: ForecastStep,
  whole: WholeForecast,
  scenario: Scenario,
  fromMs: number,
  taken: MachineLoad | null,
): number[] {
  const { growth, customers, load, machine } = scenario;
  const today = whole.level ?? step.quantiles[Q50] ?? 0;
  const times = growth ?? 1;
  const middle = step.quantiles[Q50] ?? today;
  const next = grown(today, middle, times, whole, (step.tMs - fromMs) / DAY_MS);
  const wider = Math.max(1, times);
  const since = (atMs: number | null) => step.tMs > (atMs ?? fromMs);
  const each = customers && since(customers.atMs) ? customers.more / customers.now : 0;
  const extra = load && since(load.atMs) ? load.amount : 0;
  const own = step.quantiles.map((v) => (next + (v - middle) * wider) * (1 + each) + extra);
  const made = taken && machine && since(machine.atMs) ? withMachine(own, taken, step.tMs, machine.away) : own;
  return made.map((v) => Math.max(0, v));
}

/**
 * A median under another growth. The forecast of a rate carries on little of what it grew by, so that more of it comes on top
 * of the forecast; less of it is less of the way that it goes.
 */
function grown(
  today: number,
  middle: number,
  times: number,
  { kind, growthPerMonth }: Pick<WholeForecast, 'kind' | 'growthPerMonth'>,
  days: number,
): number {
  if (kind === 'rate' && growthPerMonth && times > 1)
    return middle + ((times - 1) * growthPerMonth.middle * Math.max(0, days)) / MONTH_DAYS;
  return today + (middle - today) * times;
}

function limitsOf({ limitSteps, limit }: WholeForecast, { add, limit: share }: Scenario, fromMs: number): LimitStep[] {
  const base = limitSteps.length > 0 ? limitSteps : limit === null ? [] : [{ fromMs: 0, limit }];
  const scaled = base.map((step) => ({ ...step, limit: step.limit * (share ?? 1) }));
  const last = scaled.at(-1);
  if (!add || !last) return scaled;
  const more = add.amount * (share ?? 1);
  return [...scaled, { fromMs: Math.max(add.atMs ?? fromMs, last.fromMs + 1), limit: last.limit + more }];
}

export const limitAtMs = (steps: readonly LimitStep[], tMs: number): number | null =>
  (steps.findLast(({ fromMs }) => fromMs <= tMs) ?? steps[0])?.limit ?? null;

/** When the 90 %, 50 % and 10 % paths reach the limit; null where the median does not. */
export function crossingOf(
  steps: readonly ForecastStep[],
  limits: readonly LimitStep[],
  level: number | null,
  fromMs: number,
): WholeForecast['dates'] {
  const first = (q: number): number | null => {
    let [tMs, before] = [fromMs, level ?? steps[0]?.quantiles[q] ?? 0];
    for (const step of steps) {
      const [value, limit] = [step.quantiles[q] ?? 0, limitAtMs(limits, step.tMs)];
      if (limit === null) return null;
      if (value >= limit)
        return tMs + (value > before ? Math.min(1, Math.max(0, (limit - before) / (value - before))) : 1) * (step.tMs - tMs);
      [tMs, before] = [step.tMs, value];
    }
    return null;
  };
  const medianMs = first(Q50);
  return medianMs === null ? null : { lowMs: Math.min(first(Q90) ?? medianMs, medianMs), medianMs, highMs: first(Q10) };
}

/** Chance that the limit is reached by then: read off the quantiles of each step, and never falling. */
function chanceWithin(steps: readonly ForecastStep[], limits: readonly LimitStep[], untilMs: number): number {
  let most = 0;
  for (const { tMs, quantiles } of steps) {
    if (tMs > untilMs) break;
    const limit = limitAtMs(limits, tMs);
    if (limit !== null) most = Math.max(most, 1 - levelOf(quantiles, limit));
  }
  return Number(most.toFixed(4));
}

/** The level of a value among quantiles, in between in a straight line. */
function levelOf(quantiles: readonly number[], value: number): number {
  if (value <= (quantiles[0] ?? 0)) return 0;
  for (let i = 1; i < LEVELS.length; i++) {
    const [a, b] = [quantiles[i - 1] ?? 0, quantiles[i] ?? 0];
    if (value <= b) return (LEVELS[i - 1] ?? 0) + ((LEVELS[i] ?? 1) - (LEVELS[i - 1] ?? 0)) * (b > a ? (value - a) / (b - a) : 1);
  }
  return 1;
}

/** "28 Jul 2027, 7 months later", or why there is no date. */
export function answerWords(given: WholeForecast, made: WholeForecast, zone: string): string {
  if (made.headroom !== null && made.headroom <= 0 && made.limitSteps.length < 2) return 'The limit is reached already.';
  if (!made.dates) {
    if (made.steps.length === 0) return made.says;
    const last = made.steps.at(-1);
    const until = last ? dayText(last.tMs, null, zone) : '';
    return given.dates ? `not before ${until}` : `no date before ${until}`;
  }
  const day = dayText(made.dates.medianMs, null, zone);
  if (!given.dates) return day;
  const days = Math.round((made.dates.medianMs - given.dates.medianMs) / DAY_MS);
  if (Math.abs(days) < 1) return `${day}, the same day`;
  const [far, word] = Math.abs(days) >= 60 ? [Math.round(Math.abs(days) / MONTH_DAYS), 'month'] : [Math.abs(days), 'day'];
  return `${day}, ${far} ${word}${far === 1 ? '' : 's'} ${days > 0 ? 'later' : 'earlier'}`;
}

/** "Order by 21 Nov to have it before the early end of the range, 19 Dec."; '' where there is nothing to order. */
export function orderWords({ dates, orderByMs, leadDays }: WholeForecast, nowMs: number, zone: string): string {
  if (!dates || orderByMs === null) return '';
  const early = dayText(dates.lowMs, nowMs, zone);
  if (orderByMs < nowMs)
    return `The order is late by ${Math.ceil((nowMs - orderByMs) / DAY_MS)} d: delivery takes ${leadDays} d, and the early end of the range is ${early}.`;
  return `Order by ${dayText(orderByMs, nowMs, zone)} to have it before the early end of the range, ${early}.`;
}

/** "reaches 38.4 TiB most likely on 4 Jan 2027, 8 in 10 between 19 Dec and 6 Feb 2027" */
export function reachWords({ dates, limit, unit, headroom, level, says }: WholeForecast, nowMs: number, zone: string): string {
  if (headroom !== null && headroom <= 0)
    return `The limit of ${formatCapacity(limit ?? 0, unit)} is reached: ${formatWith(level, unit)} is used.`;
  if (!dates || limit === null) return says;
  const middle = `Reaches ${formatCapacity(limit, unit)} most likely on ${dayText(dates.medianMs, null, zone)}`;
  if (dates.highMs === null) return `${middle}, 9 in 10 not before ${dayText(dates.lowMs, nowMs, zone)}.`;
  return `${middle}, 8 in 10 between ${dayText(dates.lowMs, nowMs, zone)} and ${dayText(dates.highMs, null, zone)}.`;
}
