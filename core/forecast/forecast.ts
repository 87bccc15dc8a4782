/** Forecasts of any series: rows in, a distribution out, or a sentence that says why not. Nothing here throws for what is in the rows. */
import { cleanRows, gridOf, type Rows } from './grid.ts';
import {
  DAY_MS,
  HOUR_MS,
  type Calendar,
  type Decision,
  type Forecast,
  type ForecastKind,
  type History,
  type Reason,
  type StepValue,
} from './model.ts';
import type { Member } from './rate.ts';
import { forecastRate } from './rate-forecast.ts';
import { forecastStock } from './stock-forecast.ts';
import { endedReason, limitFault, undated } from './verdict.ts';

export interface ForecastRequest {
  readonly kind: ForecastKind;
  readonly history: History;
  readonly calendar: Calendar;
  /** In the unit of the values; null = none. */
  readonly limit: number | null;
  readonly horizonMs: number;
  /** A history that ended long before this moment gets no date. */
  readonly nowMs: number;
  /** An hour or whole days; null = days of a stock, and of a rate looked at for long; else hours. */
  readonly stepMs: number | null;
  readonly of: StepValue | null;
  /** Further members of the forecast of a rate. */
  readonly members?: Readonly<Record<string, Member>>;
}

/** So many steps of history are looked at; older ones say little of what comes. */
const MOST_STEPS: Readonly<Record<ForecastKind, { readonly days: number; readonly hours: number }>> = {
  stock: { days: 730, hours: 730 },
  rate: { days: 730, hours: 26 * 168 },
};
/** Forecasts of a rate by the hour go no further by themselves; beyond, days are what a person plans with. */
const HOURS_AHEAD_MS = 31 * DAY_MS;
/** Days of history that days can be forecast from. */
const DAYS_KNOWN = 42;
/** A history older than so many steps (and days) has ended. */
const ENDED_STEPS = 5;
const ENDED_DAYS = 30;
const MOST_AHEAD = 5_000;

/** @param request values in any unit; the answer is in the same. @throws never for what is in the rows */
export function forecast(request: ForecastRequest): Forecast {
  const { kind, calendar, nowMs } = request;
  const rows = cleanRows(request.history);
  const stepMs = request.stepMs ?? usualStep(rows, kind, request.horizonMs);
  const of = request.of ?? (stepMs < DAY_MS ? 'mean' : 'max');
  const fault = request.limit === null ? null : limitFault(request.limit);
  const limit = fault ? null : request.limit;
  const empty: Forecast = {
    kind,
    stepMs,
    of,
    fromMs: null,
    steps: [],
    growth: null,
    decisions: rows.decisions,
    reasons: fault ? [fault] : [],
    limit: null,
    backtest: null,
  };
  const grid = gridOf(recent(rows, kind, stepMs), stepMs, of, calendar);
  if (!grid) {
    const text = request.history.timesMs.length === 0 ? 'There are no rows.' : 'No value is known: all rows are gaps.';
    return {
      ...empty,
      reasons: [...empty.reasons, { code: 'no values', text }],
      limit: limit === null ? null : undated(limit, null),
    };
  }
  const fromMs = grid.endMs(grid.values.length - 1);
  const ended = nowMs - fromMs > Math.max(ENDED_STEPS * stepMs, ENDED_DAYS * DAY_MS);
  const decisions: Decision[] = [...rows.decisions, ...grid.decisions];
  const against = kind === 'stock' ? counterReason(rows) : [];
  const horizonSteps = Math.max(1, Math.min(MOST_AHEAD, Math.round(request.horizonMs / stepMs)));
  const members = request.members ?? {};
  const answer =
    kind === 'stock'
      ? forecastStock({ grid, horizonSteps, limit, changesMs: calendar.changesMs, against, ended })
      : forecastRate({ grid, calendar, horizonSteps, limit, members, against });
  const reasons: Reason[] = [...(fault ? [fault] : []), ...(ended ? [endedReason(fromMs, nowMs)] : []), ...answer.reasons];
  return { ...empty, ...answer, fromMs, decisions: [...decisions, ...answer.decisions], reasons };
}

function usualStep({ timesMs, distanceMs }: Rows, kind: ForecastKind, horizonMs: number): number {
  const days = DAY_MS * Math.max(1, Math.round((distanceMs || 0) / DAY_MS));
  if (kind === 'stock' || !(distanceMs < DAY_MS / 2)) return days;
  const spanMs = (timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0);
  return horizonMs > HOURS_AHEAD_MS && spanMs >= DAYS_KNOWN * DAY_MS ? DAY_MS : HOUR_MS;
}

/** The last rows, as many steps as are looked at. */
function recent(rows: Rows, kind: ForecastKind, stepMs: number): Rows {
  const end = rows.timesMs.at(-1) ?? 0;
  const from = end - MOST_STEPS[kind][stepMs < DAY_MS ? 'hours' : 'days'] * stepMs;
  if (!((rows.timesMs[0] ?? end) < from)) return rows;
  const first = rows.timesMs.findIndex((t) => t > from);
  return { ...rows, timesMs: rows.timesMs.subarray(first), values: rows.values.subarray(first) };
}

/** Rows that fall back to nothing about once a day: a counter of the day, which is no stock. */
function counterReason({ timesMs, values, distanceMs }: Rows): Reason[] {
  if (!(distanceMs <= 6 * HOUR_MS)) return [];
  const days = ((timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0)) / DAY_MS;
  let falls = 0;
  let rises = 0;
  for (let i = 1; i < values.length; i++) {
    const [a, b] = [values[i - 1] ?? 0, values[i] ?? 0];
    if (a > 0 && b < 0.2 * a) falls++;
    else if (b >= a) rises++;
  }
  const regular = falls >= 5 && falls > 0.7 * days && falls < 1.3 * days && rises > 0.8 * values.length;
  if (!regular) return [];
  return [
    {
      code: 'counter',
      text: 'It falls back to nothing once a day, as a counter that is reset does: that is no stock, so no date is given.',
    },
  ];
}
