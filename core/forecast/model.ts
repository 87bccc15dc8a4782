/** What a forecast is asked for and what it says. Times are Unix milliseconds, growth is per day. */

/** A stock fills (disk, memory); a rate comes and goes (traffic, load). They need two methods. */
export type ForecastKind = 'stock' | 'rate';
/** What stands for a step that holds several values. */
export type StepValue = 'mean' | 'max';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** Days of a mean month. */
export const MONTH_DAYS = 30.44;

/** Levels of the quantiles of each step: the median, and the edges of the 50, 80 and 95 % bands. */
export const LEVELS = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975] as const;
export const MEDIAN = 3;
/** Places in LEVELS of the median and of the edges of the 50, 80 and 95 % bands. */
export const QUANTILE = { Q025: 0, Q10: 1, Q25: 2, Q50: MEDIAN, Q75: 4, Q90: 5, Q975: 6 } as const;

/** Values in order or not, with gaps (null or NaN) or not. */
export interface History {
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/** Where days begin and weeks turn, and what is known to have happened. */
export interface Calendar {
  /** What local clocks show minus UTC at a moment. */
  offsetMs(tMs: number): number;
  /** Moments at which what is measured was changed on purpose (a larger disk, a move); steps there need no proof. */
  readonly changesMs: readonly number[];
}

/** Something found in the history that the forecast was made with. */
export interface Decision {
  readonly what:
    | 'outlier'
    | 'step'
    | 'clean-up'
    | 'sawtooth'
    | 'weekly habit'
    | 'daily habit'
    | 'trend'
    | 'growth changed'
    | 'exponential growth'
    | 'rows'
    | 'resolution'
    | 'members';
  /** When it was; null = of the whole. */
  readonly atMs: number | null;
  /** By how much, in the series' unit; null where that means nothing. */
  readonly amount: number | null;
  readonly text: string;
}

/** Why there is no date, or no forecast at all. */
export interface Reason {
  readonly code:
    | 'no values'
    | 'history too short'
    | 'all equal'
    | 'no trend'
    | 'sawtooth'
    | 'too far'
    | 'limit not positive'
    | 'already crossed'
    | 'counter'
    | 'ended'
    | 'no limit'
    | 'erratic'
    | 'not backtested'
    | 'rate';
  readonly text: string;
}

export interface ForecastStep {
  /** End of the step. */
  readonly tMs: number;
  /** One for each of LEVELS, never decreasing. */
  readonly quantiles: readonly number[];
}

/** When a limit is reached, as a distribution. Days count from the end of the history. */
export interface TimeToLimit {
  readonly limit: number;
  /** Chance (0–1) that the limit is reached within so many days. */
  readonly chances: readonly { readonly days: number; readonly chance: number }[];
  /** The 10th, 50th and 90th percentile; null where the data support no date. `high` null = perhaps never. */
  readonly days: { readonly low: number; readonly median: number; readonly high: number | null } | null;
  /** The same as dates; null too when the history ended long ago. */
  readonly dates: { readonly lowMs: number; readonly medianMs: number; readonly highMs: number | null } | null;
  /** Limit minus the level of today. */
  readonly headroom: number | null;
}

/** How forecasts made in the past, each from what was known then, have held. */
export interface Backtest {
  readonly origins: number;
  /** Steps ahead that were looked at. */
  readonly steps: number;
  /** Share of values within the 80 and the 95 % band as shown, each judged by bands made without it. */
  readonly coverage80: number;
  readonly coverage95: number;
  /** Median absolute error of the median. */
  readonly error: number;
  /** Mean pinball loss of the forecast over that of a least-squares line. */
  readonly againstLeastSquares: number | null;
}

export interface Forecast {
  readonly kind: ForecastKind;
  readonly stepMs: number;
  readonly of: StepValue;
  /** End of the last known step: forecasts begin here. */
  readonly fromMs: number | null;
  readonly steps: readonly ForecastStep[];
  /** Growth a day with its 95 % interval; null when there is none to speak of. */
  readonly growth: { readonly perDay: number; readonly low: number; readonly high: number } | null;
  readonly decisions: readonly Decision[];
  readonly reasons: readonly Reason[];
  readonly limit: TimeToLimit | null;
  readonly backtest: Backtest | null;
}
