/** What can fill, how soon, and how sure that is: a row of the capacity page, and the whole forecast behind it. */
import { Type, type Static } from 'typebox';
import type { Selector } from './dashboard-select.ts';
import { DEVICE_KINDS } from './kind.ts';
import type { Decision, ForecastStep, Reason, Backtest } from './forecast/model.ts';
import type { Unit } from './model.ts';
import { SaidRecord } from './said.ts';
import type { Scenario } from './what-if.ts';

const Value = Type.Union([Type.Number(), Type.Null()]);

export const CAPACITY_KINDS = ['disk', 'memory', 'link'] as const;

export const CapacityRow = Type.Object({
  series: Type.String({ description: 'device/instance/metric' }),
  device: Type.String(),
  deviceName: Type.String(),
  deviceKind: Type.Enum([...DEVICE_KINDS]),
  site: Type.String(),
  tags: Type.Array(Type.String()),
  instance: Type.String(),
  name: Type.String({ description: '"/srv/archive", "Memory", "eth0 in"' }),
  what: Type.Enum([...CAPACITY_KINDS]),
  metric: Type.String(),
  unit: Type.String(),
  kind: Type.Enum(['stock', 'rate']),
  level: Value,
  limit: Value,
  limitFrom: Type.Enum(['size', 'speed', 'set']),
  headroom: Value,
  growthPerMonth: Type.Union([Type.Object({ middle: Type.Number(), low: Type.Number(), high: Type.Number() }), Type.Null()]),
  chances: Type.Array(Type.Object({ days: Type.Integer(), chance: Type.Number() }), {
    description: 'That the limit is reached within so many days, 0 to 1.',
  }),
  dates: Type.Union([Type.Object({ lowMs: Type.Number(), medianMs: Type.Number(), highMs: Value }), Type.Null()], {
    description: '1 in 10 before lowMs, 1 in 10 after highMs (null: perhaps never); null where the data support no date.',
  }),
  leadDays: Type.Number(),
  orderByMs: Value,
  record: Type.Union([
    Type.Object({
      origins: Type.Integer({ description: 'Forecasts that were made of the past and looked at since.' }),
      held80: Type.Number({ description: 'Share of values that lay in the 80 % band.' }),
      held95: Type.Number(),
      weeks: Type.Number({ description: 'Weeks of history that they were made of.' }),
    }),
    Type.Null(),
  ]),
  said: Type.Union([SaidRecord, Type.Null()], {
    description: 'What earlier nights said of days that have come since; null until enough of them have.',
  }),
  says: Type.String({ description: "Why there is no date; '' where there is one." }),
  madeMs: Type.Number(),
});
export type CapacityRow = Omit<Static<typeof CapacityRow>, 'unit'> & { unit: Unit };

export interface CapacityList {
  readonly rows: readonly CapacityRow[];
  /** When the newest of them was made; null = none yet. */
  readonly madeMs: number | null;
  /** Series whose forecast is still to be made. */
  readonly waiting: number;
}

/** What somebody knows better than the size and the usual delivery, for whatever fits; of several the last counts. */
export interface CapacityRule {
  /** Null = everything that can fill. */
  readonly what: (typeof CAPACITY_KINDS)[number] | null;
  readonly select: Selector;
  /** Limit as a share of the size or speed, or in its unit; null = the size itself. */
  readonly share: number | null;
  readonly amount: number | null;
  readonly leadDays: number | null;
}

export interface ForecastRowText {
  readonly series: string;
  readonly doc: string;
  /** Kept beside it, until it is forgotten. */
  readonly said?: { readonly madeMs: number; readonly doc: string };
}

/** Rows that were made, and what was said, as texts kept over restarts. */
export interface ForecastStore {
  load(): Promise<string[]>;
  save(rows: readonly ForecastRowText[]): Promise<void>;
  /** What was said of them stays: a link that is idle for a week has not lost its record. */
  remove(series: readonly string[]): Promise<void>;
  /** What was said of a series, the oldest first. */
  said(series: string): Promise<string[]>;
  /** Of what was said, all that was made before. */
  forget(beforeMs: number): Promise<void>;
}

/** A limit over time: each value holds from its moment on. */
export interface LimitStep {
  readonly fromMs: number;
  readonly limit: number;
}

export interface WholeForecast extends CapacityRow {
  /** What is known, a value a step: the end of each step. */
  readonly history: { readonly tMs: readonly number[]; readonly values: readonly (number | null)[] };
  readonly stepMs: number;
  /** Where the forecast begins; null = there is none. */
  readonly fromMs: number | null;
  readonly steps: readonly ForecastStep[];
  readonly decisions: readonly Decision[];
  readonly reasons: readonly Reason[];
  readonly backtest: Backtest | null;
  readonly limitSteps: readonly LimitStep[];
  /** Name of the machine that a scenario moves, and what it uses today. */
  readonly machine?: { readonly name: string; readonly level: number };
}

export interface ForecastQuestion {
  /** Null: as far as suits the history. */
  readonly horizonDays: number | null;
  readonly scenario?: Scenario | null;
}

/** Forecasts of everything that can fill. */
export interface Forecasts {
  /** At once, with what is made by now; the rest is on its way. */
  rows(): Promise<CapacityList>;
  /** Null: there is no such series, or it cannot fill. */
  of(series: string, question: ForecastQuestion): Promise<WholeForecast | null>;
  /** Makes all of them anew; resolves when the round is over. */
  readonly keep: () => Promise<void>;
  /** Resolves when no round runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** The soonest first: by the early end, where 1 in 10 have reached the limit; then by chance, then by how full it is. */
export function bySoonest(a: CapacityRow, b: CapacityRow): number {
  const chance = ({ chances }: CapacityRow, days: number) => chances.find((one) => one.days === days)?.chance ?? -1;
  const full = ({ level, limit }: CapacityRow) => (level !== null && limit !== null && limit > 0 ? level / limit : -1);
  const [early, other] = [earlyMs(a), earlyMs(b)];
  const date = early === other ? 0 : early - other;
  const near = date || chance(b, 180) - chance(a, 180) || chance(b, 90) - chance(a, 90) || full(b) - full(a);
  // What is alike stands in one order, whichever came first.
  const name = (row: CapacityRow) => `${row.deviceName}\n${row.name}\n${row.series}`;
  return near || (name(a) < name(b) ? -1 : 1);
}

const DAY_MS = 86_400_000;
/** When 1 in 10 have reached the limit; what has no date, by its chances. Infinity = not within what they say. */
function earlyMs({ headroom, dates, chances, madeMs }: CapacityRow): number {
  if (headroom !== null && headroom <= 0) return 0;
  if (dates) return dates.lowMs;
  const days = chances.find(({ chance }) => chance >= 0.1)?.days;
  return days === undefined ? Infinity : madeMs + days * DAY_MS;
}
