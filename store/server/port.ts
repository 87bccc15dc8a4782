/**
 * What a store on a server offers beyond `SeriesStore`: its writes come apart into parcels of text, so
 * that they can wait on disk while the server is away and be sent later, exactly as they were.
 */
import type { DeviceId, SeriesKey, Tier } from '../../core/model.ts';
import type { Batch, SeriesStore } from '../../core/ports.ts';

/** Lines of InfluxDB's line protocol for one tier, without a final newline, times in milliseconds. */
export interface Parcel {
  readonly tier: Tier;
  readonly text: string;
  readonly lines: number;
}

/**
 * ok: durable there; `expired` lines were older than the server keeps and are of no use to anybody.
 * retry: may pass by itself, not before `afterMs` if the server said so. blocked: an operator must act
 * (credentials, a missing database); keep the parcel. too large: send it in smaller pieces.
 * rejected: a line in it is not acceptable; the others may or may not have been taken.
 */
export type Sent =
  | { readonly result: 'ok'; readonly expired?: number }
  | { readonly result: 'retry'; readonly reason: string; readonly afterMs: number | null }
  | { readonly result: 'blocked'; readonly reason: string }
  | { readonly result: 'too large' }
  | { readonly result: 'rejected'; readonly reason: string };

/** A history on a server. `write` of it is `encode` and `deliver`, without any waiting. */
export interface ServerStore extends SeriesStore {
  /** For people: "InfluxDB". */
  readonly label: string;
  /** Whether what is stored can be replaced; if not, each record and bin must be written once only. */
  readonly rewrites: boolean;
  /** Batches as text, in the order they must be sent in. Pure, apart from remembering which moments were new. */
  encode(batch: Batch): Parcel[];
  /** Sends one parcel once, with a deadline; never throws for what a server or a network does. */
  send(parcel: Parcel): Promise<Sent>;
  /** Whether the server answers; tiers that somebody took away are made anew, where it can make any. Each request has a deadline. */
  reachable(): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>;
  /** Every series of these devices, gone; cheaper than naming them one by one. */
  removeDevices(devices: readonly DeviceId[]): Promise<void>;
  keys(): Promise<SeriesKey[]>;
  /** Alarms of the server itself, each a sentence: rows it dropped without saying so. Empty when there is none. */
  alarms(): Promise<string[]>;
}

export { ServerAway } from '../../core/ports.ts';
