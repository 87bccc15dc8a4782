/** A forecast of a stock: the fit, its bands from its own backtest, and what may be said of a limit. */
import { bandsOf, poolsOf, quantilesAt, recordOf, scoresOf, type Bands, type Rolling } from './backtest.ts';
import { weekdayOf } from './calendar.ts';
import type { Grid } from './grid.ts';
import { DAY_MS, type Backtest, type Decision, type Forecast, type Reason } from './model.ts';
import { medianOf } from './robust.ts';
import { fitStock, type StockFit } from './stock.ts';
import { blendOf, sharesOf, triedAt, type Blend } from './stock-blend.ts';
import { amountText, dateText } from './words.ts';
import { withoutSteps } from './breaks.ts';
import { crossedAlready, timeToLimit, tooShort, undated } from './verdict.ts';

/** Known values below which nothing is said, and below which no date is. */
export const LEAST_VALUES = 14;
export const LEAST_FOR_DATE = 35;
const FIRST_ORIGIN = 21;
const MOST_ORIGINS = 12;
const RANGES = [1, 8, 29];
/** A date lies no further ahead than this many times the history, nor than so many days. */
const REACH = 4;
const MOST_DAYS = 1_825;
/** A level holds this many days of the history's end. */
const TODAY = 3;
/** Origins' worth of normal errors that stand beside what was measured. */
const PRIOR = 6;
/** A spread is never taken for less than this share of the level. */
const FINEST = 1e-6;

export interface StockQuestion {
  readonly grid: Grid;
  readonly horizonSteps: number;
  readonly limit: number | null;
  readonly changesMs: readonly number[];
  /** Reasons found before, each of which forbids a date. */
  readonly against: readonly Reason[];
  readonly ended: boolean;
}

type Answer = Pick<Forecast, 'steps' | 'growth' | 'decisions' | 'reasons' | 'limit' | 'backtest'>;

/** @returns what there is to say of a grid of whole days */
export function forecastStock(question: StockQuestion): Answer {
  const { grid, horizonSteps, limit } = question;
  const y = grid.values;
  const known = y.reduce((n, v) => n + (Number.isNaN(v) ? 0 : 1), 0);
  const today = medianOf(y.subarray(Math.max(0, y.length - TODAY)));
  const nothing: Answer = { steps: [], growth: null, decisions: [], reasons: [], limit: null, backtest: null };
  const only = (reason: Reason): Answer => ({
    ...nothing,
    reasons: [reason],
    limit: limit === null ? null : undated(limit, limit - today),
  });
  if (known < LEAST_VALUES) return only(tooShort(known, LEAST_VALUES, 'a forecast'));
  const stepDays = grid.stepMs / DAY_MS;
  const origin = Math.round((grid.startMs(0) + 43_200_000) / DAY_MS);
  const weekday = (i: number) => (stepDays === 1 ? weekdayOf(origin + i) : 0);
  const certain = question.changesMs.map((ms) => indexOf(grid, ms)).filter((i) => i > 0);
  const fit = fitStock(y, weekday, certain);
  if (!fit) return only(tooShort(known, LEAST_VALUES, 'a forecast'));
  const { bands, backtest, path } = tested(y, weekday, certain, fit, horizonSteps);
  // What was never below zero will not be so.
  const least = y.some((v) => v < 0) ? -Infinity : 0;
  const steps = Array.from({ length: horizonSteps }, (_, h) => ({
    tMs: grid.endMs(y.length + h),
    quantiles: quantilesAt(path, bands, h + 1).map((v) => Math.max(least, v)),
  }));
  const equal = y.every((v) => Number.isNaN(v) || v === today);
  const against = [...question.against, ...unfit(fit, known, equal, backtest, today, limit)];
  const answer: Answer = {
    steps,
    growth: equal ? null : fit.growth,
    decisions: decisionsOf(fit, grid),
    reasons: against,
    limit: null,
    backtest,
  };
  if (limit === null) return answer;
  const crossed = crossedAlready(limit, today);
  if (crossed) return { ...answer, reasons: [crossed, ...question.against], limit: undated(limit, limit - today) };
  const reach = Math.min(Math.floor(MOST_DAYS / stepDays), Math.max(REACH * y.length, Math.ceil(180 / stepDays)));
  const asked = timeToLimit({
    limit,
    stepDays,
    fromMs: grid.endMs(y.length - 1),
    steps: reach,
    today,
    path: (ahead, slopes) => path.along(ahead, slopes),
    sigma: (ahead) => fit.sigma(ahead),
    rho: fit.rho,
    inflation: bands.inflation,
    against,
    ended: question.ended,
  });
  return { ...answer, limit: asked.limit, reasons: [...new Set([...against, ...asked.reasons])] };
}

function indexOf(grid: Grid, ms: number): number {
  for (let i = 0; i < grid.values.length; i++) if (grid.endMs(i) > ms) return i;
  return -1;
}

/** Rounding is no noise that errors could be measured in. */
const leastOf = (fit: StockFit): number => FINEST * Math.abs(fit.path(1));

