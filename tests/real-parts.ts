/**
 * Finds the real programs that some suites need, on the PATH or in the project's cache folder.
 * Where one is missing and the run may (root on Debian), it is fetched from Debian's packages
 * without starting any service. As vitest's global setup it says what will be skipped and why;
 * with CI=true a missing part fails the run.
 */
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache', 'parts');
const FETCH_TIMEOUT_MS = 300_000;

export type PartName = 'snmpd' | 'snmpget' | 'snmpbulkwalk' | 'snmpsimd' | 'ping' | 'chromium' | 'influxd' | 'victoria-metrics';

interface Part {
  readonly package: string;
  /** Unpacked into the cache folder, or installed: a browser needs its fonts and settings in their places. */
  readonly how: 'unpack' | 'install';
}
const PARTS: Readonly<Record<PartName, Part>> = {
  snmpd: { package: 'snmpd', how: 'unpack' },
  snmpget: { package: 'snmp', how: 'unpack' },
  snmpbulkwalk: { package: 'snmp', how: 'unpack' },
  snmpsimd: { package: 'snmpsim', how: 'unpack' },
  ping: { package: 'iputils-ping', how: 'unpack' },
  influxd: { package: 'influxdb', how: 'unpack' },
  'victoria-metrics': { package: 'victoria-metrics', how: 'unpack' },
  chromium: { package: 'chromium', how: 'install' },
};
const NAMES = Object.keys(PARTS) as PartName[];

/** Path of a real program, or null when this machine has none. */
export function realPart(name: PartName): string | null {
  const folders = [join(CACHE, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

/** The command that makes a missing part available. */
export function howToGet(name: PartName): string {
  return `apt-get install --no-install-recommends ${PARTS[name].package}`;
}

export default function setup(): void {
  const missing = () => NAMES.filter((name) => realPart(name) === null);
  const wanted = missing();
  if (wanted.length === 0) return;
  if (mayInstall()) {
    console.log(`Tests need ${wanted.join(', ')}: fetching from Debian's packages; no service is started.`);
    try {
      fetchParts(wanted);
    } catch (error) {
      console.log(`Fetching failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const left = missing();
  for (const name of left) console.log(`SKIPPED: suites that need ${name}. To run them: ${howToGet(name)}`);
  if (left.length > 0 && process.env['CI'] === 'true') {
    throw new Error(
      `with CI=true no suite may be skipped, but ${left.join(', ')} cannot be found; run: ${left.map(howToGet).join(' && ')}`,
    );
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && isExecutable('/usr/bin/apt-get');
}

function fetchParts(names: readonly PartName[]): void {
  apt(['update', '-q']);
  const packagesOf = (how: Part['how']) =>
    names.map((name) => PARTS[name]).flatMap((part) => (part.how === how ? [part.package] : []));
  const [unpack, install] = [packagesOf('unpack'), packagesOf('install')];
  if (unpack.length > 0) unpackPackages(unpack);
  if (install.length > 0) installPackages(install);
}

function unpackPackages(packages: readonly string[]): void {
  const archives = join(CACHE, 'archives');
  const root = join(CACHE, 'root');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  mkdirSync(root, { recursive: true });
  // Downloads the packages together with whatever they need that this machine does not have.
  apt([
    'install',
    '-q',
    '-y',
    '--no-install-recommends',
    '--download-only',
    '-o',
    'APT::Sandbox::User=root',
    '-o',
    `Dir::Cache::archives=${archives}`,
    ...packages,
  ]);
  for (const file of readdirSync(archives).filter((entry) => entry.endsWith('.deb'))) {
    execFileSync('dpkg', ['-x', join(archives, file), root], { stdio: 'ignore', timeout: FETCH_TIMEOUT_MS });
  }
  rmSync(archives, { recursive: true, force: true });
  const libraries = ['usr/lib', 'lib'].flatMap((folder) => {
    const path = join(root, folder);
    return existsSync(path)
      ? [path, ...readdirSync(path).flatMap((entry) => (entry.endsWith('-linux-gnu') ? [join(path, entry)] : []))]
      : [];
  });
  mkdirSync(join(CACHE, 'bin'), { recursive: true });
  for (const name of NAMES) {
    const program = ['usr/sbin', 'usr/bin', 'sbin', 'bin'].map((folder) => join(root, folder, name)).find(isExecutable);
    if (program === undefined) continue;
    const wrapper = join(CACHE, 'bin', name);
    const python = readFileSync(program).subarray(0, 24).toString('latin1').startsWith('#!/usr/bin/python3');
    const start = python
      ? `PYTHONPATH='${join(root, 'usr/lib/python3/dist-packages')}' exec ${pythonOf(root)} '${program}'`
      : `exec '${program}'`;
    writeFileSync(wrapper, `#!/bin/sh\nexport LD_LIBRARY_PATH='${libraries.join(':')}'\n${start} "$@"\n`);
    chmodSync(wrapper, 0o755);
  }
}

/** Debian's own Python, for which its packages are made: the machine's, or the one that came with them. */
function pythonOf(root: string): string {
  const ours = '/usr/bin/python3';
  return isExecutable(ours) ? ours : `'${join(root, ours)}'`;
}

function installPackages(packages: readonly string[]): void {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  // Debian asks this script before it starts a service; 101 means no.
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    apt(['install', '-q', '-y', '--no-install-recommends', ...packages]);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function apt(args: readonly string[]): void {
  execFileSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: FETCH_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
