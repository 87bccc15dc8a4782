import { createCollector, type Collector, type CollectorOptions } from '../../collector/collector.ts';
import type { Source } from '../../collector/source.ts';
import { NO_FACTS, type Device, type Event, type Failure, type Instance } from '../../core/model.ts';
import type { Catalog, Clock, History, Latest, Log, RawRow } from '../../core/ports.ts';
import { COUNTER64, GAUGE, type Column, type Moment, type Plan, type PollOutcome } from '../../core/readings.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

export type MemoryCatalog = Pick<Catalog, 'devices' | 'instances' | 'events' | 'secrets' | 'settings' | 'readings'> & {
  readonly all: { devices: Map<string, Device>; instances: Map<string, Instance>; events: Event[] };
};

/** What the collector needs of a catalog, in memory, so that a fake clock can drive it. */
export function createMemoryCatalog(): MemoryCatalog {
  const devices = new Map<string, Device>();
  const instances = new Map<string, Instance>();
  const events: Event[] = [];
  const secrets = new Map<string, string>();
  const settings = new Map<string, string>();
  const readings = new Map<string, Uint8Array>();
  return {
    all: { devices, instances, events },
    devices: {
      list: () => Promise.resolve([...devices.values()]),
      get: (id) => Promise.resolve(devices.get(id) ?? null),
      count: () => Promise.resolve({ all: devices.size, unasked: 0 }),
      put: (device) => Promise.resolve(void devices.set(device.id, device)),
      remove: (id) => Promise.resolve(void devices.delete(id)),
    },
    instances: {
      list: (device) => Promise.resolve([...instances.values()].filter((one) => one.device === device)),
      put: (many) => Promise.resolve(many.forEach((one) => instances.set(one.id, one))),
    },
    events: {
      add: (many) =>
        Promise.resolve(
          many.map((event) => {
            events.push({ ...event, id: events.length + 1 });
            return events.length;
          }),
        ),
      end: (ids, toMs) => Promise.resolve(ids.forEach((id) => (events[id - 1] = { ...events[id - 1]!, toMs }))),
      list: () => Promise.resolve(events),
      open: () => Promise.resolve(events.filter((event) => event.toMs === null)),
    },
    secrets: {
      put: (id, text) => Promise.resolve(void secrets.set(id, text)),
      get: (id) => Promise.resolve(secrets.get(id) ?? null),
      remove: (id) => Promise.resolve(void secrets.delete(id)),
    },
    settings: {
      get: (name) => Promise.resolve(settings.get(name) ?? null),
      put: (name, value) => Promise.resolve(void settings.set(name, value)),
    },
    readings: {
      save: (entries) => Promise.resolve(entries.forEach(({ device, bytes }) => readings.set(device, bytes.slice()))),
      load: (device) => Promise.resolve(readings.get(device) ?? null),
    },
  };
}

export type MemoryHistory = Pick<History, 'append' | 'latest'> & { readonly rows: RawRow[]; fail: (() => Promise<void>) | null };

export function createMemoryHistory(): MemoryHistory {
  const latest = new Map<string, Latest>();
  const history: MemoryHistory = {
    rows: [],
    fail: null,
    async append(rows) {
      if (history.fail) await history.fail();
      history.rows.push(...rows);
      for (const row of rows)
        [...row.series].forEach((series, i) => latest.set(series, { tMs: row.tMs, value: row.values[i] ?? NaN }));
    },
    latest: (series) => Promise.resolve(series.map((one) => latest.get(one) ?? null)),
  };
  return history;
}

/** One simulated device: what it has, and how it behaves just now. */
export interface Behaviour {
  ports: string[];
  /** Also offers these columns. */
  extra?: Column[];
  covers?: string[];
  upSince: number;
  failure: Failure | null;
  /** Answers this late; Infinity never, and does not heed the signal either. */
  takesMs: number;
  stalePlan?: boolean;
  /** Its discoveries lose a part of the answer. */
  lost?: boolean;
  /** Goes on after its signal was aborted. */
  deaf?: boolean;
  discoveries: number;
  polls: number;
  /** Cheap questions whether it is there. */
  reaches?: number;
  /** A question that fails takes this long at discovery; otherwise as long as any other. */
  doubtMs?: number;
  /** Set by tests that look at what is asked. */
  lastTarget?: unknown;
}

