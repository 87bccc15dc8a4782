/** Whether anything answers at all, at the cost of one request; and how a device is to deal with. */
import type { Failure } from '../core/model.ts';
import type { Asker } from './asking.ts';
import { pollDeadlineMs, type Slot } from './slot.ts';
import type { Asking, Manner } from './source.ts';

type Reached = { readonly ok: true } | Failure;

/** A source that cannot ask so little counts as answering. */
export function reach({ source, target, spec }: Slot, asker: Asker, signal: AbortSignal): Promise<Reached> {
  const answers = Promise.resolve({ ok: true as const });
  if (!source.reach) return answers;
  const question = (asking: Asking): Promise<Reached> => source.reach?.(target, asking) ?? answers;
  return asker.ask(`probe of ${target.address}`, pollDeadlineMs(spec, 0), signal, question);
}

/** Why nothing answers; null when something does. */
export async function silenceOf(slots: readonly Slot[], asker: Asker, signal: AbortSignal): Promise<Failure | null> {
  const tried = await Promise.all(slots.map((slot) => reach(slot, asker, signal)));
  if (tried.some(({ ok }) => ok)) return null;
  // What discovery found out about a silence says more than the silence.
  const known = slots.find(({ undiscovered }) => undiscovered)?.undiscovered;
  return known ?? tried.find((one) => !one.ok) ?? null;
}

/** Of the first source that can say. */
export function mannerOf(slots: readonly Slot[]): Manner | null {
  for (const { source, target } of slots) {
    const manner = source.about?.(target);
    if (manner) return manner;
  }
  return null;
}
