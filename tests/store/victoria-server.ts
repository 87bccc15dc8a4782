/** A real VictoriaMetrics on loopback with a scratch folder, for tests: started, waited for, and ended by its process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../core/ports.ts';
import type { ServerStore } from '../../store/server/port.ts';
import { createVictoriaStore, type VictoriaOptions } from '../../store/victoria/store.ts';
import { answers, freePort } from '../loopback.ts';
import { realPart } from '../real-parts.ts';

const QUIET: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const START_MS = 20_000;
const STOP_MS = 5_000;
/** Another process may take a port between its choice and its use. */
const TRIES = 3;

export interface VictoriaServer {
  readonly url: string;
  readonly pid: number;
  /** All that was written can be read from here on. */
  settle(): Promise<void>;
  stop(): Promise<void>;
  /** Again, with the same folder and address. */
  start(): Promise<void>;
  /** Stops it and forgets its folder. */
  end(): Promise<void>;
}

/** @throws when this machine has none, or when it does not start */
export async function startVictoria(flags: readonly string[] = ['-retentionPeriod=100y']): Promise<VictoriaServer> {
  const program = realPart('victoria-metrics');
  if (program === null) throw new Error('there is no victoria-metrics on this machine');
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-victoria-'));
  let [child, url]: [ChildProcess | null, string] = [null, ''];
  const start = async () => {
    const port = url === '' ? await freePort() : Number(new URL(url).port);
    url = `http://127.0.0.1:${port}`;
    const args = [`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${join(folder, 'data')}`, '-memory.allowedBytes=256MB'];
    child = spawn(program, [...args, '-loggerLevel=ERROR', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
    const endMs = performance.now() + START_MS;
    while (performance.now() < endMs && child.exitCode === null) {
      if (await answers(`${url}/health`)) return;
      await sleep(50);
    }
    await stop();
    throw new Error(`victoria-metrics did not start: ${said}`);
  };
  const stop = async () => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    const late = setTimeout(() => running.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(late);
  };
  for (let left = TRIES; ;) {
    try {
      await start();
      break;
    } catch (error) {
      url = '';
      if (--left > 0) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
  return {
    get url() {
      return url;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    settle: async () => void (await textAt(`${url}/internal/force_flush`)),
    stop,
    start,
    async end() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function textAt(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  return response.text();
}

let prefixes = 0;
/** A store on a server that nobody else's rows come into. */
export function victoriaStore(server: Pick<VictoriaServer, 'url'>, more: Partial<VictoriaOptions> = {}): ServerStore {
  const urls = { writeUrl: server.url, readUrl: server.url, deleteUrl: null };
  const prefix = `t${++prefixes}x${process.pid}`;
  return createVictoriaStore({ ...urls, token: null, prefix, timeoutMs: 10_000, log: QUIET, ...more });
}

/** CPU seconds that a process has used so far. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
