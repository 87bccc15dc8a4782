/**
 * Habits of running series. Each closed five-minute mean is judged by what came before it, then learnt; what is unusual is one
 * event for an episode. Means are read from the history, whatever store keeps it, so what happened while this process was
 * away is caught up, and a new installation over old data need not learn for three weeks again.
 */
import { LEARNING_MS, resumeHabit, type Band, type Habit } from '../core/habit.ts';
import type { Episode, EpisodeEvent } from '../core/habit-episode.ts';
import { usualWords } from '../core/habit-words.ts';
import type { HabitsView, KeptHabit, UnusualView } from '../core/habit-watch.ts';
import type { BinTier, SeriesKey } from '../core/model.ts';
import { TIER_STEP_MS } from '../core/model.ts';
import type { BinColumns, Catalog, Clock, History, Log } from '../core/ports.ts';
import { createChoice, graphOf, seriesIn, type Followed } from './followed.ts';
import { packHabit, unpackHabit } from './habit-packing.ts';
import type { Inventory } from './inventory.ts';

const DAY_MS = 86_400_000;
/** Each takes about 17 kB of memory; see docs/habits.md for what was measured. */
export const FOLLOWED_MAX = 10_000;
/** Read again where nothing is kept: enough to have learnt, and little enough to be done soon. */
const BACK_MS = 28 * DAY_MS;
/** A bin is closed once its last reading can be there: an interval after its end, and as long as a slow answer takes. */
const GRACE_LEAST_MS = 90_000;
const ANSWER_MS = 30_000;
/** What comes later than that is judged as well, in order, unless it is later still. */
const LATE_MS = DAY_MS;
/** Series read in one call, and the work between two pauses: whoever polls keeps its cadence. */
const AT_ONCE = 100;
const SLICE_MS = 8;
const PAUSE_MS = 24;
const SAVE_EVERY_MS = 3_600_000;
/** A bin of which less is known says nothing; one of which all is known does not change any more. */
const KNOWN_LEAST = 0.5;
const KNOWN_ALL = 0.99;
/** An episode of which nothing more is heard for so long is over. */
const SILENT_MS = 6 * 3_600_000;

export interface Habits {
  /** Takes in what was closed since the last time; called every minute. One at a time. */
  readonly keep: () => Promise<void>;
  /** Saves what was learnt. */
  close(): Promise<void>;
  view(): HabitsView;
  /** How many there are, and what they take in memory. */
  figures(): HabitsFigures;
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

export interface HabitsFigures {
  readonly followed: number;
  readonly most: number;
  readonly learning: number;
  readonly waiting: number;
  readonly unusual: number;
  readonly bytes: number;
  /** Means judged since the start. */
  readonly judged: number;
}

interface Kept {
  followed: Followed;
  /** What was learnt, packed; null = nothing yet. */
  bytes: Uint8Array | null;
  /** Bins before this were closed when the history was read; null = not since the start. */
  readMs: number | null;
  /** The last mean that was judged. */
  lastMs: number | null;
  last: number | null;
  knownMs: number;
  /** The episode that runs, told or not. */
  episode: Episode | null;
  /** Open event of the running episode. */
  event: number | null;
  /** The episode was said to be over only because nothing more was heard. */
  silent: boolean;
  dirty: boolean;
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
  let [waiting, judged] = [0, 0];
  let aligned = false;
  let savedMs = clock.monoMs();
  let running: Promise<void> | null = null;

  async function pause(sinceMs: number): Promise<number> {
    if (clock.monoMs() - sinceMs < SLICE_MS) return sinceMs;
    await clock.sleep(PAUSE_MS);
    return clock.monoMs();
  }

