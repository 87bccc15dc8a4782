/** What a machine that moves takes along: the forecasts of its own disks, memory or busiest link, added where it goes and taken where it leaves. */
import type { WholeForecast } from './capacity.ts';
import { LEVELS, MEDIAN } from './forecast/model.ts';

/** Of one machine, what is alike: all its disks, its memory, or one direction of a link. */
export interface MachineLoad {
  readonly name: string;
  readonly parts: readonly WholeForecast[];
}

/**
 * Of what a machine has of one kind, what it takes along: of disks and memory all; of links the one that carries most, because
 * bridges and bonds count the same traffic again.
 */
export function takenAlong(alike: readonly WholeForecast[]): readonly WholeForecast[] {
  if (alike.some(({ what }) => what !== 'link')) return alike;
  const [busiest] = alike.toSorted((a, b) => (b.level ?? 0) - (a.level ?? 0));
  return busiest ? [busiest] : [];
}

/** One quantile for each of LEVELS at a moment: the forecast's step, before and without one the level of today. */
export function quantilesAt({ steps, stepMs, fromMs, level }: WholeForecast, tMs: number): readonly number[] {
  const at = fromMs === null ? -1 : Math.min(steps.length, Math.round((tMs - fromMs) / stepMs)) - 1;
  return steps[at]?.quantiles ?? LEVELS.map(() => level ?? 0);
}

/**
 * Quantiles of a level to which a machine comes, or which it leaves: medians add up, deviations from them as those of
 * independent things do, by their squares. Leaving makes nothing more certain, because what goes was never measured apart.
 * Of links these are busiest hours, taken as if they were the same hour: the most that it can be.
 */
export function withMachine(own: readonly number[], { parts }: MachineLoad, tMs: number, away: boolean): number[] {
  const others = parts.map((part) => quantilesAt(part, tMs));
  const middle = (of: readonly number[]) => of[MEDIAN] ?? 0;
  const moved = others.reduce((sum, of) => sum + middle(of), 0);
  const median = middle(own) + (away ? -moved : moved);
  return LEVELS.map((_, i) => {
    // The more is left, the less it was that went.
    const other = away ? LEVELS.length - 1 - i : i;
    const squares = others.reduce((sum, of) => sum + ((of[other] ?? 0) - middle(of)) ** 2, ((own[i] ?? 0) - middle(own)) ** 2);
    return median + Math.sign(i - MEDIAN) * Math.sqrt(squares);
  });
}
