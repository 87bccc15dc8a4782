/**
 * Untrusted YAML and environment become one trusted Config, once. Whatever is wrong is named
 * with file, line and key, in one sentence; nothing else in the system reads the environment.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import {
  DEFAULT_TIERS,
  INTERVAL_MAX_MS,
  INTERVAL_MIN_MS,
  type SnmpSecret,
  type SourceSpec,
  type TierSpec,
} from './core/model.ts';
import type { CapacityRule } from './core/capacity.ts';
import type { ScheduledReview } from './core/review-due.ts';
import { parseNetwork } from './core/addresses.ts';
import { trustDevice } from './config/devices.ts';
import { parseDuration } from './config/duration.ts';
import { fromEnvironment, PARTS, unknownVariables } from './config/environment.ts';
import { keyOf, type Path } from './config/explain.ts';
import { codeOf, filesAt, mergeFiles } from './config/files.ts';
import { trustCapacity, type CapacityRounds } from './config/capacity.ts';
import { trustReviews } from './config/reviews.ts';
import type { ConfigFile, SecretRef } from './config/schema.ts';
import { trustStores, type StoreSettings } from './config/stores.ts';

export interface Config {
  /** Absolute folder of the history, the catalog, the key and the socket. */
  readonly dataDir: string;
  readonly server: {
    readonly host: string;
    /** 0 = any free port. */
    readonly port: number;
    readonly publicUrl: string | null;
    /** '' or '/saguaro'. */
    readonly basePath: string;
    readonly trustedProxies: readonly string[];
    readonly allowedHosts: readonly string[];
    readonly adminPassword: string | null;
    /** IANA name. */
    readonly zone: string;
  };
  readonly log: 'pretty' | 'json';
  readonly tiers: readonly TierSpec[];
  readonly store: StoreSettings;
  /** The user's own profile folders, absolute. */
  readonly profileFolders: readonly string[];
  /** The user's own dashboard folders, absolute. */
  readonly dashboardFolders: readonly string[];
  /** Poll interval of devices that do not say. */
  readonly intervalMs: number;
  /** Null: this machine is not polled. */
  readonly thisMachine: { readonly name: string | null; readonly intervalMs: number; readonly snmp: boolean } | null;
  readonly devices: readonly ConfigDevice[];
  /** Reviews that are made by themselves and kept. */
  readonly reviews: readonly ScheduledReview[];
  readonly capacity: readonly CapacityRule[];
  readonly capacityRounds: CapacityRounds;
  /** Networks that may be searched for devices, as they were written; none unless somebody allows one. */
  readonly discoveryNetworks: readonly string[];
  /** Whose implementation asks devices: ours, or the library's for a device that ours cannot talk to. */
  readonly snmpEngine: 'own' | 'net-snmp';
  /** Where it came from, for people. */
  readonly files: readonly string[];
  /** Sentences worth a warning that stop nothing. */
  readonly warnings: readonly string[];
}

/** A device of a configuration file; its SNMP source's secret id is empty until the catalog gives it one. */
export interface ConfigDevice {
  readonly name: string;
  readonly address: string;
  readonly sources: readonly SourceSpec[];
  readonly secret: SnmpSecret | null;
  readonly intervalMs: number;
  readonly site: string;
  readonly tags: readonly string[];
}