  /** Brings in what is new in the fleet, and lets go of what is gone. */
  async function align(): Promise<void> {
    const picture = await inventory();
    const choice = createChoice(FOLLOWED_MAX);
    let sinceMs = clock.monoMs();
    for (const stocked of picture.values()) {
      choice.add(stocked);
      sinceMs = await pause(sinceMs);
    }
    const wanted = choice.chosen();
    const still = new Set(wanted.map(({ series }) => series));
    const gone = [...all.keys()].filter((series) => !still.has(series));
    for (const series of gone) {
      const kept = all.get(series);
      if (kept && kept.event !== null) await catalog.events.end([kept.event], kept.lastMs ?? clock.nowMs());
      all.delete(series);
    }
    // What vanished may come back; what was removed does not.
    if (gone.length > 0 || !aligned) await catalog.habits.keepOnly(seriesIn(picture));
    const fresh: Followed[] = [];
    for (const followed of wanted) {
      const kept = all.get(followed.series);
      // Means of another width are another series: what was learnt of the old ones does not fit.
      if (kept && kept.followed.tier !== followed.tier)
        Object.assign(kept, { bytes: null, readMs: null, lastMs: null, knownMs: 0 });
      if (kept) kept.followed = followed;
      else fresh.push(followed);
    }
    for (let at = 0; at < fresh.length && !ending(); at += AT_ONCE) {
      const some = fresh.slice(at, at + AT_ONCE);
      const found = new Map((await catalog.habits.load(some.map(({ series }) => series))).map((one) => [one.series, one]));
      sinceMs = clock.monoMs();
      for (const followed of some) {
        all.set(followed.series, opened(followed, found.get(followed.series)));
        sinceMs = await pause(sinceMs);
      }
    }
    if (aligned || ending()) return;
    aligned = true;
    // Of series that went while nobody looked, or whose state is lost.
    const owned = new Set([...all.values()].map(({ event }) => event));
    const open = (await catalog.events.open()).filter(({ kind, id }) => kind === 'unusual' && !owned.has(id));
    if (open.length > 0)
      await catalog.events.end(
        open.map(({ id }) => id),
        clock.nowMs(),
      );
  }

  /** What cannot be read is learnt again. */
  function opened(followed: Followed, saved: KeptHabit | undefined): Kept {
    const kept: Kept = {
      ...{ followed, bytes: null, readMs: null, lastMs: null, last: null, knownMs: 0 },
      ...{ episode: null, event: null, silent: false, dirty: false },
    };
    if (!saved) return kept;
    const read = unpackHabit(saved.bytes, zone);
    if (read === 'damaged')
      log.warn('What was learnt of a series cannot be read and is learnt again.', { series: followed.series });
    if (typeof read === 'string') return kept;
    const habit = resumeHabit(zone, read);
    note(kept, habit);
    kept.bytes = saved.bytes;
    if (kept.episode) kept.event = saved.event ?? null;
    kept.silent = kept.episode !== null && kept.event === null && !habit.learning();
    return kept;
  }
  const open = ({ bytes }: Kept): Habit => {
    const state = bytes ? unpackHabit(bytes, zone) : null;
    return resumeHabit(zone, state === null || typeof state === 'string' ? undefined : state);
  };
  function note(kept: Kept, habit: Habit): void {
    const state = habit.look();
    kept.lastMs = state.lastMs;
    kept.last = state.lastMs === null ? null : state.lastValue;
    kept.knownMs = state.knownMs;
    kept.episode = habit.running();
  }
  function pack(kept: Kept, habit: Habit): void {
    kept.bytes = packHabit(habit.look());
    note(kept, habit);
    kept.dirty = true;
  }

