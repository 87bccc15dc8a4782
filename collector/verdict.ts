/** What the outcomes of one poll say about the device. */
import type { Failure } from '../core/model.ts';
import type { PollOutcome } from '../core/readings.ts';
import { failure } from './asking.ts';
import type { Answer } from './scheduler.ts';
import { isSilent, type Slot } from './slot.ts';

export interface Verdict {
  readonly answer: Answer;
  /** Whether anything, ping included, was heard of it. */
  readonly reachable: boolean;
  /** Why not, when it did not answer. */
  readonly why: Failure;
}

/** @param outcomes one a slot, in order; null: it was not asked */
export function verdictOf(slots: readonly Slot[], outcomes: readonly (PollOutcome | null)[]): Verdict {
  const heard = slots.map(({ plan }, i) => {
    const outcome = outcomes[i];
    return outcome !== undefined && outcome !== null && plan !== null && !isSilent(plan, outcome);
  });
  // Ping decides only about devices that nothing else asks.
  const onlyPing = slots.every(({ spec }) => spec.type === 'ping');
  const judges = slots.map(({ spec }) => onlyPing || spec.type !== 'ping');
  const answered = heard.some((yes, i) => yes && judges[i]);
  const first = outcomes.map((outcome, i) => outcome ?? slots[i]?.undiscovered).find((one, i) => judges[i] && one?.ok === false);
  return {
    answer: answered ? 'yes' : outcomes.some((outcome) => outcome?.ok) ? 'some' : 'no',
    reachable: heard.some(Boolean),
    why: first?.ok === false ? first : failure('timeout', 'Does not answer ping.'),
  };
}
