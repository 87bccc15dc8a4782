/** Everything that changes history.db. A write is one transaction; closing and upkeep come in slices after it. */
import type { Tier, TierSpec } from '../../core/model.ts';
import type { WriteResult } from '../../core/ports.ts';
import { fileTrouble } from '../failures.ts';
import { closeLayouts, type Incoming } from './closing.ts';
import { bytesOf } from './codec.ts';
import { isDamage } from './damage.ts';
import type { HeadRow } from './head.ts';
import { sealOfLayout, sealOfSeries } from './loading.ts';
import type { Layouts } from './layouts.ts';
import type { BinTable } from './bin-table.ts';
import type { RawTable } from './raw-table.ts';
import type { Ground, Table } from './tables.ts';
import { keysOf, type WriteRequest } from './protocol.ts';

/** So many rows of one layout in one batch are an import or a backlog, and go straight into chunks. */
const STRAIGHT_ROWS = 16;
const EXPIRED_AT_ONCE = 500;

export interface Tables {
  readonly raw: RawTable;
  readonly bins: Readonly<Record<'5m' | '1h' | '1d', BinTable>>;
}

/** What writing stands on; a removed series is removed for everybody. */
export interface WriteGround extends Ground {
  readonly removed: Set<number>;
}

export interface Writes {
  write(request: WriteRequest): WriteResult;
  setTiers(tiers: readonly TierSpec[]): void;
  remove(series: Int32Array): void;
  /** Closes what is due until the time is used up; at least one layout, if any is. */
  tend(budgetMs: number): void;
  /** Retention and repacking, for about that long. */
  maintain(nowMs: number, budgetMs: number): void;
  /** What upkeep last stumbled over, '' when it went well. */
  trouble(): string;
}

export function createWrites(path: string, tables: Tables, { db, damage, layouts, removed }: WriteGround): Writes {
  const all: readonly Table[] = [tables.raw, tables.bins['5m'], tables.bins['1h'], tables.bins['1d']];
  const insertSeries = db.prepare('INSERT OR REPLACE INTO series (id, key, sum) VALUES (?, ?, ?)');
  const insertLayout = db.prepare('INSERT OR REPLACE INTO layout (id, series, sum) VALUES (?, ?, ?)');
  const buryKey = db.prepare('UPDATE series SET key = NULL, sum = ?2 WHERE id = ?1');
  let retention = new Map<Tier, number | null>();
  /** Layouts that have rows enough, by table. */
  const due = new Map<Table, Set<number>>(all.map((table) => [table, new Set()]));
  let turn = 0;
  let nowMs = -Infinity;
  let trouble = '';

  /** Runs a step as a transaction; an error leaves file and memory as they were. */
  const transaction = (step: () => void) => {
    db.exec('BEGIN IMMEDIATE');
    try {
      step();
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      for (const table of all) table.forget();
      throw error;
    }
  };
  /**
   * Upkeep loses nothing when the power goes: it is then simply still to be done, so it need not wait for the disk.
   * @returns false when the step could not be done; what is damaged stays as it is, and others have their turn
   */
  const upkeep = (what: string, step: () => void): boolean => {
    db.exec('PRAGMA synchronous = NORMAL');
    try {
      transaction(step);
      trouble = '';
      return true;
    } catch (error) {
      if (isDamage(error)) {
        damage.note(what);
        return false;
      }
      const file = fileTrouble(error, path);
      if (!file) throw error;
      trouble = file.reason;
      return false;
    } finally {
      db.exec('PRAGMA synchronous = FULL');
    }
  };

  const noteDue = (table: Table, layout: number) => {
    const moments = table.head.layouts.get(layout);
    if (moments && table.due(layout, moments, nowMs)) due.get(table)?.add(layout);
  };
  /** Closes one layout of a table, or clears away what was closed; false when there is nothing to do. */
  const tidy = (table: Table): boolean => {
    const waiting = due.get(table);
    for (const layout of waiting ?? []) {
      waiting?.delete(layout);
      const moments = table.head.layouts.get(layout);
      if (!moments || !table.due(layout, moments, nowMs)) continue;
      upkeep(`closing of ${table.tier} ${layout}`, () => closeLayouts(table, layouts, removed, new Map(), [layout], nowMs));
      return true;
    }
    const sweep = table.head.sweep();
    if (sweep) upkeep(`sweeping of ${table.tier}`, sweep);
    return sweep !== null;
  };

  const place = (
    table: Table,
    layout: Int32Array,
    rowAt: (i: number) => Incoming,
    values: Float64Array,
    straightRows: number,
  ) => {
    const counts = new Map<number, number>();
    for (const id of layout) counts.set(id, (counts.get(id) ?? 0) + 1);
    // Infinity takes a record away, which only a chunk can do.
    const takesAway = table.tier === 'raw' && values.includes(Infinity);
    const straight = new Map<number, Incoming[]>();
    layout.forEach((id, i) => {
      const row = rowAt(i);
      if ((counts.get(id) ?? 0) >= straightRows || takesAway) {
        const list = straight.get(id);
        if (list) list.push(row);
        else straight.set(id, [row]);
      } else {
        table.head.insert(id, row.tMs, row.intervalMs, filled(table, layouts, id, row));
        noteDue(table, id);
      }
    });
    if (straight.size > 0) closeLayouts(table, layouts, removed, straight, straight.keys(), nowMs);
  };

  const put = (request: WriteRequest, straightRows: number) => {
    keysOf(request.newSeries).forEach((key, i) => {
      const id = request.newSeries.ids[i] ?? 0;
      insertSeries.run(id, key, sealOfSeries(id, key));
      for (const table of all) table.begin(id);
    });
    for (const { id, series } of request.newLayouts) {
      const bytes = bytesOf(series);
      insertLayout.run(id, bytes, sealOfLayout(id, bytes));
      layouts.add(id, series);
    }
    const { raw } = request;
    const rawBlocks = blocks(raw.layout, layouts, raw.values, 1);
    const rawRow = (order: number): Incoming => ({
      order,
      tMs: raw.tMs[order] ?? 0,
      intervalMs: raw.intervalMs[order] ?? 0,
      block: rawBlocks[order] ?? raw.values,
    });
    place(tables.raw, raw.layout, rawRow, raw.values, straightRows);
    for (const bins of request.bins) {
      const table = tables.bins[bins.tier];
      const binBlocks = blocks(bins.layout, layouts, bins.values, 4);
      const binRow = (order: number): Incoming => ({
        order,
        tMs: bins.tMs[order] ?? 0,
        intervalMs: table.stepMs,
        block: binBlocks[order] ?? bins.values,
      });
      place(table, bins.layout, binRow, bins.values, straightRows);
    }
  };

  return {
    write(request) {
      try {
        try {
          transaction(() => put(request, STRAIGHT_ROWS));
        } catch (error) {
          if (!isDamage(error)) throw error;
          // What is damaged further back must not keep new rows out: the head takes them as they are.
          transaction(() => put(request, Infinity));
          damage.note('merging');
        }
        return { result: 'ok' };
      } catch (error) {
        const file = fileTrouble(error, path);
        if (file) return file;
        return {
          result: 'rejected',
          reason: `The batch cannot be stored: ${error instanceof Error ? error.message : String(error)}`,
        };
      }
    },
    setTiers(tiers) {
      retention = new Map(tiers.map((spec) => [spec.tier, spec.retentionMs]));
    },
    remove(series) {
      for (const id of series) removed.add(id);
      try {
        transaction(() => {
          for (const table of all) {
            table.remove(series);
            for (const layout of [...table.head.layouts.keys()]) {
              if (layouts.series(layout).every((id) => removed.has(id))) table.head.remove(layout);
            }
          }
          for (const id of series) buryKey.run(id, sealOfSeries(id, null));
        });
      } catch (error) {
        for (const id of series) removed.delete(id);
        throw error;
      }
    },
    tend(budgetMs) {
      const until = performance.now() + budgetMs;
      // Each table has its turn: one that is always busy must not keep the others waiting.
      for (let idle = 0; idle < all.length && trouble === ''; turn++) {
        const table = all[turn % all.length];
        if (table && tidy(table)) idle = 0;
        else idle++;
        if (performance.now() >= until) return;
      }
    },
    maintain(now, budgetMs) {
      nowMs = Math.max(nowMs, now);
      const until = performance.now() + budgetMs;
      for (const table of all) for (const layout of table.head.layouts.keys()) noteDue(table, layout);
      trouble = '';
      this.tend(budgetMs / 2);
      for (const table of all) {
        const keptMs = retention.get(table.tier);
        if (keptMs === null || keptMs === undefined) continue;
        const cutoffMs = nowMs - keptMs;
        upkeep(`retention of ${table.tier}`, () => {
          for (const [layout, { tMs, intervalMs }] of [...table.head.layouts])
            if ((tMs[0] ?? 0) < cutoffMs - intervalMs) table.head.expire(layout, cutoffMs);
        });
        let more = true;
        while (more && trouble === '') {
          const done = upkeep(`retention of ${table.tier}`, () => {
            more = table.expire(cutoffMs, EXPIRED_AT_ONCE);
          });
          more &&= done;
          if (performance.now() >= until) break;
        }
      }
      let more = true;
      while (more && trouble === '') {
        const done = upkeep('packing of 5m', () => {
          more = tables.bins['5m'].recode(nowMs);
        });
        more &&= done;
        if (performance.now() >= until) break;
      }
    },
    trouble: () => trouble,
  };
}

