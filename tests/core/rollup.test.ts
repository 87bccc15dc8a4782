import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRollup, rollupRecords, type Bin, type BinsOfRow, type EmitBin } from '../../core/rollup.ts';

const STEP = 300_000;

/** Bins by brute force: every millisecond-exact overlap of every record with every bin. */
function oracle(tMs: readonly number[], value: readonly number[], previousMs: number, stepMs: number): Bin[] {
  const bins = new Map<number, { total: number; known: number; min: number; max: number }>();
  let before = previousMs;
  tMs.forEach((t, i) => {
    const v = value[i] ?? NaN;
    if (!Number.isNaN(v)) {
      for (let b = Math.floor(before / stepMs) * stepMs; b < t; b += stepMs) {
        const overlap = Math.min(t, b + stepMs) - Math.max(before, b);
        if (overlap <= 0) continue;
        const bin = bins.get(b) ?? { total: 0, known: 0, min: Infinity, max: -Infinity };
        bin.total += v * overlap;
        bin.known += overlap;
        bin.min = Math.min(bin.min, v);
        bin.max = Math.max(bin.max, v);
        bins.set(b, bin);
      }
    }
    before = t;
  });
  return [...bins].map(([t, b]) => ({ tMs: t, mean: b.total / b.known, min: b.min, max: b.max, known: b.known / stepMs }));
}

