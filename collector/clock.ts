/**
 * Time for everything: stamps in UTC that are tied to the monotonic clock, so that no
 * correction of the machine's clock ever repeats or reorders a stretch of history.
 */
import type { Clock } from '../core/ports.ts';

/** A difference up to this is drift, to be slewed; beyond it somebody set the clock. */
export const CLOCK_STEP_MS = 2_000;
/** How fast drift is followed: what NTP itself allows, too little to be seen in any rate. */
const DRIFT_SLEW = 0.0005;
/** How fast stamps come back after the clock was set back: an hour is over in a day. */
const STEP_SLEW = 0.05;
/** Longest delay a timer of Node can hold. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export interface ClockStep {
  /** Machine's clock minus our stamps at the moment it was noticed, milliseconds. */
  readonly deltaMs: number;
  /** One plain sentence. */
  readonly text: string;
}

export interface ClockOptions {
  /** Called once for each step of the machine's clock. */
  readonly onStep?: (step: ClockStep) => void;
  /** Stamps never begin before this: the last stamp of an earlier run. */
  readonly notBeforeMs?: number;
  /** UTC milliseconds of the machine. */
  readonly wallMs?: () => number;
  /** Milliseconds that only ever grow. */
  readonly monoMs?: () => number;
}

/**
 * The stamps of a clock, computed from the machine's two clocks. Whole milliseconds, never
 * less than the one before. Small drift is followed at 0.5 ms a second. A step forward of more
 * than 2 s is taken at once: it leaves a hole, never an overlap. A step back is not followed:
 * stamps go on along the old timeline, 5 % slower, until the machine's clock has caught up.
 */
export function createStamps(options: ClockOptions = {}): () => number {
  const wallMs = options.wallMs ?? Date.now;
  const monoMs = options.monoMs ?? (() => performance.now());
  let stampMs = Math.max(wallMs(), options.notBeforeMs ?? -Infinity);
  let atMonoMs = monoMs();
  let behindReported = stampMs - wallMs() > CLOCK_STEP_MS;

  return () => {
    const nowMonoMs = monoMs();
    const elapsedMs = Math.max(0, nowMonoMs - atMonoMs);
    atMonoMs = nowMonoMs;
    stampMs += elapsedMs;
    const deltaMs = wallMs() - stampMs;
    if (deltaMs > CLOCK_STEP_MS) {
      stampMs += deltaMs;
      options.onStep?.({
        deltaMs,
        text: `The clock of this machine went forward by ${seconds(deltaMs)}; history has a gap of that length and goes on with the new time.`,
      });
    } else if (deltaMs < -CLOCK_STEP_MS) {
      if (!behindReported) {
        behindReported = true;
        options.onStep?.({
          deltaMs,
          text: `The clock of this machine went back by ${seconds(-deltaMs)}; stamps keep to the old time and are slowed by 5 % until it has caught up.`,
        });
      }
      stampMs -= Math.min(-deltaMs, elapsedMs * STEP_SLEW);
    } else {
      behindReported = false;
      stampMs += Math.sign(deltaMs) * Math.min(Math.abs(deltaMs), elapsedMs * DRIFT_SLEW);
    }
    return Math.floor(stampMs);
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The clock of the running system; see `createStamps` for how stamps behave. */
export function createSystemClock(options: ClockOptions = {}): Clock {
  const monoMs = options.monoMs ?? (() => performance.now());
  return {
    nowMs: createStamps(options),
    monoMs,
    async sleep(ms, signal) {
      const endMs = monoMs() + ms;
      do {
        await timer(Math.min(TIMER_MAX_MS, Math.max(0, Math.ceil(endMs - monoMs()))), signal);
      } while (monoMs() < endMs);
    },
  };
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timeout);
      reject(signal?.reason as Error);
    };
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
