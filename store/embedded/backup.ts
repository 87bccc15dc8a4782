/** Copies history.db from a thread of its own: it reads one moment's state while writing goes on. */
import { Worker } from 'node:worker_threads';

/**
 * @param to a file that does not exist yet; it holds everything that was durable when the copy began
 * @throws Error when it exists, or cannot be written
 */
export async function copyHistory(from: string, to: string): Promise<void> {
  if (from === ':memory:') throw new Error('a history in memory has no file to copy');
  const worker = new Worker(new URL('./backup-worker.ts', import.meta.url), { workerData: { from, to } });
  await new Promise<void>((resolve, reject) => {
    worker.once('error', (cause: unknown) =>
      reject(new Error(`${to} could not be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })),
    );
    worker.once('exit', () => resolve());
  });
}
