/** Everything that is read from history.db: chunks first, then the head, whose word is newer. */
import { TIER_STEP_MS } from '../../core/model.ts';
import type { HeadRow } from './head.ts';
import type { Layouts } from './layouts.ts';
import type { Columns, LatestColumns, Operation } from './protocol.ts';
import { upperBound, type Run } from './raw-chunks.ts';
import type { Table } from './tables.ts';
import type { Tables } from './writes.ts';

type RawRequest = Extract<Operation, { op: 'raw' }>;
type BinsRequest = Extract<Operation, { op: 'bins' }>;

/** Rows of a layout that were read once for all the series asked of it. */
interface HeadRead {
  readonly rows: readonly HeadRow[];
  readonly first: number;
}

export function readRaw(tables: Tables, layouts: Layouts, request: RawRequest): Columns {
  const { fromMs, toMs } = request;
  const heads = readHeads(tables.raw, layouts, request.series, fromMs, toMs, [true]);
  const befores = new Map<number, number | null>();
  const previousMs = new Float64Array(request.series.length).fill(NaN);
  const runs = Array.from(request.series, (series, i) => {
    const closed = tables.raw.chunks.read(series, fromMs, toMs);
    let previous = closed.previousMs ?? -Infinity;
    const fresh: { tMs: number; seq: number; value: number }[] = [];
    for (const { layout, index } of layouts.places(series)) {
      const read = heads.get(layout);
      if (!read) continue;
      if (!befores.has(layout)) befores.set(layout, tables.raw.head.before(layout, fromMs));
      previous = Math.max(previous, befores.get(layout) ?? -Infinity);
      for (const row of read.rows) fresh.push({ tMs: row.tMs, seq: row.seq, value: row.columns[0]?.[index - read.first] ?? NaN });
    }
    if (previous > -Infinity) previousMs[i] = previous;
    return overlay(closed, fresh);
  });
  const counts = Int32Array.from(runs, (run) => run.tMs.length);
  const data = new Float64Array(2 * counts.reduce((sum, n) => sum + n, 0));
  let at = 0;
  for (const run of runs) {
    data.set(run.tMs, at);
    data.set(run.value, at + run.tMs.length);
    at += 2 * run.tMs.length;
  }
  return { counts, data, previousMs };
}

/** Adds the head's records to those of chunks; of equal moments the head's last one counts. */
function overlay(closed: Run, fresh: { tMs: number; seq: number; value: number }[]): Run {
  if (fresh.length === 0) return closed;
  let ordered = true;
  for (let i = 1; i < fresh.length; i++) if ((fresh[i - 1]?.tMs ?? 0) >= (fresh[i]?.tMs ?? 0)) ordered = false;
  if (!ordered) fresh.sort((a, b) => a.tMs - b.tMs || a.seq - b.seq);
  const size = closed.tMs.length + fresh.length;
  const tMs = new Float64Array(size);
  const value = new Float64Array(size);
  // Nearly always the head begins after the last chunk.
  let n = upperBound(closed.tMs, fresh[0]?.tMs ?? 0);
  tMs.set(closed.tMs.subarray(0, n));
  value.set(closed.value.subarray(0, n));
  const push = (t: number, v: number) => {
    if (n > 0 && tMs[n - 1] === t) n--;
    tMs[n] = t;
    value[n++] = v;
  };
  let at = n;
  for (const record of fresh) {
    for (; at < closed.tMs.length && (closed.tMs[at] ?? 0) <= record.tMs; at++)
      push(closed.tMs[at] ?? 0, closed.value[at] ?? NaN);
    push(record.tMs, record.value);
  }
  for (; at < closed.tMs.length; at++) push(closed.tMs[at] ?? 0, closed.value[at] ?? NaN);
  return { tMs: tMs.subarray(0, n), value: value.subarray(0, n) };
}

