/** Bins of history.db: blocks and chunks first, then the head, whose word is newer. */
import { TIER_STEP_MS } from '../../core/model.ts';
import type { Slots } from './bin-table.ts';
import type { HeadRow } from './head.ts';
import type { Layouts } from './layouts.ts';
import type { Columns, Operation } from './protocol.ts';
import { inLayoutOrder, readHeads } from './read-heads.ts';
import type { Tables } from './writes.ts';

type BinsRequest = Extract<Operation, { op: 'bins' }>;

export function readBins(tables: Tables, layouts: Layouts, request: BinsRequest): Columns {
  const table = tables.bins[request.tier];
  const stepMs = TIER_STEP_MS[request.tier];
  // Whether a bin is there at all is seen in any of its columns.
  const wanted = request.wanted.some(Boolean) ? request.wanted : ([false, false, false, true] as const);
  const inHead = [wanted[0], wanted[1], wanted[2], true];
  const range = { first: Math.floor(request.fromMs / stepMs), last: Math.ceil(request.toMs / stepMs) - 1 };
  const order = inLayoutOrder(layouts, request.series);
  const heads = readHeads(table, layouts, request.series, range.first * stepMs - 1, range.last * stepMs, inHead);
  const closed = table.reader(range.first, range.last, wanted);
  // In the rows of the head, columns that were not asked for are left out.
  const columnAt = inHead.map((_there, k) => inHead.slice(0, k).filter(Boolean).length);
  const out = createOutput();
  const counts = Int32Array.from(order, (at, done) => {
    const series = request.series[at] ?? 0;
    out.share = (done + 1) / order.length;
    const slots = closed(series);
    const lay = (row: HeadRow, index: number) => {
      const share = row.columns[columnAt[3] ?? 0]?.[index] ?? NaN;
      if (Number.isNaN(share)) return;
      const bin = Math.round(row.tMs / stepMs);
      const slot = Math.floor(bin / table.perSlot);
      let columns = slots.get(slot);
      if (!columns) {
        columns = wanted.map((there) => (there ? new Float64Array(table.perSlot).fill(NaN) : null));
        slots.set(slot, columns);
      }
      for (let k = 0; k < columns.length; k++) {
        const column = columns[k];
        if (!column) continue;
        column[bin - slot * table.perSlot] = k === 3 ? share : share > 0 ? (row.columns[columnAt[k] ?? 0]?.[index] ?? NaN) : NaN;
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
    return put(out, slots, table.perSlot, range, wanted, stepMs);
  });
  return { order, counts, data: out.data, previousMs: new Float64Array(0) };
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
  slots: Slots,
  perSlot: number,
  range: { readonly first: number; readonly last: number },
  wanted: readonly boolean[],
  stepMs: number,
): number {
  const probeAt = wanted.indexOf(true);
  const there = probeAt === 3 ? (value: number) => value > 0 : (value: number) => !Number.isNaN(value);
  let size = 0;
  const parts = [...slots].map(([slot, columns]) => {
    const probe = columns[probeAt] ?? new Float64Array(0);
    const first = Math.max(0, range.first - slot * perSlot);
    const end = Math.max(first, Math.min(probe.length, range.last - slot * perSlot + 1));
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
    for (let i = first; i < end; i++) if (whole || there(probe[i] ?? NaN)) data[to++] = (slot * perSlot + i) * stepMs;
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