  /** Everything that was closed since; of those that are far behind one after the other. */
  async function catchUp(nowMs: number): Promise<void> {
    const behind: Kept[] = [];
    const near: Kept[] = [];
    for (const kept of all.values()) {
      if (kept.readMs !== null && kept.readMs > closedOf(kept, nowMs)) continue;
      (nowMs - (kept.readMs ?? fromOf(kept, nowMs)) > DAY_MS ? behind : near).push(kept);
    }
    waiting = behind.length;
    // Those that wait for the same time are read together: for who was silent for hours nobody else's hours are read.
    near.sort((a, b) => fromOf(a, nowMs) - fromOf(b, nowMs));
    for (const some of Map.groupBy(near, ({ followed }) => followed.tier).values())
      for (let at = 0; at < some.length && !ending(); at += AT_ONCE) await takeIn(some.slice(at, at + AT_ONCE), nowMs);
    for (const kept of behind) {
      if (ending()) return;
      await takeIn([kept], nowMs);
      await save([kept]);
      waiting--;
    }
  }
  /** Start of the last bin that is closed. */
  function closedOf({ followed: { tier, device } }: Kept, nowMs: number): number {
    const stepMs = TIER_STEP_MS[tier];
    return Math.floor((nowMs - Math.max(GRACE_LEAST_MS, device.intervalMs + ANSWER_MS)) / stepMs - 1) * stepMs;
  }
  /**
   * Bins from here on are taken in. A history takes what comes of a series in order only, so whatever is late is later than the
   * last mean that was judged: what was read and not there is read again.
   */
  const fromOf = ({ readMs, lastMs }: Kept, nowMs: number) =>
    Math.max(lastMs === null ? -Infinity : lastMs + 1, readMs === null ? nowMs - BACK_MS : readMs - LATE_MS);

  /** @param some of one tier */
  async function takeIn(some: readonly Kept[], nowMs: number): Promise<void> {
    const tier: BinTier = some[0]?.followed.tier ?? '5m';
    const fromMs = Math.min(...some.map((kept) => fromOf(kept, nowMs)));
    const toMs = Math.max(...some.map((kept) => closedOf(kept, nowMs))) + 1;
    const keys = some.map(({ followed }) => followed.series);
    const bins = await history.bins(keys, tier, fromMs, toMs, ['mean', 'known']);
    let sinceMs = clock.monoMs();
    for (const [i, kept] of some.entries()) {
      const own = bins[i];
      if (!own) continue;
      const fresh = kept.bytes === null;
      const [ownFromMs, closedMs] = [fromOf(kept, nowMs), closedOf(kept, nowMs)];
      let habit: Habit | null = null;
      for (let n = 0; n < own.tMs.length; n++) {
        const value = valueOf(own, n, ownFromMs, closedMs);
        if (value === null) continue;
        habit ??= open(kept);
        const atMs = own.tMs[n] ?? NaN;
        const { event, learning } = habit.observe(atMs, value);
        judged++;
        const running = kept.silent ? habit.running() : null;
        // What was held for over goes on.
        const news: EpisodeEvent | null = running?.toMs === atMs ? { what: 'begun', episode: running } : event;
        // What is far off from what is hardly known is no news, nor is what was over before anybody looked.
        if (news && !fresh && !(learning && news.what === 'begun')) {
          pack(kept, habit);
          await tell(kept, news, atMs);
        }
        if (n % 500 === 499) sinceMs = await pause(sinceMs);
      }
      kept.readMs = closedMs + 1;
      if (habit) {
        pack(kept, habit);
        if (fresh && kept.episode && !habit.learning())
          await tell(kept, { what: 'begun', episode: kept.episode }, kept.episode.fromMs);
      }
      const quietMs = SILENT_MS + 2 * kept.followed.device.intervalMs;
      if (kept.event !== null && kept.episode && nowMs - (kept.lastMs ?? nowMs) > quietMs) {
        await tell(kept, { what: 'over', episode: kept.episode }, kept.episode.fromMs);
        kept.silent = true;
      }
      sinceMs = await pause(sinceMs);
    }
  }

  /** A mean that is new and known enough; null = none. */
  function valueOf({ tMs, mean, known }: BinColumns, n: number, fromMs: number, closedMs: number): number | null {
    const [atMs, value, share] = [tMs[n] ?? NaN, mean[n] ?? NaN, known[n] ?? 0];
    if (!(atMs >= fromMs && atMs <= closedMs) || share < KNOWN_LEAST || !Number.isFinite(value)) return null;
    // What comes late comes at once, but we may look in the middle of it: the rest of the last bin is still to come.
    return n === tMs.length - 1 && atMs < closedMs && share < KNOWN_ALL ? null : value;
  }

