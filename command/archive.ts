/** Backups: one tar file with consistent copies of the catalog and the history, and the way back. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, copyFile, chmod } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Refusal } from './command.ts';
import type { BackupResult } from './installation.ts';

export const CATALOG_FILE = 'catalog.db';
export const HISTORY_FILE = 'history.db';
export const KEY_FILE = 'secret.key';
/** Dashboards that were made on the page, and reports that were kept. */
export const DASHBOARDS_FOLDER = 'dashboards';
export const REPORTS_FOLDER = 'reports';
const KNOWN = [CATALOG_FILE, HISTORY_FILE, KEY_FILE];
/** Folders of plain files that no one holds open; taken as they are. */
const FOLDERS = [DASHBOARDS_FOLDER, REPORTS_FOLDER];
const FILE_OF_FOLDER = /^[A-Za-z0-9][A-Za-z0-9_.~-]{0,127}$/;
const FILES_MAX = 5_000;
/** What SQLite may leave beside a database; it belongs to the file it was written for. */
const SIDE_FILES = ['-wal', '-shm', '-journal'];

export interface Copies {
  catalog(path: string): Promise<void>;
  /** Null where a server keeps the history. */
  readonly history: ((path: string) => Promise<void>) | null;
}

/** @throws Refusal when the file exists or cannot be written */
export async function writeBackup(dataDir: string, file: string, withKey: boolean, copies: Copies): Promise<BackupResult> {
  if (existsSync(file)) throw new Refusal(`${file} exists already; choose another name.`);
  if (!existsSync(dirname(file))) throw new Refusal(`There is no folder ${dirname(file)} to write the backup into.`);
  const { create } = await import('tar');
  const staging = await mkdtemp(join(dataDir, 'backup-'));
  const partial = `${file}.partial`;
  try {
    await copies.catalog(join(staging, CATALOG_FILE));
    await copies.history?.(join(staging, HISTORY_FILE));
    const key = join(dataDir, KEY_FILE);
    if (withKey && existsSync(key)) await copyFile(key, join(staging, KEY_FILE));
    for (const folder of FOLDERS) await copyFolder(join(dataDir, folder), join(staging, folder));
    const contains = (await readdir(staging)).sort();
    await create(
      { file: partial, cwd: staging, portable: true, mode: 0o600 } as Parameters<typeof create>[0] & { file: string },
      contains,
    );
    await chmod(partial, 0o600);
    await rename(partial, file);
    return { file, bytes: (await stat(file)).size, contains };
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal(`The backup could not be written to ${file}: ${text}`, { cause });
  } finally {
    await rm(partial, { force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

/** Its files, and nothing that is no file; what is being written just now (`.part`) is left out, and what goes away meanwhile. */
async function copyFolder(from: string, to: string): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(absent);
  const files = (entries ?? []).filter(
    (entry) => entry.isFile() && FILE_OF_FOLDER.test(entry.name) && !entry.name.endsWith('.part'),
  );
  if (files.length === 0) return;
  await mkdir(to, { mode: 0o700 });
  for (const { name } of files.slice(0, FILES_MAX)) await copyFile(join(from, name), join(to, name)).catch(absent);
}

function absent(cause: unknown): null {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw cause;
}

/**
 * Puts the contents of a backup into the data folder; the caller holds its lock.
 * @returns one or two sentences on what was done
 * @throws Refusal when there is a history already and force is false, or the file is no backup
 */
export async function readBackup(dataDir: string, archive: string, force: boolean): Promise<string> {
  const contains = await contentsOf(archive);
  const inPlace = (await readdir(dataDir)).filter((name) =>
    [...KNOWN, ...FOLDERS].some((known) => name === known || SIDE_FILES.some((side) => name === known + side)),
  );
  const holdsHistory = inPlace.some((name) => name === CATALOG_FILE || name === HISTORY_FILE);
  if (holdsHistory && !force) {
    throw new Refusal(
      `The data folder ${dataDir} holds a history already; with --force it is moved aside and the backup takes its place.`,
    );
  }
  const { extract } = await import('tar');
  const staging = await mkdtemp(join(dataDir, 'restore-'));
  try {
    await extract({ file: archive, cwd: staging, strict: true, preserveOwner: false }, contains);
    // A key in place opens what was sealed here; it stays unless the backup brings its own.
    const aside = inPlace.filter((name) => name !== KEY_FILE || contains.includes(KEY_FILE));
    const kept = aside.length > 0 ? await moveAside(dataDir, aside) : null;
    for (const name of contains) {
      await chmod(join(staging, name), FOLDERS.includes(name) ? 0o700 : 0o600);
      await rename(join(staging, name), join(dataDir, name));
    }
    const hasKey = existsSync(join(dataDir, KEY_FILE));
    return (
      `Restored ${contains.join(', ')} into ${dataDir}.` +
      (kept === null ? '' : ` What was there is in ${kept}.`) +
      (hasKey
        ? ''
        : ` The key of the secrets is missing: put ${KEY_FILE} into the folder, or enter the secrets of the devices again.`)
    );
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function moveAside(dataDir: string, names: readonly string[]): Promise<string> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const folder = join(dataDir, `replaced-${stamp}`);
  await mkdir(folder, { mode: 0o700 });
  for (const name of names) await rename(join(dataDir, name), join(folder, name));
  return basename(folder);
}

async function contentsOf(archive: string): Promise<string[]> {
  const { list } = await import('tar');
  const names: string[] = [];
  let foreign = false;
  let entries = 0;
  try {
    await list({
      file: archive,
      strict: true,
      onReadEntry: (entry) => {
        const [first = '', file, more] = entry.path.replace(/\/$/, '').split('/');
        const folder = FOLDERS.includes(first) && (file === undefined ? entry.type === 'Directory' : entry.type === 'File');
        const sound = folder
          ? more === undefined && (file === undefined || FILE_OF_FOLDER.test(file))
          : entry.type === 'File' && KNOWN.includes(entry.path) && !names.includes(entry.path);
        if (!sound || ++entries > FILES_MAX * FOLDERS.length) foreign = true;
        else if (!names.includes(first)) names.push(first);
      },
    });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new Refusal(
      code === 'ENOENT' ? `There is no file ${archive}.` : `${archive} cannot be read as a backup (${code ?? String(cause)}).`,
      { cause },
    );
  }
  // Without a history it is of an installation whose history a server keeps.
  if (foreign || !names.includes(CATALOG_FILE)) {
    throw new Refusal(`${archive} is not a backup of Saguaro: it must hold ${CATALOG_FILE}, and nothing foreign.`);
  }
  return names;
}
