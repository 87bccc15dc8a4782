/**
 * Where the rows of a head stand: in memory, because an index over layout and time on disk would
 * be touched in as many places as there are rows in a write. Rows that became chunks are dead;
 * they are deleted by the thousand, once whole stretches of the file hold nothing else.
 */

/** The rows of one layout, in order of time. */
export interface Moments {
  count: number;
  tMs: Float64Array;
  seq: Float64Array;
  /** Of the newest row. */
  intervalMs: number;
}

/** Rows with neighbouring numbers, which stand side by side in the file. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface Directory {
  readonly layouts: Map<number, Moments>;
  /** @returns the number of the row it replaces, 0 = none */
  add(layout: number, tMs: number, seq: number, intervalMs: number): number;
  /** A row that is in the file only. */
  addDead(seq: number): void;
  /** A row that stays in the file although nobody can read it. */
  addLost(seq: number): void;
  /** All rows of a layout are dead. */
  bury(layout: number): void;
  /** The rows before t are dead; their numbers. */
  buryBefore(layout: number, tMs: number): Float64Array;
  /** A stretch of dead rows only, or one of which so few live that the others should go; null = none. */
  next(): { readonly stretch: Stretch; readonly dead: boolean } | null;
  /** The dead rows of a stretch are gone. */
  swept(stretch: Stretch): void;
  clear(): void;
}

const STRETCH_ROWS = 1024;
/** A few rows that stay, because their series is asked once a day, must not keep a thousand others. */
const FEW = STRETCH_ROWS / 8;

interface Segment {
  live: number;
  /** Nothing but live rows is left. */
  thinned: boolean;
}

export function createDirectory(): Directory {
  const layouts = new Map<number, Moments>();
  const segments = new Map<number, Segment>();
  let queue: number[] = [];
  let current = -1;

  const segmentOf = (seq: number): Segment => {
    const index = Math.floor(seq / STRETCH_ROWS);
    let segment = segments.get(index);
    if (!segment) {
      segment = { live: 0, thinned: false };
      segments.set(index, segment);
      if (index > current) {
        // What is complete now may have been abandoned while it grew.
        const before = segments.get(current);
        if (before && before.live <= FEW) queue.push(current);
        current = index;
      } else queue.push(index);
    }
    return segment;
  };
  const die = (seq: number) => {
    const index = Math.floor(seq / STRETCH_ROWS);
    const segment = segments.get(index);
    if (!segment) return;
    segment.live--;
    if (index !== current && (segment.live === 0 || (segment.live === FEW && !segment.thinned))) queue.push(index);
  };

  return {
    layouts,
    add(layout, tMs, seq, intervalMs) {
      segmentOf(seq).live++;
      let moments = layouts.get(layout);
      if (!moments) {
        moments = { count: 0, tMs: new Float64Array(16), seq: new Float64Array(16), intervalMs };
        layouts.set(layout, moments);
      }
      let at = moments.count;
      while (at > 0 && (moments.tMs[at - 1] ?? 0) > tMs) at--;
      if (at === moments.count) moments.intervalMs = intervalMs;
      if (at > 0 && moments.tMs[at - 1] === tMs) {
        const replaced = moments.seq[at - 1] ?? 0;
        moments.seq[at - 1] = seq;
        moments.intervalMs = at === moments.count ? intervalMs : moments.intervalMs;
        die(replaced);
        return replaced;
      }
      if (moments.count === moments.tMs.length) {
        [moments.tMs, moments.seq] = [longer(moments.tMs), longer(moments.seq)];
      }
      moments.tMs.copyWithin(at + 1, at, moments.count);
      moments.seq.copyWithin(at + 1, at, moments.count);
      moments.tMs[at] = tMs;
      moments.seq[at] = seq;
      moments.count++;
      return 0;
    },
    addDead(seq) {
      segmentOf(seq);
    },
    addLost(seq) {
      segmentOf(seq).live++;
    },
    bury(layout) {
      const moments = layouts.get(layout);
      if (!moments) return;
      for (let i = 0; i < moments.count; i++) die(moments.seq[i] ?? 0);
      layouts.delete(layout);
    },
    buryBefore(layout, tMs) {
      const moments = layouts.get(layout);
      if (!moments) return new Float64Array(0);
      const n = indexAfter(moments, tMs, true);
      const seqs = moments.seq.slice(0, n);
      for (const seq of seqs) die(seq);
      moments.tMs.copyWithin(0, n, moments.count);
      moments.seq.copyWithin(0, n, moments.count);
      moments.count -= n;
      if (moments.count === 0) layouts.delete(layout);
      return seqs;
    },
    next() {
      for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
        const segment = segments.get(index);
        if (!segment || index === current) continue;
        const dead = segment.live === 0;
        if (!dead && (segment.live > FEW || segment.thinned)) continue;
        return { stretch: { from: index * STRETCH_ROWS, to: (index + 1) * STRETCH_ROWS }, dead };
      }
      return null;
    },
    swept({ from }) {
      const index = from / STRETCH_ROWS;
      const segment = segments.get(index);
      if (!segment) return;
      segment.thinned = true;
      if (segment.live === 0) segments.delete(index);
    },
    clear() {
      layouts.clear();
      segments.clear();
      queue = [];
      current = -1;
    },
  };
}

/** How many moments are at or before t; with `before`, only those before it. */
export function indexAfter(moments: Moments, tMs: number, before = false): number {
  let [low, high] = [0, moments.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    const t = moments.tMs[middle] ?? 0;
    if (before ? t < tMs : t <= tMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function longer(old: Float64Array): Float64Array {
  const copy = new Float64Array(Math.ceil(old.length * 1.5));
  copy.set(old);
  return copy;
}
