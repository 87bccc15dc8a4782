/** The pollers that Saguaro is compared with: where they are, or why they are missing. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compile, programOnPath } from './programs.ts';

const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'libsnmp');
const PACKAGES = ['libsnmp-dev', 'libsnmp40'];
const FETCH_DEADLINE_MS = 120_000;

export type Peer = { readonly program: string; readonly args: readonly string[] } | { readonly missing: string };

export function npmNetSnmp(): Peer {
  return { program: process.execPath, args: [join(import.meta.dirname, 'npm-net-snmp.ts')] };
}

/** Built against the system's libsnmp-dev, else against the one from Debian's packages where this run may fetch it. */
export function libnetsnmp(compiler: string, folder: string): Peer {
  const output = join(folder, 'libnetsnmp');
  const build = (options: readonly string[]): Peer => ({
    program: compile(compiler, output, ['libnetsnmp.c'], options),
    args: [],
  });
  try {
    return build(['-lnetsnmp']);
  } catch {
    // Not installed: unpacked ones do as well.
  }
  try {
    const root = unpacked();
    const libraries = librariesIn(root);
    const library = readdirSync(libraries).find((name) => /^libnetsnmp\.so\.\d+$/.test(name));
    if (library === undefined) throw new Error('the packages hold no libnetsnmp');
    return build([`-I${join(root, 'usr', 'include')}`, join(libraries, library), `-Wl,-rpath,${libraries}`]);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { missing: `not installed: ${why}; apt-get install --no-install-recommends libsnmp-dev` };
  }
}

/** Programs that are measured only by hand: named, so that nobody thinks they were forgotten. */
export function others(): Record<string, string> {
  const of = (name: string) =>
    programOnPath(name) === null ? 'not installed: it is not on the PATH' : 'not measured: it takes its devices from elsewhere';
  return { snmp_exporter: of('snmp_exporter'), 'Cacti spine': of('spine') };
}

/** Root of the unpacked packages. @throws Error when they cannot be had */
function unpacked(): string {
  const root = join(CACHE, 'root');
  if (existsSync(join(root, 'usr', 'include', 'net-snmp'))) return root;
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version') || programOnPath('apt-get') === null)
    throw new Error('libsnmp-dev is not there, and only root on Debian may fetch it');
  const archives = join(CACHE, 'archives');
  mkdirSync(archives, { recursive: true });
  mkdirSync(root, { recursive: true });
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, {
      cwd: archives,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: FETCH_DEADLINE_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  // Only unpacked, never installed: no script of theirs runs.
  const download = ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...PACKAGES];
  try {
    run('apt-get', download);
  } catch {
    run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=60', 'update']);
    run('apt-get', download);
  }
  for (const file of readdirSync(archives)) if (file.endsWith('.deb')) run('dpkg', ['-x', join(archives, file), root]);
  rmSync(archives, { recursive: true, force: true });
  return root;
}

function librariesIn(root: string): string {
  const folder = join(root, 'usr', 'lib');
  const place = readdirSync(folder).find((name) => name.endsWith('-linux-gnu'));
  return place === undefined ? folder : join(folder, place);
}
