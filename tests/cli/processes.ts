/** The real program in processes of its own: commands that end, and a server that is stopped by its id. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '..', '..');
const READY_TIMEOUT_MS = 60_000;
const END_TIMEOUT_MS = 15_000;
const COMMAND_TIMEOUT_MS = 60_000;

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunningServer {
  /** With a slash at its end. */
  readonly url: string;
  readonly pid: number;
  /** All it wrote so far, both streams. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** SIGTERM, and SIGKILL if that takes too long. */
  stop(): Promise<number | string>;
  /** Waits until the output matches. */
  says(pattern: RegExp, timeoutMs?: number): Promise<void>;
}
type Variables = Readonly<Record<string, string>>;

/** A temporary folder that is removed by `remove`. */
export function folder(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `saguaro-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** The environment of the tests without anything of Saguaro's, so that only what a test gives counts. */
function environment(variables: Variables): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SAGUARO_') && name !== 'NODE_OPTIONS');
  return { ...(Object.fromEntries(own) as Record<string, string>), ...variables };
}

/** Runs `saguaro WORDS…` to its end. */
export function saguaro(words: readonly string[], variables: Variables, input = ''): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, 'main.ts'), ...words], {
      env: environment(variables),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: COMMAND_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    // A command that reads nothing may have closed its end already.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** The JSON a command printed; fails with what it said when it failed. */
export async function saguaroJson<T>(words: readonly string[], variables: Variables, input = ''): Promise<T> {
  const { status, stdout, stderr } = await saguaro([...words, '--json'], variables, input);
  if (status !== 0) throw new Error(`saguaro ${words.join(' ')} ended with ${String(status)}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Starts `saguaro serve` on a free port and waits for its address. Fails with its output when it ends before. */
export async function startServer(variables: Variables, words: readonly string[] = []): Promise<RunningServer> {
  const child = spawn(process.execPath, [join(ROOT, 'main.ts'), 'serve', ...words], {
    env: environment({ SAGUARO_LISTEN: '127.0.0.1:0', ...variables }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let over: number | string | null = null;
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (status, signal) => {
      over = status ?? signal ?? 'unknown';
      resolve(over);
    });
  });
  const says = async (pattern: RegExp, timeoutMs = READY_TIMEOUT_MS): Promise<void> => {
    const deadline = Date.now() + timeoutMs;
    while (!pattern.test(output)) {
      if (over !== null) throw new Error(`the server ended (${over}) before it said ${String(pattern)}:\n${output}`);
      if (Date.now() > deadline) throw new Error(`the server did not say ${String(pattern)}:\n${output}`);
      await wait(20);
    }
  };
  const stop = async () => {
    if (over === null) child.kill('SIGTERM');
    const first = await Promise.race([ended, wait(END_TIMEOUT_MS, null)]);
    if (first !== null) return first;
    child.kill('SIGKILL');
    return ended;
  };
  try {
    await says(/^Saguaro .* at http\S+$/m);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = /^Saguaro .* at (http\S+)$/m.exec(output)?.[1] ?? '';
  return { url, pid: child.pid ?? 0, output: () => output, signal: (name) => void child.kill(name), ended, stop, says };
}

/** Asks until the answer is what is wanted; fails with the last answer. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`not within ${timeoutMs / 1000} s; the last answer was ${JSON.stringify(answer).slice(0, 2_000)}`);
    await wait(100);
  }
}

/** GET of the API, as JSON. */
export async function get<T>(server: { url: string }, path: string): Promise<T> {
  const response = await fetch(`${server.url}api/v1/${path}`, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
