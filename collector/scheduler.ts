/**
 * Decides whose turn it is. Devices are spread over their interval by a hash of their id, no
 * device is polled twice at once, and those that do not answer have places and a queue of
 * their own, so that the dead never delay the living.
 */
import { hash32 } from '../core/hash.ts';
import type { Clock } from '../core/ports.ts';
import { createDurations, type Spread } from './lately.ts';
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
  /** Devices in flight that failed the last time or take long; in addition to `limit`. */
  readonly suspectLimit?: number;
}

/** How a device comes in. */
export interface First {
  /** How often it failed in a row before. */
  readonly failures?: number;
  /** The first start is in its turn, but not sooner than this. */
  readonly afterMs?: number;
}

/** How a device keeps up. */
export interface Pace {
  readonly id: string;
  readonly intervalMs: number;
  /** What a turn takes, smoothed; NaN before the first. */
  readonly tookMs: number;
  /** Turns in a row that did not go well. */
  readonly failures: number;
  /** Nothing at all came the last time. */
  readonly silent: boolean;
  /** Starts that fell into its own turns since one last ended in time. */
  readonly skips: number;
}

export interface SchedulerStats {
  /** Devices in flight, and devices whose turn has come and that wait for a place. */
  readonly living: LaneStats;
  /** The same of those that failed the last time, or that take long. */
  readonly suspect: LaneStats;
  readonly skipped: number;
  /** How late the living started in the last minute. */
  readonly lateness: Spread;
}
export interface LaneStats {
  readonly inFlight: number;
  readonly waiting: number;
}

export interface Scheduler {
  /** Begins to poll a device, or changes its interval from now on. */
  set(id: string, intervalMs: number, first?: First): void;
  /** No further start; a poll in flight ends by itself. */
  remove(id: string): void;
  /** Runs now, or joins the run in flight; null if the device is not known or we are stopping. */
  now(id: string): Promise<Answer> | null;
  stats(): SchedulerStats;
  /** Of every device, in no order. */
  paces(): Iterable<Pace>;
  /** No further starts; waits for polls in flight, aborts those that take longer. */
  stop(deadlineMs: number): Promise<void>;
}

/** From this many failures in a row on a device is probed only. */
export const DEAD_AFTER = 2;
/** Who failed is tried again after its interval, or after this when that is longer: no day is lost for one datagram. */
export const RETRY_MS = 60_000;
/** Enough for 10,000 devices every 10 s of which 9 in 10 are dead and wait out a second. */
const SUSPECT_LIMIT = 2_000;
/** Who has not answered for this long no longer takes a place of the living. */
const PATIENCE_MS = 500;
const LATENESS_MS = 60_000;
const LATENESS_SLOTS = 12;
/** Weight of the newest turn in what a turn takes. */
const SMOOTHING = 0.25;

interface Entry {
  readonly id: string;
  intervalMs: number;
  /** The next start in its phase. The alarm may ring sooner, for one that failed. */
  phaseMs: number;
  dueMs: number;
  alarm: Alarm | null;
  /** Whether the turn that is due or under way is one of the phase. */
  inPhase: boolean;
  failures: number;
  silent: boolean;
  tookMs: number;
  skips: number;
}

interface Lane {
  readonly limit: number;
  running: number;
  /** Insertion order is the queue; the value is when the start was due. */
  readonly waiting: Map<Entry, number>;
}

