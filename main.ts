/**
 * Composition root and command line: the only file that joins the adapters. Everything it
 * makes is handed in; nothing below it knows where anything came from.
 */
import { createConnection } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from './command/arguments.ts';
import { createApi, socketTransport, type Api, type Transport } from './command/api.ts';
import { CATALOG_FILE, DASHBOARDS_FOLDER, KEY_FILE, readBackup, REPORTS_FOLDER, writeBackup } from './command/archive.ts';
import { BackupInput } from './command/installation.ts';
import { ConfigRefusal, Refusal, UsageError, type Command, type Context } from './command/command.ts';
import { COMMANDS } from './command/commands.ts';
import { ensureDashboard } from './command/dashboard.ts';
import { helpFor } from './command/help.ts';
import type { House } from './command/house.ts';
import { createDashboards, dashboardFolders } from './config/dashboards.ts';
import { createLog, errorText } from './command/log.ts';
import { createTerminal } from './command/terminal.ts';
import { loadConfig, type Config, type Environment, type LoadedConfig } from './config.ts';
import { ALIVE_SETTING } from './core/model.ts';
import type { DashboardSource } from './core/dashboard.ts';
import { ServerAway, type Catalog, type CollectorControl, type Log } from './core/ports.ts';
import { loadProfiles, ProfileError } from './collector/snmp/profile.ts';
import type { App } from './server/parts.ts';
import { CannotListen, listen, listenOnSocket, socketAddress } from './server/listen.ts';
import { HttpProblem } from './server/problem.ts';
import { DataFolderError } from './store/failures.ts';
import { MigrationStopped } from './store/migration.ts';
import { lockDataFolder } from './store/lock.ts';

const HOME = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8')) as { version: string };
const socketOf = (config: Config) => join(config.dataDir, 'saguaro.sock');

/** Loaded where something is opened: a command that only asks a running server answers sooner without them. */
async function adapters() {
  const [clock, collector, local, ping, netSnmp, udp, snmp, app, ids, catalog, opening, history] = await Promise.all([
    import('./collector/clock.ts'),
    import('./collector/collector.ts'),
    import('./collector/local/local.ts'),
    import('./collector/ping/ping.ts'),
    import('./collector/snmp/net-snmp.ts'),
    import('./collector/snmp/udp.ts'),
    import('./collector/snmp/source.ts'),
    import('./server/app.ts'),
    import('./server/ids.ts'),
    import('./store/catalog/catalog.ts'),
    import('./store/opening.ts'),
    import('./store/history.ts'),
  ]);
  return {
    ...clock,
    ...collector,
    ...local,
    ...ping,
    ...netSnmp,
    ...udp,
    ...snmp,
    ...app,
    ...ids,
    ...catalog,
    ...opening,
    ...history,
  };
}

/** A last sign of life further ahead than this came from a clock that was wrong then, not now. */
const CLOCK_TRUSTED_MS = 86_400_000;

/** What a running house needs to be closed again, the last made first. */
type Closing = (() => Promise<void>)[];

/**
 * Opens the data folder and puts the parts together.
 * @param alone true for a command without a server: nothing but this process can ask
 * @throws DataFolderError, ProfileError
 */
