/** Moments of raw chunks: series polled together share them, so they are kept once. */
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { bytesOf, decodeTimes, encodeTimes, sumIn } from './codec.ts';

const KEPT_TIMES = 512;

/** Moments as they are stored. */
export interface Stamps {
  readonly id: number;
  readonly tMs: Float64Array;
  /** Stands for their content in the seals of those who refer to them. */
  readonly sum: number;
}

export interface Times {
  /** @throws DamagedBlob */
  read(id: number): Stamps;
  /** @returns the same moments, whoever wrote them */
  write(tMs: Float64Array): Stamps;
  /** Deletes at most `limit` that ended before t; true when there may be more. */
  expire(beforeMs: number, limit: number): boolean;
  /** Forgets what was remembered of a transaction that was rolled back. */
  forget(): void;
}

export function createTimes(db: DatabaseSync): Times {
  const select = db.prepare('SELECT stamps FROM times WHERE id = ?');
  const insert = db.prepare('INSERT INTO times (t1, stamps) VALUES (?, ?)');
  const expire = db.prepare('DELETE FROM times WHERE id IN (SELECT id FROM times WHERE t1 < ? ORDER BY t1 LIMIT ?)');
  const byId = new Map<number, Stamps>();
  const byContent = new Map<string, Stamps>();
  /** The last ones written: mostly they are asked for again at once, as the same array. */
  let last: { readonly array: Float64Array; readonly stamps: Stamps } | null = null;
  const contentKey = (tMs: Float64Array) => `${tMs.length} ${tMs[0] ?? 0} ${crc32(bytesOf(tMs))}`;
  const forget = () => {
    byId.clear();
    byContent.clear();
    last = null;
  };
  return {
    read(id) {
      let stamps = byId.get(id);
      if (!stamps) {
        const blob = (select.get(id)?.['stamps'] ?? new Uint8Array(0)) as Uint8Array;
        stamps = { id, tMs: decodeTimes(blob), sum: sumIn(blob) };
        if (byId.size >= KEPT_TIMES) byId.clear();
        byId.set(id, stamps);
      }
      return stamps;
    },
    write(tMs) {
      if (last?.array === tMs) return last.stamps;
      const key = contentKey(tMs);
      const same = byContent.get(key);
      let stamps = same?.tMs.every((t, i) => t === tMs[i]) ? same : null;
      if (!stamps) {
        const blob = encodeTimes(tMs);
        const id = Number(insert.run(tMs.at(-1) ?? 0, blob).lastInsertRowid);
        stamps = { id, tMs: tMs.slice(), sum: sumIn(blob) };
        if (byContent.size >= KEPT_TIMES) byContent.clear();
        byContent.set(key, stamps);
      }
      last = { array: tMs, stamps };
      return stamps;
    },
    expire(beforeMs, limit) {
      const more = Number(expire.run(beforeMs, limit).changes) >= limit;
      forget();
      return more;
    },
    forget,
  };
}
