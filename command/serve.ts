/** The life of a server: begin, reload, keep up, end in order. */
import { isDeepStrictEqual } from 'node:util';
import { scheduleJob } from 'node-schedule';
import { asSentence, formatConfigError, type Config, type LoadedConfig } from '../config.ts';
import type { Device } from '../core/model.ts';
import { SecretUnreadable } from '../core/ports.ts';
import { formatDuration } from '../core/units.ts';
import { scheduleCapacityReports } from './capacity-report-schedule.ts';
import { scheduleForecasts } from './forecast-schedule.ts';
import { scheduleReviews } from './review-schedule.ts';
import { alignDevices } from './config-devices.ts';
import type { House } from './house.ts';
import { errorText } from './log.ts';
import type { Terminal } from './terminal.ts';
import { alignThisMachine } from './this-machine.ts';

const UPKEEP_EVERY_MS = 60_000;
const END_WITHIN_MS = 10_000;
const ECHO_MS = 500;
const NAMES_SHOWN = 10;
/** Local time of the nightly upkeep, when the least is going on. */
const NIGHTLY = '17 3 * * *';
/** Parts of the configuration that only a new start takes over. */
const FIXED = [
  'dataDir',
  'server',
  'log',
  'tiers',
  'store',
  'profileFolders',
  'dashboardFolders',
  'reviews',
  'capacity',
  'capacityRounds',
  'snmpEngine',
] as const satisfies readonly (keyof Config)[];
/** The keys of the file that decide them. */
const FIXED_KEYS: Readonly<Record<string, (config: Config) => unknown>> = {
  data: ({ dataDir }) => dataDir,
  listen: ({ server }) => [server.host, server.port],
  publicUrl: ({ server }) => server.publicUrl,
  basePath: ({ server }) => server.basePath,
  trustedProxies: ({ server }) => server.trustedProxies,
  allowedHosts: ({ server }) => server.allowedHosts,
  adminPassword: ({ server }) => server.adminPassword,
  timeZone: ({ server }) => server.zone,
  log: ({ log }) => log,
  retention: ({ tiers }) => tiers,
  store: ({ store }) => store,
  snmpEngine: ({ snmpEngine }) => snmpEngine,
  profiles: ({ profileFolders }) => profileFolders,
  dashboards: ({ dashboardFolders }) => dashboardFolders,
  reviews: ({ reviews }) => reviews,
  capacity: ({ capacity, capacityRounds }) => [capacity, capacityRounds],
};

