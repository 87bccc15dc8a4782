/** Bins of history.db: blocks and chunks first, then the head, whose word is newer. */
import { TIER_STEP_MS } from '../../core/model.ts';
import type { HeadRow } from './head.ts';
import type { Layouts, Place } from './layouts.ts';
import { createOutput } from './output.ts';
import type { Columns, Operation } from './protocol.ts';
import { inLayoutOrder, readHeads, type HeadRead } from './read-heads.ts';
import { createSheet } from './sheet.ts';
import type { Tables } from './writes.ts';

type BinsRequest = Extract<Operation, { op: 'bins' }>;

export function readBins(tables: Tables, layouts: Layouts, request: BinsRequest): Columns {
  const table = tables.bins[request.tier];
  const stepMs = TIER_STEP_MS[request.tier];
  // Whether a bin is there at all is seen in any of its columns.
  const wanted = request.wanted.some(Boolean) ? request.wanted : ([false, false, false, true] as const);
  const inHead = [wanted[0], wanted[1], wanted[2], true];
  const [first, last] = [Math.floor(request.fromMs / stepMs), Math.ceil(request.toMs / stepMs) - 1];
  const order = inLayoutOrder(layouts, request.series);
  const heads = readHeads(table, layouts, request.series, first * stepMs - 1, last * stepMs, inHead);
  const closed = table.reader(first, last, wanted);
  const sheet = createSheet(first, last, wanted, table.perSlot, stepMs);
  // In the rows of the head, columns that were not asked for are left out.
  const columnAt = inHead.map((there, k) => (there ? inHead.slice(0, k).filter(Boolean).length : -1));
  const values = [NaN, NaN, NaN, NaN];
  const lay = (row: HeadRow, index: number) => {
    for (let k = 0; k < 4; k++) values[k] = row.columns[columnAt[k] ?? -1]?.[index] ?? NaN;
    if (!Number.isNaN(values[3])) sheet.set(Math.round(row.tMs / stepMs), values);
  };
  const out = createOutput();
  const counts = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const series = request.series[order[i] ?? 0] ?? 0;
    const places = layouts.places(series);
    out.expect((i + 1) / order.length);
    for (const run of closed(series, places)) sheet.lay(run);
    const only = places[0];
    if (only && places.length === 1) {
      const head = heads.get(only.layout);
      for (const row of head?.rows ?? []) lay(row, only.index - (head?.first ?? 0));
    } else if (only) {
      // The newest word on a bin must be laid last.
      for (const { row, index } of bySeq(places, heads)) lay(row, index);
    }
    counts[i] = sheet.put(out);
  }
  return { order, counts, data: out.data(), previousMs: new Float64Array(0) };
}

function bySeq(places: readonly Place[], heads: ReadonlyMap<number, HeadRead>) {
  const rows = places.flatMap(({ layout, index }) => {
    const head = heads.get(layout);
    return (head?.rows ?? []).map((row) => ({ row, index: index - (head?.first ?? 0) }));
  });
  return rows.sort((a, b) => a.row.seq - b.row.seq);
}
