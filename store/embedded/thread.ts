/** The event loop's end of the embedded store's worker. */
import { DataFolderError } from '../failures.ts';
import { openLine } from '../line.ts';
import type { Answers, Opened, Operation, Reply, WorkerOptions } from './protocol.ts';

export interface Thread {
  ask<O extends Operation>(operation: O, moved?: readonly ArrayBufferLike[]): Promise<Answers[O['op']]>;
  close(): Promise<void>;
}

/** @throws DataFolderError when the file cannot be used */
export async function startWorker(options: WorkerOptions): Promise<{ thread: Thread; opened: Opened }> {
  const { line, greeting } = await openLine<Reply>({
    file: new URL('./worker.ts', import.meta.url),
    workerData: options,
    name: 'the store',
    read: (reply) => {
      if (reply.ok) return reply.value;
      throw reply.dataFolder ? new DataFolderError(reply.message) : new Error(`the history could not answer: ${reply.message}`);
    },
  });
  const ask = async <O extends Operation>(operation: O, moved: readonly ArrayBufferLike[] = []): Promise<Answers[O['op']]> =>
    (await line.ask({ operation }, moved as ArrayBuffer[])) as Answers[O['op']];
  return { thread: { ask, close: () => line.close({ operation: { op: 'close' } }) }, opened: greeting as Opened };
}
