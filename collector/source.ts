/**
 * The one shape behind which everything is asked: SNMP, this machine, ping. A source only
 * asks and lays out what came; when, how often and what it means is its caller's affair.
 */
import type { Clock, TransportCounts } from '../core/ports.ts';
import type { Failure, SnmpSecret, SourceSpec } from '../core/model.ts';
import type { DiscoveryOutcome, Plan, PollOutcome, Readings } from '../core/readings.ts';

export interface Target {
  readonly address: string;
  readonly spec: SourceSpec;
  readonly secret: SnmpSecret | null;
}

export interface Asking {
  readonly clock: Clock;
  /** Names this run of our process; goes into every `Moment`. */
  readonly epoch: string;
  /** Aborted at the deadline or when we stop; the source must then settle promptly. */
  readonly signal: AbortSignal;
}

/** How a device has been to deal with lately. */
export interface Manner {
  /** Smoothed time from request to answer, null while nothing has come. */
  readonly roundTripMs: number | null;
  /** How long an answer is waited for at present. */
  readonly timeoutMs: number;
  /** Requests of the last poll, and how many of them were sent again. */
  readonly requests: number;
  readonly resent: number;
  /** Whether tables are asked for by GETBULK. */
  readonly bulk: boolean;
}

export interface Source {
  readonly type: SourceSpec['type'];
  /** What the device has. Never throws for what a device does: that is a `Failure`. */
  discover(target: Target, asking: Asking): Promise<DiscoveryOutcome>;
  /** One set of readings for a plan this source made. Never throws for what a device does. */
  poll(target: Target, plan: Plan, asking: Asking): Promise<PollOutcome>;
  /** Whether the device answers at all: one request, sent once. Only where that costs less than a discovery. */
  reach?(target: Target, asking: Asking): Promise<{ readonly ok: true } | Failure>;
  /** Null for a device that has not been asked lately. */
  about?(target: Target): Manner | null;
  /** Datagrams of all its devices; only ever grow. */
  counts?(): TransportCounts;
  /** These readings, of a poll of this source, are needed no more: their room may serve the next. */
  recycle?(readings: Readings): void;
  close(): Promise<void>;
}
