/**
 * Takes what a check found out of the way: the bytes go into the table `damaged`, and what stays in their
 * place says that the time is unknown, so that no later record claims it.
 */
import type { DatabaseSync } from 'node:sqlite';
import { bytesOf, encodeColumn, encodeTimes, sumIn } from './codec.ts';
import type { Finding } from './findings.ts';
import { membersOf, sealOfSeries } from './loading.ts';
import { widthAt } from './check-rows.ts';
import { plausible } from './raw-chunks.ts';
import { openRow, sumsOf } from './row-sums.ts';
import { kindOf, placeOf, sealed } from './seals.ts';

const BIN_COLUMNS = ['mean', 'min', 'max', 'known'] as const;

export interface Quarantine {
  /** @returns whether there was anything to take aside */
  take(finding: Finding): boolean;
}

/** Works within a transaction of the caller's. */
export function createQuarantine(db: DatabaseSync): Quarantine {
  const insert = db.prepare('INSERT INTO damaged (tier, series, at, reason, bytes, seen) VALUES (?, ?, ?, ?, ?, 1)');
  const keyOf = (table: string) => (table.startsWith('head_') ? 'seq' : 'id');
  const rowOf = (table: string, id: number) => db.prepare(`SELECT * FROM ${table} WHERE ${keyOf(table)} = ?`).get(id);
  const remove = (table: string, id: number) => db.prepare(`DELETE FROM ${table} WHERE ${keyOf(table)} = ?`).run(id);
  const setAside = ({ table, fromMs, toMs, reason }: Finding, id: number, row: Readonly<Record<string, unknown>>) => {
    const blobs = Object.values(row).filter((value) => value instanceof Uint8Array);
    const about = Number(row['series'] instanceof Uint8Array ? id : (row['series'] ?? row['layout'] ?? id));
    const at = [toMs, fromMs].find((ms) => ms !== null && Number.isFinite(ms)) ?? 0;
    insert.run(table, Number.isSafeInteger(about) ? about : 0, at, reason, Buffer.concat(blobs));
  };
  const layoutWidth = (layout: unknown) => {
    const row = db.prepare('SELECT series, sum FROM layout WHERE id = ?').get(Number(layout));
    return (row && membersOf(Number(layout), row['series'], row['sum'])?.length) ?? 0;
  };
  /** A row of the head keeps the groups of series that are sound. */
  const thinHead = (table: string, id: number, row: Readonly<Record<string, unknown>>) => {
    const names: readonly string[] = table === 'head_raw' ? ['value'] : BIN_COLUMNS;
    const width = layoutWidth(row['layout']);
    const [layout, ts] = [Number(row['layout']), Number(row['ts'])];
    if (width === 0 || !Number.isFinite(ts)) return void remove(table, id);
    const place = placeOf(kindOf(table), layout, ts);
    const columns = names.map((_name, k) => k);
    const part = { blobs: names.map((name) => row[name]), columns, width: names.length, sums: row['sums'], firstGroup: 0, place };
    const opened = openRow(part, 0, width - 1).columns;
    if (table !== 'head_raw' && opened[3]?.every((known) => Number.isNaN(known))) return void remove(table, id);
    const sums = sumsOf(opened, place).slice();
    const set = [...names, 'sums'].map((name) => `${name} = ?`).join(', ');
    db.prepare(`UPDATE ${table} SET ${set} WHERE seq = ?`).run(...opened.map(bytesOf), sums, id);
  };
  /** One unknown record at the end of what was there; under the same number, because blocks are numbered in order of time. */
  const blankRaw = (table: 'raw' | 'raw_block', id: number, row: Readonly<Record<string, unknown>>) => {
    const [t0, t1, told] = [Number(row['t0']), Number(row['t1']), Number(row['interval'])];
    const interval = told > 0 && Number.isFinite(told) ? told : 60_000;
    const where = table === 'raw' ? [Number(row['series'])] : [Number(row['layout']), Number(row['first'])];
    const width = table === 'raw' ? 1 : widthAt(row['first'], layoutWidth(row['layout']));
    const owner = table === 'raw' ? 'series = ?' : 'layout = ? AND first = ?';
    const overlaps = db.prepare(`SELECT 1 FROM ${table} WHERE ${owner} AND t0 <= ? AND t1 >= ? LIMIT 1`).get(...where, t1, t1);
    if (width === 0 || !plausible(t0, t1, interval) || overlaps) return;
    const stamps = encodeTimes(Float64Array.of(t1));
    const times = Number(db.prepare('INSERT INTO times (t1, stamps) VALUES (?, ?)').run(t1, stamps).lastInsertRowid);
    const place = placeOf(kindOf(table), ...where, t1, t1, interval, sumIn(stamps));
    const value = encodeColumn(new Float64Array(width).fill(NaN), { place });
    const names = table === 'raw' ? 'series' : 'layout, first';
    db.prepare(
      `INSERT INTO ${table} (id, ${names}, t0, t1, interval, times, value) VALUES (?, ${where.map(() => '?').join(', ')}, ?, ?, ?, ?, ?)`,
    ).run(id, ...where, t1, t1, interval, times, value);
  };
  /** What moved is told twice then, once from the head. */
  const forgetMoved = (layout: number) => {
    for (const row of db.prepare('SELECT head, seq, sum FROM moved WHERE layout = ?').all(layout)) {
      const head = String(row['head']);
      if (sealed(row['sum'], () => placeOf(kindOf(head), layout, Number(row['seq'])))) continue;
      db.prepare('DELETE FROM moved WHERE head = ? AND layout = ?').run(head, layout);
    }
  };

  return {
    take(finding) {
      const { table, id, remedy } = finding;
      if (id === null || remedy === 'file' || remedy === 'none') return false;
      if (remedy === 'moved') {
        forgetMoved(id);
        return true;
      }
      const row = rowOf(table, id);
      if (row) setAside(finding, id, row);
      switch (remedy) {
        case 'series':
          // Its number is never given to another.
          db.prepare('INSERT OR REPLACE INTO series (id, key, sum) VALUES (?, NULL, ?)').run(id, sealOfSeries(id, null));
          return true;
        case 'head':
          if (row) thinHead(table, id, row);
          return true;
        case 'raw':
          remove(table, id);
          if (row) blankRaw(table as 'raw' | 'raw_block', id, row);
          return true;
        case 'bins':
          remove(`${table}_mean`, id);
          remove(table, id);
          return true;
        case 'layout':
        case 'times':
        case 'orphan':
          remove(table, id);
          return true;
      }
    },
  };
}
