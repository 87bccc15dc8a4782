/**
 * Looks at everything in a history: SQLite's own structures, every row and its checksums, and whether rows
 * agree with each other. Holds the series and the ends of blocks in memory, never the history.
 */
import { DatabaseSync } from 'node:sqlite';
import type { BinTier } from '../../core/model.ts';
import { CHUNK_BINS } from './bin-chunks.ts';
import { wrongBinBlock, wrongBinChunk, wrongHeadRow, wrongRaw, wrongTimes, widthAt, verdict } from './check-rows.ts';
import { isDamage } from './damage.ts';
import { binsTime, TIER_OF_TABLE, type CheckReport, type Finding, type TableReport } from './findings.ts';
import { createLayouts } from './layouts.ts';
import { membersOf, sealOfSeries } from './loading.ts';
import { MIGRATIONS } from './migrations.ts';
import { BIN_TABLES, BLOCK_SERIES, firstOf } from './protocol.ts';
import { kindOf, placeOf, sealed } from './seals.ts';
import { walk, type Row } from './walking.ts';

/** So many findings are told of in the report; a repair sees all. */
const LISTED_MAX = 1000;
const PROGRESS_ROWS = 256;
const BIN_TIERS_OF = Object.entries(BIN_TABLES) as [BinTier, string][];

export interface CheckOptions {
  readonly db: DatabaseSync;
  /** For the report. */
  readonly file: string;
  /** Rows done so far and the table at hand. */
  readonly onProgress?: (rows: number, table: string) => void;
  readonly onFinding?: (finding: Finding) => void;
}

