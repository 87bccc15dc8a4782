/** rrdtool by its pipe and rrdcached by its socket, as Cacti uses them: the peers of the embedded store. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { unpackedPackages } from './packages.ts';

const ANSWER_MS = 120_000;
/** The same tiers as ours: 14 days of minutes, 400 of 5 minutes, 5 years of hours, 10 of days; minimum and maximum where we have them. */
const ARCHIVES = [
  'RRA:AVERAGE:0.5:1:20160',
  ...['AVERAGE', 'MIN', 'MAX'].flatMap((kind) => [
    `RRA:${kind}:0.5:5:115200`,
    `RRA:${kind}:0.5:60:43920`,
    `RRA:${kind}:0.5:1440:3650`,
  ]),
];

export interface Programs {
  readonly rrdtool: string;
  readonly rrdcached: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Where they are; fetched from Debian's packages, unpacked and never installed, where that may be. */
export function rrdPrograms(mayFetch = true): Programs | { readonly missing: string } {
  const found = unpackedPackages('rrd', 'usr/bin/rrdcached', ['rrdtool', 'rrdcached'], mayFetch);
  if ('missing' in found) return found;
  const { root, env } = found;
  return { rrdtool: join(root, 'usr/bin/rrdtool'), rrdcached: join(root, 'usr/bin/rrdcached'), env };
}

/** One command after another through `rrdtool -`. */
export interface Pipe {
  /** @returns what it printed before its OK. @throws Error with its words when it refuses */
  ask(command: string): Promise<string>;
  readonly pid: number;
  close(): Promise<void>;
}

export function openPipe({ rrdtool, env }: Programs, folder: string): Pipe {
  const child = spawn(rrdtool, ['-'], { cwd: folder, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  let waiting: { resolve: (text: string) => void; reject: (error: Error) => void } | null = null;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const end = /^(OK u:|ERROR: ).*\n$/m.exec(text.slice(text.lastIndexOf('\n', text.length - 2) + 1));
    if (!end || !waiting) return;
    const { resolve, reject } = waiting;
    const said = text;
    [waiting, text] = [null, ''];
    if (end[0].startsWith('ERROR')) reject(new Error(`rrdtool: ${end[0].trim()}`));
    else resolve(said);
  });
  child.once('exit', () => waiting?.reject(new Error('rrdtool ended before it answered')));
  return {
    pid: child.pid ?? 0,
    ask: (command) =>
      new Promise((resolve, reject) => {
        if (child.exitCode !== null || child.signalCode !== null) return reject(new Error('rrdtool has ended'));
        waiting = { resolve, reject };
        child.stdin.write(`${command}\n`);
      }),
    async close() {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.stdin.end('quit\n');
      await ended;
    },
  };
}

export const createCommand = (file: string, startS: number) =>
  `create ${file} --step 60 --start ${startS} DS:v:GAUGE:900:U:U ${ARCHIVES.join(' ')}`;

export const bytesOf = (folder: string, file: string) => statSync(join(folder, file)).size;

export interface Cached {
  /** Sends commands as one batch and waits until all are answered. */
  batch(commands: readonly string[]): Promise<void>;
  /** Writes everything to the files, and waits for it. */
  flush(files: readonly string[]): Promise<void>;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startCached({ rrdcached, env }: Programs, folder: string): Promise<Cached> {
  const socket = join(folder, 'cached.sock');
  mkdirSync(join(folder, 'journal'), { recursive: true });
  const args = [
    '-g',
    '-l',
    `unix:${socket}`,
    '-j',
    join(folder, 'journal'),
    '-b',
    folder,
    '-w',
    '3600',
    '-p',
    join(folder, 'cached.pid'),
  ];
  const child: ChildProcess = spawn(rrdcached, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  for (let i = 0; i < 200 && !existsSync(socket); i++) await wait(25);
  const line = connect(socket);
  await new Promise<void>((resolve, reject) => {
    line.once('connect', () => resolve());
    line.once('error', reject);
  });
  const exchange = (words: string, done: (text: string) => boolean) =>
    new Promise<void>((resolve, reject) => {
      let text = '';
      const late = AbortSignal.timeout(ANSWER_MS);
      const take = (chunk: Buffer) => {
        text += chunk.toString();
        if (!done(text)) return;
        line.off('data', take);
        resolve();
      };
      late.addEventListener('abort', () => reject(new Error('rrdcached does not answer')), { once: true });
      line.on('data', take);
      line.write(words);
    });
  return {
    pid: child.pid ?? 0,
    batch: (commands) => exchange(`BATCH\n${commands.join('\n')}\n.\n`, (text) => /^\d+ errors/m.test(text)),
    flush: (files) =>
      exchange(`${files.map((file) => `FLUSH ${file}`).join('\n')}\n`, (text) => text.split('\n').length > files.length),
    async stop() {
      line.destroy();
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      await ended;
    },
  };
}
