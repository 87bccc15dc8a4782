/**
 * Closed blocks of the raw tier: a stretch of records of series that stand side by side in a
 * layout, packed together. Nearly all of a history is in blocks; they only ever follow what is
 * older, and whoever must change one takes it apart into chunks.
 */
import type { DatabaseSync } from 'node:sqlite';
import { decodeColumn, encodeColumn } from './codec.ts';
import type { Damage } from './damage.ts';
import { distinctLayouts } from './layouts.ts';
import type { Times } from './times.ts';

export interface RawBlock {
  readonly intervalMs: number;
  readonly tMs: Float64Array;
  /** Series after series; of a damaged block only that its time is unknown. */
  readonly values: Float64Array;
}

export interface RawBlocks {
  /** @param values series after series, as many of each as there are moments */
  put(layout: number, first: number, tMs: Float64Array, intervalMs: number, values: Float64Array): void;
  /** Blocks with records from < t ≤ to, and the end of the one before them, -Infinity when there is none. */
  read(layout: number, first: number, width: number, fromMs: number, toMs: number): { blocks: RawBlock[]; previousMs: number };
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

type Row = [id: number, t1: number, intervalMs: number, times: number, value: Uint8Array | null];

export function createRawBlocks(db: DatabaseSync, damage: Damage, times: Times): RawBlocks {
  const insert = db.prepare('INSERT INTO raw_block (layout, first, t0, t1, interval, times, value) VALUES (?, ?, ?, ?, ?, ?, ?)');
  // The block before the range is asked for its end only; its values stay on the disk.
  const overlapping = db.prepare(
    `SELECT id, t1, interval, times, CASE WHEN t1 >= ?3 THEN value END FROM raw_block WHERE layout = ?1 AND first = ?2 AND t0 <= ?4
     AND t0 >= ifnull((SELECT max(t0) FROM raw_block WHERE layout = ?1 AND first = ?2 AND t0 <= ?3), -1e300) ORDER BY t0`,
  );
  overlapping.setReturnArrays(true);
  const last = db.prepare('SELECT t1 FROM raw_block WHERE layout = ? AND first = ? AND t0 < ? ORDER BY t0 DESC LIMIT 1');
  const remove = db.prepare('DELETE FROM raw_block WHERE id = ?');
  const removeAll = db.prepare('DELETE FROM raw_block WHERE layout = ? AND first = ?');
  const expire = db.prepare('DELETE FROM raw_block WHERE id IN (SELECT id FROM raw_block WHERE t1 < ? ORDER BY t1 LIMIT ?)');

  const endBefore = (layout: number, first: number, tMs: number): number =>
    Number(last.get(layout, first, tMs)?.['t1'] ?? -Infinity);
  const open = ([id, t1, intervalMs, timesId, value]: Row, width: number, keep: boolean): RawBlock => {
    const blob = value ?? new Uint8Array(0);
    const decoded = damage.guard('raw_block', id, 0, t1, keep ? blob : null, () => {
      const tMs = times.read(timesId);
      const values = decodeColumn(blob);
      if (tMs.length * width !== values.length) throw new RangeError('has more or fewer values than moments');
      return { tMs, values };
    });
    return { ...(decoded ?? { tMs: Float64Array.of(t1), values: new Float64Array(width).fill(NaN) }), intervalMs };
  };

  return {
    put(layout, first, tMs, intervalMs, values) {
      insert.run(layout, first, tMs[0] ?? 0, tMs.at(-1) ?? 0, intervalMs, times.write(tMs), encodeColumn(values));
    },
    read(layout, first, width, fromMs, toMs) {
      let previousMs = -Infinity;
      const blocks: RawBlock[] = [];
      for (const row of overlapping.all(layout, first, fromMs, toMs) as unknown as Row[]) {
        if (row[1] <= fromMs) previousMs = row[1];
        else blocks.push(open(row, width, false));
      }
      return { blocks, previousMs };
    },
    take(layout, first, width, fromMs, toMs) {
      const taken: RawBlock[] = [];
      if (endBefore(layout, first, Infinity) < fromMs) return taken;
      for (const row of overlapping.all(layout, first, fromMs, toMs) as unknown as Row[]) {
        if (row[1] < fromMs) continue;
        taken.push(open(row, width, true));
        remove.run(row[0]);
      }
      return taken;
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
