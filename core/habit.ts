/**
 * What is usual at this hour of this weekday, learnt one sample at a time. Each sample is judged by what was learnt
 * before it, then learnt. The state is plain data, so that it can be kept over restarts: continuing from a saved state
 * gives exactly what never stopping would have given. A sample costs the same however long the history is.
 */
import { createWeekClock, HOURS_OF_WEEK, WEEK_MS } from './habit-clock.ts';
import { emptyEpisodes, followEpisode, published, type Episode, type EpisodesState, type EpisodeEvent } from './habit-episode.ts';
import { copyProfile, emptyProfile, expectedOf, learnHour, type ProfileState } from './habit-profile.ts';
import { copyTail, emptyTail, heldBy, learnTail, HEAVY, quantileOf, settleTail, surprise, type TailState } from './habit-tail.ts';

const HOUR_MS = 3_600_000;
/** Calendars end somewhat later, in the year 275760. */
const LATEST_MS = 8e15;
/** Less known history than this and a series still learns. */
export const LEARNING_MS = 3 * WEEK_MS;
/** A pause as long as the whole memory: what was usual before says nothing about today. */
const FORGOTTEN_MS = 8 * WEEK_MS;
/** How far back the held-out residuals reach. */
const MEMORY_MS = 4 * WEEK_MS;
/** Residuals are judged one by one and as sums of so many: a small change that lasts shows in the latter. */
const SPANS = [1, 3, 8] as const;
const LONGEST = Math.max(...SPANS);
/**
 * Powers of ten that each view gives up because there are two sides and four views: a sample alone the least, because sums
 * of what lasts stand out by far anyway. For a score the most surprising view counts, all alike.
 */
const ALONE_LOG10 = 0.3;
const VIEWS_LOG10 = 1;
const ANY_LOG10 = 0.4;
/**
 * In an episode samples are learnt as if they were this share of one: by so much more where episodes are many, and fully where so
 * much of the last days was abnormal. Then the habit has changed.
 */
const EPISODE_SHARE = 0.1;
const OFTEN_SHARE = 0.1;
const CHANGED = 0.4;
const UNUSUAL_MS = 2 * 24 * HOUR_MS;
const SCALE_SHARE = 1 / 200;
/** Days that the distances of an hour of the day remember, and values that count as much as what is known of all hours. */
const SCALE_DAYS = 15;
const SCALE_VALUES = 20;
/** An hour begins and ends at once where that was closer by this share of what is usually off. */
const FLAT = 0.2;
/** No series is so steady that a change by less than this share of its reach means anything. */
const FLOOR = 0.005;

/** Of the state: one of another version cannot be gone on from. */
export const HABIT_VERSION = 3;

export interface HabitState {
  readonly version: number;
  readonly zone: string;
  count: number;
  lastMs: number | null;
  lastValue: number;
  /** The last value less what was expected of it; null where nothing was. */
  lastOff: number | null;
  stepMs: number;
  /** Known time learnt. */
  knownMs: number;
  /** The largest distance from zero; falls by itself, slowly. */
  reach: number;
  /** No value was below zero. */
  positive: boolean;
  hour: {
    hour: number;
    hourOfWeek: number;
    count: number;
    sum: number;
    phases: number;
    off: number;
    jump: number;
    /** By how much the sum of distances would have been larger had the hour been held for level all along. */
    bent: number;
  };
  /** Where in their hour the means of hours stand, 0–1. */
  phase: number;
  /** What is expected of the hour before, this one and the next. */
  nodes: (number | null)[];
  /** For each hour of the week, whether it goes evenly from its neighbours to itself (above zero) or begins and ends at once. */
  readonly bends: number[];
  /** Usual distance from what is expected, for each hour of the day and for all; null before the first. */
  readonly scales: (number | null)[];
  scaleAll: number | null;
  scale: number;
  jumpScale: number | null;
  /** The last residuals over their scale, as many as the longest of SPANS. */
  readonly latest: number[];
  /** Held-out residuals for SPANS, then jumps from one value to the next. */
  readonly tails: TailState[];
  /** Share of the last days that was in an episode. */
  unusual: number;
  readonly profile: ProfileState;
  readonly episodes: EpisodesState;
}

