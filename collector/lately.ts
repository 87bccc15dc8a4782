/**
 * What happened lately, in slots of time that are used again: it costs the same however much
 * happens, and what is old goes by itself.
 */

/** How many of something in a window of time. */
export interface Tally {
  add(n?: number): void;
  /** In the window, to within one slot. */
  sum(): number;
  /** A second, over the window or the time since the beginning if that is shorter. */
  perS(): number;
}

export function createTally(monoMs: () => number, windowMs: number, slots: number): Tally {
  const counts = new Float64Array(slots);
  const slotMs = windowMs / slots;
  const startMs = monoMs();
  const turn = createTurn(monoMs, slotMs, slots, (slot) => (counts[slot] = 0));
  const sum = () => {
    turn();
    return counts.reduce((a, b) => a + b, 0);
  };
  return {
    add(n = 1) {
      const slot = turn();
      counts[slot] = (counts[slot] ?? 0) + n;
    },
    sum,
    perS() {
      const nowMs = monoMs();
      // The slot that is being filled counts as far as it has come.
      const coveredMs = Math.min(nowMs - startMs, windowMs - slotMs + (nowMs % slotMs));
      return (sum() * 1000) / Math.max(1000, coveredMs);
    },
  };
}

export interface Spread {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}
/** Durations of a window of time, to within a tenth of each. */
export interface Durations {
  add(ms: number): void;
  /** All 0 when there was none. */
  read(): Spread;
}

const SMALLEST_MS = 0.1;
const BUCKETS_PER_DOUBLING = 8;
/** Up to half a day. */
const BUCKETS = 1 + 29 * BUCKETS_PER_DOUBLING;

export function createDurations(monoMs: () => number, windowMs: number, slots: number): Durations {
  const counts = Array.from({ length: slots }, () => new Uint32Array(BUCKETS));
  const worst = new Float64Array(slots);
  const turn = createTurn(monoMs, windowMs / slots, slots, (slot) => {
    counts[slot]?.fill(0);
    worst[slot] = 0;
  });
  return {
    add(ms) {
      const slot = turn();
      const at = ms <= SMALLEST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / SMALLEST_MS) * BUCKETS_PER_DOUBLING));
      const of = counts[slot];
      if (of) of[at] = (of[at] ?? 0) + 1;
      worst[slot] = Math.max(worst[slot] ?? 0, ms);
    },
    read() {
      turn();
      const all = new Float64Array(BUCKETS);
      for (const of of counts) of.forEach((n, at) => (all[at] = (all[at] ?? 0) + n));
      const total = all.reduce((a, b) => a + b, 0);
      const worstMs = worst.reduce((a, b) => Math.max(a, b), 0);
      const percentile = (share: number) => {
        let below = 0;
        const at = all.findIndex((n) => (below += n) >= share * total);
        return at <= 0 ? 0 : Math.min(worstMs, SMALLEST_MS * 2 ** (at / BUCKETS_PER_DOUBLING));
      };
      return total === 0 ? { p50Ms: 0, p99Ms: 0, worstMs: 0 } : { p50Ms: percentile(0.5), p99Ms: percentile(0.99), worstMs };
    },
  };
}

/** The slot of this moment; those whose time has come round again are emptied first. */
function createTurn(monoMs: () => number, slotMs: number, slots: number, empty: (slot: number) => void): () => number {
  let current = Math.floor(monoMs() / slotMs);
  return () => {
    const now = Math.floor(monoMs() / slotMs);
    for (let s = Math.max(current + 1, now - slots + 1); s <= now; s++) empty(s % slots);
    current = Math.max(current, now);
    return current % slots;
  };
}
