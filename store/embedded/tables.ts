/** What the tiers of the embedded store have in common: a head, and how its rows become blocks and chunks. */
import type { DatabaseSync } from 'node:sqlite';
import type { Tier } from '../../core/model.ts';
import type { Damage } from './damage.ts';
import type { Moments } from './directory.ts';
import type { Head } from './head.ts';
import type { Layouts } from './layouts.ts';

/** What every table stands on. */
export interface Ground {
  readonly db: DatabaseSync;
  readonly damage: Damage;
  readonly layouts: Layouts;
  /** Series that were removed; their numbers are never used again. */
  readonly removed: ReadonlySet<number>;
}

/** Rows of series that stand side by side in a layout, in order of time. Its columns are only lent. */
export interface Bundle {
  readonly layout: number;
  readonly first: number;
  readonly series: Int32Array;
  readonly tMs: Float64Array;
  readonly intervalMs: Float64Array;
  /** Of each column series after series, as many values of each as there are moments. */
  readonly columns: readonly Float64Array[];
}

export interface Table {
  readonly tier: Tier;
  readonly head: Head;
  readonly columns: 1 | 4;
  /** Whether the rows of a layout should become blocks now. */
  due(layout: number, moments: Moments, nowMs: number): boolean;
  /** Takes in the rows of a whole bundle: as a block as far as they follow all that is there. */
  store(bundle: Bundle, nowMs: number): void;
  /** A series that has no past. */
  begin(series: number): void;
  /** Takes in rows of one series. */
  merge(series: number, tMs: Float64Array, intervalMs: Float64Array, columns: readonly Float64Array[], nowMs: number): void;
  /** Forgets series; blocks go once all their series are gone. */
  remove(series: Iterable<number>): void;
  expire(beforeMs: number, limit: number): boolean;
  /** Packs what is read less than it was; true when there may be more. */
  recode(nowMs: number): boolean;
  /** Layouts that anything is in the file of. */
  layouts(): Iterable<number>;
  /** Forgets what was remembered of a transaction that was rolled back. */
  forget(): void;
}

/** A layout nobody writes any more is closed this much later than one that is. */
export const LATE = 1.25;

/**
 * When the rows of a layout are enough: for the first time at a fill of its own, so that layouts
 * do not all close in one cycle, for ever after whenever they are full.
 */
export function enough(layout: number, full: number, first: boolean): number {
  if (!first) return full;
  const phase = ((layout * 2654435761) >>> 0) / 2 ** 32;
  return Math.ceil(full * (0.1 + 0.9 * phase));
}

/** The columns of one series of a bundle from a row on. */
export function columnsOf(bundle: Bundle, index: number, from: number, to: number): Float64Array[] {
  const n = bundle.tMs.length;
  return bundle.columns.map((column) => column.subarray(index * n + from, index * n + to));
}

/** The rows from..to of all series of a bundle. */
export function rowsOf(bundle: Bundle, from: number, to: number): readonly Float64Array[] {
  const n = bundle.tMs.length;
  if (from === 0 && to === n) return bundle.columns;
  return bundle.columns.map((column) => {
    const out = new Float64Array(bundle.series.length * (to - from));
    for (let s = 0; s < bundle.series.length; s++) out.set(column.subarray(s * n + from, s * n + to), s * (to - from));
    return out;
  });
}
