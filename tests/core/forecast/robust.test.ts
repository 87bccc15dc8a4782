/** Medians and pools are found without sorting everything: they must be those of sorted values, to the last bit. */
import { describe, expect, test } from 'vitest';
import { poolsOf, remembered, type Scored } from '../../../core/forecast/backtest.ts';
import { LEVELS } from '../../../core/forecast/model.ts';
import { medianOf, quantileOf, quantilesOf, sigmaOf } from '../../../core/forecast/robust.ts';
import { random } from './series.ts';

const { uniform, normal } = random(7);
const KINDS: Readonly<Record<string, (i: number, n: number) => number>> = {
  random: normal,
  'with many ties': () => Math.floor(4 * uniform()),
  rising: (i) => i,
  falling: (i, n) => n - i,
  'up and down': (i, n) => (i % 2 === 0 ? i : n - i),
  equal: () => 3,
  'with gaps': () => (uniform() < 0.3 ? NaN : normal()),
  'with wild ones': () => normal() / (0.001 + uniform()) ** 4,
  unknown: () => NaN,
};
const SIZES = [0, 1, 2, 3, 7, 31, 32, 33, 34, 100, 365, 730, 4_368];
const sorted = (values: Float64Array) => values.filter((v) => !Number.isNaN(v)).sort();

describe.each(Object.keys(KINDS))('values that are %s', (kind) => {
  test.each(SIZES)('%i of them', (n) => {
    const values = Float64Array.from({ length: n }, (_, i) => KINDS[kind]?.(i, n) ?? NaN);
    const before = values.slice();
    const middle = quantileOf(sorted(values), 0.5);
    expect(medianOf(values)).toBe(middle);
    expect(medianOf(values, n >> 2, n - (n >> 3))).toBe(quantileOf(sorted(values.subarray(n >> 2, n - (n >> 3))), 0.5));
    expect(quantilesOf(values, [0, ...LEVELS, 1])).toEqual([0, ...LEVELS, 1].map((q) => quantileOf(sorted(values), q)));
    expect(sigmaOf(values)).toBe(1.4826 * quantileOf(sorted(values.map((v) => Math.abs(v - middle))), 0.5));
    expect(values).toEqual(before);
  });
});

test('errors of all origins are pooled in order, equal ones in that of their origins', () => {
  const path = { path: () => 0, spread: () => 1 };
  const scored = Array.from({ length: 9 }, (_, origin): Scored => {
    const draw = (n: number) =>
      Float64Array.from({ length: n }, () => (uniform() < 0.02 ? Infinity : Math.floor(20 * normal()) / 4));
    return { origin, path, scores: [draw(7), draw(origin === 4 ? 0 : 150)] };
  });
  for (const [r, pool] of poolsOf(scored, [1, 8]).entries()) {
    const all = scored.flatMap(({ scores }, owner) => Array.from(scores[r] ?? [], (value) => ({ value, owner })));
    all.sort((a, b) => (a.value === b.value ? 0 : a.value - b.value));
    expect([...pool.values]).toEqual(all.map(({ value }) => value));
    expect([...pool.owners]).toEqual(all.map(({ owner }) => owner));
    expect([...pool.counts]).toEqual(scored.map(({ scores }) => scores[r]?.length));
  }
});

test('a path is worked out once for each step, in whatever order it is asked for', () => {
  const asked: number[] = [];
  const path = remembered((ahead) => {
    asked.push(ahead);
    return ahead ** 2;
  });
  expect([3, 1, 4, 4].map(path)).toEqual([9, 1, 16, 16]);
  expect(asked).toEqual([1, 2, 3, 4]);
});
