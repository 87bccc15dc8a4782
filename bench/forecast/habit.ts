/**
 * Habits: the score of the Numenta benchmark on a folder in its layout, and bands, false episodes and peaks found on
 * simulated series of seeds that nothing was developed on.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createWeekClock } from '../../core/habit-clock.ts';
import { createHabit } from '../../core/habit.ts';
import { habitReport } from '../../core/habit-report.ts';
import { NAB_PROFILES, nabScore, nabTimeMs, readNab, type NabSeries } from './nab.ts';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 86_400_000;
const START_MS = Date.parse('2026-01-05T00:00Z');
const WEEKS = 9;
/** Peaks and false episodes count from here on: the habit is learnt. */
const LEARNT_WEEKS = 4;
/** Standard deviations of the noise that a peak is above what is usual, and how many samples it lasts. */
const PEAK_SIGMA = 4;
const PEAK_SAMPLES = [1, 3, 6] as const;
/** So far apart, no peak is in the episode of another. */
const PEAK_EVERY_MS = 3 * 86_400_000;
const DETECTOR = 'saguaro';

export interface HabitBenchOptions {
  /** A folder laid out as the benchmark's data with labels/combined_windows.json; null = none here. */
  readonly nab: string | null;
  /** Where result files in the benchmark's own format are written; null = nowhere. */
  readonly results?: string | null;
  readonly seeds: readonly number[];
}
export interface HabitFigures {
  readonly nab: { readonly standard: number; readonly lowFP: number; readonly threshold: number } | null;
  /** Share of samples within the 99 % band once three weeks are known, in %: mean, and of the furthest shape. */
  readonly coverage: number;
  readonly coverageLeast: number;
  readonly coverageMost: number;
  /** Episodes a week where nothing was injected: mean, and of the worst shape. */
  readonly falseAWeek: number;
  readonly falseAWeekMost: number;
  /** Share of injected peaks in an episode, by how many samples they last. */
  readonly recall: Readonly<Record<string, number>>;
  readonly usASample: number;
  readonly byShape: Readonly<Record<string, unknown>>;
}

/** Runs both halves. @throws Error when the folder is not in the benchmark's layout */
export function benchHabit({ nab, results = null, seeds }: HabitBenchOptions): HabitFigures {
  return { nab: nab === null || !existsSync(nab) ? null : onNab(nab, results), ...simulated(seeds) };
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
  return { standard: round(standard.score), lowFP: round(lowFP.score), threshold: standard.threshold };
}

/** results/saguaro/GROUP/saguaro_FILE.csv, as the benchmark's own scorer reads it. */
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

type Shape = (hourOfWeek: number, phase: number, week: number) => { readonly level: number; readonly sigma: number };
const day = (hour: number) => 1 - Math.cos((2 * Math.PI * hour) / 24);
const SHAPES: Readonly<
  Record<string, { readonly stepMinutes: number; readonly noise: 'white' | 'slow' | 'heavy'; readonly at: Shape }>
> = {
  'uplink, hours': {
    stepMinutes: 60,
    noise: 'white',
    at: (h, p) => ({ level: 100 + (h < 120 ? 100 : 50) * day((h % 24) + p), sigma: 8 }),
  },
  'uplink, 5 minutes': {
    stepMinutes: 5,
    noise: 'white',
    at: (h, p) => ({ level: 100 + (h < 120 ? 100 : 50) * day((h % 24) + p), sigma: 8 }),
  },
  'noise that grows with the load': {
    stepMinutes: 5,
    noise: 'white',
    at: (h, p) => ({ level: 20 + 200 * day((h % 24) + p), sigma: 2 + 12 * day((h % 24) + p) }),
  },
  'noise that lasts': { stepMinutes: 5, noise: 'slow', at: (h, p) => ({ level: 100 + 80 * day((h % 24) + p), sigma: 8 }) },
  'wild noise': { stepMinutes: 5, noise: 'heavy', at: (h, p) => ({ level: 200 + 80 * day((h % 24) + p), sigma: 8 }) },
  'nightly job': { stepMinutes: 15, noise: 'white', at: (h) => ({ level: h % 24 === 3 ? 400 : h === 52 ? 600 : 40, sigma: 6 }) },
  'no habit': { stepMinutes: 5, noise: 'white', at: () => ({ level: 50, sigma: 4 }) },
  'growing by a tenth a week': {
    stepMinutes: 15,
    noise: 'white',
    at: (h, p, w) => ({ level: (60 + 60 * day((h % 24) + p)) * 1.1 ** w, sigma: 5 }),
  },
};

