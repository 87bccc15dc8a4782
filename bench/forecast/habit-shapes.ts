/** Simulated series of known level and noise: what a habit is learnt from, and where peaks are put. */
import { HOURS_OF_WEEK } from '../../core/habit-clock.ts';

export type Noise = 'white' | 'slow' | 'heavy';
export interface HabitShape {
  readonly stepMinutes: number;
  readonly noise: Noise;
  /** Level and standard deviation of the noise, by hour of the week, hours that the whole is shifted by, and week. */
  readonly at: (hourOfWeek: number, phase: number, week: number) => { readonly level: number; readonly sigma: number };
}

const day = (hour: number) => 1 - Math.cos((2 * Math.PI * hour) / 24);
const WEEKEND = (5 * HOURS_OF_WEEK) / 7;

export const HABIT_SHAPES: Readonly<Record<string, HabitShape>> = {
  'uplink, hours': {
    stepMinutes: 60,
    noise: 'white',
    at: (h, p) => ({ level: 100 + (h < WEEKEND ? 100 : 50) * day((h % 24) + p), sigma: 8 }),
  },
  'uplink, 5 minutes': {
    stepMinutes: 5,
    noise: 'white',
    at: (h, p) => ({ level: 100 + (h < WEEKEND ? 100 : 50) * day((h % 24) + p), sigma: 8 }),
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

/** Noise of variance about one from a seed (mulberry32, Box and Muller). */
export function noiseOf(seed: number, noise: Noise): { next: () => number; uniform: () => number } {
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
