/** Which series stand together in a row of the head, and in which rows a series can be found. */
import type { DatabaseSync } from 'node:sqlite';
import { LAYOUT_SERIES } from './protocol.ts';

export interface Place {
  readonly layout: number;
  readonly index: number;
}

export interface Layouts {
  add(id: number, series: Int32Array): void;
  /** Series of a layout in order. */
  series(id: number): Int32Array;
  /** Every place of a series, newest layout first. */
  places(series: number): readonly Place[];
  /** What orders series as they stand in layouts: neighbours follow each other; -1 for one that stands nowhere. */
  rank(series: number): number;
  /** Whether a series stands in more than one layout. */
  shared(series: number): boolean;
}

export function createLayouts(): Layouts {
  const members = new Map<number, Int32Array>();
  // Chains of places in flat arrays: half a million series cost a few megabytes.
  let first = new Int32Array(0);
  let layoutAt = new Int32Array(0);
  let indexAt = new Int32Array(0);
  let next = new Int32Array(0);
  let used = 1;
  const larger = (old: Int32Array<ArrayBuffer>, size: number) => {
    const copy = new Int32Array(Math.max(1024, Math.ceil(size * 1.5)));
    copy.set(old);
    return copy;
  };
  return {
    add(id, series) {
      if (members.has(id)) return;
      members.set(id, series);
      for (let index = 0; index < series.length; index++) {
        const member = series[index] ?? 0;
        if (member >= first.length) first = larger(first, member + 1);
        if (used >= next.length) [layoutAt, indexAt, next] = [larger(layoutAt, used), larger(indexAt, used), larger(next, used)];
        layoutAt[used] = id;
        indexAt[used] = index;
        next[used] = first[member] ?? 0;
        first[member] = used++;
      }
    },
    series(id) {
      const found = members.get(id);
      if (!found) throw new RangeError(`layout ${id} was never defined`);
      return found;
    },
    places(series) {
      const found: Place[] = [];
      for (let at = first[series] ?? 0; at !== 0; at = next[at] ?? 0)
        found.push({ layout: layoutAt[at] ?? 0, index: indexAt[at] ?? 0 });
      return found;
    },
    rank(series) {
      const at = first[series] ?? 0;
      return at === 0 ? -1 : (layoutAt[at] ?? 0) * LAYOUT_SERIES + (indexAt[at] ?? 0);
    },
    shared: (series) => (next[first[series] ?? 0] ?? 0) !== 0,
  };
}

/** The layouts that a table of blocks speaks of, found by index in as many steps as there are. */
export function distinctLayouts(db: DatabaseSync, table: string): number[] {
  const next = db.prepare(`SELECT min(layout) AS layout FROM ${table} WHERE layout > ?`);
  const found: number[] = [];
  for (let layout = -1; ;) {
    const value = next.get(layout)?.['layout'] ?? null;
    if (value === null) return found;
    layout = Number(value);
    found.push(layout);
  }
}