export function readBins(tables: Tables, layouts: Layouts, request: BinsRequest): Columns {
  const table = tables.bins[request.tier];
  const stepMs = TIER_STEP_MS[request.tier];
  // Whether a bin is there at all is seen in any of its columns.
  const wanted = request.wanted.some(Boolean) ? request.wanted : ([false, false, false, true] as const);
  const inHead = [wanted[0], wanted[1], wanted[2], true];
  const range = { first: Math.floor(request.fromMs / stepMs), last: Math.ceil(request.toMs / stepMs) - 1 };
  const heads = readHeads(table, layouts, request.series, range.first * stepMs - 1, range.last * stepMs, inHead);
  // In the rows of the head, columns that were not asked for are left out.
  const columnAt = inHead.map((_there, k) => inHead.slice(0, k).filter(Boolean).length);
  const out: Float64Array[] = [];
  const counts = Int32Array.from(request.series, (series) => {
    const chunks = table.chunks.read(series, range.first, range.last, wanted);
    const lay = (row: HeadRow, index: number) => {
      const share = row.columns[columnAt[3] ?? 0]?.[index] ?? NaN;
      if (Number.isNaN(share)) return;
      const bin = Math.round(row.tMs / stepMs);
      const slot = Math.floor(bin / table.chunks.perChunk);
      let columns = chunks.get(slot);
      if (!columns) {
        columns = wanted.map((there) => (there ? new Float64Array(table.chunks.perChunk).fill(NaN) : null));
        chunks.set(slot, columns);
      }
      for (let k = 0; k < columns.length; k++) {
        const column = columns[k];
        if (!column) continue;
        column[bin - slot * table.chunks.perChunk] =
          k === 3 ? share : share > 0 ? (row.columns[columnAt[k] ?? 0]?.[index] ?? NaN) : NaN;
      }
    };
    const places = layouts.places(series).filter(({ layout }) => (heads.get(layout)?.rows.length ?? 0) > 0);
    const [only] = places;
    if (only && places.length === 1) {
      const read = heads.get(only.layout);
      for (const row of read?.rows ?? []) lay(row, only.index - (read?.first ?? 0));
    } else if (places.length > 1) {
      // The newest word on a bin must be laid last.
      const fresh = places.flatMap(({ layout, index }) => {
        const read = heads.get(layout);
        return (read?.rows ?? []).map((row) => ({ row, index: index - (read?.first ?? 0) }));
      });
      fresh.sort((a, b) => a.row.seq - b.row.seq);
      for (const { row, index } of fresh) lay(row, index);
    }
    const columns = present(chunks, table.chunks.perChunk, range, wanted, stepMs);
    out.push(...columns);
    return columns[0]?.length ?? 0;
  });
  const data = new Float64Array(out.reduce((sum, column) => sum + column.length, 0));
  let at = 0;
  for (const column of out) {
    data.set(column, at);
    at += column.length;
  }
  return { counts, data, previousMs: new Float64Array(0) };
}

/** The bins that are there, in order: times, then every column that was wanted. A slot is absent when it is NaN, or known 0. */
function present(
  chunks: ReadonlyMap<number, readonly (Float64Array | null)[]>,
  perChunk: number,
  range: { readonly first: number; readonly last: number },
  wanted: readonly boolean[],
  stepMs: number,
): Float64Array[] {
  const slots = [...chunks.keys()].sort((a, b) => a - b);
  const probe = wanted.indexOf(true);
  const there = probe === 3 ? (value: number) => value > 0 : (value: number) => !Number.isNaN(value);
  const picked = slots.map((slot) => {
    const column = chunks.get(slot)?.[probe] ?? new Float64Array(0);
    const at: number[] = [];
    const end = Math.min(column.length - 1, range.last - slot * perChunk);
    for (let i = Math.max(0, range.first - slot * perChunk); i <= end; i++) if (there(column[i] ?? NaN)) at.push(i);
    return { slot, at };
  });
  const size = picked.reduce((sum, { at }) => sum + at.length, 0);
  const tMs = new Float64Array(size);
  const out = wanted.flatMap((yes, k) => (yes ? [{ k, values: new Float64Array(size) }] : []));
  let n = 0;
  for (const { slot, at } of picked) {
    const columns = chunks.get(slot);
    for (const { k, values } of out) {
      const column = columns?.[k];
      if (column) at.forEach((i, j) => (values[n + j] = column[i] ?? NaN));
    }
    for (const i of at) tMs[n++] = (slot * perChunk + i) * stepMs;
  }
  return [tMs, ...out.map(({ values }) => values)];
}

function readHeads(
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
      const span = table.head.spans.get(layout);
      if (!span) continue;
      const range = ranges.get(layout);
      if (range) [range.first, range.last] = [Math.min(range.first, index), Math.max(range.last, index)];
      else ranges.set(layout, { first: index, last: index });
    }
  }
  const heads = new Map<number, HeadRead>();
  for (const [layout, { first, last }] of ranges) {
    const span = table.head.spans.get(layout);
    const none = !span || span.newestMs <= fromMs || span.oldestMs > toMs;
    heads.set(layout, { rows: none ? [] : table.head.rows(layout, fromMs, toMs, wanted, first, last), first });
  }
  return heads;
}

export function readLatest(tables: Tables, layouts: Layouts, series: Int32Array): LatestColumns {
  const tMs = new Float64Array(series.length).fill(-Infinity);
  const value = new Float64Array(series.length).fill(NaN);
  const newest = new Map<number, HeadRow | null>();
  series.forEach((id, i) => {
    const closed = tables.raw.chunks.last(id, (endMs) =>
      layouts.places(id).some(({ layout }) => (tables.raw.head.spans.get(layout)?.newestMs ?? -Infinity) >= endMs),
    );
    if (closed) [tMs[i], value[i]] = [closed.tMs, closed.value];
    let seq = -1;
    for (const { layout, index } of layouts.places(id)) {
      const span = tables.raw.head.spans.get(layout);
      if (!span) continue;
      let row = newest.get(layout);
      if (row === undefined) {
        row =
          tables.raw.head.rows(layout, span.newestMs - 1, span.newestMs, [true], 0, layouts.series(layout).length - 1).at(-1) ??
          null;
        newest.set(layout, row);
      }
      if (row && (row.tMs > (tMs[i] ?? 0) || (row.tMs === tMs[i] && row.seq > seq))) {
        [tMs[i], value[i], seq] = [row.tMs, row.columns[0]?.[index] ?? NaN, row.seq];
      }
    }
  });
  return { tMs, value };
}
