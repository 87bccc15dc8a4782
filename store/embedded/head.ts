/**
 * The head of one tier: the newest rows as they came, one a layout and moment. It is the log
 * that makes a write durable with one append; closing moves its rows into blocks and chunks.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { bytesOf } from './codec.ts';
import type { Damage } from './damage.ts';
import { createDirectory, indexAfter, type Moments } from './directory.ts';
import { BLOCK_SERIES, firstOf } from './protocol.ts';
import { openRow, SUM_BYTES, sumsOf } from './row-sums.ts';
import { kindOf, placeOf, sealed } from './seals.ts';

export interface HeadRow {
  readonly seq: number;
  readonly tMs: number;
  /** One a column that was wanted, of the indices asked for; NaN where the row is damaged. */
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
  /**
   * All rows of a layout in order of time, as they are about to go: damaged ones are set aside.
   * @param width series of the layout
   */
  whole(layout: number, width: number): WholeRow[];
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
  /** Rows of a layout that nobody can tell the series of any more stay in the file and are not read. */
  lose(layout: number): void;
}

/** @param names of the value columns; 'known' is left out of a row in which all of it is 1 */
export function createHead(
  db: DatabaseSync,
  damage: Damage,
  table: string,
  names: readonly string[],
  fixedIntervalMs: number | null,
): Head {
  const kind = kindOf(table);
  const directory = createDirectory();
  const { layouts } = directory;
  /** Up to which row those of a layout are dead. */
  const moved = new Map<number, number>();
  const inFile = new Set<number>();
  const lost = new Set<number>();
  let nextSeq = 1;
  const interval = fixedIntervalMs === null ? 'interval' : String(fixedIntervalMs);
  const columns = ['seq', 'layout', 'ts', ...(fixedIntervalMs === null ? ['interval'] : []), ...names, 'sums'];
  const insert = db.prepare(
    `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const whole = db.prepare(`SELECT ${interval}, sums, ${names.join(', ')} FROM ${table} WHERE seq = ?`);
  whole.setReturnArrays(true);
  const setMoved = db.prepare('INSERT OR REPLACE INTO moved (head, layout, seq, sum) VALUES (?, ?, ?, ?)');
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
      statement = db.prepare(`SELECT substr(sums, ?4, ?5), ${values.join(', ')} FROM ${table} WHERE seq = ?1`);
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
    // Never a number that a row has, whatever an index says.
    nextSeq = Math.max(nextSeq, Number(db.prepare(`SELECT max(seq) AS most FROM ${table}`).get()?.['most'] ?? 0) + 1);
    const dead = db.prepare('SELECT layout, seq, sum FROM moved WHERE head = ?');
    for (const row of dead.all(table)) {
      const [layout, seq] = [Number(row['layout']), Number(row['seq'])];
      // What moved comes twice then, which is better than not at all.
      if (!sealed(row['sum'], () => placeOf(kind, layout, seq))) damage.note(`moved/${table}/${layout}`);
      else {
        moved.set(layout, seq);
        nextSeq = Math.max(nextSeq, seq + 1);
      }
    }
    // By index alone: not a value is read.
    const all = db.prepare(`SELECT ts, layout, seq FROM ${table} INDEXED BY ${table}_moment ORDER BY ts, layout`);
    all.setReturnArrays(true);
    for (const [tMs, layout, seq] of all.iterate() as unknown as Iterable<[number, number, number]>) {
      nextSeq = Math.max(nextSeq, seq + 1);
      if (!Number.isFinite(tMs) || !Number.isInteger(layout)) {
        damage.note(`${table}/${seq}`);
        continue;
      }
      inFile.add(layout);
      if (lost.has(layout)) directory.addLost(seq);
      else if (isDead(layout, seq)) directory.addDead(seq);
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
      const columns = names.map((name, i) => {
        const column = names.length === 1 ? block : block.subarray(i * n, (i + 1) * n);
        return name === 'known' && allOne(column) ? null : column;
      });
      const blobs = columns.map((column) => column && bytesOf(column));
      const seq = nextSeq++;
      const sums = sumsOf(columns, placeOf(kind, layout, tMs));
      insert.run(seq, layout, tMs, ...(fixedIntervalMs === null ? [intervalMs] : []), ...blobs, sums);
      directory.add(layout, tMs, seq, intervalMs);
      inFile.add(layout);
    },
    rows(layout, fromMs, toMs, wanted, first, last) {
      const moments = layouts.get(layout);
      if (!moments) return [];
      const columns = names.flatMap((_name, k) => (wanted[k] ? [k] : []));
      const statement = select(wanted);
      const found: HeadRow[] = [];
      // Whole groups, because each has a checksum.
      const group = firstOf(first);
      const many = firstOf(last) + BLOCK_SERIES - group;
      const range = [group * 8 + 1, many * 8] as const;
      const sumRange = [(group / BLOCK_SERIES) * names.length * SUM_BYTES + 1, (many / BLOCK_SERIES) * names.length * SUM_BYTES];
      const end = indexAfter(moments, toMs);
      for (let i = indexAfter(moments, fromMs); i < end; i++) {
        const [seq, tMs] = [moments.seq[i] ?? 0, moments.tMs[i] ?? 0];
        const row = damage.guardPages(`${table}/${seq}`, () => statement.get(seq, ...range, ...sumRange), undefined);
        const [sums = null, ...blobs] = (row ?? []) as unknown as unknown[];
        const place = placeOf(kind, layout, tMs);
        const part = { blobs, columns, width: names.length, sums, firstGroup: group / BLOCK_SERIES, place };
        const opened = openRow(part, first - group, last - group);
        if (!opened.sound) damage.note(`${table}/${seq}`);
        found.push({ seq, tMs, columns: opened.columns });
      }
      return found;
    },
    whole(layout, width) {
      const moments = layouts.get(layout);
      const columns = names.map((_name, k) => k);
      return Array.from({ length: moments?.count ?? 0 }, (_row, i) => {
        const [seq, tMs] = [moments?.seq[i] ?? 0, moments?.tMs[i] ?? 0];
        const row = damage.guardPages(`${table}/${seq}`, () => whole.get(seq), undefined);
        const [intervalMs, sums = null, ...blobs] = (row ?? []) as unknown as unknown[];
        const part = { blobs, columns, width: names.length, sums, firstGroup: 0, place: placeOf(kind, layout, tMs) };
        const opened = openRow(part, 0, width - 1);
        if (!opened.sound) {
          damage.note(`${table}/${seq}`);
          const bytes = Buffer.concat(blobs.filter((blob) => blob instanceof Uint8Array));
          damage.setAside(table, layout, tMs, 'does not match its checksums', bytes);
        }
        const told =
          typeof intervalMs === 'number' && intervalMs > 0 ? intervalMs : (fixedIntervalMs ?? moments?.intervalMs ?? 0);
        return { seq, tMs, intervalMs: told, block: joined(opened.columns) };
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
      setMoved.run(table, layout, newest, placeOf(kind, layout, newest));
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
    lose(layout) {
      lost.add(layout);
      layouts.delete(layout);
    },
  };
}

function allOne(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) if (column[i] !== 1) return false;
  return true;
}

function joined(columns: readonly Float64Array[]): Float64Array {
  const [only] = columns;
  if (columns.length === 1 && only) return only;
  const size = only?.length ?? 0;
  const block = new Float64Array(size * columns.length);
  columns.forEach((column, k) => block.set(column, k * size));
  return block;
}
