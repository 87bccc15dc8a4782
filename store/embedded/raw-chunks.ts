/**
 * Closed chunks of the raw tier that belong to one series: what was imported, or came in another
 * order than that of time. Chunks and blocks of a series never overlap.
 */
import type { DatabaseSync } from 'node:sqlite';
import { COUNT_BYTES, decodeColumn, encodeColumn } from './codec.ts';
import type { Damage } from './damage.ts';
import { kindOf, placeOf } from './seals.ts';
import type { Times } from './times.ts';
import { createWhose } from './whose.ts';

const CHUNK_MS = 4 * 3_600_000;
const CHUNK_MIN = 240;
const CHUNK_MAX = 1440;
const KIND = kindOf('raw');
/** A run of another interval shorter than this stays in its neighbour's chunk. */
const RUN_MIN = 16;

export interface Run {
  readonly tMs: Float64Array;
  /** NaN and -Infinity are unknown time; Infinity takes the record away. */
  readonly value: Float64Array;
  /** Nominal, where it is known. */
  readonly intervalMs?: number;
}
/** Records of a stretch of time, and the time of the last one before it. */
export interface Stored {
  readonly runs: Run[];
  readonly previousMs: number;
}

export interface RawChunks {
  /**
   * Merges records (ascending, distinct) into a series; theirs win over what is there.
   * @param apart whether something else of the series lies between two moments, so that no chunk may reach over them
   */
  merge(series: number, run: Run, intervalMs: ArrayLike<number>, apart: (fromMs: number, toMs: number) => boolean): void;
  /** Records with from < t ≤ to. A damaged chunk becomes one gap up to its end. */
  read(series: number, fromMs: number, toMs: number): Stored;
  /** End of the last chunk, -Infinity when there is none. */
  newest(series: number): number;
  /** A series that has no past. */
  begin(series: number): void;
  remove(series: number): void;
  /** Deletes at most `limit` chunks that ended before t; true when there may be more. */
  expire(beforeMs: number, limit: number): boolean;
  /** Forgets what was remembered of a transaction that was rolled back. */
  forget(): void;
}

/** Records of a full chunk: four hours' worth, within what is quick to pack and to read. */
export function chunkRecords(intervalMs: number): number {
  return Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, Math.round(CHUNK_MS / (intervalMs >= 1 ? intervalMs : 1))));
}

/**
 * Whether a row of a chunk or block may be believed about its end without a look at its seal. One
 * flipped bit there would else make all that is written for years to come look late.
 */
export function plausible(t0: number, t1: number, intervalMs: number): boolean {
  return t1 >= t0 && t1 - t0 <= 2 * CHUNK_MAX * (intervalMs >= 1 ? intervalMs : 1);
}

type Row = [id: number, t0: number, t1: number, intervalMs: number, times: number, value: Uint8Array];
type Outline = [id: number, t0: number, t1: number, intervalMs: number];
interface Part extends Run {
  readonly intervalMs: number;
}

