/** Closed chunks of the raw tier: runs of records of one series that never overlap. */
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { bytesOf, COUNT_BYTES, decodeColumn, decodeTimes, encodeColumn, encodeTimes } from './codec.ts';
import type { Damage } from './damage.ts';

const CHUNK_MS = 4 * 3_600_000;
const CHUNK_MIN = 240;
const CHUNK_MAX = 1440;
/** A run of another interval shorter than this stays in its neighbour's chunk. */
const RUN_MIN = 16;
const KEPT_TIMES = 512;

export interface Run {
  readonly tMs: Float64Array;
  /** NaN and -Infinity are unknown time; Infinity takes the record away. */
  readonly value: Float64Array;
}

export interface RawChunks {
  /** Merges records (ascending, distinct) into a series; theirs win over what is there. */
  merge(series: number, run: Run, intervalMs: ArrayLike<number>): void;
  /** Records with from < t ≤ to, and the one before. A damaged chunk becomes one gap up to its end. */
  read(series: number, fromMs: number, toMs: number): Run & { previousMs: number | null };
  /** The last record; null also when `superseded` says of its time that something newer is known anyway. */
  last(series: number, superseded: (tMs: number) => boolean): { tMs: number; value: number } | null;
  remove(series: number): void;
  /** Deletes at most `limit` chunks that ended before t; true when there may be more. */
  expire(beforeMs: number, limit: number): boolean;
  /** Forgets what was remembered of a transaction that was rolled back. */
  forget(): void;
}

/** Records of a full chunk: four hours' worth, within what is quick to pack and to read. */
export function chunkRecords(intervalMs: number): number {
  return Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, Math.round(CHUNK_MS / Math.max(1, intervalMs))));
}

type Stored = [id: number, t0: number, t1: number, intervalMs: number, times: number, value: Uint8Array];
interface Part extends Run {
  readonly intervalMs: number;
}

export function createRawChunks(db: DatabaseSync, damage: Damage): RawChunks {
  const arrays = (sql: string) => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  const outline = arrays('SELECT id, t0, t1, interval FROM raw WHERE series = ? AND t0 <= ? ORDER BY t0 DESC LIMIT 1');
  const sizeOf = db.prepare(`SELECT substr(value, ${COUNT_BYTES.at + 1}, ${COUNT_BYTES.length}) AS n FROM raw WHERE id = ?`);
  const overlapping = arrays(
    `SELECT id, t0, t1, interval, times, value FROM raw WHERE series = ?1 AND t0 <= ?3
     AND t0 >= ifnull((SELECT max(t0) FROM raw WHERE series = ?1 AND t0 <= ?2), -1e300) ORDER BY t0`,
  );
  const insert = db.prepare('INSERT INTO raw (series, t0, t1, interval, times, value) VALUES (?, ?, ?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM raw WHERE id = ?');
  const removeAll = db.prepare('DELETE FROM raw WHERE series = ?');
  const expire = db.prepare('DELETE FROM raw WHERE id IN (SELECT id FROM raw WHERE t1 < ? ORDER BY t1 LIMIT ?)');
  const expireTimes = db.prepare('DELETE FROM times WHERE id IN (SELECT id FROM times WHERE t1 < ? ORDER BY t1 LIMIT ?)');
  const selectTimes = db.prepare('SELECT stamps FROM times WHERE id = ?');
  const insertTimes = db.prepare('INSERT INTO times (t1, stamps) VALUES (?, ?)');
  // Series polled together share their moments, so both directions are worth remembering.
  const timesById = new Map<number, Float64Array>();
  const timesByContent = new Map<string, { id: number; tMs: Float64Array }>();
  const contentKey = (tMs: Float64Array) => `${tMs.length} ${tMs[0] ?? 0} ${crc32(bytesOf(tMs))}`;

  const readTimes = (id: number): Float64Array => {
    let tMs = timesById.get(id);
    if (!tMs) {
      const row = selectTimes.get(id);
      tMs = decodeTimes((row?.['stamps'] ?? new Uint8Array(0)) as Uint8Array);
      if (timesById.size >= KEPT_TIMES) timesById.clear();
      timesById.set(id, tMs);
    }
    return tMs;
  };
  const writeTimes = (tMs: Float64Array): number => {
    const key = contentKey(tMs);
    const same = timesByContent.get(key);
    if (same?.tMs.every((t, i) => t === tMs[i])) return same.id;
    const id = Number(insertTimes.run(tMs.at(-1) ?? 0, encodeTimes(tMs)).lastInsertRowid);
    if (timesByContent.size >= KEPT_TIMES) timesByContent.clear();
    timesByContent.set(key, { id, tMs: tMs.slice() });
    return id;
  };
  const forget = () => {
    timesById.clear();
    timesByContent.clear();
  };

  /** A chunk's records; of a damaged one only that its time is unknown. */
  const open = (series: number, chunk: Stored, keep: boolean): Part => {
    const [id, , t1, intervalMs, times, blob] = chunk;
    const decoded = damage.guard('raw', id, series, t1, keep ? blob : null, () => {
      const tMs = readTimes(times);
      const value = decodeColumn(blob);
      if (tMs.length !== value.length) throw new RangeError('has more or fewer values than moments');
      return { tMs, value };
    });
    return { ...(decoded ?? { tMs: Float64Array.of(t1), value: Float64Array.of(NaN) }), intervalMs };
  };

  return {
    merge(series, run, intervalMs) {
      const n = run.tMs.length;
      if (n === 0) return;
      const [lo, hi] = [run.tMs[0] ?? 0, run.tMs[n - 1] ?? 0];
      const last = outline.get(series, hi) as unknown as [number, number, number, number] | undefined;
      let old: Stored[] = [];
      if (last && last[2] >= lo) {
        old = (overlapping.all(series, lo, hi) as unknown as Stored[]).filter((chunk) => chunk[2] >= lo);
      } else if (last && chunkRecords(last[3]) === chunkRecords(intervalMs[0] ?? 0)) {
        const size = sizeOf.get(last[0])?.['n'] as Uint8Array;
        const count = (size[0] ?? 0) | ((size[1] ?? 0) << 8);
        if (count + n <= chunkRecords(last[3])) old = overlapping.all(series, last[1], last[1]) as unknown as Stored[];
      }
      const merged = mergeRuns(
        old.map((chunk) => open(series, chunk, true)),
        run,
        intervalMs,
      );
      for (const chunk of old) remove.run(chunk[0]);
      for (const part of partition(merged)) {
        insert.run(
          series,
          part.tMs[0] ?? 0,
          part.tMs.at(-1) ?? 0,
          part.intervalMs,
          writeTimes(part.tMs),
          encodeColumn(part.value),
        );
      }
    },
    read(series, fromMs, toMs) {
      const parts = (overlapping.all(series, fromMs, toMs) as unknown as Stored[]).map((chunk) => open(series, chunk, false));
      let previousMs: number | null = null;
      const inside: Run[] = [];
      for (const part of parts) {
        const begin = upperBound(part.tMs, fromMs);
        const end = upperBound(part.tMs, toMs);
        if (begin > 0) previousMs = part.tMs[begin - 1] ?? null;
        if (end > begin) inside.push({ tMs: part.tMs.subarray(begin, end), value: part.value.subarray(begin, end) });
      }
      return { ...concat(inside), previousMs };
    },
    last(series, superseded) {
      const last = outline.get(series, Infinity) as unknown as [number, number, number, number] | undefined;
      if (!last || superseded(last[2])) return null;
      const [chunk] = overlapping.all(series, last[1], last[1]) as unknown as Stored[];
      if (!chunk) return null;
      const part = open(series, chunk, false);
      return { tMs: part.tMs.at(-1) ?? NaN, value: part.value.at(-1) ?? NaN };
    },
    remove: (series) => {
      removeAll.run(series);
    },
    expire(beforeMs, limit) {
      if (Number(expire.run(beforeMs, limit).changes) >= limit) return true;
      // Moments go only when no chunk that old is left that could need them.
      const more = Number(expireTimes.run(beforeMs, limit).changes) >= limit;
      forget();
      return more;
    },
    forget,
  };
}

