/**
 * Closed blocks of the raw tier: a stretch of records of series that stand side by side in a
 * layout, packed together. Nearly all of a history is in blocks; they only ever follow what is
 * older, and whoever must change one takes it apart into chunks.
 */
import type { DatabaseSync } from 'node:sqlite';
import { columnOf, COUNT_BYTES, encodeColumn, openColumn, type Column } from './codec.ts';
import type { Damage } from './damage.ts';
import { distinctLayouts } from './layouts.ts';
import { chunkRecords, plausible } from './raw-chunks.ts';
import { kindOf, placeOf } from './seals.ts';
import type { Times } from './times.ts';

export interface RawBlock {
  readonly intervalMs: number;
  readonly tMs: Float64Array;
  /** Series after series, as many values of each as there are moments. */
  readonly values: Float64Array;
}

/** One that was read; of a damaged one only that its time is unknown. */
export interface PackedBlock {
  readonly intervalMs: number;
  readonly tMs: Float64Array;
  readonly values: Column;
}

export interface RawBlocks {
  /**
   * Writes a block, together with small ones before it.
   * @param joinable whether nothing else of its series is there since a moment
   */
  put(layout: number, first: number, width: number, block: RawBlock, joinable: (sinceMs: number) => boolean): void;
  /** Blocks with records from < t ≤ to, and the end of the one before them, -Infinity when there is none. */
  read(layout: number, first: number, width: number, fromMs: number, toMs: number): { blocks: PackedBlock[]; previousMs: number };
  /** Takes the blocks that overlap from..to out of the table. */
  take(layout: number, first: number, width: number, fromMs: number, toMs: number): RawBlock[];
  /** Whether any block overlaps from..to, ends excluded. */
  any(layout: number, first: number, fromMs: number, toMs: number): boolean;
  /** End of the last block, -Infinity when there is none. */
  newest(layout: number, first: number): number;
  remove(layout: number, first: number): void;
  /** Deletes at most `limit` blocks that ended before t; true when there may be more. */
  expire(beforeMs: number, limit: number): boolean;
  layouts(): number[];
}

type Row = [id: number, t0: number, t1: number, intervalMs: number, times: number, value: Uint8Array | null];

const KIND = kindOf('raw_block');