export interface ConfigError {
  /** File name as given, or the name of an environment variable; null when it is neither. */
  readonly file: string | null;
  readonly line: number | null;
  readonly key: string;
  /** Finishes the sentence that begins with the key. */
  readonly text: string;
}
export type LoadedConfig =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly errors: readonly ConfigError[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reports a fault at a path of the merged file. */
export type Fail = (path: Path, text: string) => void;
/** Value of a secret, or undefined after reporting why it cannot be had. */
export type ReadSecret = (ref: SecretRef, path: Path) => string | undefined;

/** `saguaro.yaml:12: devices[0].intervall is not a known key; did you mean interval?` */
export function formatConfigError(error: ConfigError): string {
  const place = error.file === null ? '' : error.line === null ? `${error.file}: ` : `${error.file}:${error.line}: `;
  return `${place}${error.key === '' ? 'the file' : error.key} ${error.text}`;
}

/** With a full stop, unless it ends already. */
export function asSentence(text: string): string {
  return /[.?]$/.test(text) ? text : `${text}.`;
}

const SELF_INTERVAL_MS = 10_000;
const DEVICE_INTERVAL_MS = 60_000;
const DEFAULT_PORT = 8080;

/**
 * @param path file or folder (its *.yaml and *.yml, merged in the order of their names); null = SAGUARO_CONFIG,
 *   or `saguaro.yaml` in `home` when it exists, or no file at all
 * @param home folder of the program: where the default file and the default data folder are
 */
export function loadConfig({ path, env, home }: { path: string | null; env: Environment; home: string }): LoadedConfig {
  const errors: ConfigError[] = [];
  const given = path ?? env['SAGUARO_CONFIG'] ?? null;
  const byDefault = join(home, 'saguaro.yaml');
  const files = given !== null ? filesAt(given, errors) : existsSync(byDefault) ? [byDefault] : [];
  const merged = mergeFiles(files, errors);
  const fromEnv = fromEnvironment(env);
  errors.push(...fromEnv.errors);
  const value: ConfigFile = { ...merged.value, ...fromEnv.value };
  for (const key of PARTS) {
    const [inFile, inEnv] = [merged.value[key], fromEnv.value[key]];
    if (inFile && inEnv) Object.assign(value, { [key]: { ...(inFile as object), ...(inEnv as object) } });
  }
  const placeOf = (key: Path): Pick<ConfigError, 'file' | 'line'> => {
    const variable = typeof key[0] === 'string' ? fromEnv.variableOf[key[0]] : undefined;
    return variable === undefined ? merged.placeOf(key) : { file: variable, line: null };
  };
  const fail: Fail = (key, text) => void errors.push({ ...placeOf(key), key: keyOf(key), text });
  const folderOf = (key: Path) => {
    const { file, line } = placeOf(key);
    return file !== null && line !== null ? dirname(resolve(file)) : process.cwd();
  };
  const config = trust(value, env, home, fail, folderOf, merged.faulty);
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, config: { ...config, files, warnings: unknownVariables(env) } };
}

type Trusted = Omit<Config, 'files' | 'warnings'>;