  /**
   * One event an episode, written together with the habit that knows of it: after a crash it is not told again.
   * @param fromMs where the event begins, if it does
   */
  async function tell(kept: Kept, { what, episode }: EpisodeEvent, fromMs: number): Promise<void> {
    const { device, instance, name, series, tier } = kept.followed;
    const habit = { series, bytes: kept.bytes ?? new Uint8Array() };
    const is = what === 'over' ? 'was' : 'is';
    const text = `${name} ${is} unusually ${episode.above ? 'high' : 'low'}: ${wordsOf(kept, episode, what === 'over' ? 'was' : 'now')}.`;
    kept.dirty = false;
    kept.silent = false;
    if (kept.event !== null) {
      const toMs = what === 'over' ? episode.toMs + TIER_STEP_MS[tier] : null;
      await catalog.habits.tell(habit, kept.event, text, toMs);
      if (what === 'over') kept.event = null;
    } else if (what === 'begun') {
      const event = { kind: 'unusual', device: device.id, instance: instance.id, cause: null, text } as const;
      kept.event = await catalog.habits.begin(habit, { ...event, fromMs, toMs: null });
    }
  }

  const wordsOf = ({ followed }: Kept, episode: Episode, when: 'now' | 'was') =>
    usualWords(episode.worstMs, zone, episode.usual, episode.worst, followed.unit).replace('; now ', `, ${when} `);

  /** What it does now, not what it did at worst: an episode is over only after some quiet hours. */
  const nowWords = ({ followed, last, lastMs }: Kept, band: Band | null) => {
    if (lastMs === null || last === null) return 'nothing is known of it now';
    const words = usualWords(lastMs, zone, band, last, followed.unit).replace('; now ', ', now ');
    return band && last >= band.lower && last <= band.upper ? `${words}, back to usual` : words;
  };

  async function save(some: readonly Kept[]): Promise<void> {
    const written = some.flatMap(({ followed, bytes, event }): KeptHabit[] =>
      bytes ? [{ series: followed.series, bytes, event }] : [],
    );
    for (const kept of some) kept.dirty = false;
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
  const learns = ({ knownMs }: Kept) => knownMs < LEARNING_MS;

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
      const items = [...all.values()].flatMap((kept): UnusualView[] =>
        kept.event !== null && kept.episode ? [unusualOf(kept, kept.episode)] : [],
      );
      const learning = [...all.values()].filter(learns).length;
      return { items: items.sort((a, b) => b.fromMs - a.fromMs), followed: all.size, learning, waiting };
    },
    figures() {
      const every = [...all.values()];
      return {
        ...{ followed: every.length, most: FOLLOWED_MAX, learning: every.filter(learns).length, waiting, judged },
        unusual: every.filter(({ event }) => event !== null).length,
        bytes: every.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0),
      };
    },
    of(series) {
      const kept = all.get(series);
      if (!kept) return null;
      const habit = open(kept);
      return {
        ...{ zone, learning: learns(kept), needsMs: LEARNING_MS, knownMs: kept.knownMs },
        ...{ last: kept.last, lastMs: kept.lastMs, band: (tMs) => habit.bandAt(tMs, 0.95) },
      };
    },
  };

  function unusualOf(kept: Kept, episode: Episode): UnusualView {
    const { series, device, instance, name, unit } = kept.followed;
    const graph = graphOf(kept.followed);
    const band = kept.lastMs === null ? null : open(kept).bandAt(kept.lastMs, 0.95);
    return {
      ...{ series, device: device.id, deviceName: device.name, site: device.site, instance: instance.id, name, unit, graph },
      ...{ fromMs: episode.fromMs, above: episode.above, value: kept.last, worst: episode.worst, worstMs: episode.worstMs },
      ...{ lower: band?.lower ?? null, upper: band?.upper ?? null, text: nowWords(kept, band) },
    };
  }
}
