import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { BIN_TIERS, DEFAULT_TIERS, seriesKey, TIER_STEP_MS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { History, RawRow, SeriesStore, WriteResult } from '../../core/ports.ts';
import { tile } from '../../core/tiling.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createHistory } from '../../store/history.ts';
import { createMemoryStore } from '../../store/memory.ts';

/** Properties run longer when there is time. */
const RUNS = process.env['SAGUARO_LONG'] ? 500 : 30;
const PATIENCE_MS = RUNS * 4_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 2, 1, 5, 17, 3);
const key = (n = 1, device = 'dev'): SeriesKey => seriesKey(device, `if${n}`, 'interface.in_bps');
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A store that outlives the histories over it. */
function shared(store: SeriesStore): SeriesStore {
  return { ...store, close: async () => undefined };
}
async function historyOver(store: SeriesStore, more: Partial<Parameters<typeof createHistory>[0]> = {}): Promise<History> {
  return createHistory({ store, tiers: DEFAULT_TIERS, nowMs: () => T0, log: quiet, ...more });
}
const row = (tMs: number, values: number[], intervalMs = MINUTE, series = values.map((_v, i) => key(i + 1))): RawRow => ({
  device: 'dev',
  tMs,
  intervalMs,
  series,
  values: Float64Array.from(values),
});

interface Point {
  t: number;
  v: number;
  intervalMs: number;
}
type Bins = [t: number, mean: number, min: number, max: number, known: number][];

/** Bins by going through every record for every bin it touches: slow and plain. */
function oracle(points: readonly { t: number; v: number }[], stepMs: number): Bins {
  const found = new Map<number, { total: number; knownMs: number; min: number; max: number }>();
  points.forEach(({ t, v }, i) => {
    const before = points[i - 1]?.t;
    if (before === undefined || Number.isNaN(v)) return;
    for (let start = Math.floor(before / stepMs) * stepMs; start < t; start += stepMs) {
      const overlapMs = Math.min(t, start + stepMs) - Math.max(before, start);
      if (overlapMs <= 0) continue;
      const bin = found.get(start) ?? { total: 0, knownMs: 0, min: Infinity, max: -Infinity };
      found.set(start, {
        total: bin.total + v * overlapMs,
        knownMs: bin.knownMs + overlapMs,
        min: Math.min(bin.min, v),
        max: Math.max(bin.max, v),
      });
    }
  });
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([t, bin]) => [t, bin.total / bin.knownMs, bin.min, bin.max, bin.knownMs / stepMs]);
}
async function binsOf(history: History, tier: BinTier, series = key()): Promise<Bins> {
  const [bins] = await history.bins([series], tier, T0 - 4000 * DAY, T0 + 4000 * DAY);
  return [...(bins?.tMs ?? [])].map((t, i) => [
    t,
    bins?.mean[i] ?? NaN,
    bins?.min[i] ?? NaN,
    bins?.max[i] ?? NaN,
    bins?.known[i] ?? NaN,
  ]);
}
function expectSame(found: Bins, wanted: Bins, what = ''): void {
  expect(
    found.map(([t]) => t),
    what,
  ).toEqual(wanted.map(([t]) => t));
  // One expectation for thousands of bins: each costs more than the comparison.
  const near = (x: number, y: number, share: number) => Math.abs(x - y) <= share * Math.max(1, Math.abs(y));
  const wrong = found.flatMap((bin, i) => {
    const other = wanted[i] ?? [NaN, NaN, NaN, NaN, NaN];
    const same = near(bin[1], other[1], 1e-10) && bin[2] === other[2] && bin[3] === other[3] && near(bin[4], other[4], 1e-9);
    return same ? [] : [{ found: bin, wanted: other }];
  });
  expect(wrong, what).toEqual([]);
}
async function expectOracle(history: History, points: readonly { t: number; v: number }[], series = key()): Promise<void> {
  for (const tier of BIN_TIERS) expectSame(await binsOf(history, tier, series), oracle(points, TIER_STEP_MS[tier]), tier);
}