interface Flight {
  readonly entry: Entry;
  lane: Lane;
  readonly startMs: number;
  /** Starts of the phase that fell into it. */
  passed: number;
  answer: Promise<Answer> | null;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, timeline } = options;
  const entries = new Map<string, Entry>();
  /** By id, not by entry: a device taken away and brought back is still the same device. */
  const flying = new Map<string, Flight>();
  const living: Lane = { limit: options.limit ?? 500, running: 0, waiting: new Map() };
  const suspect: Lane = { limit: options.suspectLimit ?? SUSPECT_LIMIT, running: 0, waiting: new Map() };
  /** Flights that hold a place of the living, the longest first. */
  const patient = new Set<Flight>();
  let watching = false;
  const abort = new AbortController();
  const lateness = createDurations(() => clock.monoMs(), LATENESS_MS, LATENESS_SLOTS);
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
  const nextOf = (entry: Entry): number =>
    entry.failures === 0 ? entry.phaseMs : Math.min(entry.phaseMs, clock.monoMs() + RETRY_MS);
  const place = (entry: Entry, earliestMs: number) => {
    entry.phaseMs = phaseAfter(entry, earliestMs);
    arm(entry, nextOf(entry));
  };
  const skip = (entry: Entry, starts: number) => {
    if (starts === 0) return;
    skipped += starts;
    options.onSkip?.(entry.id, starts);
  };
  /** Skipped because the turn before still runs. */
  const overrun = (entry: Entry, starts: number) => {
    entry.skips += starts;
    skip(entry, starts);
  };
  const laneOf = (entry: Entry): Lane => (entry.failures === 0 ? living : suspect);

  const start = (entry: Entry): Promise<Answer> => {
    const lane = laneOf(entry);
    lane.running++;
    const flight: Flight = { entry, lane, startMs: clock.monoMs(), passed: 0, answer: null };
    flying.set(entry.id, flight);
    if (lane === living) {
      patient.add(flight);
      watch();
    }
    const { skips } = entry;
    flight.answer = options
      .run(entry.id, { probe: entry.failures >= DEAD_AFTER, signal: abort.signal })
      .catch((error: unknown) => {
        options.onError(error);
        return 'no' as const;
      })
      .then((answer) => {
        if (entry.skips === skips) entry.skips = 0;
        land(flight, answer);
        return answer;
      });
    return flight.answer;
  };
  const land = (flight: Flight, answer: Answer) => {
    const { entry, startMs } = flight;
    const tookMs = clock.monoMs() - startMs;
    entry.tookMs = Number.isNaN(entry.tookMs) ? tookMs : entry.tookMs + SMOOTHING * (tookMs - entry.tookMs);
    entry.failures = answer === 'yes' ? 0 : entry.failures + 1;
    entry.silent = answer === 'no';
    flying.delete(entry.id);
    patient.delete(flight);
    flight.lane.running--;
    if (entries.get(entry.id) === entry && !stopping) plan(entry, flight);
    next(flight.lane);
  };
  /** What follows from how a turn went. */
  const plan = (entry: Entry, { startMs, passed }: Flight) => {
    if (entry.failures === 0) {
      overrun(entry, passed);
      // Back in step, yet not so soon that an agent could answer from its cache.
      if (!entry.inPhase) place(entry, startMs + entry.intervalMs / 2);
      return;
    }
    const againMs = startMs + Math.min(entry.intervalMs, RETRY_MS);
    if (againMs < entry.dueMs) arm(entry, Math.max(againMs, clock.monoMs()));
  };

  const next = (lane: Lane) => {
    for (const [entry, dueMs] of lane.waiting) {
      if (lane.running >= lane.limit || stopping) return;
      lane.waiting.delete(entry);
      // Somebody may have asked it out of turn while it waited.
      if (flying.has(entry.id)) continue;
      if (lane === living) lateness.add(clock.monoMs() - dueMs);
      void start(entry);
    }
  };
  const due = (entry: Entry) => {
    if (stopping || entries.get(entry.id) !== entry) return;
    const nowMs = clock.monoMs();
    const { dueMs } = entry;
    const lost = dueMs >= entry.phaseMs ? 1 : 0;
    if (lost > 0) {
      const missed = Math.floor((nowMs - entry.phaseMs) / entry.intervalMs);
      skip(entry, missed);
      entry.phaseMs += (missed + 1) * entry.intervalMs;
    }
    arm(entry, nextOf(entry));
    const flight = flying.get(entry.id);
    if (flight) {
      // Of one that does not answer it is not known yet whether anything is lost.
      if (entry.failures > 0) flight.passed += lost;
      else overrun(entry, lost);
    } else if (living.waiting.has(entry) || suspect.waiting.has(entry)) {
      skip(entry, lost);
    } else {
      entry.inPhase = lost > 0;
      const lane = laneOf(entry);
      lane.waiting.set(entry, dueMs);
      next(lane);
    }
  };

  /** Takes the places of the living back from those that keep silent, as long as there is room elsewhere. */
  const watch = () => {
    const [first] = patient;
    if (watching || !first) return;
    watching = true;
    const full = suspect.running >= suspect.limit;
    timeline.at(full ? clock.monoMs() + PATIENCE_MS : first.startMs + PATIENCE_MS, () => {
      watching = false;
      const nowMs = clock.monoMs();
      for (const flight of patient) {
        if (flight.startMs + PATIENCE_MS > nowMs || suspect.running >= suspect.limit) break;
        patient.delete(flight);
        living.running--;
        suspect.running++;
        flight.lane = suspect;
      }
      watch();
      next(living);
    });
  };
  const statsOf = ({ running, waiting }: Lane): LaneStats => ({ inFlight: running, waiting: waiting.size });

  return {
    set(id, intervalMs, first) {
      const known = entries.get(id);
      const nowMs = clock.monoMs();
      if (known) {
        if (first?.failures !== undefined) known.failures = first.failures;
        if (known.intervalMs === intervalMs) return;
        known.intervalMs = intervalMs;
        known.skips = 0;
        place(known, nowMs);
        return;
      }
      const entry: Entry = {
        id,
        intervalMs,
        phaseMs: 0,
        dueMs: 0,
        alarm: null,
        inPhase: true,
        failures: first?.failures ?? 0,
        silent: false,
        tookMs: NaN,
        skips: 0,
      };
      entries.set(id, entry);
      place(entry, nowMs + (first?.afterMs ?? 0));
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
      const inFlight = flying.get(id)?.answer;
      if (inFlight) return inFlight;
      living.waiting.delete(entry);
      suspect.waiting.delete(entry);
      entry.inPhase = true;
      return start(entry);
    },
    stats: () => ({ living: statsOf(living), suspect: statsOf(suspect), skipped, lateness: lateness.read() }),
    paces: () => entries.values(),
    async stop(deadlineMs) {
      stopping = true;
      for (const entry of entries.values()) if (entry.alarm) timeline.cancel(entry.alarm);
      living.waiting.clear();
      suspect.waiting.clear();
      if (flying.size === 0) return;
      const deadline = timeline.after(deadlineMs, () => {
        abort.abort(new Error('stopping'));
      });
      await Promise.all([...flying.values()].flatMap(({ answer }) => answer ?? []));
      timeline.cancel(deadline);
    },
  };
}