function simulated(seeds: readonly number[]): Omit<HabitFigures, 'nab'> {
  const clock = createWeekClock('Europe/Paris');
  const recalled = PEAK_SAMPLES.map(() => [0, 0] as [number, number]);
  const byShape: Record<string, { coverage: number; falseAWeek: number; recall: string }> = {};
  let samples = 0;
  const cpu = process.cpuUsage();
  let judgedUs = 0;
  const judged = (timesMs: number[], values: number[]) => {
    const before = process.cpuUsage(cpu);
    const report = habitReport({ timesMs, values }, 'Europe/Paris', null);
    const after = process.cpuUsage(cpu);
    judgedUs += after.user + after.system - before.user - before.system;
    samples += values.length;
    return report;
  };
  for (const [name, { stepMinutes, noise, at }] of Object.entries(SHAPES)) {
    let [inside, known, episodes, weeks] = [0, 0, 0, 0];
    const found = PEAK_SAMPLES.map(() => [0, 0] as [number, number]);
    for (const seed of seeds) {
      const { next, uniform } = random(seed, noise);
      const stepMs = stepMinutes * MINUTE_MS;
      const timesMs = Array.from({ length: Math.floor((WEEKS * WEEK_MS) / stepMs) }, (_, i) => START_MS + i * stepMs);
      const parts = timesMs.map((t) => {
        const { hourOfWeek, phase } = clock(t);
        return at(hourOfWeek, phase, (t - START_MS) / WEEK_MS);
      });
      const values = parts.map(({ level, sigma }) => level + sigma * next());
      const clean = judged(timesMs, values);
      const learntMs = START_MS + LEARNT_WEEKS * WEEK_MS;
      for (const { tMs, band, value } of clean.rows) {
        if (tMs < START_MS + 3 * WEEK_MS || !band || value === null) continue;
        known++;
        if (value >= band.lower && value <= band.upper) inside++;
      }
      episodes += clean.episodes.filter(({ episode }) => episode.fromMs >= learntMs).length;
      weeks += WEEKS - LEARNT_WEEKS;
      const peaks: { fromMs: number; toMs: number; kind: number }[] = [];
      const raised = [...values];
      for (
        let t = learntMs, kind = 0;
        t < START_MS + WEEKS * WEEK_MS - PEAK_EVERY_MS;
        t += PEAK_EVERY_MS, kind = (kind + 1) % PEAK_SAMPLES.length
      ) {
        const first = Math.floor((t + uniform() * 2 * 86_400_000 - START_MS) / stepMs);
        const length = PEAK_SAMPLES[kind] ?? 1;
        for (let i = first; i < first + length; i++) raised[i] = (raised[i] ?? 0) + PEAK_SIGMA * (parts[i]?.sigma ?? 0);
        peaks.push({ fromMs: timesMs[first] ?? 0, toMs: timesMs[first + length - 1] ?? 0, kind });
      }
      const seen = judged(timesMs, raised).episodes;
      for (const { fromMs, toMs, kind } of peaks) {
        const is = seen.some(({ episode }) => episode.fromMs <= toMs + stepMs && episode.toMs >= fromMs);
        for (const counts of [found[kind], recalled[kind]]) {
          if (!counts) continue;
          counts[1]++;
          if (is) counts[0]++;
        }
      }
    }
    byShape[name] = {
      coverage: round((100 * inside) / known),
      falseAWeek: round(episodes / weeks),
      recall: found.map(([hit, of]) => (hit / of).toFixed(2)).join(' '),
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
    recall: Object.fromEntries(
      PEAK_SAMPLES.map((length, i) => [`${length} samples`, round((recalled[i]?.[0] ?? 0) / (recalled[i]?.[1] ?? 1))]),
    ),
    usASample: round(judgedUs / samples),
    byShape,
  };
}

/** Noise of variance about one from a seed (mulberry32, Box and Muller). */
function random(seed: number, noise: 'white' | 'slow' | 'heavy'): { next: () => number; uniform: () => number } {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  let last = 0;
  const slow = () => (last = 0.8 * last + 0.6 * normal());
  // One sample in fifty has three times the noise.
  const heavy = () => normal() * (uniform() < 0.02 ? 3 : 1);
  return { next: noise === 'slow' ? slow : noise === 'heavy' ? heavy : normal, uniform };
}

const round = (v: number) => Math.round(v * 1000) / 1000;
