/** A worker thread that is asked questions by number: the event loop's end, the same for every database. */
import { Worker, type Transferable } from 'node:worker_threads';

export interface Line {
  /** Sends the question with a number as its `id`; resolves or rejects with what `read` makes of the reply. */
  ask(question: object, moved?: readonly Transferable[]): Promise<unknown>;
  /** Asks a last question and waits for the thread to end; nothing is left to do when it has ended already. */
  close(lastQuestion: object): Promise<void>;
}

export interface LineOptions<Reply> {
  readonly file: URL;
  readonly workerData: unknown;
  /** For errors: "the catalog". */
  readonly name: string;
  /** The value of a reply; throws the error that a reply tells of. */
  readonly read: (reply: Reply) => unknown;
}

/** What a database's thread makes is mostly dropped at once: in little room it is found sooner, buffers outside the heap as well. */
const YOUNG_MB = 12;

/**
 * Starts the worker and waits until it is ready.
 * @returns the line, and what the worker said when it was ready; that may be large, so nobody here keeps it
 * @throws what `read` makes of a first reply that is a failure
 */
export async function openLine<Reply extends { readonly id: number }>(
  options: LineOptions<Reply>,
): Promise<{ readonly line: Line; readonly greeting: unknown }> {
  const worker = new Worker(options.file, {
    workerData: options.workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
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
    try {
      caller.resolve(options.read(reply));
    } catch (error) {
      caller.reject(error);
    }
  });
  worker.on('error', (cause) => end(new Error(`${options.name} failed: ${String(cause)}`, { cause })));
  worker.on('exit', () => end(new Error(`${options.name} is closed`)));

  const expect = (id: number) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended) reject(ended);
      else waiting.set(id, { resolve, reject });
    });
  const ask: Line['ask'] = (question, moved = []) => {
    const id = ++nextId;
    const answer = expect(id);
    if (!ended) worker.postMessage({ ...question, id }, moved);
    return answer;
  };
  let greeting: unknown;
  try {
    greeting = await expect(0);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  let closing: Promise<void> | null = null;
  const close: Line['close'] = (lastQuestion) => {
    closing ??= (async () => {
      if (ended) return;
      const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      await ask(lastQuestion);
      await exited;
    })();
    return closing;
  };
  return { line: { ask, close }, greeting };
}
