/** Keeps count of what cannot be read any more; it is left out, reported and kept aside, never fatal. */
import type { DatabaseSync } from 'node:sqlite';
import { sqliteCode } from '../failures.ts';
import { DamagedBlob } from './codec.ts';

const SQLITE_CORRUPT = 11;

export interface Damage {
  /**
   * Runs a read; null when what it reads is damaged.
   * @param keep the bytes to set aside because they are about to be replaced, null while they stay where they are
   */
  guard<T>(tier: string, id: number, series: number, at: number, keep: Uint8Array | null, read: () => T): T | null;
  /** One sentence, '' when nothing is damaged. */
  reason(): string;
}

export function createDamage(db: DatabaseSync): Damage {
  const found = new Set<string>();
  const setAside = db.prepare('INSERT INTO damaged (tier, series, at, reason, bytes) VALUES (?, ?, ?, ?, ?)');
  const asideAlready = Number(db.prepare('SELECT count(*) AS n FROM damaged').get()?.['n'] ?? 0);
  return {
    guard(tier, id, series, at, keep, read) {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const damaged = error instanceof DamagedBlob || error instanceof RangeError || sqliteCode(error) === SQLITE_CORRUPT;
        if (!damaged) throw error;
        found.add(`${tier}/${id}`);
        if (keep) setAside.run(tier, series, at, error.message, keep);
        return null;
      }
    },
    reason() {
      const count = found.size + asideAlready;
      if (count === 0) return '';
      const chunks = count === 1 ? 'One stored chunk is' : `${count} stored chunks are`;
      return `${chunks} damaged and shown as gaps; restore the history from a backup to get them back, and check the disk.`;
    },
  };
}