/** Records with gaps, jitter and intervals from a second to a day. */
const seriesOfPoints = fc
  .array(
    fc.record({
      intervalMs: fc.constantFrom(1_000, 10_000, MINUTE, 5 * MINUTE, HOUR, DAY),
      count: fc.integer({ min: 1, max: 40 }),
      jitter: fc.integer({ min: 0, max: 450 }),
      gaps: fc.integer({ min: 0, max: 3 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((runs) => {
    const points: Point[] = [];
    let t = T0;
    for (const { intervalMs, count, jitter, gaps, seed } of runs) {
      for (let i = 0; i < count; i++) {
        t += intervalMs + ((i * seed) % (jitter + 1));
        points.push({ t, v: (i * seed) % 7 < gaps ? NaN : ((i + 1) * seed) % 1_000_003, intervalMs });
      }
    }
    return points;
  });

describe('append', () => {
  it(
    'gives in every tier what an oracle gives, whatever the intervals, restarts and sealing between',
    async () => {
      await fc.assert(
        fc.asyncProperty(seriesOfPoints, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (points, chances) => {
          const store = createMemoryStore();
          let history = await historyOver(shared(store));
          for (const { t, v, intervalMs } of points) {
            await history.append([row(t, [v], intervalMs)]);
            const chance: unknown = chances.next().value;
            if (chance === 0) {
              await history.close();
              history = await historyOver(shared(store));
            } else if (chance === 1) await history.maintain(t + 1);
            else if (chance === 2) await history.maintain(t + 3 * intervalMs);
            else if (chance === 3)
              expectSame(
                (await binsOf(history, '1h')).slice(-1),
                oracle(
                  points.filter((p) => p.t <= t),
                  HOUR,
                ).slice(-1),
              );
          }
          await expectOracle(history, points);
          const last = points.at(-1);
          if (chances.next().value === 0) history = await historyOver(shared(store));
          await history.maintain((last?.t ?? 0) + 4 * DAY);
          for (const tier of BIN_TIERS) {
            const [sealed] = await store.bins([key()], tier, T0 - DAY, T0 + 4000 * DAY);
            expect([...(sealed?.tMs ?? [])], 'sealed bins are stored').toEqual(
              oracle(points, TIER_STEP_MS[tier]).map(([t]) => t),
            );
          }
          await expectOracle(history, points);
        }),
        { numRuns: RUNS },
      );
    },
    PATIENCE_MS,
  );

  it('does the same over the embedded store, many series a row', async () => {
    const store = await createEmbeddedStore({ path: ':memory:' });
    open.push(() => store.close());
    const points = Array.from({ length: 3000 }, (_p, i) => ({
      t: T0 + i * MINUTE + ((i * 37) % 900),
      v: i % 50 === 7 ? NaN : (i * 7919) % 1009,
    }));
    let history = await historyOver(shared(store));
    for (const [i, { t, v }] of points.entries()) {
      await history.append([row(t, [v, v * 2, i % 3 === 0 ? NaN : v])]);
      if (i % 500 === 250) history = await historyOver(shared(store));
      if (i % 100 === 0) await history.maintain(t);
    }
    await expectOracle(history, points);
    await expectOracle(
      history,
      points.map(({ t, v }) => ({ t, v: v * 2 })),
      key(2),
    );
    await expectOracle(
      history,
      points.map(({ t, v }, i) => ({ t, v: i % 3 === 0 ? NaN : v })),
      key(3),
    );
  });

  it('keeps mean × known time equal to the total', async () => {
    const history = await historyOver(createMemoryStore());
    const points = Array.from({ length: 5000 }, (_p, i) => ({ t: T0 + i * 61_337, v: (i * 104_729) % 1e6 }));
    for (const { t, v } of points) await history.append([row(t, [v])]);
    const total = points.slice(1).reduce((sum, { v }) => sum + v * 61_337, 0);
    for (const tier of BIN_TIERS) {
      const sum = (await binsOf(history, tier)).reduce((all, [, mean, , , known]) => all + mean * known * TIER_STEP_MS[tier], 0);
      expect(Math.abs(sum / total - 1), tier).toBeLessThan(1e-12);
    }
  });

  it('drops and counts what is late or comes twice, series by series', async () => {
    const history = await historyOver(createMemoryStore());
    await history.append([row(T0, [1, 1])]);
    await history.append([row(T0 + MINUTE, [2], MINUTE, [key(1)])]);
    await history.append([row(T0 + MINUTE, [9, 3]), row(T0 - MINUTE, [9, 9])]);
    const [a, b] = await history.raw([key(1), key(2)], 0, Infinity);
    expect([...(a?.value ?? [])]).toEqual([1, 2]);
    expect([...(b?.value ?? [])]).toEqual([1, 3]);
    expect(await history.health()).toMatchObject({ writtenSamples: 4, droppedSamples: 3, waitingRows: 0, ok: true });
  });

  it('never lets a device write what means something to the store', async () => {
    const history = await historyOver(createMemoryStore());
    await history.append([row(T0, [1]), row(T0 + MINUTE, [Infinity]), row(T0 + 2 * MINUTE, [-Infinity])]);
    const [a] = await history.raw([key()], 0, Infinity);
    expect([...(a?.value ?? [])]).toEqual([1, NaN, NaN]);
  });

  it('writes rows that come during a write together with the next', async () => {
    const store = createMemoryStore();
    const sizes: number[] = [];
    const slow: SeriesStore = {
      ...store,
      write: async (batch) => {
        sizes.push(batch.raw.length);
        await new Promise((resolve) => setImmediate(resolve));
        return store.write(batch);
      },
    };
    const history = await historyOver(slow);
    await Promise.all(Array.from({ length: 100 }, (_x, i) => history.append([row(T0 + i * MINUTE, [i])])));
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(100);
    expect(sizes.length).toBeLessThan(5);
  });
});

describe('a store that cannot take rows', () => {
  function moody() {
    const store = createMemoryStore();
    const mood: { answer: WriteResult } = { answer: { result: 'ok' } };
    const writes = { count: 0 };
    const wrapped: SeriesStore = {
      ...store,
      write: async (batch) => {
        writes.count++;
        return mood.answer.result === 'ok' ? store.write(batch) : mood.answer;
      },
    };
    return { store: wrapped, mood, writes };
  }

  it.each(['retry', 'blocked'] as const)('keeps them in order while it says %s, and writes them all after', async (result) => {
    const { store, mood, writes } = moody();
    let nowMs = T0;
    const history = await historyOver(store, { nowMs: () => nowMs });
    const points = Array.from({ length: 30 }, (_p, i) => ({ t: T0 + i * MINUTE, v: i + 1 }));
    for (const { t, v } of points) {
      nowMs = t;
      if (v === 5) mood.answer = { result, reason: 'The disk is full.' };
      if (v === 25) mood.answer = { result: 'ok' };
      await history.append([row(t, [v])]);
      if (v === 20) expect(await history.health()).toMatchObject({ ok: false, reason: 'The disk is full.', waitingRows: 16 });
    }
    nowMs += HOUR;
    await history.maintain(nowMs);
    expect(await history.health()).toMatchObject({ ok: true, reason: '', waitingRows: 0, writtenSamples: 30, droppedSamples: 0 });
    expect(writes.count).toBeLessThan(40);
    await expectOracle(history, points);
  });

  it('drops the oldest beyond its bound, counts them, and shows their time as unknown', async () => {
    const { store, mood } = moody();
    let nowMs = T0;
    const history = await historyOver(store, { nowMs: () => nowMs, mostWaitingValues: 10 });
    for (let i = 0; i < 40; i++) {
      nowMs = T0 + i * MINUTE;
      mood.answer = i >= 5 && i < 38 ? { result: 'retry', reason: 'later' } : { result: 'ok' };
      await history.append([row(nowMs, [i + 1])]);
    }
    await history.maintain((nowMs += HOUR));
    const [raw] = await history.raw([key()], 0, Infinity);
    const values = [...(raw?.value ?? [])];
    const health = await history.health();
    expect(health.droppedSamples).toBeGreaterThan(15);
    expect(values.filter((v) => !Number.isNaN(v))).toHaveLength(40 - health.droppedSamples);
    expect(values.filter((v) => Number.isNaN(v))).toHaveLength(1);
    const points = [...(raw?.tMs ?? [])].map((t, i) => ({ t, v: values[i] ?? NaN }));
    await expectOracle(history, points);
  });

  it('puts aside what is refused without losing its neighbours', async () => {
    const store = createMemoryStore();
    const errors: string[] = [];
    const history = await historyOver(store, { log: { ...quiet, error: (text) => errors.push(text) } });
    await Promise.all([
      history.append([row(T0, [1])]),
      history.append([row(T0 + 1, [1]), { ...row(T0 + 1, [2]), series: ['other/if/interface.in_bps'] }, row(T0 + 2, [3])]),
    ]);
    const [raw] = await history.raw([key()], 0, Infinity);
    expect([...(raw?.value ?? [])]).toEqual([1, 1, 3]);
    expect(errors.join()).toContain('is not of device dev');
  });

  it('survives a store that throws', async () => {
    const store = createMemoryStore();
    let broken = true;
    const throwing: SeriesStore = {
      ...store,
      latest: async (series) => {
        if (broken) throw new Error('the disk is gone');
        return store.latest(series);
      },
    };
    let nowMs = T0;
    const history = await historyOver(throwing, { nowMs: () => nowMs });
    await history.append([row(T0, [1])]);
    expect(await history.health()).toMatchObject({ ok: false, reason: 'the disk is gone', waitingRows: 1 });
    broken = false;
    nowMs += HOUR;
    await history.append([row(T0 + MINUTE, [2])]);
    const [raw] = await history.raw([key()], 0, Infinity);
    expect([...(raw?.value ?? [])]).toEqual([1, 2]);
  });
});

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

describe('remove', () => {
  it('forgets a series with its open bins', async () => {
    const history = await historyOver(createMemoryStore());
    for (const { t, v } of [0, 1, 2].map((i) => ({ t: T0 + i * MINUTE, v: i }))) await history.append([row(t, [v])]);
    await history.remove([key()]);
    expect(await history.latest([key()])).toEqual([null]);
    expect(await binsOf(history, '1d')).toEqual([]);
    await history.append([row(T0 + HOUR, [1])]);
    expect(await binsOf(history, '1d')).toEqual([]);
  });
});
