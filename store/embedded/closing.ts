/** Moves rows of the head into chunks: a layout together with those that share its series. */
import type { Layouts } from './layouts.ts';
import type { Stack, Table } from './tables.ts';

/** Rows that are on their way in and go straight into chunks, in the order they came. */
export interface Incoming {
  /** Position in the batch: of equal moments the last word counts. */
  readonly order: number;
  readonly tMs: number;
  readonly intervalMs: number;
  readonly block: Float64Array;
}

/**
 * Closes a layout and, because the newest word on a moment must win, every layout that shares
 * a series with it. Runs inside the caller's transaction.
 */
export function closeLayouts(
  table: Table,
  layouts: Layouts,
  removed: ReadonlySet<number>,
  incoming: ReadonlyMap<number, readonly Incoming[]>,
  first: Iterable<number>,
  nowMs: number,
): void {
  const group = related(table, layouts, first);
  const stacks = new Map(
    [...group].map((layout) => [layout, stackOf(table, layout, layouts.series(layout).length, incoming.get(layout))]),
  );
  const done = new Set<number>();
  for (const layout of group) {
    for (const series of layouts.series(layout)) {
      if (done.has(series) || removed.has(series)) continue;
      done.add(series);
      const places = layouts.places(series).flatMap((place) => {
        const stack = stacks.get(place.layout);
        return stack && stack.rows.length > 0 ? [{ stack, index: place.index, width: layouts.series(place.layout).length }] : [];
      });
      if (places.length > 0) table.close(series, places, nowMs);
    }
  }
  for (const layout of group) if (table.head.spans.has(layout)) table.head.remove(layout);
}

function related(table: Table, layouts: Layouts, first: Iterable<number>): Set<number> {
  const group = new Set(first);
  // A set grows while it is walked, and every member is visited once.
  for (const layout of group) {
    for (const series of layouts.series(layout)) {
      for (const place of layouts.places(series)) if (table.head.spans.has(place.layout)) group.add(place.layout);
    }
  }
  return group;
}

function stackOf(table: Table, layout: number, width: number, incoming: readonly Incoming[] = []): Stack {
  const wanted = Array.from({ length: table.columns }, () => true);
  const stored = table.head.spans.has(layout) ? table.head.rows(layout, -Infinity, Infinity, wanted, 0, width - 1) : [];
  const rows = stored.map((row) => ({ tMs: row.tMs, seq: row.seq, intervalMs: row.intervalMs, block: joined(row.columns) }));
  const newest = Number.MAX_SAFE_INTEGER / 2;
  incoming.forEach((row) => rows.push({ tMs: row.tMs, seq: newest + row.order, intervalMs: row.intervalMs, block: row.block }));
  if (incoming.length > 0) rows.sort((a, b) => a.tMs - b.tMs || a.seq - b.seq);
  const last =
    incoming.length > 0 && table.columns === 1
      ? rows.filter((row, i) => rows[i + 1]?.tMs !== row.tMs)
      : merged(rows, width, table.columns);
  return {
    tMs: Float64Array.from(last, (row) => row.tMs),
    seq: Float64Array.from(last, (row) => row.seq),
    intervalMs: Float64Array.from(last, (row) => row.intervalMs),
    rows: last.map((row) => row.block),
  };
}

interface Row {
  readonly tMs: number;
  readonly seq: number;
  readonly intervalMs: number;
  readonly block: Float64Array;
}

/** Rows of bins at one moment become one: where the newer says nothing of a series, the older stands. */
function merged(rows: readonly Row[], width: number, columns: number): Row[] {
  const out: Row[] = [];
  for (const row of rows) {
    const before = out.at(-1);
    if (before?.tMs !== row.tMs) {
      out.push(row);
      continue;
    }
    const block = row.block.slice();
    for (let i = 0; i < width; i++) {
      if (!Number.isNaN(block[3 * width + i])) continue;
      for (let k = 0; k < columns; k++) block[k * width + i] = before.block[k * width + i] ?? NaN;
    }
    out[out.length - 1] = { ...row, block };
  }
  return out;
}

function joined(columns: readonly Float64Array[]): Float64Array {
  const [only] = columns;
  if (columns.length === 1 && only) return only;
  const size = columns[0]?.length ?? 0;
  const block = new Float64Array(size * columns.length);
  columns.forEach((column, k) => block.set(column, k * size));
  return block;
}
