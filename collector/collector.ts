/**
 * The collector: discovers devices, polls them by schedule, and hands what came to the history
 * and the catalog. One device's failure never touches another.
 */
import { collectorOf, type Seat } from '../core/assign.ts';
import { hash32 } from '../core/hash.ts';
import { ALIVE_SETTING, type Device, type SourceSpec } from '../core/model.ts';
import type { Catalog, Clock, CollectorControl, DeviceStatus, History, Log, Preview } from '../core/ports.ts';
import { createAsker, failure } from './asking.ts';
import { createFigures } from './figures.ts';
import { createGate } from './gate.ts';
import { createJournal } from './journal.ts';
import { createOutbox } from './outbox.ts';
import { previewOf, type Tried } from './preview.ts';
import { silenceOf } from './reach.ts';
import { createScheduler, DEAD_AFTER, type Scheduler } from './scheduler.ts';
import { isSilent } from './slot.ts';
import type { Source } from './source.ts';
import { createTimeline } from './timeline.ts';
import { createWatched, type Surroundings, type Watched } from './watched.ts';

export interface CollectorOptions {
  readonly clock: Clock;
  readonly history: Pick<History, 'append' | 'latest'>;
  readonly catalog: Pick<Catalog, 'devices' | 'instances' | 'events' | 'secrets' | 'settings' | 'readings'>;
  readonly sources: readonly Source[];
  readonly log: Log;
  /** Short random text, unique across collectors. */
  readonly newId: () => string;
  /** Polls in flight at once; dead devices have places of their own beside these. */
  readonly inFlight?: number;
  /** The collectors that share the fleet and which of them this is; alone unless said. */
  readonly seats?: { readonly own: string; readonly all: readonly Seat[] };
  /** Values that may wait for the history; what comes beyond is dropped and counted as a gap. */
  readonly waitingMax?: number;
}

export interface Collector extends CollectorControl {
  /** Begins to poll. Resolves once everything is scheduled, before devices have answered. */
  start(devices: readonly Device[]): Promise<void>;
  /** Lets polls in flight end, writes what is waiting, closes the sources. */
  stop(): Promise<void>;
  /** Looks again what a device has; it goes on being polled meanwhile. */
  rediscover(id: string): Promise<Preview>;
}

const ALONE: NonNullable<CollectorOptions['seats']> = { own: 'one', all: [{ id: 'one' }] };
const DISCOVERIES_AT_ONCE = 100;
/** A discovery on the next switch keeps this machine busy, one far away waits: see `Widening`. */
const DISCOVERIES_EAGER = 4;
const DISCOVERIES_WIDEN_MS = 20;
/** Of devices that did not answer: they cost time and nothing else. */
const DOUBTFUL_AT_ONCE = 50;
/** Devices that are asked whether they are there at all, while others wait to be discovered. */
const ARRIVALS_AT_ONCE = 1_000;
const REDISCOVER_MS = 6 * 3_600_000;
const SOON_MS = 1_000;
const TEST_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;
const JOURNAL_EVERY_MS = 1_000;
const ALIVE_EVERY_MS = 5_000;

