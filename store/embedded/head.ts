/**
 * The head of one tier: the newest rows as they came, one a layout and moment. It is the log
 * that makes a write durable with one append; closing moves its rows into blocks and chunks.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { bytesOf, floats } from './codec.ts';
import { createDirectory, indexAfter, type Moments } from './directory.ts';

export interface HeadRow {
  readonly seq: number;
  readonly tMs: number;
  /** One a column that was wanted, of the indices asked for. */
  readonly columns: readonly Float64Array[];
}
/** A row whole: all its columns one after the other. */
export interface WholeRow {
  readonly seq: number;
  readonly tMs: number;
  readonly intervalMs: number;
  readonly block: Float64Array;
}

export interface Head {
  /** Rows that are not in chunks yet. */
  readonly layouts: ReadonlyMap<number, Moments>;
  /** @param block the columns of the row one after the other */
  insert(layout: number, tMs: number, intervalMs: number, block: Float64Array): void;
  /** Rows with from < t ≤ to in order of time, cut to the indices first..last. */
  rows(layout: number, fromMs: number, toMs: number, wanted: readonly boolean[], first: number, last: number): HeadRow[];
  /** All rows of a layout in order of time. */
  whole(layout: number): WholeRow[];
  /** Time of the last row at or before t. */
  before(layout: number, tMs: number): number | null;
  /** The rows of a layout are not wanted any more; they leave the file when it is cheap. */
  remove(layout: number): void;
  /** Deletes rows before t. */
  expire(layout: number, beforeMs: number): void;
  /** Deletes some of what has moved into chunks, when called; null when there is nothing to do. */
  sweep(): (() => void) | null;
  /** Layouts of which anything is in the file. */
  inFile(): ReadonlySet<number>;
  /** Reads again what is there; after a transaction was rolled back. */
  reload(): void;
}

