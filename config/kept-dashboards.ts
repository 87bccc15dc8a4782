/**
 * Dashboards that people put together on the page: files like any other, in a folder of the data. A change reads the file as
 * it is, also what somebody wrote into it by hand, changes what was asked for and writes it whole or not at all.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isSeq, parseDocument, type Document } from 'yaml';
import {
  boardGraphId,
  DashboardRefused,
  keysOf,
  type Dashboard,
  type DashboardSource,
  type KeptDashboards,
} from '../core/dashboard.ts';
import { visible } from '../core/text.ts';
import { checkDashboard, GRAPHS_MAX, titleOf } from './dashboard-file.ts';
import { codeOf } from './files.ts';

const FILE_MAX_BYTES = 256 * 1024;
const BOARDS_MAX = 300;
/** Changes that wait for others; who finds more waiting is told to come again. */
const WAITING_MAX = 50;
const TITLE_MAX = 128;
const ID_MAX = 64;

/**
 * @param folder in which they are; made with the first of them
 * @param list every dashboard as it is now, those of other folders too
 */
export function createKeptDashboards(folder: string, list: DashboardSource['list']): KeptDashboards {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  /** One change at a time: each begins with what the one before left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= WAITING_MAX) return Promise.reject(new DashboardRefused('busy', 'Too many changes wait already; try again.'));
    waiting++;
    const turn = last.then(work, work).finally(() => waiting--);
    last = turn.catch(() => undefined); // Whoever asked for it hears of it.
    return turn;
  }

  const pathOf = ({ id }: Dashboard) => join(folder, `${id}.yaml`);
  async function keptOne(id: string): Promise<Dashboard> {
    const board = (await list({ fresh: true })).find((one) => one.id === id);
    if (!board) throw new DashboardRefused('missing', `There is no dashboard "${visible(id)}".`);
    if (!board.kept)
      throw new DashboardRefused(
        'read-only',
        `The dashboard ${board.title} is the file ${board.file}: change it there. Here only those are changed that were made here.`,
      );
    return board;
  }
  async function write(path: string, text: string): Promise<void> {
    if (Buffer.byteLength(text) > FILE_MAX_BYTES)
      throw new DashboardRefused('full', `A dashboard has at most ${FILE_MAX_BYTES / 1024} KiB: begin another one.`);
    const part = `${path}.part`;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = await open(part, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (cause) {
      await rm(part, { force: true });
      throw new DashboardRefused('failed', `The dashboard could not be written (${codeOf(cause)}).`, { cause });
    }
    await list({ fresh: true });
  }
  /** Changes the entries under `graphs`, and says what they are called afterwards. */
  async function change(id: string, work: (entries: Entries, keys: readonly string[]) => number | null): Promise<string | null> {
    const board = await keptOne(id);
    const path = pathOf(board);
    const document = parseDocument(await readFile(path, 'utf8'), { uniqueKeys: true });
    const entries = entriesOf(document, board);
    const at = work(entries, keysOf(titlesOf(document)));
    const text = document.toString({ lineWidth: 0 });
    const faults = checkDashboard(id, board.file, text).faults;
    if (faults.length > board.faults.length)
      throw new DashboardRefused('failed', `This would break the dashboard: ${faults[0]?.key ?? ''} ${faults[0]?.text ?? ''}.`);
    await write(path, text);
    return at === null ? null : boardGraphId(id, keysOf(titlesOf(document))[at] ?? '');
  }
  const placeOf = (keys: readonly string[], key: string): number => {
    const at = keys.indexOf(key);
    if (at < 0) throw new DashboardRefused('missing', `The dashboard has no graph "${visible(key)}": it may have been removed.`);
    return at;
  };

  return {
    create: (title) =>
      inTurn(async () => {
        const named = visible(title.trim()).slice(0, TITLE_MAX);
        if (named === '') throw new DashboardRefused('failed', 'A dashboard needs a title.');
        const boards = await list({ fresh: true });
        const same = boards.find((one) => one.title.toLowerCase() === named.toLowerCase());
        if (same) throw new DashboardRefused('taken', `There is a dashboard ${same.title} already: choose another title.`);
        if (boards.filter(({ kept }) => kept).length >= BOARDS_MAX)
          throw new DashboardRefused('full', `At most ${BOARDS_MAX} dashboards are kept here: remove one first.`);
        const taken = new Set(boards.map((one) => one.id));
        const [key = 'dashboard'] = keysOf([named]);
        let id = key;
        for (let n = 2; taken.has(id); n++) id = `${key.slice(0, ID_MAX - 5)}-${n}`;
        await write(join(folder, `${id}.yaml`), `title: ${JSON.stringify(named)}\ngraphs: []\n`);
        return id;
      }),
    remove: (id) =>
      inTurn(async () => {
        const board = await keptOne(id);
        await rm(pathOf(board), { force: true });
        await list({ fresh: true });
      }),
    add: (id, yaml) =>
      inTurn(async () => {
        const found = await change(id, (entries) => {
          if (entries.items.length >= GRAPHS_MAX)
            throw new DashboardRefused('full', `A dashboard has at most ${GRAPHS_MAX} graphs: begin another one.`);
          entries.items.push(entryOf(yaml));
          return entries.items.length - 1;
        });
        return found ?? '';
      }),
    replace: (id, key, yaml) =>
      inTurn(async () => {
        const found = await change(id, (entries, keys) => {
          const at = placeOf(keys, key);
          entries.items[at] = entryOf(yaml);
          return at;
        });
        return found ?? '';
      }),
    take: (id, key) =>
      inTurn(async () => {
        await change(id, (entries, keys) => {
          entries.items.splice(placeOf(keys, key), 1);
          return null;
        });
      }),
  };
}

interface Entries {
  items: unknown[];
  flow?: boolean;
}

/** The list under `graphs`, which is written one below the other. */
function entriesOf(document: Document, { file }: Dashboard): Entries {
  const broken = (why: string) => new DashboardRefused('failed', `${file} ${why}: mend it by hand, then it can be changed here.`);
  if (document.errors.length > 0) throw broken('is not valid YAML');
  if (!isMap(document.contents)) throw broken('is no dashboard');
  const graphs: unknown = document.get('graphs', true);
  if (!isSeq(graphs)) throw broken('has no list of graphs');
  graphs.flow = false;
  return graphs;
}

function titlesOf(document: Document): string[] {
  const graphs = (document.toJS({ maxAliasCount: 100 }) as { graphs?: unknown }).graphs;
  return (Array.isArray(graphs) ? (graphs as unknown[]) : []).map(titleOf);
}

/** One entry, from its own text. */
function entryOf(yaml: string): unknown {
  const parsed = parseDocument(yaml);
  return isSeq(parsed.contents) ? parsed.contents.items[0] : parsed.contents;
}
