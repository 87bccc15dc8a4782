/** The event loop's end of the catalog's worker. */
import { DataFolderError } from '../failures.ts';
import { openLine } from '../line.ts';
import type { Reply, Result, Step } from './protocol.ts';

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
  const { line } = await openLine<Reply>({
    file: new URL('./worker.ts', import.meta.url),
    workerData: { path },
    name: 'the catalog',
    read: (reply) => {
      if (reply.ok) return reply.results;
      throw reply.dataFolder ? new DataFolderError(reply.message) : new StatementError(reply.message, reply.code);
    },
  });
  const send = async (steps: readonly Step[], alone: boolean) => (await line.ask({ steps, alone })) as readonly Result[];
  return {
    run: async (steps) => (steps.length === 0 ? [] : send(steps, false)),
    alone: async (step) => {
      await send([step], true);
    },
    close: () => line.close({ steps: [], alone: true }),
  };
}
