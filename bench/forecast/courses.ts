/**
 * How disks and memory go on that follow no formula, 90 days ahead: what is written each day, growth that itself changes, imports
 * now and then, the simulated host. Beside a line by least squares and, the harder one, beside what a careful person does by hand: the
 * last value and the growth of the last 60 days, with the bands of a random walk.
 */
import { calendarOf } from '../../core/forecast/calendar.ts';
import { leastSquares, pinball } from '../../core/forecast/backtest.ts';
import { forecast } from '../../core/forecast/forecast.ts';
import { DAY_MS, LEVELS } from '../../core/forecast/model.ts';
import { normalQuantile } from '../../core/forecast/normal.ts';
import { curveOf } from '../../demo/shape.ts';
import { random } from '../../tests/core/forecast/series.ts';
import { geometric } from './rates.ts';

const END_MS = Date.UTC(2026, 2, 18);
const LONGEST_DAYS = 730;
const KNOWN_DAYS = [120, 365, LONGEST_DAYS];
const AHEAD_DAYS = 90;
const DRIFT_DAYS = 60;
/** Bands are looked at near, in between and far ahead. */
const RANGES = [1, 8, 29];

/** Values of LONGEST_DAYS + AHEAD_DAYS days. */
type Course = (seed: number) => number[];
const days = (value: (i: number) => number): number[] => Array.from({ length: LONGEST_DAYS + AHEAD_DAYS }, (_, i) => value(i));

export const COURSES: Readonly<Record<string, Course>> = {
  'disks of the simulated host': (seed) => {
    const { uniform } = random(seed * 7 + 1);
    const between = (a: number, b: number) => a + (b - a) * uniform();
    const [atAnchor, growthPerYear] = [between(50, 500), between(0.05, 0.9)];
    const ripple = atAnchor * (uniform() < 0.5 ? between(0.0005, 0.004) : between(0.004, 0.02));
    const cleanUps = uniform() < 0.3 ? [{ atMs: END_MS - between(20, 300) * DAY_MS, freed: atAnchor * between(0.1, 0.35) }] : [];
    const curve = curveOf({ kind: 'fill', atAnchor, growthPerYear, ripple, cleanUps }, seed, END_MS);
    return days((i) => curve.mean(END_MS + (i - LONGEST_DAYS + 1) * DAY_MS, DAY_MS));
  },
  'what is written each day': (seed) => {
    const { uniform, normal } = random(seed * 11 + 5);
    const [growth, weekend, heavy] = [0.02 + 0.3 * uniform(), uniform(), 0.3 + uniform()];
    let level = 100;
    return days((i) => {
      level += growth * (i % 7 > 4 ? weekend : 1) * Math.exp(heavy * normal() - (heavy * heavy) / 2);
      if (uniform() < 0.1) level -= 0.6 * growth * uniform();
      return level;
    });
  },
  'growth that changes': (seed) => {
    const { uniform, normal } = random(seed * 13 + 3);
    let [growth, level] = [0.05 + 0.2 * uniform(), 100];
    const [noise, change] = [0.3 * uniform(), 0.015 * growth];
    return days(() => (level += growth += change * normal()) + noise * normal());
  },
  'imports now and then': (seed) => {
    const { uniform, normal } = random(seed * 17 + 9);
    const growth = 0.02 + 0.2 * uniform();
    let level = 100;
    return days(() => {
      level += growth * Math.exp(0.5 * normal());
      if (uniform() < 1 / 150) level += (uniform() < 0.5 ? -1 : 1) * (3 + 10 * uniform());
      return level;
    });
  },
  'memory that wanders': (seed) => {
    const { uniform, normal } = random(seed * 19 + 2);
    const base = 4 + uniform();
    let rest = 0;
    return days((i) => {
      rest = 0.9 * rest + 0.05 * normal();
      return base + rest + 0.1 * Math.sin((2 * Math.PI * i) / 7) + 0.05 * normal();
    });
  },
};

export interface CourseResult {
  readonly name: string;
  readonly series: number;
  /** Pinball loss beside a line by least squares, and beside the drift. */
  readonly besideLine: number;
  readonly besideDrift: number;
  /** Percent of days in the 80 and 95 % bands, near, in between and far ahead. */
  readonly held80: readonly number[];
  readonly held95: readonly number[];
}

/** @param count seeds; each is forecast from 120, 365 and 730 days of history */
export function benchCourses(seed: number, count: number): CourseResult[] {
  const calendar = calendarOf('UTC');
  return Object.entries(COURSES).map(([name, course]) => {
    const [line, drift]: [number[], number[]] = [[], []];
    const held = RANGES.map(() => ({ days: 0, in80: 0, in95: 0 }));
    for (let n = 0; n < count; n++) {
      const all = course(seed + n);
      for (const known of KNOWN_DAYS) {
        const history = all.slice(LONGEST_DAYS - known, LONGEST_DAYS);
        const { steps } = forecast({
          ...{
            kind: 'stock',
            calendar,
            limit: null,
            horizonMs: AHEAD_DAYS * DAY_MS,
            nowMs: END_MS + DAY_MS,
            stepMs: DAY_MS,
            of: null,
          },
          history: { timesMs: history.map((_, i) => END_MS + (i - known + 0.5) * DAY_MS), values: history },
        });
        const peers = [leastSquares(Float64Array.from(history)), driftOf(history)];
        const losses = [0, 0, 0];
        for (let ahead = 1; ahead <= AHEAD_DAYS; ahead++) {
          const value = all[LONGEST_DAYS - 1 + ahead] ?? NaN;
          const own = steps[ahead - 1]?.quantiles ?? [];
          [own, ...peers.map((peer) => peer(ahead))].forEach((q, i) => (losses[i] = (losses[i] ?? 0) + pinball(q, value)));
          const tally = held[RANGES.findLastIndex((from) => from <= ahead)];
          if (!tally) continue;
          tally.days++;
          if (value >= (own[1] ?? NaN) && value <= (own[5] ?? NaN)) tally.in80++;
          if (value >= (own[0] ?? NaN) && value <= (own[6] ?? NaN)) tally.in95++;
        }
        line.push((losses[0] ?? NaN) / (losses[1] ?? NaN));
        drift.push((losses[0] ?? NaN) / (losses[2] ?? NaN));
      }
    }
    const percent = (of: 'in80' | 'in95') => held.map((tally) => Math.round((1000 * tally[of]) / tally.days) / 10);
    return {
      ...{ name, series: line.length, besideLine: geometric(line), besideDrift: geometric(drift) },
      ...{ held80: percent('in80'), held95: percent('in95') },
    };
  });
}

/** The last value, and growth and its scatter from day to day over the last weeks. */
function driftOf(history: readonly number[]): (ahead: number) => number[] {
  const last = history.at(-1) ?? NaN;
  const recent = history.slice(-DRIFT_DAYS - 1);
  const changes = recent.slice(1).map((v, i) => v - (recent[i] ?? NaN));
  const mean = changes.reduce((sum, v) => sum + v, 0) / changes.length;
  const sigma = Math.sqrt(changes.reduce((sum, v) => sum + (v - mean) ** 2, 0) / changes.length);
  return (ahead) => LEVELS.map((level) => last + mean * ahead + normalQuantile(level) * sigma * Math.sqrt(ahead));
}
