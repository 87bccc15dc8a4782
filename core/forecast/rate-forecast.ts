/** A forecast of a rate: weighed members, bands from their common backtest, and chances of crossing, never a date. */
import {
  bandsOf,
  poolsOf,
  quantilesAt,
  recordOf,
  remembered,
  scoresOf,
  type Path,
  type Rolling,
  type Scored,
} from './backtest.ts';
import { weekdayOf, localDay } from './calendar.ts';
import type { Grid } from './grid.ts';
import { crossingOf } from './limit.ts';
import { DAY_MS, type Calendar, type Decision, type Forecast, type Reason } from './model.ts';
import { fitRate, weightsOf, type Member } from './rate.ts';
import { medianOf, quantileOf, robustLine, sortedKnown } from './robust.ts';
import type { Season } from './season.ts';
import { chancesOf, crossedAlready, tooShort, undated } from './verdict.ts';
import { amountText, daysText } from './words.ts';

const MOST_ORIGINS = 9;
/** Days known below which nothing is said. */
const LEAST_DAYS = 4;
/** Days of daily values below which nothing is said. */
const LEAST_STEPS = 14;
/** Chances reach no further ahead than this many times the history. */
const REACH = 2;
/** Origins that what is believed of errors counts for: a normal distribution, or the shape that the history itself has. */
const PRIOR = 3;
const SHAPE_PRIOR = 40;
/** What an origin's errors count for beside those of the next one. */
const BAND_FORGETS = 0.75;
/** What a member's error of one origin earlier still counts. */
const FORGETS = 0.75;

export interface RateQuestion {
  readonly grid: Grid;
  readonly calendar: Calendar;
  readonly horizonSteps: number;
  readonly limit: number | null;
  /** Members made outside, by name. */
  readonly members: Readonly<Record<string, Member>>;
  readonly against: readonly Reason[];
}

type Answer = Pick<Forecast, 'steps' | 'growth' | 'decisions' | 'reasons' | 'limit' | 'backtest'>;

/** @returns what there is to say of a grid of hours or days */
export function forecastRate(question: RateQuestion): Answer {
  const { grid, horizonSteps, limit, calendar } = question;
  const y = grid.values;
  const perDay = grid.stepMs < DAY_MS ? DAY_MS / grid.stepMs : 1;
  const known = y.reduce((n, v) => n + (Number.isNaN(v) ? 0 : 1), 0);
  const today = y[y.length - 1] ?? NaN;
  const needed = perDay === 1 ? LEAST_STEPS : LEAST_DAYS * perDay;
  if (known < needed) {
    const reasons: Reason[] = [...question.against, tooShort(known, needed, 'a forecast')];
    return {
      steps: [],
      growth: null,
      decisions: [],
      reasons,
      limit: limit === null ? null : undated(limit, limit - today),
      backtest: null,
    };
  }
  const season = seasonOf(grid, calendar, perDay);
  const { scored, rolling, path, decisions } = tested(question, season);
  const pools = poolsOf(scored, rolling.ranges);
  const bands = bandsOf(scored, rolling, path.shape ?? null, pools);
  const least = quantileOf(sortedKnown(y), 0);
  const steps = Array.from({ length: horizonSteps }, (_, h) => ({
    tMs: grid.endMs(y.length + h),
    // What was never below zero will not be so.
    quantiles: quantilesAt(path, bands, h + 1).map((v) => (least >= 0 ? Math.max(0, v) : v)),
  }));
  const equal = y.every((v) => Number.isNaN(v) || v === today);
  const reasons: Reason[] = [...question.against];
  if (equal)
    reasons.push({ code: 'all equal', text: `All values are ${amountText(today)}: there is nothing to learn a band from.` });
  const answer: Answer = {
    steps,
    growth: perDay === 1 ? growthOf(y) : null,
    decisions,
    reasons,
    limit: null,
    backtest: recordOf(rolling, scored, pools),
  };
  if (limit === null) return answer;
  const level = medianOf(y.subarray(Math.max(0, y.length - 7 * perDay)));
  const crossed = crossedAlready(limit, level);
  if (crossed) return { ...answer, reasons: [crossed, ...reasons], limit: undated(limit, limit - level) };
  const reach = Math.floor(Math.min(180, (REACH * y.length) / perDay));
  const chances = chancesOf(crossingOf(passage(scored, path, limit, reach * perDay)), 1 / perDay);
  if (reach < 180)
    reasons.push({
      code: 'history too short',
      text: `${daysText(y.length / perDay)} of history say nothing of more than ${daysText(reach)} ahead.`,
    });
  reasons.push({ code: 'rate', text: 'A rate comes and goes: the chance of reaching the limit is given, no date.' });
  return { ...answer, reasons, limit: undated(limit, limit - level, chances) };
}

