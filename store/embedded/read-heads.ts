/** What every read begins with: the rows of the head that may tell of the series asked for. */
import type { HeadRow } from './head.ts';
import type { Layouts } from './layouts.ts';
import type { Table } from './tables.ts';

/** Rows of a layout that were read once for all the series asked of it. */
export interface HeadRead {
  readonly rows: readonly HeadRow[];
  /** Position in the layout of the first value of each row. */
  readonly first: number;
  /** Time of the row before them, -Infinity when there is none. */
  readonly beforeMs: number;
}

export function readHeads(
  table: Table,
  layouts: Layouts,
  series: Int32Array,
  fromMs: number,
  toMs: number,
  wanted: readonly boolean[],
): Map<number, HeadRead> {
  const ranges = new Map<number, { first: number; last: number }>();
  for (const id of series) {
    for (const { layout, index } of layouts.places(id)) {
      if (!table.head.layouts.has(layout)) continue;
      const range = ranges.get(layout);
      if (range) [range.first, range.last] = [Math.min(range.first, index), Math.max(range.last, index)];
      else ranges.set(layout, { first: index, last: index });
    }
  }
  const heads = new Map<number, HeadRead>();
  for (const [layout, { first, last }] of ranges) {
    const rows = table.head.rows(layout, fromMs, toMs, wanted, first, last);
    heads.set(layout, { rows, first, beforeMs: table.head.before(layout, fromMs) ?? -Infinity });
  }
  return heads;
}

/** Positions of the series in the order in which they stand in layouts, so that neighbours are read one after the other. */
export function inLayoutOrder(layouts: Layouts, series: Int32Array): Int32Array {
  const keys = Float64Array.from(series, (id) => {
    const [place] = layouts.places(id);
    return place ? place.layout * 65_536 + place.index : -1;
  });
  return Int32Array.from(series, (_id, i) => i).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
}
