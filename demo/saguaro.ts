/** Saguaro itself, as the demonstration uses it: its command line in processes of their own, and its API. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CannotRun } from './folder.ts';

const HOME = join(import.meta.dirname, '..');
const PROGRAM = join(HOME, 'main.ts');
const IMPORT_TIMEOUT_MS = 10 * 60_000;
const START_TIMEOUT_MS = 60_000;
const OUTPUT_MAX = 100_000;
const ADDRESS = /^Saguaro .* at (http\S+)$/m;

export interface Server {
  readonly url: string;
  readonly child: ChildProcess;
  /** Exit status, null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Nothing of the person's own Saguaro counts here: only the file of the demonstration. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SAGUARO_'));
  return { NODE_COMPILE_CACHE: join(HOME, '.cache', 'compile'), ...Object.fromEntries(own) };
}

function start(words: readonly string[], config: string, stdin: 'pipe' | 'ignore'): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...words, '--config', config], {
    env: environment(),
    stdio: [stdin, 'pipe', 'pipe'],
  });
}

/** Both streams of a process, bounded. */
function listenTo(child: ChildProcess): () => string {
  let output = '';
  const take = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-OUTPUT_MAX);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return () => output;
}

/** `saguaro import -` of some text. @throws CannotRun with what the command said */
export async function importText(
  config: string,
  text: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const child = start(['import', '-'], config, 'pipe');
  const output = listenTo(child);
  const stop = () => child.kill('SIGKILL');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(IMPORT_TIMEOUT_MS)]);
  deadline.addEventListener('abort', stop, { once: true });
  const closed = once(child, 'close') as Promise<[number | null]>;
  try {
    // A command that ends early breaks the pipe; what it said is worth more than that.
    if (child.stdin) await pipeline(Readable.from(text), child.stdin).catch(() => undefined);
    const [status] = await closed;
    signal.throwIfAborted();
    if (status !== 0) throw new CannotRun(`The history could not be imported: ${output().trim()}`);
  } finally {
    deadline.removeEventListener('abort', stop);
  }
}

/** Starts `saguaro serve`. @throws CannotRun with what it said when it ends at once */
export async function startServer(config: string, onLine: (line: string) => void): Promise<Server> {
  const child = start(['serve'], config, 'ignore');
  const output = listenTo(child);
  const ended = once(child, 'exit').then(([status]: (number | null)[]) => status ?? null);
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => refuse('the server did not start within a minute'), START_TIMEOUT_MS);
    const refuse = (why: string) => {
      clearTimeout(late);
      child.kill('SIGKILL');
      reject(new CannotRun(why));
    };
    const look = () => {
      const found = ADDRESS.exec(output())?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(found);
    };
    child.stdout?.on('data', look);
    void ended.then(() => refuse(output().trim().replaceAll('saguaro: ', '') || 'the server ended at once'));
  });
  child.stderr?.on('data', (chunk: Buffer) => chunk.toString().trimEnd().split('\n').forEach(onLine));
  return { url, child, ended };
}

/** @throws CannotRun when nothing can listen there, before the long work is done for nothing */
export async function checkFree(host: string, port: number): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(port, host.replace(/^\[|\]$/g, ''));
    await once(probe, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CannotRun(
      code === 'EADDRINUSE'
        ? `Port ${port} on ${host} is in use by another program: stop it, or choose another with --listen ${host}:${port + 1}.`
        : `Nothing can listen on ${host}:${port} (${code ?? String(cause)}): choose another place with --listen.`,
      { cause },
    );
  } finally {
    probe.close();
  }
}

/** GET of the API. @throws Error when it does not answer with 200 in time */
export async function ask<T>(url: string, path: string): Promise<T> {
  const response = await fetch(`${url}api/v1/${path}`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}
