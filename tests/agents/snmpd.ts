/** The real net-snmp agent, on loopback, in a folder of its own, ended by its process id. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { realPart } from '../real-parts.ts';
import { answers, freePort, snmpTool } from './tools.ts';

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
  /** Runs snmpbulkwalk against it; "OID value" a line, texts in hex. */
  walk(args: readonly string[], root: string): Promise<string[]>;
  /** Ends it and starts it again with what it has kept: the same engine id, one boot more. */
  restart(): Promise<void>;
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
  const port = await freePort('127.0.0.1');
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
  // Apart from the configuration, which has the same name as what is kept.
  const kept = join(folder, 'kept');
  await mkdir(kept);
  const start = (again: boolean) => {
    // With -C it reads only what it is told to, so what it has kept as well.
    const files = [join(folder, 'snmpd.conf'), ...(again ? [join(kept, 'snmpd.conf')] : [])].join();
    const child = spawn(program, ['-f', '-C', '-c', files, '-Lf', join(folder, 'log'), '-I', '-smux'], {
      stdio: 'ignore',
      env: { ...process.env, SNMP_PERSISTENT_DIR: kept, SNMPCONFPATH: folder, MIBS: '' },
    });
    return { child, ended: new Promise<void>((resolve) => child.once('exit', () => resolve())) };
  };
  const stop = async () => {
    running.child.kill('SIGTERM');
    const late = setTimeout(() => running.child.kill('SIGKILL'), 5_000);
    await running.ended;
    clearTimeout(late);
  };
  const started = async () => {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await answers(port, community))) {
      if (Date.now() > deadline || running.child.exitCode !== null) {
        await agent.close();
        throw new Error('snmpd did not start');
      }
      await wait(50);
    }
  };
  let running = start(false);
  const agent: Snmpd = {
    port,
    get: (args, oids) => snmpTool('snmpget', ['-Oqvnt', ...args, `127.0.0.1:${port}`, ...oids], folder),
    walk: (args, root) => snmpTool('snmpbulkwalk', ['-Oqntx', ...args, `127.0.0.1:${port}`, root], folder),
    async restart() {
      await stop();
      running = start(true);
      await started();
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await started();
  return agent;
}
