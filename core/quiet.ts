/**
 * Quiet windows: the hours of the week in which a job of a given length disturbs least, over one or several series. Each
 * series is measured in its own busiest hours, so that a disk in bytes and an uplink in bits can be added up: 0 is nothing,
 * 1 what its busiest hour of the week usually carries. What counts is the upper quantile of the last weeks, not their mean.
 */
import { createWeekClock, HOURS_OF_WEEK, hourOfWeekWords } from './habit-clock.ts';
import { medianOf } from './habit-profile.ts';

const HOUR_MS = 3_600_000;
/** Weeks that are looked at. */
const WEEKS = 8;
/** A window held in a week that stayed below what is expected of it plus this share of the busiest hour. */
const HELD_MARGIN = 0.1;
/** What "at night if possible" is worth: a share of the busiest hour for each hour outside of it. */
const NIGHT_WORTH = 0.15;
/** Hours of the night, by local clocks: from 22:00 to 06:00. */
const isNight = (hourOfDay: number) => hourOfDay >= 22 || hourOfDay < 6;
export const LONGEST_HOURS = 48;

export interface QuietSeries {
  readonly name: string;
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}
export interface QuietOptions {
  readonly zone: string;
  /** Whole hours, 1–48. */
  readonly lengthHours: number;
  readonly nightIfPossible: boolean;
  /** How many windows, at most. */
  readonly count: number;
}
export interface QuietWindow {
  /** 0–167 by the zone's clocks. */
  readonly startHourOfWeek: number;
  readonly lengthHours: number;
  /** "Sunday 03:00–06:00" */
  readonly words: string;
  /** Mean of the series' upper quantile, as a share of their busiest hours. */
  readonly load: number;
  /** Of each series: the usual and the upper load in its own unit. */
  readonly series: readonly { readonly name: string; readonly usual: number; readonly upper: number }[];
  /** Weeks in which every series stayed near or below what is expected, of those that are known. */
  readonly held: number;
  readonly ofWeeks: number;
}
export interface QuietReport {
  /** Quietest first; no two overlap. */
  readonly windows: readonly QuietWindow[];
  /** Upper load of each hour of the week as `QuietWindow.load` has it; NaN = unknown, empty where nothing is known. */
  readonly week: readonly number[];
  readonly notes: readonly string[];
}

/** Means of the hours of the last weeks: [week, 0 = the last][hour of the week]; NaN = unknown. */
type Weeks = readonly Float64Array[];

/** @throws RangeError for a zone that is none, or a length that is no whole number of hours from 1 to 48 */
export function quietWindows(all: readonly QuietSeries[], options: QuietOptions): QuietReport {
  const { lengthHours, zone } = options;
  if (!Number.isInteger(lengthHours) || lengthHours < 1 || lengthHours > LONGEST_HOURS)
    throw new RangeError(`${lengthHours} is no whole number of hours from 1 to ${LONGEST_HOURS}`);
  const clock = createWeekClock(zone);
  const notes: string[] = [];
  let lastMs = -Infinity;
  for (const { timesMs, values } of all)
    timesMs.forEach((t, i) => {
      if (Math.abs(t) < 8e15 && known(values[i]) && t > lastMs) lastMs = t;
    });
  const usable = all.flatMap(({ name, timesMs, values }) => {
    const weeks = hourMeans(timesMs, values, lastMs, clock);
    const some = weeks.filter((week) => week.some((v) => !Number.isNaN(v))).length;
    const flat = weeks.flatMap((week) => [...week]).filter((v) => !Number.isNaN(v));
    if (flat.length === 0)
      notes.push(`${name} has no known value in the ${WEEKS} weeks before the latest one of all, and is left out.`);
    else if (flat.length < HOURS_OF_WEEK) notes.push(`${name} has less than a week of known hours and is left out.`);
    else {
      if (some < 4) notes.push(`${name} has ${some} weeks of history: windows may well be others after four.`);
      const profile = profileOf(weeks);
      const busiest = Math.max(...profile.upper.filter((v) => !Number.isNaN(v)).map(Math.abs));
      if (busiest === 0) notes.push(`${name} was always 0 and does not say when it is quiet.`);
      return [{ name, weeks, ...profile, busiest: busiest === 0 ? 1 : busiest }];
    }
    return [];
  });
  if (usable.length === 0) return { windows: [], week: [], notes: notes.length > 0 ? notes : ['There is no series to look at.'] };
  const candidates = Array.from({ length: HOURS_OF_WEEK }, (_, start) => windowAt(usable, start, lengthHours));
  const night = (start: number) => hoursFrom(start, lengthHours).filter((hour) => !isNight(hour % 24)).length / lengthHours;
  const cost = (one: QuietWindow) => one.load + (options.nightIfPossible ? NIGHT_WORTH * night(one.startHourOfWeek) : 0);
  const ranked = candidates
    .filter((one) => one !== null)
    .sort((a, b) => cost(a) - cost(b) || a.startHourOfWeek - b.startHourOfWeek);
  if (ranked.length === 0) notes.push('There is no window in which every hour is known.');
  const windows: QuietWindow[] = [];
  for (const one of ranked) {
    if (windows.length >= options.count) break;
    if (windows.every((other) => apart(one.startHourOfWeek, other.startHourOfWeek) >= lengthHours)) windows.push(one);
  }
  const week = Array.from({ length: HOURS_OF_WEEK }, (_, hour) => windowAt(usable, hour, 1)?.load ?? NaN);
  return { windows, week, notes };
}

