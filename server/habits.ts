/**
 * Habits of running series. Each closed five-minute mean is judged by what came before it, then learnt; what is unusual is one
 * event for an episode. Means are read from the history, whatever store keeps it, so what happened while this process was
 * away is caught up, and a new installation over old data need not learn for three weeks again.
 */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompressSync } from 'node:zlib';
import { createHabit, HABIT_VERSION, LEARNING_MS, type Habit, type HabitState } from '../core/habit.ts';
import type { Episode } from '../core/habit-episode.ts';
import { usualWords } from '../core/habit-words.ts';
import type { HabitsView, KeptHabit, UnusualView } from '../core/habit-watch.ts';
import type { BinTier, SeriesKey } from '../core/model.ts';
import { TIER_STEP_MS } from '../core/model.ts';
import type { BinColumns, Catalog, Clock, History, Log } from '../core/ports.ts';
import { followedIn, type Followed } from './followed.ts';
import type { Inventory } from './inventory.ts';
import { describe } from './problem.ts';

const DAY_MS = 86_400_000;
/** Of one series about 30 kB of memory; of more than these the first by device and part are followed. */
export const FOLLOWED_MAX = 2_000;
/** Read again where nothing is kept: enough to have learnt, and little enough to be done soon. */
const BACK_MS = 28 * DAY_MS;
/** A bin is closed once its last reading can be there. */
const GRACE_MS = 90_000;
/** Series read in one call, and the work between two pauses: whoever polls keeps its cadence. */
const AT_ONCE = 100;
const SLICE_MS = 20;
const PAUSE_MS = 40;
const SAVE_EVERY_MS = 3_600_000;
/** A bin of which less is known says nothing. */
const KNOWN_LEAST = 0.5;
const compress = promisify(zstdCompress);

export interface Habits {
  /** Takes in what was closed since the last time; called every minute. One at a time. */
  readonly keep: () => Promise<void>;
  /** Saves what was learnt. */
  close(): Promise<void>;
  view(): HabitsView;
  /** What is known of a series; null = it is not followed, or not read yet. */
  of(series: SeriesKey): HabitOf | null;
}
export interface HabitOf {
  readonly zone: string;
  readonly learning: boolean;
  /** Known time so far, of `needsMs`. */
  readonly knownMs: number;
  readonly needsMs: number;
  readonly last: number | null;
  readonly lastMs: number | null;
  /** What 95 % of five-minute means keep to at this hour of the week, as learnt by now. */
  readonly band: (tMs: number) => { readonly lower: number; readonly upper: number } | null;
}

interface Kept {
  readonly followed: Followed;
  readonly habit: Habit;
  lastMs: number | null;
  last: number | null;
  /** Open event of the running episode. */
  event: number | null;
  dirty: boolean;
}

/** What is written of one, besides its state. */
interface Saved {
  readonly state: HabitState;
  readonly event: number | null;
}

export interface HabitsOptions {
  readonly history: History;
  readonly catalog: Catalog;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly zone: string;
  readonly ending: () => boolean;
  readonly log: Log;
}

