/**
 * Turns two readings of a counter into a rate, or into a gap with its cause. Nothing after
 * this file knows what a counter is, and no spike can be made here: whatever is ambiguous is
 * a gap. Counter semantics: RFC 2578 (Counter32, Counter64), RFC 2863 section 3.1.
 */
import { HEARTBEAT, type GapCause } from './model.ts';
import type { Moment } from './readings.ts';

const TWO32 = 2n ** 32n;
const HALF32 = 2n ** 31n;
const TICKS_MODULUS = 2 ** 32;
/** Rates above this share of the physical maximum are a fault of the device, not traffic. */
export const PLAUSIBLE = 1.1;
/** Clocks of devices drift and sysUpTime is often updated in steps; what exceeds both is a restart. */
const UPTIME_SLACK_MS = 5_000;
const UPTIME_DRIFT = 0.1;

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
 */
export function step(previous: Baseline, next: Moment, intervalMs: number): Step {
  const sameEpoch = previous.moment.epoch === next.epoch;
  const elapsedMs = sameEpoch ? next.monoMs - previous.moment.monoMs : elapsedByDevice(previous, next);
  if (elapsedMs === null) return { step: 'gap', cause: 'collector down' };
  if (elapsedMs <= 0) return { step: 'drop' };
  if (restarted(previous, next, sameEpoch)) return { step: 'gap', cause: 'restarted' };
  if (elapsedMs > HEARTBEAT * intervalMs) return { step: 'gap', cause: sameEpoch ? 'no data' : 'collector down' };
  return { step: 'interval', elapsedMs };
}

/** Time between two moments by the device's sysUpTime; null if it cannot be trusted for that. */
function elapsedByDevice(previous: Baseline, next: Moment): number | null {
  const before = previous.moment;
  if (!uptimeKnown(before) || !uptimeKnown(next)) return null;
  const byDeviceMs = ticksBetween(before.upTicks ?? 0, next.upTicks ?? 0) * 10;
  // The stamps only guard against a restart of the device: it shows as a huge or tiny difference.
  const byStampsMs = next.tMs - before.tMs;
  return near(byDeviceMs, byStampsMs) ? byDeviceMs : null;
}

function restarted(previous: Baseline, next: Moment, sameEpoch: boolean): boolean {
  const since = (earlier: Moment) =>
    sameEpoch && earlier.epoch === next.epoch ? next.monoMs - earlier.monoMs : next.tMs - earlier.tMs;
  if (uptimeKnown(next) && previous.uptime !== null) {
    const byDeviceMs = ticksBetween(previous.uptime.upTicks ?? 0, next.upTicks ?? 0) * 10;
    return !near(byDeviceMs, since(previous.uptime));
  }
  if (next.engineTimeS !== null && previous.engine !== null) {
    const before = previous.engine;
    if (before.engineBoots !== null && next.engineBoots !== null && before.engineBoots !== next.engineBoots) return true;
    return !near((next.engineTimeS - (before.engineTimeS ?? 0)) * 1000, since(before));
  }
  return false;
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
  const elapsedS = elapsedMs / 1000;
  let difference = next - previous;
  if (bits === 32) {
    // Fast enough to have gone round once or more: no single difference is the true one.
    if (maxPerS * elapsedS >= 2 ** 32) return 'wrapped';
    if (difference < 0n) {
      difference += TWO32;
      // Without a known speed a small step back is a reset, a great one a wrap.
      if (Number.isNaN(maxPerS) && difference >= HALF32) return 'reset';
    }
  } else if (difference < 0n) {
    return 'reset';
  }
  const rate = Number(difference) / elapsedS;
  if (rate > maxPerS * PLAUSIBLE) return 'implausible';
  return rate;
}
