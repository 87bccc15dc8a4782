/**
 * Builds the dashboard when its sources changed since the last build. Where there are no
 * sources or no builder, as in a container, what was built before is served.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BUILD_TIMEOUT_MS = 120_000;
const SOURCES = ['web', 'core', 'package-lock.json'];
const OUTPUT = join('web', 'dist');
/** Holds the hash of the sources a folder was built from. */
const STAMP = '.built-from';

export type DashboardState = 'fresh' | 'built' | 'no sources';

/**
 * @param home folder of the clone
 * @param say told in one sentence before a build, because it takes seconds
 * @throws Error with the builder's last lines when the build fails
 */
export async function ensureDashboard(home: string, say: (text: string) => void): Promise<DashboardState> {
  const builder = join(home, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(join(home, 'web', 'vite.config.ts')) || !existsSync(builder)) return 'no sources';
  const hash = sourceHash(home);
  if (builtFrom(join(home, OUTPUT)) === hash) return 'fresh';
  say('Building the dashboard; this takes a few seconds and happens once per version.');
  const fresh = join(home, '.cache', `dashboard-${process.pid}`);
  try {
    await run(process.execPath, [builder, 'build', 'web', '--logLevel', 'warn', '--outDir', fresh, '--emptyOutDir'], home);
    writeFileSync(join(fresh, STAMP), hash);
    takePlace(fresh, join(home, OUTPUT), hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return 'built';
}

function builtFrom(folder: string): string | null {
  const stamp = join(folder, STAMP);
  return existsSync(stamp) && existsSync(join(folder, 'index.html')) ? readFileSync(stamp, 'utf8') : null;
}

/** Whoever looks sees the old dashboard or the new one, never a half one, even if two build at once. */
function takePlace(fresh: string, output: string, hash: string): void {
  const old = `${fresh}-old`;
  try {
    if (existsSync(output)) renameSync(output, old);
    renameSync(fresh, output);
  } catch (cause) {
    if (builtFrom(output) !== hash) throw new Error('The built dashboard could not be put in its place.', { cause });
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function sourceHash(home: string): string {
  const hash = createHash('sha256');
  const add = (path: string) => {
    for (const entry of readdirSync(join(home, path), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = join(path, entry.name);
      if (inner === OUTPUT) continue;
      if (entry.isDirectory()) add(inner);
      else addFile(inner);
    }
  };
  const addFile = (path: string) =>
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(home, path)))
      .update('\0');
  for (const source of SOURCES) {
    if (source.includes('.')) addFile(source);
    else add(source);
  }
  return hash.digest('hex');
}

function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Whatever mode the caller runs in, what is built is what people get.
    const env = { ...process.env, NODE_ENV: 'production' };
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: BUILD_TIMEOUT_MS });
    let output = '';
    const keep = (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-4_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve();
      else
        reject(new Error(`The dashboard could not be built (status ${status ?? 'none, it took too long'}):\n${output.trim()}`));
    });
  });
}
