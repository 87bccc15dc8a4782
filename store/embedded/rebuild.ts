/** A new history out of all that can still be read of one whose pages are damaged. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { sqliteCode } from '../failures.ts';
import { openDatabase } from '../schema.ts';
import { encodeColumn, encodeTimes, sumIn } from './codec.ts';
import { isDamage } from './damage.ts';
import { MIGRATIONS, PAGE_BYTES } from './migrations.ts';
import { BLOCK_SERIES } from './protocol.ts';
import { kindOf, placeOf } from './seals.ts';
import { walk } from './walking.ts';

const SIDES = ['', '-wal', '-shm'];
const CONSTRAINT = 19;
/** Rows written between two commits. */
const ROWS_AT_ONCE = 5_000;
/** So many intervals without a record, and without a word on it, mean that blocks are missing. */
const MISSING_INTERVALS = 3;

export interface Rebuilt {
  /** The old file, which stays as it is. */
  readonly kept: string;
  readonly rows: number;
  /** Rows that could be read but not be written: what they say cannot be. */
  readonly refused: number;
}

/** Puts a new file in the place of the old one. The caller holds the folder's lock and has closed it. */
export function rebuildHistory(path: string, onProgress?: (rows: number, table: string) => void): Rebuilt {
  const fresh = `${path}.rebuilt`;
  for (const side of SIDES) rmSync(fresh + side, { force: true });
  const old = new DatabaseSync(path, { readOnly: true });
  const db = openDatabase(fresh, MIGRATIONS, { pageSize: PAGE_BYTES });
  let [rows, refused] = [0, 0];
  try {
    db.exec('PRAGMA synchronous = NORMAL; BEGIN');
    for (const table of tablesOf(db)) {
      const columns = shared(db, old, table);
      if (columns.length === 0) continue;
      const put = db.prepare(
        `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      );
      const take = (row: Readonly<Record<string, unknown>>) => {
        try {
          put.run(...columns.map((name) => row[name] as string | number | Uint8Array | null));
        } catch (error) {
          if (sqliteCode(error) !== CONSTRAINT) throw error;
          refused++;
        }
        if (++rows % ROWS_AT_ONCE !== 0) return;
        db.exec('COMMIT; BEGIN');
        onProgress?.(rows, table);
      };
      // Without a number of its own a row can only be read with all others.
      if (table === 'moved') for (const row of readable(old, columns)) take(row);
      else walk(old, { table, key: 'rowid', columns: columns.join(', ') }, (_id, row) => take(row), ignore);
    }
    sayWhatIsMissing(db);
    db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
    old.close();
  }
  const kept = freeName(path);
  for (const side of SIDES) {
    if (existsSync(path + side)) renameSync(path + side, kept + side);
  }
  renameSync(fresh, path);
  return { kept, rows, refused };
}

function freeName(path: string): string {
  for (let n = 1; ; n++) if (!existsSync(`${path}.damaged-${n}`)) return `${path}.damaged-${n}`;
}

function readable(old: DatabaseSync, columns: readonly string[]) {
  try {
    return old.prepare(`SELECT ${columns.join(', ')} FROM moved`).all();
  } catch (error) {
    if (isDamage(error)) return [];
    throw error;
  }
}

function ignore(): void {}

function tablesOf(db: DatabaseSync): string[] {
  return db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .all()
    .map((row) => String(row['name']));
}

function shared(db: DatabaseSync, old: DatabaseSync, table: string): string[] {
  const of = (one: DatabaseSync) =>
    one
      .prepare('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map((row) => String(row['name']));
  const there = new Set(of(old));
  return of(db).filter((name) => there.has(name));
}

/** A record tells of all the time since the one before it: where blocks are gone, one must say that nothing is known. */
function sayWhatIsMissing(db: DatabaseSync): void {
  const gaps = db
    .prepare(
      `SELECT layout, first, t0, interval FROM (
         SELECT layout, first, t0, interval, lag(t1) OVER (PARTITION BY layout, first ORDER BY t0) AS before FROM (
           SELECT layout, first, t0, t1, interval FROM raw_block
           UNION ALL
           SELECT layout, first, head.ts, head.ts, head.interval FROM (SELECT DISTINCT layout, first FROM raw_block)
           JOIN (SELECT layout, min(ts) AS ts, interval FROM head_raw GROUP BY layout) AS head USING (layout)
         )
       ) WHERE interval > 0 AND t0 - before > ${MISSING_INTERVALS} * interval`,
    )
    .all();
  const widths = new Map(
    db
      .prepare('SELECT id, length(series) / 4 AS width FROM layout')
      .all()
      .map((row) => [Number(row['id']), Number(row['width'])]),
  );
  const putTimes = db.prepare('INSERT INTO times (t1, stamps) VALUES (?, ?)');
  const put = db.prepare(
    'INSERT OR IGNORE INTO raw_block (layout, first, t0, t1, interval, times, value) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const chunk = db.prepare('SELECT 1 FROM raw WHERE t1 >= ? AND t0 <= ? LIMIT 1');
  for (const gap of gaps) {
    const [layout, first, t0, interval] = ['layout', 'first', 't0', 'interval'].map((name) => Number(gap[name])) as [
      number,
      number,
      number,
      number,
    ];
    const width = Math.min(BLOCK_SERIES, (widths.get(layout) ?? 0) - first);
    const t = t0 - interval;
    // Where chunks tell of that time, nothing may come between them.
    if (width < 1 || chunk.get(t - interval, t0)) continue;
    const stamps = encodeTimes(Float64Array.of(t));
    const times = Number(putTimes.run(t, stamps).lastInsertRowid);
    const place = placeOf(kindOf('raw_block'), layout, first, t, t, interval, sumIn(stamps));
    put.run(layout, first, t, t, interval, times, encodeColumn(new Float64Array(width).fill(NaN), { place }));
  }
}
