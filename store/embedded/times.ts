/** Moments of raw chunks: series polled together share them, so they are kept once. */
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { bytesOf, decodeTimes, encodeTimes } from './codec.ts';

const KEPT_TIMES = 512;

export interface Times {
  /** @throws DamagedBlob */
  read(id: number): Float64Array;
  /** @returns the id of the same moments, whoever wrote them */
  write(tMs: Float64Array): number;
  /** Deletes at most `limit` that ended before t; true when there may be more. */
  expire(beforeMs: number, limit: number): boolean;
  /** Forgets what was remembered of a transaction that was rolled back. */
  forget(): void;
}

export function createTimes(db: DatabaseSync): Times {
  const select = db.prepare('SELECT stamps FROM times WHERE id = ?');
  const insert = db.prepare('INSERT INTO times (t1, stamps) VALUES (?, ?)');
  const expire = db.prepare('DELETE FROM times WHERE id IN (SELECT id FROM times WHERE t1 < ? ORDER BY t1 LIMIT ?)');
  const byId = new Map<number, Float64Array>();
  const byContent = new Map<string, { id: number; tMs: Float64Array }>();
  /** The last ones written: mostly they are asked for again at once, as the same array. */
  let last: { readonly array: Float64Array; readonly id: number } | null = null;
  const contentKey = (tMs: Float64Array) => `${tMs.length} ${tMs[0] ?? 0} ${crc32(bytesOf(tMs))}`;
  const forget = () => {
    byId.clear();
    byContent.clear();
    last = null;
  };
  return {
    read(id) {
      let tMs = byId.get(id);
      if (!tMs) {
        const row = select.get(id);
        tMs = decodeTimes((row?.['stamps'] ?? new Uint8Array(0)) as Uint8Array);
        if (byId.size >= KEPT_TIMES) byId.clear();
        byId.set(id, tMs);
      }
      return tMs;
    },
    write(tMs) {
      if (last?.array === tMs) return last.id;
      const key = contentKey(tMs);
      const same = byContent.get(key);
      let id = same?.tMs.every((t, i) => t === tMs[i]) ? same.id : 0;
      if (id === 0) {
        id = Number(insert.run(tMs.at(-1) ?? 0, encodeTimes(tMs)).lastInsertRowid);
        if (byContent.size >= KEPT_TIMES) byContent.clear();
        byContent.set(key, { id, tMs: tMs.slice() });
      }
      last = { array: tMs, id };
      return id;
    },
    expire(beforeMs, limit) {
      const more = Number(expire.run(beforeMs, limit).changes) >= limit;
      forget();
      return more;
    },
    forget,
  };
}
