import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { fitting, hasBand, levels, linePoints, runs, spread } from '../../core/graph-geometry.ts';
import { cursorSlot, slotAt } from '../../web/graph/points.ts';

const STEP = 60_000;
function graph(mean: (number | null)[]): GraphData {
  return { fromMs: 0, toMs: mean.length * STEP, stepMs: STEP, tMs: mean.map((_, i) => i * STEP) } as unknown as GraphData;
}
const line = (mean: (number | null)[], below = false) => ({ mean, min: mean, max: mean, below }) as unknown as GraphLine;

describe('the cursor', () => {
  const data = graph([1, 2, 3]);
  it.each([
    [null, null],
    [0, 0],
    [90_000, 1],
    [180_000, 2],
    [180_001, null],
    [-1, null],
  ])('at %s ms is in slot %s', (tMs, slot) => expect(cursorSlot(data, tMs)).toBe(slot));
  it('stays at its moment when the slots move on, and goes with the range', () => {
    const later = { ...data, fromMs: STEP, toMs: 4 * STEP, tMs: data.tMs.map((t) => t + STEP) };
    expect(cursorSlot(later, 90_000)).toBe(0);
    expect(cursorSlot(later, 30_000)).toBeNull();
    expect(cursorSlot(null, 90_000)).toBeNull();
  });
});

describe('lines', () => {
  it('end where data ends and begin where it begins, and never cross a gap', () => {
    const mean = [1, 2, null, null, 5];
    expect(linePoints(graph(mean), line(mean))).toEqual([
      { x: 0, y: 1 },
      { x: 30_000, y: 1 },
      { x: 90_000, y: 2 },
      { x: 120_000, y: 2 },
      { x: 120_000, y: NaN },
      { x: 240_000, y: 5 },
      { x: 270_000, y: 5 },
      { x: 300_000, y: 5 },
    ]);
  });
  it('are mirrored below zero, and zero stays a value', () => {
    const mean = [3, 0];
    expect(linePoints(graph(mean), line(mean, true)).map((p) => p.y)).toEqual([-3, -3, -0, -0]);
  });
  it('stay inside the range when slots reach out of it', () => {
    const mean = [1, 2, 3];
    const data = { ...graph(mean), fromMs: 40_000, toMs: 130_000 };
    const xs = linePoints(data, line(mean)).map((p) => p.x);
    expect(Math.min(...xs)).toBe(40_000);
    expect(Math.max(...xs)).toBe(130_000);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
  });
  it('cover every known slot once', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.double({ noNaN: true }), { nil: null })), (mean) => {
        const covered = runs(mean).flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
        expect(covered).toEqual(mean.flatMap((v, i) => (v === null ? [] : [i])));
      }),
    );
  });
  it('have a band only where a slot holds more than one sample', () => {
    expect(hasBand(line([1, null, 2]))).toBe(false);
    expect(hasBand({ ...line([1, 2]), max: [1, 3] })).toBe(true);
  });
});

describe('the cursor', () => {
  it.each([
    [-5, 0],
    [0, 0],
    [59_999, 0],
    [60_000, 1],
    [9e9, 2],
  ])('at %i ms is in slot %i', (tMs, slot) => expect(slotAt(graph([1, 2, 3]), tMs)).toBe(slot));
  it('has no slot where there is none', () => expect(slotAt(graph([]), 5)).toBe(-1));
});

describe('labels', () => {
  const label = fc.record({ y: fc.integer({ min: 0, max: 400 }), height: fc.constantFrom(14, 28) });
  it('do not overlap where there is room, and keep their order', () => {
    fc.assert(
      fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
        const at = spread(labels, 0, 400);
        const boxes = labels.map((l, i) => ({ from: (at[i] ?? 0) - l.height / 2, to: (at[i] ?? 0) + l.height / 2, wanted: l.y }));
        boxes.sort((a, b) => a.from - b.from);
        boxes.forEach((box, i) => {
          const next = boxes[i + 1];
          if (!next) return;
          expect(next.from).toBeGreaterThanOrEqual(box.to - 1e-9);
          expect(next.wanted).toBeGreaterThanOrEqual(box.wanted);
        });
        for (const box of boxes) expect(box.from >= -1e-9 && box.to <= 400 + 1e-9).toBe(true);
      }),
    );
  });
  it('of an axis never touch, and the larger unit wins', () => {
    const ticks = [
      { at: 20, width: 30, major: false },
      { at: 40, width: 40, major: true },
      { at: 100, width: 30, major: false },
      { at: 195, width: 30, major: false },
    ];
    expect(fitting(ticks, 0, 200)).toEqual([false, true, true, false]);
  });
});

describe('a stack', () => {
  const stack = (lines: GraphLine[]): GraphData => ({ ...graph([0, 0, 0]), stack: true, lines });
  it('stands each line on those before it, each side on its own; what is unknown adds nothing', () => {
    const data = stack([
      line([1, null, 3]),
      line([5, 5, 5], true),
      line([10, 20, null]),
      line([100, 100, 100]),
      line([1, 1, 1], true),
    ]);
    expect(levels(data).map(({ base, top }) => [base, top])).toEqual([
      [[0, 0, 0], [1, null, 3]],
      [[0, 0, 0], [5, 5, 5]],
      [[1, 0, 3], [11, 20, null]],
      [[11, 20, 3], [111, 120, 103]],
      [[5, 5, 5], [6, 6, 6]],
    ]); // prettier-ignore
  });
  it('keeps every line its own height without stacking, and its top under the sum with it', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.option(fc.nat(1e6)), { minLength: 3, maxLength: 3 }), { maxLength: 6 }), (values) => {
        const data = stack(values.map((mean) => line(mean)));
        const sum = [0, 1, 2].map((i) => values.reduce((all, mean) => all + (mean[i] ?? 0), 0));
        levels(data).forEach(({ top, base }, n) => {
          top.forEach((v, i) => {
            expect(v === null ? null : v - (base?.[i] ?? NaN)).toBe(values[n]?.[i] ?? null);
            expect(v ?? 0).toBeLessThanOrEqual(sum[i] ?? 0);
          });
        });
        expect(levels({ ...data, stack: false }).map(({ top }) => top)).toEqual(values);
      }),
    );
  });
});
