/** InfluxDB and VictoriaMetrics, started for a run on free ports of loopback with scratch folders, ended by process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createInfluxStore } from '../../store/influx/store.ts';
import type { ServerStore } from '../../store/server/port.ts';
import { createVictoriaStore } from '../../store/victoria/store.ts';
import { answers, freePort } from '../../tests/loopback.ts';
import { realPart } from '../../tests/real-parts.ts';
import { QUIET } from './fleet.ts';
import { unpackedPackages } from './packages.ts';
import { cpuSecondsOf } from './usage.ts';

export const SERVERS = ['InfluxDB', 'VictoriaMetrics'] as const;
export type ServerName = (typeof SERVERS)[number];

export interface Server {
  readonly name: ServerName;
  readonly url: string;
  readonly pid: number;
  /** What it does not show yet can be read, and what it still works on by itself is done; waits half a minute at most. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}
interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

const START_MS = 20_000;
const STOP_MS = 10_000;
const SETTLE_MS = 30_000;
/** An answer over a year may take its time. */
const ANSWER_MS = 60_000;
/** Another process may take a port between its choice and its use. */
const TRIES = 3;
/** Of one core, a server that has nothing more to do. */
const IDLE = 0.05;

const PACKAGES = { InfluxDB: ['influxdb', 'influxd'], VictoriaMetrics: ['victoria-metrics', 'victoria-metrics'] } as const;

/** Where the program is, fetched where that may be. */
export function serverProgram(name: ServerName): Program | { readonly missing: string } {
  const [packaged, program] = PACKAGES[name];
  const found = realPart(program);
  if (found !== null) return { path: found, env: {} };
  const unpacked = unpackedPackages(packaged, join('usr/bin', program), [packaged]);
  return 'missing' in unpacked ? unpacked : { path: join(unpacked.root, 'usr/bin', program), env: unpacked.env };
}

/** @returns why it is missing where it cannot be had or does not start */
export async function startServer(name: ServerName, folder: string): Promise<Server | { readonly missing: string }> {
  const program = serverProgram(name);
  if ('missing' in program) return program;
  let said = '';
  for (let left = TRIES; left > 0; left--) {
    const own = join(folder, `${PACKAGES[name][1]}${left}`);
    mkdirSync(own, { recursive: true });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const args = name === 'InfluxDB' ? influxArgs(own, port, await freePort()) : victoriaArgs(own, port);
    const child = spawn(program.path, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...program.env, HOME: own },
    });
    child.once('error', (error) => (said += error.message));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-2_000)));
    const health = name === 'InfluxDB' ? '/ping' : '/health';
    const endMs = performance.now() + START_MS;
    while (performance.now() < endMs && child.exitCode === null && child.pid !== undefined) {
      if (await answers(url + health)) return running(name, url, child, child.pid);
      await wait(50);
    }
    await stop(child);
  }
  return { missing: `${name} does not start: ${said.trim().split('\n').at(-1) ?? ''}` };
}

/** Our own adapter for it, without anything between. @param prefix keeps what is stored for one purpose apart from the rest */
export function storeOn({ name, url }: Pick<Server, 'name' | 'url'>, prefix: string): ServerStore {
  const same = { token: null, prefix, timeoutMs: ANSWER_MS, log: QUIET };
  return name === 'InfluxDB'
    ? createInfluxStore({ ...same, url, org: null, version: 1 })
    : createVictoriaStore({ ...same, writeUrl: url, readUrl: url, deleteUrl: null });
}

function running(name: ServerName, url: string, child: ChildProcess, pid: number): Server {
  return {
    name,
    url,
    pid,
    async settle() {
      if (name === 'VictoriaMetrics') await answers(`${url}/internal/force_flush`, SETTLE_MS);
      const endMs = performance.now() + SETTLE_MS;
      for (let quiet = 0; quiet < 2 && performance.now() < endMs;) {
        const before = cpuSecondsOf(pid);
        if (before === null) return;
        await wait(500);
        quiet = (cpuSecondsOf(pid) ?? 0) - before < IDLE / 2 ? quiet + 1 : 0;
      }
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(late);
}

/** As it comes, but for what it writes about itself and for reports to its makers. */
function influxArgs(folder: string, port: number, rpcPort: number): string[] {
  const config = join(folder, 'influxdb.conf');
  writeFileSync(
    config,
    [
      'reporting-disabled = true',
      `bind-address = "127.0.0.1:${rpcPort}"`,
      `[meta]\n  dir = "${join(folder, 'meta')}"`,
      `[data]\n  dir = "${join(folder, 'data')}"\n  wal-dir = "${join(folder, 'wal')}"\n  query-log-enabled = false`,
      '[monitor]\n  store-enabled = false',
      `[http]\n  bind-address = "127.0.0.1:${port}"\n  log-enabled = false`,
      '[logging]\n  level = "error"',
    ].join('\n'),
  );
  return ['run', '-config', config];
}
const victoriaArgs = (folder: string, port: number) => [
  `-httpListenAddr=127.0.0.1:${port}`,
  `-storageDataPath=${join(folder, 'data')}`,
  '-retentionPeriod=100y',
  '-loggerLevel=ERROR',
];
