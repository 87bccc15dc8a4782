/**
 * The simulated fleet at a moment that stands still: the real app on a free port of loopback, over a
 * real catalog and a real embedded store in a folder of its own, and a real collector that has discovered and
 * polled the demonstration's agents. Everything happens at `nowMs`; nothing moves afterwards.
 *
 *     const world = await demoWorld({ nowMs: Date.UTC(2026, 2, 18, 14, 30), seed: 1 });
 *     world.url                       // http://127.0.0.1:PORT/, with the built dashboard
 *     world.device('nas1.attic')      // the catalog's Device; also instance('nas1.attic', 'disk', '/srv/tank')
 *     world.catalog, world.history, world.collector, world.fleet
 *     await world.close();            // ends it all and removes the folder
 *
 * 58 devices: 56 up, `list.annexe` down since six hours, `mon.attic` stale (last polled five minutes ago).
 * `HEROES` have two years: days, then 200 days of hours; the others eight days of hours. All have 5 minutes for a
 * day and minutes for three hours. There are events of every kind, an open one included. Takes a second or two, the
 * first one after a change of the sources some more.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createSystemClock } from '../../collector/clock.ts';
import { createCollector, type Collector } from '../../collector/collector.ts';
import { createUdpTransport } from '../../collector/snmp/udp.ts';
import { loadProfiles } from '../../collector/snmp/profile.ts';
import { createSnmpSource } from '../../collector/snmp/source.ts';
import { ensureDashboard } from '../../command/dashboard.ts';
import { createDashboards, dashboardFolders } from '../../config/dashboards.ts';
import { NO_FACTS, type Device, type Instance, type NewEvent } from '../../core/model.ts';
import type { Catalog, Clock, DeviceStatus, History } from '../../core/ports.ts';
import type { ScheduledReview } from '../../core/review-due.ts';
import { COMMUNITY, startAgents, type RunningAgent } from '../../demo/agents/agents.ts';
import { demoFleet, type DemoFleet } from '../../demo/fleet.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../demo/shape.ts';
import { buildApp } from '../../server/app.ts';
import { newId } from '../../server/ids.ts';
import { listen } from '../../server/listen.ts';
import type { ServerConfig } from '../../server/settings.ts';
import { CONFIG } from '../server/world.ts';
import { createCatalog } from '../../store/catalog/catalog.ts';
import { copyPast, fixedId, openHistory, QUIET } from './past.ts';

export interface DemoWorldOptions {
  /** UTC milliseconds, best a whole minute. */
  readonly nowMs: number;
  readonly seed?: number;
  readonly config?: Partial<ServerConfig>;
  /** Folders of dashboards besides the shipped ones. */
  readonly dashboards?: readonly string[];
  /** Made and kept once before the first page is asked for. */
  readonly reviews?: readonly ScheduledReview[];
}
export interface DemoWorld {
  readonly url: string;
  readonly nowMs: number;
  readonly fleet: DemoFleet;
  readonly catalog: Catalog;
  readonly history: History;
  readonly collector: Collector;
  /** By name; throws when there is none. */
  device(name: string): Device;
  /** As discovery left it: with alias and capacity. */
  instance(device: string, kind: string, key: string): Instance;
  /** Judges what the history has, and learns it. */
  keepHabits(): Promise<void>;
  close(): Promise<void>;
}

export const DOWN = 'list.annexe';
export const STALE = 'mon.attic';

const ROOT = join(import.meta.dirname, '..', '..');
const INTERVAL_MS = MINUTE_MS;
const STALE_FOR_MS = 5 * INTERVAL_MS;

