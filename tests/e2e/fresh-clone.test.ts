/** A fresh clone in a folder of its own: `npm start` alone, until the API returns points of this machine. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { PageOf, SeriesView } from '../../core/api.ts';
import { folder, get, ROOT, until } from '../cli/processes.ts';

const INSTALL_TIMEOUT_MS = 240_000;
/** From the printed address to the first points. */
const POINTS_TIMEOUT_MS = 60_000;
const space = folder('clone');
afterAll(() => space.remove());

/** The PATH of a person who has never run npm here: without any node_modules. */
function plainPath(): string {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((part) => !part.includes('node_modules') && !part.startsWith(ROOT))
    .join(delimiter);
}

test(
  'npm start installs, builds, polls this machine and shows it',
  async () => {
    const clone = join(space.path, 'saguaro');
    execFileSync('git', ['clone', '--quiet', '--no-hardlinks', ROOT, clone], { stdio: 'pipe' });
    const env: Record<string, string> = {
      PATH: plainPath(),
      HOME: process.env['HOME'] ?? space.path,
      SAGUARO_LISTEN: '127.0.0.1:0',
    };
    // Where packages come from is the machine's affair.
    for (const [name, value] of Object.entries(process.env)) {
      const ofNpm = /^npm_config_(cache|registry|userconfig|globalconfig|cafile|proxy|https_proxy)$/i.test(name);
      if (value !== undefined && (ofNpm || /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name)))
        env[name] = value;
    }
    const child = spawn('npm', ['start'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    try {
      await until(
        () => Promise.resolve(output),
        (text) => / at http\S+/.test(text) || child.exitCode !== null,
        INSTALL_TIMEOUT_MS,
      );
      const url = / at (http\S+)/.exec(output)?.[1];
      if (url === undefined) throw new Error(`npm start ended with ${String(child.exitCode)}:\n${output}`);
      // What npm itself says about the machine's own settings stands before our first line.
      expect(output.slice(output.indexOf('saguaro:'))).not.toMatch(/npm warn|EBADENGINE|deprecated|Error/i);

      const started = Date.now();
      const metrics = ['load.one', 'cpu.used_ratio', 'memory.used_bytes', 'disk.used_bytes', 'interface.in_bps'];
      const seen = (items: readonly SeriesView[]) =>
        metrics.filter((metric) => items.some((one) => one.metric === metric && typeof one.latest?.value === 'number'));
      const { items } = await until(
        () => get<PageOf<SeriesView>>({ url }, 'series?limit=1000'),
        (page) => seen(page.items).length === metrics.length,
        POINTS_TIMEOUT_MS,
      );
      console.log(`first points of ${items.length} series after ${((Date.now() - started) / 1000).toFixed(1)} s`);
      const page = await fetch(url);
      expect(page.status).toBe(200);
      expect(await page.text()).toMatch(/<script type="module"/);
      const untracked = execFileSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' });
      expect(untracked, 'a start leaves nothing that git would want').toBe('');
      expect(existsSync(join(clone, 'data', 'history.db'))).toBe(true);
    } finally {
      // The whole group that was started here: npm, its shell and the server.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      await Promise.race([ended, wait(15_000)]);
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    }
  },
  INSTALL_TIMEOUT_MS + POINTS_TIMEOUT_MS + 30_000,
);
