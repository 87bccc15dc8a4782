/** Moves a history between two of the stores a configuration knows: copy, resume, compare. The caller holds the data folder's lock. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DeviceId, TierSpec } from '../core/model.ts';
import type { Clock, Log, SeriesStore } from '../core/ports.ts';
import { DataFolderError } from './failures.ts';
import { keptFrom } from './history/import.ts';
import { compareHistories, migrateHistory, type Comparison, type Progress } from './migration.ts';
import { HISTORY_FILE, openPlainStore, SPOOL_FOLDER, type StoreKind, type StoreSettings } from './opening.ts';

export interface MoveOptions {
  readonly settings: StoreSettings;
  readonly dataDir: string;
  readonly tiers: readonly TierSpec[];
  /** A kind of store, or the path of a history file. */
  readonly from: string;
  readonly to: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Nothing is copied. */
  readonly compareOnly: boolean;
  /** What was copied before is copied again. */
  readonly restart: boolean;
  readonly onProgress: (step: 'copied' | 'compared', progress: Progress) => void;
}

export interface Moved {
  /** Null when nothing was copied. */
  readonly copied: Progress | null;
  /** Devices that an earlier run had finished. */
  readonly before: number;
  readonly comparison: Comparison;
}

const KINDS: readonly string[] = ['embedded', 'influxdb', 'victoriametrics'] satisfies StoreKind[];

/** VictoriaMetrics keeps at least so much of a number. */
const ROUNDING = 1e-10;

interface Place {
  readonly kind: StoreKind;
  readonly path: string;
}

/** @throws DataFolderError in words for what cannot be moved; MigrationStopped */
export async function moveHistory(options: MoveOptions): Promise<Moved> {
  const { settings, tiers, clock, log, onProgress } = options;
  const [source, target] = [placeOf(options, options.from), placeOf(options, options.to)];
  if (source.kind === target.kind && source.path === target.path)
    throw new DataFolderError('Both ends are the same store; name two different ones.');
  if (source.kind === 'embedded' && !existsSync(source.path)) throw new DataFolderError(`There is no history in ${source.path}.`);
  refuseWaiting(options, source);
  const from = await openPlainStore(settings, source.kind, source.path, clock, log);
  let to: SeriesStore | null = null;
  try {
    if (!hasKeys(from)) throw new TypeError('a store that cannot name its series');
    to = await openPlainStore(settings, target.kind, target.path, clock, log);
    // Retention of what is there must not change by looking at it; that of the target must be ready.
    await to.ensureTiers(tiers);
    const state = stateOf(options);
    const before = state.done.size;
    const copied = options.compareOnly
      ? null
      : await migrateHistory({
          from,
          to,
          clock,
          done: state.done,
          onDevice: (device, progress) => {
            state.add(device);
            onProgress('copied', progress);
          },
        });
    const rounds = from.rewrites === false || to.rewrites === false;
    const comparison = await compareHistories(from, to, keptFrom(tiers, clock.nowMs()), rounds ? ROUNDING : 0, (progress) =>
      onProgress('compared', progress),
    );
    if (comparison.missing === 0 && comparison.different === 0 && !options.compareOnly) state.forget();
    return { copied, before, comparison };
  } finally {
    await from.close();
    await to?.close();
  }
}

function hasKeys(store: SeriesStore): store is SeriesStore & Required<Pick<SeriesStore, 'keys'>> {
  return store.keys !== undefined;
}

function placeOf({ settings, dataDir }: MoveOptions, name: string): Place {
  if (!KINDS.includes(name)) return { kind: 'embedded', path: resolve(name) };
  const kind = name as StoreKind;
  if (kind !== 'embedded' && settings[kind] === null)
    throw new DataFolderError(`The configuration says nothing of ${kind}; give it the key ${kind} with its address.`);
  return { kind, path: kind === 'embedded' ? join(dataDir, HISTORY_FILE) : '' };
}

/** What still waits for a server is no part of what can be read from it. */
function refuseWaiting({ dataDir }: MoveOptions, { kind }: Place): void {
  const folder = join(dataDir, SPOOL_FOLDER, kind);
  if (kind === 'embedded' || !existsSync(folder)) return;
  const waiting = readdirSync(folder).some((name) => name.endsWith('.waiting'));
  if (waiting)
    throw new DataFolderError(
      `Samples still wait in ${folder} for ${kind}: start Saguaro with store: ${kind} until nothing waits, then move.`,
    );
}

/** Devices that are done, in a file that survives this process. */
function stateOf({ dataDir, from, to, restart }: MoveOptions) {
  const name = (text: string) => text.replace(/[^A-Za-z0-9]+/g, '-').slice(-60);
  const path = join(dataDir, `migration-${name(from)}-to-${name(to)}.json`);
  if (restart) rmSync(path, { force: true });
  const done = new Set<DeviceId>(restart ? [] : readDone(path));
  return {
    done,
    add(device: DeviceId) {
      done.add(device);
      writeFileSync(`${path}.new`, JSON.stringify({ from, to, done: [...done] }), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    forget: () => rmSync(path, { force: true }),
  };
}

function readDone(path: string): DeviceId[] {
  try {
    const { done } = JSON.parse(readFileSync(path, 'utf8')) as { done?: unknown };
    return Array.isArray(done) ? done.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return []; // None yet, or torn: copying again does no harm.
  }
}
