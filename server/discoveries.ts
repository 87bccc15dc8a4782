/** Searches of address ranges: one at a time, bounded, kept in memory until the server ends. */
import type { DiscoveryView, FoundDevice } from '../core/api.ts';
import { addressesOf, formatAddress, formatRange, parseAddress, sizeOf, type AddressRange } from '../core/addresses.ts';
import type { Device, GapCause } from '../core/model.ts';
import type { Candidate, Clock, CollectorControl, Log, Preview } from '../core/ports.ts';
import { newId } from './ids.ts';

export type Found = Omit<FoundDevice, 'known'>;

export interface Discovery extends Omit<DiscoveryView, 'found'> {
  /** UDP port that is asked; 0 when only ping is. */
  readonly port: number;
  readonly found: readonly Found[];
}

export interface Discoveries {
  /** Newest first. */
  list(): readonly Discovery[];
  get(id: string): Discovery | null;
  running(): Discovery | null;
  /** Begins to ask every address of a range. Only while none runs. */
  begin(range: AddressRange, how: Pick<Candidate, 'sources' | 'secret'>): Discovery;
  /** Asks no further address; what is on its way is not waited for. */
  stop(id: string): void;
  /** Resolves at its end, or when the signal says so. */
  ended(id: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

const IN_FLIGHT = 32;
/** 4,096 silent addresses, three questions of a second each, take seven minutes. */
const DEADLINE_MS = 15 * 60_000;
/** Searches that can still be looked at. */
const KEPT = 8;
/** Whoever gives one of these causes is there, though it cannot be polled like this. */
const PRESENT: readonly GapCause[] = ['access denied', 'bad reply'];

interface Parts {
  readonly collector: Pick<CollectorControl, 'test'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monoMs'>;
  readonly log: Log;
}
interface Search {
  view: Discovery;
  readonly found: Map<number, Found>;
  readonly end: PromiseWithResolvers<void>;
}

export function createDiscoveries({ collector, clock, log }: Parts): Discoveries {
  const searches: Search[] = [];
  /** Settles when nothing of earlier searches is on its way any more. */
  let idle: Promise<void> = Promise.resolve();
  const byId = (id: string) => searches.find(({ view }) => view.id === id) ?? null;
  const finish = (search: Search, state: 'done' | 'stopped', reason: string) => {
    if (search.view.state !== 'running') return;
    search.view = { ...search.view, state, reason };
    search.end.resolve();
  };

  const run = async (search: Search, range: AddressRange, how: Pick<Candidate, 'sources' | 'secret'>): Promise<void> => {
    const untilMs = clock.monoMs() + DEADLINE_MS;
    const addresses = addressesOf(range);
    let begun = 0;
    const askInTurn = async (): Promise<void> => {
      for (const address of addresses) {
        if (search.view.state !== 'running') return;
        if (clock.monoMs() > untilMs) {
          finish(search, 'stopped', 'It was stopped after 15 minutes: search a smaller range, or wait less for each address.');
          return;
        }
        const at = begun++;
        const preview = await collector.test({ ...how, address });
        if (search.view.state !== 'running') return;
        const found = foundAs(address, preview);
        if (found) search.found.set(at, found);
        search.view = {
          ...search.view,
          asked: search.view.asked + 1,
          ...(found ? { found: [...search.found].sort(([a], [b]) => a - b).map(([, one]) => one) } : {}),
        };
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, askInTurn));
    finish(search, 'done', '');
  };

  return {
    list: () => searches.map(({ view }) => view),
    get: (id) => byId(id)?.view ?? null,
    running: () => searches.find(({ view }) => view.state === 'running')?.view ?? null,
    begin(range, how) {
      const snmp = how.sources.find((source) => source.type === 'snmp');
      const view: Discovery = {
        id: newId(),
        range: formatRange(range),
        state: 'running',
        reason: '',
        asked: 0,
        total: Number(sizeOf(range)),
        found: [],
        startedMs: clock.nowMs(),
        port: snmp?.port ?? 0,
      };
      const search: Search = { view, found: new Map(), end: Promise.withResolvers() };
      searches.unshift(search);
      searches.length = Math.min(searches.length, KEPT);
      idle = idle
        .then(() => run(search, range, how))
        .catch((error: unknown) => {
          log.error('A search for devices failed; please report this.', { error: String(error) });
          finish(search, 'stopped', 'It failed; the log of the server says why.');
        });
      return view;
    },
    stop(id) {
      const search = byId(id);
      if (search) finish(search, 'stopped', 'It was stopped before all addresses were asked.');
    },
    async ended(id, signal) {
      const search = byId(id);
      if (!search) return;
      const given = Promise.withResolvers<void>();
      const up = () => given.resolve();
      signal.addEventListener('abort', up, { once: true });
      await Promise.race([search.end.promise, given.promise]);
      signal.removeEventListener('abort', up);
    },
    close() {
      for (const search of searches) finish(search, 'stopped', 'The server ended.');
    },
  };
}

/** Null for silence: nothing is there, or nothing that speaks. */
function foundAs(address: string, preview: Preview): Found | null {
  if (preview.ok)
    return { address, ok: true, text: preview.text, name: preview.facts.sysName, description: preview.facts.sysDescr };
  return PRESENT.includes(preview.cause) ? { address, ok: false, text: preview.text, name: '', description: '' } : null;
}

/** What is shown of a search: with the devices that are known already, as they are now. */
export function discoveryView({ port, ...view }: Discovery, devices: readonly Device[]): DiscoveryView {
  const known = new Map<string, Device>();
  for (const device of devices) {
    const snmp = device.sources.find((source) => source.type === 'snmp');
    const address = parseAddress(device.address);
    if (address) known.set(`${formatAddress(address)} ${snmp?.port ?? 0}`, device);
  }
  return {
    ...view,
    found: view.found.map((found) => {
      const device = known.get(`${found.address} ${port}`);
      return { ...found, known: device ? { id: device.id, name: device.name } : null };
    }),
  };
}
