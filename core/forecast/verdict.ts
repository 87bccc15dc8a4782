/** What may be said of a limit: chances, and a date only where the data carry one. */
import { crossingOf, stepsUntil, type Crossing } from './limit.ts';
import type { Reason, TimeToLimit } from './model.ts';
import { amountText, dateText, daysText, farText } from './words.ts';

export const CHANCE_DAYS = [30, 90, 180] as const;

export interface LimitQuestion {
  readonly limit: number;
  readonly stepDays: number;
  /** End of the history. */
  readonly fromMs: number;
  /** Steps looked ahead for a date. */
  readonly steps: number;
  readonly today: number;
  readonly path: (ahead: number, slopes: number) => number;
  readonly sigma: (ahead: number) => number;
  readonly rho: number;
  readonly inflation: number;
  /** Why no date may be given, whatever the distribution says. */
  readonly against: readonly Reason[];
  /** The history ended so long ago that days from its end are no days from now. */
  readonly ended: boolean;
}

/** The sentence of a limit that cannot be asked about; null when it can. */
export function limitFault(limit: number): Reason | null {
  if (Number.isFinite(limit) && limit > 0) return null;
  return {
    code: 'limit not positive',
    text: `The limit is ${amountText(limit)}; a limit must be a number above zero, so nothing is said of when it is reached.`,
  };
}

/** Where the level of today has reached the limit. */
export function crossedAlready(limit: number, today: number): Reason | null {
  if (!(today >= limit)) return null;
  return {
    code: 'already crossed',
    text: `The limit of ${amountText(limit)} is crossed already: the level is ${amountText(today)}.`,
  };
}

/** A limit without any date, with what chances there are. */
export function undated(limit: number, headroom: number | null, chances: TimeToLimit['chances'] = []): TimeToLimit {
  return { limit, chances, days: null, dates: null, headroom };
}

export function chancesOf(crossing: Crossing, stepDays: number): TimeToLimit['chances'] {
  const { within } = crossing;
  return CHANCE_DAYS.filter((days) => Math.floor(days / stepDays) < within.length).map((days) => ({
    days,
    chance: Math.min(1, Math.max(0, Number((within[Math.floor(days / stepDays)] ?? 0).toFixed(4)))),
  }));
}

/** @returns the distribution, with the reasons where it has no date */
export function timeToLimit(question: LimitQuestion): { limit: TimeToLimit; reasons: readonly Reason[] } {
  const { limit, stepDays, fromMs, steps, today, against } = question;
  const crossing = crossingOf({ ...question, limit, steps });
  const chances = chancesOf(crossing, stepDays);
  const bare = undated(limit, limit - today, chances);
  if (against.length > 0) return { limit: bare, reasons: against };
  const middle = stepsUntil(crossing, 0.5);
  if (middle === null) {
    const far = farText(steps * stepDays);
    const text = `The limit is not likely to be reached within ${far}; further ahead this history says nothing.`;
    return { limit: bare, reasons: [{ code: 'too far', text }] };
  }
  const low = stepsUntil(crossing, 0.1) ?? middle;
  const high = stepsUntil(crossing, 0.9);
  const dayMs = 86_400_000 * stepDays;
  const days = { low: low * stepDays, median: middle * stepDays, high: high === null ? null : high * stepDays };
  const dates = {
    lowMs: fromMs + low * dayMs,
    medianMs: fromMs + middle * dayMs,
    highMs: high === null ? null : fromMs + high * dayMs,
  };
  return { limit: { ...bare, days, dates: question.ended ? null : dates }, reasons: [] };
}

export function endedReason(fromMs: number, nowMs: number): Reason {
  const ago = daysText((nowMs - fromMs) / 86_400_000);
  return {
    code: 'ended',
    text: `The history ended on ${dateText(fromMs)}, ${ago} ago: no date is given; days count from its end, not from today.`,
  };
}

/** @param what it is too short for */
export function tooShort(known: number, needed: number, what: string): Reason {
  const steps = known === 1 ? '1 step is' : `${known} steps are`;
  return { code: 'history too short', text: `History too short: ${steps} known, ${what} needs ${needed}.` };
}
