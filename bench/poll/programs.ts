/** The programs of the poll benchmark: building them, where they may run, and running them with a deadline. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const HERE = import.meta.dirname;
const BUILD_DEADLINE_MS = 120_000;
const START_DEADLINE_MS = 10_000;
const TMPFS = 0x01021994;

/** A scratch folder on a disk: in memory a store would look better than it is. */
export async function scratchFolder(): Promise<string> {
  const cache = join(HERE, '..', '..', '.cache');
  await mkdir(cache, { recursive: true });
  return mkdtemp(join(statfsSync(tmpdir()).type === TMPFS ? cache : tmpdir(), 'saguaro-bench-'));
}

export function programOnPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(':').filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** @throws Error with what the compiler says */
export function compile(compiler: string, output: string, sources: readonly string[], options: readonly string[]): string {
  const files = sources.map((source) => join(HERE, source));
  execFileSync(compiler, ['-std=gnu11', '-O2', '-o', output, ...files, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: BUILD_DEADLINE_MS,
  });
  return output;
}

/** Why there is no C compiler, or where one is. */
export function compilerOf(): { readonly path: string } | { readonly missing: string } {
  const path = programOnPath('gcc') ?? programOnPath('cc');
  return path ? { path } : { missing: 'there is no C compiler (gcc) to build the simulated devices with' };
}

/** @throws Error when even the one without v3 cannot be built */
export function buildResponder(compiler: string, folder: string): string {
  const output = join(folder, 'responder');
  const sources = ['responder.c', 'device.c', 'message.c', 'usm.c'];
  try {
    return compile(compiler, output, sources, ['-lcrypto']);
  } catch {
    // Without libcrypto or its headers there is no v3.
    return compile(compiler, output, sources, ['-DWITHOUT_V3']);
  }
}

/** One core for the client, another for the devices; null where they cannot be kept apart. */
export interface Cores {
  readonly client: number;
  readonly responder: number;
}
export function coresOf(): Cores | null {
  if (programOnPath('taskset') === null) return null;
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const cores = list.split(',').flatMap((part) => {
    const [from = NaN, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const [client, responder] = cores;
  return client !== undefined && responder !== undefined ? { client, responder } : null;
}

/** How the launcher starts Saguaro: with what flags of Node, and what it sets around it. @throws Error when it says neither */
export function asLaunched(): { readonly flags: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const launcher = readFileSync(join(HERE, '..', '..', 'saguaro'), 'utf8');
  const heap = /^heap=(\d+)$/m.exec(launcher)?.[1] ?? '';
  const flags = /\{SAGUARO_NODE_FLAGS:-([^}]+)\}/.exec(launcher)?.[1]?.replace('$heap', heap).split(' ');
  const arenas = /MALLOC_ARENA_MAX=\$\{MALLOC_ARENA_MAX:-(\d+)\}/.exec(launcher)?.[1];
  if (!flags || arenas === undefined) throw new Error('the launcher does not say how it starts Node');
  return { flags, env: { MALLOC_ARENA_MAX: arenas } };
}

/** A child is told that we ended by its closed channel or by the system; both end it. */
function start(
  core: number | null,
  program: string,
  args: readonly string[],
  channel: boolean,
  around: Readonly<Record<string, string>> = {},
): ChildProcess {
  const words = core === null ? [program, ...args] : ['taskset', '-c', String(core), program, ...args];
  const env = { NODE_COMPILE_CACHE: join(HERE, '..', '..', '.cache', 'compile'), ...process.env, ...around };
  return spawn(words[0] ?? '', words.slice(1), {
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])],
  });
}

export interface Responder {
  readonly port: number;
  /** On the machine's monotonic clock, milliseconds. */
  readonly startMs: number;
  readonly v3: boolean;
  /** Time it has used so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** @throws Error when it does not listen within ten seconds */
export async function startResponder(program: string, core: number | null, options: readonly string[] = []): Promise<Responder> {
  const child = start(core, program, options, false);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  for (let waitedMs = 0; !said.includes('\n') && waitedMs < START_DEADLINE_MS && child.exitCode === null; waitedMs += 20)
    await wait(20);
  const line = said.split('\n')[0] ?? '';
  if (!line.startsWith('{')) {
    await stop();
    throw new Error(`the simulated devices do not start: ${said}`);
  }
  const { port, startMs, v3 } = JSON.parse(line) as { port: number; startMs: number; v3: boolean };
  return {
    port,
    startMs,
    v3,
    cpuSeconds: () => Number(readFileSync(`/proc/${child.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9,
    stop,
  };
}

export interface Run {
  readonly program: string;
  readonly args: readonly string[];
  readonly core: number | null;
  readonly deadlineMs: number;
  /** Environment beside ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called when the client says that what it does from now on is measured. */
  readonly begun?: () => void;
}
/** By this a client says so, on its standard error. */
const BEGUN = 'measured from here';

/**
 * Runs a client to its end.
 * @returns the last line of its output, parsed
 * @throws Error when it fails or takes longer than its deadline
 */
export async function runClient<T>({ program, args, core, deadlineMs, env, begun }: Run): Promise<T> {
  const child = start(core, program, args, program === process.execPath, env);
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => {
    const before = errors.includes(BEGUN);
    errors += chunk.toString();
    if (!before && errors.includes(BEGUN)) begun?.();
  });
  const over = new AbortController();
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `it ended with ${signal ?? `status ${code}`}`));
    child.once('error', (error) => resolve(error.message));
  });
  const deadline = wait(deadlineMs, 'deadline' as const, { signal: over.signal }).catch(() => 'cancelled' as const);
  const first = await Promise.race([ended, deadline]);
  over.abort();
  if (first === 'deadline') {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`not ready within ${Math.round(deadlineMs / 1000)} s`);
  }
  if (first !== '') throw new Error(`${first}: ${errors.trim().split('\n').slice(-8).join('\n')}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
}
