/**
 * Turns two readings of a counter into a rate, or into a gap with its cause. Nothing after
 * this file knows what a counter is, and no spike can be made here: whatever is ambiguous is
 * a gap. Counter semantics: RFC 2578 (Counter32, Counter64), RFC 2863 section 3.1.
 */
import { HEARTBEAT, type GapCause } from './model.ts';
import type { Moment } from './readings.ts';

const LOW32 = 0xffffffffn;
const TWO32 = 2 ** 32;
const HALF32 = 2 ** 31;
const TICKS_MODULUS = 2 ** 32;
/** Rates above this share of the physical maximum are a fault of the device, not traffic. */
export const PLAUSIBLE = 1.1;
/** Many agents update sysUpTime in steps of some seconds, and device clocks drift; what exceeds both is a restart. */
const UPTIME_SLACK_MS = 5_000;
const UPTIME_DRIFT = 0.01;
const AGE_SLACK_MS = 250;
/** Stamps may differ from elapsed time by this much before it means that a clock was set. */
const STAMP_SLACK_MS = 1_500;
const STAMP_DRIFT = 0.01;

/** What a device's clocks last said, carried over readings in which they were missing. */
export interface Baseline {
  readonly moment: Moment;
  /** The last moment at which sysUpTime was known. */
  readonly uptime: Moment | null;
  /** The last moment at which snmpEngineTime was known. */
  readonly engine: Moment | null;
}

export function baseline(previous: Baseline | null, moment: Moment): Baseline {
  return {
    moment,
    uptime: uptimeKnown(moment) ? moment : (previous?.uptime ?? null),
    engine: moment.engineTimeS !== null ? moment : (previous?.engine ?? null),
  };
}

/** sysUpTime 0 is what broken agents say when they do not know; a real 0 lasts 10 ms. */
function uptimeKnown(moment: Moment): boolean {
  return moment.upTicks !== null && moment.upTicks > 0;
}

export type Step =
  | { readonly step: 'interval'; readonly elapsedMs: number }
  | { readonly step: 'gap'; readonly cause: GapCause }
  /** Late or duplicate: to be counted and forgotten, the baseline stays. */
  | { readonly step: 'drop' };

/**
 * Whether the time between two moments of a device can carry rates, decided once per poll.
 * Elapsed time comes from our monotonic clock; across a restart of ours from the device's
 * own sysUpTime, and where that cannot be had the time is a gap. A device that restarted in
 * between is a gap even when its counters are already higher than before.
 * @param intervalMs nominal; where it has just changed, the longer one
 */
export function step(previous: Baseline, next: Moment, intervalMs: number): Step {
  const before = previous.moment;
  const sameEpoch = before.epoch === next.epoch;
  if (!sameEpoch) {
    if (restarted(previous, next, (earlier) => next.tMs - earlier.tMs)) {
      // Without uptime the stamps are all there is, and those may have been set while we were away.
      return { step: 'gap', cause: bootedSince(previous, next) ? 'restarted' : 'collector down' };
    }
    const elapsedMs = elapsedByDevice(before, next);
    if (elapsedMs === null) return { step: 'gap', cause: 'collector down' };
    if (elapsedMs <= 0) return { step: 'drop' };
    return elapsedMs > HEARTBEAT * intervalMs ? { step: 'gap', cause: 'collector down' } : { step: 'interval', elapsedMs };
  }
  const elapsedMs = next.monoMs - before.monoMs;
  if (elapsedMs <= 0) return { step: 'drop' };
  if (stampExcessMs(before, next, elapsedMs) > 0 && !monotonicHeld(previous, next)) return { step: 'gap', cause: 'clock step' };
  const since = (earlier: Moment) => (earlier.epoch === next.epoch ? next.monoMs - earlier.monoMs : next.tMs - earlier.tMs);
  if (restarted(previous, next, since)) return { step: 'gap', cause: 'restarted' };
  return elapsedMs > HEARTBEAT * intervalMs ? { step: 'gap', cause: 'no data' } : { step: 'interval', elapsedMs };
}

/**
 * By how much the stamps of two moments are further apart than the time that elapsed, when
 * that is more than slewing explains: our machine's clock was set forward, or it slept. Else 0.
 */
export function stampExcessMs(before: Moment, next: Moment, elapsedMs: number): number {
  const excessMs = next.tMs - before.tMs - elapsedMs;
  return excessMs > STAMP_SLACK_MS + STAMP_DRIFT * elapsedMs ? excessMs : 0;
}

/**
 * After the stamps jumped: whether the device's uptime agrees with our monotonic clock. If it
 * does, only the wall clock was set and the interval is good. If it agrees with the stamps, our
 * machine slept and the monotonic clock with it: a rate would be a spike. Not known is a no.
 */