export interface Band {
  readonly lower: number;
  readonly middle: number;
  readonly upper: number;
}
export interface Judgement {
  /**
   * 0 (usual) to 1 (abnormal), from what came before: 1 / (1 + how many such samples chance would bring among 2016, a week of five minutes). What goes
   * on in the same way as minutes ago is no news: inside an episode only what is worse than before scores high again. Tails are
   * held to be heavy here; the sample with which an episode begins scores 0.5 at least.
   */
  readonly score: number;
  /** What 99 % of samples at this time would keep to; null while nothing is known, or for an unknown value in an unknown hour. */
  readonly band: Band | null;
  readonly learning: boolean;
  /** Part of an episode. */
  readonly abnormal: boolean;
  readonly event: EpisodeEvent | null;
}

export interface Habit {
  /**
   * Judges a sample and learns it. Unknown values (null, NaN, infinite) and those not after the last one teach nothing.
   * @param tMs Unix milliseconds
   */
  observe(tMs: number, value: number | null): Judgement;
  /** The band of a moment near the last sample; @param coverage share of samples that keep to it */
  bandAt(tMs: number, coverage?: number): Band | null;
  learning(): boolean;
  /** Known time that was learnt from, of the `LEARNING_MS` it takes. */
  knownMs(): number;
  /** The episode that runs, null when all is as usual. */
  running(): Episode | null;
  /** A copy as plain data, fit for JSON. */
  save(): HabitState;
  /** What `save()` copies, for who only looks at it: the next sample changes it. */
  look(): HabitState;
}

type Nodes = readonly (number | null)[];

export function emptyHabit(zone: string): HabitState {
  return {
    version: HABIT_VERSION,
    zone,
    count: 0,
    lastMs: null,
    lastValue: 0,
    lastOff: null,
    stepMs: 0,
    knownMs: 0,
    reach: 0,
    positive: true,
    hour: { hour: 0, hourOfWeek: 0, count: 0, sum: 0, phases: 0, off: 0, jump: 0, bent: 0 },
    phase: 0.5,
    nodes: [null, null, null],
    bends: Array.from({ length: HOURS_OF_WEEK }, () => 0),
    scales: Array.from({ length: 24 }, () => null),
    scaleAll: null,
    scale: 0,
    jumpScale: null,
    latest: [],
    tails: [...SPANS, 'jump'].map(() => emptyTail()),
    unusual: 0,
    profile: emptyProfile(),
    episodes: emptyEpisodes(),
  };
}

function copyHabit(s: HabitState): HabitState {
  return {
    ...s,
    hour: { ...s.hour },
    nodes: [...s.nodes],
    bends: [...s.bends],
    scales: [...s.scales],
    latest: [...s.latest],
    tails: s.tails.map(copyTail),
    profile: copyProfile(s.profile),
    episodes: { ...s.episodes, open: s.episodes.open && { ...s.episodes.open } },
  };
}

/**
 * @param saved what `save()` gave; another zone, or the state of another version, begins anew
 * @throws RangeError for a zone that is none
 */
export const createHabit = (zone: string, saved?: HabitState): Habit => resumeHabit(zone, saved && copyHabit(saved));

