/** Series with a seed, for tests of forecasts. */
export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const START_MS = Date.UTC(2026, 6, 1);

/** Numbers that look random, the same for the same seed (Mulberry32, public domain). */
export function random(seed: number): { uniform: () => number; normal: () => number } {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

export interface Built {
  readonly timesMs: number[];
  readonly values: (number | null)[];
}

/** One value a step from START_MS. */
export function built(length: number, valueAt: (i: number) => number | null, stepMs = DAY_MS): Built {
  return {
    timesMs: Array.from({ length }, (_, i) => START_MS + i * stepMs),
    values: Array.from({ length }, (_, i) => valueAt(i)),
  };
}
