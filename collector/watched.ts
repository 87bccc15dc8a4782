/** One device that is polled: its sources, what they found, and how it fares. */
import { HEARTBEAT, type Device, type GapCause, type Instance } from '../core/model.ts';
import type { Catalog, Clock, DeviceStatus, History, Log, Preview } from '../core/ports.ts';
import type { Plan, PollOutcome } from '../core/readings.ts';
import { failure, type Asker } from './asking.ts';
import { createChronicle } from './chronicle.ts';
import type { Gate } from './gate.ts';
import { joinFacts, reconcile, sameFacts, tell, withInstances } from './inventory.ts';
import type { Journal } from './journal.ts';
import { layoutOf, sameLayout, type Layout } from './layout.ts';
import { merge, type Merged } from './merge.ts';
import type { Outbox } from './outbox.ts';
import { countKinds, previewOf, type Tried } from './preview.ts';
import { decodeReadings, encodeReadings, nameSeries, type SavedDevice } from './saved.ts';
import type { Answer, Turn } from './scheduler.ts';
import { reach, silenceOf } from './reach.ts';
import { createSlot, isStuck, pollDeadlineMs, probeOf, targetOf, type Slot } from './slot.ts';
import type { Asking, Source } from './source.ts';
import { createStanding } from './standing.ts';
import { verdictOf } from './verdict.ts';

export interface Surroundings {
  readonly clock: Clock;
  readonly history: Pick<History, 'latest'>;
  readonly catalog: Pick<Catalog, 'devices' | 'instances' | 'secrets' | 'readings'>;
  readonly sources: readonly Source[];
  readonly log: Log;
  readonly newId: () => string;
  readonly asker: Asker;
  readonly journal: Journal;
  readonly outbox: Outbox;
  /** Bounds how many devices are discovered at once. */
  readonly discoveries: Gate;
  readonly countGap: (cause: GapCause) => void;
  readonly countSamples: (samples: number) => void;
  /** Asks for a new discovery, soon. */
  readonly rediscover: (id: string) => void;
}

export interface Watched {
  device(): Device;
  /** New settings. Sources that stay the same go on where they are. */
  change(device: Device): Promise<void>;
  discover(signal: AbortSignal): Promise<Preview>;
  poll(turn: Turn): Promise<Answer>;
  skipped(starts: number): void;
  /** The last readings as bytes; null when there are none. */
  readings(): Uint8Array | null;
  status(): DeviceStatus;
  /** Samples of the last poll. */
  lastSamples(): number;
  /** What it is asked by. */
  slots(): readonly Slot[];
  /** Resolves when no discovery is under way. */
  idle(): Promise<void>;
  close(): void;
}

const DISCOVERY_DEADLINE_MS = 60_000;
const STALE_AFTER = 3;
/** Discoveries asked for by polls are at least this far apart. */
const STALE_PLAN_EVERY_MS = 60_000;
/** One that answers again is discovered at most this often. */
const RETURNED_EVERY_MS = 10_000;
/** A source that found nothing while another did, or not everything, is tried again after this, and then less and less. */
const AGAIN_FIRST_MS = 120_000;
const AGAIN_LAST_MS = 3_600_000;

