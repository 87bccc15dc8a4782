import { describe, expect, test } from 'vitest';
import { proportional, returning, yearAgo } from '../../../core/forecast/rate-further.ts';
import { straysOf } from '../../../core/forecast/rate-spread.ts';
import { MEDIAN } from '../../../core/forecast/model.ts';
import { random } from './series.ts';

const one = () => 1;

describe('how far a rate strays', () => {
  test('grows with the distance where a level wanders, and does not where it stays', () => {
    const { normal } = random(4);
    let level = 0;
    const wanders = Float64Array.from({ length: 1_200 }, () => (level += normal()));
    const stays = Float64Array.from({ length: 1_200 }, () => normal());
    const [far, near] = [straysOf(wanders, one, 24), straysOf(stays, one, 24)];
    expect((far?.grows(100) ?? 0) / (far?.grows(1) ?? 1)).toBeGreaterThan(4);
    expect((near?.grows(100) ?? 0) / (near?.grows(1) ?? 1)).toBeLessThan(1.2);
    // Between the distances that were looked at it goes evenly.
    expect(far?.grows(30)).toBeGreaterThan(far?.grows(24) ?? Infinity);
    expect(far?.grows(30)).toBeLessThan(far?.grows(48) ?? 0);
  });

  test('has the ends that the errors have', () => {
    const { normal, uniform } = random(5);
    const skewed = Float64Array.from({ length: 1_300 }, () => (uniform() < 0.1 ? 20 * uniform() : 0) + normal());
    const shape = straysOf(skewed, one, 24)?.shape ?? [];
    expect(shape).toEqual([...shape].sort((a, b) => a - b));
    expect((shape.at(-1) ?? 0) / -(shape[0] ?? 1)).toBeGreaterThan(2);
    expect(shape[MEDIAN]).toBe(0);
  });

  test('says nothing of a few values, of gaps, of values that are all the same', () => {
    expect(straysOf(new Float64Array(5), one, 24)).toBeNull();
    expect(straysOf(new Float64Array(500).fill(NaN), one, 24)).toBeNull();
    expect(straysOf(new Float64Array(500).fill(7), one, 24)).toBeNull();
  });
});

describe('further members', () => {
  const season = { perDay: 24, perWeek: 168, phase: (i: number) => i % 168 };
  test('a habit in proportion grows with the level', () => {
    const shape = (i: number) => 2 + Math.cos((2 * Math.PI * i) / 24);
    const y = Float64Array.from({ length: 168 * 6 }, (_, i) => shape(i) * (i < 168 * 5 ? 100 : 300));
    const level = Float64Array.from({ length: y.length }, (_, i) => (i < 168 * 5 ? 200 : 600));
    const ahead = proportional(y, level, season);
    for (const h of [1, 7, 13, 24]) expect((ahead?.(h) ?? 0) / (300 * shape(y.length - 1 + h))).toBeCloseTo(1, 1);
    expect(
      proportional(
        y.map((v) => v - 400),
        level,
        season,
      ),
    ).toBeNull();
  });

  test('a level returns to that of always, as fast as it did before', () => {
    const { normal } = random(6);
    let off = 0;
    const days = Float64Array.from({ length: 300 }, () => 50 + (off = 0.8 * off + normal()));
    const ahead = returning(days, 60, 1);
    expect(ahead?.(1)).toBeGreaterThan(56);
    expect(ahead?.(40)).toBeLessThan(51);
    expect(returning(new Float64Array(9).fill(3), 3, 1)).toBeNull();
  });

  test('the year before counts as much higher as the last weeks were', () => {
    const y = Float64Array.from({ length: 600 }, (_, i) => (i < 364 ? 1 : 1.5) * (100 + 30 * Math.sin((2 * Math.PI * i) / 364)));
    const ahead = yearAgo(y);
    for (const h of [1, 30, 90]) {
      const truth = 150 + 45 * Math.sin((2 * Math.PI * (599 + h)) / 364);
      expect((ahead?.(h) ?? 0) / truth).toBeCloseTo(1, 1);
    }
    expect(yearAgo(y.subarray(0, 380))).toBeNull();
  });
});
