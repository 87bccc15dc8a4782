/**
 * The seams of the system: what the core, the collector and the server need from the
 * outside, in our own types only. Adapters live elsewhere; main.ts joins them.
 */
import type { ForecastStore } from './capacity.ts';
import type { EmbedStore } from './embed.ts';
import type { HabitStore } from './habit-watch.ts';
import type {
  BinTier,
  Device,
  DeviceId,
  DeviceState,
  Event,
  Failure,
  GapCause,
  Instance,
  InstanceId,
  NewEvent,
  SeriesKey,
  SnmpSecret,
  SourceSpec,
  Tier,
  TierSpec,
} from './model.ts';
import type { Destination } from './destination.ts';
import type { FoundInstance, Column } from './readings.ts';

/** Time. `nowMs` never goes backwards and never repeats a stretch, whatever happens to the machine's clock. */
export interface Clock {
  /** UTC in milliseconds, for stamps. */
  nowMs(): number;
  /** Monotonic milliseconds, for intervals. */
  monoMs(): number;
  /** Resolves after ms, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Where sentences for operators go. Fields never hold secrets. */
export interface Log {
  info(text: string, fields?: Record<string, unknown>): void;
  warn(text: string, fields?: Record<string, unknown>): void;
  error(text: string, fields?: Record<string, unknown>): void;
}

/**
 * The series of a row, in order. A plain array is one; a list may also make its keys only when
 * asked. The same list for the same series, row after row: whoever takes rows remembers lists by identity.
 */
export interface SeriesList extends Iterable<SeriesKey> {
  readonly length: number;
  at(index: number): SeriesKey | undefined;
}

/**
 * One moment of one device in the raw tier. A record covers the time since the previous
 * record of the same series, up to tMs; NaN says that this stretch is unknown. So the
 * records of a series tile time: whoever writes after a gap writes the NaN first.
 * Only an import uses these: Infinity takes the record at tMs away, and -Infinity is kept as it
 * is and marks unknown time of which nobody said anything (a later import may fill it).
 */
export interface RawRow {
  readonly device: DeviceId;
  readonly tMs: number;
  /** Nominal poll interval at this moment. */
  readonly intervalMs: number;
  readonly series: SeriesList;
  readonly values: Float64Array;
}

/**
 * Closed bins of one device that begin at tMs. known is the fraction 0–1 of the bin; 0 takes a
 * bin away, NaN says nothing of this series, so that one `series` list serves many rows.
 */
export interface BinRow {
  readonly tier: BinTier;
  readonly device: DeviceId;
  readonly tMs: number;
  readonly series: SeriesList;
  readonly mean: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly known: Float64Array;
}

/** One poll cycle's worth of rows. An adapter that can writes it atomically. */
export interface Batch {
  readonly raw: readonly RawRow[];
  readonly bins: readonly BinRow[];
}

/**
 * ok: durable. retry: try the same batch again later. blocked: an operator must act
 * (disk full, credentials); keep the batch. rejected: never acceptable; set it aside.
 */
export type WriteResult =
  { readonly result: 'ok' } | { readonly result: 'retry' | 'blocked' | 'rejected'; readonly reason: string };

/** Raw records with from < t ≤ to, and the time of the record before them (null when there is none). */
export interface RawColumns {
  readonly tMs: Float64Array;
  /** NaN is a gap. */
  readonly value: Float64Array;
  readonly previousMs: number | null;
}

/** Bins that overlap from..to, by start time. Absent bins are unknown. */
export interface BinColumns {
  readonly tMs: Float64Array;
  readonly mean: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly known: Float64Array;
}
export type BinColumn = 'mean' | 'min' | 'max' | 'known';

/** The last record of a series. */
export interface Latest {
  readonly tMs: number;
  readonly value: number;
}

export interface StoreHealth {
  readonly ok: boolean;
  /** One sentence when not ok. */
  readonly reason: string;
  readonly bytes: number;
  readonly series: number;
  /** The server that keeps the history, where it is one. */
  readonly destination?: Destination;
}

/** Keeps history. Writes are idempotent: the same row again changes nothing, another value replaces. */
export interface SeriesStore {
  /** False: nothing that is stored can be replaced or taken away; every record and bin must be written once only. */
  readonly rewrites?: boolean;
  /**
   * The reads of a store of which a part may be out of reach: these answer with what can be had now, while
   * its own reads reject.
   */
  readonly readable?: Pick<SeriesStore, 'raw' | 'bins' | 'latest'>;
  /** Makes the tiers ready and sets how long each is kept. */
  ensureTiers(tiers: readonly TierSpec[]): Promise<void>;
  write(batch: Batch): Promise<WriteResult>;
  /** One answer a series, in the order asked. */
  raw(series: readonly SeriesKey[], fromMs: number, toMs: number): Promise<RawColumns[]>;
  /** One answer a series, in the order asked; columns not asked for may come back empty. */
  bins(
    series: readonly SeriesKey[],
    tier: BinTier,
    fromMs: number,
    toMs: number,
    columns?: readonly BinColumn[],
  ): Promise<BinColumns[]>;
  /** One answer a series, in the order asked; null = never written. */
  latest(series: readonly SeriesKey[]): Promise<(Latest | null)[]>;
  /** Every series it holds, where it can say so cheaply. */
  keys?(): Promise<SeriesKey[]>;
  /** Forgets everything of these series. */
  remove(series: readonly SeriesKey[]): Promise<void>;
  /** Deletes what is past its retention and moves closed chunks; called regularly. */
  maintain(nowMs: number): Promise<void>;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}

/** Samples of one series on their way in from a file: ascending time, NaN = gap. */
export interface ImportSeries {
  readonly series: SeriesKey;
  readonly tMs: Float64Array;
  readonly value: Float64Array;
}

/**
 * The store together with its rollups: what the collector appends to and the server reads.
 * Bins that are still open are answered too, from memory.
 */
export interface History {
  /** Accepts rows of one poll; resolves once they are durable (or in order behind those that wait). */
  append(rows: readonly RawRow[]): Promise<void>;
  /**
   * Merges samples into any time and recomputes the bins they touch.
   * @throws ImportRefused before anything of the series at hand was written; ServerAway
   */
  importSamples(series: readonly ImportSeries[]): Promise<{ samples: number; bins: number }>;
  raw(series: readonly SeriesKey[], fromMs: number, toMs: number): Promise<RawColumns[]>;
  bins(
    series: readonly SeriesKey[],
    tier: BinTier,
    fromMs: number,
    toMs: number,
    columns?: readonly BinColumn[],
  ): Promise<BinColumns[]>;
  latest(series: readonly SeriesKey[]): Promise<(Latest | null)[]>;
  remove(series: readonly SeriesKey[]): Promise<void>;
  /** Seals bins whose time is over, applies retention. */
  maintain(nowMs: number): Promise<void>;
  tiers(): readonly TierSpec[];
  health(): Promise<HistoryHealth>;
  /** Writes what is waiting and closes. */
  close(): Promise<void>;
}
export interface HistoryHealth extends StoreHealth {
  /** Rows accepted but not yet durable. */
  readonly waitingRows: number;
  readonly writtenSamples: number;
  readonly droppedSamples: number;
}

export interface EventQuery {
  readonly device?: DeviceId;
  /** Of these devices or of none, and of these instances or of none. */
  readonly among?: { readonly devices: readonly DeviceId[]; readonly instances: readonly string[] };
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly kinds?: readonly Event['kind'][];
  readonly cause?: GapCause;
  /** Newest first; events with an id below this one. */
  readonly beforeId?: number;
  readonly limit: number;
}

/** Everything that is not a sample. Names, addresses and aliases live only here. */
export interface Catalog {
  readonly devices: {
    list(): Promise<Device[]>;
    get(id: DeviceId): Promise<Device | null>;
    /** How many there are, and how many of them nothing asks. */
    count(): Promise<{ readonly all: number; readonly unasked: number }>;
    /** Inserts or replaces by id. Rejects with `NameTaken` if another device has the name. */
    put(device: Device): Promise<void>;
    /** Removes the device with its instances, secrets, readings and events. Not its samples. */
    remove(id: DeviceId): Promise<void>;
  };
  readonly instances: {
    list(device?: DeviceId): Promise<Instance[]>;
    put(instances: readonly Instance[]): Promise<void>;
  };
  readonly events: {
    add(events: readonly NewEvent[]): Promise<number[]>;
    /** Ends open events; optionally with a better sentence. */
    end(ids: readonly number[], toMs: number): Promise<void>;
    list(query: EventQuery): Promise<Event[]>;
    /** Events without an end. */
    open(): Promise<Event[]>;
  };
  /** Encrypted at rest; the key lives outside the database. */
  readonly secrets: {
    put(id: string, plaintext: string): Promise<void>;
    /** Rejects with `SecretUnreadable` if the key is lost or is another one. */
    get(id: string): Promise<string | null>;
    remove(id: string): Promise<void>;
  };
  readonly settings: {
    get(name: string): Promise<string | null>;
    put(name: string, value: string): Promise<void>;
  };
  readonly embeds: EmbedStore;
  readonly forecasts: ForecastStore;
  readonly habits: HabitStore;
  /** The last readings of each device, opaque bytes, so that a restart of ours loses nothing. */
  readonly readings: {
    save(entries: readonly { device: DeviceId; bytes: Uint8Array }[]): Promise<void>;
    load(device: DeviceId): Promise<Uint8Array | null>;
  };
  /** A consistent copy of the catalog into a file. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}
export class NameTaken extends Error {
  constructor(name: string) {
    super(`a device named "${name}" exists already`);
    this.name = 'NameTaken';
  }
}

/** A secret is kept but cannot be opened; the message is a sentence for a person and holds nothing of the secret. */
export class SecretUnreadable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SecretUnreadable';
  }
}