function monotonicHeld(previous: Baseline, next: Moment): boolean {
  const earlier = previous.uptime;
  if (!uptimeKnown(next) || earlier === null || earlier.epoch !== next.epoch) return false;
  const byDeviceMs = ticksBetween(earlier.upTicks ?? 0, next.upTicks ?? 0) * 10;
  // A restart of the device in the same moment is found by the caller.
  return Math.abs(byDeviceMs - (next.monoMs - earlier.monoMs)) < Math.abs(byDeviceMs - (next.tMs - earlier.tMs));
}

/** Time between two moments by the device's sysUpTime; null if it is not known at both. */
function elapsedByDevice(before: Moment, next: Moment): number | null {
  if (!uptimeKnown(before) || !uptimeKnown(next)) return null;
  return ticksBetween(before.upTicks ?? 0, next.upTicks ?? 0) * 10;
}

/** @param since time from an earlier moment to next, by the best clock there is, ms */
function restarted(previous: Baseline, next: Moment, since: (earlier: Moment) => number): boolean {
  const { uptime, engine } = previous;
  const engineKnown = next.engineTimeS !== null && engine !== null;
  // An agent that has begun anew says so itself, whatever its uptime looks like.
  if (engineKnown && engine.engineBoots !== null && next.engineBoots !== null && engine.engineBoots !== next.engineBoots)
    return true;
  if (uptimeKnown(next) && uptime !== null) {
    const [before, after] = [uptime.upTicks ?? 0, next.upTicks ?? 0];
    // Younger than the last reading: it booted since, however well the difference fits.
    if (after >= before && after * 10 < since(uptime) - AGE_SLACK_MS) return true;
    return !near(ticksBetween(before, after) * 10, since(uptime));
  }
  if (!engineKnown) return false;
  return !near(((next.engineTimeS ?? 0) - (engine.engineTimeS ?? 0)) * 1000, since(engine));
}

/** Whether the device's own clocks went back, whatever ours say. A wrap of sysUpTime also looks so. */
function bootedSince(previous: Baseline, next: Moment): boolean {
  const { uptime, engine } = previous;
  if (engine !== null && next.engineBoots !== null && engine.engineBoots !== null && next.engineBoots !== engine.engineBoots)
    return true;
  if (uptimeKnown(next) && uptime !== null) return (next.upTicks ?? 0) < (uptime.upTicks ?? 0);
  return next.engineTimeS !== null && engine !== null && next.engineTimeS < (engine.engineTimeS ?? 0);
}

/** Ticks from a to b, modulo 2^32: sysUpTime wraps after 497 days, which is no restart. */
function ticksBetween(a: number, b: number): number {
  return (((b - a) % TICKS_MODULUS) + TICKS_MODULUS) % TICKS_MODULUS;
}

function near(aMs: number, bMs: number): boolean {
  return Math.abs(aMs - bMs) <= UPTIME_SLACK_MS + UPTIME_DRIFT * Math.abs(bMs);
}

/**
 * Mean rate of a counter in its own units a second over elapsedMs, or why there is none.
 * @param bits 32 or 64, the width on the wire; the same for both readings (see `width changed`)
 * @param maxPerS greatest believable rate (interface octets: speed / 8), NaN when unknown
 */
export function counterRate(
  previous: bigint,
  next: bigint,
  bits: 32 | 64,
  elapsedMs: number,
  maxPerS: number,
): number | GapCause {
  const [low, high] = [next & LOW32, next >> 32n];
  return wordsRate(Number(previous & LOW32), Number(previous >> 32n), Number(low), Number(high), bits, elapsedMs, maxPerS);
}

/** The same of counters in two halves of 32 bits: exact, and without an object for any of them. */
export function wordsRate(
  previousLow: number,
  previousHigh: number,
  nextLow: number,
  nextHigh: number,
  bits: 32 | 64,
  elapsedMs: number,
  maxPerS: number,
): number | GapCause {
  const elapsedS = elapsedMs / 1000;
  if (!(maxPerS > 0)) maxPerS = NaN;
  let low = nextLow - previousLow;
  let high = nextHigh - previousHigh;
  if (low < 0) {
    low += TWO32;
    high -= 1;
  }
  if (bits === 32) {
    // Fast enough to have gone round once or more: no single difference is the true one.
    if (maxPerS * elapsedS >= TWO32) return 'wrapped';
    // Without a known speed a small step back is a reset, a great one a wrap, which has added 2^32 above.
    if (high < 0 && Number.isNaN(maxPerS) && low >= HALF32) return 'reset';
    high = 0;
  } else if (high < 0) {
    return 'reset';
  }
  const rate = (high * TWO32 + low) / elapsedS;
  if (rate > maxPerS * PLAUSIBLE) return 'implausible';
  return rate;
}
