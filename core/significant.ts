/**
 * How many digits of a computed value are kept. Of the time a rate is divided by six digits are measured; the quotient has
 * sixteen, and the last of them are noise that nothing can pack. So what a counter gives is rounded once, where it is
 * computed, to 32 significant bits (1.2e-10 of the value at most, to either side), and the mean of a bin to 40 (twelve,
 * 5e-13), so that mean × known time is still the total. What devices report as levels, and every minimum and maximum of
 * samples, stays as it is.
 */

/** 53 − 32 and 53 − 40 bits are given up. */
const OF_RATE = 2 ** 21 + 1;
const OF_MEAN = 2 ** 13 + 1;
/** Beyond this the product below is not finite. */
const LARGEST = 2 ** 1000;

/** A rate to 32 significant bits; a whole number up to 2^32 stays what it is, NaN stays NaN. */
export const significantRate = (rate: number): number => split(rate, OF_RATE);
/** The mean of a bin to 40 significant bits; a whole number up to 2^40 stays what it is, NaN stays NaN. */
export const significantMean = (mean: number): number => split(mean, OF_MEAN);

/** Veltkamp's splitting: the nearest of fewer bits (Dekker 1971, A floating-point technique for extending the available precision). */
function split(x: number, by: number): number {
  const shifted = x * by;
  return shifted < LARGEST && shifted > -LARGEST ? shifted - (shifted - x) : x;
}
