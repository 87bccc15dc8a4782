/** Opens the store that a configuration names, with all that it consists of. */
import { join } from 'node:path';
import type { Tier } from '../core/model.ts';
import type { Clock, Log, SeriesStore } from '../core/ports.ts';
import { createEmbeddedStore, type EmbeddedStore } from './embedded/store.ts';
import type { Numbered } from './numbering.ts';
import type { ServerStore } from './server/port.ts';

export const HISTORY_FILE = 'history.db';
/** What a server keeps as well: the newest days. */
export const RECENT_FILE = 'recent.db';
export const SPOOL_FOLDER = 'spool';

export type StoreKind = 'embedded' | 'influxdb' | 'victoriametrics';

interface Urls {
  readonly writeUrl: string;
  readonly readUrl: string;
}
export interface StoreSettings {
  readonly kind: StoreKind;
  readonly influxdb: {
    readonly url: string;
    readonly token: string | null;
    readonly org: string | null;
    readonly version: 'auto' | 1 | 2 | 3;
    readonly prefix: string;
    readonly timeoutMs: number;
  } | null;
  readonly victoriametrics:
    | (Urls & {
        readonly deleteUrl: string | null;
        readonly token: string | null;
        readonly prefix: string;
        readonly timeoutMs: number;
        readonly tiers: Partial<Record<Tier, Urls>>;
      })
    | null;
  readonly spool: { readonly maxBytes: number; readonly maxAgeMs: number };
}

export interface OpenedStore {
  readonly store: SeriesStore & Numbered;
  /** A consistent copy into a file while writing goes on; null where a server keeps the history and its backups. */
  readonly backupTo: ((path: string) => Promise<void>) | null;
  /** Called when the end begins, before anything is closed: nobody waits for a server from here on. */
  readonly hasten: () => void;
}

/**
 * The store that takes what is polled.
 * @throws DataFolderError when its files cannot be used
 */
export async function openStore(settings: StoreSettings, dataDir: string, clock: Clock, log: Log): Promise<OpenedStore> {
  if (settings.kind === 'embedded') {
    const store = await createEmbeddedStore({ path: join(dataDir, HISTORY_FILE) });
    return { store, backupTo: (path) => store.backupTo(path), hasten: () => undefined };
  }
  const server = await openServer(settings, settings.kind, clock, log);
  const [{ createBufferedStore }, { openSpool }, { readWindow }] = await Promise.all([
    import('./server/buffered.ts'),
    import('./spool.ts'),
    import('./server/window.ts'),
  ]);
  const path = join(dataDir, RECENT_FILE);
  const sinceMs = readWindow(path, clock.nowMs());
  const recent: EmbeddedStore = await createEmbeddedStore({ path });
  try {
    const spool = await openSpool({
      folder: join(dataDir, SPOOL_FOLDER, settings.kind),
      ...settings.spool,
      nowMs: () => clock.nowMs(),
      log,
    });
    const store = await createBufferedStore({ server, recent, sinceMs, spool, clock, log });
    return { store, backupTo: null, hasten: () => store.hasten() };
  } catch (error) {
    await recent.close();
    throw error;
  }
}

/** A store as it is, for copying: a server directly, without anything between. */
export async function openPlainStore(
  settings: StoreSettings,
  kind: StoreKind,
  historyPath: string,
  clock: Clock,
  log: Log,
): Promise<SeriesStore> {
  return kind === 'embedded' ? createEmbeddedStore({ path: historyPath }) : openServer(settings, kind, clock, log);
}

async function openServer(
  { influxdb, victoriametrics }: StoreSettings,
  kind: Exclude<StoreKind, 'embedded'>,
  clock: Clock,
  log: Log,
): Promise<ServerStore> {
  if (kind === 'influxdb') {
    if (!influxdb) throw new TypeError('nothing is said of InfluxDB');
    const { createInfluxStore } = await import('./influx/store.ts');
    return createInfluxStore({ ...influxdb, log });
  }
  if (!victoriametrics) throw new TypeError('nothing is said of VictoriaMetrics');
  const { createVictoriaStore } = await import('./victoria/store.ts');
  return createVictoriaStore({ ...victoriametrics, clock, log });
}
