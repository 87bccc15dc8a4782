import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BIN_TIERS, DEFAULT_TIERS, TIER_STEP_MS } from '../../core/model.ts';
import type { SeriesStore } from '../../core/ports.ts';
import { tile } from '../../core/tiling.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createMemoryStore } from '../../store/memory.ts';

import {
  binsOf,
  DAY,
  expectOracle,
  expectSame,
  historyOver,
  HOUR,
  key,
  MINUTE,
  open,
  oracle,
  PATIENCE_MS,
  row,
  RUNS,
  seriesOfPoints,
  shared,
  T0,
  type Bins,
} from './histories.ts';

describe('importSamples', () => {
  const samples = (points: readonly { t: number; v: number }[], series = key()) => ({
    series,
    tMs: Float64Array.from(points, ({ t }) => t),
    value: Float64Array.from(points, ({ v }) => v),
  });
  const tiled = (points: readonly { t: number; v: number }[]) => {
    const records = tile(
      points.map(({ t }) => t),
      points.map(({ v }) => v),
    );
    return [...records.tMs].map((t, i) => ({ t, v: records.value[i] ?? NaN }));
  };
  const regular = (n: number, stepMs = MINUTE) =>
    Array.from({ length: n }, (_p, i) => ({ t: T0 + i * stepMs, v: ((i * 7919) % 1009) + 1 }));

  it('gives exactly what tiling and an oracle give, and the same again when repeated', async () => {
    const points = regular(4000, 5 * MINUTE).filter((_p, i) => i % 97 > 5);
    const history = await historyOver(createMemoryStore());
    expect(await history.importSamples([samples(points)])).toMatchObject({ samples: points.length });
    await expectOracle(history, tiled(points));
    const first = await history.raw([key()], -Infinity, Infinity);
    await history.importSamples([samples(points)]);
    expect(await history.raw([key()], -Infinity, Infinity)).toEqual(first);
    await expectOracle(history, tiled(points));
  });

  it(
    'does not depend on the pieces a history comes in, nor on their order',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          seriesOfPoints,
          fc.array(fc.nat(200), { maxLength: 6 }),
          fc.infiniteStream(fc.nat(1000)),
          fc.boolean(),
          async (points, cuts, random, striped) => {
            const pieces = striped
              ? [0, 1, 2].map((k) => points.filter((_p, i) => i % 3 === k))
              : [...new Set([0, ...cuts])]
                  .sort((a, b) => a - b)
                  .map((from, i, all) => points.slice(from, all[i + 1] ?? points.length));
            const order = pieces
              .filter((piece) => piece.length > 0)
              .map((piece) => ({ piece, rank: Number(random.next().value) }))
              .sort((a, b) => a.rank - b.rank);
            const history = await historyOver(createMemoryStore());
            for (const { piece } of order) await history.importSamples([samples(piece)]);
            await expectOracle(history, tiled(points));
          },
        ),
        { numRuns: RUNS },
      );
    },
    PATIENCE_MS,
  );

  it('equals direct append where the samples are regular, in any order', async () => {
    const points = regular(600);
    const appended = await historyOver(createMemoryStore());
    for (const { t, v } of points) await appended.append([row(t, [v])]);
    const imported = await historyOver(createMemoryStore());
    for (const from of [400, 0, 500, 200])
      await imported.importSamples([samples(points.slice(from, from + (from === 200 || from === 0 ? 200 : 100)))]);
    // The first record of a file stands for one interval; the first ever appended for nothing.
    const before = { t: T0 - MINUTE, v: NaN };
    await expectOracle(imported, [before, ...points]);
    for (const tier of BIN_TIERS) expectSame((await binsOf(imported, tier)).slice(2), (await binsOf(appended, tier)).slice(2));
  });

  it('fills in before, between and after what was polled', async () => {
    const points = regular(300);
    const history = await historyOver(createMemoryStore());
    for (const { t, v } of points.slice(100, 150)) await history.append([row(t, [v])]);
    for (const { t, v } of points.slice(200, 250)) await history.append([row(t, [v])]);
    await history.importSamples([samples(points.slice(150, 200)), samples(regular(10), key(2))]);
    await history.importSamples([samples(points.slice(0, 100))]);
    await history.importSamples([samples(points.slice(250))]);
    await expectOracle(history, [{ t: T0 - MINUTE, v: NaN }, ...points]);
    const next = { t: T0 + 300 * MINUTE, v: 77 };
    await history.append([row(next.t, [next.v])]);
    await expectOracle(history, [{ t: T0 - MINUTE, v: NaN }, ...points, next]);
  });

  it('overwrites a value, and a known stretch with a gap', async () => {
    const points = regular(1000);
    const history = await historyOver(createMemoryStore());
    for (const { t, v } of points) await history.append([row(t, [v])]);
    const changes = [400, 401, 700].map((i) => ({ t: points[i]?.t ?? 0, v: i === 401 ? NaN : -5 }));
    for (let twice = 0; twice < 2; twice++) {
      await history.importSamples([samples(changes)]);
      await expectOracle(
        history,
        points.map((point) => changes.find(({ t }) => t === point.t) ?? point),
      );
    }
  });

  it('keeps a gap that was recorded, and fills a hole that nobody spoke of', async () => {
    const history = await historyOver(createMemoryStore());
    const live = [
      ...regular(10),
      { t: T0 + 10 * MINUTE, v: NaN },
      { t: T0 + 20 * MINUTE, v: NaN },
      { t: T0 + 21 * MINUTE, v: 3 },
    ];
    for (const { t, v } of live) await history.append([row(t, [v])]);
    const added = { t: T0 + 60 * MINUTE, v: 8 };
    await history.importSamples([samples([added, { t: T0 + 61 * MINUTE, v: 9 }])]);
    await expectOracle(history, [...live, { t: T0 + 59 * MINUTE, v: NaN }, added, { t: T0 + 61 * MINUTE, v: 9 }]);
    const between = Array.from({ length: 38 }, (_p, i) => ({ t: T0 + (22 + i) * MINUTE, v: i }));
    await history.importSamples([samples(between)]);
    await expectOracle(history, [...live, ...between, added, { t: T0 + 61 * MINUTE, v: 9 }]);
  });

  it('keeps bins of time whose raw records have expired, also when more is imported there', async () => {
    const tiers = DEFAULT_TIERS.map((spec) => (spec.tier === 'raw' ? { ...spec, retentionMs: DAY } : spec));
    const history = await historyOver(createMemoryStore(), { tiers });
    const points = regular(3 * 1440);
    const all = [{ t: T0 - MINUTE, v: NaN }, ...points];
    await history.importSamples([samples(points)]);
    await history.maintain(T0 + 100 * DAY);
    expect((await history.raw([key()], 0, Infinity))[0]?.tMs).toHaveLength(0);
    await expectOracle(history, all);
    // One 5-minute bin is told anew; hours and days take it in and keep the rest.
    const start = Math.ceil(T0 / HOUR) * HOUR + 5 * MINUTE;
    const told = Array.from({ length: 5 }, (_p, i) => ({ t: start + (i + 1) * MINUTE, v: 5000 }));
    await history.importSamples([samples(told)]);
    const expected = oracle(all, 5 * MINUTE).map((bin): Bins[number] => (bin[0] === start ? [start, 5000, 5000, 5000, 1] : bin));
    expectSame(await binsOf(history, '5m'), expected);
    const hourly = await binsOf(history, '1h');
    const hour = hourly.find(([t]) => t === start - 5 * MINUTE);
    const fives = expected.filter(([t]) => t >= start - 5 * MINUTE && t < start + 55 * MINUTE);
    expect(hour?.[1]).toBeCloseTo(fives.reduce((sum, [, mean]) => sum + mean, 0) / 12, 6);
    expect(hour?.[4]).toBeCloseTo(1, 9);
  });

  it('of a large import writes nothing that its tier would take away at once, and keeps it in the coarser ones', async () => {
    const keptDays = { raw: 2, '5m': 10, '1h': 400, '1d': null } as const;
    const tiers = DEFAULT_TIERS.map(({ tier }) => ({
      tier,
      retentionMs: keptDays[tier] === null ? null : keptDays[tier] * DAY,
    }));
    const history = await historyOver(createMemoryStore(), { tiers, importedWhole: 0 });
    const points = Array.from({ length: 60 * 24 }, (_p, i) => ({ t: T0 - (60 * 24 - 1 - i) * HOUR, v: (i * 31) % 997 }));
    const daysAgo = (days: number) => Math.floor((T0 - days * DAY) / DAY) * DAY;
    const check = async () => {
      const [raw] = await history.raw([key()], -Infinity, Infinity);
      expect(raw?.tMs[0]).toBe(points.find(({ t }) => t >= daysAgo(2))?.t);
      expect(raw?.tMs.at(-1)).toBe(T0);
      const fives = oracle(tiled(points), 5 * MINUTE).filter(([t]) => t >= daysAgo(10));
      expectSame(await binsOf(history, '5m'), fives);
      for (const tier of ['1h', '1d'] as const)
        expectSame(await binsOf(history, tier), oracle(tiled(points), TIER_STEP_MS[tier]));
    };
    const { bins } = await history.importSamples([samples(points)]);
    expect(bins).toBeLessThan(11 * 288 + 61 * 24 + 62);
    await check();
    await history.importSamples([samples(points)]);
    await check();
    // Half a day that is told anew, long after its records and its finer bins have gone.
    const changed = points.slice(300, 312).map(({ t }) => ({ t, v: 5000 }));
    await history.importSamples([samples(changed)]);
    const whole = (await binsOf(history, '1h')).filter(([, mean]) => mean === 5000);
    expect(whole).toHaveLength(11);
  });

  it('of a large import completes hours whose finer bins are about to go', async () => {
    const store = createMemoryStore();
    const tiersOf = (fiveMinDays: number) =>
      DEFAULT_TIERS.map(({ tier }) => ({
        tier,
        retentionMs: { raw: 2 * DAY, '5m': fiveMinDays * DAY, '1h': null, '1d': null }[tier],
      }));
    const hour = Math.floor(T0 / DAY) * DAY - 15 * DAY + 6 * HOUR;
    const minutes = (from: number, to: number) =>
      samples(Array.from({ length: to - from + 1 }, (_p, i) => ({ t: hour + (from + i) * MINUTE, v: 10 })));
    const before = await historyOver(shared(store), { tiers: tiersOf(20) });
    for (const part of [minutes(-1, 20), minutes(40, 60)]) await before.importSamples([part]);
    await before.maintain(T0);
    expect((await before.raw([key()], -Infinity, Infinity))[0]?.tMs).toHaveLength(0);
    const after = await historyOver(shared(store), { tiers: tiersOf(10), importedWhole: 0 });
    await after.importSamples([minutes(21, 39)]);
    const known = (await binsOf(after, '1h')).find(([t]) => t === hour)?.[4] ?? 0;
    expect(known).toBeGreaterThan(0.95);
  });

  it('writes no bins of records that the store does not take', async () => {
    const store = createMemoryStore();
    const full: SeriesStore = {
      ...store,
      write: async (batch) => {
        // The answer comes when the next batch is long put together.
        await new Promise((resolve) => setTimeout(resolve, 5));
        return batch.raw.length > 0 ? { result: 'retry', reason: 'The disk is full.' } : store.write(batch);
      },
    };
    const history = await historyOver(full);
    await expect(history.importSamples([samples(regular(100))])).rejects.toThrow('The disk is full.');
    for (const tier of BIN_TIERS) expect(await binsOf(history, tier)).toEqual([]);
  });

  it('takes months at a time into the embedded store', async () => {
    const store = await createEmbeddedStore({ path: ':memory:' });
    const history = await historyOver(store, { tiers: DEFAULT_TIERS.map((spec) => ({ ...spec, retentionMs: null })) });
    open.push(() => history.close());
    const points = Array.from({ length: 20_000 }, (_p, i) => ({ t: T0 - 100 * DAY + i * 5 * MINUTE, v: (i * 31) % 997 }));
    await history.importSamples([
      samples(points),
      samples(
        points.map(({ t, v }) => ({ t, v: v + 1 })),
        key(2),
      ),
    ]);
    await expectOracle(history, tiled(points));
    await expectOracle(history, tiled(points.map(({ t, v }) => ({ t, v: v + 1 }))), key(2));
  });

  it('refuses times that are not in order', async () => {
    const history = await historyOver(createMemoryStore());
    await expect(
      history.importSamples([
        samples([
          { t: 2, v: 1 },
          { t: 1, v: 1 },
        ]),
      ]),
    ).rejects.toThrow('not in ascending order');
  });
});
