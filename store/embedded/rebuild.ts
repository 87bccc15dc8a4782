/** A new history out of all that can still be read of one whose pages are damaged. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { sqliteCode } from '../failures.ts';
import { openDatabase } from '../schema.ts';
import { isDamage } from './damage.ts';
import { MIGRATIONS, PAGE_BYTES } from './migrations.ts';
import { BIN_TABLES } from './protocol.ts';
import { walk } from './walking.ts';

const BIN_HEADS: ReadonlySet<string> = new Set(Object.values(BIN_TABLES).map((name) => `head_${name}`));
const SIDES = ['', '-wal', '-shm'];
const CONSTRAINT = 19;
/** Rows written between two commits. */
const ROWS_AT_ONCE = 5_000;

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
    const movedRows = readMoved(old, shared(db, old, 'moved'));
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
      if (table === 'moved') for (const row of movedRows ?? []) take(row);
      // What has moved may have been replaced since, and would be told again as it was.
      else if (movedRows === null && BIN_HEADS.has(table)) continue;
      else walk(old, { table, key: 'rowid', columns: columns.join(', ') }, (_id, row) => take(row), ignore);
    }
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

/** Null when they cannot be read. */
function readMoved(old: DatabaseSync, columns: readonly string[]) {
  if (columns.length === 0) return [];
  try {
    return old.prepare(`SELECT ${columns.join(', ')} FROM moved`).all();
  } catch (error) {
    if (isDamage(error)) return null;
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
