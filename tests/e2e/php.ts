/** PHP's own server over a folder, out of packages that are unpacked: for wikis as they really are. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Unpacked } from '../../bench/store/packages.ts';
import { answers } from '../loopback.ts';

const READY_MS = 10_000;
const COMMAND_MS = 60_000;
const WANTED = [
  ...['xml', 'dom', 'simplexml', 'xmlwriter', 'xmlreader', 'ctype', 'tokenizer', 'iconv', 'intl', 'curl', 'fileinfo'],
  ...['mbstring', 'pdo', 'pdo_sqlite', 'posix'],
];

export interface Php {
  /** Runs a script within the site. @throws Error with what it wrote */
  run(site: string, words: readonly string[], input?: string): string;
  /** Serves the site on a port of loopback until it is stopped. @param probe a path that answers when it is there */
  serve(site: string, port: number, probe: string): Promise<{ stop(): Promise<void> }>;
}

/** @param folder for what it writes by itself */
export function phpOf({ root, env }: Unpacked, folder: string): Php {
  const program = join(root, 'usr/bin/php8.2');
  const modules = join(root, 'usr/lib/php');
  const built = join(modules, readdirSync(modules).find((name) => existsSync(join(modules, name, 'xml.so'))) ?? '');
  const sessions = join(folder, 'sessions');
  mkdirSync(sessions, { recursive: true });
  const settings = [
    ...[`extension_dir=${built}`, `session.save_path=${sessions}`, 'display_errors=0', 'error_reporting=0'],
    ...WANTED.filter((name) => existsSync(join(built, `${name}.so`))).map((name) => `extension=${name}`),
  ].flatMap((one) => ['-d', one]);
  const around = { ...process.env, ...env, PHP_CLI_SERVER_WORKERS: '4' };
  return {
    run: (site, words, input = '') =>
      execFileSync(program, ['-n', ...settings, ...words], {
        cwd: site,
        env: around,
        input,
        timeout: COMMAND_MS,
        encoding: 'utf8',
      }),
    async serve(site, port, probe) {
      const args = ['-n', ...settings, '-S', `127.0.0.1:${port}`, '-t', site];
      const child = spawn(program, args, { cwd: site, env: around, stdio: 'ignore', detached: true });
      const stop = async () => {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        // Its workers are of its own group.
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        await ended;
      };
      const untilMs = performance.now() + READY_MS;
      while (!(await answers(`http://127.0.0.1:${port}${probe}`, 5_000))) {
        if (performance.now() > untilMs || child.exitCode !== null) throw new Error(`nothing answers at ${probe}`);
        await wait(100);
      }
      return { stop };
    },
  };
}