async function openHouse(config: Config, log: Log, alone: boolean): Promise<House> {
  const make = await adapters();
  const closing: Closing = [];
  const close = async () => {
    const errors: unknown[] = [];
    for (const part of closing.splice(0).reverse()) await part().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be closed', { cause: errors[0] });
  };
  try {
    keepPrivate();
    const profiles = loadProfiles([join(HOME, 'collector', 'profiles'), ...config.profileFolders]);
    const lock = await lockDataFolder(config.dataDir);
    closing.push(() => lock.release());
    const catalog = await make.createCatalog({
      path: join(config.dataDir, CATALOG_FILE),
      keyPath: join(config.dataDir, KEY_FILE),
    });
    closing.push(() => catalog.close());
    const aliveMs = Number((await catalog.settings.get(ALIVE_SETTING)) ?? 0);
    const clock = make.createSystemClock({
      onStep: ({ text }) => log.warn(text),
      // A clock set back while nothing ran must not make the first polls fall into recorded time.
      ...(aliveMs < Date.now() + CLOCK_TRUSTED_MS ? { notBeforeMs: aliveMs } : {}),
    });
    const { store, backupTo, hasten } = await make.openStore(config.store, config.dataDir, clock, log);
    closing.push(() => store.close());
    const history = await make.createHistory({ store, tiers: config.tiers, nowMs: () => clock.nowMs(), log });
    closing.splice(closing.length - 1, 1, () => history.close());
    const onError = (error: unknown) =>
      log.error('Something failed inside Saguaro; please report this.', { error: errorText(error) });
    const transport = config.snmpEngine === 'own' ? make.createUdpTransport({ clock, onError }) : make.createNetSnmpTransport();
    const sources = [make.createLocalSource(), make.createSnmpSource({ transport, profiles }), make.createPingSource()];
    // A command is no collector at work: the gap since the last one goes on.
    const settings = alone ? { ...catalog.settings, put: () => Promise.resolve() } : catalog.settings;
    const collector = make.createCollector({
      clock,
      history,
      catalog: { ...catalog, settings },
      sources,
      log,
      newId: make.newId,
    });
    closing.push(() => collector.stop());
    const backup: House['backup'] = (file, withKey) =>
      writeBackup(config.dataDir, file, withKey, {
        catalog: (path) => catalog.backup(path),
        history: backupTo,
      });
    let { discoveryNetworks } = config;
    const dashboards = dashboardsOf(config, () => clock.monoMs());
    const app = await make.buildApp({
      history,
      catalog,
      collector: alone ? watchFirst(collector, catalog) : collector,
      clock,
      dashboards,
      // Inside this process only its own command asks, and whoever runs it owns the data folder.
      config: alone ? { ...config.server, adminPassword: null } : config.server,
      version,
      webRoot: alone ? null : join(HOME, 'web', 'dist'),
      log,
      discoveryNetworks: () => discoveryNetworks,
      reviews: { folder: join(config.dataDir, REPORTS_FOLDER), list: config.reviews },
      capacity: config.capacity,
      socketRoutes: (api) => backupRoute(api, backup, alone),
    });
    closing.push(() => app.close());
    return {
      config,
      clock,
      log,
      catalog,
      history,
      collector,
      dashboards,
      newId: make.newId,
      allowDiscovery: (networks) => (discoveryNetworks = networks),
      startPolling: (devices) => collector.start(devices),
      listen: async () => (await listen(app, config.server)).url,
      openSocket: () => listenOnSocket(app, socketOf(config)),
      inject: injectInto(app),
      backup,
      keepReviews: () => app.keepReviews(),
      keepHabits: () => app.keepHabits(),
      keepForecasts: () => app.keepForecasts(),
      keepCapacityReport: () => app.keepCapacityReport(),
      hasten,
      close,
    };
  } catch (error) {
    await close().catch((second: unknown) =>
      log.error('Closing after a failed start failed as well.', { error: errorText(second) }),
    );
    throw error;
  }
}

function dashboardsOf(config: Config, monoMs: () => number): DashboardSource {
  return createDashboards(dashboardFolders(HOME, config.dashboardFolders, join(config.dataDir, DASHBOARDS_FOLDER)), monoMs);
}

/** Whatever is written from here on is for this user alone, also in a folder that others may look into. */
function keepPrivate(): void {
  process.umask(0o077);
}

/** Polls by request only: nothing is watched until somebody asks for it. */
function watchFirst(collector: CollectorControl, catalog: Catalog): CollectorControl {
  return {
    ...collector,
    async pollNow(id) {
      const device = (await catalog.devices.list()).find((one) => one.id === id);
      if (device && collector.deviceStatus(id) === null) {
        const preview = await collector.watch(device);
        if (!preview.ok) return { ok: false, text: preview.text, samples: 0 };
      }
      return collector.pollNow(id);
    },
  };
}

function backupRoute(api: App, backup: House['backup'], alone: boolean): void {
  api.post('/backups', { config: { socketOnly: !alone }, schema: { body: BackupInput, hide: true } }, async (request, reply) => {
    try {
      return reply.code(201).send(await backup(request.body.file, request.body.withKey));
    } catch (cause) {
      throw cause instanceof Refusal ? new HttpProblem(409, cause.message) : cause;
    }
  });
}

function injectInto(app: App): Transport {
  return async ({ method, url, headers, payload }) => {
    const response = await app.inject({ method: method as 'GET', url, headers, ...(payload ? { payload } : {}) });
    return { status: response.statusCode, bytes: response.rawPayload };
  };
}

