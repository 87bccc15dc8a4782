/**
 * The port to SNMP: ask objects of a device, walk a subtree. Own types only, so that one
 * adapter can be exchanged for a faster one without anyone noticing.
 */
import type { Clock } from '../../core/ports.ts';
import type { AuthProtocol, Failure, PrivProtocol } from '../../core/model.ts';
import type { Answers } from './answers.ts';

/** Who speaks, and by which version. */
export type SnmpCredentials =
  | { readonly version: '1' | '2c'; readonly community: string }
  | {
      readonly version: '3';
      readonly user: string;
      readonly auth: { readonly protocol: AuthProtocol; readonly key: string } | null;
      readonly priv: { readonly protocol: PrivProtocol; readonly key: string } | null;
    };

export interface SnmpTarget {
  /** Host name or address, IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** How long one datagram may stay without an answer. */
  readonly timeoutMs: number;
  /** How often a request without an answer is sent again (each time a smaller one). */
  readonly retries: number;
  readonly credentials: SnmpCredentials;
}

/** Why an object has no value here. `lost`: its part of the answer never came. `error`: the agent failed on it. */
export type AbsentReason = 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' | 'null' | 'lost' | 'error';

export type SnmpValue =
  | { readonly type: 'integer' | 'gauge32' | 'timeticks'; readonly value: number }
  | { readonly type: 'counter32' | 'counter64'; readonly value: bigint }
  | { readonly type: 'string' | 'opaque'; readonly value: Uint8Array }
  | { readonly type: 'oid' | 'address'; readonly value: string }
  | { readonly type: 'absent'; readonly value: AbsentReason };

export type Varbind = { readonly oid: string } & SnmpValue;

/** What exactly went wrong, finer than the cause a gap carries. */
export type SnmpTrouble =
  | 'no such name'
  | 'no route'
  | 'refused'
  | 'no answer'
  | 'not snmp'
  | 'bad answer'
  | 'report storm'
  | 'unknown user'
  | 'wrong auth key'
  | 'wrong priv key'
  | 'unsupported level'
  | 'not in time window'
  | 'unknown engine'
  | 'access denied'
  | 'agent error'
  | 'aborted'
  | 'bad credentials';

export interface SnmpFailure extends Failure {
  readonly trouble: SnmpTrouble;
}

/** Boots and time of the agent's engine as its last authentic v3 answer said. */
export interface EngineClock {
  readonly boots: number;
  readonly timeS: number;
}

export interface SnmpAnswer {
  readonly ok: true;
  /** One for each OID asked, in the order asked. */
  readonly varbinds: readonly Varbind[];
  /** True when part of the answer was lost; those objects are absent as `lost`. */
  readonly partial: boolean;
  /** Null except for v3. */
  readonly engine: EngineClock | null;
  /** Of the last exchange. */
  readonly roundTripMs: number;
}

export interface SnmpWalk {
  readonly ok: true;
  /** Strictly ascending, all below the root. */
  readonly varbinds: readonly Varbind[];
  /** False when it was stopped before the end of the subtree; `note` says why. */
  readonly complete: boolean;
  /** Whether that was because no answer came in time: another try may see more. */
  readonly lost: boolean;
  readonly note: string;
}

/**
 * What a device is asked at every poll. An object's slot is its position over all sets. Kept by
 * the caller and passed again: adapters prepare it once, by identity, and devices that are
 * asked the same share one.
 */
export interface Question {
  /** At most OIDS_PER_REQUEST objects each; the first of each is sysUpTime. */
  readonly sets: readonly (readonly string[])[];
  /** Slots that are one row of a table, as first slot and count; rows never reach over the end of a set. */
  readonly rows: readonly (readonly [number, number])[];
}

/** A whole poll. Some of it came, or it would be a failure. */
export interface SnmpPoll {
  readonly ok: true;
  /** UTC and monotonic milliseconds at which the first answer came. */
  readonly tMs: number;
  readonly monoMs: number;
  /** How long after the first request that was. */
  readonly waitedMs: number;
  /** Of v3, from the first answer; else null. */
  readonly engine: EngineClock | null;
  /** True when part of the answer was lost; those slots have no tag. */
  readonly partial: boolean;
}

/** How a device has been to deal with lately. */
export interface SnmpManner {
  /** Smoothed round trip, null while nothing has come. */
  readonly roundTripMs: number | null;
  /** How long a first request is waited for at present. */
  readonly timeoutMs: number;
  /** Requests of the last poll, and how many of them were sent again. */
  readonly requests: number;
  readonly resent: number;
  /** Whether tables are asked for by GETBULK. */
  readonly bulk: boolean;
}

export interface SnmpAsking {
  readonly clock: Clock;
  /** Aborted by the caller's own deadline or at the end of the process. */
  readonly signal: AbortSignal;
}

export interface WalkLimits {
  /** At most this many rows are kept; the walk stops there. */
  readonly maxRows: number;
  /** The whole walk ends here, whatever came so far. */
  readonly deadlineMs: number;
}

/** What the transport has seen and refused; only ever grows. */
export interface SnmpCounts {
  readonly sent: number;
  /** Of these, how many because no answer had come. */
  readonly resent: number;
  readonly received: number;
  /** From another address or port than the device's. (A connected socket's kernel drops most of them unseen.) */
  readonly foreign: number;
  /** Under a community or user that is not ours. */
  readonly wrongCommunity: number;
  /** Answers nobody waits for any more. */
  readonly late: number;
  /** Answers that are no SNMP, or not an answer to what was asked. */
  readonly malformed: number;
}

/**
 * Adapters never throw for what a device sends and never wait beyond
 * timeoutMs × (1 + retries) for the first part of an answer.
 */
export interface SnmpTransport {
  /**
   * Values of objects; any number of OIDs, asked in requests of at most 48. The array may be
   * kept by the caller and passed again: an adapter may cache its encoding by identity.
   */
  get(target: SnmpTarget, oids: readonly string[], asking: SnmpAsking): Promise<SnmpAnswer | SnmpFailure>;
  /**
   * One poll: every set is asked, one or two requests at a time, and what comes is put into
   * `into` (made for this question, empty). Settles soon after the signal is aborted.
   */
  poll(target: SnmpTarget, question: Question, into: Answers, asking: SnmpAsking): Promise<SnmpPoll | SnmpFailure>;
  /** Everything below root, in order. */
  walk(target: SnmpTarget, root: string, limits: WalkLimits, asking: SnmpAsking): Promise<SnmpWalk | SnmpFailure>;
  counts(): SnmpCounts;
  /** Null for a device that has not been asked lately. */
  manner(target: SnmpTarget): SnmpManner | null;
  /** Forgets what is kept for a device (sockets, engine time, sizes that worked). */
  release(target: SnmpTarget): void;
  close(): Promise<void>;
}

/** OIDs of one GET; about 1.1 KB, below the usual MTU. */
export const OIDS_PER_REQUEST = 48;
