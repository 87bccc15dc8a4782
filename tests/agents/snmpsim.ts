/** The SNMP simulator of Debian on loopback: devices from recorded walks, one a community, ended by its process id. */
import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { realPart } from '../real-parts.ts';
import { answers, freePort, snmpTool } from './tools.ts';

const START_TIMEOUT_MS = 20_000;
/** How long it may take to stop before it is killed. */
const STOP_TIMEOUT_MS = 3_000;
/** Objects of one snmpget: their answer fits a datagram. */
const AT_ONCE = 40;

export interface Snmpsim {
  readonly port: number;
  /** What snmpget says: texts in hex, numbers as they are; by the OIDs asked. */
  get(community: string, version: '1' | '2c', oids: readonly string[]): Promise<Map<string, string>>;
  close(): Promise<void>;
}

/**
 * Starts it on the .snmprec files of a folder; a file's name is the community.
 * @param known community to wait for
 */
export async function startSnmpsim(folder: string, known: string): Promise<Snmpsim> {
  const program = realPart('snmpsimd');
  if (program === null) throw new Error('snmpsim is not installed');
  const cache = await mkdtemp(join(tmpdir(), 'saguaro-snmpsim-'));
  const port = await freePort('127.0.0.1');
  // It wants to change the user when it is root; here nobody is served but this machine.
  const asRoot = process.getuid?.() === 0 ? ['--process-user=root', '--process-group=root'] : [];
  const log = await open(join(cache, 'log'), 'w');
  const child = spawn(
    program,
    [
      ...asRoot,
      `--data-dir=${folder}`,
      `--cache-dir=${join(cache, 'index')}`,
      `--variation-modules-dir=${cache}`,
      `--agent-udpv4-endpoint=127.0.0.1:${port}`,
      '--logging-method=null',
    ],
    { stdio: ['ignore', log.fd, log.fd], env: { ...process.env, HOME: cache } },
  );
  await log.close();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const simulator: Snmpsim = {
    port,
    async get(community, version, oids) {
      const found = new Map<string, string>();
      for (let at = 0; at < oids.length; at += AT_ONCE) {
        const part = oids.slice(at, at + AT_ONCE);
        const lines = await snmpTool('snmpget', ['-Oqvntx', `-v${version}`, '-c', community, `127.0.0.1:${port}`, ...part]);
        part.forEach((oid, i) => found.set(oid, lines[i] ?? ''));
      }
      return found;
    },
    async close() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(late);
      await rm(cache, { recursive: true, force: true });
    },
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port, known))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      const said = await readFile(join(cache, 'log'), 'utf8').catch(() => '');
      await simulator.close();
      throw new Error(`snmpsim did not start: ${said.trim().split('\n').at(-1) ?? ''}`);
    }
    await wait(50);
  }
  return simulator;
}
