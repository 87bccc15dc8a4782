/** Stretches to be computed anew from history that is on a server which is away just now. */
import { ServerAway, type Log } from '../../core/ports.ts';
import type { Redo } from './open-bins.ts';

const MOST = 10_000;

export function createPostponed(log: Log) {
  let left: Redo[] = [];
  return {
    /** Does each; those for which the server must be asked and is away are kept for later. @returns those that were done */
    async unlessAway(redo: readonly Redo[], work: (one: Redo) => Promise<void>): Promise<Redo[]> {
      const done: Redo[] = [];
      for (const one of redo) {
        try {
          await work(one);
          done.push(one);
        } catch (error) {
          if (!(error instanceof ServerAway)) throw error;
          if (left.length < MOST) left.push(one);
          else log.error('Bins that a late sample reached back into stay as they were stored.', { series: one.series });
        }
      }
      return done;
    },
    /** What was kept, to be tried again. */
    take(): Redo[] {
      const taken = left;
      left = [];
      return taken;
    },
  };
}
