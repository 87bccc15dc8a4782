/**
 * Closed chunks of one bin tier that belong to one series: dense slots of fixed time, a blob each for
 * mean, min, max and known. What was imported or came late is in chunks, all else in blocks.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { TIER_STEP_MS, type BinTier } from '../../core/model.ts';
import { decodeColumn, encodeColumn, isPlain, openColumn } from './codec.ts';
import type { Damage } from './damage.ts';
import { BIN_TABLES } from './protocol.ts';
import { kindOf, placeOf } from './seals.ts';
import { createWhose } from './whose.ts';

/** Bins of a full chunk or block: a day of 5 minutes, 32 days of hours, 512 days. */
export const CHUNK_BINS: Readonly<Record<BinTier, number>> = { '5m': 288, '1h': 768, '1d': 512 };
/** Means this young are read by the thousand (95th percentile) and kept plain. */
export const PLAIN_FOR_MS = 40 * 86_400_000;
const NAMES = ['mean', 'min', 'max', 'known'] as const;
/** Ranges may be open: SQLite is asked with whole numbers. */
const MOST_SLOTS = 1e9;
const RECODED_AT_ONCE = 64;
const NO_CHUNKS: ReadonlyMap<number, readonly (Float64Array | null)[]> = new Map();

/** mean, min, max, known; known 0 takes a bin away, NaN says nothing. */
export type FourColumns = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

export interface BinChunks {
  /** Merges bins (any order) into a series. */
  merge(series: number, tMs: Float64Array, columns: FourColumns, nowMs: number): void;
  /** The chunks that hold any of the bins first..last, full length, by slot; absent bins are NaN or, in known, 0. */
  read(
    series: number,
    firstBin: number,
    lastBin: number,
    wanted: readonly boolean[],
  ): ReadonlyMap<number, readonly (Float64Array | null)[]>;
  /** The last bin, -Infinity when there is none. */
  newest(series: number): number;
  /** A series that has no past. */
  begin(series: number): void;
  remove(series: number): void;
  /** Deletes at most `limit` chunks that ended before t; true when there may be more. */
  expire(beforeMs: number, limit: number): boolean;
  /** Packs some plain means that have become old; true when there may be more. */
  recode(nowMs: number): boolean;
  /** Forgets what was remembered of a transaction that was rolled back. */
  forget(): void;
}