export function checkHistory({ db, file, onProgress, onFinding }: CheckOptions): CheckReport {
  const tables: TableReport[] = [];
  const findings: Finding[] = [];
  let damaged = 0;
  let rows = 0;
  const has = columnsIn(db);
  const find = (report: TableReport, finding: Partial<Finding> & Pick<Finding, 'reason' | 'remedy'>) => {
    report.damaged++;
    damaged++;
    const whole: Finding = {
      ...{ table: report.table, id: null, tier: TIER_OF_TABLE[report.table] ?? null, series: '', others: 0 },
      ...{ fromMs: null, toMs: null, keys: () => (finding.series ? [finding.series] : []) },
      ...finding,
    };
    if (findings.length < LISTED_MAX) findings.push(whole);
    onFinding?.(whole);
  };
  /** Goes through a table; what cannot be read of it is a finding by itself. */
  const each = (
    table: string,
    key: string,
    columns: string,
    look: (id: number, row: Row, report: TableReport) => void,
    from?: string,
  ) => {
    const report: TableReport = { table, rows: 0, damaged: 0 };
    tables.push(report);
    if (!has(table)) return;
    const seen = (id: number, row: Row) => {
      report.rows++;
      if (++rows % PROGRESS_ROWS === 0) onProgress?.(rows, table);
      look(id, row, report);
    };
    const lose = (first: number, last: number, reason: string) =>
      find(report, { reason: `cannot be read from row ${first} to ${last} (${reason})`, remedy: 'file' });
    walk(db, { table, key, columns, ...(from === undefined ? {} : { from }) }, seen, lose);
  };
  const optional = (table: string, column: string) => (has(table, column) ? `${table}.${column}` : `NULL AS ${column}`);

  onProgress?.(0, 'pages');
  const pages: TableReport = {
    table: 'pages',
    rows: Number(db.prepare('PRAGMA page_count').get()?.['page_count'] ?? 0),
    damaged: 0,
  };
  tables.push(pages);
  for (const reason of [...missing(db), ...integrity(db)]) find(pages, { reason, remedy: 'file' });

  const known = new Map<number, string>();
  const byKey = new Map<string, number>();
  each('series', 'id', `key, ${optional('series', 'sum')}`, (id, row, report) => {
    const key = row['key'] as string | null;
    known.set(id, typeof key === 'string' ? key : '');
    const reason =
      key !== null && typeof key !== 'string'
        ? 'has no key that is text'
        : !sealed(row['sum'], () => sealOfSeries(id, key))
          ? 'does not match its checksum'
          : key !== null && byKey.has(key)
            ? 'has the same key as another'
            : null;
    if (typeof key === 'string') byKey.set(key, id);
    if (reason) find(report, { id, series: typeof key === 'string' ? key : '', reason, remedy: 'series' });
  });
  byKey.clear();

  const layouts = new Map<number, Int32Array>();
  const places = createLayouts();
  each('layout', 'id', `series, ${optional('layout', 'sum')}`, (id, row, report) => {
    const members = membersOf(id, row['series'], row['sum']);
    if (!members) return find(report, { id, reason: 'does not match its checksum', remedy: 'layout' });
    layouts.set(id, members);
    places.add(id, members);
    const nameless = members.find((one) => !known.has(one));
    if (nameless !== undefined)
      find(report, { id: nameless, table: 'series', reason: 'is missing although a layout has it', remedy: 'series' });
  });
  /** Of whom a row of a layout speaks. */
  const ofLayout = (layout: number, first = 0, width = Infinity) => {
    const members = layouts.get(layout)?.subarray(first, first + width);
    const keys = () => Array.from(members ?? [], (one) => known.get(one) ?? '').filter((key) => key !== '');
    return { series: known.get(members?.[0] ?? 0) ?? '', others: Math.max(0, (members?.length ?? 0) - 1), keys };
  };
  const lost = { reason: 'is of a layout that is lost', remedy: 'orphan' } as const;

  for (const table of ['head_raw', ...BIN_TIERS_OF.map(([, name]) => `head_${name}`)]) {
    const names = table === 'head_raw' ? 'interval, value' : 'mean, min, max, known';
    const intervalMs = (row: Row) =>
      table === 'head_raw' ? -Number(row['interval']) : binsTime(TIER_OF_TABLE[table] ?? 'raw', 0, 1).toMs;
    each(table, 'seq', `layout, ts, ${names}, ${optional(table, 'sums')}`, (id, row, report) => {
      const [layout, ts] = [Number(row['layout']), Number(row['ts'])];
      const members = layouts.get(layout);
      const reason = members ? wrongHeadRow(table, row, members.length) : null;
      const time = { fromMs: Math.min(ts, ts + intervalMs(row)), toMs: Math.max(ts, ts + intervalMs(row)) };
      if (!members) find(report, { id, ...time, ...lost });
      else if (reason) find(report, { id, ...ofLayout(layout), ...time, reason, remedy: 'head' });
    });
  }
  each('times', 'id', 't1, stamps', (id, row, report) => {
    const reason = wrongTimes(row['stamps'], row['t1']);
    if (reason) find(report, { id, toMs: Number(row['t1']), reason, remedy: 'times' });
  });

  /** Blocks are written in order of time: the end of the last one, by place. */
  const follow = () => {
    const ends = new Map<string, number>();
    return (place: string, begin: number, end: number): string | null => {
      const before = ends.get(place) ?? -Infinity;
      ends.set(place, Math.max(before, end));
      return begin > before ? null : 'begins before the one before it ends';
    };
  };
  const blockColumns = (table: string) => `${table}.layout, ${table}.first`;
  const withTimes = (table: string) => `${table} LEFT JOIN times ON times.id = ${table}.times`;
  const inOrder = follow();
  each(
    'raw_block',
    'id',
    `${blockColumns('raw_block')}, t0, raw_block.t1, interval, value, stamps`,
    (id, row, report) => {
      const [layout, first, t0, t1] = [row['layout'], row['first'], row['t0'], row['t1']].map(Number) as [
        number,
        number,
        number,
        number,
      ];
      const time = { fromMs: t0, toMs: t1 };
      const width = widthAt(first, layouts.get(layout)?.length ?? 0);
      if (width === 0) return find(report, { id, ...time, ...lost });
      const reason = wrongRaw('raw_block', row, [layout, first], width) ?? inOrder(`${layout} ${first}`, t0, t1);
      if (reason) find(report, { id, ...ofLayout(layout, first, BLOCK_SERIES), ...time, reason, remedy: 'raw' });
    },
    withTimes('raw_block'),
  );
  const overlapping = has('raw') ? db.prepare('SELECT 1 FROM raw WHERE series = ? AND t0 > ? AND t0 <= ? LIMIT 1') : null;
  const blockBefore = has('raw_block')
    ? db.prepare('SELECT t1 FROM raw_block WHERE layout = ? AND first = ? AND t0 <= ? ORDER BY t0 DESC LIMIT 1')
    : null;
  const collides = (series: number, t0: number, t1: number): string | null => {
    if (overlapping?.get(series, t0, t1)) return 'reaches into the one after it';
    const inBlock = places
      .places(series)
      .some(({ layout, index }) => Number(blockBefore?.get(layout, firstOf(index), t1)?.['t1'] ?? -Infinity) >= t0);
    return inBlock ? 'tells of the same time as a block' : null;
  };
  each(
    'raw',
    'id',
    'series, t0, raw.t1, interval, value, stamps',
    (id, row, report) => {
      const [series, t0, t1] = [row['series'], row['t0'], row['t1']].map(Number) as [number, number, number];
      const reason = wrongRaw('raw', row, [series], 1) ?? verdict(() => collides(series, t0, t1));
      if (reason) find(report, { id, series: known.get(series) ?? '', fromMs: t0, toMs: t1, reason, remedy: 'raw' });
    },
    withTimes('raw'),
  );

  for (const [tier, table] of BIN_TIERS_OF) {
    const withMeans = (name: string) => `${name} LEFT JOIN ${name}_mean USING (id)`;
    const block = `${table}_block`;
    const inOrderOfBins = follow();
    each(
      block,
      'id',
      `layout, first, b0, n, mean, min, max, known`,
      (id, row, report) => {
        const [layout, first, b0, n] = [row['layout'], row['first'], row['b0'], row['n']].map(Number) as [
          number,
          number,
          number,
          number,
        ];
        const time = binsTime(tier, b0, n);
        const width = widthAt(first, layouts.get(layout)?.length ?? 0);
        if (width === 0) return find(report, { id, ...time, ...lost });
        const reason = wrongBinBlock(block, row, width, CHUNK_BINS[tier]) ?? inOrderOfBins(`${layout} ${first}`, b0, b0 + n - 1);
        if (reason) find(report, { id, ...ofLayout(layout, first, BLOCK_SERIES), ...time, reason, remedy: 'bins' });
      },
      withMeans(block),
    );
    each(
      table,
      'id',
      'series, slot, mean, min, max, known',
      (id, row, report) => {
        const reason = wrongBinChunk(table, tier, row);
        const time = binsTime(tier, Number(row['slot']) * CHUNK_BINS[tier], CHUNK_BINS[tier]);
        if (reason) find(report, { id, series: known.get(Number(row['series'])) ?? '', ...time, reason, remedy: 'bins' });
      },
      withMeans(table),
    );
    for (const name of [block, table]) {
      const owner = `${name}_mean LEFT JOIN ${name} USING (id)`;
      const there = name === block ? `${name}.n` : `${name}.slot`;
      each(
        `${name}_mean`,
        'id',
        `${there} AS owner`,
        (id, row, report) => {
          if (row['owner'] === null) find(report, { id, tier, reason: 'has means without the rest', remedy: 'orphan' });
        },
        owner,
      );
    }
  }
  const moved: TableReport = { table: 'moved', rows: 0, damaged: 0 };
  tables.push(moved);
  for (const row of has('moved', 'sum') ? db.prepare('SELECT head, layout, seq, sum FROM moved').all() : []) {
    moved.rows++;
    const [layout, seq] = [Number(row['layout']), Number(row['seq'])];
    if (sealed(row['sum'], () => placeOf(kindOf(String(row['head'])), layout, seq))) continue;
    find(moved, { ...ofLayout(layout), id: layout, reason: 'does not match its checksum', remedy: 'moved' });
  }
  return { file, sound: damaged === 0, tables, damaged, findings, setAside: unseen(db, has) };
}

