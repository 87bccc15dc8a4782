/** Keeps count of what cannot be read any more; it is left out, reported and kept aside, never fatal. */
import type { DatabaseSync } from 'node:sqlite';
import { sqliteCode } from '../failures.ts';
import { DamagedBlob } from './codec.ts';

const SQLITE_CORRUPT = 11;
/** Beyond so many it matters no more which they are. */
const COUNTED_MAX = 100_000;

export interface Damage {
  /**
   * Runs a read; null when what it reads is damaged.
   * @param keep the bytes to set aside because they are about to be replaced, null while they stay where they are
   */
  guard<T>(tier: string, id: number, series: number, at: number, keep: Uint8Array | null, read: () => T): T | null;
  /** Runs a read of many rows; `otherwise` when the file itself is damaged there. */
  guardPages<T>(what: string, read: () => T, otherwise: T): T;
  /** Something is damaged that no read stumbles over. */
  note(what: string): void;
  /** Keeps bytes that are about to go. */
  setAside(tier: string, series: number, at: number, reason: string, bytes: Uint8Array | null): void;
  /** One sentence, '' when nothing is damaged. */
  reason(): string;
}

/** Whether an error tells of damage to a file; all else is a mistake of ours. */
export function isDamage(error: unknown): error is Error {
  // SQLite's whole numbers may be larger than ours: node:sqlite then throws a RangeError.
  return error instanceof DamagedBlob || error instanceof RangeError || sqliteCode(error) === SQLITE_CORRUPT;
}

export function createDamage(db: DatabaseSync): Damage {
  const found = new Set<string>();
  const insert = db.prepare('INSERT INTO damaged (tier, series, at, reason, bytes) VALUES (?, ?, ?, ?, ?)');
  const asideAlready = Number(db.prepare('SELECT count(*) AS n FROM damaged WHERE seen = 0').get()?.['n'] ?? 0);
  const note = (what: string) => {
    if (found.size < COUNTED_MAX) found.add(what);
  };
  return {
    guard(tier, id, series, at, keep, read) {
      try {
        return read();
      } catch (error) {
        if (!isDamage(error)) throw error;
        note(`${tier}/${id}`);
        if (keep) insert.run(tier, series, at, error.message, keep);
        return null;
      }
    },
    guardPages(what, read, otherwise) {
      try {
        return read();
      } catch (error) {
        if (!isDamage(error)) throw error;
        note(what);
        return otherwise;
      }
    },
    note,
    setAside: (tier, series, at, reason, bytes) => void insert.run(tier, series, at, reason, bytes),
    reason() {
      const count = found.size + asideAlready;
      if (count === 0) return '';
      const chunks = count === 1 ? 'One stored chunk is' : `${count} stored chunks are`;
      return `${chunks} damaged and shown as gaps; restore the history from a backup to get them back, and check the disk.`;
    },
  };
}
