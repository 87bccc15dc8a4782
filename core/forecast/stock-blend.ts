/**
 * Two ways on, a trend through the history and a walk from today, each counting by how well it did at earlier origins of the same
 * history: near and far ahead apart, because what is right tomorrow need not be so in three months.
 */
import { placeIn, type Path } from './backtest.ts';
import { LEVELS } from './model.ts';
import { normalQuantile } from './normal.ts';
import type { StockFit } from './stock.ts';

/** What the trend counts for in each range of distances, 0–1; the walk counts for the rest. */
export type Shares = readonly number[];

/** How much more the better one counts: shares go by this power of their errors. */
const SHARPNESS = 3;
/** Before anything was tried. */
const EVEN = 0.5;
const NORMAL = LEVELS.map(normalQuantile);
/** Errors are never taken for less than this share of the larger one. */
const FINEST = 1e-3;
/** Of the trend's share in the median, what its own spread counts for: a line knows nothing of how far levels stray. */
const SPREAD_SHARE = 0.75;

/** Sums of absolute errors of both ways at one origin, by range. */
export interface Tried {
  readonly trend: readonly number[];
  readonly walk: readonly number[];
}

/** @param truth what came so many steps after the origin; NaN = unknown */
export function triedAt(fit: StockFit, truth: (ahead: number) => number, steps: number, ranges: readonly number[]): Tried {
  const [trend, walk] = [ranges.map(() => 0), ranges.map(() => 0)];
  if (!fit.walk) return { trend, walk };
  for (let ahead = 1; ahead <= steps; ahead++) {
    const v = truth(ahead);
    if (Number.isNaN(v)) continue;
    const r = Math.max(
      0,
      ranges.findLastIndex((from) => from <= ahead),
    );
    trend[r] = (trend[r] ?? 0) + Math.abs(v - fit.path(ahead));
    walk[r] = (walk[r] ?? 0) + Math.abs(v - fit.walk.path(ahead));
  }
  return { trend, walk };
}

/** @param without place among `tried` that is left out, so that no origin has a say in its own forecast; -1 = none */
export function sharesOf(tried: readonly Tried[], ranges: readonly number[], without = -1): Shares {
  let last = EVEN;
  return ranges.map((_, r) => {
    const sum = (of: keyof Tried) => tried.reduce((total, one, k) => total + (k === without ? 0 : (one[of][r] ?? 0)), 0);
    const [trend, walk] = [sum('trend'), sum('walk')];
    if (trend + walk === 0) return last;
    const most = Math.max(trend, walk);
    const odds = (Math.max(walk, FINEST * most) / Math.max(trend, FINEST * most)) ** SHARPNESS;
    return (last = odds / (1 + odds));
  });
}

export interface Blend extends Path {
  /** The median path, so many standard errors of the path itself higher. */
  along(ahead: number, errors: number): number;
}

/** @param least a spread is never less */
export function blendOf(fit: StockFit, shares: Shares, ranges: readonly number[], least: number): Blend {
  const { walk } = fit;
  const shareAt = (ahead: number) => {
    if (!walk) return 1;
    const [r, between] = placeIn(ranges, ahead);
    const near = shares[r] ?? EVEN;
    return near + between * ((shares[r + 1] ?? near) - near);
  };
  const path = (ahead: number) => {
    const share = shareAt(ahead);
    return share * fit.path(ahead) + (walk ? (1 - share) * walk.path(ahead) : 0);
  };
  const own = (ahead: number) => {
    const share = shareAt(ahead);
    const noise = fit.sigma(ahead);
    const strays = walk ? Math.sqrt(Math.max(0, walk.spread(ahead) ** 2 - noise ** 2)) : 0;
    return share * fit.spread(ahead) + (1 - share) * strays;
  };
  const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  return {
    path,
    shape: walk && NORMAL.map((z, l) => mean * z + (1 - mean) * (walk.shape[l] ?? z)),
    along: (ahead, errors) => path(ahead) + errors * own(ahead),
    spread: (ahead) => {
      const counts = walk ? SPREAD_SHARE * shareAt(ahead) : 1;
      const trend = Math.hypot(fit.sigma(ahead), fit.spread(ahead));
      return Math.max(least, counts * trend + (walk ? (1 - counts) * walk.spread(ahead) : 0));
    },
  };
}
