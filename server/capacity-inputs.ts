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

/** A value a day, at its middle; of a rate only of days that are over, because the greatest may still come. */
export function daysOf(
  bins: BinColumns | undefined,
  stock: boolean,
  nowMs: number,
): { timesMs: number[]; values: (number | null)[] } {
  const [timesMs, values]: [number[], (number | null)[]] = [[], []];
  bins?.tMs.forEach((tMs, i) => {
    if (!stock && tMs + DAY_MS > nowMs) return;
    const value = (stock ? bins.mean[i] : bins.max[i]) ?? NaN;
    timesMs.push(tMs + DAY_MS / 2);
    values.push(Number.isFinite(value) ? value : null);
  });
  return { timesMs, values };
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
