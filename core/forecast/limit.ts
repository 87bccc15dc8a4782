/** When a limit is reached: the distribution of the first day on which it is, from a path and what is uncertain about it. */
import { normalCdf, normalQuantile } from './normal.ts';

/** Slopes (and levels) the distribution is averaged over, at the middles of equally likely parts. */
const SLOPES = 21;
const DRAWS = Array.from({ length: SLOPES }, (_, i) => normalQuantile((i + 0.5) / SLOPES));

export interface Crossing {
  /** Chance that the limit was reached within so many steps; index 0 is 0 steps. */
  readonly within: Float64Array;
}

export interface Passage {
  /** Median path, `slopes` standard errors steeper. */
  readonly path: (ahead: number, slopes: number) => number;
  /** Noise about it, and how much one step's tells of the next one's. */
  readonly sigma: (ahead: number) => number;
  readonly rho: number;
  readonly limit: number;
  /** Steps looked ahead. */
  readonly steps: number;
  /** By how much what is uncertain turned out larger in a backtest. */
  readonly inflation: number;
}

/** First passage: each step crosses with the chance of its noise; correlated steps count for less than one each. */
export function crossingOf({ path, sigma, rho, limit, steps, inflation }: Passage): Crossing {
  const within = new Float64Array(steps + 1);
  const own = (1 - rho) / (1 + rho);
  const least = Math.max(Math.abs(limit) * 1e-12, Number.MIN_VALUE);
  for (const draw of DRAWS) {
    let stays = 1;
    for (let ahead = 1; ahead <= steps; ahead++) {
      const distance = (limit - path(ahead, draw * inflation)) / Math.max(sigma(ahead), least);
      if (distance < 5 && stays > 0) {
        const below = normalCdf(distance);
        stays *= below < 1e-9 ? 0 : below ** own;
        if (stays < 1e-6) stays = 0;
      }
      if (stays === 0) {
        for (let rest = ahead; rest <= steps; rest++) within[rest] = (within[rest] ?? 0) + 1 / SLOPES;
        break;
      }
      within[ahead] = (within[ahead] ?? 0) + (1 - stays) / SLOPES;
    }
  }
  return { within };
}

/** First number of steps within which the limit is reached with this chance; null = not within what was looked at. */
export function stepsUntil({ within }: Crossing, chance: number): number | null {
  const at = within.findIndex((p, i) => i > 0 && p >= chance - 1e-9);
  return at < 0 ? null : at;
}
