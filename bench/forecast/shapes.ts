/** Disks as they fill and as they do not, with a seed; one value a day in percent, the limit is 95. */
import { random } from '../../tests/core/forecast/series.ts';

export const LIMIT = 95;
export const HISTORY_DAYS = 120;
const FUTURE_DAYS = 400;

export interface Disk {
  readonly shape: string;
  readonly fills: boolean;
  readonly history: readonly (number | null)[];
  /** Days after the history until the limit is first reached; null = not within 400. */
  readonly daysToLimit: number | null;
}

type Draw = ReturnType<typeof draws>;
/** Value of a day; null = unknown. */
type Course = (i: number) => number | null;
type Shapes = Readonly<Record<string, (draw: Draw) => Course>>;

function draws(seed: number) {
  const { uniform, normal } = random(seed);
  const between = (a: number, b: number) => a + (b - a) * uniform();
  return { uniform, normal, between, whole: (a: number, b: number) => Math.round(between(a, b)) };
}
const week = (i: number) => Math.sin((2 * Math.PI * i) / 7);

/** The thirteen that goals are set for. */
export const SHAPES: Shapes = {
  linear: ({ between, normal }) => {
    const [a, b] = [between(30, 45), between(0.12, 0.35)];
    return (i) => a + b * i + 0.4 * normal();
  },
  'linear with a weekly habit': ({ between, normal }) => {
    const [a, b, w] = [between(30, 45), between(0.12, 0.35), between(2, 5)];
    return (i) => a + b * i + w * week(i) + 0.5 * normal();
  },
  'growing sawtooth': ({ between, whole, normal }) => {
    const [a, b, p, r] = [between(30, 40), between(0.1, 0.25), whole(7, 15), between(0.8, 1.5)];
    return (i) => a + b * i + r * (i % p) + 0.3 * normal();
  },
  'one clean-up': ({ between, whole, normal }) => {
    const [a, b, at, size] = [between(45, 55), between(0.2, 0.35), whole(50, 100), between(20, 30)];
    return (i) => a + b * i - (i >= at ? size : 0) + 0.4 * normal();
  },
  'one import': ({ between, whole, normal }) => {
    const [a, b, at, size] = [between(25, 32), between(0.12, 0.2), whole(60, 105), between(12, 22)];
    return (i) => a + b * i + (i >= at ? size : 0) + 0.4 * normal();
  },
  'faster since': ({ between, whole, normal }) => {
    const [a, b, at, c] = [between(40, 50), between(0.03, 0.08), whole(60, 90), between(0.25, 0.45)];
    return (i) => a + b * Math.min(i, at) + c * Math.max(0, i - at) + 0.4 * normal();
  },
  exponential: ({ between, normal }) => {
    const [a, g] = [between(28, 36), between(0.004, 0.006)];
    return (i) => a * Math.exp(g * i) * (1 + 0.01 * normal());
  },
  'gaps and wild days': ({ between, normal, uniform }) => {
    const [a, b] = [between(35, 45), between(0.15, 0.3)];
    return (i) => {
      const [v, u] = [a + b * i + 0.4 * normal(), uniform()];
      if (i >= HISTORY_DAYS) return v;
      return u < 0.2 ? null : u < 0.23 ? 0 : v;
    };
  },
  'never: sawtooth': ({ between, whole, normal }) => {
    const [a, p, r] = [between(40, 50), whole(7, 20), between(0.8, 2)];
    return (i) => a + r * (i % p) + 0.3 * normal();
  },
  'never: step': ({ between, whole, normal }) => {
    const [a, at, size] = [between(30, 40), whole(60, 110), between(15, 30)];
    return (i) => a + (i >= at ? size : 0) + 0.5 * normal();
  },
  'never: noise': ({ between, normal }) => {
    const a = between(60, 80);
    return () => a + 2 * normal();
  },
  'never: saturating': ({ between, normal }) => {
    const [a, l, t] = [between(30, 40), between(35, 45), between(25, 40)];
    return (i) => a + l * (1 - Math.exp(-i / t)) + 0.4 * normal();
  },
  'never: weekly habit': ({ between, normal }) => {
    const [a, w] = [between(55, 70), between(8, 14)];
    return (i) => a + w * Math.sin((2 * Math.PI * i) / 7 + 1) + 1.5 * normal();
  },
};

/** Others, which nothing was developed on. */
export const FURTHER_SHAPES: Shapes = {
  'import and clean-up': ({ between, whole, normal }) => {
    const [a, b, up, down] = [between(35, 42), between(0.15, 0.3), whole(25, 50), whole(70, 100)];
    const [more, less] = [between(10, 18), between(10, 18)];
    return (i) => a + b * i + (i >= up ? more : 0) - (i >= down ? less : 0) + 0.4 * normal();
  },
  'noise that lasts': ({ between, normal }) => {
    const [a, b] = [between(30, 45), between(0.15, 0.35)];
    let rest = 0;
    return (i) => a + b * i + (rest = 0.8 * rest + 0.5 * normal());
  },
  'noise with heavy tails': ({ between, normal, uniform }) => {
    const [a, b] = [between(30, 45), between(0.15, 0.35)];
    return (i) => a + b * i + (0.4 * normal()) / Math.sqrt(0.15 + uniform());
  },
  'weekdays only': ({ between, normal }) => {
    const [a, b] = [between(35, 45), between(0.15, 0.4)];
    return (i) => a + b * (Math.floor(i / 7) * 5 + Math.min(i % 7, 5)) + 0.3 * normal();
  },
  'sawtooth by the month': ({ between, normal }) => {
    const [a, b, r] = [between(30, 36), between(0.12, 0.2), between(0.4, 0.7)];
    return (i) => a + b * i + r * (i % 30) + 0.4 * normal();
  },
  'slower since': ({ between, whole, normal }) => {
    const [a, at, b, c] = [between(30, 38), whole(50, 85), between(0.3, 0.4), between(0.1, 0.15)];
    return (i) => a + b * Math.min(i, at) + c * Math.max(0, i - at) + 0.4 * normal();
  },
  'never: wandering': ({ between, normal }) => {
    const a = between(40, 55);
    let rest = 0;
    return () => a + (rest = 0.97 * rest + 0.8 * normal());
  },
  'never: sawtooth with a habit': ({ between, whole, normal }) => {
    const [a, p, r] = [between(40, 50), whole(12, 20), between(0.8, 1.6)];
    return (i) => a + r * (i % p) + 1.5 * week(i) + 0.4 * normal();
  },
  'never: shrinking': ({ between, normal }) => {
    const [a, b] = [between(60, 85), between(0.05, 0.2)];
    return (i) => Math.max(5, a - b * i) + 0.6 * normal();
  },
};

/** `repetitions` disks of each shape; those that are full within two days, or were so before, are drawn again. */
export function* disks(shapes: Shapes, seed: number, repetitions: number): Generator<Disk> {
  let n = seed * 1_000_003;
  for (const [shape, make] of Object.entries(shapes)) {
    const fills = !shape.startsWith('never');
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (let attempt = 0; attempt < 200; attempt++) {
        const course = make(draws(n++));
        const all = Array.from({ length: HISTORY_DAYS + FUTURE_DAYS }, (_, i) => course(i));
        const history = all.slice(0, HISTORY_DAYS);
        const days = all.slice(HISTORY_DAYS).findIndex((v) => (v ?? 0) >= LIMIT) + 1;
        if (history.some((v) => (v ?? 0) >= LIMIT) || (fills ? days > 0 && days <= 2 : days > 0)) continue;
        yield { shape, fills, history, daysToLimit: days === 0 ? null : days };
        break;
      }
    }
  }
}