/** Signals as they come in; main.ts gives those of the process, tests their own. */
export interface Signals {
  on(signal: 'SIGHUP' | 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGHUP' | 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

/** Runs until told to stop. @returns the exit status */
export async function serveHouse(
  house: House,
  reload: () => LoadedConfig,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const { log, clock } = house;
  const ended = new AbortController();
  let toldMs: number | null = null;
  const stop = () => {
    const nowMs = clock.monoMs();
    toldMs ??= nowMs;
    // npm and the terminal both pass on one and the same Ctrl+C; a later one comes from impatience.
    if (nowMs - toldMs > ECHO_MS) process.exit(1);
    ended.abort(new Error('stopped'));
    house.hasten();
  };
  let config = house.config;
  let turn: Promise<void> = Promise.resolve();
  const reloadOnce = async () => {
    const loaded = reload();
    if (!loaded.ok) {
      for (const error of loaded.errors)
        log.error(asSentence(`The configuration was not taken over: ${formatConfigError(error)}`));
      log.error('The last good configuration goes on.');
      return;
    }
    const changed = Object.entries(FIXED_KEYS).filter(([, read]) => !isDeepStrictEqual(read(loaded.config), read(config)));
    for (const [key] of changed) log.warn(`A change of ${key} needs a new start; the old value goes on until then.`);
    config = { ...loaded.config, ...Object.fromEntries(FIXED.map((key) => [key, config[key]])) };
    await takeOver(house, config);
    await tellDashboards(house);
    log.info('The configuration was read again.');
  };
  const onReload = () => {
    turn = turn
      .then(reloadOnce)
      .catch((error: unknown) => log.error('Reading the configuration again failed.', { error: errorText(error) }));
  };
  signals.on('SIGTERM', stop);
  signals.on('SIGINT', stop);
  signals.on('SIGHUP', onReload);
  try {
    const aligned = await alignDevices(house, config);
    const self = await alignThisMachine(house, config);
    for (const warning of config.warnings) log.warn(asSentence(warning));
    await tellDashboards(house);
    const url = await house.listen();
    await house.openSocket();
    const devices = (await house.catalog.devices.list()).filter(({ sources }) => sources.length > 0);
    await sayUnreadable(house, devices);
    await house.startPolling(devices);
    terminal.print(`Saguaro shows what it knows at ${url}`);
    terminal.print(pollingLine(devices, self));
    if (aligned.left.length > 0) log.info(`${aligned.left.length} devices left the configuration and are not polled.`);
    const nightly = scheduleJob(NIGHTLY, () => {
      // An snmpd that was installed since the last start is found here.
      turn = turn
        .then(() => takeOver(house, config))
        .catch((error: unknown) => log.error('The nightly upkeep failed.', { error: errorText(error) }));
    });
    const reviews = scheduleReviews(house);
    const forecasts = scheduleForecasts(house);
    const capacityReports = scheduleCapacityReports(house);
    await upkeepUntil(house, ended.signal);
    nightly.cancel();
    reviews.cancel();
    forecasts.cancel();
    capacityReports.cancel();
    await turn;
    return await endInOrder(house);
  } finally {
    ended.abort(new Error('stopped'));
    signals.off('SIGTERM', stop);
    signals.off('SIGINT', stop);
    signals.off('SIGHUP', onReload);
  }
}

/** Said once for all of them: why their secrets cannot be read. */
async function sayUnreadable({ catalog, log }: House, devices: readonly Device[]): Promise<void> {
  const names: string[] = [];
  let why = '';
  for (const { name, sources } of devices) {
    for (const source of sources) {
      if (source.type !== 'snmp') continue;
      await catalog.secrets.get(source.secret).catch((error: unknown) => {
        // Of any other trouble the collector tells when it asks the device.
        if (!(error instanceof SecretUnreadable)) return;
        names.push(name);
        why ||= error.message;
      });
    }
  }
  if (names.length === 0) return;
  const shown =
    names.length > NAMES_SHOWN
      ? `${names.slice(0, NAMES_SHOWN).join(', ')} and ${names.length - NAMES_SHOWN} more`
      : names.join(', ');
  log.error(`${why} Until then these cannot be asked by SNMP: ${shown}.`);
}

/** What is wrong in dashboards stops nothing; who wrote them should know. */
async function tellDashboards({ dashboards, log }: House): Promise<void> {
  for (const board of await dashboards.list({ fresh: true })) {
    for (const fault of board.faults) log.warn(asSentence(`In a dashboard: ${formatConfigError(fault)}`));
    if (board.replaces) log.info(`The dashboard ${board.id} of ${board.file} replaces the one that comes with Saguaro.`);
  }
}

function pollingLine(devices: readonly Device[], self: Device | null): string {
  const others = devices.length - (self ? 1 : 0);
  const own = self
    ? `this machine (${self.name}) every ${formatDuration(self.intervalMs)}${self.sources.some(({ type }) => type === 'snmp') ? ', its snmpd included' : ''}`
    : null;
  const rest = others > 0 ? `${others} ${others === 1 ? 'device' : 'devices'}` : null;
  return `Polling ${[own, rest].filter((part) => part !== null).join(' and ') || 'nothing yet'}. Add a device: ./saguaro device add ADDRESS --community public`;
}

async function takeOver(house: House, config: Config): Promise<void> {
  house.allowDiscovery(config.discoveryNetworks);
  const { changed, left } = await alignDevices(house, config);
  for (const device of left) await house.collector.unwatch(device.id);
  const before = (await house.catalog.devices.list()).find(({ origin }) => origin === 'self');
  const self = await alignThisMachine(house, config);
  const watched = [...changed, ...(self && JSON.stringify(self) !== JSON.stringify(before) ? [self] : [])];
  for (const device of watched) {
    // Each waits for its own device; the next ones need not.
    house.collector.watch(device).then(
      (preview) => preview.ok || house.log.warn(`${device.name}: ${preview.text}`),
      (error: unknown) => house.log.error(`${device.name} could not be taken over.`, { error: errorText(error) }),
    );
  }
}

async function upkeepUntil(house: House, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await house.clock.sleep(UPKEEP_EVERY_MS, signal);
    } catch {
      return; // Told to stop: that is what the signal is for.
    }
    await upkeep(house);
    followHabits(house);
  }
}

/** Its first round may take minutes: the upkeep of the history does not wait for it. */
function followHabits({ keepHabits, log }: House): void {
  keepHabits().catch((error: unknown) =>
    log.error('Habits could not be followed; it is tried again in a minute.', { error: errorText(error) }),
  );
}

async function upkeep({ history, clock, log }: House): Promise<void> {
  try {
    await history.maintain(clock.nowMs());
  } catch (error) {
    log.error('The upkeep of the history failed; it is tried again in a minute.', { error: errorText(error) });
  }
}

async function endInOrder(house: House): Promise<number> {
  const { log, clock } = house;
  const late = new AbortController();
  const deadline = clock.sleep(END_WITHIN_MS, late.signal).then(
    () => 'late' as const,
    () => 'cancelled' as const,
  );
  try {
    const first = await Promise.race([house.close().then(() => 'closed' as const), deadline]);
    if (first !== 'closed') {
      log.error('Ending in order took longer than ten seconds and was given up; what was written is safe.');
      return 1;
    }
    log.info('Ended in order.');
    return 0;
  } finally {
    late.abort(new Error('done'));
  }
}
