/** The thread that owns history.db: answers one message after the other, and tidies up in between. */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { DataFolderError, fileTrouble } from '../failures.ts';
import { openDatabase } from '../schema.ts';
import { createDamage } from './damage.ts';
import { createLayouts, type Layouts } from './layouts.ts';
import { MIGRATIONS, PAGE_BYTES } from './migrations.ts';
import type { Answers, Message, Opened, Operation, Reply, SeriesDefinitions, WorkerHealth, WorkerOptions } from './protocol.ts';
import { readBins, readLatest, readRaw } from './reads.ts';
import { createBinTable, createRawTable } from './tables.ts';
import { createWrites, type Tables } from './writes.ts';

/** A write's caller has its answer already; the next one waits at most about this long, and one closing. */
const TEND_MS = 10;
const MAINTAIN_MS = 100;
/** So much of the log is moved into the file at once. */
const CHECKPOINT_BYTES = 32 * 1024 * 1024;

interface Store {
  readonly opened: Opened;
  handle(operation: Operation): Answers[keyof Answers];
  /** What can wait until the answer is sent. */
  afterwards(operation: Operation): void;
}

function open({ path, mostBytes }: WorkerOptions): Store {
  const db = openDatabase(path, MIGRATIONS, { pageSize: PAGE_BYTES });
  db.exec('PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864');
  if (mostBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(mostBytes / PAGE_BYTES))}`);
  const damage = createDamage(db);
  const tables: Tables = {
    raw: createRawTable(db, damage),
    bins: {
      '5m': createBinTable(db, '5m', damage),
      '1h': createBinTable(db, '1h', damage),
      '1d': createBinTable(db, '1d', damage),
    },
  };
  const layouts = createLayouts();
  const { series, removed, nextSeries } = loadSeries(db);
  const nextLayout = loadLayouts(db, tables, layouts);
  const writes = createWrites(db, path, tables, layouts, removed);
  let checkpointTrouble = '';
  let tendTrouble = '';
  const checkpoint = () => {
    try {
      const passed = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
      checkpointTrouble =
        Number(passed?.['busy'] ?? 0) === 0 ? '' : `${path} is being read by another program, its log grows meanwhile.`;
    } catch (error) {
      checkpointTrouble = `${path} cannot take in its log (${error instanceof Error ? error.message : String(error)}); check the disk.`;
    }
  };
  const bytesOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const health = (): WorkerHealth => {
    const reason = [writes.trouble(), tendTrouble, checkpointTrouble, damage.reason()].filter(Boolean).join(' ');
    return { ok: reason === '', reason, bytes: path === ':memory:' ? pages(db) : bytesOf(path) + bytesOf(`${path}-wal`) };
  };
  return {
    opened: { series, nextSeries, nextLayout },
    handle(operation) {
      switch (operation.op) {
        case 'write':
          return writes.write(operation);
        case 'tiers':
          writes.setTiers(operation.tiers);
          return null;
        case 'raw':
          return readRaw(tables, layouts, operation);
        case 'bins':
          return readBins(tables, layouts, operation);
        case 'latest':
          return readLatest(tables, layouts, operation.series);
        case 'remove':
          writes.remove(operation.series);
          return null;
        case 'maintain':
          writes.maintain(operation.nowMs, MAINTAIN_MS);
          return null;
        case 'health':
          return health();
        case 'close':
          db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
          db.close();
          return null;
      }
    },
    afterwards(operation) {
      if (operation.op !== 'write' && operation.op !== 'maintain') return;
      try {
        writes.tend(TEND_MS);
        tendTrouble = '';
      } catch (error) {
        // What was written is safe in the head; only its packing waits, and health says why.
        tendTrouble = `${path} cannot pack what is older (${error instanceof Error ? error.message : String(error)}); please report it.`;
      }
      if (path !== ':memory:' && bytesOf(`${path}-wal`) > CHECKPOINT_BYTES) checkpoint();
    },
  };
}

function loadSeries(db: DatabaseSync): { series: SeriesDefinitions; removed: Set<number>; nextSeries: number } {
  const ids: number[] = [];
  const keys: string[] = [];
  const removed = new Set<number>();
  let nextSeries = 1;
  const all = db.prepare('SELECT id, key FROM series ORDER BY id');
  for (const row of all.iterate()) {
    const id = Number(row['id']);
    nextSeries = id + 1;
    if (typeof row['key'] === 'string') {
      ids.push(id);
      keys.push(row['key']);
    } else removed.add(id);
  }
  return { series: { ids: Int32Array.from(ids), keys: keys.join('\n') }, removed, nextSeries };
}

/** Layouts of which the head holds nothing any more are forgotten; writers define theirs anew. */
function loadLayouts(db: DatabaseSync, tables: Tables, layouts: Layouts): number {
  const used = new Set([tables.raw, ...Object.values(tables.bins)].flatMap((table) => [...table.head.spans.keys()]));
  let next = 1;
  const drop = db.prepare('DELETE FROM layout WHERE id = ?');
  for (const row of db.prepare('SELECT id, series FROM layout ORDER BY id').all()) {
    const id = Number(row['id']);
    const bytes = row['series'] as Uint8Array;
    if (used.has(id)) layouts.add(id, new Int32Array(bytes.slice().buffer));
    else drop.run(id);
    next = id + 1;
  }
  return next;
}

function pages(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA page_count').get()?.['page_count'] ?? 0) * PAGE_BYTES;
}

function opening(options: WorkerOptions): Store {
  try {
    return open(options);
  } catch (cause) {
    const trouble = fileTrouble(cause, options.path);
    throw trouble ? new DataFolderError(trouble.reason, { cause }) : cause;
  }
}

function failure(id: number, error: unknown): Reply {
  return {
    id,
    ok: false,
    message: error instanceof Error ? error.message : String(error),
    dataFolder: error instanceof DataFolderError,
  };
}

function serve(port: MessagePort): void {
  let store: Store;
  try {
    store = opening(workerData as WorkerOptions);
  } catch (error) {
    port.postMessage(failure(0, error));
    return;
  }
  const answer = (id: number, value: Answers[keyof Answers] | Opened) => {
    const moved = value !== null && 'data' in value ? [value.data.buffer, value.counts.buffer, value.previousMs.buffer] : [];
    port.postMessage({ id, ok: true, value } satisfies Reply, moved as ArrayBuffer[]);
  };
  port.on('message', ({ id, operation }: Message) => {
    try {
      const value = store.handle(operation);
      answer(id, value);
      if (operation.op === 'close') port.close();
    } catch (error) {
      port.postMessage(failure(id, error));
      return;
    }
    store.afterwards(operation);
  });
  answer(0, store.opened);
}

if (!parentPort) throw new Error('this file runs as a worker only');
serve(parentPort);
