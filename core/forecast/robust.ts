/** Statistics that a few wild values cannot lead astray. NaN is a gap and is passed over. */

/** Standard deviation of a normal distribution over its median absolute deviation. */
const MAD_TO_SIGMA = 1.4826;
/** Huber's constant: 95 % efficient where noise is normal (Huber 1964, Robust estimation of a location parameter). */
const HUBER = 1.345;
const ROUNDS = 6;

/** The q-quantile (0–1) of sorted values, interpolated; NaN when empty. */
export function quantileOf(sorted: Float64Array, q: number): number {
  const n = sorted.length;
  if (n === 0) return NaN;
  const at = Math.min(n - 1, Math.max(0, q * (n - 1)));
  const low = Math.floor(at);
  const a = sorted[low] ?? NaN;
  const b = sorted[Math.min(n - 1, low + 1)] ?? NaN;
  return a + (at - low) * (b - a);
}

/** So few values are sorted faster by insertion than by a call. */
const FEW = 32;

/** Known values in order. */
export function sortedKnown(values: ArrayLike<number>): Float64Array {
  const known = new Float64Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] ?? NaN;
    if (!Number.isNaN(v)) known[n++] = v;
  }
  const kept = known.subarray(0, n);
  if (n > FEW) return kept.sort();
  insertionSort(kept, 0, n);
  return kept;
}

function insertionSort(a: Float64Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const v = a[i] ?? 0;
    let at = i;
    for (; at > from && (a[at - 1] ?? 0) > v; at--) a[at] = a[at - 1] ?? 0;
    a[at] = v;
  }
}

/** Their sum, in their order. */
export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum;
}

/** Where medians are found, so that the many of a fit need no room of their own. Nothing is kept here between calls. */
let room = new Float64Array(1_024);

const roomFor = (n: number): Float64Array => (n <= room.length ? room : (room = new Float64Array(2 * n)));

/** The median of values[from..to). */
export function medianOf(values: ArrayLike<number>, from = 0, to = values.length): number {
  const into = roomFor(to - from);
  let n = 0;
  for (let i = from; i < to; i++) {
    const v = values[i] ?? NaN;
    if (!Number.isNaN(v)) into[n++] = v;
  }
  return middleOf(into, n);
}

/** Quantiles of known values, found together. @param levels never falling */
export function quantilesOf(values: ArrayLike<number>, levels: readonly number[]): number[] {
  const into = roomFor(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] ?? NaN;
    if (!Number.isNaN(v)) into[n++] = v;
  }
  let from = 0;
  return levels.map((level) => {
    if (n === 0) return NaN;
    const at = Math.min(n - 1, Math.max(0, level * (n - 1)));
    const low = Math.floor(at);
    // What came before the last one's place is smaller, and need not be looked at again.
    place(into, from, n, low);
    from = low;
    const a = into[low] ?? NaN;
    return a + (at - low) * (leastOf(into, Math.min(n - 1, low + 1), n) - a);
  });
}

/** Robust standard deviation: of values about their median, or about zero. */
export function sigmaOf(values: ArrayLike<number>, about = medianOf(values)): number {
  const into = roomFor(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs((values[i] ?? NaN) - about);
    if (!Number.isNaN(size)) into[n++] = size;
  }
  return MAD_TO_SIGMA * middleOf(into, n);
}

/** The median of the first `n` of `a`, whose order is lost. */
function middleOf(a: Float64Array, n: number): number {
  if (n === 0) return NaN;
  const k = (n - 1) >> 1;
  place(a, 0, n, k);
  const low = a[k] ?? NaN;
  return n % 2 === 1 ? low : low + 0.5 * (leastOf(a, k + 1, n) - low);
}

/** Brings to place k of a[start..end) what would be there in order; most of the rest need not be sorted for it (Hoare 1961, Find). */
function place(a: Float64Array, start: number, end: number, k: number): void {
  let [from, to] = [start, end - 1];
  while (to - from > FEW) {
    const pivot = middleOfThree(a[from] ?? 0, a[(from + to) >> 1] ?? 0, a[to] ?? 0);
    let [i, j] = [from, to];
    while (i <= j) {
      while ((a[i] ?? 0) < pivot) i++;
      while ((a[j] ?? 0) > pivot) j--;
      if (i > j) break;
      const v = a[i] ?? 0;
      a[i++] = a[j] ?? 0;
      a[j--] = v;
    }
    if (k <= j) to = j;
    else if (k >= i) from = i;
    else return;
  }
  insertionSort(a, from, to + 1);
}

