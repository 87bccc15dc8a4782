/** Checks a file that holds a history, and puts it right where that was asked for. */
import { closeSync, existsSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import type { SeriesKey } from '../../core/model.ts';
import { DataFolderError, sqliteCode } from '../failures.ts';
import { checkHistory, missing, type CheckOptions } from './check.ts';
import type { CheckReport, Finding } from './findings.ts';
import { MIGRATIONS, PAGE_BYTES, PAGE_BYTES_EVER } from './migrations.ts';
import { openHistory, openingError } from './opening.ts';
import { markGaps } from './gaps.ts';
import { createQuarantine } from './quarantine.ts';
import { rebuildHistory } from './rebuild.ts';

const CANTOPEN = 14;
const READONLY = 8;
/** A header that says more is itself damaged. */
const MOST_BYTES = 2 ** 44;

export interface RepairReport {
  /** What was found before anything was touched. */
  readonly before: CheckReport;
  /** What is found now. */
  readonly after: CheckReport;
  readonly setAside: number;
  /** Where the old file is, if a new one had to be made; else null. */
  readonly kept: string | null;
  /** Bins that were taken aside: what raw records know of them can be computed anew. */
  readonly bins: readonly LostBins[];
}
export interface LostBins {
  readonly series: readonly SeriesKey[];
  readonly fromMs: number;
  readonly toMs: number;
}

type Progress = Pick<CheckOptions, 'onProgress'>;
const LOST_BINS_MAX = 100_000;
/** A row that tells of more is not to be believed about its time. */
const LONGEST_BLOCK_MS = 600 * 86_400_000;

/**
 * Reads only; the file may be a copy anywhere.
 * @throws DataFolderError when it is no history, or cannot be read at all
 */
export function checkFile(path: string, { onProgress }: Progress = {}): CheckReport {
  if (!existsSync(path)) throw new DataFolderError(`There is no file ${path}.`);
  const wholeBytes = bytesWhenWhole(path);
  if (wholeBytes > statSync(path).size) return cutShort(path, wholeBytes);
  return withDatabase(path, (db) => {
    if (Number(db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'head_raw'").get()?.['n'] ?? 0) === 0)
      throw new DataFolderError(`${path} is not a history of Saguaro; restore it from a backup, or move it away to begin anew.`);
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version > MIGRATIONS.length)
      throw new DataFolderError(`${path} was written by a newer version of Saguaro (format ${version}); start that version.`);
    return checkHistory({ db, file: path, ...(onProgress ? { onProgress } : {}) });
  });
}

/** How long SQLite's header says that the file is, 0 when it says nothing that can be. https://www.sqlite.org/fileformat2.html#the_database_header */
function bytesWhenWhole(path: string): number {
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header, 0, header.length, 0) < header.length) return 0;
  } finally {
    closeSync(file);
  }
  if (!header.toString('latin1').startsWith('SQLite format 3\0')) return 0;
  const bytes = pageBytesIn(header) * header.readUInt32BE(28);
  return bytes <= MOST_BYTES ? bytes : 0;
}

/** Files keep the pages they were begun with. 0 where a header says none that we ever used. */
function pageBytesIn(header: Buffer): number {
  const bytes = header.readUInt16BE(16);
  return PAGE_BYTES_EVER.includes(bytes) ? bytes : 0;
}

function cutShort(path: string, wholeBytes: number): CheckReport {
  const there = statSync(path).size;
  const reason = `the file is cut short: of ${wholeBytes} bytes ${there} are there`;
  const finding: Finding = {
    ...{ table: 'pages', id: null, tier: null, series: '', others: 0, fromMs: null, toMs: null },
    ...{ reason, remedy: 'file', keys: () => [] },
  };
  return {
    ...{ file: path, sound: false, damaged: 1, findings: [finding], setAside: 0 },
    tables: [{ table: 'pages', rows: Math.floor(there / PAGE_BYTES), damaged: 1 }],
  };
}

function withDatabase<T>(path: string, work: (db: DatabaseSync) => T): T {
  const open = (where: string | URL): T => {
    const db = new DatabaseSync(where, { readOnly: true, timeout: 10_000 });
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  try {
    return open(path);
  } catch (error) {
    const code = sqliteCode(error);
    // A copy without its log in a folder nobody can write to: SQLite wants to be told that it stays as it is.
    if ((code === CANTOPEN || code === READONLY) && !existsSync(`${path}-wal`)) {
      const url = pathToFileURL(path);
      url.searchParams.set('immutable', '1');
      return open(url);
    }
    throw openingError(error, path);
  }
}

/**
 * Takes what is damaged aside. The caller holds the folder's lock.
 * @throws DataFolderError when the file is no history, or too damaged to be opened
 */
export function repairFile(path: string, options: Progress = {}): RepairReport {
  const before = checkFile(path, options);
  let kept: string | null = null;
  // SQLite opens no file that is shorter than it says; where nothing is, zeros can at least be passed over.
  if (bytesWhenWhole(path) > statSync(path).size) truncateSync(path, bytesWhenWhole(path));
  if (before.findings.some(({ remedy }) => remedy === 'file') && !reindexed(path)) {
    kept = rebuildHistory(path, options.onProgress).kept;
  }
  let setAside = 0;
  const bins: LostBins[] = [];
  work(path, (db) => {
    const quarantine = createQuarantine(db);
    db.exec('BEGIN IMMEDIATE');
    try {
      const onFinding = (finding: Finding) => {
        if (quarantine.take(finding)) setAside++;
        const { tier, fromMs, toMs } = finding;
        if (tier === null || tier === 'raw' || fromMs === null || toMs === null || bins.length >= LOST_BINS_MAX) return;
        if (toMs > fromMs && toMs - fromMs < LONGEST_BLOCK_MS) bins.push({ series: finding.keys(), fromMs, toMs });
      };
      checkHistory({ db, file: path, onFinding, ...options });
      if (setAside > 0 || kept !== null) markGaps(db);
      db.exec('UPDATE damaged SET seen = 1 WHERE seen = 0; COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  });
  return { before, after: checkFile(path, options), setAside, kept, bins };
}

function work(path: string, step: (db: DatabaseSync) => void): void {
  let db: DatabaseSync;
  try {
    db = openHistory(path);
  } catch (error) {
    throw openingError(error, path);
  }
  try {
    step(db);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

/** Often only an index is damaged, and what it points at is whole. */
function reindexed(path: string): boolean {
  try {
    let sound = false;
    work(path, (db) => {
      db.exec('REINDEX');
      sound = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'] === 'ok' && missing(db).length === 0;
    });
    return sound;
  } catch (error) {
    if (error instanceof DataFolderError || sqliteCode(error) !== null) return false;
    throw error;
  }
}
