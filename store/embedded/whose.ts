/** Which series have chunks of their own in a table: most have none, and need not be looked for again and again. */
import type { DatabaseSync } from 'node:sqlite';

export interface Whose {
  has(series: number): boolean;
  /** A series that has no past. */
  begin(series: number): void;
  add(series: number): void;
  /** Nothing is certain any more: a transaction was rolled back. */
  forget(): void;
}

const NONE = 1;
const SOME = 2;

export function createWhose(db: DatabaseSync, table: string): Whose {
  const any = db.prepare(`SELECT 1 FROM ${table} WHERE series = ? LIMIT 1`);
  const anyAtAll = db.prepare(`SELECT 1 FROM ${table} LIMIT 1`);
  let empty = anyAtAll.get() === undefined;
  let known = new Uint8Array(1024);
  const set = (series: number, state: number) => {
    if (series >= known.length) {
      const longer = new Uint8Array(Math.ceil(series * 1.5));
      longer.set(known);
      known = longer;
    }
    known[series] = state;
  };
  return {
    has(series) {
      if (empty) return false;
      const state = known[series] ?? 0;
      if (state !== 0) return state === SOME;
      const found = any.get(series) !== undefined;
      set(series, found ? SOME : NONE);
      return found;
    },
    begin: (series) => set(series, NONE),
    add(series) {
      empty = false;
      if (known[series] !== SOME) set(series, SOME);
    },
    forget() {
      known.fill(0);
      empty = anyAtAll.get() === undefined;
    },
  };
}
