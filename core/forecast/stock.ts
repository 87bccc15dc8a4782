/** How a stock goes on: its growth once wild days, steps, rotation and the weekly habit are told apart from it. */
import { findHabit, findOutliers, findSawtooth, findSteps, withoutSteps, type Sawtooth, type Step } from './breaks.ts';
import { medianOf } from './robust.ts';
import { fitTrend, type Trend } from './trend.ts';
import { walkOf, type Walk } from './walk.ts';

const WEEK = 7;
/** Rotations differ by less than so many drops. */
const UNEVEN = 2;
/** A step that is sized together with the growth may come out so much larger or smaller than it looked. */
const SEEN = 0.3;

/** A fitted stock. Indices are days of the history; steps ahead count from 1, the day after its end. */
export interface StockFit {
  readonly outliers: readonly number[];
  readonly steps: readonly Step[];
  readonly sawtooth: Sawtooth | null;
  readonly habit: Float64Array | null;
  readonly erratic: boolean;
  readonly trend: Trend | null;
  /** Growth a day now, with its 95 % interval. */
  readonly growth: { readonly perDay: number; readonly low: number; readonly high: number };
  /** Whether the interval of the growth excludes none at all. */
  readonly grows: boolean;
  /** Standard deviation of a day about the path, and its correlation from day to day. */
  sigma(ahead: number): number;
  readonly rho: number;
  /** The median path; `slopes` standard errors steeper. */
  path(ahead: number, slopes?: number): number;
  /** Standard deviation of the path itself. */
  spread(ahead: number): number;
  /** The way on from today, whatever the trend; null with too little history. */
  readonly walk: Walk | null;
}

/**
 * @param y one value a day, NaN = unknown; the last one known
 * @param weekday 0–6 of an index
 * @param certain indices at which a change is known of
 * @returns null with fewer than three values
 */
export function fitStock(y: Float64Array, weekday: (i: number) => number, certain: readonly number[] = []): StockFit | null {
  // Rotation is taken out like a habit: what a cycle rises by more than it grows, from its start on.
  const sawtooth = findSawtooth(y);
  const teeth = sawtooth ? teethOf(sawtooth) : () => 0;
  let clean = sawtooth ? y.map((v, i) => v - teeth(i)) : y.slice();
  // Rotation is never quite even: what it leaves over is no event.
  const least = sawtooth ? UNEVEN * sawtooth.drop : 0;
  const outliers = findOutliers(clean, least);
  for (const i of outliers) clean[i] = NaN;
  // A habit hides small steps, and steps distort a habit: coarse steps, habit, then all steps.
  const coarse = findSteps(clean, certain, least);
  const habit = findHabit(withoutSteps(clean, coarse.steps), weekday, WEEK);
  if (habit) clean = clean.map((v, i) => v - (habit[weekday(i)] ?? 0));
  if (habit) for (const i of findOutliers(clean, least)) if (!outliers.includes(i)) outliers.push(i);
  for (const i of outliers) clean[i] = NaN;
  const found = findSteps(clean, certain, least);
  const first = fitTrend(withoutSteps(clean, found.steps));
  if (!first) return null;
  const { steps, loss } = jointly(clean, found.steps, first.since);
  const flat = withoutSteps(clean, steps);
  const again = fitTrend(flat) ?? first;
  const trend = { ...again, slopeRange: again.slopeRange * loss };
  const { erratic } = found;
  const base = { outliers: outliers.sort((a, b) => a - b), steps, sawtooth, habit, erratic, trend };
  const repeats = (i: number) => (habit ? (habit[weekday(i)] ?? 0) : 0) + teeth(i);
  const walk = walkOf(flat);
  const last = y.length - 1;
  return {
    ...base,
    ...pathOf(flat, trend, repeats),
    walk: walk && {
      path: (ahead) => walk.path(ahead) + repeats(last + ahead),
      spread: (ahead) => walk.spread(ahead),
      shape: walk.shape,
    },
  };
}

/** How far each day of a cycle stands above its middle, with cycles of the typical length before the first and after the last. */
function teethOf({ starts, period, drop }: Sawtooth): (i: number) => number {
  const [first, last] = [starts[0] ?? 0, starts.at(-1) ?? 0];
  const rise = drop / period;
  return (i) => {
    let start = first - Math.ceil((first - i) / period) * period;
    if (i >= last) start = last + Math.floor((i - last) / period) * period;
    else if (i >= first) start = starts.findLast((at) => at <= i) ?? first;
    return rise * (i - start - (period - 1) / 2);
  };
}

