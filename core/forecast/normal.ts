/** The standard normal distribution. */

/** Its distribution function, to 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
export function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    Math.exp((-z * z) / 2) * t * (0.127414796 + t * (-0.142248368 + t * (0.710706871 + t * (-0.726576014 + t * 0.530702714))));
  return z > 0 ? 1 - tail : tail;
}

/** Its quantile function, by bisection: it is asked for a few levels only. */
export function normalQuantile(p: number): number {
  let [low, high] = [-9, 9];
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
