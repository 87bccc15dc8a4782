/** A real InfluxDB 1.x on loopback with a scratch folder, for tests: started, waited for, and ended by its process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, freePort } from '../loopback.ts';
import { realPart } from '../real-parts.ts';

const START_MS = 20_000;
const STOP_MS = 5_000;

export interface InfluxServer {
  readonly url: string;
  stop(): Promise<void>;
  /** Again, with the same folder and address. */
  start(): Promise<void>;
  /** Stops it and forgets its folder. */
  end(): Promise<void>;
}

/** @throws when this machine has none, or when it does not start */
export async function startInflux(): Promise<InfluxServer> {
  const program = realPart('influxd');
  if (program === null) throw new Error('there is no influxd on this machine');
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-influx-'));
  const [port, rpc] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'influxdb.conf');
  await writeFile(
    config,
    [
      'reporting-disabled = true',
      `bind-address = "127.0.0.1:${rpc}"`,
      `[meta]\n  dir = "${join(folder, 'meta')}"`,
      `[data]\n  dir = "${join(folder, 'data')}"\n  wal-dir = "${join(folder, 'wal')}"\n  query-log-enabled = false`,
      '[monitor]\n  store-enabled = false',
      `[http]\n  bind-address = "127.0.0.1:${port}"\n  log-enabled = false`,
      '[logging]\n  level = "error"',
    ].join('\n'),
  );
  let child: ChildProcess | null = null;
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
  const start = async () => {
    const running = spawn(program, ['run', '-config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: folder },
    });
    child = running;
    let said = '';
    running.stderr.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-2_000)));
    const endMs = performance.now() + START_MS;
    while (performance.now() < endMs && running.exitCode === null) {
      if (await answers(`${url}/ping`)) return;
      await sleep(50);
    }
    await stop();
    throw new Error(`influxd did not start: ${said}`);
  };
  const end = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await end();
    throw error;
  }
  return { url, stop, start, end };
}
