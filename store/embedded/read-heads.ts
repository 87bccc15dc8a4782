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
  for (const one of series) {
    for (const { layout, index } of layouts.places(one)) {
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

/** Positions of series in the order in which they stand in layouts, so that neighbours are read one after the other. */
export function inLayoutOrder(layouts: Layouts, series: Int32Array): Int32Array {
  const ranks = new Float64Array(series.length);
  const order = new Int32Array(series.length);
  for (let i = 0; i < series.length; i++) {
    ranks[i] = layouts.rank(series[i] ?? 0);
    order[i] = i;
  }
  return order.sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b);
}
