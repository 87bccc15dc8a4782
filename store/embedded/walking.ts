/** Goes through a table row by row, also where pages of it cannot be read. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DamagedBlob } from './codec.ts';
import { isDamage } from './damage.ts';

export type Row = Readonly<Record<string, unknown>>;

export interface Walk {
  readonly table: string;
  /** The integer primary key. */
  readonly key: string;
  /** What to select; the key is always there. */
  readonly columns: string;
  /** FROM and joins, the table itself by default. */
  readonly from?: string;
}

const ROWS_AT_ONCE = 32;
const LAST_KEY = Number.MAX_SAFE_INTEGER;

/**
 * @param onRow gets every row that can be read, by ascending key
 * @param onBroken gets the keys first..last between which nothing can be read
 */
export function walk(
  db: DatabaseSync,
  { table, key, columns, from = table }: Walk,
  onRow: (id: number, row: Row) => void,
  onBroken: (first: number, last: number, reason: string) => void,
): void {
  const next = db.prepare(
    `SELECT ${table}.${key} AS walked, ${columns} FROM ${from} WHERE ${table}.${key} > ? ORDER BY 1 LIMIT ?`,
  );
  let at = 0;
  for (;;) {
    let rows: Row[];
    try {
      rows = read(next, at, ROWS_AT_ONCE) ?? read(next, at, 1) ?? [];
      if (rows.length === 0) return;
    } catch (error) {
      if (!isDamage(error)) throw error;
      const readable = firstReadable(next, at);
      if (readable === null) return onBroken(at + 1, LAST_KEY, error.message);
      onBroken(at + 1, readable, error.message);
      at = readable;
      continue;
    }
    for (const row of rows) {
      at = Number(row['walked']);
      onRow(at, row);
    }
  }
}

/** Null when more than one was asked for and not all of them can be read. @throws damage */
function read(next: StatementSync, after: number, limit: number): Row[] | null {
  try {
    const rows = next.all(after, limit);
    // A page in the place of another may lead back to where the walk has been.
    let before = after;
    for (const { walked } of rows) {
      if (!(Number(walked) > before)) throw new DamagedBlob('rows are out of order');
      before = Number(walked);
    }
    return rows;
  } catch (error) {
    if (limit > 1 && isDamage(error)) return null;
    throw error;
  }
}

/** The smallest key found after which the next row can be read, null when there is none. */
function firstReadable(next: StatementSync, after: number): number | null {
  const works = (key: number) => {
    try {
      read(next, key, 1);
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return false;
    }
  };
  let [low, step] = [after, 1];
  while (!works(after + step)) {
    low = after + step;
    step *= 2;
    if (after + step > LAST_KEY) return null;
  }
  let high = after + step;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (works(middle)) high = middle;
    else low = middle;
  }
  return high;
}
