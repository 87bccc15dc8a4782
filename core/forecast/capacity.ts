/** Percentages of a capacity that changes are no stock: a larger disk makes them fall, though nothing was deleted. */
import type { History } from './model.ts';

export interface Capacity {
  /** From when it held. */
  readonly fromMs: number;
  readonly amount: number;
}

/**
 * Amounts behind percentages (0–100). Before the first known capacity that one is taken.
 * @param capacities in order of time; empty = unknown, and so is every amount
 */
export function amountsOf({ timesMs, values }: History, capacities: readonly Capacity[]): History {
  return {
    timesMs,
    values: values.map((share, i) => {
      const capacity = capacities.findLast(({ fromMs }) => fromMs <= (timesMs[i] ?? NaN)) ?? capacities[0];
      return share === null || capacity === undefined ? null : (share / 100) * capacity.amount;
    }),
  };
}
