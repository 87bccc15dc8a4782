import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { significantMean, significantRate } from '../../core/significant.ts';

/** How many of the 53 bits of a value are used, from its first to its last. */
function bitsOf(x: number): number {
  const word = new BigUint64Array(Float64Array.of(x).buffer)[0] ?? 0n;
  let fraction = (word & ((1n << 52n) - 1n)) | (1n << 52n);
  let bits = 53;
  for (; (fraction & 1n) === 0n; fraction >>= 1n) bits--;
  return bits;
}
/** Beyond these the last bits are not those of a normal double. */
const normal = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => Math.abs(x) > 1e-290 && Math.abs(x) < 1e290);

describe('significant digits', () => {
  it.each([
    ['a rate', significantRate, 32],
    ['a mean', significantMean, 40],
  ] as const)('keeps of %s the nearest value of so many bits', (_what, round, kept) => {
    fc.assert(
      fc.property(normal, (x) => {
        const rounded = round(x);
        expect(bitsOf(rounded)).toBeLessThanOrEqual(kept);
        expect(Math.abs(rounded - x)).toBeLessThanOrEqual(Math.abs(x) * 2 ** -kept);
        expect(round(rounded)).toBe(rounded);
        expect(round(-x)).toBe(-rounded);
      }),
    );
  });

  it('leaves whole numbers of so many bits alone', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 }), (n) => significantRate(n) === n));
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (n) => significantMean(n) === n));
  });

  it('leaves alone what is no number, none at all, or too large to be rounded', () => {
    for (const x of [0, -0, Infinity, -Infinity, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE])
      expect(significantRate(x)).toBe(x);
    expect(significantMean(NaN)).toBeNaN();
  });
});
