/** Programs of Debian's packages: fetched by root, unpacked into the cache and never installed, so that no service starts. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '..', '..', '.cache');
const FETCH_MS = 120_000;

export interface Unpacked {
  readonly root: string;
  /** What the programs need around them to find their libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param folder of the cache, for these packages alone
 * @param program inside the packages, by which is seen whether they are there
 * @param mayFetch false: only what was fetched before counts
 * @param cache where folders of packages are; the project's own when left out
 */
export function unpackedPackages(
  folder: string,
  program: string,
  packages: readonly string[],
  mayFetch = true,
  cache = CACHE,
): Unpacked | { readonly missing: string } {
  const root = join(cache, folder, 'root');
  if (!existsSync(join(root, program))) {
    const names = packages.join(' and ');
    if (!mayFetch || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
      return { missing: `not installed: ${names}; only root on Debian fetches them` };
    try {
      fetchPackages(join(cache, folder), root, packages);
    } catch (error) {
      return {
        missing: `${names} could not be fetched: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      };
    }
    if (!existsSync(join(root, program))) return { missing: `the packages ${names} hold no ${program}` };
  }
  const libraries = ['usr/lib', 'lib'].flatMap((place) => {
    const path = join(root, place);
    return existsSync(path)
      ? readdirSync(path)
          .filter((name) => name.endsWith('-linux-gnu'))
          .map((name) => join(path, name))
      : [];
  });
  return { root, env: { LD_LIBRARY_PATH: libraries.join(':') } };
}

function fetchPackages(folder: string, root: string, packages: readonly string[]): void {
  const archives = join(folder, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: FETCH_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  const apt = ['-o', 'APT::Sandbox::User=root', '-o', `Dir::Cache::archives=${archives}`, '-o', 'DPkg::Lock::Timeout=60'];
  run('apt-get', [...apt, 'update', '-q']);
  // With whatever they need that this machine does not have.
  run('apt-get', [...apt, 'install', '-q', '-y', '--no-install-recommends', '--download-only', ...packages]);
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb')))
    run('dpkg', ['-x', join(archives, file), root]);
  rmSync(archives, { recursive: true, force: true });
}
