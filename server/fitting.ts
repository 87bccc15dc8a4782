/** Forecasts by one thread of low priority: at most so many wait, each has a deadline, and a thread that ends takes only its own with it. */
import { Worker } from 'node:worker_threads';
import type { Forecast, ForecastKind, History } from '../core/forecast/model.ts';

export interface FitRequest {
  readonly kind: ForecastKind;
  readonly history: History;
  readonly limit: number | null;
  readonly horizonMs: number;
  readonly nowMs: number;
  readonly stepMs: number;
  /** IANA name: whose days these are. */
  readonly zone: string;
  readonly changesMs: readonly number[];
}
export interface FitJob extends FitRequest {
  readonly id: number;
}
export type FitAnswer = { readonly id: number; readonly made: Forecast } | { readonly id: number; readonly error: string };

/** A forecast could not be made, and why. */
export class FitFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FitFailed';
  }
}

export interface Fitter {
  /** @throws FitFailed */
  fit(request: FitRequest): Promise<Forecast>;
  close(): Promise<void>;
}
export interface FitterOptions {
  /** For one forecast, once it is begun; 30 s unless told. */
  readonly deadlineMs?: number;
  /** Forecasts that may wait; 128 unless told. */
  readonly waitingMax?: number;
  /** The thread's file; another one in tests. */
  readonly file?: URL;
}

interface Waiting {
  readonly job: FitJob;
  readonly resolve: (made: Forecast) => void;
  readonly reject: (error: Error) => void;
}

/** The thread is started with the first forecast, and again after one that ended. */
export function createFitter({ deadlineMs = 30_000, waitingMax = 128, file }: FitterOptions = {}): Fitter {
  const queue: Waiting[] = [];
  let current: Waiting | null = null;
  let worker: Worker | null = null;
  let nextId = 0;
  let closed = false;

  const settle = (end: (one: Waiting) => void): void => {
    const one = current;
    current = null;
    if (one) end(one);
    next();
  };
  const giveUp = (gone: Worker, error: Error): void => {
    if (worker !== gone) return;
    worker = null;
    void gone.terminate();
    settle((one) => one.reject(error));
  };
  function start(): Worker {
    const made = new Worker(file ?? new URL('./forecast-worker.ts', import.meta.url));
    // Forecasts are no reason for the process to stay.
    made.unref();
    made.on('message', (answer: FitAnswer) => {
      if (worker !== made || answer.id !== current?.job.id) return;
      settle((one) => {
        if ('error' in answer) one.reject(new FitFailed(`The forecast could not be made: ${answer.error}`));
        else one.resolve(answer.made);
      });
    });
    made.on('error', (cause) => giveUp(made, new FitFailed('The thread that makes forecasts failed.', { cause })));
    made.on('exit', () => giveUp(made, new FitFailed('The thread that makes forecasts ended.')));
    return made;
  }
  function next(): void {
    if (current || closed) return;
    const one = queue.shift();
    if (!one) return;
    current = one;
    const at = (worker ??= start());
    const { id } = one.job;
    AbortSignal.timeout(deadlineMs).addEventListener('abort', () => {
      if (current?.job.id === id) giveUp(at, new FitFailed(`The forecast was not made within ${deadlineMs / 1000} s.`));
    });
    at.postMessage(one.job);
  }

  return {
    fit(request) {
      if (closed) return Promise.reject(new FitFailed('Forecasts are no longer made: the server stops.'));
      if (queue.length >= waitingMax)
        return Promise.reject(new FitFailed('Too many forecasts are being made just now: try again in a few seconds.'));
      return new Promise((resolve, reject) => {
        queue.push({ job: { ...request, id: ++nextId }, resolve, reject });
        next();
      });
    },
    async close() {
      closed = true;
      const gone = worker;
      worker = null;
      const left = [...(current ? [current] : []), ...queue.splice(0)];
      current = null;
      for (const one of left) one.reject(new FitFailed('Forecasts are no longer made: the server stops.'));
      await gone?.terminate();
    },
  };
}
