/**
 * Rates: pinball loss and coverage of held-out steps, ours beside a line by least squares, the seasonal naive and augurs
 * alone; and the Brier score of crossings. Origins lie in the second half of each series.
 */
import { calendarOf } from '../../core/forecast/calendar.ts';
import { leastSquares, pinball } from '../../core/forecast/backtest.ts';
import { forecast } from '../../core/forecast/forecast.ts';
import { DAY_MS, HOUR_MS, LEVELS } from '../../core/forecast/model.ts';
import type { Member } from '../../core/forecast/rate.ts';
import type { Augurs } from './augurs.ts';
import type { TrafficSet } from './traffic.ts';

/** A Monday. */
const START_MS = Date.UTC(2025, 0, 6);
const calendar = calendarOf('UTC');

export interface SetResult {
  readonly name: string;
  readonly series: number;
  /** Geometric means over series of the loss over that of least squares. */
  readonly ours: number;
  readonly naive: number;
  readonly augurs: number | null;
  /** Share of held-out values within the bands, in percent. */
  readonly within80: number;
  readonly within95: number;
  readonly lines80: number;
  readonly lines95: number;
  /** CPU of a forecast, its backtest included. */
  readonly ms: number;
}

export function benchSet(
  set: TrafficSet,
  origins: number,
  augurs: Augurs | null,
  members: Readonly<Record<string, Member>>,
): SetResult {
  const { perDay } = set;
  const ratios = { ours: [] as number[], naive: [] as number[], augurs: [] as number[] };
  let [n, within80, within95, lines80, lines95, ms, forecasts] = [0, 0, 0, 0, 0, 0, 0];
  for (const y of set.series) {
    const steps = perDay === 1 ? Math.min(90, Math.floor(y.length / 6)) : y.length > 40 * 24 ? 168 : 48;
    const first = Math.max(Math.floor(y.length / 2), 5 * perDay);
    const loss = { ours: 0, line: 0, naive: 0, augurs: 0 };
    for (let k = 0; k < origins; k++) {
      const origin = Math.round(first + (k * (y.length - steps - first)) / Math.max(1, origins - 1));
      const history = y.slice(0, origin);
      const began = process.cpuUsage();
      const ours = askRate(history, perDay, steps, null, members);
      const { user, system } = process.cpuUsage(began);
      if (ours.fromMs === null || ours.steps.length === 0) continue;
      ms += (user + system) / 1000;
      forecasts++;
      // Where the history ends in a gap, ours begins before the origin.
      const late = Math.round((START_MS + origin * (DAY_MS / perDay) - ours.fromMs) / (DAY_MS / perDay));
      const line = leastSquares(history);
      const theirs = augurs?.quantiles(history, perDay, steps) ?? null;
      for (let ahead = 1; ahead <= steps - late; ahead++) {
        const [v, q] = [y[origin - 1 + ahead] ?? NaN, ours.steps[late + ahead - 1]?.quantiles];
        if (Number.isNaN(v) || !q) continue;
        const l = line(ahead);
        const naive = lastSame(history, origin - 1 + ahead, perDay);
        n++;
        loss.ours += pinball(q, v);
        loss.line += pinball(l, v);
        loss.naive += pinball(
          LEVELS.map(() => naive),
          v,
        );
        loss.augurs += theirs ? pinball(theirs[ahead - 1] ?? l, v) : 0;
        if (within(q, 1, v)) within80++;
        if (within(q, 0, v)) within95++;
        if (within(l, 1, v)) lines80++;
        if (within(l, 0, v)) lines95++;
      }
    }
    if (loss.line <= 0) continue;
    ratios.ours.push(loss.ours / loss.line);
    ratios.naive.push(loss.naive / loss.line);
    if (loss.augurs > 0) ratios.augurs.push(loss.augurs / loss.line);
  }
  const percent = (count: number) => Math.round((1000 * count) / n) / 10;
  return {
    name: set.name,
    series: ratios.ours.length,
    ours: geometric(ratios.ours),
    naive: geometric(ratios.naive),
    augurs: ratios.augurs.length === ratios.ours.length && ratios.augurs.length > 0 ? geometric(ratios.augurs) : null,
    within80: percent(within80),
    within95: percent(within95),
    lines80: percent(lines80),
    lines95: percent(lines95),
    ms: ms / forecasts,
  };
}