/** @param faulty entries that lost what was wrong with them: what they still say is no whole to be judged */
function trust(
  file: ConfigFile,
  env: Environment,
  home: string,
  fail: Fail,
  folderOf: (path: Path) => string,
  faulty: ReadonlySet<unknown>,
): Trusted {
  const readSecret: ReadSecret = (ref, path) => {
    if (typeof ref === 'string') return ref;
    if ('env' in ref) {
      const found = env[ref.env];
      if (found === undefined || found === '') fail(path, `wants the environment variable ${ref.env}, which is not set`);
      return found;
    }
    try {
      const found = readFileSync(resolve(folderOf(path), ref.file), 'utf8').replace(/\r?\n$/, '');
      if (found === '') fail(path, `wants the secret in ${ref.file}, which is empty`);
      return found;
    } catch (cause) {
      fail(path, `wants the secret in ${ref.file}, which cannot be read (${codeOf(cause)})`);
      return undefined;
    }
  };
  const interval = (text: string | undefined, path: Path, fallbackMs: number): number => {
    const ms = text === undefined ? fallbackMs : (parseDuration(text) ?? NaN);
    if (!(ms >= INTERVAL_MIN_MS && ms <= INTERVAL_MAX_MS)) fail(path, 'must be from 1s to 1d');
    return ms;
  };
  const folder = (text: string, path: Path) => resolve(folderOf(path), text);

  const dataDir = file.data === undefined ? join(home, 'data') : folder(file.data, ['data']);
  const address = parseListen(file.listen ?? `127.0.0.1:${DEFAULT_PORT}`);
  if (!address) fail(['listen'], 'must be host:port, such as 127.0.0.1:8080 or [::1]:8080');
  const adminPassword = file.adminPassword === undefined ? null : (readSecret(file.adminPassword, ['adminPassword']) ?? null);
  if (adminPassword !== null && adminPassword.length < 8) fail(['adminPassword'], 'must have at least 8 characters');
  file.trustedProxies?.forEach((proxy, i) => {
    if (typeof proxy !== 'string') return; // Its fault is named already.
    const [ip = '', bits, more] = proxy.split('/');
    const max = isIP(ip) === 6 ? 128 : 32;
    if (isIP(ip) === 0 || more !== undefined || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= max))) {
      fail(['trustedProxies', i], 'must be an IP address or a network such as 10.0.0.0/8');
    }
  });
  file.discovery?.networks?.forEach((network, i) => {
    if (typeof network !== 'string' || parseNetwork(network)) return;
    fail(['discovery', 'networks', i], 'must be a network such as 192.0.2.0/24');
  });
  const publicPath = file.publicUrl === undefined ? '' : publicPathOf(file.publicUrl, fail);
  const zone = file.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(zone)) fail(['timeZone'], 'must be a time zone such as Europe/Paris or UTC');
  const profileFolders = file.profiles === undefined ? [] : [folder(file.profiles, ['profiles'])];
  const dashboardFolders = file.dashboards === undefined ? [] : [folder(file.dashboards, ['dashboards'])];
  for (const [key, folders] of Object.entries({ profiles: profileFolders, dashboards: dashboardFolders })) {
    for (const path of folders) {
      if (!existsSync(path) || !statSync(path).isDirectory()) fail([key], `names ${path}, which is not a folder`);
    }
  }
  const tiers = DEFAULT_TIERS.map(({ tier, retentionMs }): TierSpec => {
    const text = file.retention?.[tier];
    return { tier, retentionMs: text === undefined ? retentionMs : text === 'forever' ? null : parseDuration(text) };
  });
  for (const { tier, retentionMs } of tiers) {
    if (retentionMs !== null && retentionMs < 3_600_000) fail(['retention', tier], 'must be at least 1h');
  }
  const intervalMs = interval(file.interval, ['interval'], DEVICE_INTERVAL_MS);
  const self = file.thisMachine;
  const thisMachine =
    self?.poll === false
      ? null
      : {
          name: self?.name ?? null,
          intervalMs: interval(self?.interval, ['thisMachine', 'interval'], SELF_INTERVAL_MS),
          snmp: self?.snmp ?? true,
        };
  const seen = new Map<string, number>();
  const devices = (file.devices ?? []).map((entry, i): ConfigDevice => {
    const at: Path = ['devices', i];
    const first = seen.get(entry.name);
    if (first !== undefined)
      fail([...at, 'name'], `${JSON.stringify(entry.name)} is the name of devices[${first}] already; names are unique`);
    // A faulty entry may lack its name.
    else if (typeof entry.name === 'string') seen.set(entry.name, i);
    const judge: Fail = faulty.has(entry) ? () => undefined : fail;
    return {
      ...trustDevice(entry, at, judge, readSecret),
      intervalMs: interval(entry.interval, [...at, 'interval'], intervalMs),
    };
  });
  return {
    dataDir,
    server: {
      host: address?.host ?? '127.0.0.1',
      port: address?.port ?? DEFAULT_PORT,
      publicUrl: file.publicUrl?.replace(/\/+$/, '') ?? null,
      basePath: (file.basePath ?? publicPath).replace(/\/+$/, ''),
      trustedProxies: file.trustedProxies ?? [],
      allowedHosts: file.allowedHosts ?? [],
      adminPassword,
      zone,
    },
    log: file.log ?? 'pretty',
    tiers,
    store: trustStores(file, fail, readSecret, faulty),
    profileFolders,
    dashboardFolders,
    intervalMs,
    thisMachine,
    devices,
    reviews: trustReviews(file.reviews ?? [], zone, isTimeZone, fail),
    ...trustCapacity(file.capacity, fail),
    discoveryNetworks: file.discovery?.networks ?? [],
    snmpEngine: file.snmpEngine ?? 'own',
  };
}

/** "host:port", "[::1]:8080", ":8080" (every address) or "8080" (loopback). */
function parseListen(text: string): { host: string; port: number } | null {
  const match = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? NaN);
  if (!match || port > 65535) return null;
  const host = match[1] ?? match[2];
  return { host: host === undefined ? '127.0.0.1' : host === '' ? '0.0.0.0' : host, port };
}

function publicPathOf(publicUrl: string, fail: Fail): string {
  try {
    return new URL(publicUrl).pathname;
  } catch {
    fail(['publicUrl'], 'must be an address such as https://graphs.example.org');
    return '';
  }
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
