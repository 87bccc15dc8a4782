/** Moves rows of the head into blocks and chunks: a layout together with those that share its series. */
import { release } from './codec.ts';
import type { WholeRow } from './head.ts';
import type { Layouts } from './layouts.ts';
import { BLOCK_SERIES } from './protocol.ts';
import type { Bundle, Table } from './tables.ts';

/** Rows that are on their way in and go straight into blocks or chunks, in the order they came. */
export interface Incoming {
  /** Position in the batch: of equal moments the last word counts. */
  readonly order: number;
  readonly tMs: number;
  readonly intervalMs: number;
  readonly block: Float64Array;
}

/** Rows of one layout in order of time; of equal moments the last counts that says anything. */
interface Stack {
  readonly layout: number;
  readonly width: number;
  readonly rows: readonly WholeRow[];
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
  const done = new Set<number>();
  for (const layout of first) {
    if (done.has(layout)) continue;
    const group = related(table, layouts, incoming, layout);
    for (const member of group) done.add(member);
    const stacks = Array.from(group, (member) => stackOf(table, layouts, member, incoming.get(member)));
    closeStacks(table, layouts, removed, stacks, nowMs);
    for (const member of group) {
      if (incoming.has(member)) continue;
      for (const stack of stacks) if (stack.layout === member) for (const { block } of stack.rows) release(block);
    }
    for (const member of group) table.head.remove(member);
  }
}

function related(
  table: Table,
  layouts: Layouts,
  incoming: ReadonlyMap<number, readonly Incoming[]>,
  first: number,
): ReadonlySet<number> {
  const group = new Set([first]);
  // A set grows while it is walked, and every member is visited once.
  for (const layout of group) {
    for (const series of layouts.series(layout)) {
      if (!layouts.shared(series)) continue;
      for (const place of layouts.places(series))
        if (table.head.layouts.has(place.layout) || incoming.has(place.layout)) group.add(place.layout);
    }
  }
  return group;
}

function closeStacks(table: Table, layouts: Layouts, removed: ReadonlySet<number>, all: readonly Stack[], nowMs: number): void {
  const alone = all.length === 1;
  const stacks = alone ? all.map((stack) => settled(stack, table.columns)) : all;
  const done = new Set<number>();
  const times = alone && stacks[0] ? timesOf(stacks[0].rows) : null;
  const rows = alone ? [] : inOrder(stacks);
  for (const stack of stacks) {
    const members = layouts.series(stack.layout);
    for (let first = 0; first < stack.width; first += BLOCK_SERIES) {
      const series = members.subarray(first, first + BLOCK_SERIES);
      if (times) {
        if (stack.rows.length > 0) table.store({ ...bundleOf(stack, first, series, table.columns), ...times }, nowMs);
        continue;
      }
      const mine = [...series].filter((one) => !done.has(one) && !removed.has(one));
      for (const one of mine) done.add(one);
      const found = mine.map((one) => gather(table, layouts, stacks, rows, one));
      const whole = mine.length === series.length ? together(stack.layout, first, series, found) : null;
      if (whole) table.store(whole, nowMs);
      else mine.forEach((one, i) => found[i] && table.merge(one, found[i].tMs, found[i].intervalMs, found[i].columns, nowMs));
    }
  }
}

function timesOf(rows: readonly WholeRow[]) {
  return {
    tMs: Float64Array.from(rows, (row) => row.tMs),
    intervalMs: Float64Array.from(rows, (row) => row.intervalMs),
  };
}

/** Used again for the next bundle, because closing makes and drops one a moment. */
let scratch = new Float64Array(0);

/** The columns of some series that stand side by side, out of the rows of their layout; good until the next call. */
function bundleOf({ layout, width, rows }: Stack, first: number, series: Int32Array, columns: number) {
  const n = rows.length;
  const size = n * series.length;
  if (scratch.length < columns * size) scratch = new Float64Array(columns * size);
  const out = Array.from({ length: columns }, (_column, k) => scratch.subarray(k * size, (k + 1) * size));
  for (let i = 0; i < n; i++) {
    const block = rows[i]?.block ?? new Float64Array(0);
    for (let k = 0; k < columns; k++) {
      const column = out[k] ?? block;
      const from = k * width + first;
      for (let s = 0; s < series.length; s++) column[s * n + i] = block[from + s] ?? NaN;
    }
  }
  return { layout, first, series, columns: out };
}

