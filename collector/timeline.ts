/**
 * Everything that must happen at a time, on one timer: a heap of alarms over the Clock port.
 */
import type { Clock } from '../core/ports.ts';

const IDLE_MS = 3_600_000;
const nothing = () => {};

export interface Alarm {
  readonly dueMs: number;
  ring: () => void;
  cancelled: boolean;
}

export interface Timeline {
  /** Calls ring once at dueMs of the monotonic clock, or at once when that is over. */
  at(dueMs: number, ring: () => void): Alarm;
  after(delayMs: number, ring: () => void): Alarm;
  cancel(alarm: Alarm): void;
  /** No alarm rings after this. */
  stop(): void;
}

/** @param onError what to do with an error thrown by an alarm; the others ring all the same */
export function createTimeline(clock: Clock, onError: (error: unknown) => void): Timeline {
  const heap: Alarm[] = [];
  let stopped = false;
  let wake = new AbortController();
  let sleepingUntilMs = -Infinity;

  const due = (i: number) => heap[i]?.dueMs ?? Infinity;
  const swap = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]];
    if (a && b) [heap[i], heap[j]] = [b, a];
  };
  const push = (alarm: Alarm) => {
    let i = heap.push(alarm) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (due(parent) <= due(i)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const pop = (): Alarm | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    heap[0] = last;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      const smaller = due(left + 1) < due(left) ? left + 1 : left;
      if (due(i) <= due(smaller)) return first;
      swap(i, smaller);
      i = smaller;
    }
  };
  const ringDue = () => {
    const nowMs = clock.monoMs();
    // What rings may set alarms that are due already: they wait for the next round.
    for (let rounds = heap.length; rounds > 0 && due(0) <= nowMs && !stopped; rounds--) {
      const alarm = pop();
      if (!alarm || alarm.cancelled) continue;
      alarm.cancelled = true;
      try {
        alarm.ring();
      } catch (error) {
        onError(error);
      }
    }
  };
  const run = async () => {
    // Alarms set in the same breath as the timeline need no extra wake-up.
    await Promise.resolve();
    while (!stopped) {
      ringDue();
      if (heap[0]?.cancelled) {
        pop();
        continue;
      }
      wake = new AbortController();
      const waitMs = Math.min(IDLE_MS, Math.max(0, due(0) - clock.monoMs()));
      sleepingUntilMs = due(0);
      try {
        await clock.sleep(waitMs, wake.signal);
      } catch (error) {
        if (!wake.signal.aborted) throw error;
      }
      sleepingUntilMs = -Infinity;
    }
  };
  run().catch(onError);

  const at = (dueMs: number, ring: () => void): Alarm => {
    const alarm: Alarm = { dueMs, ring, cancelled: false };
    if (stopped) return alarm;
    push(alarm);
    if (dueMs < sleepingUntilMs) wake.abort(new Error('an earlier alarm was set'));
    return alarm;
  };
  return {
    at,
    after: (delayMs, ring) => at(clock.monoMs() + delayMs, ring),
    cancel(alarm) {
      alarm.cancelled = true;
      // It stays in the heap until its time; what it would have touched, a whole poll for one, must not.
      alarm.ring = nothing;
    },
    stop() {
      stopped = true;
      heap.length = 0;
      wake.abort(new Error('the timeline was stopped'));
    },
  };
}