export function createRawBlocks(db: DatabaseSync, damage: Damage, times: Times): RawBlocks {
  const insert = db.prepare('INSERT INTO raw_block (layout, first, t0, t1, interval, times, value) VALUES (?, ?, ?, ?, ?, ?, ?)');
  // The block before the range is asked for its end only; its values stay on the disk.
  const overlapping = db.prepare(
    `SELECT id, t0, t1, interval, times, CASE WHEN t1 >= ?3 THEN value END FROM raw_block WHERE layout = ?1 AND first = ?2 AND t0 <= ?4
     AND t0 >= ifnull((SELECT max(t0) FROM raw_block WHERE layout = ?1 AND first = ?2 AND t0 <= ?3), -1e300) ORDER BY t0`,
  );
  overlapping.setReturnArrays(true);
  const backwards = db.prepare(
    `SELECT id, t0, t1, interval, substr(value, ${COUNT_BYTES.at + 1}, ${COUNT_BYTES.length}) AS n FROM raw_block
     WHERE layout = ? AND first = ? ORDER BY t0 DESC`,
  );
  const last = db.prepare(
    'SELECT id, t0, t1, interval FROM raw_block WHERE layout = ? AND first = ? AND t0 < ? ORDER BY t0 DESC LIMIT 1',
  );
  last.setReturnArrays(true);
  const one = db.prepare('SELECT id, t0, t1, interval, times, value FROM raw_block WHERE id = ?');
  one.setReturnArrays(true);
  const remove = db.prepare('DELETE FROM raw_block WHERE id = ?');
  const removeAll = db.prepare('DELETE FROM raw_block WHERE layout = ? AND first = ?');
  const expire = db.prepare('DELETE FROM raw_block WHERE id IN (SELECT id FROM raw_block WHERE t1 < ? ORDER BY t1 LIMIT ?)');

  const endBefore = (layout: number, first: number, tMs: number): number => {
    const row = last.get(layout, first, tMs) as unknown as [number, number, number, number] | undefined;
    if (!row) return -Infinity;
    const [id, t0, t1, intervalMs] = row;
    if (plausible(t0, t1, intervalMs)) return t1;
    return open(layout, first, null, one.get(id) as unknown as Row, false).tMs.at(-1) ?? t0;
  };
  /** @param width of the layout's block, null where its values are not wanted */
  const open = (layout: number, first: number, width: number | null, row: Row, keep: boolean): PackedBlock => {
    const [id, t0, t1, intervalMs, timesId, value] = row;
    const blob = value ?? new Uint8Array(0);
    const endMs = plausible(t0, t1, intervalMs) ? t1 : t0;
    const decoded = damage.guard('raw_block', id, 0, endMs, keep ? blob : null, () => {
      const { tMs, sum } = times.read(timesId);
      const values = openColumn(blob, placeOf(KIND, layout, first, t0, t1, intervalMs, sum));
      if (width !== null && tMs.length * width !== values.count) throw new RangeError('has more or fewer values than moments');
      return { tMs, values };
    });
    return { ...(decoded ?? { tMs: Float64Array.of(endMs), values: columnOf(NaN, width ?? 0) }), intervalMs };
  };

  /** From when on the last blocks are small enough to be written anew with this one, null when none is. */
  const smallSince = (
    layout: number,
    first: number,
    width: number,
    { tMs, intervalMs }: RawBlock,
    joinable: (sinceMs: number) => boolean,
  ): number | null => {
    const full = chunkRecords(intervalMs);
    let size = tMs.length;
    let since: number | null = null;
    if (size >= full) return null;
    for (const row of backwards.iterate(layout, first)) {
      const bytes = row['n'] as Uint8Array;
      const n = ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)) / width;
      // So each record is written anew as often as its block doubles, and no more.
      if (n > 2 * size || n + size > full || chunkRecords(Number(row['interval'])) !== full || !joinable(Number(row['t0'])))
        break;
      since = Number(row['t0']);
      size += n;
    }
    return since;
  };
  const take = (layout: number, first: number, width: number, fromMs: number, toMs: number): RawBlock[] => {
    const taken: RawBlock[] = [];
    if (endBefore(layout, first, Infinity) < fromMs) return taken;
    for (const row of overlapping.all(layout, first, fromMs, toMs) as unknown as Row[]) {
      if (row[2] < fromMs) continue;
      const { values, ...block } = open(layout, first, width, row, true);
      taken.push({ ...block, values: values.part(0, values.count) });
      remove.run(row[0]);
    }
    return taken;
  };

  return {
    put(layout, first, width, block, joinable) {
      const since = smallSince(layout, first, width, block, joinable);
      const { tMs, values, intervalMs } =
        since === null ? block : joined([...take(layout, first, width, since, Infinity), block], width);
      const [t0, t1] = [tMs[0] ?? 0, tMs.at(-1) ?? 0];
      const { id, sum } = times.write(tMs);
      const place = placeOf(KIND, layout, first, t0, t1, intervalMs, sum);
      insert.run(layout, first, t0, t1, intervalMs, id, encodeColumn(values, { place }));
    },
    take,
    read(layout, first, width, fromMs, toMs) {
      let previousMs = -Infinity;
      const blocks: PackedBlock[] = [];
      for (const row of overlapping.all(layout, first, fromMs, toMs) as unknown as Row[]) {
        if (row[2] <= fromMs) previousMs = row[2];
        else blocks.push(open(layout, first, width, row, false));
      }
      return { blocks, previousMs };
    },
    any: (layout, first, fromMs, toMs) => endBefore(layout, first, toMs) > fromMs,
    newest: (layout, first) => endBefore(layout, first, Infinity),
    remove(layout, first) {
      removeAll.run(layout, first);
    },
    expire: (beforeMs, limit) => Number(expire.run(beforeMs, limit).changes) >= limit,
    layouts: () => distinctLayouts(db, 'raw_block'),
  };
}

/** Blocks that follow each other as one. */
function joined(blocks: readonly RawBlock[], width: number): RawBlock {
  const n = blocks.reduce((sum, { tMs }) => sum + tMs.length, 0);
  const tMs = new Float64Array(n);
  const values = new Float64Array(n * width);
  let at = 0;
  for (const block of blocks) {
    const m = block.tMs.length;
    tMs.set(block.tMs, at);
    for (let s = 0; s < width; s++) values.set(block.values.subarray(s * m, (s + 1) * m), s * n + at);
    at += m;
  }
  return { intervalMs: blocks.at(-1)?.intervalMs ?? 0, tMs, values };
}