interface Ordered {
  readonly stack: number;
  readonly row: WholeRow;
}

function inOrder(stacks: readonly Stack[]): Ordered[] {
  const all = stacks.flatMap(({ rows }, stack) => rows.map((row) => ({ stack, row })));
  return all.sort((a, b) => a.row.tMs - b.row.tMs || a.row.seq - b.row.seq);
}

interface Gathered {
  readonly tMs: Float64Array;
  readonly intervalMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

/** The columns of one series out of all the stacks it stands in. */
function gather(table: Table, layouts: Layouts, stacks: readonly Stack[], rows: readonly Ordered[], series: number): Gathered {
  const indexIn = new Int32Array(stacks.length).fill(-1);
  for (const { layout, index } of layouts.places(series)) {
    const at = stacks.findIndex((stack) => stack.layout === layout);
    if (at >= 0) indexIn[at] = index;
  }
  const tMs = new Float64Array(rows.length);
  const intervalMs = new Float64Array(rows.length);
  const columns = Array.from({ length: table.columns }, () => new Float64Array(rows.length));
  let n = 0;
  for (const { stack, row } of rows) {
    const index = indexIn[stack] ?? -1;
    if (index < 0) continue;
    const width = stacks[stack]?.width ?? 0;
    // Bins that say nothing (known NaN) must not hide an older row that does.
    if (table.columns === 4 && Number.isNaN(row.block[3 * width + index])) continue;
    if (n > 0 && tMs[n - 1] === row.tMs) n--;
    tMs[n] = row.tMs;
    intervalMs[n] = row.intervalMs;
    columns.forEach((column, k) => (column[n] = row.block[k * width + index] ?? NaN));
    n++;
  }
  return {
    tMs: tMs.subarray(0, n),
    intervalMs: intervalMs.subarray(0, n),
    columns: columns.map((column) => column.subarray(0, n)),
  };
}

/** Series of the very same moments as a bundle, null when they are not. */
function together(layout: number, first: number, series: Int32Array, found: readonly Gathered[]): Bundle | null {
  const [one] = found;
  if (!one || one.tMs.length === 0) return null;
  const n = one.tMs.length;
  if (!found.every(({ tMs }) => tMs.length === n && tMs.every((t, i) => t === one.tMs[i]))) return null;
  const columns = one.columns.map((_column, k) => {
    const out = new Float64Array(n * found.length);
    found.forEach((each, s) => out.set(each.columns[k] ?? [], s * n));
    return out;
  });
  return { layout, first, series, tMs: one.tMs, intervalMs: one.intervalMs, columns };
}

function stackOf(table: Table, layouts: Layouts, layout: number, incoming: readonly Incoming[] = []): Stack {
  const width = layouts.series(layout).length;
  const rows = table.head.whole(layout, width);
  if (incoming.length === 0) return { layout, width, rows };
  const newest = Number.MAX_SAFE_INTEGER / 2;
  for (const { order, ...row } of incoming) rows.push({ ...row, seq: newest + order });
  return { layout, width, rows: rows.sort((a, b) => a.tMs - b.tMs || a.seq - b.seq) };
}

/** A stack that stands alone, one row a moment. */
function settled({ layout, width, rows }: Stack, columns: number): Stack {
  const last = columns === 1 ? rows.filter((row, i) => rows[i + 1]?.tMs !== row.tMs) : merged(rows, width, columns);
  return { layout, width, rows: last };
}

/** Rows of bins at one moment become one: where the newer says nothing of a series, the older stands. */
function merged(rows: readonly WholeRow[], width: number, columns: number): WholeRow[] {
  const out: WholeRow[] = [];
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
