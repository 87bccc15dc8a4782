import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BIN_TIERS, TIER_STEP_MS } from '../../core/model.ts';
import type { SeriesStore, WriteResult } from '../../core/ports.ts';
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
  quiet,
  row,
  RUNS,
  seriesOfPoints,
  shared,
  T0,
} from './histories.ts';

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

  it('shows as unknown what was dropped while older rows were on their way', async () => {
    const store = createMemoryStore();
    let open = () => undefined as void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const slow: SeriesStore = { ...store, latest: (series) => gate.then(() => store.latest(series)) };
    const history = await historyOver(slow, { mostWaitingValues: 2 });
    const appended: Promise<void>[] = [];
    for (const n of [1, 2, 3, 4]) {
      appended.push(history.append([row(T0 + n * MINUTE, [n])]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    open();
    await Promise.all(appended);
    await history.maintain(T0);
    const [raw] = await history.raw([key()], 0, Infinity);
    expect([...(raw?.value ?? [])]).toEqual([1, NaN, 3, 4]);
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