/** @param names of the value columns; 'known' is left out of a row in which all of it is 1 */
export function createHead(db: DatabaseSync, table: string, names: readonly string[], fixedIntervalMs: number | null): Head {
  const directory = createDirectory();
  const { layouts } = directory;
  /** Up to which row those of a layout are dead. */
  const moved = new Map<number, number>();
  const inFile = new Set<number>();
  let nextSeq = 1;
  const interval = fixedIntervalMs === null ? 'interval' : String(fixedIntervalMs);
  const columns = ['seq', 'layout', 'ts', ...(fixedIntervalMs === null ? ['interval'] : []), ...names];
  const insert = db.prepare(
    `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const whole = db.prepare(`SELECT ${interval}, ${names.join(', ')} FROM ${table} WHERE seq = ?`);
  whole.setReturnArrays(true);
  const setMoved = db.prepare('INSERT OR REPLACE INTO moved (head, layout, seq) VALUES (?, ?, ?)');
  const removeOne = db.prepare(`DELETE FROM ${table} WHERE seq = ?`);
  const removeStretch = db.prepare(`DELETE FROM ${table} WHERE seq >= ? AND seq < ?`);
  const stretchRows = db.prepare(`SELECT seq, layout FROM ${table} WHERE seq >= ? AND seq < ?`);
  stretchRows.setReturnArrays(true);
  const selects = new Map<string, StatementSync>();
  const select = (wanted: readonly boolean[]) => {
    const key = wanted.join();
    let statement = selects.get(key);
    if (!statement) {
      const values = names.filter((_name, i) => wanted[i]).map((name) => `substr(${name}, ?2, ?3)`);
      statement = db.prepare(`SELECT ${values.join(', ')} FROM ${table} WHERE seq = ?1`);
      statement.setReturnArrays(true);
      selects.set(key, statement);
    }
    return statement;
  };
  const isDead = (layout: number, seq: number) => seq <= (moved.get(layout) ?? 0);

  const reload = () => {
    directory.clear();
    moved.clear();
    inFile.clear();
    nextSeq = 1;
    const dead = db.prepare('SELECT layout, seq FROM moved WHERE head = ?');
    for (const row of dead.all(table)) {
      moved.set(Number(row['layout']), Number(row['seq']));
      nextSeq = Math.max(nextSeq, Number(row['seq']) + 1);
    }
    // By index alone: not a value is read.
    const all = db.prepare(`SELECT ts, layout, seq FROM ${table} INDEXED BY ${table}_moment ORDER BY ts, layout`);
    all.setReturnArrays(true);
    for (const [tMs, layout, seq] of all.iterate() as unknown as Iterable<[number, number, number]>) {
      nextSeq = Math.max(nextSeq, seq + 1);
      inFile.add(layout);
      if (isDead(layout, seq)) directory.addDead(seq);
      else directory.add(layout, tMs, seq, fixedIntervalMs ?? 0);
    }
    if (fixedIntervalMs !== null) return;
    const newest = db.prepare(`SELECT interval FROM ${table} WHERE seq = ?`);
    for (const moments of layouts.values())
      moments.intervalMs = Number(newest.get(moments.seq[moments.count - 1] ?? 0)?.['interval'] ?? 0);
  };
  reload();

  return {
    layouts,
    insert(layout, tMs, intervalMs, block) {
      const n = block.length / names.length;
      const blobs = names.map((name, i) => {
        const column = names.length === 1 ? block : block.subarray(i * n, (i + 1) * n);
        return name === 'known' && allOne(column) ? null : bytesOf(column);
      });
      const seq = nextSeq++;
      insert.run(seq, layout, tMs, ...(fixedIntervalMs === null ? [intervalMs] : []), ...blobs);
      directory.add(layout, tMs, seq, intervalMs);
      inFile.add(layout);
    },
    rows(layout, fromMs, toMs, wanted, first, last) {
      const moments = layouts.get(layout);
      if (!moments) return [];
      const count = last - first + 1;
      const statement = select(wanted);
      const found: HeadRow[] = [];
      const end = indexAfter(moments, toMs);
      for (let i = indexAfter(moments, fromMs); i < end; i++) {
        const seq = moments.seq[i] ?? 0;
        const row = (statement.get(seq, first * 8 + 1, count * 8) ?? []) as unknown as (Uint8Array | null)[];
        found.push({
          seq,
          tMs: moments.tMs[i] ?? 0,
          columns: row.map((blob) => (blob === null ? new Float64Array(count).fill(1) : floats(blob, blob.length / 8))),
        });
      }
      return found;
    },
    whole(layout) {
      const moments = layouts.get(layout);
      return Array.from({ length: moments?.count ?? 0 }, (_row, i) => {
        const seq = moments?.seq[i] ?? 0;
        const [intervalMs, ...blobs] = whole.get(seq) as unknown as [number, ...(Uint8Array | null)[]];
        return { seq, tMs: moments?.tMs[i] ?? 0, intervalMs, block: joined(blobs) };
      });
    },
    before(layout, tMs) {
      const moments = layouts.get(layout);
      const n = moments ? indexAfter(moments, tMs) : 0;
      return n > 0 ? (moments?.tMs[n - 1] ?? null) : null;
    },
    remove(layout) {
      const moments = layouts.get(layout);
      if (!moments) return;
      let newest = 0;
      for (let i = 0; i < moments.count; i++) newest = Math.max(newest, moments.seq[i] ?? 0);
      setMoved.run(table, layout, newest);
      moved.set(layout, newest);
      directory.bury(layout);
    },
    expire(layout, beforeMs) {
      for (const seq of directory.buryBefore(layout, beforeMs)) removeOne.run(seq);
    },
    sweep() {
      const found = directory.next();
      if (!found) return null;
      const { from, to } = found.stretch;
      return () => {
        if (found.dead) removeStretch.run(from, to);
        else {
          for (const [seq, layout] of stretchRows.all(from, to) as unknown as [number, number][])
            if (isDead(layout, seq)) removeOne.run(seq);
        }
        directory.swept(found.stretch);
      };
    },
    inFile: () => inFile,
    reload,
  };
}

function allOne(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) if (column[i] !== 1) return false;
  return true;
}

function joined(blobs: readonly (Uint8Array | null)[]): Float64Array {
  const [only] = blobs;
  if (blobs.length === 1 && only) return floats(only, only.length / 8);
  const size = (only?.length ?? 0) / 8;
  const block = new Float64Array(size * blobs.length);
  blobs.forEach((blob, k) => {
    if (blob === null) block.fill(1, k * size, (k + 1) * size);
    else block.set(floats(blob, size), k * size);
  });
  return block;
}
