/** The real net-snmp agent, on loopback, in a folder of its own, ended by its process id. */
import { execFile, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { realPart } from '../real-parts.ts';

const run = promisify(execFile);
const START_TIMEOUT_MS = 10_000;

export interface SnmpdUser {
  readonly name: string;
  /** As snmpd names them: SHA, SHA-256; AES. */
  readonly auth: string;
  readonly authKey: string;
  readonly priv?: string;
  readonly privKey?: string;
}

export interface Snmpd {
  readonly port: number;
  /** Runs snmpget against it; values without names or types, one a line. */
  get(args: readonly string[], oids: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
}

export interface SnmpdOptions {
  readonly community?: string;
  readonly users?: readonly SnmpdUser[];
  /** More lines of configuration. */
  readonly lines?: readonly string[];
  /** Subtrees that may be seen; everything unless told otherwise. */
  readonly view?: readonly string[];
}

/** Starts snmpd and waits until it answers. Throws when this machine has none: ask `realPart('snmpd')` first. */
export async function startSnmpd(options: SnmpdOptions = {}): Promise<Snmpd> {
  const program = realPart('snmpd');
  if (program === null) throw new Error('snmpd is not installed');
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-snmpd-'));
  const port = await freePort();
  const community = options.community ?? 'public';
  const views = (options.view ?? ['.1']).map((oid) => `view seen included ${oid}`);
  const config = [
    `agentaddress udp:127.0.0.1:${port}`,
    ...views,
    `rocommunity ${community} 127.0.0.1 -V seen`,
    'sysName saguaro-test',
    'sysLocation loopback',
    'sysContact nobody',
    ...(options.users ?? []).flatMap((user) => [
      `createUser ${user.name} ${user.auth} "${user.authKey}"${user.priv === undefined ? '' : ` ${user.priv} "${user.privKey ?? ''}"`}`,
      `rouser ${user.name} ${user.priv === undefined ? 'auth' : 'priv'} -V seen`,
    ]),
    ...(options.lines ?? []),
  ];
  await writeFile(join(folder, 'snmpd.conf'), `${config.join('\n')}\n`, { mode: 0o600 });
  const child = spawn(program, ['-f', '-C', '-c', join(folder, 'snmpd.conf'), '-Lf', join(folder, 'log'), '-I', '-smux'], {
    stdio: 'ignore',
    env: { ...process.env, SNMP_PERSISTENT_DIR: folder, SNMPCONFPATH: folder, MIBS: '' },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const agent: Snmpd = {
    port,
    async get(args, oids) {
      const snmpget = realPart('snmpget');
      if (snmpget === null) throw new Error('snmpget is not installed');
      const { stdout } = await run(snmpget, ['-m', '', '-Oqvnt', ...args, `127.0.0.1:${port}`, ...oids], {
        env: { ...process.env, SNMP_PERSISTENT_DIR: folder, SNMPCONFPATH: folder, MIBS: '' },
        timeout: START_TIMEOUT_MS,
      });
      return stdout.trimEnd().split('\n');
    },
    async close() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(late);
      await rm(folder, { recursive: true, force: true });
    },
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port, community))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      await agent.close();
      throw new Error('snmpd did not start');
    }
    await wait(50);
  }
  return agent;
}

/** A UDP port that was free a moment ago; snmpd cannot choose one itself. */
async function freePort(): Promise<number> {
  const socket = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function answers(port: number, community: string): Promise<boolean> {
  const { encodeMessage, PDU } = await import('../../demo/agents/ber.ts');
  const socket = dgram.createSocket('udp4');
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('message', () => resolve(true));
      socket.once('error', () => resolve(false));
      setTimeout(() => resolve(false), 200);
      socket.connect(port, '127.0.0.1', () => {
        socket.send(
          encodeMessage({
            version: 1,
            community,
            pdu: PDU.get,
            requestId: 1,
            status: 0,
            index: 0,
            varbinds: [['1.3.6.1.2.1.1.3.0', { type: 'null' }]],
          }),
        );
      });
    });
  } finally {
    socket.close();
  }
}
