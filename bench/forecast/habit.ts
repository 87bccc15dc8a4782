/**
 * Habits: the score of the Numenta benchmark on a folder in its layout, and bands, false episodes and peaks found on
 * simulated series of seeds that nothing was developed on.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createWeekClock } from '../../core/habit-clock.ts';
import { createHabit } from '../../core/habit.ts';
import { habitReport } from '../../core/habit-report.ts';
import { standsOut, thresholdFor } from './habit-oracle.ts';
import { HABIT_SHAPES, noiseOf, type HabitShape } from './habit-shapes.ts';
import { NAB_PROFILES, nabScore, nabTimeMs, readNab, type NabSeries } from './nab.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const START_MS = Date.parse('2026-01-05T00:00Z');
const WEEKS = 9;
/** Bands count once three weeks are known; peaks and false episodes one week later. */
const KNOWN_MS = START_MS + 3 * WEEK_MS;
const LEARNT_MS = START_MS + 4 * WEEK_MS;
const END_MS = START_MS + WEEKS * WEEK_MS;
const WEEKS_COUNTED = (END_MS - LEARNT_MS) / WEEK_MS;
/** Standard deviations of the noise that a peak is above what is usual, and how many samples it lasts. */
const PEAK_SIGMA = 4;
const PEAK_SAMPLES = [1, 3, 6] as const;
/** So far apart, no peak is in the episode of another. */
const PEAK_EVERY_MS = 3 * DAY_MS;
/** What the goal allows. */
const FALSE_A_WEEK = 0.5;
const DETECTOR = 'saguaro';
const ZONE = 'Europe/Paris';

export interface HabitBenchOptions {
  /** A folder laid out as the benchmark's data with labels/combined_windows.json; null = none here. */
  readonly nab: string | null;
  /** Where result files in the benchmark's own format are written; null = nowhere. */
  readonly results?: string | null;
  readonly seeds: readonly number[];
}
export interface HabitFigures {
  readonly nab: { readonly standard: number; readonly lowFP: number; readonly lowFN: number; readonly threshold: number } | null;
  /** Share of samples within the 99 % band once three weeks are known, in %: mean, and of the furthest shapes. */
  readonly coverage: number;
  readonly coverageLeast: number;
  readonly coverageMost: number;
  /** Episodes a week where nothing was injected: mean, and of the worst shape. */
  readonly falseAWeek: number;
  readonly falseAWeekMost: number;
  /** Share of peaks in an episode, by how they are made. */
  readonly recall: Readonly<Record<Way, Recall>>;
  readonly usASample: number;
  readonly byShape: Readonly<Record<string, unknown>>;
}
export interface Recall {
  readonly all: number;
  readonly byLength: Readonly<Record<string, number>>;
  /** Of a detector that knows level and noise, with as many false episodes as the goal allows. */
  readonly oracle: number;
}
/**
 * `out`: samples stand 4σ above what is usual. `raised`: 4σ are added to samples as they are, noise and all: half of them stand less than 4σ
 * out, and of single ones of 5 minutes no detector finds more than two in three without more false episodes than the goal allows.
 */
const WAYS = ['out', 'raised'] as const;
type Way = (typeof WAYS)[number];

/** Whether a folder is in the benchmark's layout. */
export const isNab = (folder: string): boolean => existsSync(join(folder, 'labels', 'combined_windows.json'));

/** Runs both halves. @throws Error when the folder is not in the benchmark's layout */
export function benchHabit({ nab, results = null, seeds }: HabitBenchOptions): HabitFigures {
  return { nab: nab === null ? null : onNab(nab, results), ...simulated(seeds) };
}

function onNab(folder: string, results: string | null): HabitFigures['nab'] {
  const all = readNab(folder);
  const scores = all.map((series) => {
    const habit = createHabit('UTC');
    return series.times.map((time, i) => habit.observe(nabTimeMs(time), series.values[i] ?? null).score);
  });
  if (results !== null) all.forEach((series, i) => writeResult(results, series, scores[i] ?? []));
  const standard = nabScore(all, scores, NAB_PROFILES.standard);
  const lowFP = nabScore(all, scores, NAB_PROFILES.lowFP);
  const lowFN = nabScore(all, scores, NAB_PROFILES.lowFN);
  return { standard: round(standard.score), lowFP: round(lowFP.score), lowFN: round(lowFN.score), threshold: standard.threshold };
}

/** FOLDER/saguaro/GROUP/saguaro_FILE.csv, as the benchmark's own scorer reads it. */
function writeResult(results: string, { name, times, values, windows }: NabSeries, scores: readonly number[]): void {
  const [group = '', file = ''] = name.split('/');
  const path = join(results, DETECTOR, group, `${DETECTOR}_${file}`);
  mkdirSync(dirname(path), { recursive: true });
  const rows = times.map((time, i) => {
    const label = windows.some(([from, to]) => i >= from && i <= to) ? 1 : 0;
    return `${time},${values[i]},${scores[i] ?? 0},${label}`;
  });
  writeFileSync(path, ['timestamp,value,anomaly_score,label', ...rows, ''].join('\n'));
}

interface Peak {
  readonly first: number;
  readonly length: number;
  readonly kind: number;
}
interface Counts {
  readonly hits: number[];
  readonly of: number[];
  oracle: number;
}
const counts = (): Counts => ({ hits: PEAK_SAMPLES.map(() => 0), of: PEAK_SAMPLES.map(() => 0), oracle: 0 });