export function createHabits({ history, catalog, inventory, clock, zone, ending, log }: HabitsOptions): Habits {
  const all = new Map<SeriesKey, Kept>();
  let waiting = 0;
  let savedMs = clock.monoMs();
  let running: Promise<void> | null = null;

  async function pause(sinceMs: number): Promise<number> {
    if (clock.monoMs() - sinceMs < SLICE_MS) return sinceMs;
    await clock.sleep(PAUSE_MS);
    return clock.monoMs();
  }

  /** Brings in what is new in the fleet, and lets go of what is gone. */
  async function align(): Promise<void> {
    const wanted = followedIn(await inventory(), FOLLOWED_MAX);
    const still = new Set(wanted.map(({ series }) => series));
    const gone = [...all.keys()].filter((series) => !still.has(series));
    for (const series of gone) {
      await endEvent(all.get(series));
      all.delete(series);
    }
    const fresh = wanted.filter(({ series }) => !all.has(series));
    if (gone.length > 0) await catalog.habits.keepOnly(still);
    if (fresh.length === 0) return;
    for (let at = 0; at < fresh.length && !ending(); at += AT_ONCE) {
      const some = fresh.slice(at, at + AT_ONCE);
      const kept = new Map((await catalog.habits.load(some.map(({ series }) => series))).map((one) => [one.series, one.bytes]));
      let sinceMs = clock.monoMs();
      for (const followed of some) {
        all.set(followed.series, opened(followed, kept.get(followed.series)));
        sinceMs = await pause(sinceMs);
      }
    }
  }

  function opened(followed: Followed, bytes: Uint8Array | undefined): Kept {
    const saved = bytes ? readSaved(bytes, followed.series) : null;
    const state = saved?.state.zone === zone ? saved.state : undefined;
    const habit = createHabit(zone, state);
    const last = state?.lastMs ?? null;
    return {
      ...{ followed, habit, lastMs: last, last: last === null ? null : (state?.lastValue ?? null) },
      ...{ event: saved?.event ?? null, dirty: false },
    };
  }

  /** Null for what cannot be read: it is learnt again. */
  function readSaved(bytes: Uint8Array, series: SeriesKey): Saved | null {
    try {
      const saved = JSON.parse(zstdDecompressSync(bytes).toString('utf8')) as Saved;
      return saved.state.version === HABIT_VERSION ? saved : null;
    } catch (error) {
      log.warn('What was learnt of a series cannot be read and is learnt again.', { series, cause: describe(error) });
      return null;
    }
  }

  /** Everything that was closed since; of those that are far behind one after the other. */
  async function catchUp(nowMs: number): Promise<void> {
    const behind: Kept[] = [];
    const near: Kept[] = [];
    for (const kept of all.values()) (nowMs - (kept.lastMs ?? 0) > DAY_MS ? behind : near).push(kept);
    waiting = behind.length;
    for (const [tier, some] of Map.groupBy(near, ({ followed }) => followed.tier))
      for (let at = 0; at < some.length && !ending(); at += AT_ONCE) await takeIn(some.slice(at, at + AT_ONCE), tier, nowMs);
    for (const kept of behind) {
      if (ending()) return;
      await takeIn([kept], kept.followed.tier, nowMs);
      await save([kept]);
      waiting--;
    }
  }

  async function takeIn(some: readonly Kept[], tier: BinTier, nowMs: number): Promise<void> {
    const stepMs = TIER_STEP_MS[tier];
    const fromMs = Math.min(...some.map(({ lastMs }) => (lastMs === null ? nowMs - BACK_MS : lastMs + 1)));
    const closedMs = nowMs - GRACE_MS - stepMs;
    if (fromMs > closedMs) return;
    const keys = some.map(({ followed }) => followed.series);
    const bins = await history.bins(keys, tier, fromMs, closedMs + 1, ['mean', 'known']);
    let sinceMs = clock.monoMs();
    for (const [i, kept] of some.entries()) {
      const own = bins[i];
      if (!own) continue;
      // An episode that is over since long is no news.
      const wasRunning = kept.habit.running() !== null;
      let changed = false;
      for (let n = 0; n < own.tMs.length; n++) {
        changed = take(kept, own, n, closedMs) || changed;
        if (n % 500 === 499) sinceMs = await pause(sinceMs);
      }
      if (changed || wasRunning !== (kept.habit.running() !== null)) await tell(kept);
      sinceMs = await pause(sinceMs);
    }
  }

  /** @returns whether an episode began or ended */
  function take(kept: Kept, { tMs, mean, known }: BinColumns, n: number, closedMs: number): boolean {
    const [at, value] = [tMs[n] ?? NaN, mean[n] ?? NaN];
    if (!(at <= closedMs) || (kept.lastMs !== null && at <= kept.lastMs)) return false;
    kept.lastMs = at;
    if (!((known[n] ?? 0) >= KNOWN_LEAST) || !Number.isFinite(value)) return false;
    const before = kept.habit.running()?.fromMs ?? null;
    kept.habit.observe(at, value);
    kept.last = value;
    kept.dirty = true;
    return (kept.habit.running()?.fromMs ?? null) !== before;
  }

  /** One event an episode; what a series does that still learns is no news. */
  async function tell(kept: Kept): Promise<void> {
    const episode = kept.habit.running();
    if (kept.event !== null) await endEvent(kept);
    if (episode && !kept.habit.learning()) {
      const { device, instance, name } = kept.followed;
      const [id] = await catalog.events.add([
        {
          ...{ kind: 'unusual', device: device.id, instance: instance.id, cause: null, fromMs: episode.fromMs, toMs: null },
          text: `${name} is unusually ${episode.above ? 'high' : 'low'}: ${wordsOf(kept, episode)}.`,
        },
      ]);
      kept.event = id ?? null;
    }
    // An event that is told must not be told again after a crash.
    await save([kept]);
  }

  async function endEvent(kept: Kept | undefined): Promise<void> {
    if (!kept || kept.event === null) return;
    await catalog.events.end([kept.event], kept.lastMs ?? clock.nowMs());
    kept.event = null;
    kept.dirty = true;
  }

  const wordsOf = ({ followed }: Kept, episode: Episode) =>
    usualWords(episode.worstMs, zone, episode.usual, episode.worst, followed.unit).replace('; now ', ', now ');

  async function save(some: readonly Kept[]): Promise<void> {
    const written: KeptHabit[] = [];
    for (const kept of some) {
      const state = kept.habit.save();
      const bytes = await compress(JSON.stringify({ state, event: kept.event } satisfies Saved));
      written.push({ series: kept.followed.series, bytes });
      kept.dirty = false;
    }
    await catalog.habits.save(written);
  }

  async function saveAll(): Promise<void> {
    savedMs = clock.monoMs();
    const dirty = [...all.values()].filter((kept) => kept.dirty);
    for (let at = 0; at < dirty.length; at += AT_ONCE) await save(dirty.slice(at, at + AT_ONCE));
  }

  const round = async (): Promise<void> => {
    await align();
    await catchUp(clock.nowMs());
    if (clock.monoMs() - savedMs >= SAVE_EVERY_MS) await saveAll();
  };

  return {
    keep() {
      if (ending()) return Promise.resolve();
      running ??= round().finally(() => (running = null));
      return running;
    },
    async close() {
      await running?.catch(() => undefined); // Whoever began it hears of it.
      await saveAll();
    },
    view() {
      const items = [...all.values()].flatMap((kept): UnusualView[] => {
        const episode = kept.event === null ? null : kept.habit.running();
        return episode ? [unusualOf(kept, episode)] : [];
      });
      const learning = [...all.values()].filter(({ habit }) => habit.learning()).length;
      return { items: items.sort((a, b) => b.fromMs - a.fromMs), followed: all.size, learning, waiting };
    },
    of(series) {
      const kept = all.get(series);
      if (!kept) return null;
      const { habit } = kept;
      return {
        ...{ zone, learning: habit.learning(), needsMs: LEARNING_MS, knownMs: habit.knownMs() },
        ...{ last: kept.last, lastMs: kept.lastMs, band: (tMs) => habit.bandAt(tMs, 0.95) },
      };
    },
  };

  function unusualOf(kept: Kept, episode: Episode): UnusualView {
    const { series, device, instance, name, unit, graph } = kept.followed;
    const band = kept.lastMs === null ? null : kept.habit.bandAt(kept.lastMs, 0.95);
    return {
      ...{ series, device: device.id, deviceName: device.name, site: device.site, instance: instance.id, name, unit, graph },
      ...{ fromMs: episode.fromMs, above: episode.above, value: kept.last, worst: episode.worst, worstMs: episode.worstMs },
      ...{ lower: band?.lower ?? null, upper: band?.upper ?? null, text: wordsOf(kept, episode) },
    };
  }
}
