/** How a device stands: up, down or stale, since when, and why not up. */
import type { DeviceState, GapCause } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import type { Chronicle } from './chronicle.ts';
import { DEAD_AFTER, type Answer } from './scheduler.ts';

export interface Standing {
  readonly state: DeviceState;
  /** One sentence when not up. */
  readonly reason: string;
  readonly sinceMs: number;
  /** When anything was last heard of it. */
  readonly lastOkMs: number | null;
  /** Polls that did not answer in full. */
  readonly failures: number;
  /**
   * What a poll says of it.
   * @param reachable whether anything, ping included, was heard of it; null when nobody knows
   */
  settle(answer: Answer, reachable: boolean | null, why: { readonly cause: GapCause; readonly text: string }): Answer;
  /** A discovery found nothing of a device that has not been heard of yet. */
  undiscovered(text: string): void;
}

/** @param left what an earlier run had open: down before a restart of ours is down until it answers */
export function createStanding(
  clock: Clock,
  chronicle: Chronicle,
  left: { readonly text: string; readonly fromMs: number } | null,
): Standing {
  let state: DeviceState = left ? 'down' : 'new';
  let reason = left?.text ?? '';
  let sinceMs = left?.fromMs ?? clock.nowMs();
  let lastOkMs: number | null = null;
  let misses = 0;
  let failures = 0;
  const enter = (next: DeviceState, why: string) => {
    reason = why;
    if (state === next) return;
    state = next;
    sinceMs = clock.nowMs();
  };
  return {
    get state() {
      return state;
    },
    get reason() {
      return reason;
    },
    get sinceMs() {
      return sinceMs;
    },
    get lastOkMs() {
      return lastOkMs;
    },
    get failures() {
      return failures;
    },
    settle(answer, reachable, why) {
      if (answer === 'yes') {
        misses = 0;
        lastOkMs = clock.nowMs();
        enter('up', '');
        chronicle.up(lastOkMs);
        return answer;
      }
      failures++;
      misses++;
      reason = why.text;
      if (reachable === true) lastOkMs = clock.nowMs();
      if (misses < DEAD_AFTER) return answer;
      if (reachable === true) {
        enter('stale', `Answers ping, but nothing else: ${why.text}`);
        return answer;
      }
      enter('down', why.text);
      chronicle.down(why.cause, why.text, lastOkMs ?? clock.nowMs());
      return answer;
    },
    undiscovered(text) {
      if (lastOkMs === null && state !== 'down') enter('new', text);
    },
  };
}
