/**
 * Agents that answer from a cache. snmpd reads its interface counters every 3 s and its
 * processor times every 5 s, whatever it is asked; polled faster, it seems idle, then three to
 * five times as busy as it is. A table in which no counter moved is therefore held: no record
 * is written, and the next rate is the mean since the counters last moved. The first movement
 * after an unknown time gives no rate, because nobody knows since when it was on its way. What
 * does not move for HOLD_MS was idle, up to LAG_MS ago.
 */
import { COUNTER32, COUNTER64, type Column, type Readings } from '../core/readings.ts';

/** Columns, and where each stands in the readings. */
interface Places {
  readonly columns: readonly Column[];
  readonly positions: ArrayLike<number>;
}

/** From this interval on a cache is a blur, not a fiction, and every reading counts. */
export const HOLD_BELOW_MS = 10_000;
/** What did not move for so long is idle. */
export const HOLD_MS = 15_000;
/** Older than any agent's cache: what was counted by then has been told. */
export const LAG_MS = 10_000;

export interface Verdict {
  /** Kinds of which these readings say nothing new. */
  readonly held: ReadonlySet<string>;
  /** Those of them that were idle until LAG_MS before these readings. */
  readonly idle: ReadonlySet<string>;
}
export const NOTHING_HELD: Verdict = { held: new Set(), idle: new Set() };

export interface Holding {
  /**
   * @param counter the previous counters, by position in the layout
   * @param width their widths; 0 where there is none to compare with
   * @param elapsedMs since the readings before
   */
  judge(places: Places, readings: Readings, counter: BigUint64Array, width: Uint8Array, elapsedMs: number): Verdict;
  /** Time the movement of a kind took, given the time since the readings before; null when nobody knows. */
  movedInMs(kind: string, elapsedMs: number): number | null;
  /** Goes on to the next readings, after everything was taken from these. */
  settle(verdict: Verdict, elapsedMs: number): void;
  /** Time passed of which nothing is known. */
  reset(): void;
  /** The readings before, of an earlier run, were those at which this kind moved. */
  resume(kind: string): void;
}

export function createHolding(): Holding {
  /** Time each kind is held; a kind that moved is at 0, one that is not in here has not been seen to move. */
  const heldMs = new Map<string, number>();
  /** Time since the first readings of kinds that have not moved yet. */
  const waitedMs = new Map<string, number>();
  let moved = new Set<string>();

  return {
    judge({ columns, positions }, readings, counter, width, elapsedMs) {
      const still = new Set<string>();
      moved = new Set();
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i];
        if (column?.form !== 'counter' || moved.has(column.kind)) continue;
        const at = positions[i] ?? 0;
        const state = readings.state[at] ?? 0;
        if ((state !== COUNTER32 && state !== COUNTER64) || width[i] !== state) continue;
        if (readings.counter[at] === counter[i]) still.add(column.kind);
        else moved.add(column.kind);
      }
      // Nothing of it to compare with: nobody knows since when it stands.
      for (const known of [heldMs, waitedMs])
        for (const kind of known.keys()) if (!still.has(kind) && !moved.has(kind)) known.delete(kind);
      const held = new Set([...still].filter((kind) => !moved.has(kind)));
      const sinceMs = (kind: string) => (heldMs.get(kind) ?? waitedMs.get(kind) ?? 0) + elapsedMs;
      return { held, idle: new Set([...held].filter((kind) => sinceMs(kind) >= HOLD_MS)) };
    },
    movedInMs(kind, elapsedMs) {
      const before = heldMs.get(kind);
      return before === undefined ? null : before + elapsedMs;
    },
    settle({ held, idle }, elapsedMs) {
      for (const kind of moved) {
        heldMs.set(kind, 0);
        waitedMs.delete(kind);
      }
      for (const kind of held) {
        const before = heldMs.get(kind);
        if (idle.has(kind)) heldMs.set(kind, LAG_MS);
        else if (before !== undefined) heldMs.set(kind, before + elapsedMs);
        else waitedMs.set(kind, (waitedMs.get(kind) ?? 0) + elapsedMs);
      }
      moved = new Set();
    },
    reset() {
      heldMs.clear();
      waitedMs.clear();
    },
    resume(kind) {
      heldMs.set(kind, 0);
    },
  };
}