export function createWatched(initial: Device, around: Surroundings): Watched {
  const { clock, log } = around;
  let device = initial;
  let slots: Slot[] = [];
  let closed = false;
  let polling: Promise<unknown> | null = null;
  let saved: SavedDevice | null | undefined;
  let discovering: Promise<void> = Promise.resolve();
  let discoveredMs = -Infinity;
  let againMs = AGAIN_FIRST_MS;
  let stalePlanMs = -Infinity;
  let lastSamples = 0;

  let lastPollMs: number | null = null;
  let pollMs: number | null = null;
  let uptimeS: number | null = null;
  const tally = { polls: 0, skipped: 0 };

  /** What a part is found again by is what people know it as. */
  const nameOf = (id: string): string => {
    for (const { tracker } of slots) {
      const { instances, columns } = tracker.layout();
      for (let i = 0; i < instances.length; i++) if (instances.at(i) === id) return columns[i]?.key ?? '';
    }
    return 'an unnamed part';
  };
  const chronicle = createChronicle({
    device: device.id,
    clock,
    journal: around.journal,
    instanceName: nameOf,
    count: around.countGap,
  });
  const standing = createStanding(clock, chronicle, around.journal.leftOpen(device.id, 'down'));

  const arrange = async () => {
    const targets = await Promise.all(device.sources.map((spec) => targetOf(device, spec, around.catalog.secrets, log)));
    const old = slots;
    // In one breath: a discovery that ends meanwhile must not give its plan to a slot already copied.
    slots = targets.flatMap((target) => {
      const { spec } = target;
      const source = around.sources.find((one) => one.type === spec.type);
      if (!source) {
        log.error('A device names a source that does not exist.', { device: device.name, source: spec.type });
        return [];
      }
      const same = old.find((slot) => slot.spec.type === spec.type);
      // Another address may be another machine: its counters must not meet the old ones.
      if (!same || same.target.address !== target.address) return [createSlot(device.id, spec, source, target)];
      return [{ ...same, spec, target }];
    });
  };

  // ---- discovery

  /** One discovery after the other: two at once would each name the same new port. */
  const discover = (signal: AbortSignal): Promise<Preview> => {
    const work = discovering.then(() => discoverNow(signal));
    // Only that it is over: what it found is large.
    discovering = work.then(
      () => undefined,
      () => undefined,
    );
    return work;
  };

  const discoverNow = async (signal: AbortSignal): Promise<Preview> => {
    const asked = slots;
    discoveredMs = clock.monoMs();
    const tried = await Promise.all(
      asked.map(async ({ source, spec, target }): Promise<Tried> => {
        const fromMs = clock.monoMs();
        const outcome = await around.asker.ask(`discovery of ${device.name}`, DISCOVERY_DEADLINE_MS, signal, (asking) =>
          source.discover(target, asking),
        );
        return { spec, outcome, tookMs: clock.monoMs() - fromMs };
      }),
    );
    againMs = tried.every(({ outcome }) => outcome.ok && !outcome.lost) ? AGAIN_FIRST_MS : Math.min(2 * againMs, AGAIN_LAST_MS);
    const preview = previewOf(tried);
    if (closed || signal.aborted || asked !== slots) return preview;
    asked.forEach((slot, i) => {
      const outcome = tried[i]?.outcome;
      slot.undiscovered = outcome && !outcome.ok ? outcome : null;
    });
    if (tried.some(({ outcome }) => outcome.ok)) await install(asked, tried);
    if (!preview.ok) standing.undiscovered(preview.text);
    return preview;
  };

  const install = async (asked: readonly Slot[], tried: readonly Tried[]): Promise<void> => {
    const known = await around.catalog.instances.list(device.id);
    const plans = asked.map((slot, i): Plan | null => {
      const outcome = tried[i]?.outcome;
      return outcome?.ok ? outcome : slot.plan && withInstances(slot.plan, known);
    });
    const merged = merge(plans);
    const complete = tried.every(({ outcome }) => outcome.ok && !outcome.lost);
    const ids = await takeStock(known, merged, complete);
    const layouts = plans.map((plan, i) => plan && layoutOf(device.id, plan.columns, merged.kept[i] ?? [], ids));
    const resumes = await Promise.all(asked.map((slot, i) => pastOf(slot, layouts[i])));
    // A poll in flight still answers by the old plan; what became of it is its caller's to say.
    while (polling) await polling.catch(() => undefined);
    if (closed || asked !== slots) return;
    asked.forEach((slot, i) => {
      const layout = layouts[i];
      const plan = plans[i];
      // Its instances are in the catalog, and are many.
      slot.plan = plan ? { ...plan, instances: [] } : null;
      if (!layout || !slot.plan) return;
      const before = slot.tracker.layout();
      if (!sameLayout(before, layout)) {
        const still = new Set(layout.series);
        chronicle.left([...before.series].filter((series) => !still.has(series)));
        slot.tracker.use(layout);
      }
      const past = resumes[i];
      if (past) {
        slot.tracker.resume(past.saved, past.latest);
        slot.resumed = true;
      }
    });
    await keepFacts(plans);
  };

  const pastOf = async (slot: Slot, layout: Layout | null | undefined) => {
    if (slot.resumed || !layout || layout.series.length === 0) return null;
    if (saved === undefined) {
      const bytes = await around.catalog.readings.load(device.id);
      saved = bytes ? decodeReadings(bytes, device.address) : null;
    }
    const track = saved?.tracks.get(slot.spec.type);
    return { latest: await around.history.latest([...layout.series]), saved: track ? nameSeries(track, layout.series) : null };
  };

  const takeStock = async (
    known: readonly Instance[],
    merged: Merged,
    complete: boolean,
  ): Promise<ReadonlyMap<string, string>> => {
    const stock = reconcile(device.id, known, merged, complete, clock.nowMs(), around.newId);
    if (!closed) {
      await around.catalog.instances.put(stock.changed);
      tell(chronicle, stock, known.length === 0, countKinds(merged.instances));
    }
    return new Map([...stock.all].map(([key, instance]) => [key, instance.id]));
  };

  const keepFacts = async (plans: readonly (Plan | null)[]) => {
    const facts = joinFacts(plans.flatMap((plan) => (plan ? [plan.facts] : [])));
    if (closed || sameFacts(facts, device.facts)) return;
    device = { ...device, facts };
    // Its settings may have been changed meanwhile: only the facts are ours to write.
    const kept = await around.catalog.devices.get(device.id);
    if (kept) await around.catalog.devices.put({ ...kept, facts });
  };

  // ---- polls

  const poll = async (turn: Turn): Promise<Answer> => {
    const fromMs = clock.monoMs();
    tally.polls++;
    lastPollMs = clock.nowMs();
    lastSamples = 0;
    if (slots.every((slot) => slot.plan === null)) {
      const silent = turn.probe ? await silenceOf(slots, around.asker, turn.signal) : null;
      if (silent) return standing.settle('no', null, silent);
      const preview = await around.discoveries.pass(() => discover(turn.signal));
      // What was just discovered is polled in the same turn.
      if (slots.every((slot) => slot.plan === null)) {
        if (!preview.ok) standing.settle('no', null, preview);
        return 'no';
      }
    } else if (slots.some(({ plan }) => plan === null || plan.lost) && clock.monoMs() - discoveredMs > againMs) {
      discoveredMs = clock.monoMs();
      around.rediscover(device.id);
    }
    // Taken in by the plan it was asked by: who waits for the poll waits for that as well.
    const work = pollAll(slots, turn, fromMs).finally(() => {
      polling = null;
    });
    polling = work;
    return work;
  };

  const pollAll = async (asked: readonly Slot[], turn: Turn, fromMs: number): Promise<Answer> => {
    const outcomes = await Promise.all(asked.map((slot) => ask(slot, turn)));
    pollMs = clock.monoMs() - fromMs;
    if (closed || asked !== slots) return 'some';
    asked.forEach((slot, i) => {
      const outcome = outcomes[i];
      if (outcome) fold(slot, outcome);
    });

    const { answer, reachable, why } = verdictOf(asked, outcomes);
    standing.settle(answer, reachable, why);
    outcomes.forEach((outcome, i) => outcome?.ok && asked[i]?.source.recycle?.(outcome));
    return answer;
  };

  const ask = async (slot: Slot, turn: Turn): Promise<PollOutcome | null> => {
    const { plan, source } = slot;
    if (!plan) {
      // What only its ping answered, and is there again, is looked at anew.
      if (turn.probe && source.reach && clock.monoMs() - discoveredMs > RETURNED_EVERY_MS) {
        if ((await reach(slot, around.asker, turn.signal)).ok) around.rediscover(device.id);
      }
      return null;
    }
    if (isStuck(slot, clock.monoMs()))
      return failure('timeout', 'Earlier questions have still not ended; it is asked again later.');
    slot.askedMs = clock.monoMs();
    const target = turn.probe ? probeOf(slot.target) : slot.target;
    const deadlineMs = pollDeadlineMs(slot.spec, device.intervalMs);
    const question = (asking: Asking) => source.poll(target, plan, asking);
    return around.asker.ask(`poll of ${device.name}`, deadlineMs, turn.signal, question, slot.unanswered);
  };

  const fold = (slot: Slot, outcome: PollOutcome) => {
    const { tracker, spec } = slot;
    const lastMs = tracker.lastRowMs();
    if (!outcome.ok) {
      slot.failure ??= outcome;
      if (lastMs !== null && clock.nowMs() - lastMs > HEARTBEAT * device.intervalMs) {
        chronicle.failing(spec.type, slot.failure.cause, slot.failure.text, lastMs);
      }
      return;
    }
    const applied = tracker.apply(outcome, device.intervalMs, slot.failure?.cause ?? null);
    if (applied.dropped) {
      around.asker.countLate();
      return;
    }
    slot.failure = null;
    if (applied.restart)
      chronicle.restarted(applied.restart.beforeS, applied.restart.afterS, lastMs ?? outcome.moment.tMs, outcome.moment.tMs);
    if (applied.gap) chronicle.gap(spec.type, applied.gap);
    if (applied.broken.size > 0 || applied.healed.length > 0) {
      chronicle.columns(tracker.layout(), applied.broken, applied.healed, lastMs ?? outcome.moment.tMs);
    }
    if (outcome.moment.upTicks !== null && spec.type !== 'ping') uptimeS = outcome.moment.upTicks / 100;
    if (applied.rows.length > 0 && !around.outbox.push(applied.rows)) {
      tracker.refused();
      around.countGap('late');
    } else {
      around.countSamples(applied.samples);
      lastSamples += applied.samples;
    }
    // What began anew may have other parts, even where nothing says so.
    if ((outcome.stalePlan || applied.restart) && clock.monoMs() - stalePlanMs > STALE_PLAN_EVERY_MS) {
      stalePlanMs = clock.monoMs();
      around.rediscover(device.id);
    }
  };

  return {
    device: () => device,
    async change(next) {
      // What an earlier run left is of the machine at the old address.
      if (next.address !== device.address) saved = null;
      device = next;
      await arrange();
    },
    discover,
    poll,
    skipped(starts) {
      tally.skipped += starts;
    },
    readings() {
      const tracks = slots.flatMap((slot) => {
        const track = slot.tracker.state();
        return track ? [{ type: slot.spec.type, state: track }] : [];
      });
      return tracks.length > 0 ? encodeReadings(device.address, tracks) : null;
    },
    status() {
      const { state, reason, sinceMs, lastOkMs, failures } = standing;
      const stale = state === 'up' && lastOkMs !== null && clock.nowMs() - lastOkMs > STALE_AFTER * device.intervalMs;
      return {
        device: device.id,
        state: device.sources.length === 0 ? 'not polled' : stale ? 'stale' : state,
        reason: stale ? 'The last good poll is more than three intervals old.' : reason,
        sinceMs,
        lastPollMs,
        lastOkMs,
        pollMs,
        uptimeS,
        polls: tally.polls,
        failures,
        skipped: tally.skipped,
      };
    },
    lastSamples: () => lastSamples,
    slots: () => slots,
    idle: () => discovering,
    close() {
      closed = true;
      chronicle.end();
    },
  };
}