/** Tables and indexes that a file of its format has, and this one has not. */
export function missing(db: DatabaseSync): string[] {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version < 1) return ['the file does not say which format it has'];
  const model = new DatabaseSync(':memory:');
  try {
    model.exec(MIGRATIONS.slice(0, version).join(';'));
    const names = (one: DatabaseSync) =>
      one
        .prepare("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")
        .all()
        .map((row) => `${String(row['type'])} ${String(row['name'])}`);
    const there = new Set(names(db));
    return names(model).flatMap((name) => (there.has(name) ? [] : [`the ${name} is missing`]));
  } finally {
    model.close();
  }
}

/** What SQLite itself says of the file. */
function integrity(db: DatabaseSync): string[] {
  try {
    const rows = db.prepare('PRAGMA integrity_check(100)').all();
    return rows.map((row) => String(row['integrity_check'])).filter((text) => text !== 'ok');
  } catch (error) {
    if (isDamage(error)) return [error.message];
    throw error;
  }
}

/** Which tables and columns there are: a file of an older format has fewer. */
function columnsIn(db: DatabaseSync): (table: string, column?: string) => boolean {
  const found = new Map<string, ReadonlySet<string>>();
  return (table, column) => {
    let names = found.get(table);
    if (!names) {
      names = new Set(
        db
          .prepare('SELECT name FROM pragma_table_info(?)')
          .all(table)
          .map((row) => String(row['name'])),
      );
      found.set(table, names);
    }
    return column === undefined ? names.size > 0 : names.has(column);
  };
}

function unseen(db: DatabaseSync, has: (table: string, column: string) => boolean): number {
  const where = has('damaged', 'seen') ? 'WHERE seen = 0' : '';
  return Number(db.prepare(`SELECT count(*) AS n FROM damaged ${where}`).get()?.['n'] ?? 0);
}
