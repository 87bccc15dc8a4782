/** Which growth goes on: since when it has been straight, or whether it grows with its size. */
import { robustLine, type Line } from './robust.ts';

export interface Trend {
  readonly shape: 'straight' | 'exponential' | 'slowing';
  /** Over the index of the history; of logarithms where exponential. Of the last stretch where slowing. */
  readonly line: Line;
  /** First index of the stretch it was fitted to. */
  readonly since: number;
  /** 1.96 standard errors, wider for few values. */
  readonly slopeRange: number;
  /** Standard deviation of a day about it, in the series' unit (today's, where exponential). */
  readonly sigma: number;
  /** Growth that comes to an end: the index-wise path `end − gap·exp(−i/days)`; null for other shapes. */
  readonly slowing: Slowing | null;
}

export interface Slowing {
  readonly end: number;
  readonly gap: number;
  readonly days: number;
}

/** A last stretch is never shorter (days). */
const SHORTEST = 21;
const BENDS = 3;
/** Evidence that a bend (or a curve) must bring, as twice a gain in log likelihood. */
const EVIDENCE = 14;

/**
 * Fits the growth of a history without steps, outliers and habits. Bends are found by least squares of two joined lines,
 * one after the other, each by its gain in likelihood (as BIC counts, with a correlated value for less than one);
 * what comes after the last bend is fitted robustly. @returns null with too few values
 */
export function fitTrend(y: Float64Array, shortest = SHORTEST): Trend | null {
  const whole = robustLine(y);
  if (!whole) return null;
  let since = 0;
  let line = whole;
  for (let bend = 0; bend < BENDS; bend++) {
    const found = findBend(y, since, line.rho, shortest);
    if (found === null) break;
    const next = robustLine(y, found);
    if (!next) break;
    [since, line] = [found, next];
  }
  const curve = exponentialOf(y, whole, since, line);
  if (curve) return curve;
  const slopeRange = rangeOf(line, since > 0);
  const slowing = since > 0 ? slowingOf(y, since, line) : null;
  return { shape: slowing ? 'slowing' : 'straight', line, since, slopeRange, sigma: line.sigma, slowing };
}

function rangeOf(line: Line, bent: boolean): number {
  const few = 1 + 1.5 / Math.max(1, line.n - 3);
  // Where a bend lies is itself uncertain.
  return 1.96 * line.slopeError * few * (bent ? 1.25 : 1);
}

/** Index from which a second line explains the rest better; null when one line does. */
function findBend(y: Float64Array, since: number, rho: number, shortest: number): number | null {
  const known: number[] = [];
  for (let i = since; i < y.length; i++) if (!Number.isNaN(y[i] ?? NaN)) known.push(i);
  const n = known.length;
  const least = Math.min(shortest, n);
  if (n < 2 * least) return null;
  const middle = (since + y.length) / 2;
  const scale = (y.length - since) / 2;
  const base = y[known[n >> 1] ?? 0] ?? 0;
  const t = (k: number) => ((known[k] ?? 0) - middle) / scale;
  const v = (k: number) => (y[known[k] ?? 0] ?? 0) - base;
  // Sums over what comes after each place, so that each candidate costs a few operations.
  let [w, wt, wtt, wv, wtv, vv] = [0, 0, 0, 0, 0, 0];
  const room = () => new Float64Array(n);
  const after = { w: room(), wt: room(), wtt: room(), wv: room(), wtv: room() };
  for (let k = n - 1; k >= 0; k--) {
    const [x, z] = [t(k), v(k)];
    w += 1;
    wt += x;
    wtt += x * x;
    wv += z;
    wtv += x * z;
    vv += z * z;
    after.w[k] = w;
    after.wt[k] = wt;
    after.wtt[k] = wtt;
    after.wv[k] = wv;
    after.wtv[k] = wtv;
  }
  const determinant = w * wtt - wt * wt;
  const slope = (w * wtv - wt * wv) / determinant;
  const level = (wv - slope * wt) / w;
  const straight = Math.max(0, vv - level * wv - slope * wtv);
  // What is left of a straight line is rounding.
  if (straight <= 1e-12 * vv) return null;
  const effective = (n * (1 - rho)) / (1 + rho);
  let best = { gain: EVIDENCE + Math.log(Math.max(2, effective)), at: -1 };
  for (let k = least; k <= n - least; k++) {
    const [m, mt, mtt] = [after.w[k] ?? 0, after.wt[k] ?? 0, after.wtt[k] ?? 0];
    const [mv, mtv] = [after.wv[k] ?? 0, after.wtv[k] ?? 0];
    const c = t(k);
    // The hinge (t − c)+ : its products with 1, t, itself and the values.
    const h1 = mt - c * m;
    const ht = mtt - c * mt;
    const hh = mtt - 2 * c * mt + c * c * m;
    const hv = mtv - c * mv;
    // What of the hinge the line does not say.
    const hs = (w * ht - wt * h1) / determinant;
    const hl = (h1 - hs * wt) / w;
    const own = hh - hl * h1 - hs * ht;
    const shared = hv - hl * wv - hs * wtv;
    if (own <= 1e-12) continue;
    const bent = Math.max(1e-9 * straight, straight - (shared * shared) / own);
    const gain = straight === 0 ? 0 : effective * Math.log(straight / bent);
    if (gain > best.gain) best = { gain, at: known[k] ?? 0 };
  }
  return best.at < 0 ? null : best.at;
}