export async function demoWorld(options: DemoWorldOptions): Promise<DemoWorld> {
  const { nowMs: endMs, seed = 1, config = {}, dashboards = [], reviews = [] } = options;
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const part of closing.splice(0).reverse()) await part();
  };
  try {
    await ensureDashboard(ROOT, () => undefined);
    const folder = await mkdtemp(join(tmpdir(), 'saguaro-demo-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const fleet = demoFleet(seed, endMs);
    let nowMs = endMs;
    const now = () => nowMs;
    const clock = standing(now);
    const catalog = await createCatalog({ path: join(folder, 'catalog.db'), keyPath: null });
    closing.push(() => catalog.close());
    const path = join(folder, 'history.db');
    // It ends where the polls begin.
    await copyPast({ fleet, endMs: endMs - INTERVAL_MS, silent: { name: STALE, forMs: STALE_FOR_MS } }, path);
    const history = await openHistory(path, now);
    closing.push(() => history.close());
    const agents = await startAgents(fleet, { nowMs: now, sinceMs: () => null });
    closing.push(() => agents.close());

    const devices = await putDevices(catalog, agents.agents, endMs);
    const parts = await putInstances(catalog, fleet, endMs);
    await catalog.events.add(eventsOf(fleet, devices, parts, endMs));

    const sources = [
      createSnmpSource({
        transport: createUdpTransport({ clock: createSystemClock() }),
        profiles: loadProfiles([join(ROOT, 'collector', 'profiles')]),
      }),
    ];
    // Who knows of nothing before notes no gap at its start.
    const begun: History = { ...history, latest: (series) => Promise.resolve(series.map(() => null)) };
    const collector = createCollector({ clock, history: begun, catalog, sources, log: QUIET, newId });
    closing.push(() => collector.stop());
    const asked = devices.filter(({ name }) => name !== STALE);
    nowMs = endMs - INTERVAL_MS;
    await collector.start(asked);
    await Promise.all(asked.map(({ id }) => collector.pollNow(id)));
    nowMs = endMs;
    await Promise.all(asked.map(({ id }) => collector.pollNow(id)));

    const shown = withStale(collector, devices, endMs);
    const app = await buildApp({
      history,
      catalog,
      collector: shown,
      clock,
      dashboards: createDashboards(dashboardFolders(ROOT, dashboards, join(folder, 'dashboards')), () => performance.now()),
      config: { ...CONFIG, ...config },
      version: '0.0.0-demo',
      webRoot: join(ROOT, 'web', 'dist'),
      reviews: { folder: join(folder, 'reports'), list: reviews },
      log: QUIET,
    });
    closing.push(() => app.close());
    await app.keepReviews();
    const { url } = await listen(app, { host: '127.0.0.1', port: 0 });
    const known = await catalog.devices.list();
    const instances = await catalog.instances.list();
    const device = (name: string) => found(known, (one) => one.name === name, name);
    return {
      url,
      nowMs: endMs,
      fleet,
      catalog,
      history,
      collector: shown,
      device,
      keepHabits: () => app.keepHabits(),
      instance(name, kind, key) {
        const { id } = device(name);
        return found(instances, (one) => one.device === id && one.kind === kind && one.key === key, `${name} ${kind} ${key}`);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function found<T>(list: readonly T[], is: (one: T) => boolean, what: string): T {
  const one = list.find(is);
  if (one === undefined) throw new Error(`the demonstration has no ${what}`);
  return one;
}

/** Stamps stand still; who waits for an answer still waits in real time. */
function standing(nowMs: () => number): Clock {
  return { nowMs, monoMs: nowMs, sleep: (ms, signal) => wait(ms, undefined, signal ? { signal, ref: false } : { ref: false }) };
}

/** Time that stands still makes no device stale: of this one it is said. */
function withStale(collector: Collector, devices: readonly Device[], endMs: number): Collector {
  const stale = found(devices, ({ name }) => name === STALE, STALE);
  const lastMs = endMs - STALE_FOR_MS;
  const status: DeviceStatus = {
    device: stale.id,
    state: 'stale',
    reason: 'The last good poll is more than three intervals old.',
    sinceMs: lastMs,
    lastPollMs: lastMs,
    lastOkMs: lastMs,
    pollMs: 3,
    uptimeS: 40 * 86_400,
    polls: 1440,
    failures: 0,
    skipped: 0,
  };
  return {
    ...collector,
    deviceStatus: (id) => (id === stale.id ? status : collector.deviceStatus(id)),
    status() {
      const { states, ...rest } = collector.status();
      return { ...rest, states: { ...states, stale: (states.stale ?? 0) + 1 } };
    },
  };
}

async function putDevices(catalog: Catalog, agents: readonly RunningAgent[], endMs: number): Promise<Device[]> {
  const devices = agents.map(({ device, address, port }): Device => {
    const id = fixedId(device.name);
    return {
      id,
      name: device.name,
      address,
      sources: [
        {
          type: 'snmp',
          version: '2c',
          port,
          timeoutMs: device.quirk === 'down' ? 200 : 2_000,
          retries: device.quirk === 'down' ? 0 : 1,
          user: null,
          auth: null,
          priv: null,
          secret: `snmp:${id}`,
        },
      ],
      intervalMs: INTERVAL_MS,
      site: device.site,
      tags: device.tags,
      origin: 'catalog',
      facts: NO_FACTS,
      createdMs: endMs - 730 * DAY_MS,
    };
  });
  for (const device of devices) {
    await catalog.devices.put(device);
    await catalog.secrets.put(`snmp:${device.id}`, JSON.stringify({ community: COMMUNITY }));
  }
  return devices;
}

/** Parts as an earlier discovery left them; the next one finds them by kind and key. */
async function putInstances(catalog: Catalog, fleet: DemoFleet, endMs: number): Promise<readonly Instance[]> {
  const instances = fleet.devices.flatMap(({ name, parts }) =>
    parts.map((part): Instance => ({
      id: fixedId(name, part.kind, part.key),
      device: fixedId(name),
      kind: part.kind,
      key: part.key,
      name: part.key,
      alias: '',
      capacity: null,
      metrics: part.series.map(({ metric, unit }) => ({ name: metric, unit })),
      firstSeenMs: endMs - 730 * DAY_MS,
      lastSeenMs: part.goneMs ?? endMs,
      vanishedMs: null,
    })),
  );
  await catalog.instances.put(instances);
  return instances;
}

/** A dozen things that happened before; what the collector notes itself comes on top. */
function eventsOf(fleet: DemoFleet, devices: readonly Device[], instances: readonly Instance[], endMs: number): NewEvent[] {
  const of = (name: string) => found(devices, (one) => one.name === name, name).id;
  const part = (name: string, key: string) =>
    found(instances, (one) => one.device === of(name) && one.key === key, `${name} ${key}`).id;
  const event = (
    kind: NewEvent['kind'],
    device: string | null,
    text: string,
    agoMs: number,
    more: Partial<NewEvent> = {},
  ): NewEvent => ({
    kind,
    device: device === null ? null : of(device),
    instance: null,
    cause: null,
    text,
    fromMs: endMs - agoMs,
    toMs: endMs - agoMs,
    ...more,
  });
  const lasting = (agoMs: number, lastedMs: number) => ({ toMs: endMs - agoMs + lastedMs });
  const outages = fleet.devices.flatMap(({ name, gaps, quirk }) =>
    gaps
      .filter(() => quirk !== 'down')
      .map(({ fromMs, toMs, text }) => event('gap', name, text, endMs - fromMs, { toMs, cause: 'imported gap' })),
  );
  return [
    event('added', 'web01.attic', 'Found 1 interface, 2 filesystems, a processor, memory and load.', 700 * DAY_MS),
    event('added', 'sw-acc3', 'interface ge0/8 is new.', 64 * DAY_MS, { instance: part('sw-acc3', 'ge0/8') }),
    event('returned', 'sw-acc2', 'interface ge0/5 is back.', 9 * DAY_MS, { instance: part('sw-acc2', 'ge0/5') }),
    event('collector', null, 'Saguaro was not running for 95 s.', 5 * DAY_MS, {
      cause: 'collector down',
      ...lasting(5 * DAY_MS, 95_000),
    }),
    event('import', 'edge-rtr1', 'History was imported into 13 series.', 3 * DAY_MS),
    ...[30, 60, 90].map((minutes) =>
      event('gap', 'sw-acc4', 'No answer (snmp, 180 s).', minutes * MINUTE_MS, {
        cause: 'timeout',
        ...lasting(minutes * MINUTE_MS, 3 * MINUTE_MS),
      }),
    ),
    event('restart', 'wiki.annexe', 'The device restarted after 96 days; it has been up for 34 s.', 2 * HOUR_MS, {
      cause: 'restarted',
    }),
    event('restart', 'web07.attic', 'The device restarted after 41 days; it has been up for 28 s.', 26 * HOUR_MS, {
      cause: 'restarted',
    }),
    event('down', 'build.cellar', 'No answer within 2 s.', 30 * HOUR_MS, {
      cause: 'timeout',
      ...lasting(30 * HOUR_MS, 22 * MINUTE_MS),
    }),
    event('down', DOWN, 'No answer within 2 s.', 6 * HOUR_MS, { cause: 'timeout', toMs: null }),
    ...outages,
  ];
}
