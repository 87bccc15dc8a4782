/** What every `SeriesStore` must do, run against the real thing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_TIERS, type BinTier } from '../../core/model.ts';
import type { BinRow, RawRow, SeriesStore } from '../../core/ports.ts';
import { binRow, kept, keys, MINUTE, rawRow } from './series-rows.ts';

export interface StoreUnderTest {
  readonly store: SeriesStore;
  /** Closes and opens again, if the store outlives its process. */
  readonly reopen: (() => Promise<SeriesStore>) | null;
  readonly cleanup: () => Promise<void>;
  /** Resolves once everything written can be read; a server may need a moment. */
  readonly settle?: () => Promise<void>;
}

/** What a kind of store cannot do, each with the reason in its documentation. Left out: it can. */
export interface Traits {
  /** A later word on a moment replaces the earlier one, and records can be taken away. */
  readonly rewrites?: false;
  /** Retention is its own affair and follows its own clock. */
  readonly retention?: false;
  /** Significant digits a number keeps; left out: all of them. */
  readonly digits?: number;
}

const HOUR = 3_600_000;
const DAY = 86_400_000;
// Long ago enough that years of records end before today: a server takes nothing from the future.
const T0 = Date.UTC(2020, 0, 6);
/** Runs the suite; `makeStore` gives an empty store each time. */
export function seriesStoreContract(name: string, makeStore: () => Promise<StoreUnderTest>, traits: Traits = {}): void {
  const { rewrites = true, retention = true, digits = 17 } = traits;
  const same = (found: unknown, wanted: unknown) => expect(kept(found, wanted, digits)).toEqual(wanted);
  const cannot = [
    ...(rewrites ? [] : ['replaces nothing']),
    ...(retention ? [] : ['retention of its own']),
    ...(digits < 17 ? [`${digits} digits`] : []),
  ];
  const tiers = retention ? DEFAULT_TIERS : DEFAULT_TIERS.map(({ tier }) => ({ tier, retentionMs: null }));
  describe(`series store: ${name}${cannot.length > 0 ? ` (${cannot.join(', ')})` : ''}`, () => {
    let under: StoreUnderTest;
    let store: SeriesStore;
    beforeEach(async () => {
      under = await makeStore();
      store = under.store;
      await store.ensureTiers(tiers);
    });
    afterEach(async () => {
      await store.close();
      await under.cleanup();
    });
    const ok = async (raw: RawRow[], bins: BinRow[] = []) => {
      expect(await store.write({ raw, bins })).toEqual({ result: 'ok' });
      await under.settle?.();
    };
    const rawOf = async (series: string[], from = -Infinity, to = Infinity) =>
      (await store.raw(series, from, to)).map(({ tMs, value, previousMs }) => ({ t: [...tMs], v: [...value], previousMs }));
    const binsOf = async (series: string[], tier: BinTier, from = -Infinity, to = Infinity) =>
      (await store.bins(series, tier, from, to)).map((bins) =>
        [...bins.tMs].map((t, i) => [t, bins.mean[i], bins.min[i], bins.max[i], bins.known[i]]),
      );

    it('has nothing at first', async () => {
      expect(await rawOf(keys('a'))).toEqual([
        { t: [], v: [], previousMs: null },
        { t: [], v: [], previousMs: null },
      ]);
      expect(await binsOf(keys('a'), '5m')).toEqual([[], []]);
      expect(await store.latest(keys('a'))).toEqual([null, null]);
      expect(await store.raw([], 0, 1)).toEqual([]);
    });

    it('answers records after from up to to, with the time of the one before', async () => {
      await ok([rawRow('a', T0, [1, 10]), rawRow('a', T0 + MINUTE, [NaN, 20]), rawRow('a', T0 + 2 * MINUTE, [3, 30])]);
      const [a, b] = keys('a');
      expect(await rawOf([b ?? '', a ?? ''], T0, T0 + 2 * MINUTE)).toEqual([
        { t: [T0 + MINUTE, T0 + 2 * MINUTE], v: [20, 30], previousMs: T0 },
        { t: [T0 + MINUTE, T0 + 2 * MINUTE], v: [NaN, 3], previousMs: T0 },
      ]);
      expect(await rawOf([a ?? ''], T0 - 1, T0)).toEqual([{ t: [T0], v: [1], previousMs: null }]);
      expect(await rawOf([a ?? ''], T0 + DAY, T0 + 2 * DAY)).toEqual([{ t: [], v: [], previousMs: T0 + 2 * MINUTE }]);
      expect(await store.latest([a ?? '', 'a/if1/interface.none', b ?? ''])).toEqual([
        { tMs: T0 + 2 * MINUTE, value: 3 },
        null,
        { tMs: T0 + 2 * MINUTE, value: 30 },
      ]);
    });

    it('is idempotent', async () => {
      const rows = [0, 1, 2, 3].map((i) => rawRow('a', T0 + i * MINUTE, [i === 2 ? NaN : i / 3, -i]));
      const bins = [binRow('a', '5m', T0, [[0.1, 0, 0.3, 1]]), binRow('a', '1d', T0, [[2, 1, 3, 0.7]])];
      await ok(rows, bins);
      await ok(rows.slice(1), bins);
      await ok(rows, bins);
      same(await rawOf(keys('a')), [
        { t: [0, 1, 2, 3].map((i) => T0 + i * MINUTE), v: [0, 1 / 3, NaN, 1], previousMs: null },
        { t: [0, 1, 2, 3].map((i) => T0 + i * MINUTE), v: [-0, -1, -2, -3], previousMs: null },
      ]);
      expect((await rawOf(keys('a', 1), T0 + 3 * MINUTE, T0 + DAY))[0]?.previousMs).toBe(T0 + 3 * MINUTE);
      same(await binsOf(keys('a'), '5m'), [[[T0, 0.1, 0, 0.3, 1]], []]);
      same(await binsOf(keys('a'), '1d'), [[[T0, 2, 1, 3, 0.7]], []]);
      same(await store.latest(keys('a')), [
        { tMs: T0 + 3 * MINUTE, value: 1 },
        { tMs: T0 + 3 * MINUTE, value: -3 },
      ]);
    });

    if (rewrites) {
      it('replaces by another value', async () => {
        await ok([0, 1, 2].map((i) => rawRow('a', T0 + i * MINUTE, [i, -i])));
        await ok([rawRow('a', T0 + MINUTE, [7], MINUTE, keys('a', 1))]);
        expect(await rawOf(keys('a'))).toEqual([
          { t: [0, 1, 2].map((i) => T0 + i * MINUTE), v: [0, 7, 2], previousMs: null },
          { t: [0, 1, 2].map((i) => T0 + i * MINUTE), v: [-0, -1, -2], previousMs: null },
        ]);
      });

      it('takes a record away when told so, also the last', async () => {
        await ok([0, 1, 2].map((i) => rawRow('a', T0 + i * MINUTE, [i])));
        await ok([rawRow('a', T0 + 2 * MINUTE, [Infinity]), rawRow('a', T0, [Infinity])]);
        expect(await rawOf(keys('a', 1))).toEqual([{ t: [T0 + MINUTE], v: [1], previousMs: null }]);
        expect(await store.latest(keys('a', 1))).toEqual([{ tMs: T0 + MINUTE, value: 1 }]);
      });
    } else {
      it('says that it replaces nothing', () => {
        expect(store.rewrites).toBe(false);
      });

      it('answers one of the two where a moment has two values', async () => {
        await ok([0, 1, 2].map((i) => rawRow('a', T0 + i * MINUTE, [i, -i])));
        await ok([rawRow('a', T0 + MINUTE, [7], MINUTE, keys('a', 1))]);
        const [a, b] = await rawOf(keys('a'));
        expect(a?.t).toEqual([0, 1, 2].map((i) => T0 + i * MINUTE));
        expect([1, 7]).toContain(a?.v[1]);
        same(b?.v, [-0, -1, -2]);
      });
    }

    it('keeps marks of nobody having said anything apart from gaps', async () => {
      await ok([rawRow('a', T0, [-Infinity]), rawRow('a', T0 + MINUTE, [NaN])]);
      expect((await rawOf(keys('a', 1)))[0]?.v).toEqual([-Infinity, NaN]);
    });

    it('keeps weeks of records in any order of writing', async () => {
      const n = 3 * 1440;
      const rows = Array.from({ length: n }, (_row, i) => rawRow('a', T0 + i * MINUTE + (i % 7) * 11, [i, i / 3]));
      const order = [...rows.slice(2000, 3000), ...rows.slice(0, 1000), ...rows.slice(3000), ...rows.slice(1000, 2000)];
      for (let from = 0; from < n; from += 170) await ok(order.slice(from, from + 170));
      await store.maintain(T0 + n * MINUTE);
      const replaced = rewrites ? [17, 1999, 2000, n - 1] : [];
      for (const i of replaced) await ok([rawRow('a', rows[i]?.tMs ?? 0, [-i, 0])]);
      await store.maintain(T0 + n * MINUTE);
      const [a, b] = await rawOf(keys('a'));
      expect(a?.t).toEqual(rows.map((row) => row.tMs));
      const wanted = (replacement: (i: number) => number, value: (i: number) => number) =>
        rows.map((_row, i) => (replaced.includes(i) ? replacement(i) : value(i)));
      same(
        a?.v,
        wanted(
          (i) => -i,
          (i) => i,
        ),
      );
      same(
        b?.v,
        wanted(
          () => 0,
          (i) => i / 3,
        ),
      );
      const [middle] = await rawOf(keys('a', 1), rows[1234]?.tMs, rows[2345]?.tMs);
      expect(middle?.t).toEqual(rows.slice(1235, 2346).map((row) => row.tMs));
      expect(middle?.previousMs).toBe(rows[1234]?.tMs);
    });

    it.each([1_000, 10_000, MINUTE, 5 * MINUTE, HOUR, DAY])(
      'keeps records of an interval of %i ms, and of one that changes',
      async (intervalMs) => {
        const at: number[] = [];
        for (let i = 0, t = T0; i < 700; i++) at.push((t += i < 500 ? intervalMs : 3 * intervalMs));
        for (let from = 0; from < at.length; from += 90) {
          await ok(
            at.slice(from, from + 90).map((t, i) => rawRow('a', t, [from + i], from + i < 500 ? intervalMs : 3 * intervalMs)),
          );
          if (from % 180 === 0) await store.maintain(T0);
        }
        expect(await rawOf(keys('a', 1))).toEqual([{ t: at, v: at.map((_t, i) => i), previousMs: null }]);
      },
    );

    it('answers bins that overlap the range, and only the columns asked for', async () => {
      await ok(
        [],
        [
          binRow('a', '5m', T0, [[1, 0, 2, 1]]),
          binRow('a', '5m', T0 + 5 * MINUTE, [[2, 1, 3, 0.5]]),
          binRow('a', '1h', T0, [[9, 9, 9, 1]]),
        ],
      );
      const [a] = keys('a', 1);
      expect(await binsOf([a ?? ''], '5m', T0 + MINUTE, T0 + 5 * MINUTE)).toEqual([[[T0, 1, 0, 2, 1]]]);
      expect(await binsOf([a ?? ''], '5m', T0 + MINUTE, T0 + 5 * MINUTE + 1)).toEqual([
        [
          [T0, 1, 0, 2, 1],
          [T0 + 5 * MINUTE, 2, 1, 3, 0.5],
        ],
      ]);
      expect(await binsOf([a ?? ''], '1d')).toEqual([[]]);
      const [only] = await store.bins([a ?? ''], '5m', T0, T0 + HOUR, ['max']);
      expect([...(only?.tMs ?? [])]).toEqual([T0, T0 + 5 * MINUTE]);
      expect([...(only?.max ?? [])]).toEqual([2, 3]);
    });

    if (rewrites) {
      it('replaces bins, takes away with known 0, and leaves alone with known NaN', async () => {
        await ok(
          [],
          [
            binRow('a', '1h', T0, [
              [1, 1, 1, 1],
              [2, 2, 2, 1],
              [3, 3, 3, 1],
            ]),
          ],
        );
        await ok(
          [],
          [
            binRow('a', '1h', T0, [
              [5, 4, 6, 0.5],
              [NaN, NaN, NaN, 0],
              [NaN, NaN, NaN, NaN],
            ]),
          ],
        );
        await store.maintain(T0 + 400 * DAY);
        expect(await binsOf(keys('a', 3), '1h')).toEqual([[[T0, 5, 4, 6, 0.5]], [], [[T0, 3, 3, 3, 1]]]);
      });
    }

    it('leaves bins alone with known NaN', async () => {
      await ok(
        [],
        [
          binRow('a', '1h', T0, [
            [1, 1, 1, 1],
            [NaN, NaN, NaN, NaN],
          ]),
        ],
      );
      await ok(
        [],
        [
          binRow('a', '1h', T0, [
            [NaN, NaN, NaN, NaN],
            [2, 2, 2, 0.25],
          ]),
        ],
      );
      expect(await binsOf(keys('a', 3), '1h')).toEqual([[[T0, 1, 1, 1, 1]], [[T0, 2, 2, 2, 0.25]], []]);
    });

    it('keeps months of bins in any order of writing', async () => {
      const n = 2000;
      const rows = Array.from({ length: n }, (_row, i) =>
        binRow('a', '1h', T0 + i * HOUR, [
          [i, i - 1, i + 1, 1],
          [i / 7, i / 8, i / 6, 0.25],
        ]),
      );
      const order = [...rows.slice(900), ...rows.slice(0, 900)];
      for (let from = 0; from < n; from += 60) await ok([], order.slice(from, from + 60));
      for (const row of rows.slice(0, 20)) await ok([], [row]);
      await store.maintain(T0 + n * HOUR);
      const [a, b] = await binsOf(keys('a'), '1h', T0, T0 + n * HOUR);
      same(
        a,
        rows.map((row, i) => [row.tMs, i, i - 1, i + 1, 1]),
      );
      same(
        b,
        rows.map((row, i) => [row.tMs, i / 7, i / 8, i / 6, 0.25]),
      );
    });

    if (retention) {
      it('forgets what is past its retention and keeps the rest', async () => {
        await store.ensureTiers([
          { tier: 'raw', retentionMs: 2 * DAY },
          { tier: '5m', retentionMs: 10 * DAY },
          { tier: '1h', retentionMs: null },
          { tier: '1d', retentionMs: null },
        ]);
        for (let day = 0; day < 30; day++) {
          const raw = Array.from({ length: 288 }, (_row, i) =>
            rawRow('a', T0 + day * DAY + (i + 1) * 5 * MINUTE, [i], 5 * MINUTE),
          );
          await ok(raw, [binRow('a', '5m', T0 + day * DAY, [[1, 1, 1, 1]]), binRow('a', '1h', T0 + day * DAY, [[1, 1, 1, 1]])]);
        }
        const nowMs = T0 + 30 * DAY;
        for (let i = 0; i < 5; i++) await store.maintain(nowMs);
        const [raw] = await rawOf(keys('a', 1));
        expect(raw?.t.at(-1)).toBe(nowMs);
        expect(raw?.t.filter((t) => t > nowMs - 2 * DAY)).toHaveLength(576);
        expect(raw?.t[0]).toBeGreaterThan(nowMs - 5 * DAY);
        const [fives] = await binsOf(keys('a', 1), '5m');
        expect(fives?.length).toBeGreaterThanOrEqual(10);
        expect(fives?.length).toBeLessThanOrEqual(12);
        expect((await binsOf(keys('a', 1), '1h'))[0]).toHaveLength(30);
      });
    }

    it('forgets removed series and only those, and they may begin anew', async () => {
      await ok([rawRow('a', T0, [1, 2]), rawRow('b', T0, [3])], [binRow('a', '5m', T0, [[1, 1, 1, 1]])]);
      await store.remove([keys('a')[0] ?? '', 'never/seen/at.all']);
      expect(await rawOf([...keys('a'), ...keys('b', 1)])).toEqual([
        { t: [], v: [], previousMs: null },
        { t: [T0], v: [2], previousMs: null },
        { t: [T0], v: [3], previousMs: null },
      ]);
      expect(await binsOf(keys('a'), '5m')).toEqual([[], []]);
      expect((await store.latest(keys('a')))[0]).toBeNull();
      await ok([rawRow('a', T0 + MINUTE, [5, 6])]);
      expect((await rawOf(keys('a')))[0]).toEqual({ t: [T0 + MINUTE], v: [5], previousMs: null });
    });

    it('refuses a series of another device in words', async () => {
      const answer = await store.write({ raw: [rawRow('a', T0, [1], MINUTE, keys('b', 1))], bins: [] });
      expect(answer).toEqual({ result: 'rejected', reason: 'The series b/if1/interface.in_bps is not of device a.' });
    });

    it('answers many series of many devices in the order asked', async () => {
      const devices = Array.from({ length: 40 }, (_device, i) => `d${i}`);
      for (let i = 0; i < 5; i++) await ok(devices.map((device, d) => rawRow(device, T0 + i * MINUTE + d, [d * 100 + i, -d])));
      const asked = devices.toReversed().flatMap((device) => keys(device));
      const answers = await rawOf(asked, T0 + MINUTE, T0 + DAY);
      same(
        answers.map(({ v }) => v.at(-1)),
        devices
          .map((_device, d) => d)
          .toReversed()
          .flatMap((d) => [d * 100 + 4, -d]),
      );
      expect((await store.latest(asked)).map((last) => last?.value)).toEqual(answers.map(({ v }) => v.at(-1)));
      const health = await store.health();
      expect(health).toMatchObject({ ok: true, reason: '', series: 80 });
    });

    it('has it all after it was closed and opened again', async () => {
      if (!under.reopen) return;
      for (let i = 0; i < 400; i++)
        await ok(
          [rawRow('a', T0 + i * MINUTE, [i, NaN])],
          i % 5 === 0 ? [binRow('a', '5m', T0 + i * MINUTE, [[i, i, i, 1]])] : [],
        );
      const before = [await rawOf(keys('a')), await binsOf(keys('a'), '5m'), await store.latest(keys('a'))];
      store = await under.reopen();
      expect(await store.latest(keys('a'))).toEqual(before[2]);
      expect([await rawOf(keys('a')), await binsOf(keys('a'), '5m')]).toEqual(before.slice(0, 2));
      await ok([rawRow('a', T0 + 400 * MINUTE, [400, 1])]);
      expect((await store.latest(keys('a')))[1]).toEqual({ tMs: T0 + 400 * MINUTE, value: 1 });
    });
  });
}