/** As `createHabit`, with a state that is nobody else's any more: it is changed, not copied. */
export function resumeHabit(zone: string, own?: HabitState): Habit {
  const clock = createWeekClock(zone);
  let s = own?.zone === zone && own.version === HABIT_VERSION ? own : emptyHabit(zone);

  /** @param nodes what is expected of the hour before, of this one and of the next */
  const expectedAt = (nodes: Nodes, hourOfWeek: number, scale: number, phase: number): number | null => {
    const now = nodes[1] ?? null;
    // A job that begins on the hour is no slope that leads up to it.
    return now === null || (s.bends[hourOfWeek] ?? 0) < -FLAT * scale ? now : bentAt(nodes, now, phase);
  };
  const bentAt = (nodes: Nodes, now: number, phase: number): number => {
    const other = (phase < s.phase ? nodes[0] : nodes[2]) ?? null;
    return other === null ? now : now + (other - now) * Math.min(1, Math.abs(phase - s.phase));
  };
  const bandOf = (middle: number, scale: number, coverage: number): Band | null => {
    const tail = s.tails[0];
    if (!tail || heldBy(tail) < 8) return null;
    const lower = middle + scale * quantileOf(tail, (1 - coverage) / 2);
    const upper = middle + scale * quantileOf(tail, (1 + coverage) / 2);
    return { lower: s.positive ? Math.max(0, lower) : lower, middle, upper: Math.max(upper, s.positive ? 0 : upper) };
  };
  const nodeAt = (hourOfWeek: number) => expectedOf(s.profile, (hourOfWeek + HOURS_OF_WEEK) % HOURS_OF_WEEK);
  const nodesOf = (hourOfWeek: number) => [nodeAt(hourOfWeek - 1), nodeAt(hourOfWeek), nodeAt(hourOfWeek + 1)];
  const scaleAt = (hourOfWeek: number): number => {
    const all = s.scaleAll ?? 0;
    const hour = hourOfWeek % 24;
    const own = s.scales[hour] ?? all;
    const near = (own + ((s.scales[(hour + 23) % 24] ?? own) + (s.scales[(hour + 1) % 24] ?? own)) / 2) / 2;
    // Few samples an hour say little of how much that hour varies.
    const values = (SCALE_DAYS * HOUR_MS) / Math.max(s.stepMs, 1000);
    const share = values / (values + SCALE_VALUES);
    return Math.max(share * near + (1 - share) * all, FLOOR * s.reach, 1e-12);
  };

  function openHour(tMs: number): void {
    const { hour, hourOfWeek } = clock(tMs);
    if (s.hour.count > 0 && hour === s.hour.hour) return;
    closeHour();
    s.hour = { hour, hourOfWeek, count: 0, sum: 0, phases: 0, off: 0, jump: 0, bent: 0 };
    s.nodes = nodesOf(hourOfWeek);
    s.scale = scaleAt(hourOfWeek);
    s.tails.forEach(settleTail);
  }
  function closeHour(): void {
    const { count, sum, phases, off, jump, bent, hourOfWeek } = s.hour;
    if (count === 0) return;
    learnHour(s.profile, hourOfWeek, sum / count);
    s.phase += (phases / count - s.phase) * (s.count <= count ? 1 : 0.05);
    const learn = (before: number | null, value: number, share: number) =>
      before === null ? value : before + share * (Math.min(value, 5 * before + 1e-12) - before);
    if (s.nodes[1] !== null) {
      const hourOfDay = hourOfWeek % 24;
      s.bends[hourOfWeek] = ((s.bends[hourOfWeek] ?? 0) + bent / count) / 2;
      s.scales[hourOfDay] = learn(s.scales[hourOfDay] ?? null, off / count, 1 / 8);
      s.scaleAll = learn(s.scaleAll, off / count, Math.max(SCALE_SHARE, 1 / (1 + s.count / count)));
    }
    s.jumpScale = learn(s.jumpScale, jump / count, Math.max(SCALE_SHARE, 1 / (1 + s.count / count)));
  }

  function observe(tMs: number, value: number | null): Judgement {
    const known = value !== null && Number.isFinite(value) && Math.abs(tMs) < LATEST_MS && (s.lastMs === null || tMs > s.lastMs);
    if (!known) return unknown(tMs);
    if (s.lastMs !== null && tMs - s.lastMs > FORGOTTEN_MS) s = emptyHabit(zone);
    openHour(tMs);
    const { phase } = clock(tMs);
    const middle = expectedAt(s.nodes, s.hour.hourOfWeek, s.scale, phase);
    const band = middle === null ? null : bandOf(middle, s.scale, 0.99);
    const sinceMs = s.lastMs === null ? 0 : tMs - s.lastMs;
    // What was held out while little was known says nothing of how well more is known.
    const memory = Math.max(200, Math.min(MEMORY_MS, s.knownMs / 2) / Math.max(s.stepMs, 1000));
    let [most, heavy] = [0, 0];
    let above = true;
    const looked: [TailState, number][] = [];
    const look = (tail: TailState, z: number, view: number) => {
      looked.push([tail, z]);
      if (heldBy(tail) < 20) return;
      heavy = Math.max(heavy, surprise(tail, z, HEAVY) - ANY_LOG10);
      const found = surprise(tail, z) - (view === 0 ? ALONE_LOG10 : VIEWS_LOG10);
      if (found > most) [most, above] = [found, z > 0];
    };
    if (middle !== null && s.scaleAll !== null) {
      const z = (value - middle) / s.scale;
      s.latest.push(z);
      if (s.latest.length > LONGEST) s.latest.shift();
      SPANS.forEach((span, i) => {
        const tail = s.tails[i];
        if (!tail || s.latest.length < span) return;
        let sum = 0;
        for (let k = s.latest.length - span; k < s.latest.length; k++) sum += s.latest[k] ?? 0;
        look(tail, sum / Math.sqrt(span), i);
      });
    }
    // A jump that was to be expected, as when a job begins, is none.
    const off = middle === null ? null : value - middle;
    const moved = off === null || s.lastOff === null ? value - s.lastValue : off - s.lastOff;
    const jump = s.count > 0 && sinceMs < 3 * Math.max(s.stepMs, 1) ? moved : 0;
    const jumpTail = s.tails[SPANS.length];
    if (jumpTail && s.jumpScale !== null) look(jumpTail, jump / Math.max(s.jumpScale, FLOOR * s.reach, 1e-12), SPANS.length);
    const perWeek = WEEK_MS / Math.max(s.stepMs, 1000);
    const surprising = most;
    const followed = followEpisode(s.episodes, { tMs, value, band, surprising, heavy, perWeek, stepMs: s.stepMs, above });
    const open = s.episodes.open;
    // What is abnormal is no measure of what is usual, unless it lasts, or comes again and again.
    s.unusual += ((open ? 1 : 0) - s.unusual) * Math.min(1, Math.max(s.stepMs, 1000) / UNUSUAL_MS);
    const share = open ? Math.min(1, EPISODE_SHARE + s.unusual / CHANGED + OFTEN_SHARE * s.episodes.demand) : 1;
    for (const [tail, z] of looked) learnTail(tail, z, memory, share);

    if (s.lastMs !== null) {
      s.stepMs = s.stepMs === 0 ? sinceMs : s.stepMs + Math.max(-0.05, Math.min(0.05, sinceMs / s.stepMs - 1)) * s.stepMs;
      if (sinceMs <= Math.max(3 * s.stepMs, 3 * HOUR_MS)) s.knownMs += sinceMs;
    }
    s.hour.count++;
    s.hour.sum += value;
    s.hour.phases += phase;
    s.hour.off += Math.abs(off ?? 0);
    s.hour.jump += Math.abs(jump);
    const now = s.nodes[1] ?? null;
    if (now !== null) s.hour.bent += Math.abs(value - now) - Math.abs(value - bentAt(s.nodes, now, phase));
    s.reach = Math.max(Math.abs(value), s.reach * (1 - 1 / memory));
    s.count++;
    s.lastMs = tMs;
    s.lastValue = value;
    s.lastOff = off;
    if (value < 0) s.positive = false;
    return { ...followed, band, learning: s.knownMs < LEARNING_MS };
  }

  function unknown(tMs: number): Judgement {
    return { score: 0, band: bandAt(tMs), learning: s.knownMs < LEARNING_MS, abnormal: false, event: null };
  }

  function bandAt(tMs: number, coverage = 0.99): Band | null {
    if (!(Math.abs(tMs) < LATEST_MS) || s.count === 0) return null;
    const { hour, hourOfWeek, phase } = clock(tMs);
    const same = hour === s.hour.hour;
    const scale = same ? s.scale : scaleAt(hourOfWeek);
    const middle = expectedAt(same ? s.nodes : nodesOf(hourOfWeek), hourOfWeek, scale, phase);
    return middle === null ? null : bandOf(middle, scale, coverage);
  }

  return {
    observe,
    bandAt,
    learning: () => s.knownMs < LEARNING_MS,
    knownMs: () => s.knownMs,
    running: () => s.episodes.open && published(s.episodes.open),
    save: () => copyHabit(s),
    look: () => s,
  };
}
