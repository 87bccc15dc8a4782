/**
 * Closed blocks of one bin tier: a stretch of bins of series that stand side by side in a layout.
 * As those of raw, they follow what is older; who must change one takes it apart.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { columnOf, decodeColumn, encodeColumn, isPlain, openColumn, type Column } from './codec.ts';
import type { Damage } from './damage.ts';
import { distinctLayouts } from './layouts.ts';
import { kindOf, placeOf } from './seals.ts';

const NAMES = ['mean', 'min', 'max', 'known'] as const;
const RECODED_AT_ONCE = 8;
const EMPTY = new Float64Array(0);
/** Ranges may be open: SQLite is asked with whole numbers. */
const MOST_BINS = 1e12;

/** Dense bins from b0 on; of each column series after series, n values each. Known 0 is an absent bin. */
export interface BinBlock {
  readonly b0: number;
  readonly n: number;
  readonly columns: readonly Float64Array[];
}
/** One that was read, as far as it was wanted. */
export interface PackedBlock {
  readonly b0: number;
  readonly n: number;
  readonly columns: readonly (Column | null)[];
}

export interface BinBlocks {
  /** @param fast keep the means quick to read rather than small */
  put(layout: number, first: number, block: BinBlock, fast: boolean): void;
  /** Blocks that hold any of the bins first..last. */
  read(place: BlockPlace, firstBin: number, lastBin: number, wanted: readonly boolean[]): PackedBlock[];
  /** Takes the blocks that hold any of the bins first..last out of the table. */
  take(place: BlockPlace, firstBin: number, lastBin: number): BinBlock[];
  /** The last bin, -Infinity when there is none. */
  newest(layout: number, first: number): number;
  remove(layout: number, first: number): void;
  /** Deletes at most `limit` blocks that began a full block before a bin; true when there may be more. */
  expire(beforeBin: number, limit: number): boolean;
  /** Packs some plain means of blocks that ended before a bin; true when there may be more. */
  recode(beforeBin: number): boolean;
  layouts(): number[];
}
export interface BlockPlace {
  readonly layout: number;
  readonly first: number;
  /** Series of the block. */
  readonly width: number;
}

