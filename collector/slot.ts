/** One source of one device: whom to ask, by which plan, and what its readings are compared with. */
import type { Device, Failure, SnmpSecret, SourceSpec } from '../core/model.ts';
import { SecretUnreadable, type Catalog, type Log } from '../core/ports.ts';
import { GAUGE, type Plan, type PollOutcome } from '../core/readings.ts';
import type { Unanswered } from './asking.ts';
import type { Source, Target } from './source.ts';
import { createTracker, type Tracker } from './tracker.ts';

export interface Slot {
  readonly spec: SourceSpec;
  readonly source: Source;
  readonly tracker: Tracker;
  target: Target;
  plan: Plan | null;
  /** Why the last discovery found no plan, null when it did. */
  undiscovered: Failure | null;
  /** Whether the tracker has taken up what an earlier run left. */
  resumed: boolean;
  /** The last failure since readings came, null while all is well. */
  failure: Failure | null;
  readonly unanswered: Unanswered;
  /** When it was last asked, monotonic. */
  askedMs: number;
}

export function createSlot(device: string, spec: SourceSpec, source: Source, target: Target): Slot {
  return {
    spec,
    source,
    tracker: createTracker(device, spec.type === 'snmp'),
    target,
    plan: null,
    undiscovered: null,
    resumed: false,
    failure: null,
    unanswered: { count: 0 },
    askedMs: -Infinity,
  };
}

/** Deadline for one poll: time for a few requests that need their retries, at least the interval, at most a minute. */
export function pollDeadlineMs(spec: SourceSpec, intervalMs: number): number {
  const neededMs = spec.type === 'snmp' ? 3 * spec.timeoutMs * (spec.retries + 1) + 1_000 : 5_000;
  return Math.min(60_000, Math.max(intervalMs, neededMs));
}

/** More than this would be a source that has lost count; it is tried again now and then only. */
const UNANSWERED_MAX = 10;
const UNANSWERED_AGAIN_MS = 600_000;

/** Whether earlier questions are still under way although nobody waits for them. */
export function isStuck(slot: Slot, nowMs: number): boolean {
  return slot.unanswered.count >= UNANSWERED_MAX && nowMs - slot.askedMs < UNANSWERED_AGAIN_MS;
}

/** A dead device is asked once: what answers at all answers that. */
export function probeOf(target: Target): Target {
  return target.spec.type === 'snmp' ? { ...target, spec: { ...target.spec, retries: 0 } } : target;
}

/** Readings came, but all they say is that the device does not answer: ping with every packet lost. */
export function isSilent(plan: Plan, outcome: PollOutcome): boolean {
  if (!outcome.ok) return true;
  const at = plan.columns.findIndex((column) => column.metric === 'ping.loss_ratio');
  return at >= 0 && outcome.state[at] === GAUGE && outcome.gauge[at] === 1;
}

/** Secrets are kept apart from the device, by the name its source gives. */
export async function targetOf(
  { name, address }: Pick<Device, 'name' | 'address'>,
  spec: SourceSpec,
  secrets: Catalog['secrets'],
  log: Log,
): Promise<Target> {
  if (spec.type !== 'snmp') return { address, spec, secret: null };
  try {
    const text = await secrets.get(spec.secret);
    return { address, spec, secret: text === null ? null : (JSON.parse(text) as SnmpSecret) };
  } catch (error) {
    // Of other errors not the text: that might be part of the secret.
    log.error('The secret of a device could not be read; set its community or keys again.', {
      device: name,
      address,
      error: error instanceof SecretUnreadable ? error.message : error instanceof Error ? error.name : 'unknown',
    });
    return { address, spec, secret: null };
  }
}