/** Days that show by how much it grew of late. */
const GROWTH_DAYS = 365;
const GROWTH_LEAST = 56;

/** What the last year grew by a day, with its 95 % interval; null with too few days. It is no promise: forecasts weigh it. */
function growthOf(days: Float64Array): Forecast['growth'] {
  const line = robustLine(days, Math.max(0, days.length - GROWTH_DAYS));
  if (!line || line.n < GROWTH_LEAST) return null;
  const doubt = 1.96 * line.slopeError;
  return { perDay: line.slope, low: line.slope - doubt, high: line.slope + doubt };
}

/** Hours of the local week, or its days. */
export function seasonOf(grid: Grid, calendar: Calendar, perDay: number): Season {
  const phases: number[] = [];
  const find = (i: number): number => {
    const start = grid.startMs(i);
    const day = localDay(calendar, start + (perDay === 1 ? DAY_MS / 2 : 0));
    if (perDay === 1) return grid.stepMs === DAY_MS ? weekdayOf(day) : 0;
    const within = (((start + calendar.offsetMs(start)) % DAY_MS) + DAY_MS) % DAY_MS;
    return weekdayOf(day) * perDay + Math.floor(within / (DAY_MS / perDay));
  };
  const phase = (i: number): number => {
    if (i < 0) return find(i);
    // One after the other, so that there are no holes: steps ahead follow those of the history.
    while (phases.length <= i) phases.push(find(phases.length));
    return phases[i] ?? 0;
  };
  return { perDay, perWeek: 7 * perDay, phase };
}

/** Rolls through the history with all members; weights at an origin come from errors known by then. */
function tested({ grid, horizonSteps, members }: RateQuestion, season: Season) {
  const y = grid.values;
  const { perDay } = season;
  const steps = Math.max(1, Math.min(horizonSteps, Math.floor(y.length / 3)));
  const first = Math.max(perDay === 1 ? 10 : 2 * perDay, Math.floor(y.length / 3));
  const last = y.length - Math.max(1, Math.min(steps, Math.floor(y.length / 6)));
  const count = Math.max(0, Math.min(MOST_ORIGINS, Math.floor((last - first) / perDay) + 1));
  // Whole days apart would see the same hour each time: where there are hours, origins move through the day.
  const every = count > 1 ? Math.floor((last - first) / (count - 1)) : 1;
  const origins = [...new Set(Array.from({ length: count }, (_, k) => last - k * every))].reverse();
  const ensemble = createEnsemble(season, Math.max(horizonSteps, steps), members);
  const ranges = [1, perDay === 1 ? 8 : perDay + 1, perDay === 1 ? 29 : 3 * perDay + 1, 14 * perDay + 1];
  const rolling: Rolling = {
    values: y,
    origins,
    steps,
    ranges: [...new Set(ranges)].filter((r) => r <= steps),
    prior: PRIOR,
    shapePrior: SHAPE_PRIOR,
    forgets: BAND_FORGETS,
    fit: (history) => ensemble.fit(history)?.path ?? null,
  };
  const scored = scoresOf(rolling);
  const whole = ensemble.fit(y);
  const path: Path = whole?.path ?? { path: () => medianOf(y), spread: () => 0 };
  const shares = whole ? whole.names.map((name, m) => `${name} ${Math.round((whole.weights[m] ?? 0) * 100)} %`) : [];
  const decisions: Decision[] = [
    { what: 'members', atMs: null, amount: null, text: `Weighed by how each did before: ${shares.join(', ')}.` },
  ];
  return { scored, rolling, path, decisions };
}

