/** The thread that owns history.db: answers one message after the other, and tidies up in between. */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { DataFolderError, fileTrouble } from '../failures.ts';
import { release } from './codec.ts';
import { createDamage } from './damage.ts';
import { createLayouts } from './layouts.ts';
import { loadLayouts, loadSeries } from './loading.ts';
import { PAGE_BYTES } from './migrations.ts';
import { openHistory, openingError } from './opening.ts';
import type { Answers, Message, Opened, Operation, Reply, WorkerHealth, WorkerOptions } from './protocol.ts';
import { createBinTable } from './bin-table.ts';
import { createRawTable } from './raw-table.ts';
import { readBins } from './read-bins.ts';
import { readLatest, readRaw } from './read-raw.ts';
import { createWrites, type Tables } from './writes.ts';

/** A write's caller has its answer already; the next one waits at most about this long, and one closing. */
const TEND_MS = 10;
const MAINTAIN_MS = 100;
/** So much of the log is moved into the file at once. */
const CHECKPOINT_BYTES = 32 * 1024 * 1024;

interface Store {
  handle(operation: Operation): Answers[keyof Answers];
  /** What can wait until the answer is sent. */
  afterwards(operation: Operation): void;
}

function open({ path, mostBytes }: WorkerOptions): { readonly store: Store; readonly opened: Opened } {
  const db = openHistory(path);
  db.exec('PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864');
  if (mostBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(mostBytes / pageBytes(db)))}`);
  const damage = createDamage(db);
  const known = loadSeries(db, damage);
  const { series, removed } = known;
  const ground = { db, damage, layouts: createLayouts(), removed };
  const { layouts } = ground;
  const tables: Tables = {
    raw: createRawTable(ground),
    bins: { '5m': createBinTable(ground, '5m'), '1h': createBinTable(ground, '1h'), '1d': createBinTable(ground, '1d') },
  };
  const rest = loadLayouts(db, damage, tables, layouts, known);
  const writes = createWrites(path, tables, ground);
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
  const store: Store = {
    handle(operation) {
      switch (operation.op) {
        case 'write': {
          const result = writes.write(operation);
          for (const { values } of [operation.raw, ...operation.bins]) release(values);
          return result;
        }
        case 'tiers':
          writes.setTiers(operation.tiers);
          return null;
        case 'raw':
          return readRaw(tables, layouts, operation, damage.reason() !== '');
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
          try {
            db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
          } catch (error) {
            // On a full disk the log stays beside the file, with all that it holds.
            if (!fileTrouble(error, path)) throw error;
          }
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
  return { store, opened: { series, ...rest } };
}

function pages(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA page_count').get()?.['page_count'] ?? 0) * pageBytes(db);
}

/** A file keeps the pages it was begun with. */
function pageBytes(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA page_size').get()?.['page_size'] ?? PAGE_BYTES);
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
  const options = workerData as WorkerOptions;
  let opened: ReturnType<typeof open>;
  try {
    opened = open(options);
  } catch (error) {
    port.postMessage(failure(0, openingError(error, options.path)));
    return;
  }
  const { store } = opened;
  const answer = (id: number, value: Answers[keyof Answers] | Opened) => {
    const moved =
      value !== null && 'data' in value
        ? [value.data.buffer, value.counts.buffer, value.previousMs.buffer, value.order.buffer]
        : [];
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
  answer(0, opened.opened);
}

if (!parentPort) throw new Error('this file runs as a worker only');
serve(parentPort);
