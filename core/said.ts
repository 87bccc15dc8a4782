/**
 * What a forecast said of days to come, kept until they have come. A backtest asks what a method would have said; this is
 * what was said.
 */
import { Type, type Static } from 'typebox';
import { LEVELS, MEDIAN, QUANTILE, type ForecastStep } from './forecast/model.ts';

const DAY_MS = 86_400_000;
/** Kept once a week, so that what is kept speaks of weeks and not of the same few days again and again. */
export const SAID_EVERY_MS = 6.5 * DAY_MS;
/** Days ahead of which each one speaks: a week to twelve. */
const AHEAD_DAYS = [7, 14, 28, 56, 84] as const;
/** What came is looked at for so long. */
export const SAID_WEEKS = 12;
const JUDGED_MS = SAID_WEEKS * 7 * DAY_MS;
/** By then the last day that it speaks of has left the weeks that are looked at. */
export const SAID_KEPT_MS = JUDGED_MS + (AHEAD_DAYS.at(-1) ?? 0) * DAY_MS;
/** A share of fewer values than these would be a share of luck. */
export const SAID_VALUES_MIN = 5;

const OUTER = [QUANTILE.Q025, QUANTILE.Q975] as const;
const INNER = [QUANTILE.Q10, QUANTILE.Q90] as const;

export const Said = Type.Object({
  madeMs: Type.Number(),
  /** Ends of days, with the ends of the 80 and 95 % bands and the median, in the series' unit. */
  days: Type.Array(
    Type.Object({
      tMs: Type.Number(),
      median: Type.Number(),
      band80: Type.Tuple([Type.Number(), Type.Number()]),
      band95: Type.Tuple([Type.Number(), Type.Number()]),
    }),
    { maxItems: AHEAD_DAYS.length },
  ),
});
export type Said = Static<typeof Said>;

/** How what was said in the last weeks compares with what came. */
export const SaidRecord = Type.Object({
  forecasts: Type.Integer({ description: 'Forecasts of then, kept once a week.' }),
  values: Type.Integer({ description: 'Measured days that they spoke of, 1 to 12 weeks ahead.' }),
  held80: Type.Number({ description: 'Share of them that lay in the 80 % band.' }),
  held95: Type.Number(),
  weeks: Type.Integer({ description: 'Weeks looked back at.' }),
});
export type SaidRecord = Static<typeof SaidRecord>;

/** What is kept of a forecast; null when it says nothing. @param fromMs where it begins */
export function saidOf(steps: readonly ForecastStep[], fromMs: number | null, madeMs: number): Said | null {
  if (fromMs === null) return null;
  const days = AHEAD_DAYS.flatMap((ahead) => {
    const step = steps.find(({ tMs }) => tMs >= fromMs + ahead * DAY_MS);
    const at = (i: number) => Number((step?.quantiles[i] ?? NaN).toPrecision(7));
    if (!step || step.quantiles.length !== LEVELS.length) return [];
    const band = ([low, high]: readonly [number, number]): [number, number] => [at(low), at(high)];
    return [{ tMs: step.tMs, median: at(MEDIAN), band80: band(INNER), band95: band(OUTER) }];
  });
  return days.length === 0 ? null : { madeMs, days };
}

/** A series by the day: the end of each, and its value where it is known. */
export interface Days {
  readonly tMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/** Of the known day that ends nearest to a moment, less than a day away; null = there is none. */
export function valueAt({ tMs, values }: Days, atMs: number): number | null {
  let [best, far] = [null as number | null, DAY_MS];
  tMs.forEach((t, i) => {
    const value = values[i] ?? null;
    if (value !== null && Math.abs(t - atMs) < far) [best, far] = [value, Math.abs(t - atMs)];
  });
  return best;
}

/** @returns null as long as too little of what was said has come */
export function judgeSaid(said: readonly Said[], came: Days, nowMs: number): SaidRecord | null {
  let [values, in80, in95] = [0, 0, 0];
  const judged = said.filter(({ days }) => {
    const past = days.filter(({ tMs }) => tMs <= nowMs && tMs > nowMs - JUDGED_MS);
    const known = past.flatMap((day) => {
      const value = valueAt(came, day.tMs);
      return value === null ? [] : [{ ...day, value }];
    });
    values += known.length;
    in80 += known.filter(({ value, band80: [low, high] }) => value >= low && value <= high).length;
    in95 += known.filter(({ value, band95: [low, high] }) => value >= low && value <= high).length;
    return known.length > 0;
  });
  if (values < SAID_VALUES_MIN) return null;
  return { forecasts: judged.length, values, held80: in80 / values, held95: in95 / values, weeks: SAID_WEEKS };
}

/** "What was said in the last 12 weeks: of 24 days, the 80 % band held 79 %, the 95 % band 96 %." */
export function saidWords({ values, held80, held95, weeks, forecasts }: SaidRecord): string {
  const share = (v: number) => `${Math.round(v * 100)} %`;
  return (
    `Of ${values} days of the last ${weeks} weeks that ${forecasts} forecasts kept then spoke of, the 80 % band held ${share(held80)}, ` +
    `the 95 % band ${share(held95)}.`
  );
}