/** How a device fares, as the collector knows it. */
export interface DeviceStatus {
  readonly device: DeviceId;
  readonly state: DeviceState;
  /** One sentence when not up. */
  readonly reason: string;
  readonly sinceMs: number;
  readonly lastPollMs: number | null;
  readonly lastOkMs: number | null;
  /** Duration of the last poll. */
  readonly pollMs: number | null;
  readonly uptimeS: number | null;
  readonly polls: number;
  readonly failures: number;
  readonly skipped: number;
}

/** What a transport has sent, seen and refused; only ever grows. */
export interface TransportCounts {
  readonly sent: number;
  /** Of these, how many because no answer had come. */
  readonly resent: number;
  readonly received: number;
  /** From another address or port than the device's. */
  readonly foreign: number;
  /** Under a community or user that is not ours. */
  readonly wrongCommunity: number;
  /** Answers nobody waits for any more. */
  readonly late: number;
  /** Answers that are no SNMP, or not an answer to what was asked. */
  readonly malformed: number;
}

export interface CollectorStatus {
  readonly startedMs: number;
  readonly devices: number;
  /** Of its devices, by state; states without a device may be missing. */
  readonly states: Readonly<Partial<Record<DeviceState, number>>>;
  /** Devices that did not answer at all in their last turn. */
  readonly silent: number;
  readonly inFlight: number;
  /** Devices that answered the last time, and those that did not or that take long: each have places of their own. */
  readonly lanes: { readonly living: LaneStatus; readonly suspect: LaneStatus };
  readonly polls: number;
  readonly failures: number;
  /** Starts that were not made, because the poll before still ran or the whole process stood still. */
  readonly skipped: number;
  /** Samples handed to the history. */
  readonly samples: number;
  /** Devices polled and samples handed to the history a second, over the last minute. */
  readonly polledPerS: number;
  readonly valuesPerS: number;
  readonly lateReplies: number;
  /** Since the start, and in the last hour. */
  readonly gaps: Readonly<Partial<Record<GapCause, number>>>;
  readonly gapsLastHour: Readonly<Partial<Record<GapCause, number>>>;
  /** How late polls start, worst of the last minute, ms. */
  readonly latenessMs: number;
  /** The same by percentiles. */
  readonly lateness: { readonly p50Ms: number; readonly p99Ms: number; readonly worstMs: number };
  /** The ten that take longest, those that skip starts first. */
  readonly slowest: readonly SlowDevice[];
  /** Null when no source counts its datagrams. */
  readonly transport: TransportCounts | null;
}
export interface LaneStatus {
  readonly inFlight: number;
  /** Devices whose turn has come and for which there is no place. */
  readonly waiting: number;
}
export interface SlowDevice {
  readonly device: DeviceId;
  readonly name: string;
  /** What a poll takes, smoothed. */
  readonly pollMs: number;
  readonly intervalMs: number;
  /** Why, in one plain sentence without its capital and full stop. */
  readonly reason: string;
}

