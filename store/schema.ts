/** Opens SQLite files of ours: durable settings, and a schema that only ever moves forward. */
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, fileTrouble } from './failures.ts';

export interface OpenOptions {
  /** Taken only when the file is new. */
  readonly pageSize?: number;
}

/**
 * Opens a database and brings its schema to the newest version.
 * @param migrations SQL scripts; script i leads from version i to i + 1 and is never changed once released
 * @throws DataFolderError when the file is of a newer version, damaged or not writable
 */
export function openDatabase(path: string, migrations: readonly string[], options: OpenOptions = {}): DatabaseSync {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { timeout: 2_000 });
    if (options.pageSize !== undefined) db.exec(`PRAGMA page_size = ${options.pageSize}`);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
    migrate(db, path, migrations);
    return db;
  } catch (cause) {
    db?.close();
    if (cause instanceof DataFolderError) throw cause;
    const trouble = fileTrouble(cause, path);
    if (trouble) throw new DataFolderError(trouble.reason, { cause });
    throw new Error(`${path} cannot be opened`, { cause });
  }
}

function migrate(db: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > migrations.length) {
    throw new DataFolderError(
      `${path} was written by a newer version of Saguaro (format ${version}, this one knows ${migrations.length}); start that version.`,
    );
  }
  for (let from = version; from < migrations.length; from++) {
    db.exec(`BEGIN IMMEDIATE; ${migrations[from] ?? ''}; PRAGMA user_version = ${from + 1}; COMMIT`);
  }
}
