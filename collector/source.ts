/**
 * The one shape behind which everything is asked: SNMP, this machine, ping. A source only
 * asks and lays out what came; when, how often and what it means is its caller's affair.
 */
import type { Clock } from '../core/ports.ts';
import type { SnmpSecret, SourceSpec } from '../core/model.ts';
import type { DiscoveryOutcome, Plan, PollOutcome } from '../core/readings.ts';

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

export interface Source {
  readonly type: SourceSpec['type'];
  /** What the device has. Never throws for what a device does: that is a `Failure`. */
  discover(target: Target, asking: Asking): Promise<DiscoveryOutcome>;
  /** One set of readings for a plan this source made. Never throws for what a device does. */
  poll(target: Target, plan: Plan, asking: Asking): Promise<PollOutcome>;
  close(): Promise<void>;
}