export function createCollector(options: CollectorOptions): Collector {
  const { clock, catalog, log, sources, seats = ALONE } = options;
  const oops = (error: unknown) => {
    log.error('Something failed inside Saguaro; please report this.', {
      error: error instanceof Error ? (error.stack ?? '') : String(error),
    });
  };
  const timeline = createTimeline(clock, oops);
  const asker = createAsker(clock, timeline, options.newId(), log);
  const journal = createJournal(catalog.events, log);
  const discoveries = createGate(DISCOVERIES_AT_ONCE, {
    eager: DISCOVERIES_EAGER,
    everyMs: DISCOVERIES_WIDEN_MS,
    timeline,
  });
  const doubtful = createGate(DOUBTFUL_AT_ONCE);
  const arrivals = createGate(ARRIVALS_AT_ONCE);
  const stopping = new AbortController();
  const watched = new Map<string, Watched>();
  const begun = new Map<string, Promise<Preview>>();
  let beginning = 0;
  /** Devices that will be looked at again at the wish of a poll. */
  const planned = new Set<Watched>();
  const figures = createFigures({ clock, scheduler: () => scheduler, watched, sources, asker });

  const outbox = createOutbox({
    clock,
    timeline,
    history: options.history,
    readings: catalog.readings,
    stateOf: (id) => watched.get(id)?.readings() ?? null,
    log,
    ...(options.waitingMax === undefined ? {} : { waitingMax: options.waitingMax }),
  });
  const scheduler: Scheduler = createScheduler({
    clock,
    timeline,
    async run(id, turn) {
      const one = watched.get(id);
      if (!one) return 'no';
      figures.polled();
      const answer = await one.poll(turn);
      if (answer !== 'yes') figures.failed();
      return answer;
    },
    onSkip: (id, starts) => watched.get(id)?.skipped(starts),
    onError: oops,
    ...(options.inFlight === undefined ? {} : { limit: options.inFlight }),
  });

  const rediscover = (id: string): Promise<Preview> => {
    const one = watched.get(id);
    if (!one) return Promise.resolve(failure('no data', 'This device is not polled.'));
    return discoveries.pass(() => one.discover(stopping.signal));
  };
  /** Another device under the same id has its own plan of discoveries. */
  const isWatched = (one: Watched) => watched.get(one.device().id) === one && !stopping.signal.aborted;
  const regularly = (one: Watched, delayMs: number) => {
    timeline.after(delayMs, () => {
      if (!isWatched(one)) return;
      rediscover(one.device().id).catch(oops);
      regularly(one, REDISCOVER_MS);
    });
  };
  /** However often a poll asks for it, one at a time. */
  const soon = (id: string) => {
    const one = watched.get(id);
    if (!one || planned.has(one)) return;
    planned.add(one);
    timeline.after(SOON_MS, () => {
      const looking = isWatched(one) ? rediscover(id) : Promise.resolve();
      looking.catch(oops).finally(() => planned.delete(one));
    });
  };
  const around: Surroundings = {
    clock,
    history: options.history,
    catalog,
    sources,
    log,
    newId: options.newId,
    asker,
    journal,
    outbox,
    discoveries,
    countGap: (cause) => figures.gap(cause),
    countSamples: (samples) => figures.sampled(samples),
    rediscover: soon,
  };

  /** A place in the schedule. */
  const place = (one: Watched, failures: number) => {
    const { id, intervalMs } = one.device();
    // One that answers is polled at once, and again in its place, yet not right after that.
    scheduler.set(id, intervalMs, { failures, afterMs: failures === 0 ? intervalMs / 2 : 0 });
  };
  /** First discovery, then a place in the schedule and the first poll at once. */
  const begin = async (device: Device): Promise<Preview> => {
    const one = createWatched(device, around);
    watched.set(device.id, one);
    const { state, reason } = one.status();
    // Of those that come together, who does not answer must not stand among those that wait to be discovered.
    await Promise.resolve();
    const crowded = beginning > DISCOVERIES_AT_ONCE;
    const silent = await arrivals.pass(async () => {
      await one.change(device);
      if (state === 'down') return failure('timeout', reason);
      return crowded ? silenceOf(one.slots(), asker, stopping.signal) : null;
    });
    if (silent && isWatched(one)) place(one, DEAD_AFTER);
    if (isWatched(one)) regularly(one, (0.5 + hash32(device.id) / 2 ** 33) * REDISCOVER_MS);
    // Down since before we started: its first probe in the schedule will tell when that is over.
    if (silent && state === 'down') return silent;
    // What fails now, a full disk under the catalog for one, must not keep it from its place for ever.
    const gate = silent ? doubtful : discoveries;
    const preview = await gate
      .pass(() => one.discover(stopping.signal))
      .catch((error: unknown) => {
        oops(error);
        return failure('no data', 'What it has could not be kept; the log says why, and it is tried again.');
      });
    if (!isWatched(one)) return preview;
    if (preview.ok || !silent) place(one, preview.ok ? 0 : DEAD_AFTER);
    if (preview.ok) void scheduler.now(device.id);
    return preview;
  };
  const changeTo = async (one: Watched, device: Device): Promise<Preview> => {
    await one.change(device);
    scheduler.set(device.id, device.intervalMs);
    return rediscover(device.id);
  };
  const watch = async (device: Device): Promise<Preview> => {
    if (device.sources.length === 0) {
      await unwatch(device.id);
      return failure('no data', 'This device has no source to ask; give it SNMP or ping.');
    }
    if (collectorOf(device.id, seats.all) !== seats.own) {
      await unwatch(device.id);
      return failure('no data', 'Another collector polls this device.');
    }
    const one = watched.get(device.id);
    beginning++;
    const work = (one ? changeTo(one, device) : begin(device))
      .catch((error: unknown) => {
        oops(error);
        return failure('no data', 'The device could not be taken up; the log says why.');
      })
      .finally(() => beginning--);
    begun.set(device.id, work);
    // Nobody needs the answer for longer than it takes.
    void work.then(() => begun.get(device.id) === work && begun.delete(device.id));
    return work;
  };
  const unwatch = async (id: string): Promise<void> => {
    const one = watched.get(id);
    scheduler.remove(id);
    watched.delete(id);
    begun.delete(id);
    if (!one) return;
    one.close();
    // Nothing of it is on its way any more when its history or catalog entry is taken away.
    await one.idle();
    await outbox.drain();
    await journal.flush();
  };

  const tick = (everyMs: number, work: () => Promise<void>) => {
    timeline.after(everyMs, () => {
      work()
        .catch(oops)
        .finally(() => {
          if (!stopping.signal.aborted) tick(everyMs, work);
        });
    });
  };
  const sayAlive = () => catalog.settings.put(ALIVE_SETTING, String(clock.nowMs()));

  return {
    async start(devices) {
      const adopted = await journal.adopt();
      const alive = Number((await catalog.settings.get(ALIVE_SETTING)) ?? NaN);
      const nowMs = clock.nowMs();
      if (alive < nowMs) {
        const text = `Saguaro was not running for ${((nowMs - alive) / 1000).toFixed(0)} s.`;
        journal.add({
          kind: 'collector',
          device: null,
          instance: null,
          cause: 'collector down',
          text,
          fromMs: alive,
          toMs: nowMs,
        });
      }
      const polled = new Set(devices.map((device) => device.id));
      for (const id of adopted) if (!polled.has(id)) journal.closeAdopted(id, nowMs);
      for (const device of devices) if (device.sources.length > 0) watch(device).catch(oops);
      await sayAlive();
      tick(JOURNAL_EVERY_MS, () => journal.flush());
      tick(ALIVE_EVERY_MS, sayAlive);
    },
    async stop() {
      if (stopping.signal.aborted) return;
      stopping.abort(new Error('stopping'));
      await scheduler.stop(STOP_DEADLINE_MS);
      await Promise.allSettled(begun.values());
      await Promise.all([...watched.values()].map((one) => one.idle()));
      await outbox.drain();
      await journal.flush();
      await sayAlive().catch(oops);
      timeline.stop();
      for (const source of sources) await source.close().catch(oops);
    },
    status: () => figures.status(),
    deviceStatus: (id): DeviceStatus | null => watched.get(id)?.status() ?? null,
    async test(candidate) {
      const tried = await Promise.all(
        candidate.sources.map(async (spec: SourceSpec): Promise<Tried> => {
          const source = sources.find((one) => one.type === spec.type);
          const target = { address: candidate.address, spec, secret: candidate.secret };
          const fromMs = clock.monoMs();
          const ask = <T extends { readonly ok: boolean }>(question: Parameters<typeof asker.ask<T>>[3]) =>
            asker.ask<T>('test of a device', TEST_DEADLINE_MS, stopping.signal, question);
          if (!source)
            return { spec, outcome: failure('no data', `There is no source "${spec.type}" in this program.`), tookMs: 0 };
          const outcome = await ask((asking) => source.discover(target, asking));
          const tookMs = clock.monoMs() - fromMs;
          if (!outcome.ok || spec.type !== 'ping') return { spec, outcome, tookMs };
          // A plan for ping needs no answer; whether there is one, only a ping can say.
          const polled = await ask((asking) => source.poll(target, outcome, asking));
          if (!polled.ok) return { spec, outcome: polled, tookMs };
          const silent = isSilent(outcome, polled);
          return { spec, outcome: silent ? failure('timeout', 'Does not answer ping.') : outcome, tookMs };
        }),
      );
      return previewOf(tried);
    },
    watch,
    unwatch,
    async pollNow(id) {
      await begun.get(id);
      const one = watched.get(id);
      const turn = scheduler.now(id);
      if (!one || !turn) return { ok: false, text: 'This device is not polled.', samples: 0 };
      const answer = await turn;
      await outbox.drain();
      const { reason, pollMs } = one.status();
      const samples = one.lastSamples();
      if (answer !== 'yes') return { ok: false, text: reason, samples };
      return { ok: true, text: `${String(samples)} values came in ${(pollMs ?? 0).toFixed(0)} ms.`, samples };
    },
    rediscover,
  };
}