const within = (q: readonly number[], edge: number, v: number) => v >= (q[edge] ?? NaN) && v <= (q[q.length - 1 - edge] ?? NaN);

/** The value of the same hour and weekday last known. */
function lastSame(history: Float64Array, at: number, perDay: number): number {
  for (const period of [7 * perDay, perDay])
    for (let i = at - period; i >= 0; i -= period)
      if (i < history.length && !Number.isNaN(history[i] ?? NaN)) return history[i] ?? NaN;
  return history.findLast((v) => !Number.isNaN(v)) ?? 0;
}

function askRate(
  history: Float64Array,
  perDay: number,
  steps: number,
  limit: number | null,
  members: Readonly<Record<string, Member>> = {},
) {
  const stepMs = perDay === 1 ? DAY_MS : HOUR_MS;
  const timesMs = Array.from(history, (_, i) => START_MS + i * stepMs + (perDay === 1 ? 0 : stepMs / 2));
  const values = Array.from(history, (v) => (Number.isNaN(v) ? null : v));
  const nowMs = START_MS + history.length * stepMs;
  return forecast({
    kind: 'rate',
    history: { timesMs, values },
    calendar,
    limit,
    horizonMs: steps * stepMs,
    nowMs,
    stepMs,
    of: 'mean',
    members,
  });
}

export interface Crossings {
  readonly asked: number;
  /** Mean squared error of the chances, and of the base rate of each distance. */
  readonly brier: number;
  readonly baseBrier: number;
  /** Share of those that did not cross within 90 days whose chance of it was one half or more, in percent. */
  readonly falseSoon: number;
}

/** Crossings of daily series, by limits as far above today as their own growth and noise may reach. */
export function benchCrossings(series: readonly Float64Array[], origins: number): Crossings {
  const asked: { days: number; chance: number; happened: number }[] = [];
  for (const [s, y] of series.entries()) {
    for (let k = 0; k < origins; k++) {
      const origin = Math.round(y.length * (0.4 + (0.35 * k) / Math.max(1, origins - 1)));
      const history = y.slice(0, origin);
      const top = Math.max(...history.subarray(-30));
      // Limits from just above the last month's peak to half as high again, the same for whatever comes.
      const limit = top * (1.02 + (0.48 * ((s * origins + k) % 7)) / 6);
      const found = askRate(history, 1, 30, limit);
      for (const { days, chance } of found.limit?.chances ?? []) {
        if (origin + days > y.length) continue;
        const happened = y.subarray(origin, origin + days).some((v) => v >= limit) ? 1 : 0;
        asked.push({ days, chance, happened });
      }
    }
  }
  let [brier, base] = [0, 0];
  for (const days of new Set(asked.map((one) => one.days))) {
    const those = asked.filter((one) => one.days === days);
    const rate = those.reduce((sum, { happened }) => sum + happened, 0) / those.length;
    for (const { chance, happened } of those) {
      brier += (chance - happened) ** 2;
      base += (rate - happened) ** 2;
    }
  }
  const quiet = asked.filter(({ days, happened }) => days === 90 && happened === 0);
  return {
    asked: asked.length,
    brier: brier / asked.length,
    baseBrier: base / asked.length,
    falseSoon: (100 * quiet.filter(({ chance }) => chance >= 0.5).length) / Math.max(1, quiet.length),
  };
}

export function geometric(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, v) => sum + Math.log(Math.max(v, 1e-6)), 0) / values.length);
}
