/**
 * PNG of SVG, by one thread: at most so many wait, each has a deadline, the same picture is drawn
 * once however many ask for it, and a thread that ends takes only the picture it was at with it.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

export interface Job {
  readonly id: number;
  readonly svg: string;
  readonly scale: 1 | 2;
}
export type Drawn = { readonly id: number; readonly png: Uint8Array } | { readonly id: number; readonly error: string };

/** So many pictures wait already: ask again later. */
export class RenderBusy extends Error {
  constructor() {
    super('Too many pictures are being drawn just now: try again in a few seconds.');
    this.name = 'RenderBusy';
  }
}
/** A picture could not be drawn, and why. */
export class RenderFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RenderFailed';
  }
}

export interface PngOptions {
  readonly fontFiles: readonly string[];
  /** Pictures that may wait, besides the one that is drawn. */
  readonly waitingMax: number;
  /** For one picture, once it is begun. */
  readonly deadlineMs: number;
  /** Of finished pictures that are kept. */
  readonly keptBytes: number;
  /** The thread's file; another one in tests. */
  readonly file?: URL;
}

export interface Pngs {
  /** @param always waits also when the queue is full, in a second one of the same length @throws RenderBusy, RenderFailed */
  draw(svg: string, scale: 1 | 2, always?: boolean): Promise<Buffer>;
  close(): Promise<void>;
}

interface Waiting extends Job {
  readonly resolve: (png: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export function createPngs(options: PngOptions): Pngs {
  const { fontFiles, waitingMax, deadlineMs, keptBytes } = options;
  const file = options.file ?? new URL('./worker.ts', import.meta.url);
  const kept = createKept(keptBytes);
  const drawing = new Map<string, Promise<Buffer>>();
  const queue: Waiting[] = [];
  let current: Waiting | null = null;
  let worker: Worker | null = null;
  let nextId = 0;
  let closed = false;

  const settle = (end: (job: Waiting) => void) => {
    const job = current;
    current = null;
    if (job) end(job);
    next();
  };
  /** The thread is given up with what it was drawing; the next picture gets a new one. */
  const giveUp = (gone: Worker, error: Error) => {
    if (worker !== gone) return;
    worker = null;
    void gone.terminate();
    settle((job) => job.reject(error));
  };
  const start = (): Worker => {
    const made = new Worker(file, { workerData: { fontFiles }, resourceLimits: { maxYoungGenerationSizeMb: 6 } });
    // Pictures are no reason for the process to stay.
    made.unref();
    made.on('message', (drawn: Drawn) => {
      if (worker !== made || drawn.id !== current?.id) return;
      settle((job) => {
        if ('error' in drawn) job.reject(new RenderFailed(`The picture could not be drawn: ${drawn.error}.`));
        else job.resolve(Buffer.from(drawn.png.buffer, drawn.png.byteOffset, drawn.png.byteLength));
      });
    });
    made.on('error', (cause) => giveUp(made, new RenderFailed('The thread that draws pictures failed.', { cause })));
    made.on('exit', () => giveUp(made, new RenderFailed('The thread that draws pictures ended.')));
    return made;
  };
  /** Knows the picture by its number only: a signal stays until its time is over, also of what was drawn long before. */
  const watch = (at: Worker, id: number) =>
    AbortSignal.timeout(deadlineMs).addEventListener('abort', () => {
      if (current?.id === id) giveUp(at, new RenderFailed(`The picture was not drawn within ${deadlineMs / 1000} s.`));
    });
  const next = () => {
    if (current || closed) return;
    const job = queue.shift();
    if (!job) return;
    current = job;
    const at = (worker ??= start());
    watch(at, job.id);
    at.postMessage({ id: job.id, svg: job.svg, scale: job.scale } satisfies Job);
  };

  return {
    draw(svg, scale, always = false) {
      if (closed) return Promise.reject(new RenderFailed('Pictures are no longer drawn: the server stops.'));
      const key = keyOf(svg, scale);
      const ready = kept.get(key);
      if (ready) return Promise.resolve(ready);
      const under = drawing.get(key);
      if (under) return under;
      if (queue.length >= (always ? 2 * waitingMax : waitingMax)) return Promise.reject(new RenderBusy());
      const made = new Promise<Buffer>((resolve, reject) => queue.push({ id: ++nextId, svg, scale, resolve, reject }));
      const told = made.then(
        (png) => {
          drawing.delete(key);
          kept.put(key, png);
          return png;
        },
        (error: unknown) => {
          drawing.delete(key);
          throw error;
        },
      );
      drawing.set(key, told);
      next();
      return told;
    },
    async close() {
      closed = true;
      const ending = new RenderFailed('The picture was not drawn: the server stops.');
      const gone = worker;
      worker = null;
      current?.reject(ending);
      current = null;
      for (const { reject } of queue.splice(0)) reject(ending);
      await gone?.terminate();
    },
  };
}

/** The same SVG is the same picture. */
export const keyOf = (svg: string, scale: 1 | 2): string => `${createHash('sha1').update(svg).digest('base64url')}-${scale}`;

/** Pictures by key, the one unused for longest dropped first. */
function createKept(bytesMax: number) {
  const pictures = new Map<string, Buffer>();
  let bytes = 0;
  return {
    get(key: string): Buffer | undefined {
      const found = pictures.get(key);
      if (found) {
        pictures.delete(key);
        pictures.set(key, found);
      }
      return found;
    },
    put(key: string, png: Buffer): void {
      if (png.length > bytesMax / 2) return;
      pictures.set(key, png);
      bytes += png.length;
      for (const [oldest, { length }] of pictures) {
        if (bytes <= bytesMax) break;
        pictures.delete(oldest);
        bytes -= length;
      }
    },
  };
}