/** What a device would give; nothing is stored. */
export type Preview =
  | {
      readonly ok: true;
      readonly facts: Device['facts'];
      readonly instances: readonly FoundInstance[];
      readonly columns: readonly Column[];
      readonly notes: readonly string[];
      /** One sentence: "answers SNMPv2c in 3 ms as web1, 4 interfaces, 2 filesystems". */
      readonly text: string;
      readonly roundTripMs: number;
    }
  | Failure;

/** A device that is not (yet) in the catalog, with its secret in hand. */
export interface Candidate {
  readonly address: string;
  readonly sources: readonly SourceSpec[];
  readonly secret: SnmpSecret | null;
}

/** What others may ask of the collector. */
export interface CollectorControl {
  status(): CollectorStatus;
  deviceStatus(id: DeviceId): DeviceStatus | null;
  /** Reaches the device and says in one sentence how it answered. */
  test(candidate: Candidate): Promise<Preview>;
  /** Begins (or goes on with changed settings) to poll a device of the catalog. Resolves after its first discovery was tried. */
  watch(device: Device): Promise<Preview>;
  /** Stops polling it; history stays. */
  unwatch(id: DeviceId): Promise<void>;
  /** Polls once, now, outside the schedule; the sentence says what came. */
  pollNow(id: DeviceId): Promise<{ ok: boolean; text: string; samples: number }>;
}

export type { Device, DeviceId, Instance, InstanceId, Tier };
export { ImportRefused, ServerAway, type Destination } from './destination.ts';