/** Ports count 100 000 units a second, a thousandth of which is the metric, since the device is up; load is always 0.5. */
export function createScriptedSource(type: 'snmp' | 'local' | 'ping', fleet: ReadonlyMap<string, Behaviour>): Source {
  const behaviour = (address: string): Behaviour => {
    const found = fleet.get(address);
    if (!found) throw new Error(`no device at ${address}`);
    return found;
  };
  const wait = async (clock: Clock, { takesMs, deaf }: Behaviour, signal: AbortSignal) => {
    if (takesMs === Infinity) await new Promise<never>(() => undefined);
    if (takesMs > 0) await clock.sleep(takesMs, deaf === true ? undefined : signal).catch(() => undefined);
  };
  return {
    type,
    async discover({ address }, { clock, signal }) {
      const device = behaviour(address);
      device.discoveries++;
      await wait(clock, device.failure && device.doubtMs ? { ...device, takesMs: device.doubtMs } : device, signal);
      if (device.failure) return device.failure;
      const ports = device.ports.map((key): Column => ({
        kind: 'interface',
        key,
        metric: 'interface.in_bps',
        unit: 'bps',
        form: 'counter',
        scale: 0.001,
      }));
      const load: Column = { kind: 'load', key: 'load', metric: 'load.one', unit: '1', form: 'gauge', scale: 1 };
      const columns = [...ports, load, ...(device.extra ?? [])];
      const parts = new Map(
        columns.map(({ kind, key }) => [`${kind} ${key}`, { kind, key, name: key, alias: '', capacity: null }]),
      );
      return {
        ok: true,
        facts: { ...NO_FACTS, sysName: `name-of-${address}` },
        instances: [...parts.values()],
        columns,
        covers: device.covers ?? [],
        notes: [],
        lost: device.lost ?? false,
        route: null,
      };
    },
    async poll(target, plan: Plan, { clock, epoch, signal }): Promise<PollOutcome> {
      const device = behaviour(target.address);
      device.polls++;
      device.lastTarget = target;
      await wait(clock, device, signal);
      if (device.failure) return device.failure;
      const upMs = clock.monoMs() - device.upSince;
      const size = plan.columns.length;
      const moment: Moment = {
        tMs: clock.nowMs(),
        monoMs: clock.monoMs(),
        epoch,
        upTicks: Math.round(upMs / 10),
        engineTimeS: null,
        engineBoots: null,
      };
      const state = new Uint8Array(size);
      const gauge = new Float64Array(size);
      const counter = new BigUint64Array(size);
      plan.columns.forEach((column, i) => {
        if (column.kind === 'interface' && !device.ports.includes(column.key)) return;
        state[i] = column.form === 'counter' ? COUNTER64 : GAUGE;
        counter[i] = BigInt(Math.max(0, Math.round(upMs * 100)));
        gauge[i] = 0.5;
      });
      return {
        ok: true,
        moment,
        state,
        gauge,
        counter,
        maxPerS: null,
        doubts: new Map(),
        discontinuity: null,
        stalePlan: device.stalePlan ?? false,
        partial: false,
      };
    },
    ...(type === 'snmp'
      ? {
          async reach({ address }, { clock, signal }) {
            const device = behaviour(address);
            device.reaches = (device.reaches ?? 0) + 1;
            await wait(clock, device, signal);
            return device.failure ?? { ok: true };
          },
        }
      : {}),
    close: () => Promise.resolve(),
  };
}

export interface Bench {
  clock: FakeClock;
  catalog: MemoryCatalog;
  history: MemoryHistory;
  fleet: Map<string, Behaviour>;
  logs: string[];
  collector: Collector;
  /** A further collector on the same catalog and history: a restart of ours. */
  again(): Collector;
  /** Stops a collector, this one unless told otherwise, while time passes. */
  stop(collector?: Collector): Promise<void>;
  /** Values of a series by device and part, NaN as null, in order; uptimes are in hundredths, so rates are rounded. */
  values(device: string, key: string): (number | null)[];
  add(name: string, other?: Partial<Behaviour>): Behaviour;
}

export function bench(
  options: {
    sources?: (fleet: Map<string, Behaviour>) => Source[];
    waitingMax?: number;
    inFlight?: number;
    seats?: CollectorOptions['seats'];
  } = {},
): Bench {
  const clock = createFakeClock();
  const catalog = createMemoryCatalog();
  const history = createMemoryHistory();
  const fleet = new Map<string, Behaviour>();
  const logs: string[] = [];
  const say = (text: string, fields?: Record<string, unknown>) => void logs.push(`${text} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { info: say, warn: say, error: say };
  let ids = 0;
  const make = () =>
    createCollector({
      clock,
      catalog,
      history,
      sources: options.sources?.(fleet) ?? [createScriptedSource('snmp', fleet)],
      log,
      newId: () => `id${String(ids++)}`,
      ...(options.waitingMax === undefined ? {} : { waitingMax: options.waitingMax }),
      ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
      ...(options.seats === undefined ? {} : { seats: options.seats }),
    });
  const collector = make();
  return {
    clock,
    catalog,
    history,
    fleet,
    logs,
    collector,
    async stop(one = collector) {
      const stopping = one.stop();
      await clock.advance(15_000);
      await stopping;
    },
    again: make,
    values(device, key) {
      const instance = [...catalog.all.instances.values()].find((one) => one.device === device && one.key === key);
      return history.rows.flatMap((row) =>
        [...row.series].flatMap((series, i) => {
          const value = row.values[i] ?? NaN;
          return series.split('/')[1] === instance?.id
            ? [Number.isNaN(value) ? null : value > 10 ? Math.round(value) : value]
            : [];
        }),
      );
    },
    add(name, other) {
      const made: Behaviour = {
        ports: ['eth0'],
        upSince: clock.monoMs() - 500_000,
        failure: null,
        takesMs: 5,
        discoveries: 0,
        polls: 0,
        ...other,
      };
      fleet.set(name, made);
      return made;
    },
  };
}

export function device(name: string, intervalMs = 10_000, other: Partial<Device> = {}): Device {
  return {
    id: name,
    name,
    address: name,
    sources: [
      { type: 'snmp', version: '2c', port: 161, timeoutMs: 1000, retries: 1, user: null, auth: null, priv: null, secret: '' },
    ],
    intervalMs,
    site: '',
    tags: [],
    origin: 'catalog',
    facts: NO_FACTS,
    createdMs: 0,
    ...other,
  };
}
export const TIMEOUT: Failure = { ok: false, cause: 'timeout', text: 'No answer within 1 s.' };
