/**
 * Dashboards from their folders: ours, then the user's, whose file of the same name replaces ours.
 * Whatever is wrong is named with file, line and key; the rest is taken. Files are looked at again
 * when somebody asks, at most every two seconds, and read only when they changed.
 */
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoardFault, Dashboard, DashboardSource } from '../core/dashboard.ts';
import { visible } from '../core/text.ts';
import { checkDashboard } from './dashboard-file.ts';
import { codeOf } from './files.ts';
import { createKeptDashboards } from './kept-dashboards.ts';

const FILE_MAX_BYTES = 256 * 1024;
const FILES_MAX = 500;
const LOOK_EVERY_MS = 2_000;
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export interface DashboardFolder {
  readonly path: string;
  /** The user's own. */
  readonly own: boolean;
  /** Made on the page, and changed there. */
  readonly kept: boolean;
  /** What people see before the file's name. */
  readonly shown: string;
}

/** Ours, beside the program, then the user's. @param kept of those that are made on the page; it need not be there yet */
export function dashboardFolders(home: string, own: readonly string[], kept: string | null = null): DashboardFolder[] {
  return [
    { path: join(home, 'dashboards'), own: false, kept: false, shown: 'dashboards' },
    ...(kept === null ? [] : [{ path: kept, own: true, kept: true, shown: kept }]),
    ...own.map((path) => ({ path, own: true, kept: false, shown: path })),
  ];
}

interface Held {
  /** Changes whenever the file does. */
  readonly mark: string;
  readonly dashboard: Dashboard;
}

/** @param monoMs monotonic milliseconds */
export function createDashboards(folders: readonly DashboardFolder[], monoMs: () => number): DashboardSource {
  let held = new Map<string, Held>();
  let found: Promise<readonly Dashboard[]> | null = null;
  let lookedMs = -Infinity;
  const look = async () => {
    const next = new Map<string, Held>();
    const lists: Dashboard[][] = [];
    for (const folder of folders) lists.push(await readFolder(folder, held, next));
    held = next;
    return merge(lists.flat());
  };
  const list: DashboardSource['list'] = ({ fresh = false } = {}) => {
    const nowMs = monoMs();
    if (found === null || fresh || nowMs - lookedMs >= LOOK_EVERY_MS) {
      lookedMs = nowMs;
      // One look at a time, in turn: a later one must not be overtaken by an earlier.
      found = (found ?? Promise.resolve([])).then(look, look);
      found.catch(() => (lookedMs = -Infinity));
    }
    return found;
  };
  const kept = folders.find((folder) => folder.kept);
  return { list, ...(kept ? { kept: createKeptDashboards(kept.path, list) } : {}) };
}

async function readFolder(
  folder: DashboardFolder,
  held: ReadonlyMap<string, Held>,
  next: Map<string, Held>,
): Promise<Dashboard[]> {
  let names: string[];
  try {
    names = (await readdir(folder.path)).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort();
  } catch (cause) {
    if (folder.kept && (cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    // Nothing to show from it is no reason to show nothing at all.
    return [faulty(folder, '', [fault(folder.shown, `cannot be read (${codeOf(cause)})`)])];
  }
  const boards = new Map<string, Dashboard>();
  for (const name of names.slice(0, FILES_MAX)) {
    const path = join(folder.path, name);
    const mark = await markOf(path);
    const before = held.get(path);
    const dashboard = before?.mark === mark ? before.dashboard : await readOne(folder, name);
    next.set(path, { mark, dashboard });
    const same = boards.get(dashboard.id);
    if (!same) boards.set(dashboard.id, dashboard);
    else {
      const text = `has the name of ${same.file} already, but for its ending, and is left out`;
      boards.set(dashboard.id, { ...same, faults: [...same.faults, fault(dashboard.file, text)] });
    }
  }
  const [first] = boards.values();
  if (names.length > FILES_MAX && first) {
    const text = `holds ${names.length} dashboards; the first ${FILES_MAX} by name are taken`;
    boards.set(first.id, { ...first, faults: [...first.faults, fault(folder.shown, text)] });
  }
  return [...boards.values()];
}

async function markOf(path: string): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch (cause) {
    return codeOf(cause);
  }
}

async function readOne(folder: DashboardFolder, name: string): Promise<Dashboard> {
  const file = join(folder.shown, name);
  const id = name.replace(/\.ya?ml$/, '');
  if (!ID.test(id)) {
    return faulty(folder, name, [fault(file, 'must be named by letters, digits, - and _, 64 at most, such as network.yaml')]);
  }
  const text = await readText(join(folder.path, name));
  if (typeof text !== 'string') return faulty(folder, name, [fault(file, text.fault)]);
  return { id, file, own: folder.own, kept: folder.kept, replaces: false, ...checkDashboard(id, file, text) };
}

/** A bounded text, of a file that is one: a pipe would never end. */
async function readText(path: string): Promise<string | { readonly fault: string }> {
  let handle: FileHandle | undefined;
  try {
    const { size, isFile } = await stat(path).then((s) => ({ size: s.size, isFile: s.isFile() }));
    if (!isFile) return { fault: 'is no file' };
    if (size > FILE_MAX_BYTES) return { fault: `is larger than ${FILE_MAX_BYTES / 1024} KiB` };
    handle = await open(path, 'r');
    // It may have grown since.
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FILE_MAX_BYTES + 1), 0, FILE_MAX_BYTES + 1, 0);
    if (bytesRead > FILE_MAX_BYTES) return { fault: `is larger than ${FILE_MAX_BYTES / 1024} KiB` };
    return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    return { fault: `cannot be read (${codeOf(cause)})` };
  } finally {
    await handle?.close();
  }
}

function fault(file: string, text: string): BoardFault {
  return { file: visible(file), line: null, key: '', text };
}

/** Listed all the same, so that its faults are seen where the dashboard is looked for. */
function faulty(folder: DashboardFolder, name: string, faults: readonly BoardFault[]): Dashboard {
  const title = visible(name === '' ? folder.shown : name.replace(/\.ya?ml$/, ''));
  // A name that cannot be an id must not take the place of one that can: no id begins with "_".
  const own = name.replace(/\.ya?ml$/, '');
  const id = ID.test(own) ? own : `_${title.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 63)}`;
  return {
    id,
    title,
    about: '',
    file: visible(join(folder.shown, name)),
    own: folder.own,
    kept: folder.kept,
    replaces: false,
    graphs: [],
    faults,
  };
}

/** By title, the overview first; the user's replace ours. */
function merge(boards: readonly Dashboard[]): Dashboard[] {
  const byId = new Map<string, Dashboard>();
  for (const board of boards) byId.set(board.id, byId.has(board.id) ? { ...board, replaces: true } : board);
  const rank = ({ id }: Dashboard) => (id === 'overview' ? 0 : 1);
  return [...byId.values()].sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title, 'en', { numeric: true }));
}