function leastOf(a: Float64Array, from: number, to: number): number {
  let least = a[from] ?? NaN;
  for (let i = from + 1; i < to; i++) if ((a[i] ?? NaN) < least) least = a[i] ?? NaN;
  return least;
}

const middleOfThree = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

export interface Line {
  /** Value at x = 0. */
  readonly level: number;
  readonly slope: number;
  /** Standard deviation of what is left, and its correlation from one known value to the next. */
  readonly sigma: number;
  readonly rho: number;
  /** Standard errors, widened for that correlation; `levelError` is at the mean of x. */
  readonly slopeError: number;
  readonly levelError: number;
  readonly meanX: number;
  readonly n: number;
}

/**
 * Straight line by Huber's M-estimator over y[from..to), begun from the median of slopes between values a third of the
 * window apart (a thinned Theil–Sen estimator), so that neither end nor wild values turn it.
 * @returns null with fewer than three known values
 */
export function robustLine(y: Float64Array, from = 0, to = y.length): Line | null {
  const xs = new Float64Array(Math.max(0, to - from));
  const ys = new Float64Array(xs.length);
  let n = 0;
  for (let i = from; i < to; i++) {
    const v = y[i] ?? NaN;
    if (Number.isNaN(v)) continue;
    xs[n] = i;
    ys[n++] = v;
  }
  if (n < 3) return null;
  const lag = Math.max(1, Math.floor(n / 3));
  const slopes = new Float64Array(n - lag);
  for (let i = 0; i + lag < n; i++) slopes[i] = ((ys[i + lag] ?? 0) - (ys[i] ?? 0)) / ((xs[i + lag] ?? 0) - (xs[i] ?? 0));
  let slope = medianOf(slopes);
  const residual = new Float64Array(n);
  for (let i = 0; i < n; i++) residual[i] = (ys[i] ?? 0) - slope * (xs[i] ?? 0);
  let level = medianOf(residual);
  let sigma = 0;
  let sums = { w: 0, x: 0, xx: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < n; i++) residual[i] = (ys[i] ?? 0) - level - slope * (xs[i] ?? 0);
    sigma = sigmaOf(residual, 0);
    let [w, x, v, xx, xv] = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const size = Math.abs(residual[i] ?? 0);
      const weight = size <= HUBER * sigma || sigma === 0 ? 1 : (HUBER * sigma) / size;
      const dx = (xs[i] ?? 0) - from;
      w += weight;
      x += weight * dx;
      v += weight * (ys[i] ?? 0);
      xx += weight * dx * dx;
      xv += weight * dx * (ys[i] ?? 0);
    }
    const spread = xx - (x * x) / w;
    sums = { w, x: x / w, xx: spread };
    // More than half of it lies exactly on one line: that is the line.
    if (sigma === 0) break;
    slope = (xv - (x * v) / w) / spread;
    level = v / w - slope * (x / w + from);
  }
  for (let i = 0; i < n; i++) residual[i] = (ys[i] ?? 0) - level - slope * (xs[i] ?? 0);
  if (sigma === 0) sigma = Math.sqrt(residual.reduce((sum, r) => sum + r * r, 0) / n);
  const rho = correlation(residual, sigma);
  const widened = Math.sqrt((1 + rho) / (1 - rho));
  const loss = Math.sqrt(n / Math.max(1, n - 2));
  return {
    level,
    slope,
    sigma: sigma * loss,
    rho,
    slopeError: (sigma * loss * widened) / Math.sqrt(sums.xx),
    levelError: (sigma * loss * widened) / Math.sqrt(sums.w),
    meanX: sums.x + from,
    n,
  };
}

/** First autocorrelation of residuals cut at 3σ, kept within 0..0.9: a negative one would only make us bolder. */
function correlation(residual: Float64Array, sigma: number): number {
  if (sigma === 0) return 0;
  const cut = (v: number) => Math.max(-3 * sigma, Math.min(3 * sigma, v));
  let [own, next] = [0, 0];
  for (let i = 0; i < residual.length; i++) {
    const v = cut(residual[i] ?? 0);
    own += v * v;
    if (i > 0) next += v * cut(residual[i - 1] ?? 0);
  }
  return own === 0 ? 0 : Math.max(0, Math.min(0.9, next / own));
}
