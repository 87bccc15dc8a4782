/** Simulated traffic with a seed: habits of day and week, growth, holidays, level shifts, bursts, wandering levels. */
import { random } from '../../tests/core/forecast/series.ts';

export interface TrafficSet {
  readonly name: string;
  /** Steps of a day. */
  readonly perDay: number;
  readonly series: readonly Float64Array[];
}

type Make = (seed: number, length: number) => Float64Array;

/** A level that wanders, times a habit, times noise; sometimes a shift, bursts and days off. */
const office: Make = (seed, length) => {
  const { uniform, normal } = random(seed);
  const [size, growth, weekend, noise] = [
    50 + 200 * uniform(),
    0.4 * uniform() - 0.1,
    0.2 + 0.5 * uniform(),
    0.05 + 0.15 * uniform(),
  ];
  const [shiftAt, shift] = [Math.floor(length * uniform()), uniform() < 0.3 ? 0.7 + uniform() : 1];
  const off = new Set(Array.from({ length: Math.ceil(length / 24 / 40) }, () => Math.floor((uniform() * length) / 24)));
  let wander = 0;
  return Float64Array.from({ length }, (_, i) => {
    const [hour, day] = [i % 24, Math.floor(i / 24)];
    wander = 0.995 * wander + 0.01 * normal();
    const work = Math.exp(-(((hour - 14) / 4.5) ** 2));
    const quiet = day % 7 >= 5 || off.has(day) ? weekend : 1;
    const burst = uniform() < 0.004 ? 1 + 2 * uniform() : 1;
    const level = size * (1 + (growth * i) / 8760) * Math.exp(wander) * (i >= shiftAt ? shift : 1);
    return Math.max(0, level * (0.15 + work * quiet) * burst * (1 + noise * normal()));
  });
};

/** Evenings and weekends, a nightly job, correlated noise. */
const homes: Make = (seed, length) => {
  const { uniform, normal } = random(seed);
  const [size, noise, job] = [100 + 400 * uniform(), 0.04 + 0.12 * uniform(), uniform() < 0.5 ? uniform() : 0];
  let rest = 0;
  return Float64Array.from({ length }, (_, i) => {
    const [hour, day] = [i % 24, Math.floor(i / 24)];
    rest = 0.85 * rest + noise * 0.5 * normal();
    const evening = 0.35 + 0.65 * Math.exp(-((((hour - 20 + 36) % 24) - 12) ** 2) / 30);
    return Math.max(0, size * (evening * (day % 7 >= 5 ? 1.15 : 1) + (hour === 3 ? job : 0)) * (1 + rest));
  });
};

/** Peaks of days: growth, a habit of the week, a year, shifts now and then. */
const backbone: Make = (seed, length) => {
  const { uniform, normal } = random(seed);
  const [size, growth, noise] = [100 + 900 * uniform(), 0.5 * uniform() - 0.05, 0.03 + 0.09 * uniform()];
  const [depth, weekend] = [0.15 * uniform(), 0.6 + 0.5 * uniform()];
  let wander = 0;
  return Float64Array.from({ length }, (_, i) => {
    wander = 0.98 * wander + (uniform() < 0.006 ? 0.2 * normal() : 0.008 * normal());
    const year = 1 + depth * Math.cos((2 * Math.PI * i) / 365);
    return size * (1 + (growth * i) / 365) * year * Math.exp(wander) * (i % 7 >= 5 ? weekend : 1) * Math.exp(noise * normal());
  });
};

/** Load without a habit: a level that jumps and wanders, with heavy tails. */
const machines: Make = (seed, length) => {
  const { uniform, normal } = random(seed);
  let level = 20 + 40 * uniform();
  let rest = 0;
  return Float64Array.from({ length }, () => {
    if (uniform() < 0.003) level = 10 + 60 * uniform();
    rest = 0.9 * rest + normal();
    return Math.max(0, level + rest + (uniform() < 0.02 ? 15 * uniform() : 0));
  });
};

/** Sets of `count` series each; hours over 10 weeks, days over two years. */
export function trafficSets(seed: number, count: number): TrafficSet[] {
  const of = (make: Make, length: number, base: number) =>
    Array.from({ length: count }, (_, n) => make(seed * 7_919 + base + n, length));
  return [
    { name: 'simulated: offices, hourly', perDay: 24, series: of(office, 24 * 70, 0) },
    { name: 'simulated: homes, hourly', perDay: 24, series: of(homes, 24 * 70, 1_000) },
    { name: 'simulated: machines, hourly', perDay: 24, series: of(machines, 24 * 70, 2_000) },
    { name: 'simulated: backbone, daily', perDay: 1, series: of(backbone, 730, 3_000) },
  ];
}
