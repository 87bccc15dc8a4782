/** The real collector with a real catalog in a folder, over simulated devices: for benchmarks and for the soak. */
import { join } from 'node:path';
import { createSystemClock } from '../../collector/clock.ts';
import { createCollector, type Collector } from '../../collector/collector.ts';
import { loadProfiles } from '../../collector/snmp/profile.ts';
import { createSnmpSource } from '../../collector/snmp/source.ts';
import type { Source } from '../../collector/source.ts';
import { DEFAULT_TIERS, NO_FACTS, type Device } from '../../core/model.ts';
import type { Catalog, Clock, History, Log, RawRow } from '../../core/ports.ts';
import { newId } from '../../server/ids.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { COMMUNITY } from './client.ts';
import { createTransport } from './ours-transport.ts';

export interface CollectingOptions {
  /** Where the catalog and the history are kept. */
  readonly folder: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly profileFolders: readonly string[];
  /** Whether rows go into the embedded store, or nowhere. */
  readonly stored: boolean;
  readonly log: Log;
  /** Rows that the history has taken. */
  readonly taken: (rows: readonly RawRow[]) => void;
  /** Stands between the collector and its parts, to watch them. */
  readonly watchSource?: (source: Source) => Source;
  readonly watchCatalog?: (catalog: Catalog) => Catalog;
}

export interface Collecting {
  readonly clock: Clock;
  readonly collector: Collector;
  /** Null when rows go nowhere. */
  readonly history: History | null;
  /** By address. */
  readonly devices: ReadonlyMap<string, Device>;
  close(): Promise<void>;
}

const SECRET = 'community';
const UPKEEP_EVERY_MS = 60_000;
/** Takes everything, keeps nothing. */
const NOWHERE: Pick<History, 'append' | 'latest'> = {
  append: () => Promise.resolve(),
  latest: (series) => Promise.resolve(series.map(() => null)),
};

/** Everything is scheduled when this resolves; devices are discovered and polled from now on. */
export async function startCollecting(options: CollectingOptions): Promise<Collecting> {
  const { folder, log } = options;
  const clock = createSystemClock();
  const opened = await createCatalog({ path: join(folder, 'catalog.db'), keyPath: join(folder, 'key') });
  const catalog = options.watchCatalog ? options.watchCatalog(opened) : opened;
  const store = options.stored ? await createEmbeddedStore({ path: join(folder, 'history.db') }) : null;
  const history = store && (await createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => clock.nowMs(), log }));
  const { append, latest } = history ?? NOWHERE;
  const source = createSnmpSource({ transport: createTransport(), profiles: loadProfiles(options.profileFolders) });
  const collector = createCollector({
    clock,
    catalog,
    history: {
      async append(rows) {
        await append(rows);
        options.taken(rows);
      },
      latest,
    },
    sources: [options.watchSource ? options.watchSource(source) : source],
    log,
    newId,
  });
  await catalog.secrets.put(SECRET, JSON.stringify({ community: COMMUNITY }));
  const devices = new Map(options.addresses.map((address) => [address, deviceAt(address, options)]));
  for (const device of devices.values()) await catalog.devices.put(device);
  await collector.start([...devices.values()]);
  const ended = new AbortController();
  const upkeep = async () => {
    while (!ended.signal.aborted) {
      await clock.sleep(UPKEEP_EVERY_MS, ended.signal);
      await history?.maintain(clock.nowMs());
    }
  };
  const keeping = upkeep().catch((error: unknown) => {
    if (!ended.signal.aborted) log.error('The upkeep failed.', { error: String(error) });
  });
  return {
    clock,
    collector,
    history,
    devices,
    async close() {
      ended.abort(new Error('the run is over'));
      await keeping;
      await collector.stop();
      await history?.close();
      await catalog.close();
    },
  };
}

function deviceAt(address: string, { port, intervalMs, timeoutMs, retries }: CollectingOptions): Device {
  return {
    id: newId(),
    name: address,
    address,
    sources: [{ type: 'snmp', version: '2c', port, timeoutMs, retries, user: null, auth: null, priv: null, secret: SECRET }],
    intervalMs,
    site: '',
    tags: [],
    origin: 'catalog',
    facts: NO_FACTS,
    createdMs: Date.now(),
  };
}

/** Values of rows that are not unknown. */
export function knownIn(rows: readonly RawRow[]): number {
  let known = 0;
  for (const { values } of rows) for (const value of values) if (!Number.isNaN(value)) known++;
  return known;
}