function simulated(seeds: readonly number[]): Omit<HabitFigures, 'nab'> {
  const total: Record<Way, Counts> = { out: counts(), raised: counts() };
  const byShape: Record<string, { coverage: number; falseAWeek: number; recall: Record<Way, string> }> = {};
  let [samples, judgedUs] = [0, 0];
  const judged = (timesMs: number[], values: number[]) => {
    const began = process.cpuUsage();
    const report = habitReport({ timesMs, values }, ZONE, null);
    const { user, system } = process.cpuUsage(began);
    judgedUs += user + system;
    samples += values.length;
    return report;
  };
  for (const [name, shape] of Object.entries(HABIT_SHAPES)) {
    const own: Record<Way, Counts> = { out: counts(), raised: counts() };
    let [inside, known, episodes] = [0, 0, 0];
    const made = seeds.map((seed) => seriesOf(seed, shape));
    const { stepMs, learnt } = made[0] ?? { stepMs: 0, learnt: 0 };
    const allowed = FALSE_A_WEEK * WEEKS_COUNTED * seeds.length;
    const threshold = thresholdFor(
      made.map(({ z }) => standsOut(z).subarray(learnt)),
      stepMs,
      allowed,
    );
    for (const { timesMs, values, levels, sigmas, z, peaks } of made) {
      const clean = judged(timesMs, values);
      for (const { tMs, band, value } of clean.rows) {
        if (tMs < KNOWN_MS || !band || value === null) continue;
        known++;
        if (value >= band.lower && value <= band.upper) inside++;
      }
      episodes += clean.episodes.filter(({ episode }) => episode.fromMs >= LEARNT_MS).length;
      for (const way of WAYS) {
        const [raised, out] = [[...values], Float64Array.from(z)];
        for (const { first, length } of peaks)
          for (let i = first; i < first + length; i++) {
            out[i] = PEAK_SIGMA + (way === 'raised' ? (z[i] ?? 0) : 0);
            raised[i] = (levels[i] ?? 0) + (sigmas[i] ?? 0) * (out[i] ?? 0);
          }
        const seen = judged(timesMs, raised).episodes;
        const oracle = standsOut(out);
        for (const { first, length, kind } of peaks) {
          const [fromMs, toMs] = [timesMs[first] ?? 0, timesMs[first + length - 1] ?? 0];
          const is = seen.some(({ episode }) => episode.fromMs <= toMs + stepMs && episode.toMs >= fromMs);
          const could = oracle.subarray(first, first + length + 1).some((v) => v >= threshold);
          for (const into of [own[way], total[way]]) {
            into.of[kind] = (into.of[kind] ?? 0) + 1;
            into.hits[kind] = (into.hits[kind] ?? 0) + (is ? 1 : 0);
            into.oracle += could ? 1 : 0;
          }
        }
      }
    }
    const shares = ({ hits, of }: Counts) => hits.map((hit, k) => (hit / (of[k] ?? 1)).toFixed(2)).join(' ');
    byShape[name] = {
      coverage: round((100 * inside) / known),
      falseAWeek: round(episodes / WEEKS_COUNTED / seeds.length),
      recall: { out: shares(own.out), raised: shares(own.raised) },
    };
  }
  const all = Object.values(byShape);
  const mean = (values: readonly number[]) => round(values.reduce((a, b) => a + b, 0) / values.length);
  return {
    coverage: mean(all.map(({ coverage }) => coverage)),
    coverageLeast: Math.min(...all.map(({ coverage }) => coverage)),
    coverageMost: Math.max(...all.map(({ coverage }) => coverage)),
    falseAWeek: mean(all.map(({ falseAWeek }) => falseAWeek)),
    falseAWeekMost: Math.max(...all.map(({ falseAWeek }) => falseAWeek)),
    recall: { out: recallOf(total.out), raised: recallOf(total.raised) },
    usASample: round(judgedUs / samples),
    byShape,
  };
}

function recallOf({ hits, of, oracle }: Counts): Recall {
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  return {
    all: round(sum(hits) / sum(of)),
    byLength: Object.fromEntries(PEAK_SAMPLES.map((n, k) => [`${n} samples`, round((hits[k] ?? 0) / (of[k] ?? 1))])),
    oracle: round(oracle / sum(of)),
  };
}

/** A series, what it is made of, and where its peaks come: after it was learnt, two to four days apart. */
function seriesOf(seed: number, { stepMinutes, noise, at }: HabitShape) {
  const clock = createWeekClock(ZONE);
  const { next, uniform } = noiseOf(seed, noise);
  const stepMs = stepMinutes * MINUTE_MS;
  const timesMs = Array.from({ length: Math.floor((WEEKS * WEEK_MS) / stepMs) }, (_, i) => START_MS + i * stepMs);
  const parts = timesMs.map((t) => {
    const { hourOfWeek, phase } = clock(t);
    return at(hourOfWeek, phase, (t - START_MS) / WEEK_MS);
  });
  const z = Float64Array.from(parts, next);
  const levels = parts.map(({ level }) => level);
  const sigmas = parts.map(({ sigma }) => sigma);
  const peaks: Peak[] = [];
  for (let t = LEARNT_MS, n = seed; t < END_MS - PEAK_EVERY_MS; t += PEAK_EVERY_MS, n++) {
    const kind = n % PEAK_SAMPLES.length;
    peaks.push({ first: Math.floor((t + uniform() * 2 * DAY_MS - START_MS) / stepMs), length: PEAK_SAMPLES[kind] ?? 1, kind });
  }
  const values = levels.map((level, i) => level + (sigmas[i] ?? 0) * (z[i] ?? 0));
  return { stepMs, learnt: Math.floor((LEARNT_MS - START_MS) / stepMs), timesMs, values, levels, sigmas, z, peaks };
}

const round = (v: number) => Math.round(v * 1000) / 1000;
