import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tile } from '../../core/tiling.ts';

const MIN = 60_000;
const t = (...minutes: number[]) => minutes.map((m) => m * MIN);

describe('tile', () => {
  it.each([
    ['regular rows cover back to the row before; the first one interval', t(1, 2, 3), [1, 2, 3], t(0, 1, 2, 3), [NaN, 1, 2, 3]],
    ['an empty value is a gap', t(1, 2, 3), [1, NaN, 3], t(0, 1, 2, 3), [NaN, 1, NaN, 3]],
    ['one missing row is covered', t(1, 2, 4, 5), [1, 2, 4, 5], t(0, 1, 2, 4, 5), [NaN, 1, 2, 4, 5]],
    ['a longer hole is unknown', t(1, 2, 12, 13), [1, 2, 12, 13], t(0, 1, 2, 11, 12, 13), [NaN, 1, 2, NaN, 12, 13]],
    ['an interval that grows is covered', t(1, 2, 7, 12), [1, 2, 7, 12], t(0, 1, 2, 7, 12), [NaN, 1, 2, 7, 12]],
    [
      'an interval that shrinks is covered',
      t(5, 10, 15, 16, 17),
      [5, 10, 15, 16, 17],
      t(0, 5, 10, 15, 16, 17),
      [NaN, 5, 10, 15, 16, 17],
    ],
    [
      'after a hole with another interval, one new interval',
      t(1, 2, 62, 67),
      [1, 2, 62, 67],
      t(0, 1, 2, 57, 62, 67),
      [NaN, 1, 2, NaN, 62, 67],
    ],
    ['a lone row stands for five minutes', t(10), [7], t(5, 10), [NaN, 7]],
  ])('%s', (_name, times, values, wantT, wantV) => {
    const got = tile(times, values);
    expect([...got.tMs]).toEqual(wantT);
    expect([...got.value]).toEqual(wantV);
  });

  it('keeps every row, in ascending times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e7 }), { minLength: 1, maxLength: 40 }), (steps) => {
        let at = 1e12;
        const times = steps.map((s) => (at += s));
        const got = tile(times, times.map((_, i) => i)); // prettier-ignore
        for (let i = 1; i < got.tMs.length; i++) expect(got.tMs[i]).toBeGreaterThan(got.tMs[i - 1] ?? 0);
        expect(Array.from(got.tMs).filter((_, i) => !Number.isNaN(got.value[i]))).toEqual(times);
      }),
    );
  });
});
