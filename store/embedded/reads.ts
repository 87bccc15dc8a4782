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
  const out = createOutput();
  const counts = Int32Array.from(request.series, (series, done) => {
    out.share = (done + 1) / request.series.length;
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
    return put(out, chunks, table.chunks.perChunk, range, wanted, stepMs);
  });
  return { counts, data: out.data, previousMs: new Float64Array(0) };
}

/** Doubles one after the other, in a block that grows: an answer may be a hundred megabytes. */
interface Output {
  data: Float64Array;
  length: number;
  /** How much of all will be there once the series at hand is. */
  share: number;
}

function createOutput(): Output {
  return { data: new Float64Array(1024), length: 0, share: 1 };
}

function reserve(out: Output, more: number): number {
  const at = out.length;
  out.length += more;
  if (out.length > out.data.length) {
    // Series asked together are mostly about as long as each other.
    const larger = new Float64Array(Math.ceil(out.length * Math.max(1.1, 1.05 / out.share)));
    larger.set(out.data.subarray(0, at));
    out.data = larger;
  }
  return at;
}

/**
 * Puts out the bins that are there, in order: times, then every column that was wanted. A slot
 * is absent when it is NaN, or known 0.
 * @returns how many there are
 */
function put(
  out: Output,
  chunks: ReadonlyMap<number, readonly (Float64Array | null)[]>,
  perChunk: number,
  range: { readonly first: number; readonly last: number },
  wanted: readonly boolean[],
  stepMs: number,
): number {
  const probeAt = wanted.indexOf(true);
  const there = probeAt === 3 ? (value: number) => value > 0 : (value: number) => !Number.isNaN(value);
  let size = 0;
  const parts = [...chunks].map(([slot, columns]) => {
    const probe = columns[probeAt] ?? new Float64Array(0);
    const first = Math.max(0, range.first - slot * perChunk);
    const end = Math.max(first, Math.min(probe.length, range.last - slot * perChunk + 1));
    let n = 0;
    for (let i = first; i < end; i++) if (there(probe[i] ?? NaN)) n++;
    size += n;
    return { slot, columns, probe, first, end, n };
  });
  parts.sort((a, b) => a.slot - b.slot);
  const width = wanted.filter(Boolean).length;
  let at = reserve(out, size * (1 + width));
  const { data } = out;
  for (const { slot, columns, probe, first, end, n } of parts) {
    const whole = n === end - first;
    let to = at;
    for (let i = first; i < end; i++) if (whole || there(probe[i] ?? NaN)) data[to++] = (slot * perChunk + i) * stepMs;
    let base = at;
    for (const column of columns) {
      if (!column) continue;
      base += size;
      if (whole) {
        data.set(column.subarray(first, end), base);
        continue;
      }
      to = base;
      for (let i = first; i < end; i++) if (there(probe[i] ?? NaN)) data[to++] = column[i] ?? NaN;
    }
    at += n;
  }
  return size;
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
