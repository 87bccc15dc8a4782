/** What a forecast of something that can fill is made from: days of its history, sizes over time, and what is set for it. */
import type { CapacityRule, LimitStep } from '../core/capacity.ts';
import { meansInstance } from '../core/dashboard-select.ts';
import type { BinColumns } from '../core/ports.ts';
import type { Fillable } from './capacity-series.ts';

const DAY_MS = 86_400_000;

type SetLimit = Pick<CapacityRule, 'share' | 'amount' | 'leadDays'>;

/** What the rules set for it; of several that fit the last counts, for the limit and for the lead time each. */
export function setFor(rules: readonly CapacityRule[], { what, device, instance }: Fillable): SetLimit {
  const fitting = rules.filter(
    (rule) => (rule.what === null || rule.what === what) && meansInstance(rule.select, device, instance),
  );
  const limit = fitting.findLast(({ share, amount }) => share !== null || amount !== null);
  return {
    share: limit?.share ?? null,
    amount: limit?.amount ?? null,
    leadDays: fitting.findLast(({ leadDays }) => leadDays !== null)?.leadDays ?? null,
  };
}

/** A value a day, at its middle. */
export interface Daily {
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/** What a stock is worth on average each day. @param bins of a day */
export function averageDays(bins: BinColumns | undefined): Daily {
  const tMs = Array.from(bins?.tMs ?? []);
  return {
    timesMs: tMs.map((t) => t + DAY_MS / 2),
    values: tMs.map((_, i) => {
      const value = bins?.mean[i] ?? NaN;
      return Number.isFinite(value) ? value : null;
    }),
  };
}

/** Hours of a day that must be known, and the share of each: the busiest may be among the others. */
const HOURS_KNOWN = 16;
const HOUR_KNOWN = 0.5;

/**
 * What a link carries in the busiest hour of each day that is over: the same figure whether it was measured every second or every
 * hour, which the highest reading is not. A day of which only the average is known, as of a coarse import, has no busiest hour.
 * @param bins of an hour
 */
export function busiestHours(bins: BinColumns | undefined, nowMs: number): Daily {
  const days = new Map<number, { known: number; least: number; most: number }>();
  bins?.tMs.forEach((tMs, i) => {
    const day = Math.floor(tMs / DAY_MS);
    if ((day + 1) * DAY_MS > nowMs) return;
    const found = days.get(day) ?? { known: 0, least: Infinity, most: -Infinity };
    days.set(day, found);
    const value = bins.mean[i] ?? NaN;
    if (!Number.isFinite(value) || !((bins.known[i] ?? 0) >= HOUR_KNOWN)) return;
    found.known++;
    found.least = Math.min(found.least, value);
    found.most = Math.max(found.most, value);
  });
  const order = [...days].sort(([a], [b]) => a - b);
  return {
    timesMs: order.map(([day]) => (day + 0.5) * DAY_MS),
    values: order.map(([, { known, least, most }]) => (known >= HOURS_KNOWN && (most > least || most === 0) ? most : null)),
  };
}

/** A size that was always the same, if it is known at all. */
export const sizeSteps = (size: number | null): LimitStep[] => (size === null ? [] : [{ fromMs: 0, limit: size }]);

/** Sizes over time as steps; what wavers by less than a hundredth is one size. */
export function limitsIn({ tMs, mean, known }: BinColumns, now: number | null): LimitStep[] {
  const steps: LimitStep[] = [];
  tMs.forEach((t, i) => {
    const size = mean[i] ?? NaN;
    if (!(size > 0) || !((known[i] ?? 0) > 0)) return;
    const last = steps.at(-1)?.limit ?? NaN;
    if (steps.length === 0 || Math.abs(size - last) > 0.01 * last)
      steps.push({ fromMs: steps.length === 0 ? 0 : t, limit: size });
  });
  return steps.length === 0 ? sizeSteps(now) : steps;
}
