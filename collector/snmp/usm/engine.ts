/**
 * The agent's engine as we know it: its id, its keys and its clock (RFC 3414 sections 2.2 and 3.2).
 * What authentic messages said is kept apart from what we send by: a forged Report may cost a
 * datagram, but cannot make true answers look old.
 */
import type { AuthKey } from './signature.ts';
import type { PrivKey } from './privacy.ts';

export interface UsmEngine {
  readonly id: Uint8Array;
  readonly auth: AuthKey | null;
  readonly priv: PrivKey | null;
  /** The clock that requests carry: `timeS` was true at `monoMs`. */
  boots: number;
  timeS: number;
  monoMs: number;
  /** The newest clock in an authentic message, and when it came; -1 boots before the first. */
  seenBoots: number;
  seenTimeS: number;
  seenMonoMs: number;
}

const WINDOW_S = 150;
/** An engine that has counted so far must be set up anew, says RFC 3414. */
const BOOTS_MAX = 2 ** 31 - 1;
const TIME_MAX_S = 2 ** 31 - 1;

export function createEngine(
  id: Uint8Array,
  auth: AuthKey | null,
  priv: PrivKey | null,
  boots: number,
  timeS: number,
  monoMs: number,
): UsmEngine {
  return { id, auth, priv, boots, timeS, monoMs, seenBoots: -1, seenTimeS: 0, seenMonoMs: monoMs };
}

/** Engine time that a request carries now. */
export function timeAt(engine: UsmEngine, monoMs: number): number {
  return Math.min(TIME_MAX_S, engine.timeS + Math.max(0, Math.floor((monoMs - engine.monoMs) / 1000)));
}

/** Takes a clock that is not authentic: requests go by it, answers are not judged by it. */
export function hintClock(engine: UsmEngine, boots: number, timeS: number, monoMs: number): void {
  engine.boots = boots;
  engine.timeS = timeS;
  engine.monoMs = monoMs;
}

/**
 * Takes the clock of an authentic message, by RFC 3414 3.2 step 7b.
 * @returns false when the message is from the past, or the engine's boots are at their end
 */
export function acceptClock(engine: UsmEngine, boots: number, timeS: number, monoMs: number): boolean {
  if (boots === BOOTS_MAX) return false;
  if (boots > engine.seenBoots || (boots === engine.seenBoots && timeS > engine.seenTimeS)) {
    engine.seenBoots = boots;
    engine.seenTimeS = timeS;
    engine.seenMonoMs = monoMs;
  } else {
    const nowS = engine.seenTimeS + Math.floor((monoMs - engine.seenMonoMs) / 1000);
    if (boots < engine.seenBoots || timeS < nowS - WINDOW_S) return false;
  }
  hintClock(engine, engine.seenBoots, engine.seenTimeS, engine.seenMonoMs);
  return true;
}
