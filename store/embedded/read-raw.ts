/** Raw records of history.db: blocks and chunks first, then the head, whose word is newer. */
import { LATE_INTERVALS } from './gaps.ts';
import type { HeadRow } from './head.ts';
import type { Layouts } from './layouts.ts';
import type { Columns, LatestColumns, Operation } from './protocol.ts';
import { concat, upperBound, type Run } from './raw-chunks.ts';
import { createOutput, type Output } from './output.ts';
import { inLayoutOrder, readHeads } from './read-heads.ts';
import type { Tables } from './writes.ts';

type RawRequest = Extract<Operation, { op: 'raw' }>;

/** @param mindful something in the file is damaged, so rows may be missing of which nothing is left to tell */
export function readRaw(tables: Tables, layouts: Layouts, request: RawRequest, mindful: boolean): Columns {
  const { fromMs, toMs } = request;
  const order = inLayoutOrder(layouts, request.series);
  const heads = readHeads(tables.raw, layouts, request.series, fromMs, toMs, [true]);
  const closed = tables.raw.reader(fromMs, toMs);
  const previousMs = new Float64Array(order.length).fill(NaN);
  const counts = new Int32Array(order.length);
  const out = createOutput();
  for (let i = 0; i < order.length; i++) {
    const series = request.series[order[i] ?? 0] ?? 0;
    const places = layouts.places(series);
    out.expect((i + 1) / order.length);
    const stored = closed(series, places);
    let previous = stored.previousMs;
    const fresh: Fresh[] = [];
    for (const { layout, index } of places) {
      const head = heads.get(layout);
      if (!head) continue;
      previous = Math.max(previous, head.beforeMs);
      if (head.rows.length > 0) fresh.push({ rows: head.rows, index: index - head.first });
    }
    if (previous > -Infinity) previousMs[i] = previous;
    if (mindful) {
      const nominalMs = [...stored.runs, ...places.map(({ layout }) => tables.raw.head.layouts.get(layout))].map(
        (one) => one?.intervalMs ?? 0,
      );
      counts[i] = putRun(out, withholding(overlay(concat(stored.runs), inTime(fresh)), previous, Math.max(0, ...nominalMs)));
      continue;
    }
    const only = fresh.length === 1 && stored.runs.length === 0 ? fresh[0] : undefined;
    counts[i] = only ? putRows(out, only) : putRun(out, overlay(concat(stored.runs), inTime(fresh)));
  }
  return { order, counts, data: out.data(), previousMs };
}

/** Where rows are missing, a record that comes late tells of its own interval only. */
function withholding({ tMs, value }: Run, previousMs: number, intervalMs: number): Run {
  const times: number[] = [];
  const values: number[] = [];
  let before = previousMs > -Infinity ? previousMs : (tMs[0] ?? 0);
  for (let i = 0; i < tMs.length; i++) {
    const [t, v] = [tMs[i] ?? 0, value[i] ?? NaN];
    if (intervalMs > 0 && !Number.isNaN(v) && t - before > LATE_INTERVALS * intervalMs) {
      times.push(t - intervalMs);
      values.push(NaN);
    }
    times.push(t);
    values.push(v);
    before = t;
  }
  return { tMs: Float64Array.from(times), value: Float64Array.from(values) };
}

function putRun(out: Output, { tMs, value }: Run): number {
  const n = tMs.length;
  const at = out.reserve(2 * n);
  out.data().set(tMs, at);
  out.data().set(value, at + n);
  return n;
}

function putRows(out: Output, { rows, index }: Fresh): number {
  const n = rows.length;
  const at = out.reserve(2 * n);
  const data = out.data();
  for (let j = 0; j < n; j++) {
    data[at + j] = rows[j]?.tMs ?? NaN;
    data[at + n + j] = rows[j]?.columns[0]?.[index] ?? NaN;
  }
  return n;
}

