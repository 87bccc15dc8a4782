/**
 * The words of the project as types. Everything here is plain data; nothing knows
 * where it came from or where it is kept.
 */

/** Short random text, unique across collectors, never changed and never reused. */
export type DeviceId = string;
/** Short random text, unique across collectors, never changed and never reused. */
export type InstanceId = string;

/**
 * What a series measures, as family and field: `interface.in_bps`. The family is also the
 * kind of instance that carries it.
 */
export type MetricName = `${string}.${string}`;

/** Identifies one series everywhere: `device/instance/metric`, with ids, never names. */
export type SeriesKey = string;

/**
 * Unit of a sample. `ratio` is 0–1 (shown as %), `1` a plain number, `bps` bits a second,
 * `per_s` events a second, `s` and `ms` durations, `bytes` shown in IEC multiples.
 */
export type Unit = 'bps' | 'bytes' | 'ratio' | 'per_s' | 's' | 'ms' | '1';
export const UNITS: readonly Unit[] = ['bps', 'bytes', 'ratio', 'per_s', 's', 'ms', '1'];

/** How a device reports a metric: a level, or a running total of which we keep the rate. */
export type Form = 'gauge' | 'counter';

export interface Metric {
  readonly name: MetricName;
  readonly unit: Unit;
}

/** Why a stretch of time is unknown. */
export const GAP_CAUSES = [
  'timeout',
  'refused',
  'unreachable',
  'access denied',
  'bad reply',
  'restarted',
  'wrapped',
  'reset',
  'discontinuity',
  'implausible',
  'width changed',
  'renumbered',
  'no data',
  'late',
  'clock step',
  'maintenance',
  'collector down',
  'imported gap',
] as const;
export type GapCause = (typeof GAP_CAUSES)[number];

/** A part of a device that has its own series: an interface, a filesystem, a CPU. */
export interface Instance {
  readonly id: InstanceId;
  readonly device: DeviceId;
  /** Family of its metrics: `interface`, `disk`, `cpu`, `memory`, `load`, `ping`, `system`. */
  readonly kind: string;
  /** What it is found again by: ifName, mount point, … Unique within device and kind. */
  readonly key: string;
  /** What people see; as the device said it. May change freely. */
  readonly name: string;
  /** Operator's description (ifAlias), or ''. */
  readonly alias: string;
  /** Capacity in the unit of its main metric (interface: bit/s), null when unknown. */
  readonly capacity: number | null;
  readonly metrics: readonly Metric[];
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** When it was last found missing; its history stays. Null while it is there. */
  readonly vanishedMs: number | null;
}

export type SnmpVersion = '1' | '2c' | '3';
export type AuthProtocol = 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
export type PrivProtocol = 'des' | 'aes' | 'aes256b' | 'aes256r';

/** How a device is asked. Secrets are named, never held: see `Secrets`. */
export type SourceSpec =
  | { readonly type: 'local' }
  | { readonly type: 'ping' }
  | {
      readonly type: 'snmp';
      readonly version: SnmpVersion;
      readonly port: number;
      readonly timeoutMs: number;
      readonly retries: number;
      /** v3 only. */
      readonly user: string | null;
      readonly auth: AuthProtocol | null;
      readonly priv: PrivProtocol | null;
      /** Id of the secret that holds `SnmpSecret` as JSON. */
      readonly secret: string;
    };
export type SnmpSource = Extract<SourceSpec, { type: 'snmp' }>;

/** What must stay secret about an SNMP source. */
export interface SnmpSecret {
  readonly community?: string;
  readonly authKey?: string;
  readonly privKey?: string;
}

/** What a device says about itself. Data from outside: cap and escape before showing. */
export interface DeviceFacts {
  readonly sysName: string;
  readonly sysDescr: string;
  readonly sysObjectId: string;
  readonly sysLocation: string;
  readonly sysContact: string;
}
export const NO_FACTS: DeviceFacts = {
  sysName: '',
  sysDescr: '',
  sysObjectId: '',
  sysLocation: '',
  sysContact: '',
};

export interface Device {
  readonly id: DeviceId;
  /** Unique, without '/'. */
  readonly name: string;
  /** Host name or address; '' for this machine and for imported devices. */
  readonly address: string;
  /** Asked in this order; a metric belongs to the first source that offers it. Empty: never polled (imported). */
  readonly sources: readonly SourceSpec[];
  readonly intervalMs: number;
  readonly site: string;
  readonly tags: readonly string[];
  /** Who owns the entry: only `catalog` devices can be changed by UI, API and command line. */
  readonly origin: 'catalog' | 'config' | 'self' | 'import';
  readonly facts: DeviceFacts;
  readonly createdMs: number;
}

export type DeviceState = 'up' | 'down' | 'stale' | 'new' | 'not polled';

/** Something that happened, with a beginning and, once it is over, an end. */
export interface Event {
  readonly id: number;
  readonly kind: 'gap' | 'restart' | 'down' | 'added' | 'vanished' | 'returned' | 'changed' | 'collector' | 'import' | 'unusual';
  readonly device: DeviceId | null;
  readonly instance: InstanceId | null;
  readonly cause: GapCause | null;
  /** One plain sentence. */
  readonly text: string;
  readonly fromMs: number;
  /** Null while it lasts; equal to fromMs for something without duration. */
  readonly toMs: number | null;
}
export type NewEvent = Omit<Event, 'id'>;

/** A device's failure is a value: what, in one sentence, and the cause a gap will carry. */
export interface Failure {
  readonly ok: false;
  readonly cause: GapCause;
  readonly text: string;
}

export type Tier = 'raw' | '5m' | '1h' | '1d';
export type BinTier = Exclude<Tier, 'raw'>;
export const TIERS: readonly Tier[] = ['raw', '5m', '1h', '1d'];
export const BIN_TIERS: readonly BinTier[] = ['5m', '1h', '1d'];
export const TIER_STEP_MS: Readonly<Record<BinTier, number>> = { '5m': 300_000, '1h': 3_600_000, '1d': 86_400_000 };

export interface TierSpec {
  readonly tier: Tier;
  /** How long it is kept; null = for ever. */
  readonly retentionMs: number | null;
}
const DAY_MS = 86_400_000;
export const DEFAULT_TIERS: readonly TierSpec[] = [
  { tier: 'raw', retentionMs: 14 * DAY_MS },
  { tier: '5m', retentionMs: 400 * DAY_MS },
  { tier: '1h', retentionMs: 5 * 366 * DAY_MS },
  { tier: '1d', retentionMs: null },
];

/** Setting that holds when a collector was last at work, UTC milliseconds. */
export const ALIVE_SETTING = 'collector.alive';

export const INTERVAL_MIN_MS = 1_000;
export const INTERVAL_MAX_MS = DAY_MS;
/** A sample may stand for at most this many intervals; beyond it the time is a gap (RRDtool's heartbeat). */
export const HEARTBEAT = 2.2;

/** Series whose family has a single instance use the family as the instance's key and name. */
export function seriesKey(device: DeviceId, instance: InstanceId, metric: MetricName): SeriesKey {
  return `${device}/${instance}/${metric}`;
}

/** The parts of a series key. Ids and metric names never contain '/'. */
export function splitSeriesKey(key: SeriesKey): { device: DeviceId; instance: InstanceId; metric: MetricName } {
  const [device, instance, metric] = key.split('/');
  if (device === undefined || instance === undefined || !metric?.includes('.')) {
    throw new TypeError(`not a series key: ${JSON.stringify(key)}`);
  }
  return { device, instance, metric: metric as MetricName };
}