function blocks(layout: Int32Array, layouts: Layouts, values: Float64Array, columns: number): Float64Array[] {
  const out: Float64Array[] = [];
  let at = 0;
  for (const id of layout) {
    const size = layouts.series(id).length * columns;
    out.push(values.subarray(at, at + size));
    at += size;
  }
  if (at !== values.length) throw new RangeError(`${values.length} values for rows of ${at}`);
  return out;
}

/**
 * A row of bins that says nothing of some series must not replace what the row before it said of them,
 * nor stand before what other layouts have said of them since.
 */
function filled(table: Table, layouts: Layouts, layout: number, { tMs, block }: Incoming): Float64Array {
  if (table.columns === 1) return block;
  const series = layouts.series(layout);
  const width = series.length;
  const moments = table.head.layouts.get(layout);
  if (!moments || tMs > (moments.tMs[moments.count - 1] ?? NaN)) return block;
  if (!block.subarray(3 * width).some((known) => Number.isNaN(known))) return block;
  const rows = new Map<number, HeadRow | null>();
  const rowOf = (of: number): HeadRow | null => {
    let row = rows.get(of);
    if (row === undefined) {
      row = table.head.rows(of, tMs - 1, tMs, [true, true, true, true], 0, layouts.series(of).length - 1)[0] ?? null;
      rows.set(of, row);
    }
    return row;
  };
  if (!rowOf(layout)) return block;
  const whole = block.slice();
  for (let i = 0; i < width; i++) {
    if (!Number.isNaN(whole[3 * width + i])) continue;
    let newest = -1;
    for (const place of layouts.places(series[i] ?? 0)) {
      const row = rowOf(place.layout);
      if (!row || row.seq < newest || Number.isNaN(row.columns[3]?.[place.index])) continue;
      newest = row.seq;
      for (let k = 0; k < 4; k++) whole[k * width + i] = row.columns[k]?.[place.index] ?? NaN;
    }
  }
  return whole;
}
