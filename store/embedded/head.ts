/**
 * The head of one tier: the newest rows as they came, one a layout and moment. It is the log
 * that makes a write durable with one append; closing moves its rows into chunks.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { bytesOf, floats } from './codec.ts';

/** What the head holds of one layout. */
export interface HeadSpan {
  oldestMs: number;
  newestMs: number;
  rows: number;
  intervalMs: number;
}

export interface HeadRow {
  readonly seq: number;
  readonly tMs: number;
  readonly intervalMs: number;
  /** One a column that was wanted, of the indices asked for. */
  readonly columns: readonly Float64Array[];
}

export interface Head {
  readonly spans: ReadonlyMap<number, HeadSpan>;
  /** @param block the columns of the row one after the other */
  insert(layout: number, tMs: number, intervalMs: number, block: Float64Array): void;
  /** Rows with from < t ≤ to in order of time, cut to the indices first..last. */
  rows(layout: number, fromMs: number, toMs: number, wanted: readonly boolean[], first: number, last: number): HeadRow[];
  /** Time of the last row at or before t. */
  before(layout: number, tMs: number): number | null;
  remove(layout: number): void;
  /** Deletes rows before t. */
  expire(layout: number, beforeMs: number): void;
  /** Reads again what is there; after a transaction was rolled back. */
  reload(): void;
}

/** @param names of the value columns; 'known' is left out of a row in which all of it is 1 */
export function createHead(db: DatabaseSync, table: string, names: readonly string[], fixedIntervalMs: number | null): Head {
  const spans = new Map<number, HeadSpan>();
  const interval = fixedIntervalMs === null ? 'interval' : String(fixedIntervalMs);
  const columns = ['layout', 'ts', ...(fixedIntervalMs === null ? ['interval'] : []), ...names];
  const insert = db.prepare(
    `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const before = db.prepare(`SELECT max(ts) AS ts FROM ${table} WHERE layout = ? AND ts <= ?`);
  const remove = db.prepare(`DELETE FROM ${table} WHERE layout = ?`);
  const expire = db.prepare(`DELETE FROM ${table} WHERE layout = ? AND ts < ?`);
  const span = db.prepare(`SELECT min(ts) AS oldest, max(ts) AS newest, count(*) AS n FROM ${table} WHERE layout = ?`);
  const selects = new Map<string, StatementSync>();
  const select = (wanted: readonly boolean[]) => {
    const key = wanted.join();
    let statement = selects.get(key);
    if (!statement) {
      const values = names.filter((_name, i) => wanted[i]).map((name) => `substr(${name}, ?3, ?4)`);
      statement = db.prepare(
        `SELECT seq, ts, ${interval}, ${values.join(', ')} FROM ${table} WHERE layout = ?1 AND ts > ?2 AND ts <= ?5 ORDER BY ts`,
      );
      statement.setReturnArrays(true);
      selects.set(key, statement);
    }
    return statement;
  };
  const reload = () => {
    spans.clear();
    // Grouped by index alone; the interval of the newest row stands for all.
    const all = db.prepare(`SELECT layout, min(ts) AS oldest, max(ts) AS newest, count(*) AS n FROM ${table} GROUP BY layout`);
    const latest = db.prepare(`SELECT ${interval} AS interval FROM ${table} WHERE layout = ? AND ts = ?`);
    for (const row of all.all()) {
      const newest = row['newest'] ?? null;
      spans.set(Number(row['layout']), {
        oldestMs: Number(row['oldest']),
        newestMs: Number(newest),
        rows: Number(row['n']),
        intervalMs: Number(latest.get(row['layout'] ?? null, newest)?.['interval'] ?? 0),
      });
    }
  };
  reload();
  return {
    spans,
    insert(layout, tMs, intervalMs, block) {
      const n = block.length / names.length;
      const blobs = names.map((name, i) => {
        const column = block.subarray(i * n, (i + 1) * n);
        return name === 'known' && column.every((known) => known === 1) ? null : bytesOf(column);
      });
      insert.run(layout, tMs, ...(fixedIntervalMs === null ? [intervalMs] : []), ...blobs);
      const entry = spans.get(layout);
      if (!entry) {
        spans.set(layout, { oldestMs: tMs, newestMs: tMs, rows: 1, intervalMs });
        return;
      }
      entry.oldestMs = Math.min(entry.oldestMs, tMs);
      if (tMs >= entry.newestMs) entry.intervalMs = intervalMs;
      entry.newestMs = Math.max(entry.newestMs, tMs);
      entry.rows++;
    },
    rows(layout, fromMs, toMs, wanted, first, last) {
      const count = last - first + 1;
      const found = select(wanted).all(layout, fromMs, first * 8 + 1, count * 8, toMs) as unknown as (
        number | Uint8Array | null
      )[][];
      return found.map((row) => ({
        seq: row[0] as number,
        tMs: row[1] as number,
        intervalMs: row[2] as number,
        columns: row
          .slice(3)
          .map((blob) =>
            blob === null ? new Float64Array(count).fill(1) : floats(blob as Uint8Array, (blob as Uint8Array).length / 8),
          ),
      }));
    },
    before(layout, tMs) {
      const entry = spans.get(layout);
      if (!entry || entry.oldestMs > tMs) return null;
      const found = before.get(layout, tMs)?.['ts'];
      return typeof found === 'number' ? found : null;
    },
    remove(layout) {
      remove.run(layout);
      spans.delete(layout);
    },
    expire(layout, beforeMs) {
      expire.run(layout, beforeMs);
      const left = span.get(layout);
      const entry = spans.get(layout);
      if (!entry || !left || Number(left['n']) === 0) {
        spans.delete(layout);
        return;
      }
      entry.oldestMs = Number(left['oldest']);
      entry.rows = Number(left['n']);
    },
    reload,
  };
}