export function createRawChunks(db: DatabaseSync, damage: Damage, times: Times): RawChunks {
  const arrays = (sql: string) => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
  const outline = arrays('SELECT id, t0, t1, interval FROM raw WHERE series = ? AND t0 <= ? ORDER BY t0 DESC LIMIT 1');
  const one = arrays('SELECT id, t0, t1, interval, times, value FROM raw WHERE id = ?');
  const sizeOf = db.prepare(`SELECT substr(value, ${COUNT_BYTES.at + 1}, ${COUNT_BYTES.length}) AS n FROM raw WHERE id = ?`);
  const overlapping = arrays(
    `SELECT id, t0, t1, interval, times, value FROM raw WHERE series = ?1 AND t0 <= ?3
     AND t0 >= ifnull((SELECT max(t0) FROM raw WHERE series = ?1 AND t0 <= ?2), -1e300) ORDER BY t0`,
  );
  const insert = db.prepare('INSERT INTO raw (series, t0, t1, interval, times, value) VALUES (?, ?, ?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM raw WHERE id = ?');
  const removeAll = db.prepare('DELETE FROM raw WHERE series = ?');
  const expire = db.prepare('DELETE FROM raw WHERE id IN (SELECT id FROM raw WHERE t1 < ? ORDER BY t1 LIMIT ?)');
  const whose = createWhose(db, 'raw');

  /** A chunk's records; of a damaged one only that its time is unknown. */
  const open = (series: number, chunk: Row, keep: boolean): Part => {
    const [id, t0, t1, intervalMs, timesId, blob] = chunk;
    const endMs = plausible(t0, t1, intervalMs) ? t1 : t0;
    const decoded = damage.guard('raw', id, series, endMs, keep ? blob : null, () => {
      const { tMs, sum } = times.read(timesId);
      const value = decodeColumn(blob, placeOf(KIND, series, t0, t1, intervalMs, sum));
      if (tMs.length !== value.length) throw new RangeError('has more or fewer values than moments');
      return { tMs, value };
    });
    return { ...(decoded ?? { tMs: Float64Array.of(endMs), value: Float64Array.of(NaN) }), intervalMs };
  };

  const endOf = (series: number, [id, t0, t1, intervalMs]: Outline): number => {
    if (plausible(t0, t1, intervalMs)) return t1;
    const { tMs } = open(series, one.get(id) as unknown as Row, false);
    return tMs.at(-1) ?? t0;
  };

  return {
    merge(series, run, intervalMs, apart) {
      const n = run.tMs.length;
      if (n === 0) return;
      const [lo, hi] = [run.tMs[0] ?? 0, run.tMs[n - 1] ?? 0];
      let old: Row[] = [];
      const last = whose.has(series) ? (outline.get(series, hi) as unknown as Outline | undefined) : undefined;
      const lastMs = last ? endOf(series, last) : -Infinity;
      if (lastMs >= lo) {
        old = (overlapping.all(series, lo, hi) as unknown as Row[]).filter((chunk) => chunk[2] >= lo);
      } else if (last && chunkRecords(last[3]) === chunkRecords(intervalMs[0] ?? 0)) {
        const size = sizeOf.get(last[0])?.['n'] as Uint8Array;
        const count = (size[0] ?? 0) | ((size[1] ?? 0) << 8);
        if (count + n <= chunkRecords(last[3]) && !apart(lastMs, lo))
          old = overlapping.all(series, last[1], last[1]) as unknown as Row[];
      }
      const merged = mergeRuns(
        old.map((chunk) => open(series, chunk, true)),
        run,
        intervalMs,
      );
      for (const chunk of old) remove.run(chunk[0]);
      for (const { from, to } of pieces(merged.intervalMs)) {
        const tMs = merged.tMs.subarray(from, to);
        const [t0, t1, interval] = [tMs[0] ?? 0, tMs.at(-1) ?? 0, merged.intervalMs[to - 1] ?? 0];
        const { id, sum } = times.write(tMs);
        const place = placeOf(KIND, series, t0, t1, interval, sum);
        insert.run(series, t0, t1, interval, id, encodeColumn(merged.value.subarray(from, to), { place }));
        whose.add(series);
      }
    },
    read(series, fromMs, toMs) {
      let previousMs = -Infinity;
      const runs: Run[] = [];
      if (!whose.has(series)) return { runs, previousMs };
      for (const chunk of overlapping.all(series, fromMs, toMs) as unknown as Row[]) {
        if (chunk[2] <= fromMs) {
          previousMs = chunk[2];
          continue;
        }
        const part = open(series, chunk, false);
        const begin = upperBound(part.tMs, fromMs);
        if (begin > 0) previousMs = part.tMs[begin - 1] ?? previousMs;
        cut(runs, part, begin, upperBound(part.tMs, toMs));
      }
      return { runs, previousMs };
    },
    newest(series) {
      const last = whose.has(series) ? outline.get(series, Infinity) : undefined;
      return last ? endOf(series, last as unknown as Outline) : -Infinity;
    },
    remove: (series) => {
      removeAll.run(series);
    },
    expire: (beforeMs, limit) => Number(expire.run(beforeMs, limit).changes) >= limit,
    begin: (series) => whose.begin(series),
    forget: () => whose.forget(),
  };
}

/** Adds the records begin..end of a run to others. */
function cut(runs: Run[], run: Run, begin: number, end: number): void {
  if (end <= begin) return;
  const whole = begin === 0 && end === run.tMs.length;
  runs.push(whole ? run : { ...run, tMs: run.tMs.subarray(begin, end), value: run.value.subarray(begin, end) });
}

interface Merged extends Omit<Run, 'intervalMs'> {
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
export function pieces(intervalMs: Float64Array, first = 0): { readonly from: number; readonly to: number }[] {
  const n = intervalMs.length;
  const found: { from: number; to: number }[] = [];
  const targetAt = (i: number) => chunkRecords(intervalMs[i] ?? 0);
  let begin = first;
  while (begin < n) {
    const target = targetAt(begin);
    let end = begin + 1;
    for (; end < n; end++) {
      if (targetAt(end) === target) continue;
      let length = 1;
      const other = targetAt(end);
      while (length < RUN_MIN && end + length < n && targetAt(end + length) === other) length++;
      if (length >= RUN_MIN && end - begin >= RUN_MIN) break;
    }
    const count = Math.ceil((end - begin) / (target * 1.5));
    for (let piece = 0; piece < count; piece++) {
      found.push({
        from: begin + Math.floor(((end - begin) * piece) / count),
        to: begin + Math.floor(((end - begin) * (piece + 1)) / count),
      });
    }
    begin = end;
  }
  return found;
}

/** Puts runs that follow each other into one. */
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
