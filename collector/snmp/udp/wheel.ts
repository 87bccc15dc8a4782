/**
 * One queue for all deadlines of requests in flight: a wheel of buckets of a tick each, turned
 * by one sleep. Adding and forgetting cost nothing: who was answered meanwhile is not there any
 * more when its bucket comes.
 */
import type { Clock } from '../../../core/ports.ts';

export interface Wheel {
  /** Calls `ring` with the number after about delayMs, a tick late at most. Many may have the same number. */
  add(number: number, delayMs: number): void;
  /** Nothing rings after this. */
  stop(): void;
}

const TICK_MS = 10;
const BUCKETS = 1024;

/** @param onError owner of an error that ringing or the clock throws; the wheel goes on */
export function createWheel(clock: Clock, ring: (number: number) => void, onError: (error: unknown) => void): Wheel {
  const buckets: number[][] = Array.from({ length: BUCKETS }, () => []);
  /** Beyond one turn of the wheel: looked at once a turn. */
  let far: { number: number; tick: number }[] = [];
  const abort = new AbortController();
  const originMs = clock.monoMs();
  let tick = 0;
  let waiting = 0;
  let turning = false;
  let stopped = false;

  const tickAt = (ms: number) => Math.ceil((ms - originMs) / TICK_MS);
  const place = (number: number, due: number) => {
    if (due - tick < BUCKETS) buckets[due % BUCKETS]?.push(number);
    else far.push({ number, tick: due });
  };
  const advance = () => {
    const now = Math.floor((clock.monoMs() - originMs) / TICK_MS);
    while (tick < now && waiting > 0 && !stopped) {
      tick++;
      const at = tick % BUCKETS;
      if (at === 0 && far.length > 0) {
        const all = far;
        far = [];
        for (const one of all) place(one.number, one.tick);
      }
      const bucket = buckets[at];
      if (!bucket || bucket.length === 0) continue;
      buckets[at] = [];
      waiting -= bucket.length;
      for (const number of bucket) {
        try {
          ring(number);
        } catch (error) {
          onError(error);
        }
      }
    }
    // With nobody waiting no bucket needs to be looked at.
    if (waiting === 0) tick = now;
  };
  const turn = async () => {
    try {
      while (waiting > 0 && !stopped) {
        await clock.sleep(TICK_MS, abort.signal);
        advance();
      }
    } catch (error) {
      if (!stopped) onError(error);
    } finally {
      turning = false;
    }
  };
  return {
    add(number, delayMs) {
      if (stopped) return;
      if (waiting === 0) tick = Math.max(tick, Math.floor((clock.monoMs() - originMs) / TICK_MS));
      waiting++;
      place(number, Math.max(tick + 1, tickAt(clock.monoMs() + delayMs)));
      if (turning) return;
      turning = true;
      void turn();
    },
    stop() {
      stopped = true;
      waiting = 0;
      abort.abort(new Error('the wheel was stopped'));
    },
  };
}
