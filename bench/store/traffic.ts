/** What the store benchmark stores: rates of counters as a poller computes them, the same for every store and every run. */
import { significantRate } from '../../core/significant.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const WEIGHTS = 2 ** 32;

/** A number 0–1 that two numbers decide (mixing as in Knuth's multiplicative hashing and Murmur's finish). */
function chance(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return ((h ^ (h >>> 15)) >>> 0) / WEIGHTS;
}

/**
 * Bits a second of series n in the minute up to tMs: a daily wave with noise, counted in whole octets over an interval
 * of whole hundredths of a second, rounded as the collector rounds rates.
 */
export function valueAt(tMs: number, n: number): number {
  const minute = Math.round(tMs / MINUTE);
  const intervalS = 60 + Math.round(40 * (chance(minute, -1) - 0.5)) / 100;
  const bps = 1e8 * (1.2 + Math.sin((tMs / DAY) * 2 * Math.PI + n)) * (0.7 + 0.6 * chance(minute, n));
  return significantRate((Math.round((bps * intervalS) / 8) * 8) / intervalS);
}