const records = fc
  .array(
    fc.record({
      dt: fc.integer({ min: 1, max: 2_000_000 }),
      v: fc.option(
        fc.double({ min: 0, max: 1e12, noNaN: true }).map((v) => (v < 1e-9 ? 0 : v)),
        { nil: NaN },
      ),
    }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((rows) => {
    const start = 1_700_000_123_456;
    const t: number[] = [];
    let at = start;
    for (const r of rows) t.push((at += r.dt));
    return { start, t, v: rows.map((r) => r.v) };
  });

/** The row of a moment, made when it is asked for first. */
function blank(rows: BinsOfRow[], tMs: number, size: number): BinsOfRow {
  const before = rows.find((row) => row.tMs === tMs);
  if (before) return before;
  const column = () => new Float64Array(size).fill(NaN);
  const row = { tMs, mean: column(), min: column(), max: column(), known: column() };
  rows.push(row);
  return row;
}

function binsIn(rows: readonly BinsOfRow[], slots: Int32Array): [string, Bin][] {
  return rows.flatMap(({ tMs, mean, min, max, known }) =>
    Array.from(slots, (slot, i): [string, Bin] => [
      `${slot} ${tMs}`,
      { tMs, mean: mean[i] ?? NaN, min: min[i] ?? NaN, max: max[i] ?? NaN, known: known[i] ?? NaN },
    ]).filter(([, bin]) => bin.known > 0),
  );
}

describe('rollup', () => {
  it.each([
    ['one sample inside a bin', 0, [60_000], [10], [{ tMs: 0, mean: 10, min: 10, max: 10, known: 0.2 }]],
    [
      'a sample that ends on the edge stays in its bin',
      240_000,
      [300_000],
      [4],
      [{ tMs: 0, mean: 4, min: 4, max: 4, known: 0.2 }],
    ],
    [
      'a sample across an edge counts in both by overlap',
      270_000,
      [330_000],
      [8],
      [
        { tMs: 0, mean: 8, min: 8, max: 8, known: 0.1 },
        { tMs: 300_000, mean: 8, min: 8, max: 8, known: 0.1 },
      ],
    ],
    [
      'unequal intervals weigh by time, not by count',
      0,
      [60_000, 300_000],
      [100, 0],
      [{ tMs: 0, mean: 20, min: 0, max: 100, known: 1 }],
    ],
    [
      'a gap is unknown, not zero',
      0,
      [60_000, 120_000, 180_000],
      [6, NaN, 12],
      [{ tMs: 0, mean: 9, min: 6, max: 12, known: 0.4 }],
    ],
    [
      'a bin with nothing known does not exist',
      0,
      [300_000, 600_000, 660_000],
      [NaN, NaN, 1],
      [{ tMs: 600_000, mean: 1, min: 1, max: 1, known: 0.2 }],
    ],
  ])('%s', (_name, previous, t, v, want) => {
    expect(rollupRecords(t, v, previous, STEP)).toEqual(want);
  });

  it('agrees with brute force on any irregular series, and keeps totals', () => {
    fc.assert(
      fc.property(records, fc.constantFrom(STEP, 3_600_000, 86_400_000), ({ start, t, v }, step) => {
        const got = rollupRecords(t, v, start, step);
        const want = oracle(t, v, start, step);
        expect(got.map((b) => b.tMs)).toEqual(want.map((b) => b.tMs));
        let total = 0;
        got.forEach((bin, i) => {
          const w = want[i];
          expect(bin.min).toBe(w?.min);
          expect(bin.max).toBe(w?.max);
          expect(bin.known).toBeCloseTo(w?.known ?? NaN, 12);
          expect(Math.abs(bin.mean - (w?.mean ?? NaN))).toBeLessThanOrEqual(1e-9 * Math.abs(w?.mean ?? 0));
          expect(bin.mean).toBeGreaterThanOrEqual(bin.min);
          expect(bin.mean).toBeLessThanOrEqual(bin.max);
          total += bin.mean * bin.known * step;
        });
        let exact = 0;
        let before = start;
        t.forEach((at, i) => {
          if (!Number.isNaN(v[i] ?? NaN)) exact += (v[i] ?? 0) * (at - before);
          before = at;
        });
        expect(Math.abs(total - exact)).toBeLessThanOrEqual(1e-9 * exact);
      }),
      { numRuns: 300 },
    );
  });

  it('does by rows what it does one by one', () => {
    const rows = fc.array(
      fc.record({
        dt: fc.integer({ min: 0, max: 700_000 }),
        back: fc.integer({ min: 0, max: 3 }),
        values: fc.array(fc.constantFrom(NaN, 0, 1, -7, 3.25), { minLength: 5, maxLength: 5 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(rows, (taken) => {
        const made = () => ({ bins: new Map<string, Bin>(), order: [] as number[] });
        const [byRow, oneByOne] = [made(), made()];
        const keep =
          (all: ReturnType<typeof made>): EmitBin =>
          (slot, tMs, mean, min, max, known) =>
            all.bins.set(`${slot} ${tMs}`, { tMs, mean, min, max, known });
        const whole = createRollup(STEP, keep(byRow));
        const single = createRollup(STEP, keep(oneByOne));
        const slots = Int32Array.of(3, 200, 1, 7, 6);
        let at = 1_700_000_123_456;
        for (const { dt, back, values } of taken) {
          const from = at - (back === 3 ? 400_000 : 0);
          at += dt;
          const rows: BinsOfRow[] = [];
          const behind = whole.addRow(slots, from, at, Float64Array.from(values), (tMs) => blank(rows, tMs, slots.length));
          const behindOne: number[] = [];
          slots.forEach((slot, i) => single.add(slot, from, at, values[i] ?? NaN, i) || behindOne.push(i));
          expect(behind).toEqual(behindOne);
          for (const bin of binsIn(rows, slots)) byRow.bins.set(...bin);
        }
        expect(byRow.bins).toEqual(oneByOne.bins);
        for (const slot of slots) expect(whole.open(slot)).toEqual(single.open(slot));
      }),
      { numRuns: 300 },
    );
  });

  it('makes of closed bins what it makes of their samples', () => {
    fc.assert(
      fc.property(records, ({ start, t, v }) => {
        const hours: Bin[] = [];
        const slots = Int32Array.of(0);
        const hourly = createRollup(3_600_000, (_slot, tMs, mean, min, max, known) => hours.push({ tMs, mean, min, max, known }));
        const take = (rows: BinsOfRow[]) => {
          for (const [, bin] of binsIn(rows, slots)) hours.push(bin);
          rows.length = 0;
        };
        for (const bin of rollupRecords(t, v, start, STEP)) {
          const rows: BinsOfRow[] = [];
          const out = (tMs: number) => blank(rows, tMs, 1);
          hourly.pass(slots, bin.tMs, out);
          take(rows);
          const one = blank([], bin.tMs, 1);
          [one.mean[0], one.min[0], one.max[0], one.known[0]] = [bin.mean, bin.min, bin.max, bin.known];
          hourly.addBins(slots, STEP, one, out);
          take(rows);
        }
        const open = hourly.open(0);
        const found = open ? [...hours, open] : hours;
        const wanted = rollupRecords(t, v, start, 3_600_000);
        expect(found.map(({ tMs, min, max }) => [tMs, min, max])).toEqual(wanted.map(({ tMs, min, max }) => [tMs, min, max]));
        found.forEach((bin, i) => {
          expect(bin.known).toBeCloseTo(wanted[i]?.known ?? NaN, 12);
          expect(Math.abs(bin.mean - (wanted[i]?.mean ?? NaN))).toBeLessThanOrEqual(1e-9 * Math.abs(bin.mean));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('emits each bin once, when a sample reaches its end', () => {
    const emitted: number[] = [];
    const rollup = createRollup(STEP, (_slot, t) => emitted.push(t));
    rollup.add(3, 0, 299_999, 1);
    expect(emitted).toEqual([]);
    rollup.add(3, 299_999, 300_000, 1);
    expect(emitted).toEqual([0]);
    expect(rollup.open(3)).toBeNull();
    rollup.add(3, 300_000, 1_000_000, NaN);
    expect(emitted).toEqual([0]);
  });

  it('refuses known time behind the open bin and leaves that bin as it was', () => {
    const rollup = createRollup(STEP, () => undefined);
    rollup.add(0, 600_000, 660_000, 5);
    expect(rollup.add(0, 500_000, 590_000, 9)).toBe(false);
    expect(rollup.open(0)).toEqual({ tMs: 600_000, mean: 5, min: 5, max: 5, known: 0.2 });
  });

  it('seals only bins that are over', () => {
    const emitted: number[] = [];
    const rollup = createRollup(STEP, (_slot, t) => emitted.push(t));
    rollup.add(0, 0, 60_000, 5);
    expect(rollup.seal(0, 299_999)).toBe(false);
    expect(rollup.seal(0, 300_000)).toBe(true);
    expect(emitted).toEqual([0]);
  });
});
