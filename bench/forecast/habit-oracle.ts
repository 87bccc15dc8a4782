/**
 * What could be found at best: a detector that is told the true level and noise of every sample, with the one threshold
 * that brings it as many false episodes as the goal allows.
 */

/** Samples taken together; their sums stand out by the root of their number when the noise is independent. */
const TOGETHER = [1, 3, 6] as const;
const QUIET_MS = 3 * 3_600_000;

/** How far out each sample and the last few together are, in standard deviations. @param z values less level, over the noise */
export function standsOut(z: Float64Array): Float64Array {
  const out = new Float64Array(z.length);
  for (const n of TOGETHER) {
    let sum = 0;
    for (let i = 0; i < z.length; i++) {
      sum += (z[i] ?? 0) - (i >= n ? (z[i - n] ?? 0) : 0);
      out[i] = Math.max(out[i] ?? 0, Math.abs(sum) / Math.sqrt(n));
    }
  }
  return out;
}

/** The lowest threshold at which clean series have no more than so many episodes. */
export function thresholdFor(clean: readonly Float64Array[], stepMs: number, episodes: number): number {
  const count = (threshold: number) => {
    let n = 0;
    for (const series of clean) {
      let last = -Infinity;
      series.forEach((v, i) => {
        if (v < threshold) return;
        if ((i - last) * stepMs > QUIET_MS) n++;
        last = i;
      });
    }
    return n;
  };
  let [low, high] = [2, 12];
  for (let round = 0; round < 30; round++) {
    const middle = (low + high) / 2;
    if (count(middle) > episodes) low = middle;
    else high = middle;
  }
  return high;
}
