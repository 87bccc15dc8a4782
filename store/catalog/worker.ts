/** Runs the catalog's statements away from the event loop, each request as one transaction. */
import { parentPort, workerData } from 'node:worker_threads';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { openDatabase } from '../schema.ts';
import { DataFolderError, sqliteCode } from '../failures.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Reply, Request, Result } from './protocol.ts';

const KEPT_STATEMENTS = 100;

function serve(): void {
  const port = parentPort;
  if (!port) throw new Error('this file runs as a worker only');
  const { path } = workerData as { path: string };
  let db: DatabaseSync;
  try {
    db = openDatabase(path, MIGRATIONS);
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
  const run = (request: Request): Result[] => {
    if (request.alone) {
      return request.steps.map((step) => execute(prepare(step.sql), step.params));
    }
    db.exec('BEGIN IMMEDIATE');
    try {
      const results = request.steps.map((step) => execute(prepare(step.sql), step.params));
      db.exec('COMMIT');
      return results;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
  port.on('message', (request: Request) => {
    try {
      if (request.steps.length === 0) {
        db.close();
        port.postMessage({ id: request.id, ok: true, results: [] } satisfies Reply);
        port.close();
        return;
      }
      port.postMessage({ id: request.id, ok: true, results: run(request) } satisfies Reply);
    } catch (error) {
      port.postMessage(failure(request.id, error));
    }
  });
  port.postMessage({ id: 0, ok: true, results: [] } satisfies Reply);
}

function execute(statement: StatementSync, params: readonly SQLInputValue[]): Result {
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
