/** The event loop's end of the catalog's worker. */
import { Worker } from 'node:worker_threads';
import { DataFolderError } from '../failures.ts';
import type { Reply, Request, Result, Step } from './protocol.ts';

export class StatementError extends Error {
  /** Primary result code of SQLite, null when it was something else. */
  readonly code: number | null;
  constructor(message: string, code: number | null) {
    super(message);
    this.name = 'StatementError';
    this.code = code;
  }
}

export interface Connection {
  /** Runs the steps as one transaction; all or none. Rejects with StatementError. */
  run(steps: readonly Step[]): Promise<readonly Result[]>;
  /** Runs one step that must not be in a transaction. */
  alone(step: Step): Promise<void>;
  close(): Promise<void>;
}

/** @throws DataFolderError when the file cannot be used */
export async function connect(path: string): Promise<Connection> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { path } });
  const waiting = new Map<number, { resolve: (results: readonly Result[]) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  let ended: Error | null = null;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (reply: Reply) => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (!request) return;
    if (reply.ok) request.resolve(reply.results);
    else request.reject(reply.dataFolder ? new DataFolderError(reply.message) : new StatementError(reply.message, reply.code));
  });
  worker.on('error', (cause) => end(new Error(`the catalog's worker failed: ${String(cause)}`, { cause })));
  worker.on('exit', () => end(new Error('the catalog is closed')));

  const expect = (id: number) =>
    new Promise<readonly Result[]>((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.set(id, { resolve, reject });
    });
  const send = (steps: readonly Step[], alone: boolean) => {
    const id = ++nextId;
    const answer = expect(id);
    if (!ended) worker.postMessage({ id, steps, alone } satisfies Request);
    return answer;
  };
  try {
    await expect(0);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  let closing: Promise<void> | null = null;
  return {
    run: (steps) => (steps.length === 0 ? Promise.resolve([]) : send(steps, false)),
    alone: async (step) => {
      await send([step], true);
    },
    close: () => {
      closing ??= (async () => {
        const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        await send([], true);
        await exited;
      })();
      return closing;
    },
  };
}
