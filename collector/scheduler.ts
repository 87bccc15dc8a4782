/**
 * Decides whose turn it is. Devices are spread over their interval by a hash of their id, no
 * device is polled twice at once, and those that do not answer wait in a small queue of their
 * own, so that the dead never delay the living.
 */
import type { Clock } from '../core/ports.ts';
import { hash32 } from './hash.ts';
import type { Alarm, Timeline } from './timeline.ts';

export interface Turn {
  /** The device has been dead for a while: ask once, cheaply. */
  readonly probe: boolean;
  /** Aborted when we stop and the deadline for that is over. */
  readonly signal: AbortSignal;
}

/** How a device answered: in full, only by what does not count (ping beside SNMP), or not at all. */
export type Answer = 'yes' | 'some' | 'no';

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** Polls a device and says how it answered. Must settle: give it a deadline. */
  readonly run: (id: string, turn: Turn) => Promise<Answer>;
  readonly onSkip?: (id: string, starts: number) => void;
  readonly onError: (error: unknown) => void;
  /** Living devices in flight at once. */
  readonly limit?: number;
  /** Devices in flight that failed the last time; in addition to `limit`. */
  readonly deadLimit?: number;
}

/** How a device comes in. */
export interface First {
  /** How often it failed in a row before. */
  readonly failures?: number;
  /** The first start is in its turn, but not sooner than this. */
  readonly afterMs?: number;
}

export interface SchedulerStats {
  readonly inFlight: number;
  readonly skipped: number;
  /** How late the living started, worst of the last minute. */
  readonly latenessMs: number;
}

export interface Scheduler {
  /** Begins to poll a device, or changes its interval from now on. */
  set(id: string, intervalMs: number, first?: First): void;
  /** No further start; a poll in flight ends by itself. */
  remove(id: string): void;
  /** Runs now, or joins the run in flight; null if the device is not known or we are stopping. */
  now(id: string): Promise<Answer> | null;
  stats(): SchedulerStats;
  /** No further starts; waits for polls in flight, aborts those that take longer. */
  stop(deadlineMs: number): Promise<void>;
}

/** From this many failures in a row on a device is probed only. */
export const DEAD_AFTER = 2;
/** A dead device is not probed more often than this. */
const PROBE_EVERY_MS = 10_000;
const LATENESS_SLOTS = 6;
const LATENESS_SLOT_MS = 10_000;

interface Entry {
  readonly id: string;
  intervalMs: number;
  dueMs: number;
  alarm: Alarm | null;
  lastStartMs: number;
  failures: number;
  /** Nothing at all came the last time. */
  silent: boolean;
}