function tested(
  y: Float64Array,
  weekday: (i: number) => number,
  certain: readonly number[],
  fit: StockFit,
  horizon: number,
): { bands: Bands; backtest: Backtest | null; path: Blend } {
  const span = y.length - 7 - FIRST_ORIGIN;
  const count = Math.max(0, Math.min(MOST_ORIGINS, Math.floor(span / 7) + 1));
  const every = count > 1 ? Math.max(7, Math.floor(span / (count - 1))) : 7;
  const origins = Array.from({ length: count }, (_, k) => y.length - 7 - k * every)
    .filter((at) => at >= FIRST_ORIGIN)
    .reverse();
  const steps = Math.min(Math.max(horizon, 90), y.length >> 1);
  // An import, a clean-up or a wild day after an origin is none of its errors: the bands are of days without one.
  const truth = (origin: number) => {
    const later = fit.steps.filter(({ at }) => at >= origin);
    const total = later.reduce((sum, { amount }) => sum + amount, 0);
    const values = withoutSteps(y, later).map((v) => v - total);
    for (const i of fit.outliers) values[i] = NaN;
    return values;
  };
  const then = origins.flatMap((origin) => {
    let end = origin;
    while (end > 0 && Number.isNaN(y[end - 1] ?? NaN)) end--;
    const past = fitStock(
      y.slice(0, end),
      weekday,
      certain.filter((i) => i < end),
    );
    if (!past) return [];
    const values = truth(origin);
    const tried = triedAt(past, (ahead) => values[end - 1 + ahead] ?? NaN, Math.min(steps, y.length - end), RANGES);
    return [{ origin, late: origin - end, past, tried }];
  });
  const all = then.map(({ tried }) => tried);
  const rolling: Rolling = {
    ...{
      values: y,
      origins: then.map(({ origin }) => origin),
      steps,
      ranges: RANGES,
      prior: PRIOR,
      forgets: 1,
      truth,
      overlapping: true,
    },
    fit: (history) => {
      const k = then.findIndex(({ origin }) => origin === history.length);
      const one = then[k];
      if (!one) return null;
      const { past, late } = one;
      const path = blendOf(past, sharesOf(all, RANGES, k), RANGES, leastOf(past));
      return { ...path, path: (ahead) => path.path(ahead + late), spread: (ahead) => path.spread(ahead + late) };
    },
  };
  const scored = scoresOf(rolling);
  const pools = poolsOf(scored, rolling.ranges);
  const path = blendOf(fit, sharesOf(all, RANGES), RANGES, leastOf(fit));
  return { bands: bandsOf(scored, rolling, path.shape ?? null, pools), backtest: recordOf(rolling, scored, pools), path };
}

/** Why this fit carries no date. */
function unfit(
  fit: StockFit,
  known: number,
  equal: boolean,
  backtest: Backtest | null,
  today: number,
  limit: number | null,
): Reason[] {
  if (equal) return [{ code: 'all equal', text: `All values are ${amountText(today)}: there is no trend, and nothing to date.` }];
  if (known < LEAST_FOR_DATE) return [tooShort(known, LEAST_FOR_DATE, 'a date')];
  if (fit.erratic)
    return [{ code: 'erratic', text: 'The level jumps so often that jumps are how it goes: no trend can be told from them.' }];
  if (!fit.grows || fit.growth.perDay <= 0) {
    if (fit.sawtooth) {
      const reach = fit.sawtooth.period * 2;
      let peak = -Infinity;
      for (let ahead = 1; ahead <= reach; ahead++) peak = Math.max(peak, fit.path(ahead) + 3 * fit.sigma(ahead));
      const share = limit === null ? '' : `; peaks stay below ${Math.ceil((peak / limit) * 20) * 5} % of the limit`;
      return [{ code: 'sawtooth', text: `A sawtooth without growth from peak to peak${share}.` }];
    }
    const direction = fit.grows ? 'It shrinks' : 'No trend: the growth cannot be told from none';
    const { low, high } = fit.growth;
    return [{ code: 'no trend', text: `${direction} (${amountText(low)} to ${amountText(high)} a day).` }];
  }
  if (!backtest) return [{ code: 'not backtested', text: 'No date: this history is too short to try its forecast on.' }];
  return [];
}

function decisionsOf(fit: StockFit, grid: Grid): Decision[] {
  const at = (i: number) => grid.startMs(i);
  const day = (i: number) => dateText(at(i) + 43_200_000);
  const decisions: Decision[] = [];
  for (const i of fit.outliers) {
    const amount = grid.values[i] ?? NaN;
    decisions.push({
      what: 'outlier',
      atMs: at(i),
      amount,
      text: `${day(i)}: ${amountText(amount)} is far from its neighbours and was left out.`,
    });
  }
  for (const { at: i, amount } of fit.steps) {
    const what = amount < 0 ? ('clean-up' as const) : ('step' as const);
    const text = `${day(i)}: ${amount < 0 ? 'a clean-up' : 'a step'} of ${amountText(amount)}; what was before is shifted by it and not taken for growth.`;
    decisions.push({ what, atMs: at(i), amount, text });
  }
  if (fit.sawtooth) {
    const { period, drop, starts } = fit.sawtooth;
    const text = `A sawtooth: ${starts.length} drops of about ${amountText(drop)}, every ${amountText(period)} steps; growth is that from cycle to cycle.`;
    decisions.push({ what: 'sawtooth', atMs: null, amount: drop, text });
  }
  if (fit.habit) {
    const size = Math.max(...fit.habit) - Math.min(...fit.habit);
    decisions.push({
      what: 'weekly habit',
      atMs: null,
      amount: size,
      text: `A weekly habit of ${amountText(size)} was told apart.`,
    });
  }
  const { trend } = fit;
  if (trend?.shape === 'exponential') {
    const share = Math.expm1(trend.line.slope * 30) * 100;
    const text = `It grows with its size, by ${amountText(share)} % in 30 days.`;
    decisions.push({ what: 'exponential growth', atMs: null, amount: fit.growth.perDay, text });
  } else if (trend && trend.since > 0) {
    const text = `Growth changed about ${day(trend.since)}${trend.slowing ? ' and is coming to an end' : '; only what came after counts'}.`;
    decisions.push({ what: 'growth changed', atMs: at(trend.since), amount: fit.growth.perDay, text });
  }
  return decisions;
}
