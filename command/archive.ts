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

/**
 * Puts the contents of a backup into the data folder; the caller holds its lock.
 * @returns one or two sentences on what was done
 * @throws Refusal when there is a history already and force is false, or the file is no backup
 */
export async function readBackup(dataDir: string, archive: string, force: boolean): Promise<string> {
  const contains = await contentsOf(archive);
  const inPlace = (await readdir(dataDir)).filter((name) =>
    KNOWN.some((known) => name === known || SIDE_FILES.some((side) => name === known + side)),
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
      await chmod(join(staging, name), 0o600);
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
  try {
    await list({
      file: archive,
      strict: true,
      onReadEntry: (entry) => {
        if (entry.type === 'File' && KNOWN.includes(entry.path) && !names.includes(entry.path)) names.push(entry.path);
        else foreign = true;
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