interface Lane {
  readonly limit: number;
  running: number;
  /** Insertion order is the queue; the value is when the start was due. */
  readonly waiting: Map<Entry, number>;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, timeline } = options;
  const entries = new Map<string, Entry>();
  /** By id, not by entry: a device taken away and brought back is still the same device. */
  const flying = new Map<string, Promise<Answer>>();
  const living: Lane = { limit: options.limit ?? 500, running: 0, waiting: new Map() };
  const suspect: Lane = { limit: options.deadLimit ?? 100, running: 0, waiting: new Map() };
  const abort = new AbortController();
  const lateness = new Float64Array(LATENESS_SLOTS);
  let latenessSlot = 0;
  let skipped = 0;
  let stopping = false;

  /** First moment of the device's phase that is not before `earliestMs`, on the monotonic clock. */
  const phaseAfter = (entry: Entry, earliestMs: number): number => {
    // Anchored to UTC, so that a device keeps its place over our restarts.
    const phaseMs = (hash32(entry.id) / 2 ** 32) * entry.intervalMs;
    const earliestUtcMs = clock.nowMs() + (earliestMs - clock.monoMs());
    const waitMs = (((phaseMs - earliestUtcMs) % entry.intervalMs) + entry.intervalMs) % entry.intervalMs;
    return earliestMs + waitMs;
  };
  const arm = (entry: Entry, dueMs: number) => {
    if (entry.alarm) timeline.cancel(entry.alarm);
    entry.dueMs = dueMs;
    entry.alarm = timeline.at(dueMs, () => {
      due(entry);
    });
  };
  const skip = (entry: Entry, starts: number) => {
    skipped += starts;
    options.onSkip?.(entry.id, starts);
  };
  const noteLateness = (lateMs: number) => {
    const slot = Math.floor(clock.monoMs() / LATENESS_SLOT_MS);
    for (let s = Math.max(latenessSlot + 1, slot - LATENESS_SLOTS + 1); s <= slot; s++) lateness[s % LATENESS_SLOTS] = 0;
    latenessSlot = slot;
    lateness[slot % LATENESS_SLOTS] = Math.max(lateness[slot % LATENESS_SLOTS] ?? 0, lateMs);
  };

  const start = (entry: Entry, lane: Lane): Promise<Answer> => {
    lane.running++;
    entry.lastStartMs = clock.monoMs();
    const turn: Turn = { probe: entry.failures >= DEAD_AFTER, signal: abort.signal };
    const busy = options
      .run(entry.id, turn)
      .catch((error: unknown) => {
        options.onError(error);
        return 'no' as const;
      })
      .then((answer) => {
        entry.failures = answer === 'yes' ? 0 : entry.failures + 1;
        entry.silent = answer === 'no';
        flying.delete(entry.id);
        lane.running--;
        next(lane);
        return answer;
      });
    flying.set(entry.id, busy);
    return busy;
  };
  const next = (lane: Lane) => {
    for (const [entry, dueMs] of lane.waiting) {
      if (lane.running >= lane.limit || stopping) return;
      lane.waiting.delete(entry);
      // Somebody may have asked it out of turn while it waited.
      if (flying.has(entry.id)) continue;
      if (lane === living) noteLateness(clock.monoMs() - dueMs);
      void start(entry, lane);
    }
  };
  const due = (entry: Entry) => {
    if (stopping || entries.get(entry.id) !== entry) return;
    const nowMs = clock.monoMs();
    const dueMs = entry.dueMs;
    const missed = Math.floor((nowMs - dueMs) / entry.intervalMs);
    if (missed > 0) skip(entry, missed);
    arm(entry, dueMs + (missed + 1) * entry.intervalMs);
    if (flying.has(entry.id) || living.waiting.has(entry) || suspect.waiting.has(entry)) {
      skip(entry, 1);
      return;
    }
    const dead = entry.failures >= DEAD_AFTER && entry.silent;
    if (dead && nowMs - entry.lastStartMs < PROBE_EVERY_MS - entry.intervalMs / 2) return;
    const lane = entry.failures === 0 ? living : suspect;
    lane.waiting.set(entry, dueMs);
    next(lane);
  };

  return {
    set(id, intervalMs, first) {
      const known = entries.get(id);
      const nowMs = clock.monoMs();
      if (known) {
        if (first?.failures !== undefined) known.failures = first.failures;
        if (known.intervalMs === intervalMs) return;
        known.intervalMs = intervalMs;
        arm(known, phaseAfter(known, nowMs));
        return;
      }
      const entry: Entry = {
        id,
        intervalMs,
        dueMs: 0,
        alarm: null,
        lastStartMs: -Infinity,
        failures: first?.failures ?? 0,
        silent: false,
      };
      entries.set(id, entry);
      arm(entry, phaseAfter(entry, nowMs + (first?.afterMs ?? 0)));
    },
    remove(id) {
      const entry = entries.get(id);
      if (!entry) return;
      entries.delete(id);
      living.waiting.delete(entry);
      suspect.waiting.delete(entry);
      if (entry.alarm) timeline.cancel(entry.alarm);
    },
    now(id) {
      const entry = entries.get(id);
      if (!entry || stopping) return null;
      const inFlight = flying.get(id);
      if (inFlight) return inFlight;
      living.waiting.delete(entry);
      suspect.waiting.delete(entry);
      return start(entry, entry.failures === 0 ? living : suspect);
    },
    stats() {
      noteLateness(0);
      return { inFlight: living.running + suspect.running, skipped, latenessMs: Math.max(...lateness) };
    },
    async stop(deadlineMs) {
      stopping = true;
      for (const entry of entries.values()) if (entry.alarm) timeline.cancel(entry.alarm);
      living.waiting.clear();
      suspect.waiting.clear();
      if (flying.size === 0) return;
      const deadline = timeline.after(deadlineMs, () => {
        abort.abort(new Error('stopping'));
      });
      await Promise.all(flying.values());
      timeline.cancel(deadline);
    },
  };
}