/** Rows of a layout, and where in them a series stands. */
interface Fresh {
  readonly rows: readonly HeadRow[];
  readonly index: number;
}

/** The head's records of a series in order of time; of equal moments the last one counts. */
function inTime(fresh: readonly Fresh[]): Run {
  const [only] = fresh;
  if (only && fresh.length === 1) {
    return {
      tMs: Float64Array.from(only.rows, (row) => row.tMs),
      value: Float64Array.from(only.rows, (row) => row.columns[0]?.[only.index] ?? NaN),
    };
  }
  const all = fresh.flatMap(({ rows, index }) =>
    rows.map((row) => ({ tMs: row.tMs, seq: row.seq, value: row.columns[0]?.[index] ?? NaN })),
  );
  all.sort((a, b) => a.tMs - b.tMs || a.seq - b.seq);
  const last = all.filter((record, i) => all[i + 1]?.tMs !== record.tMs);
  return { tMs: Float64Array.from(last, ({ tMs }) => tMs), value: Float64Array.from(last, ({ value }) => value) };
}

/** Adds the head's records to those of chunks; of equal moments the head's count. */
function overlay(closed: Run, fresh: Run): Run {
  if (fresh.tMs.length === 0) return closed;
  if (closed.tMs.length === 0) return fresh;
  const size = closed.tMs.length + fresh.tMs.length;
  const tMs = new Float64Array(size);
  const value = new Float64Array(size);
  // Nearly always the head begins after the last chunk.
  let n = upperBound(closed.tMs, fresh.tMs[0] ?? 0);
  tMs.set(closed.tMs.subarray(0, n));
  value.set(closed.value.subarray(0, n));
  const push = (t: number, v: number) => {
    if (n > 0 && tMs[n - 1] === t) n--;
    tMs[n] = t;
    value[n++] = v;
  };
  let at = n;
  for (let i = 0; i < fresh.tMs.length; i++) {
    const t = fresh.tMs[i] ?? 0;
    for (; at < closed.tMs.length && (closed.tMs[at] ?? 0) <= t; at++) push(closed.tMs[at] ?? 0, closed.value[at] ?? NaN);
    push(t, fresh.value[i] ?? NaN);
  }
  for (; at < closed.tMs.length; at++) push(closed.tMs[at] ?? 0, closed.value[at] ?? NaN);
  return { tMs: tMs.subarray(0, n), value: value.subarray(0, n) };
}

export function readLatest(tables: Tables, layouts: Layouts, series: Int32Array): LatestColumns {
  const tMs = new Float64Array(series.length).fill(-Infinity);
  const value = new Float64Array(series.length).fill(NaN);
  const { head } = tables.raw;
  const newest = new Map<number, HeadRow | null>();
  const newestMs = (layout: number) => {
    const moments = head.layouts.get(layout);
    return moments ? (moments.tMs[moments.count - 1] ?? -Infinity) : -Infinity;
  };
  const closed = tables.raw.latest();
  for (const i of inLayoutOrder(layouts, series)) {
    const id = series[i] ?? 0;
    const places = layouts.places(id);
    const last = closed(id, places, (endMs) => places.some(({ layout }) => newestMs(layout) >= endMs));
    if (last) [tMs[i], value[i]] = [last.tMs, last.value];
    let seq = -1;
    for (const { layout, index } of places) {
      let row = newest.get(layout);
      if (row === undefined) {
        const t = newestMs(layout);
        row = t === -Infinity ? null : (head.rows(layout, t - 1, t, [true], 0, layouts.series(layout).length - 1).at(-1) ?? null);
        newest.set(layout, row);
      }
      if (row && (row.tMs > (tMs[i] ?? 0) || (row.tMs === tMs[i] && row.seq > seq)))
        [tMs[i], value[i], seq] = [row.tMs, row.columns[0]?.[index] ?? NaN, row.seq];
    }
  }
  return { tMs, value };
}
