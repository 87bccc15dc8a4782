/** Whether a server can be asked: who found out last, and since when. */
import type { Clock, Destination, Log } from '../../core/ports.ts';
import { ServerAway } from './port.ts';

export interface Contact {
  state(): Pick<Destination, 'state' | 'sinceMs' | 'reason'>;
  /** It did what it was asked. */
  answered(): void;
  /** It did not; `blocked` when an operator must act. */
  failed(kind: 'away' | 'blocked', reason: string): void;
  /**
   * Asks something of the server. While it is away nothing is even tried, so that nobody waits for a deadline
   * after another: whoever sends finds out when it is back.
   * @throws ServerAway
   */
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** What is waited for, or ServerAway as soon as this process is to end. */
  unlessEnding<T>(work: Promise<T>): Promise<T>;
  /** From here on nobody waits for an answer: a silent server must not hold up the end. */
  end(): void;
}

/** @param onAway a question found that it is away */
export function createContact(label: string, clock: Clock, log: Log, onAway: () => void): Contact {
  let now: Pick<Destination, 'state' | 'sinceMs' | 'reason'> = { state: 'starting', sinceMs: clock.nowMs(), reason: '' };
  const ending = Promise.withResolvers<never>();
  ending.promise.catch(() => undefined);
  let isEnding = false;
  const failed = (kind: 'away' | 'blocked', reason: string) => {
    // What fails now was ended by ourselves.
    if (isEnding) return;
    const first = now.state !== kind;
    if (first) log.error(`${label} does not take history: ${reason} What it should have waits on disk.`);
    now = { state: kind, sinceMs: first ? clock.nowMs() : now.sinceMs, reason };
  };
  return {
    state: () => now,
    answered() {
      if (now.state === 'ok') return;
      if (now.state !== 'starting') log.info(`${label} takes history again.`);
      now = { state: 'ok', sinceMs: clock.nowMs(), reason: '' };
    },
    failed,
    async ask(work) {
      if (now.state === 'away' || now.state === 'blocked') throw new ServerAway(now.reason);
      try {
        return await Promise.race([work(), ending.promise]);
      } catch (error) {
        if (error instanceof ServerAway) {
          failed('away', error.message);
          onAway();
        }
        throw error;
      }
    },
    unlessEnding: (work) => Promise.race([work, ending.promise]),
    end() {
      isEnding = true;
      ending.reject(new ServerAway(`${label} is not asked any more: Saguaro is ending.`));
    },
  };
}
