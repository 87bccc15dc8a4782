/**
 * Runs the catalog's statements away from the event loop. Each request is done whole or not at
 * all; those that wait at the same time become durable together, with one sync of the disk.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openDatabase } from '../schema.ts';
import { DataFolderError, sqliteCode } from '../failures.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Reply, Request, Result, Step } from './protocol.ts';

const KEPT_STATEMENTS = 100;
/** The last readings of a device with some hundred counters fit on one page, and they are most of what is written. */
const PAGE_BYTES = 16_384;
/** Requests that become durable together. */
const TOGETHER = 64;

function serve(): void {
  const port = parentPort;
  if (!port) throw new Error('this file runs as a worker only');
  const { path } = workerData as { path: string };
  let db: DatabaseSync;
  try {
    db = openDatabase(path, MIGRATIONS, { pageSize: PAGE_BYTES });
  } catch (error) {
    port.postMessage(failure(0, error));
    return;
  }
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    let statement = prepared.get(sql);
    if (!statement) {
      if (prepared.size >= KEPT_STATEMENTS) prepared.clear();
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
  const execute = ({ steps }: Request): Result[] => steps.map((step) => executed(prepare(step.sql), step));
  /** A request of several becomes nothing when one of its steps fails; the others stay. */
  const attempt = (request: Request): Reply => {
    db.exec('SAVEPOINT request');
    try {
      const results = execute(request);
      db.exec('RELEASE request');
      return { id: request.id, ok: true, results };
    } catch (error) {
      // A full disk ends the whole transaction; then there is nothing to go back to.
      if (!db.isTransaction) throw error;
      db.exec('ROLLBACK TO request; RELEASE request');
      return failure(request.id, error);
    }
  };
  const together = (requests: readonly Request[]): Reply[] => {
    try {
      db.exec('BEGIN IMMEDIATE');
      const [only] = requests;
      // What goes alone needs no way back of its own, which costs a copy of every page that changes.
      const replies: Reply[] =
        only && requests.length === 1 ? [{ id: only.id, ok: true, results: execute(only) }] : requests.map(attempt);
      db.exec('COMMIT');
      return replies;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      // One that the disk has no room for must not take those with it that only read.
      return requests.length > 1
        ? requests.flatMap((request) => together([request]))
        : requests.map(({ id }) => failure(id, error));
    }
  };
  const alone = (request: Request): Reply => {
    try {
      return { id: request.id, ok: true, results: execute(request) };
    } catch (error) {
      return failure(request.id, error);
    }
  };
  const close = (request: Request) => {
    try {
      db.close();
      port.postMessage({ id: request.id, ok: true, results: [] } satisfies Reply);
      port.close();
    } catch (error) {
      port.postMessage(failure(request.id, error));
    }
  };
  /** In the order they came: what must run alone ends a group. */
  const serveAll = (requests: readonly Request[]) => {
    let group: Request[] = [];
    const flush = () => {
      if (group.length > 0) for (const reply of together(group)) port.postMessage(reply);
      group = [];
    };
    for (const request of requests) {
      if (request.steps.length > 0 && !request.alone) {
        group.push(request);
        continue;
      }
      flush();
      if (request.steps.length === 0) close(request);
      else port.postMessage(alone(request));
    }
    flush();
  };
  port.on('message', (first: Request) => {
    const requests = [first];
    while (requests.length < TOGETHER) {
      const next = receiveMessageOnPort(port) as { message: Request } | undefined;
      if (!next) break;
      requests.push(next.message);
    }
    serveAll(requests);
  });
  port.postMessage({ id: 0, ok: true, results: [] } satisfies Reply);
}

function executed(statement: StatementSync, { params, each }: Step): Result {
  if (each) {
    for (const one of each) statement.run(...one);
    return { rows: [], lastId: 0 };
  }
  if (statement.columns().length > 0) return { rows: statement.all(...params), lastId: 0 };
  return { rows: [], lastId: Number(statement.run(...params).lastInsertRowid) };
}

function failure(id: number, error: unknown): Reply {
  return {
    id,
    ok: false,
    message: error instanceof Error ? error.message : String(error),
    code: sqliteCode(error),
    dataFolder: error instanceof DataFolderError,
  };
}

serve();