/** @param full bins of a full block; smaller ones are put together */
export function createBinBlocks(db: DatabaseSync, table: string, stepMs: number, full: number, damage: Damage): BinBlocks {
  const kind = kindOf(table);
  /** Where the k-th column of a block stands. */
  const placeOfColumn = (layout: number, first: number, b0: number, n: number) => (k: number) =>
    placeOf(kind, layout, first, b0, n, k);
  const joined = `${table} LEFT JOIN ${table}_mean USING (id)`;
  const where = `layout = ?1 AND first = ?2 AND b0 <= ?4
    AND b0 >= ifnull((SELECT max(b0) FROM ${table} WHERE layout = ?1 AND first = ?2 AND b0 <= ?3), -1e15) AND b0 + n > ?3`;
  const insert = db.prepare(`INSERT INTO ${table} (layout, first, b0, n, min, max, known) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const putMean = db.prepare(`INSERT OR REPLACE INTO ${table}_mean (id, mean) VALUES (?, ?)`);
  const newest = db.prepare(
    `SELECT b0 + min(n, ${full}) - 1 AS bin FROM ${table} WHERE layout = ? AND first = ? ORDER BY b0 DESC LIMIT 1`,
  );
  const backwards = db.prepare(`SELECT b0, n FROM ${table} WHERE layout = ? AND first = ? ORDER BY b0 DESC`);
  const remove = [`${table}_mean`, table].map((from) => db.prepare(`DELETE FROM ${from} WHERE id = ?`));
  const doomed = {
    ofPlace: `SELECT id FROM ${table} WHERE layout = ? AND first = ?`,
    old: `SELECT id FROM ${table} WHERE b0 < ? ORDER BY b0 LIMIT ?`,
  };
  const [removeMeans, removeAll] = [`${table}_mean`, table].map((from) =>
    db.prepare(`DELETE FROM ${from} WHERE id IN (${doomed.ofPlace})`),
  );
  const [expireMeans, expire] = [`${table}_mean`, table].map((from) =>
    db.prepare(`DELETE FROM ${from} WHERE id IN (${doomed.old})`),
  );
  const loadState = db.prepare('SELECT value FROM state WHERE name = ?');
  const saveState = db.prepare('INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)');
  const recodable = db.prepare(
    `SELECT id, layout, first, b0, n, mean FROM ${joined} WHERE (b0, id) > (?, ?) AND b0 < ? ORDER BY b0, id LIMIT ${RECODED_AT_ONCE}`,
  );
  const selects = new Map<string, StatementSync>();
  const select = (wanted: readonly boolean[]) => {
    const key = wanted.join();
    let statement = selects.get(key);
    if (!statement) {
      // A minimum or maximum may be stored as "the same as the mean".
      const names = NAMES.map((name, i) => (wanted[i] || (i === 0 && (wanted[1] || wanted[2])) ? name : 'NULL'));
      statement = db.prepare(
        `SELECT id, b0, n, ${names.join(', ')} FROM ${names[0] === 'mean' ? joined : table} WHERE ${where} ORDER BY b0`,
      );
      statement.setReturnArrays(true);
      selects.set(key, statement);
    }
    return statement;
  };
  const all = [true, true, true, true];

  const found = (place: BlockPlace, firstBin: number, lastBin: number, wanted: readonly boolean[], keep: boolean) => {
    const bounded = [Math.max(firstBin, -MOST_BINS), Math.min(lastBin, MOST_BINS)] as const;
    const rows = select(wanted).all(place.layout, place.first, ...bounded) as unknown as [
      number,
      number,
      number,
      ...(Uint8Array | null)[],
    ][];
    return rows.map(([id, b0, told, ...blobs]) => {
      // A damaged row may say what cannot be.
      const n = told >= 1 ? Math.min(told, full) : 1;
      const size = n * place.width;
      const at = placeOfColumn(place.layout, place.first, b0, told);
      const columns = damage.guard(table, id, 0, b0 * stepMs, keep ? (blobs[0] ?? null) : null, () =>
        wanted.map((there, k) => {
          if (!there) return null;
          const column = openColumn(blobs[k] as Uint8Array, at(k), () => openColumn(blobs[0] as Uint8Array, at(0)));
          if (column.count !== size) throw new RangeError('has more or fewer values than bins');
          return column;
        }),
      );
      return { id, b0, n, columns: columns ?? wanted.map((there, k) => (there ? columnOf(k === 3 ? 0 : NaN, size) : null)) };
    });
  };
  const write = (layout: number, first: number, { b0, n, columns }: BinBlock, fast: boolean) => {
    const [mean = EMPTY, min = EMPTY, max = EMPTY, known = EMPTY] = columns;
    const at = placeOfColumn(layout, first, b0, n);
    const { lastInsertRowid } = insert.run(
      layout,
      first,
      b0,
      n,
      encodeColumn(min, { beside: mean, place: at(1) }),
      encodeColumn(max, { beside: mean, place: at(2) }),
      encodeColumn(known, { place: at(3) }),
    );
    putMean.run(lastInsertRowid, encodeColumn(mean, { fast, place: at(0) }));
  };
  const taken = (place: BlockPlace, firstBin: number, lastBin: number): BinBlock[] => {
    const blocks = found(place, firstBin, lastBin, all, true);
    for (const { id } of blocks) for (const statement of remove) statement.run(id);
    return blocks.map(({ b0, n, columns }) => ({
      b0,
      n,
      columns: columns.map((column) => column?.part(0, column.count) ?? EMPTY),
    }));
  };
  /** From which bin on the last blocks are small enough to be written anew with this one, null when none is. */
  const smallSince = (layout: number, first: number, { b0, n }: BinBlock): number | null => {
    let since: number | null = null;
    if (n >= full) return null;
    for (const row of backwards.iterate(layout, first)) {
      const [begin, size] = [Number(row['b0']), Number(row['n'])];
      // So each bin is written anew as often as its block doubles, and no more.
      if (size > 2 * (b0 + n - (since ?? b0)) || b0 + n - begin > full) break;
      since = begin;
    }
    return since;
  };

  return {
    put(layout, first, block, fast) {
      const since = smallSince(layout, first, block);
      const place = { layout, first, width: (block.columns[0]?.length ?? 0) / block.n };
      const whole = since === null ? block : merged([...taken(place, since, MOST_BINS), block], place.width);
      write(layout, first, whole, fast);
    },
    read: (place, firstBin, lastBin, wanted) => found(place, firstBin, lastBin, wanted, false),
    take: taken,
    newest: (layout, first) => Number(newest.get(layout, first)?.['bin'] ?? -Infinity),
    remove(layout, first) {
      removeMeans?.run(layout, first);
      removeAll?.run(layout, first);
    },
    expire(beforeBin, limit) {
      const before = Math.max(beforeBin - full, -MOST_BINS);
      expireMeans?.run(before, limit);
      return Number(expire?.run(before, limit).changes) >= limit;
    },
    recode(beforeBin) {
      const done = [`packed ${table} b0`, `packed ${table} id`] as const;
      const [b0Done, idDone] = [loadState.get(done[0])?.['value'] ?? -MOST_BINS, loadState.get(done[1])?.['value'] ?? 0];
      const rows = recodable.all(b0Done, idDone, beforeBin - full);
      for (const row of rows) {
        const mean = row['mean'] as Uint8Array;
        const id = Number(row['id']);
        if (!isPlain(mean)) continue;
        const [layout, first, b0, n] = ['layout', 'first', 'b0', 'n'].map((name) => Number(row[name]));
        const place = placeOf(kind, layout ?? 0, first ?? 0, b0 ?? 0, n ?? 0, 0);
        const packed = damage.guard(table, id, 0, 0, null, () => encodeColumn(decodeColumn(mean, place), { place }));
        if (packed) putMean.run(id, packed);
      }
      const last = rows.at(-1);
      if (last) {
        saveState.run(done[0], Number(last['b0']));
        saveState.run(done[1], Number(last['id']));
      }
      return rows.length >= RECODED_AT_ONCE;
    },
    layouts: () => distinctLayouts(db, table),
  };
}

/** Values of a column of which nothing can be told. */
function nothing(size: number, column: number): Float64Array {
  const values = new Float64Array(size);
  return column === 3 ? values : values.fill(NaN);
}

/** One block out of several that follow each other, absent bins between them. */
function merged(blocks: readonly BinBlock[], width: number): BinBlock {
  const b0 = blocks[0]?.b0 ?? 0;
  const n = blocks.reduce((end, block) => Math.max(end, block.b0 + block.n), b0) - b0;
  const columns = NAMES.map((_name, k) => {
    const out = nothing(n * width, k);
    for (const block of blocks) {
      const column = block.columns[k] ?? EMPTY;
      for (let s = 0; s < width; s++) out.set(column.subarray(s * block.n, (s + 1) * block.n), s * n + block.b0 - b0);
    }
    return out;
  });
  return { b0, n, columns };
}