/** Whether a server answers at the data folder's socket. */
function serverRuns(path: string): Promise<boolean> {
  const address = socketAddress(path);
  if (address === null || !existsSync(path)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createConnection(address);
    socket.once('connect', () => resolve(true));
    // Nobody is behind it: the file is left over from a server that was killed.
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function openApi(config: Config, log: Log): Promise<Api> {
  const socket = socketOf(config);
  if (await serverRuns(socket)) {
    return createApi('server', socketTransport(socketAddress(socket) ?? socket), config.server.basePath, () => Promise.resolve());
  }
  const house = await openHouse(config, log, true);
  return createApi('this process', house.inject, config.server.basePath, () => house.close());
}

/** Runs one command line. @returns the exit status */
async function main(words: readonly string[], env: Environment): Promise<number> {
  const terminal = createTerminal(process.stdin, process.stdout, process.stderr);
  const writeError = (line: string) => void process.stderr.write(line);
  let api: Promise<Api> | null = null;
  try {
    const { command, group, args } = parseCommand(words, COMMANDS);
    if (!command || args.flag('help')) return help(terminal.print, command, group, args.flag('help'), words.length === 0);
    const overrides = { SAGUARO_DATA: args.text('data'), SAGUARO_LISTEN: args.text('listen') };
    const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
    const load = (): LoadedConfig =>
      nameOptions(loadConfig({ path: args.text('config') ?? null, env: { ...env, ...given }, home: HOME }), Object.keys(given));
    const trusted = (): Config => {
      const loaded = load();
      if (loaded.ok) return loaded.config;
      throw new ConfigRefusal(loaded.errors);
    };
    const logOf = (config: Config): Log => {
      const secrets = [
        config.server.adminPassword,
        ...config.devices.flatMap(({ secret }) => Object.values(secret ?? {}) as string[]),
      ];
      return createLog({
        format: config.log,
        write: writeError,
        nowMs: Date.now,
        secrets: secrets.filter((secret) => secret !== null),
      });
    };
    const context: Context = {
      terminal,
      json: args.flag('json'),
      env,
      commands: COMMANDS,
      config: trusted,
      dashboards: (config) => dashboardsOf(config, () => performance.now()).list(),
      api: () => {
        const config = trusted();
        return (api ??= openApi(config, quiet(logOf(config))));
      },
      serve: async () => {
        const config = trusted();
        const log = logOf(config);
        await ensureDashboard(HOME, terminal.say);
        const house = await openHouse(config, log, false);
        endOnFault(log);
        try {
          const { serveHouse } = await import('./command/serve.ts');
          const status = await serveHouse(house, load, terminal, process);
          // What did not end in time must not keep the process.
          if (status !== 0) process.exit(status);
          return status;
        } finally {
          await house.close();
        }
      },
      migrate: async (request) => {
        const config = trusted();
        keepPrivate();
        const lock = await lockDataFolder(config.dataDir);
        try {
          const [{ moveHistory }, { createSystemClock }] = await Promise.all([
            import('./store/moving.ts'),
            import('./collector/clock.ts'),
          ]);
          const { dataDir, tiers, store: settings } = config;
          return await moveHistory({ ...request, settings, dataDir, tiers, clock: createSystemClock(), log: logOf(config) });
        } finally {
          await lock.release();
        }
      },
      checkHistory: async (request) => {
        const { checkHistory } = await import('./store/checking.ts');
        keepPrivate();
        return checkHistory(request, () => trusted().dataDir);
      },
      restore: async (archive, force) => {
        const { dataDir } = trusted();
        keepPrivate();
        const lock = await lockDataFolder(dataDir);
        try {
          return await readBackup(dataDir, archive, force);
        } finally {
          await lock.release();
        }
      },
    };
    return await command.run(context, args);
  } catch (error) {
    return refuse(error, terminal.say);
  } finally {
    await closeApi(api);
  }
}

/** Blames the option a person gave, not the variable it stands for. */
function nameOptions(loaded: LoadedConfig, given: readonly string[]): LoadedConfig {
  if (loaded.ok) return loaded;
  const name = <T extends string | null>(text: T) =>
    text !== null && given.includes(text) ? `--${text.replace('SAGUARO_', '').toLowerCase()}` : text;
  return { ok: false, errors: loaded.errors.map((error) => ({ ...error, file: name(error.file), key: name(error.key) })) };
}

function help(
  print: (text: string) => void,
  command: Command | null,
  group: readonly string[],
  asked: boolean,
  nothing: boolean,
): number {
  print(helpFor(command, group, COMMANDS));
  return asked || nothing ? 0 : 2;
}

async function closeApi(api: Promise<Api> | null): Promise<void> {
  const opened = await api?.catch(() => null); // Why it failed was said where it was asked for.
  await opened?.close();
}

/** Of what a short-lived process does, only trouble is worth a line beside its result. */
function quiet(log: Log): Log {
  return { ...log, info: () => undefined };
}

/** A fault nobody handled: said, then the end, because nothing is certain any more. */
function endOnFault(log: Log): void {
  const end = (kind: string) => (error: unknown) => {
    log.error(`Saguaro met a fault of its own (${kind}) and ends; please report it.`, { error: errorText(error) });
    process.exit(1);
  };
  process.on('uncaughtException', end('uncaught exception'));
  process.on('unhandledRejection', end('unhandled rejection'));
}

function refuse(error: unknown, say: (text: string) => void): number {
  if (error instanceof UsageError) {
    say(`saguaro: ${error.message}`);
    return 2;
  }
  const expected = [Refusal, DataFolderError, MigrationStopped, ServerAway, CannotListen, ProfileError, HttpProblem].some(
    (kind) => error instanceof kind,
  );
  say(
    expected
      ? `saguaro: ${(error as Error).message}`
      : `saguaro: this is a fault of the program; please report it.\n${errorText(error)}`,
  );
  return 1;
}

/** `| head` has seen enough: what is still to be written is wanted by nobody, and that is no fault. */
function endureClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

endureClosedPipes();
process.exitCode = await main(process.argv.slice(2), process.env);
