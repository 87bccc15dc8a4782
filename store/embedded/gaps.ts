/**
 * A record tells of all the time since the one before it. Where rows are gone, something must say that
 * nothing is known, or the next record would claim their time.
 */
import type { DatabaseSync } from 'node:sqlite';
import { encodeColumn, encodeTimes, sumIn } from './codec.ts';
import { createLayouts } from './layouts.ts';
import { membersOf } from './loading.ts';
import { firstOf } from './protocol.ts';
import { kindOf, placeOf } from './seals.ts';

/** A poll that comes this many intervals after the one before, with no word on the time between, has lost its neighbours. */
export const LATE_INTERVALS = 1.8;
const KIND = kindOf('raw');

interface Span {
  readonly t0: number;
  readonly t1: number;
  readonly intervalMs: number;
}

/**
 * Puts an unknown record wherever the raw records of a series leave time between them.
 * @returns how many were needed
 */
export function markGaps(db: DatabaseSync): number {
  const layouts = createLayouts();
  const series = new Set<number>();
  for (const row of db.prepare('SELECT id, series, sum FROM layout').all()) {
    const members = membersOf(Number(row['id']), row['series'], row['sum']);
    if (members) layouts.add(Number(row['id']), members);
    for (const one of members ?? []) series.add(one);
  }
  for (const row of db.prepare('SELECT DISTINCT series FROM raw').all()) series.add(Number(row['series']));
  const arrays = (sql: string) => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return (...where: number[]): Span[] =>
      (statement.all(...where) as unknown as [number, number, number][]).map(([t0, t1, intervalMs]) => ({ t0, t1, intervalMs }));
  };
  const chunks = arrays('SELECT t0, t1, interval FROM raw WHERE series = ?');
  const blocks = arrays('SELECT t0, t1, interval FROM raw_block WHERE layout = ? AND first = ?');
  const heads = arrays(
    `SELECT ts, ts, interval FROM head_raw WHERE layout = ?1
     AND seq > ifnull((SELECT seq FROM moved WHERE head = 'head_raw' AND moved.layout = ?1), 0)`,
  );
  const ofLayout = lastAsked((layout) => heads(layout));
  const ofPlace = lastAsked((layout, first) => blocks(layout, first));
  const stamps = new Map<number, { readonly id: number; readonly sum: number }>();
  const putTimes = db.prepare('INSERT INTO times (t1, stamps) VALUES (?, ?)');
  const put = db.prepare('INSERT OR IGNORE INTO raw (series, t0, t1, interval, times, value) VALUES (?, ?, ?, ?, ?, ?)');
  const stampsAt = (t: number) => {
    let found = stamps.get(t);
    if (!found) {
      const blob = encodeTimes(Float64Array.of(t));
      found = { id: Number(putTimes.run(t, blob).lastInsertRowid), sum: sumIn(blob) };
      stamps.set(t, found);
    }
    return found;
  };
  let marked = 0;
  for (const one of series) {
    const spans = chunks(one);
    for (const { layout, index } of layouts.places(one)) spans.push(...ofPlace(layout, firstOf(index)), ...ofLayout(layout, 0));
    spans.sort((a, b) => a.t0 - b.t0);
    let before = spans[0]?.t1 ?? 0;
    for (const { t0, t1, intervalMs } of spans) {
      if (intervalMs > 0 && t0 - before > LATE_INTERVALS * intervalMs) {
        const t = t0 - intervalMs;
        const { id, sum } = stampsAt(t);
        const place = placeOf(KIND, one, t, t, intervalMs, sum);
        put.run(one, t, t, intervalMs, id, encodeColumn(Float64Array.of(NaN), { place }));
        marked++;
      }
      before = Math.max(before, t1);
    }
  }
  return marked;
}

/** Neighbours ask the same one after the other. */
function lastAsked<T>(ask: (layout: number, first: number) => T): (layout: number, first: number) => T {
  let [name, answer] = ['', null as T | null];
  return (layout, first) => {
    if (answer === null || name !== `${layout} ${first}`) [name, answer] = [`${layout} ${first}`, ask(layout, first)];
    return answer;
  };
}