type Usable = { name: string; weeks: Weeks; usual: Float64Array; upper: Float64Array; busiest: number };

const known = (value: number | null | undefined): value is number => typeof value === 'number' && Number.isFinite(value);
const hoursFrom = (start: number, length: number) => Array.from({ length }, (_, i) => (start + i) % HOURS_OF_WEEK);
function apart(a: number, b: number): number {
  const distance = Math.abs(a - b);
  return Math.min(distance, HOURS_OF_WEEK - distance);
}

function hourMeans(
  timesMs: readonly number[],
  values: readonly (number | null)[],
  lastMs: number,
  clock: ReturnType<typeof createWeekClock>,
): Weeks {
  const sums = Array.from({ length: WEEKS }, () => new Float64Array(HOURS_OF_WEEK));
  const counts = Array.from({ length: WEEKS }, () => new Float64Array(HOURS_OF_WEEK));
  timesMs.forEach((t, i) => {
    const value = values[i];
    const week = Math.floor((lastMs - t) / (HOURS_OF_WEEK * HOUR_MS));
    const [sum, count] = [sums[week], counts[week]];
    if (!known(value) || !sum || !count) return;
    const { hourOfWeek } = clock(t);
    sum[hourOfWeek] = (sum[hourOfWeek] ?? 0) + value;
    count[hourOfWeek] = (count[hourOfWeek] ?? 0) + 1;
  });
  return sums.map((sum, week) => sum.map((total, hour) => total / (counts[week]?.[hour] || NaN)));
}

/** Usual and upper load of each hour of the week; an hour that is nowhere known borrows from its neighbours. */
function profileOf(weeks: Weeks): { usual: Float64Array; upper: Float64Array } {
  const of = (hour: number) => weeks.map((week) => week[hour] ?? NaN).filter((v) => !Number.isNaN(v));
  const usual = new Float64Array(HOURS_OF_WEEK);
  const upper = new Float64Array(HOURS_OF_WEEK);
  for (let hour = 0; hour < HOURS_OF_WEEK; hour++) {
    const own = of(hour);
    const values = own.length > 0 ? own : [...of((hour + 167) % HOURS_OF_WEEK), ...of((hour + 1) % HOURS_OF_WEEK)];
    const sorted = values.sort((a, b) => a - b);
    usual[hour] = medianOf(sorted) ?? NaN;
    // The second largest of eight weeks: one odd week does not forbid an hour, two do.
    upper[hour] = sorted[Math.max(0, Math.ceil(0.85 * sorted.length) - 1)] ?? NaN;
  }
  return { usual, upper };
}

function windowAt(all: readonly Usable[], start: number, length: number): QuietWindow | null {
  const hours = hoursFrom(start, length);
  const mean = (values: Float64Array | undefined) => hours.reduce((sum, hour) => sum + (values?.[hour] ?? NaN), 0) / length;
  const series = all.map(({ name, usual, upper }) => ({ name, usual: mean(usual), upper: mean(upper) }));
  const load = series.reduce((sum, { upper }, i) => sum + upper / (all[i]?.busiest ?? 1), 0) / all.length;
  if (Number.isNaN(load)) return null;
  let held = 0;
  let ofWeeks = 0;
  for (let week = 0; week < WEEKS; week++) {
    const loads = all.map(({ weeks }) => mean(weeks[week]));
    if (loads.some(Number.isNaN)) continue;
    ofWeeks++;
    if (loads.every((one, i) => one <= (series[i]?.usual ?? 0) + HELD_MARGIN * (all[i]?.busiest ?? 1))) held++;
  }
  return { startHourOfWeek: start, lengthHours: length, words: windowWords(start, length), load, series, held, ofWeeks };
}

function windowWords(start: number, length: number): string {
  const end = (start + length) % HOURS_OF_WEEK;
  const to = hourOfWeekWords(end);
  const sameDay = Math.floor(start / 24) === Math.floor(end / 24) && length < 24;
  return `${hourOfWeekWords(start)}–${sameDay ? (to.split(' ')[1] ?? '') : to}`;
}
