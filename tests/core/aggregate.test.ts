/** Combining series: against the plainest way of doing it, millisecond by millisecond. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, eachSlot, figureSlots, partialOf, type Member } from '../../core/aggregate.ts';
import { extremesOf } from '../../core/aggregate-peak.ts';
import type { RawColumns } from '../../core/ports.ts';
import { eachRecord } from '../../core/query.ts';
import { summarise } from '../../core/statistics.ts';

const STEP = 10;
const SLOTS = 6;
const END = STEP * SLOTS;

/** Records that tile time: distances and values, null = gap. */
const series = fc
  .record({
    startMs: fc.integer({ min: -15, max: 40 }),
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.option(fc.integer({ min: 0, max: 1000 }), { freq: 5 })), {
      minLength: 1,
      maxLength: 20,
    }),
  })
  .map(({ startMs, steps }): RawColumns => {
    let t = startMs;
    const tMs = steps.map(([distance]) => (t += distance));
    return { previousMs: startMs, tMs: Float64Array.from(tMs), value: Float64Array.from(steps, ([, v]) => v ?? NaN) };
  });

const memberOf = (raw: RawColumns): Member => {
  let bornMs = Infinity;
  eachRecord(raw, (t0) => (bornMs = Math.min(bornMs, t0)));
  return { each: (visit) => eachRecord(raw, visit), bornMs, untilMs: raw.tMs.at(-1) ?? 0, awaited: false };
};
/** Value of a series in the millisecond that begins at t. */
function at({ tMs, value, previousMs }: RawColumns, t: number): number {
  const i = tMs.findIndex((end) => end > t);
  return i < 0 || (i === 0 && t < (previousMs ?? Infinity)) ? NaN : (value[i] ?? NaN);
}
const moments = (slot: number) => Array.from({ length: STEP }, (_, i) => slot * STEP + i);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('a combination', () => {
  it('is the sum of the means of those that are known, and counts those that are not', () => {
    fc.assert(
      fc.property(fc.array(series, { minLength: 1, maxLength: 6 }), (all) => {
        const members = all.map(memberOf);
        const combined = combine(members, 'sum', 0, END, STEP);
        for (let slot = 0; slot < SLOTS; slot++) {
          let [sum, counted, missing] = [0, 0, 0];
          all.forEach((raw, m) => {
            const known = moments(slot).map((t) => at(raw, t)).filter((v) => !Number.isNaN(v)); // prettier-ignore
            const { bornMs, untilMs } = members[m] ?? { bornMs: 0, untilMs: 0 };
            const due = moments(slot).filter((t) => t >= bornMs && t < untilMs).length;
            if (known.length > 0 && known.length >= due / 2 - 1) [sum, counted] = [sum + mean(known), counted + 1];
            else if (due > 0) missing++;
          });
          expect([combined.counted[slot], combined.missing[slot]]).toEqual([counted, missing]);
          if (counted === 0) expect(combined.mean[slot]).toBeNaN();
          else expect(combined.mean[slot]).toBeCloseTo(sum, 6);
        }
      }),
    );
  });

  it('finds the extremes that were, millisecond by millisecond', () => {
    fc.assert(
      fc.property(
        fc.array(series, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('sum' as const, 'mean' as const),
        (all, how) => {
          const combined = combine(all.map(memberOf), how, 0, END, STEP);
          const { usable } = figureSlots(combined);
          const found = extremesOf(combined, all, how, usable, usable);
          let [high, low] = [-Infinity, Infinity];
          for (let slot = 0; slot < SLOTS; slot++) {
            if (!usable(slot)) continue;
            for (const t of moments(slot)) {
              const values = all.map((raw) => at(raw, t)).filter((v) => !Number.isNaN(v));
              if (values.length === 0 || values.length < (combined.counted[slot] ?? 0)) continue;
              const value = how === 'mean' ? mean(values) : values.reduce((a, b) => a + b, 0);
              [high, low] = [Math.max(high, value), Math.min(low, value)];
            }
          }
          const closeTo = (a: number | null, b: number) => (Number.isFinite(b) ? Math.abs((a ?? NaN) - b) < 1e-6 : a === null);
          expect([closeTo(found.maximum, high), closeTo(found.minimum, low)]).toEqual([true, true]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves no residue of what was large before', () => {
    // 0.1 + 0.2 − 0.1 − 0.2 is 3e-17, but a sum of zeros is zero.
    const raw = (values: readonly number[], shiftMs: number): RawColumns => ({
      previousMs: shiftMs - STEP,
      tMs: Float64Array.from(values, (_v, i) => i * STEP + shiftMs),
      value: Float64Array.from(values),
    });
    const all = [raw([0.1, 0.1, 0.1, 0, 0, 0], 3), raw([0.2, 0.2, 0.2, 0, 0, 0], 7)];
    const combined = combine(all.map(memberOf), 'sum', 0, END, STEP);
    const found = extremesOf(
      combined,
      all,
      'sum',
      () => true,
      () => true,
    );
    expect(found.minimum).toBe(0);
  });

  it('never leaves the bounds of its slots', () => {
    fc.assert(
      fc.property(fc.array(series, { minLength: 1, maxLength: 5 }), fc.constantFrom('sum', 'mean', 'max', 'min'), (all, how) => {
        const combined = combine(all.map(memberOf), how, 0, END, STEP);
        const { minimum, maximum } = summarise(eachSlot(combined, 'bounds'), -Infinity, Infinity);
        for (const value of combined.mean) {
          if (Number.isNaN(value)) continue;
          expect(value).toBeLessThanOrEqual((maximum ?? NaN) + 1e-6);
          expect(value).toBeGreaterThanOrEqual((minimum ?? NaN) - 1e-6);
        }
      }),
    );
  });
});

describe('partial time', () => {
  const steady = (known: (t: number) => boolean): Member => ({
    each: (visit) => {
      for (let t = 0; t < END; t += STEP) if (known(t)) visit(t, t + STEP, 1, 1, 1, STEP);
    },
    bornMs: -Infinity,
    untilMs: Infinity,
    awaited: false,
  });
  const line = (...members: Member[]) => ({
    combined: combine(members, 'sum', 0, END, STEP),
    names: ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, members.length),
  });

  it('is told in stretches, with at most three names', () => {
    const gone = steady((t) => t < 20);
    expect(
      partialOf(
        [
          line(
            steady(() => true),
            gone,
            gone,
            gone,
            gone,
            gone,
          ),
        ],
        0,
        END,
      ),
    ).toEqual([{ fromMs: 20, toMs: END, text: '5 of 6 unknown: b, c, d and 2 more' }]);
    const [first, second] = [steady((t) => t !== 20), steady((t) => t !== 30)];
    expect(partialOf([line(first, second)], 0, END)).toEqual([{ fromMs: 20, toMs: 40, text: 'up to 1 of 2 unknown: a, b' }]);
  });

  it('of several lines is told once', () => {
    const pair = line(
      steady(() => true),
      steady((t) => t !== 20),
    );
    expect(partialOf([pair, pair], 0, END)).toEqual([{ fromMs: 20, toMs: 30, text: '1 of 2 unknown: b' }]);
  });

  it('of lines with different members counts those of the line that lacks most', () => {
    const [there, gone] = [steady(() => true), steady((t) => t < 20)];
    const [few, many] = [line(there, gone), line(there, gone, gone, gone)];
    expect(partialOf([few, many], 0, END)).toEqual([{ fromMs: 20, toMs: END, text: '3 of 4 unknown: b, c, d' }]);
    expect(partialOf([many, few], 0, END)).toEqual([{ fromMs: 20, toMs: END, text: '3 of 4 unknown: b, c, d' }]);
  });

  it('is marked to the end, however often it begins', () => {
    const endMs = 1_000 * STEP;
    const every = (known: (slot: number) => boolean): Member => ({
      each: (visit) => {
        for (let t = 0; t < endMs; t += STEP) if (known(t / STEP)) visit(t, t + STEP, 1, 1, 1, STEP);
      },
      bornMs: -Infinity,
      untilMs: Infinity,
      awaited: false,
    });
    const flapping = combine([every(() => true), every((slot) => slot % 2 === 0)], 'sum', 0, endMs, STEP);
    const told = partialOf([{ combined: flapping, names: ['a', 'b'] }], 0, endMs);
    expect(told.length).toBeLessThanOrEqual(201);
    for (let t = STEP; t < endMs; t += 2 * STEP) expect(told.some(({ fromMs, toMs }) => fromMs <= t && toMs > t)).toBe(true);
  });
});
