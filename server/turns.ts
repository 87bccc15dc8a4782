/** Work that anybody may cause: so much at once, so much waits, the rest is told to come back. */
import { HttpProblem } from './problem.ts';

/** Too much waits already. */
export class TurnsBusy extends HttpProblem {
  constructor() {
    super(503, 'Too much is asked for just now: try again in a few seconds.');
    this.name = 'TurnsBusy';
  }
}

export interface Turns {
  /** @throws TurnsBusy at once, when too many wait */
  take<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurns({ atOnce, waitingMax }: { readonly atOnce: number; readonly waitingMax: number }): Turns {
  const waiting: (() => void)[] = [];
  let under = 0;
  return {
    async take(work) {
      if (under >= atOnce) {
        if (waiting.length >= waitingMax) throw new TurnsBusy();
        // Who ends hands its turn on, so that nobody slips in between.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else under++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else under--;
      }
    },
  };
}
