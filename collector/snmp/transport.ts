/**
 * The port to SNMP: ask objects of a device, walk a subtree. Own types only, so that one
 * adapter can be exchanged for a faster one without anyone noticing.
 */
import type { Clock } from '../../core/ports.ts';
import type { AuthProtocol, Failure, PrivProtocol } from '../../core/model.ts';

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
  readonly note: string;
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
  /** Everything below root, in order. */
  walk(target: SnmpTarget, root: string, limits: WalkLimits, asking: SnmpAsking): Promise<SnmpWalk | SnmpFailure>;
  counts(): SnmpCounts;
  /** Forgets what is kept for a device (sockets, engine time, sizes that worked). */
  release(target: SnmpTarget): void;
  close(): Promise<void>;
}

/** OIDs of one GET; about 1.1 KB, below the usual MTU. */
export const OIDS_PER_REQUEST = 48;