export function createBinChunks(db: DatabaseSync, tier: BinTier, damage: Damage): BinChunks {
  const table = BIN_TABLES[tier];
  const stepMs = TIER_STEP_MS[tier];
  const perChunk = CHUNK_BINS[tier];
  const chunkMs = stepMs * perChunk;
  const kind = kindOf(table);
  /** Where the k-th column of a chunk stands. */
  const placeOfColumn = (series: number, slot: number, k: number) => placeOf(kind, series, slot, k);
  // Means are what is read by the thousand: they stand close together in a table of their own.
  const joined = `${table} LEFT JOIN ${table}_mean USING (id)`;
  const whole = db.prepare(`SELECT id, mean, min, max, known FROM ${joined} WHERE series = ? AND slot = ?`);
  const upsert = db.prepare(
    `INSERT INTO ${table} (series, slot, min, max, known) VALUES (?, ?, ?, ?, ?) ON CONFLICT (series, slot)
     DO UPDATE SET min = excluded.min, max = excluded.max, known = excluded.known RETURNING id`,
  );
  const putMean = db.prepare(`INSERT OR REPLACE INTO ${table}_mean (id, mean) VALUES (?, ?)`);
  const doomed = {
    ofSeries: `SELECT id FROM ${table} WHERE series = ?`,
    old: `SELECT id FROM ${table} WHERE slot < ? ORDER BY slot LIMIT ?`,
  };
  const [removeMeans, removeAll] = [`${table}_mean`, table].map((from) =>
    db.prepare(`DELETE FROM ${from} WHERE id IN (${doomed.ofSeries})`),
  );
  const [expireMeans, expire] = [`${table}_mean`, table].map((from) =>
    db.prepare(`DELETE FROM ${from} WHERE id IN (${doomed.old})`),
  );
  const loadState = db.prepare('SELECT value FROM state WHERE name = ?');
  const saveState = db.prepare('INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)');
  const recodable = db.prepare(
    `SELECT id, series, slot, mean FROM ${joined} WHERE (slot, id) > (?, ?) AND slot < ? ORDER BY slot, id LIMIT ?`,
  );
  const lastKnown = db.prepare(`SELECT id, slot, known FROM ${table} WHERE series = ? ORDER BY slot DESC LIMIT 1`);
  const whose = createWhose(db, table);
  const selects = new Map<string, StatementSync>();
  const select = (wanted: readonly boolean[]) => {
    const key = wanted.join();
    let statement = selects.get(key);
    if (!statement) {
      // A minimum or maximum may be stored as "the same as the mean".
      const names = NAMES.map((name, i) => (wanted[i] || (i === 0 && (wanted[1] || wanted[2])) ? name : 'NULL'));
      statement = db.prepare(
        `SELECT id, slot, ${names.join(', ')} FROM ${names[0] === 'mean' ? joined : table} WHERE series = ? AND slot BETWEEN ? AND ? ORDER BY slot`,
      );
      statement.setReturnArrays(true);
      selects.set(key, statement);
    }
    return statement;
  };

  const openWhole = (series: number, slot: number): FourColumns => {
    const columns: FourColumns = [blank(perChunk), blank(perChunk), blank(perChunk), new Float64Array(perChunk)];
    const row = whose.has(series) ? whole.get(series, slot) : undefined;
    if (!row) return columns;
    const mean = row['mean'] as Uint8Array;
    damage.guard(table, Number(row['id']), series, slot * chunkMs, mean, () => {
      const at = (k: number) => placeOfColumn(series, slot, k);
      const decoded = NAMES.map((name, k) => decodeColumn(row[name] as Uint8Array, at(k), () => openColumn(mean, at(0))));
      decoded.forEach((column, i) => columns[i]?.set(column));
    });
    return columns;
  };

  return {
    merge(series, tMs, bins, nowMs) {
      const bySlot = new Map<number, number[]>();
      for (let i = 0; i < tMs.length; i++) {
        if (Number.isNaN(bins[3][i] ?? NaN)) continue;
        const slot = Math.floor((tMs[i] ?? 0) / chunkMs);
        const list = bySlot.get(slot);
        if (list) list.push(i);
        else bySlot.set(slot, [i]);
      }
      for (const [slot, list] of bySlot) {
        const columns = openWhole(series, slot);
        for (const i of list) {
          const at = Math.round(((tMs[i] ?? 0) - slot * chunkMs) / stepMs);
          const known = bins[3][i] ?? 0;
          for (let k = 0; k < 3; k++) (columns[k] as Float64Array)[at] = known > 0 ? (bins[k]?.[i] ?? NaN) : NaN;
          columns[3][at] = known;
        }
        const length = columns[3].findLastIndex((known) => known > 0) + 1;
        const [mean, min, max, known] = columns.map((column) => column.subarray(0, length)) as unknown as FourColumns;
        const fast = tier === '5m' && Number.isFinite(nowMs) && (slot + 1) * chunkMs > nowMs - PLAIN_FOR_MS;
        const place = (k: number) => placeOfColumn(series, slot, k);
        const row = upsert.get(
          series,
          slot,
          encodeColumn(min, { beside: mean, place: place(1) }),
          encodeColumn(max, { beside: mean, place: place(2) }),
          encodeColumn(known, { place: place(3) }),
        );
        putMean.run(row?.['id'] ?? null, encodeColumn(mean, { fast, place: place(0) }));
        whose.add(series);
      }
    },
    read(series, firstBin, lastBin, wanted) {
      const [from, to] = [Math.floor(firstBin / perChunk), Math.floor(lastBin / perChunk)];
      const bounded = [Math.max(from, -MOST_SLOTS), Math.min(to, MOST_SLOTS)];
      if (!whose.has(series)) return NO_CHUNKS;
      const chunks = new Map<number, (Float64Array | null)[]>();
      for (const row of select(wanted).all(series, ...bounded) as unknown as [number, number, ...(Uint8Array | null)[]][]) {
        const [id, slot, ...blobs] = row;
        const decoded = damage.guard(table, id, series, slot * chunkMs, null, () =>
          wanted.map((there, k) =>
            there
              ? full(
                  decodeColumn(blobs[k] as Uint8Array, placeOfColumn(series, slot, k), () =>
                    openColumn(blobs[0] as Uint8Array, placeOfColumn(series, slot, 0)),
                  ),
                  perChunk,
                )
              : null,
          ),
        );
        if (decoded) chunks.set(slot, decoded);
      }
      return chunks;
    },
    newest(series) {
      const row = whose.has(series) ? lastKnown.get(series) : undefined;
      if (!row) return -Infinity;
      const slot = Number(row['slot']);
      const known = damage.guard(table, Number(row['id']), series, slot * chunkMs, null, () =>
        decodeColumn(row['known'] as Uint8Array, placeOfColumn(series, slot, 3)),
      );
      // Of a damaged chunk nobody knows how far it went.
      return slot * perChunk + (known ?? { length: perChunk }).length - 1;
    },
    remove(series) {
      removeMeans?.run(series);
      removeAll?.run(series);
    },
    expire(beforeMs, limit) {
      const slot = Math.floor(beforeMs / chunkMs);
      expireMeans?.run(slot, limit);
      return Number(expire?.run(slot, limit).changes) >= limit;
    },
    recode(nowMs) {
      if (tier !== '5m') return false;
      const before = Math.floor((nowMs - PLAIN_FOR_MS) / chunkMs);
      const slotDone = Number(loadState.get('recoded slot')?.['value'] ?? -1e15);
      const idDone = Number(loadState.get('recoded id')?.['value'] ?? 0);
      const rows = recodable.all(slotDone, idDone, before, RECODED_AT_ONCE);
      for (const row of rows) {
        const mean = row['mean'] as Uint8Array;
        const id = Number(row['id']);
        if (isPlain(mean)) {
          const place = placeOfColumn(Number(row['series']), Number(row['slot']), 0);
          const packed = damage.guard(table, id, 0, 0, null, () => encodeColumn(decodeColumn(mean, place), { place }));
          if (packed) putMean.run(id, packed);
        }
      }
      const last = rows.at(-1);
      if (last) {
        saveState.run('recoded slot', Number(last['slot']));
        saveState.run('recoded id', Number(last['id']));
      }
      return rows.length >= RECODED_AT_ONCE;
    },
    begin: (series) => whose.begin(series),
    forget: () => whose.forget(),
  };
}

/** The open end of a chunk is not stored. */
function full(column: Float64Array, length: number): Float64Array {
  if (column.length === length) return column;
  const longer = blank(length);
  longer.set(column.subarray(0, length));
  return longer;
}

function blank(length: number): Float64Array {
  return new Float64Array(length).fill(NaN);
}
