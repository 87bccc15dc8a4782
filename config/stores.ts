/** Which store keeps the history, and how the servers among them are reached. */
import type { Fail, ReadSecret } from '../config.ts';
import type { Tier } from '../core/model.ts';
import { TIERS } from '../core/model.ts';
import { parseDuration } from './duration.ts';
import type { Path } from './explain.ts';
import type { ConfigFile } from './schema.ts';

export type StoreKind = 'embedded' | 'influxdb' | 'victoriametrics';

export interface InfluxSettings {
  readonly url: string;
  /** For 1.x `user:password`; null where none is asked for. */
  readonly token: string | null;
  /** Organisation, 2.x only. */
  readonly org: string | null;
  readonly version: 'auto' | 1 | 2 | 3;
  /** What the names of its databases or buckets begin with. */
  readonly prefix: string;
  readonly timeoutMs: number;
}
export interface VictoriaUrls {
  readonly writeUrl: string;
  readonly readUrl: string;
}
export interface VictoriaSettings extends VictoriaUrls {
  /** Where series are deleted; null = follows from readUrl. */
  readonly deleteUrl: string | null;
  readonly token: string | null;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly tiers: Partial<Record<Tier, VictoriaUrls>>;
}
export interface SpoolSettings {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export interface StoreSettings {
  /** The one that keeps the history. */
  readonly kind: StoreKind;
  /** Null where nothing is said of it. */
  readonly influxdb: InfluxSettings | null;
  readonly victoriametrics: VictoriaSettings | null;
  readonly spool: SpoolSettings;
}

const PREFIX = 'saguaro';
const TIMEOUT_MS = 10_000;
const SPOOL_BYTES = 10 * 2 ** 30;
const SPOOL_AGE_MS = 14 * 86_400_000;
const SIZE = /^(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|TiB)$/;
const POWER: Readonly<Record<string, number>> = { KiB: 1, MiB: 2, GiB: 3, TiB: 4 };

/** @param faulty entries that lost what was wrong with them: what they still say is no whole to be judged */
export function trustStores(file: ConfigFile, fail: Fail, readSecret: ReadSecret, faulty: ReadonlySet<unknown>): StoreSettings {
  const kind = file.store ?? 'embedded';
  const judge = (entry: unknown): Fail => (faulty.has(entry) ? () => undefined : fail);
  const influxdb = file.influxdb === undefined ? null : influx(file.influxdb, judge(file.influxdb), readSecret);
  const victoriametrics =
    file.victoriametrics === undefined ? null : victoria(file.victoriametrics, judge(file.victoriametrics), readSecret);
  if (kind === 'influxdb' && !influxdb) fail(['store'], 'is influxdb, so the key influxdb with its url is needed');
  if (kind === 'victoriametrics' && !victoriametrics)
    fail(['store'], 'is victoriametrics, so the key victoriametrics with writeUrl and readUrl is needed');
  const maxBytes = file.spool?.maxBytes === undefined ? SPOOL_BYTES : sizeOf(file.spool.maxBytes);
  if (!(maxBytes >= 2 ** 20)) fail(['spool', 'maxBytes'], 'must be at least 1MiB');
  const maxAgeMs = file.spool?.maxAge === undefined ? SPOOL_AGE_MS : (parseDuration(file.spool.maxAge) ?? NaN);
  if (!(maxAgeMs >= 60_000)) fail(['spool', 'maxAge'], 'must be at least 1m');
  return { kind, influxdb, victoriametrics, spool: { maxBytes, maxAgeMs } };
}

function influx(entry: NonNullable<ConfigFile['influxdb']>, fail: Fail, readSecret: ReadSecret): InfluxSettings {
  const at: Path = ['influxdb'];
  const version = entry.version === undefined || entry.version === 'auto' ? 'auto' : (Number(entry.version) as 1 | 2 | 3);
  return {
    url: address(entry.url, [...at, 'url'], at, fail),
    token: entry.token === undefined ? null : (readSecret(entry.token, [...at, 'token']) ?? null),
    org: entry.org ?? null,
    version,
    prefix: entry.prefix ?? PREFIX,
    timeoutMs: timeout(entry.timeout, [...at, 'timeout'], fail),
  };
}

function victoria(entry: NonNullable<ConfigFile['victoriametrics']>, fail: Fail, readSecret: ReadSecret): VictoriaSettings {
  const at: Path = ['victoriametrics'];
  const urls = (of: { writeUrl?: string; readUrl?: string }, path: Path): VictoriaUrls => ({
    writeUrl: address(of.writeUrl, [...path, 'writeUrl'], path, fail),
    readUrl: address(of.readUrl, [...path, 'readUrl'], path, fail),
  });
  const tiers: Partial<Record<Tier, VictoriaUrls>> = {};
  for (const tier of TIERS) {
    const own = entry.tiers?.[tier];
    if (own) tiers[tier] = urls(own, [...at, 'tiers', tier]);
  }
  return {
    ...urls(entry, at),
    deleteUrl: entry.deleteUrl === undefined ? null : address(entry.deleteUrl, [...at, 'deleteUrl'], at, fail),
    token: entry.token === undefined ? null : (readSecret(entry.token, [...at, 'token']) ?? null),
    prefix: entry.prefix ?? PREFIX,
    timeoutMs: timeout(entry.timeout, [...at, 'timeout'], fail),
    tiers,
  };
}

/** Without a slash at the end; a password in it would come to light in error messages. */
function address(text: string | undefined, path: Path, parent: Path, fail: Fail): string {
  if (text === undefined) {
    fail(parent, `needs the key ${String(path.at(-1))}`);
    return '';
  }
  try {
    const url = new URL(text);
    if (url.username !== '' || url.password !== '') fail(path, 'must not hold a name or password; give them as token');
    else if (url.search !== '' || url.hash !== '') fail(path, 'must end with its path, without ? or #');
  } catch {
    fail(path, 'must be an address such as http://127.0.0.1:8086');
  }
  return text.replace(/\/+$/, '');
}

function timeout(text: string | undefined, path: Path, fail: Fail): number {
  const ms = text === undefined ? TIMEOUT_MS : (parseDuration(text) ?? NaN);
  if (!(ms >= 1_000 && ms <= 300_000)) fail(path, 'must be from 1s to 5m');
  return ms;
}

function sizeOf(text: string): number {
  const match = SIZE.exec(text);
  return match ? Number(match[1]) * 1024 ** (POWER[match[2] ?? ''] ?? NaN) : NaN;
}