/** Fits at origins in order of time, and remembers what members said, so that later ones can be weighed. */
export function createEnsemble(season: Season, steps: number, more: Readonly<Record<string, Member>>) {
  const past: { origin: number; paths: readonly ((ahead: number) => number)[] }[] = [];
  return {
    fit(history: Float64Array) {
      let end = history.length;
      while (end > 0 && Number.isNaN(history[end - 1] ?? NaN)) end--;
      const late = history.length - end;
      const fitted = fitRate(history.subarray(0, end), season, steps + late, more);
      if (!fitted) return null;
      const paths = fitted.paths.map((of) => (ahead: number) => of(ahead + late));
      const weights = weightsOf(fitted.names.map((_, m) => errorOf(past, m, history)));
      past.push({ origin: history.length, paths });
      const path = remembered((ahead) => {
        let [sum, weight] = [0, 0];
        for (let m = 0; m < paths.length; m++) {
          const v = paths[m]?.(ahead) ?? NaN;
          if (Number.isNaN(v)) continue;
          sum += (weights[m] ?? 0) * v;
          weight += weights[m] ?? 0;
        }
        if (weight > 0) return sum / weight;
        // Those that count know nothing of this step, as of a gap a year ago: then the others do.
        const said = paths.map((of) => of(ahead)).filter((v) => !Number.isNaN(v));
        return medianOf(said);
      });
      const spread = remembered((ahead) => fitted.spread(ahead + late));
      return { path: { path, spread, shape: fitted.shape }, names: fitted.names, weights };
    },
  };
}

/** Mean absolute error of a member at earlier origins, over what is known by now. */
function errorOf(
  past: readonly { origin: number; paths: readonly ((ahead: number) => number)[] }[],
  member: number,
  known: Float64Array,
): number {
  let [sum, n] = [0, 0];
  for (const [age, { origin, paths }] of past.toReversed().entries()) {
    const of = paths[member];
    if (!of) continue;
    const weight = FORGETS ** age;
    const far = known.length - origin;
    // Every seventh step of what is far ahead is enough.
    for (let ahead = 1; ahead <= far; ahead += ahead < 48 ? 1 : 7) {
      const error = Math.abs((known[origin - 1 + ahead] ?? NaN) - of(ahead));
      if (!Number.isNaN(error)) [sum, n] = [sum + weight * error, n + weight];
    }
  }
  return n > 0 ? sum / n : NaN;
}

/** Errors told apart into what an origin's have in common (its level was wrong) and what each step adds. */
function passage(scored: readonly Scored[], { path, spread }: Path, limit: number, steps: number) {
  const means = scored.map(({ scores }) => mean(scores.flatMap((list) => [...list])));
  const own = scored.flatMap(({ scores }, s) => scores.flatMap((list) => [...list].map((v) => v - (means[s] ?? 0))));
  const common = means.length > 1 ? Math.sqrt(mean(means.map((m) => m * m))) : 1;
  const sorted = sortedKnown(own);
  const high = sorted.length > 20 ? quantileOf(sorted, 0.975) / 1.96 : 1;
  const tested = Math.max(1, ...scored.map(({ scores }) => scores.reduce((n, list) => n + list.length, 0)));
  return {
    // A level wanders: the further beyond what was tried, the more.
    path: (ahead: number, draws: number) => path(ahead) + draws * common * Math.sqrt(Math.max(1, ahead / tested)) * spread(ahead),
    sigma: (ahead: number) => high * spread(ahead),
    rho: 0.3,
    limit,
    steps: Math.max(1, steps),
    inflation: 1,
  };
}

const mean = (list: readonly number[]) => (list.length === 0 ? 0 : list.reduce((sum, v) => sum + v, 0) / list.length);
