/** The event loop's end of the embedded store's worker. */
import { Worker } from 'node:worker_threads';
import { DataFolderError } from '../failures.ts';
import type { Answers, Message, Opened, Operation, Reply, WorkerOptions } from './protocol.ts';

export interface Thread {
  ask<O extends Operation>(operation: O, moved?: readonly ArrayBufferLike[]): Promise<Answers[O['op']]>;
  close(): Promise<void>;
}

/** @throws DataFolderError when the file cannot be used */
export async function startWorker(options: WorkerOptions): Promise<{ thread: Thread; opened: Opened }> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: options });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  let ended: Error | null = null;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (reply: Reply) => {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (!caller) return;
    if (reply.ok) caller.resolve(reply.value);
    else
      caller.reject(
        reply.dataFolder ? new DataFolderError(reply.message) : new Error(`the history could not answer: ${reply.message}`),
      );
  });
  worker.on('error', (cause) => end(new Error(`the store's thread failed: ${String(cause)}`, { cause })));
  worker.on('exit', () => end(new Error('the store is closed')));

  const expect = (id: number) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.set(id, { resolve, reject });
    });
  const ask = async <O extends Operation>(operation: O, moved: readonly ArrayBufferLike[] = []): Promise<Answers[O['op']]> => {
    const id = ++nextId;
    const answer = expect(id);
    if (!ended) worker.postMessage({ id, operation } satisfies Message, moved as ArrayBuffer[]);
    return (await answer) as Answers[O['op']];
  };
  let opened: Opened;
  try {
    opened = (await expect(0)) as Opened;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= (async () => {
      if (ended) return;
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      await ask({ op: 'close' });
      await exited;
    })();
    return closing;
  };
  return { thread: { ask, close }, opened };
}