interface Merged extends Run {
  readonly intervalMs: Float64Array;
}

function mergeRuns(old: readonly Part[], run: Run, intervalMs: ArrayLike<number>): Merged {
  const size = old.reduce((sum, part) => sum + part.tMs.length, run.tMs.length);
  const out = { tMs: new Float64Array(size), value: new Float64Array(size), intervalMs: new Float64Array(size) };
  let n = 0;
  const push = (tMs: number, value: number, interval: number) => {
    if (value === Infinity) return;
    out.tMs[n] = tMs;
    out.value[n] = value;
    out.intervalMs[n++] = interval;
  };
  let at = 0;
  const pushNewUpTo = (tMs: number) => {
    for (; at < run.tMs.length && (run.tMs[at] ?? 0) <= tMs; at++)
      push(run.tMs[at] ?? 0, run.value[at] ?? NaN, intervalMs[at] ?? 0);
  };
  for (const part of old) {
    for (let i = 0; i < part.tMs.length; i++) {
      const t = part.tMs[i] ?? 0;
      pushNewUpTo(t);
      if (at === 0 || run.tMs[at - 1] !== t) push(t, part.value[i] ?? NaN, part.intervalMs);
    }
  }
  pushNewUpTo(Infinity);
  return { tMs: out.tMs.subarray(0, n), value: out.value.subarray(0, n), intervalMs: out.intervalMs.subarray(0, n) };
}

/** Cuts records into chunks: where the interval changes for good, and into even pieces of at most 1.5 × full. */
function partition(records: Merged): Part[] {
  const n = records.tMs.length;
  const parts: Part[] = [];
  let begin = 0;
  while (begin < n) {
    const target = chunkRecords(records.intervalMs[begin] ?? 0);
    let end = begin + 1;
    for (; end < n; end++) {
      if (chunkRecords(records.intervalMs[end] ?? 0) === target) continue;
      let length = 1;
      const other = chunkRecords(records.intervalMs[end] ?? 0);
      while (length < RUN_MIN && end + length < n && chunkRecords(records.intervalMs[end + length] ?? 0) === other) length++;
      if (length >= RUN_MIN && end - begin >= RUN_MIN) break;
    }
    const pieces = Math.ceil((end - begin) / (target * 1.5));
    for (let piece = 0; piece < pieces; piece++) {
      const from = begin + Math.floor(((end - begin) * piece) / pieces);
      const to = begin + Math.floor(((end - begin) * (piece + 1)) / pieces);
      parts.push({
        tMs: records.tMs.subarray(from, to),
        value: records.value.subarray(from, to),
        intervalMs: records.intervalMs[to - 1] ?? 0,
      });
    }
    begin = end;
  }
  return parts;
}

export function concat(runs: readonly Run[]): Run {
  const [only] = runs;
  if (runs.length === 1 && only) return only;
  const size = runs.reduce((sum, run) => sum + run.tMs.length, 0);
  const tMs = new Float64Array(size);
  const value = new Float64Array(size);
  let at = 0;
  for (const run of runs) {
    tMs.set(run.tMs, at);
    value.set(run.value, at);
    at += run.tMs.length;
  }
  return { tMs, value };
}

/** Index of the first element greater than t. */
export function upperBound(tMs: Float64Array, t: number): number {
  let [low, high] = [0, tMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tMs[middle] ?? 0) <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}
