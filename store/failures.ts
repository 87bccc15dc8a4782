/** What can go wrong with files, as sentences a person can act on. */

/** The data folder cannot be used as it is; the message says why and what to do. */
export class DataFolderError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataFolderError';
  }
}

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const NOMEM = 7;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** The primary result code of an error of node:sqlite, null for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

export interface FileTrouble {
  /** retry: may pass by itself. blocked: an operator must act. */
  readonly result: 'retry' | 'blocked';
  readonly reason: string;
}

/**
 * What an error of SQLite means for whoever wanted to write; null when it is not about files
 * (then it is a mistake of ours and must be thrown).
 */
export function fileTrouble(error: unknown, path: string): FileTrouble | null {
  switch (sqliteCode(error)) {
    case BUSY:
    case LOCKED:
      return { result: 'retry', reason: `${path} is busy in another process; writing is tried again.` };
    case NOMEM:
      return { result: 'retry', reason: `There is no memory left to write ${path}; writing is tried again.` };
    case READONLY:
    case CANTOPEN:
      return { result: 'blocked', reason: `${path} cannot be written; give the user who runs Saguaro write access to it.` };
    case IOERR:
      return { result: 'retry', reason: `The disk reports an error when ${path} is written (${text(error)}); check the disk.` };
    case FULL:
      return {
        result: 'blocked',
        reason: `The disk is full: ${path} cannot grow; free some space and writing goes on by itself.`,
      };
    case CORRUPT:
    case NOTADB:
      return {
        result: 'blocked',
        reason: `${path} is damaged (${text(error)}); restore it from a backup or move it away to begin anew.`,
      };
    default:
      return null;
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
