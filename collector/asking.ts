/** One question to one source, with a deadline that holds whatever the source does. */
import type { Failure, GapCause } from '../core/model.ts';
import type { Clock, Log } from '../core/ports.ts';
import type { Asking } from './source.ts';
import type { Timeline } from './timeline.ts';

/** Questions to one source of one device that were given up and have still not ended. */
export interface Unanswered {
  count: number;
}

export interface Asker {
  /**
   * @param what names the question in the log: "poll of <device>"
   * @param parent aborts the question early
   * @returns the answer, or a Failure 'timeout' at the deadline; what comes later is dropped and counted
   */
  ask<T extends { readonly ok: boolean }>(
    what: string,
    deadlineMs: number,
    parent: AbortSignal,
    question: (asking: Asking) => Promise<T>,
    unanswered?: Unanswered,
  ): Promise<T | Failure>;
  lateReplies(): number;
  countLate(): void;
}

/** A source that heeds its signal has this long to say what it has. */
const GRACE_MS = 250;

export function createAsker(clock: Clock, timeline: Timeline, epoch: string, log: Log): Asker {
  let late = 0;
  /** One listener a signal: it looks through all it has for each that comes or goes, and thousands of questions share one. */
  const listening = new WeakMap<AbortSignal, Set<() => void>>();
  const stopsOf = (signal: AbortSignal): Set<() => void> => {
    const known = listening.get(signal);
    if (known) return known;
    const stops = new Set<() => void>();
    listening.set(signal, stops);
    signal.addEventListener('abort', () => [...stops].forEach((stop) => stop()), { once: true });
    return stops;
  };
  return {
    lateReplies: () => late,
    countLate: () => {
      late++;
    },
    async ask(what, deadlineMs, parent, question, unanswered) {
      if (parent.aborted) return failure('no data', 'Saguaro is stopping.');
      const over = new AbortController();
      let settled = false;
      let given = false;
      const answer = question({ clock, epoch, signal: over.signal }).then(
        (outcome) => {
          settled = true;
          if (given && outcome.ok) late++;
          return outcome;
        },
        (error: unknown) => {
          settled = true;
          // A source must not throw for what a device does: this is a mistake of ours, and stays with this device.
          log.error(`The ${what} failed inside Saguaro; please report this.`, {
            error: error instanceof Error ? (error.stack ?? '') : String(error),
          });
          return failure('bad reply', 'The answer could not be handled; the log says more.');
        },
      );
      const deadline = new Promise<Failure>((resolve) => {
        const give = (text: string) => () => {
          if (settled) return;
          given = true;
          if (unanswered) unanswered.count++;
          resolve(failure('timeout', text));
        };
        const first = timeline.after(deadlineMs, () => {
          over.abort(new Error('the deadline is over'));
          timeline.after(GRACE_MS, give(`No complete answer within ${(deadlineMs / 1000).toFixed(1)} s.`));
        });
        const stop = () => {
          over.abort(parent.reason);
          timeline.after(GRACE_MS, give('Stopped while waiting for the answer.'));
        };
        const stops = stopsOf(parent);
        stops.add(stop);
        void answer.then(() => {
          if (given && unanswered) unanswered.count--;
          timeline.cancel(first);
          stops.delete(stop);
        });
      });
      return Promise.race([answer, deadline]);
    },
  };
}

export function failure(cause: GapCause, text: string): Failure {
  return { ok: false, cause, text };
}
