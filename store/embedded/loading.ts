/**
 * What a history knows of its series and layouts when it is opened. What is damaged there makes rows that
 * nobody can name: they stay in the file, unread, and their numbers are never given to anything else.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Damage } from './damage.ts';
import type { Layouts } from './layouts.ts';
import { BIN_TABLES, LAYOUT_SERIES, type LayoutDefinition, type Opened, type SeriesDefinitions } from './protocol.ts';
import { kindOf, placeOf, sealOf, sealed } from './seals.ts';
import type { Tables } from './writes.ts';

/** Keys of series are handed over by the thousand, so that nobody holds all of them twice. */
const KEYS_AT_ONCE = 8192;
/** No history has more; a number above it is damage. */
const MOST_SERIES = 2 ** 28;
const SERIES = kindOf('series');
const LAYOUT = kindOf('layout');

/** The seal of a series; one that was removed has no key. */
export function sealOfSeries(id: number, key: string | null): number {
  return sealOf(key ?? '', placeOf(SERIES, id, key === null ? 1 : 0));
}
export function sealOfLayout(id: number, series: Uint8Array): number {
  return sealOf(series, placeOf(LAYOUT, id));
}

export interface LoadedSeries {
  readonly series: readonly SeriesDefinitions[];
  readonly removed: Set<number>;
  /** Whether the key of a number can be read, or was removed. */
  readonly known: (id: number) => boolean;
}

export function loadSeries(db: DatabaseSync, damage: Damage): LoadedSeries {
  const series: SeriesDefinitions[] = [];
  const removed = new Set<number>();
  let known = new Uint8Array(1024);
  let ids: number[] = [];
  let keys: string[] = [];
  const pack = () => {
    if (ids.length > 0) series.push({ ids: Int32Array.from(ids), keys: keys.join('\n') });
    [ids, keys] = [[], []];
  };
  const all = db.prepare('SELECT id, key, sum FROM series ORDER BY id');
  all.setReturnArrays(true);
  for (const [id, key, sum] of all.iterate() as unknown as Iterable<[number, string | null, unknown]>) {
    const readable = key === null || (typeof key === 'string' && !key.includes('\n'));
    if (!readable || id > MOST_SERIES || !sealed(sum, () => sealOfSeries(id, key))) {
      damage.note(`series/${id}`);
      continue;
    }
    if (id >= known.length) {
      const longer = new Uint8Array(Math.ceil(id * 1.5));
      longer.set(known);
      known = longer;
    }
    known[id] = 1;
    if (key === null) {
      removed.add(id);
      continue;
    }
    ids.push(id);
    keys.push(key);
    if (ids.length >= KEYS_AT_ONCE) pack();
  }
  pack();
  return { series, removed, known: (id) => known[id] === 1 };
}

/** The members of a layout, null when they cannot be trusted. */
export function membersOf(id: number, bytes: unknown, sum: unknown): Int32Array | null {
  if (!(bytes instanceof Uint8Array) || bytes.length === 0 || bytes.length % 4 !== 0) return null;
  if (bytes.length > LAYOUT_SERIES * 4 || !sealed(sum, () => sealOfLayout(id, bytes))) return null;
  const series = new Int32Array(bytes.slice().buffer);
  return series.every((one) => one > 0) ? series : null;
}

/** Layouts of which nothing is left any more are forgotten. */
export function loadLayouts(
  db: DatabaseSync,
  damage: Damage,
  tables: Tables,
  layouts: Layouts,
  { known }: LoadedSeries,
): Pick<Opened, 'layouts' | 'nextLayout' | 'nextSeries'> {
  const all = [tables.raw, ...Object.values(tables.bins)];
  const used = new Set(all.flatMap((table) => [...table.layouts()]));
  const found: LayoutDefinition[] = [];
  const nameless = new Set<number>();
  let [nextLayout, nextSeries] = [1, highest(db) + 1];
  const drop = ['DELETE FROM layout WHERE id = ?', 'DELETE FROM moved WHERE layout = ?'].map((sql) => db.prepare(sql));
  for (const row of db.prepare('SELECT id, series, sum FROM layout ORDER BY id').all()) {
    const id = Number(row['id']);
    const series = membersOf(id, row['series'], row['sum']);
    if (!series) {
      damage.note(`layout/${id}`);
      nextLayout = Math.max(nextLayout, id + 1);
      continue;
    }
    nextLayout = Math.max(nextLayout, id + 1);
    for (const one of series) {
      nextSeries = Math.max(nextSeries, one + 1);
      if (used.has(id) && !known(one)) nameless.add(one);
    }
    if (used.delete(id)) {
      layouts.add(id, series);
      found.push({ id, series });
      // Where something is damaged, what belongs to a layout may only be out of sight.
    } else if (damage.reason() === '') for (const statement of drop) statement.run(id);
  }
  for (const one of nameless) damage.note(`series/${one}`);
  // What is left of them has no definition.
  for (const id of used) {
    damage.note(`layout/${id}`);
    nextLayout = Math.max(nextLayout, id + 1);
    for (const table of all) table.head.lose(id);
  }
  return { layouts: found, nextLayout, nextSeries };
}

/** The highest number of a series that anything in the file has, 0 when nothing has. */
function highest(db: DatabaseSync): number {
  const tables = [['series', 'id'], ...['raw', ...Object.values(BIN_TABLES)].map((table) => [table, 'series'])];
  return tables.reduce((most, [table, column]) => {
    const value = db.prepare(`SELECT max(${column}) AS most FROM ${table}`).get()?.['most'];
    return Math.max(most, Number(value ?? 0));
  }, 0);
}
