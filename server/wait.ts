/** Waiting that ends: for work that goes on by itself, however long it takes. */
import type { Clock } from '../core/ports.ts';

/** Resolves when the work is over, or after so long. @throws what the work throws meanwhile */
export async function waitAtMost(work: Promise<unknown>, ms: number, clock: Pick<Clock, 'sleep'>): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(ms, over.signal).catch(() => undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    over.abort(new Error('the work is over'));
  }
}