/** A line through the logarithms, where it explains all of the history better than straight lines do. */
function exponentialOf(y: Float64Array, whole: Line, since: number, last: Line): Trend | null {
  const logs = y.map((v) => (v > 0 ? Math.log(v) : NaN));
  if (logs.some((v, i) => Number.isNaN(v) && !Number.isNaN(y[i] ?? NaN))) return null;
  const line = robustLine(logs);
  if (!line || line.slope <= 3 * line.slopeError) return null;
  const at = (i: number) => Math.exp(line.level + line.slope * i);
  // Less than a fifth more: no curve can be told from a line.
  if (at(y.length - 1) < 1.2 * at(0)) return null;
  const square = (of: (i: number) => number, from: number) => {
    let [sum, n] = [0, 0];
    for (let i = from; i < y.length; i++) {
      const d = (y[i] ?? NaN) - of(i);
      if (!Number.isNaN(d)) [sum, n] = [sum + d * d, n + 1];
    }
    return { sum, n };
  };
  const curved = square(at, 0);
  const straight = square((i) => whole.level + whole.slope * i, 0);
  const effective = (curved.n * (1 - line.rho)) / (1 + line.rho);
  if (!(effective * Math.log(straight.sum / curved.sum) >= 10)) return null;
  if (since > 0) {
    // Held against the bent line: over its last stretch, and over what came before it by a line of its own.
    const before = robustLine(y, 0, since);
    const bent =
      square((i) => last.level + last.slope * i, since).sum +
      (before ? square((i) => (i < since ? before.level + before.slope * i : NaN), 0).sum : 0);
    if (effective * Math.log(bent / curved.sum) < -2 * Math.log(effective)) return null;
  }
  return {
    shape: 'exponential',
    line,
    since: 0,
    slopeRange: rangeOf(line, false),
    sigma: line.sigma * at(y.length - 1),
    slowing: null,
  };
}

/** Time constants tried, in days. */
const CONSTANTS = Array.from({ length: 14 }, (_, i) => 8 * 1.25 ** i);

/** An approach to a level, where it explains the history as well as bent lines do with more numbers of their own. */
function slowingOf(y: Float64Array, since: number, last: Line): Slowing | null {
  const before = robustLine(y, 0, since);
  if (!before || Math.abs(before.slope) <= Math.abs(last.slope) || before.slope * last.slope < 0) return null;
  let best = { sum: Infinity, slowing: null as Slowing | null };
  let bent = 0;
  let n = 0;
  for (let i = 0; i < y.length; i++) {
    const v = y[i] ?? NaN;
    if (Number.isNaN(v)) continue;
    n++;
    const line = i < since ? before : last;
    bent += (v - line.level - line.slope * i) ** 2;
  }
  for (const days of CONSTANTS) {
    let [x, v, xx, xv, vv] = [0, 0, 0, 0, 0];
    for (let i = 0; i < y.length; i++) {
      const value = y[i] ?? NaN;
      if (Number.isNaN(value)) continue;
      const e = Math.exp(-i / days);
      x += e;
      v += value;
      xx += e * e;
      xv += e * value;
      vv += value * value;
    }
    const spread = xx - (x * x) / n;
    if (spread <= 0) continue;
    const factor = (xv - (x * v) / n) / spread;
    const end = (v - factor * x) / n;
    const sum = vv - end * v - factor * xv;
    if (sum < best.sum) best = { sum, slowing: { end, gap: -factor, days } };
  }
  const effective = (n * (1 - last.rho)) / (1 + last.rho);
  // Bent lines have a level, a slope and two numbers for each bend.
  return effective * Math.log(best.sum / bent) < Math.log(Math.max(2, effective)) ? best.slowing : null;
}
