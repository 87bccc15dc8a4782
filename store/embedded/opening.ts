/** Opens history.db, and says in words what stands in its place instead. */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, fileTrouble, sqliteCode } from '../failures.ts';
import { openDatabase } from '../schema.ts';
import { isDamage } from './damage.ts';
import { MIGRATIONS, PAGE_BYTES } from './migrations.ts';

const WHAT_TO_DO = 'restore it from a backup, or move it away to begin anew';
/** @throws DataFolderError when the file is of a newer version, of another program, damaged or not writable */
export function openHistory(path: string): DatabaseSync {
  if (path !== ':memory:') refuseForeign(path);
  return openDatabase(path, MIGRATIONS, { pageSize: PAGE_BYTES });
}

/** What an error of opening means, as one that can be shown; another error stays what it is. */
export function openingError(cause: unknown, path: string): unknown {
  if (cause instanceof DataFolderError) return cause;
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const trouble = fileTrouble(cause, path) ?? fileTrouble(inner, path);
  if (trouble) {
    const saved = isDamage(inner) ? ' What can still be read is saved by saguaro store check --repair.' : '';
    return new DataFolderError(trouble.reason + saved, { cause });
  }
  if (!isDamage(inner) && sqliteCode(inner) === null) return cause;
  const text = inner instanceof Error ? inner.message : String(inner);
  return new DataFolderError(`${path} is not a history of Saguaro, or it is damaged (${text}); ${WHAT_TO_DO}.`, {
    cause,
  });
}

/** Files that SQLite would take for a new database, and databases of others, are not ours to fill. */
function refuseForeign(path: string): void {
  const bytes = bytesOf(path);
  if (bytes === 0) {
    // SQLite would delete the log together with all that is in it.
    if (bytesOf(`${path}-wal`) > 0) throw new DataFolderError(`${path} is empty although its log is not; ${WHAT_TO_DO}.`);
    return;
  }
  let db: DatabaseSync | null = null;
  let [version, tables, ours] = [0, 0, 0];
  try {
    db = new DatabaseSync(path, { readOnly: true, timeout: 2_000 });
    version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    const counts = db.prepare("SELECT count(*) AS tables, total(name = 'head_raw') AS ours FROM sqlite_master").get();
    [tables, ours] = [Number(counts?.['tables'] ?? 0), Number(counts?.['ours'] ?? 0)];
  } catch {
    // Whoever opens it next says what is wrong with it.
    return;
  } finally {
    db?.close();
  }
  if ((version > 0 || tables > 0) && ours === 0)
    throw new DataFolderError(`${path} is a database, but not a history of Saguaro; ${WHAT_TO_DO}.`);
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
