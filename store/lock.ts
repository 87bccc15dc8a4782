/**
 * One process a data folder. The lock is an exclusive transaction on a small SQLite file:
 * the operating system lets go of it when the holder ends, however it ends.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, sqliteCode } from './failures.ts';

/** Grows when the folder as a whole changes its layout; each file in it has a version of its own besides. */
const FOLDER_VERSION = 1;
const SQLITE_BUSY = 5;

export interface FolderLock {
  /** Lets others use the folder. */
  release(): Promise<void>;
}

/**
 * Makes the folder if need be (mode 0700) and takes it for this process.
 * @throws DataFolderError when it is in use, read-only or of a newer version
 */
export async function lockDataFolder(dir: string): Promise<FolderLock> {
  const folder = resolve(dir);
  try {
    makeFolder(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DataFolderError(`The data folder ${folder} ${whyNot(cause)}; choose another one with SAGUARO_DATA.`, { cause });
  }
  const pidFile = join(folder, 'lock.pid');
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
    db.exec('PRAGMA journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version > FOLDER_VERSION) {
      throw new DataFolderError(`The data folder ${folder} was written by a newer version of Saguaro; start that version.`);
    }
    if (version < FOLDER_VERSION) {
      db.exec(`PRAGMA user_version = ${FOLDER_VERSION}; COMMIT; BEGIN EXCLUSIVE`);
    }
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (cause) {
    db?.close();
    if (cause instanceof DataFolderError) throw cause;
    if (sqliteCode(cause) === SQLITE_BUSY) throw new DataFolderError(inUse(folder, pidFile), { cause });
    throw new DataFolderError(`The data folder ${folder} ${whyNot(cause)}; choose another one with SAGUARO_DATA.`, { cause });
  }
  const held = db;
  let released = false;
  return {
    release: async () => {
      if (released) return;
      released = true;
      held.exec('ROLLBACK');
      held.close();
    },
  };
}

function makeFolder(folder: string): void {
  // Not mkdir's recursive form: where a folder cannot be made, as in /proc, Node tries again for ever.
  const missing: string[] = [];
  for (let at = folder; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const path of missing.reverse()) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      const raced = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!raced) throw error;
    }
  }
  if (!statSync(folder).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
}

function inUse(folder: string, pidFile: string): string {
  let holder = 'another process';
  try {
    const pid = readFileSync(pidFile, 'utf8').trim();
    if (/^\d+$/.test(pid)) holder = `another Saguaro (process ${pid})`;
  } catch {
    // Without the file the sentence is only less precise.
  }
  return `The data folder ${folder} is in use by ${holder}; stop it first, or choose another folder with SAGUARO_DATA.`;
}

function whyNot(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  switch (code) {
    case 'EROFS':
      return 'is on a read-only file system';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be written by this user';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'is not a folder';
    case 'ENOSPC':
      return 'is on a full disk';
    default:
      return `cannot be used (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}