type Path = Pick<StockFit, 'growth' | 'grows' | 'sigma' | 'rho' | 'path' | 'spread'>;

function pathOf(flat: Float64Array, trend: Trend, habitAt: (i: number) => number): Path {
  const last = flat.length - 1;
  const { line, slopeRange } = trend;
  const error = slopeRange / 1.96;
  const grows = Math.abs(line.slope) > slopeRange;
  if (trend.shape === 'exponential') {
    const now = Math.exp(line.level + line.slope * last);
    const at = (i: number, slopes: number) =>
      Math.exp(Math.min(700, line.level + line.slope * i + slopes * error * (i - line.meanX)));
    return {
      growth: { perDay: line.slope * now, low: (line.slope - slopeRange) * now, high: (line.slope + slopeRange) * now },
      grows,
      sigma: (ahead) => trend.sigma * Math.exp(Math.min(700, line.slope * ahead)),
      rho: line.rho,
      path: (ahead, slopes = 0) => at(last + ahead, slopes) + habitAt(last + ahead),
      spread: (ahead) => {
        const i = last + ahead;
        const relative = Math.hypot(line.levelError, error * (i - line.meanX));
        return at(i, 0) * Math.expm1(Math.min(50, relative));
      },
    };
  }
  // Without growth to speak of the level is that of the stretch; where it wanders, that of the last week.
  const recent = medianOf(flat.subarray(Math.max(0, flat.length - WEEK)));
  const level = grows ? NaN : line.rho > 0.5 && !Number.isNaN(recent) ? recent : line.level + line.slope * line.meanX;
  const { slowing } = trend;
  const approach = (i: number) => (slowing ? slowing.end - slowing.gap * Math.exp(-i / slowing.days) : NaN);
  const centre = (i: number) => (slowing ? approach(i) : grows ? line.level + line.slope * i : level);
  const perDay = slowing ? approach(last + 1) - approach(last) : line.slope;
  return {
    growth: { perDay, low: perDay - slopeRange, high: perDay + slopeRange },
    grows,
    sigma: () => line.sigma,
    rho: line.rho,
    path: (ahead, slopes = 0) => {
      const i = last + ahead;
      return centre(i) + slopes * error * (i - line.meanX) + habitAt(i);
    },
    spread: (ahead) => Math.hypot(line.levelError, error * (last + ahead - line.meanX)),
  };
}

/**
 * Sizes of the steps of the last stretch by least squares together with its slope: each part between steps has a level
 * of its own. @returns with by how much the slope is less certain for it
 */
function jointly(y: Float64Array, steps: readonly Step[], since: number): { steps: readonly Step[]; loss: number } {
  const inside = steps.filter(({ at }) => at > since);
  if (inside.length === 0) return { steps, loss: 1 };
  const edges = [since, ...inside.map(({ at }) => at), y.length];
  const parts = edges.slice(1).map((to, p) => {
    const from = edges[p] ?? 0;
    let [n, x, v] = [0, 0, 0];
    for (let i = from; i < to; i++) if (!Number.isNaN(y[i] ?? NaN)) [n, x, v] = [n + 1, x + i, v + (y[i] ?? 0)];
    return { from, to, n, x: x / n, v: v / n };
  });
  if (parts.some(({ n }) => n < 3)) return { steps, loss: 1 };
  const all = parts.reduce((sum, { n, x }) => ({ n: sum.n + n, x: sum.x + n * x }), { n: 0, x: 0 });
  const centre = all.x / all.n;
  let [within, shared, whole] = [0, 0, 0];
  for (const { from, to, x, v } of parts) {
    for (let i = from; i < to; i++) {
      const value = y[i] ?? NaN;
      if (Number.isNaN(value)) continue;
      within += (i - x) ** 2;
      shared += (i - x) * (value - v);
      whole += (i - centre) ** 2;
    }
  }
  const slope = shared / within;
  const sized = inside.map((step, s) => {
    const [left, right] = [parts[s], parts[s + 1]];
    if (!left || !right) return step;
    const amount = right.v - left.v - slope * (right.x - left.x);
    // Where growth is not even, what differs between the parts is growth; the step is what was seen beside it.
    return Math.abs(amount - step.amount) <= SEEN * Math.abs(step.amount) ? { at: step.at, amount } : step;
  });
  return { steps: [...steps.filter(({ at }) => at <= since), ...sized], loss: Math.sqrt(whole / within) };
}
