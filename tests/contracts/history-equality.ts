/** One history over any store answers the same as over the embedded one: every tier, column and figure. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { combine, type Member } from '../../core/aggregate.ts';
import { extremesOf } from '../../core/aggregate-peak.ts';
import { BIN_TIERS, DEFAULT_TIERS, seriesKey, type BinTier, type SeriesKey } from '../../core/model.ts';
import { ImportRefused, type BinColumns, type History, type RawColumns, type SeriesStore } from '../../core/ports.ts';
import { eachBin, eachRecord } from '../../core/query.ts';
import { percentile, summarise } from '../../core/statistics.ts';
import { createHistory } from '../../store/history.ts';
import { BEGINS_MS, DAY, ENDS_MS, HOUR, MINUTE, month, MONTH, old, SECOND, type Told } from './equality-data.ts';
import type { Traits } from './series-store.ts';

export interface EqualStore {
  readonly store: SeriesStore;
  readonly cleanup: () => Promise<void>;
}
export interface Size {
  /** How long a device is read every ten seconds, ms. */
  readonly tenS: number;
  readonly oldMinutes: number;
  readonly many: number;
}

const KEEP_ALL = DEFAULT_TIERS.map(({ tier }) => ({ tier, retentionMs: null }));
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ROWS_AT_ONCE = 400;
/** Every so many-th write arrives twice, every so many-th batch is told again. */
const DELIVERED_TWICE = 5;
const TOLD_TWICE = 7;
const PATIENCE_MS = 120_000;
/** Begin and end of what is asked: all, days of which one is short, unaligned, before everything, nothing. */
const RANGES: readonly (readonly [fromMs: number, toMs: number])[] = [
  [-Infinity, Infinity],
  [MONTH.fromMs, MONTH.toMs],
  [Date.UTC(2021, 2, 27, 23), Date.UTC(2021, 2, 28, 22)],
  [BEGINS_MS + 77 * MINUTE + 123, BEGINS_MS + 9 * DAY + 456],
  [BEGINS_MS - 400 * DAY, BEGINS_MS],
  [ENDS_MS + DAY, ENDS_MS + 2 * DAY],
];

/** A store that is given some of its writes twice, and that outlives the histories over it. */
function repeating(store: SeriesStore): SeriesStore {
  let writes = 0;
  return {
    ...store,
    async write(batch) {
      const answer = await store.write(batch);
      return ++writes % DELIVERED_TWICE === 0 ? store.write(batch) : answer;
    },
    close: () => Promise.resolve(),
  };
}

/** Tells a history everything, over two restarts, with upkeep in between. */
async function tell(store: SeriesStore, { rows }: Told): Promise<History> {
  const begin = (tMs: number) => createHistory({ store, tiers: KEEP_ALL, nowMs: () => tMs, log: QUIET });
  let history = await begin(BEGINS_MS);
  let batch = 0;
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE, batch++) {
    const part = rows.slice(from, from + ROWS_AT_ONCE);
    await history.append(part);
    if (batch % TOLD_TWICE === 0) await history.append(part);
    const nowMs = part.at(-1)?.tMs ?? 0;
    if (batch % 3 === 0) await history.maintain(nowMs);
    if (batch === 9 || batch === 31) {
      await history.close();
      history = await begin(nowMs);
    }
  }
  await history.maintain(ENDS_MS + 3 * DAY);
  return history;
}

interface Answers {
  readonly raw: readonly RawColumns[];
  readonly bins: Readonly<Record<BinTier, readonly BinColumns[]>>;
}
async function ask(history: History, series: readonly SeriesKey[], fromMs: number, toMs: number): Promise<Answers> {
  const bins = (tier: BinTier) => history.bins(series, tier, fromMs, toMs);
  return {
    raw: await history.raw(series, fromMs, toMs),
    bins: { '5m': await bins('5m'), '1h': await bins('1h'), '1d': await bins('1d') },
  };
}

/** Figures as people see them, from what a history answers of the month. */
async function figures(history: History, series: readonly SeriesKey[]): Promise<number[]> {
  const { fromMs, toMs } = MONTH;
  const { raw, bins } = await ask(history, series, fromMs, toMs);
  const out: number[] = [];
  const number = (value: number | null) => out.push(value ?? NaN);
  series.forEach((_key, i) => {
    const [fine, hours] = [bins['5m'][i], bins['1h'][i]];
    if (!fine || !hours) throw new Error('a series without an answer');
    number(percentile(fine.mean.slice(), 0.95));
    // A month of a zone is made of hours, also the one that has an hour less.
    const { average, minimum, maximum, maximumAtMs, total, known } = summarise(
      (visit) => eachBin(hours, '1h', visit),
      fromMs,
      toMs,
    );
    for (const value of [average, minimum, maximum, maximumAtMs, total, known]) number(value);
  });
  const members = raw.map((columns): Member => {
    return { each: (visit) => eachRecord(columns, visit), bornMs: -Infinity, untilMs: ENDS_MS, awaited: false };
  });
  for (const how of ['sum', 'mean', 'max', 'min'] as const) {
    const combined = combine(members, how, fromMs, toMs, 5 * MINUTE);
    out.push(...combined.mean, ...combined.low, ...combined.high, ...combined.counted, ...combined.missing);
    out.push(...combined.absences.flatMap(({ member, from, to }) => [member, from, to]));
    number(percentile(combined.mean.filter((value) => !Number.isNaN(value)), 0.95)); // prettier-ignore
    if (how === 'max' || how === 'min') continue;
    const { maximum, maximumAtMs, minimum } = extremesOf(combined, raw, how, () => true, () => true); // prettier-ignore
    for (const value of [maximum, maximumAtMs, minimum]) number(value);
  }
  return out;
}

/** Where two columns differ, at most a few; empty when they are the same as exactly as both keep numbers. */
function differences(found: ArrayLike<number>, wanted: ArrayLike<number>, digits: number): string[] {
  if (found.length !== wanted.length) return [`${found.length} numbers instead of ${wanted.length}`];
  const out: string[] = [];
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) if (Math.abs(wanted[i] ?? 0) > largest) largest = Math.abs(wanted[i] ?? 0);
  // A store that rounds does so relative to the largest number nearby.
  const [share, least] = digits >= 17 ? [0, 0] : [10 ** -digits, 2e-15 * (Number.isFinite(largest) ? largest : 0)];
  for (let i = 0; i < wanted.length && out.length < 5; i++) {
    const [a, b] = [found[i] ?? NaN, wanted[i] ?? NaN];
    if (Object.is(a, b) || (a === b && digits < 17)) continue;
    if (!(Math.abs(a - b) <= Math.max(share * Math.abs(b), least))) out.push(`at ${i}: ${a} instead of ${b}`);
  }
  return out;
}

function compare(found: Answers, wanted: Answers, digits: number): string[] {
  const told = (what: string, list: string[]) => list.map((text) => `${what} ${text}`);
  return wanted.raw.flatMap((raw, s) => {
    const mine = found.raw[s];
    if (!mine) return [`series ${s} is missing`];
    return [
      ...told(`raw times of ${s}`, differences(mine.tMs, raw.tMs, 17)),
      ...told(`raw values of ${s}`, differences(mine.value, raw.value, digits)),
      ...told(`time before ${s}`, differences([mine.previousMs ?? -1], [raw.previousMs ?? -1], 17)),
      ...BIN_TIERS.flatMap((tier) => {
        const [a, b] = [found.bins[tier][s], wanted.bins[tier][s]];
        if (!a || !b) return [`bins of ${s} are missing`];
        return [
          ...told(`${tier} times of ${s}`, differences(a.tMs, b.tMs, 17)),
          ...(['mean', 'min', 'max', 'known'] as const).flatMap((column) =>
            told(`${tier} ${column} of ${s}`, differences(a[column], b[column], digits)),
          ),
        ];
      }),
    ];
  });
}

/** @param reference a store to compare with; each suite opens its own */
export function historyEquality(
  name: string,
  makeStore: () => Promise<EqualStore>,
  reference: () => Promise<EqualStore>,
  size: Size,
  { rewrites, digits = 17 }: Traits = {},
): void {
  const exactly = digits >= 17 ? 'bit by bit' : `to ${digits} digits`;
  describe(`a history in ${name}, ${exactly} that of the embedded store`, () => {
    const told = month(size.tenS);
    const open: EqualStore[] = [];
    let [mine, other]: [History, History] = [] as never;
    beforeAll(async () => {
      for (const make of [makeStore, reference]) open.push(await make());
      [mine, other] = (await Promise.all(open.map(({ store }) => tell(repeating(store), told)))) as [History, History];
    }, PATIENCE_MS);
    afterAll(async () => {
      for (const history of [mine, other]) await history?.close();
      for (const { store, cleanup } of open) {
        await store.close();
        await cleanup();
      }
    }, PATIENCE_MS);
    /** These are imported into the time before they begin. */
    const early = told.series.slice(3, 5);
    // Where they join, their first sample gets one before it; a store that cannot replace keeps the bins it has.
    const joined = told.series.filter((key) => rewrites !== false || !early.includes(key));
    const same = async (series: readonly SeriesKey[], ranges = RANGES) => {
      for (const [fromMs, toMs] of ranges) {
        const [found, wanted] = [await ask(mine, series, fromMs, toMs), await ask(other, series, fromMs, toMs)];
        expect(compare(found, wanted, digits).slice(0, 10), `${fromMs}..${toMs}`).toEqual([]);
      }
      const [found, wanted] = [await mine.latest(series), await other.latest(series)];
      expect(found.map((last) => last?.tMs)).toEqual(wanted.map((last) => last?.tMs));
      const values = (list: typeof found) => list.map((last) => last?.value ?? NaN);
      expect(differences(values(found), values(wanted), digits)).toEqual([]);
    };

    it(
      'has every record and gap that was told, and nothing else',
      async () => {
        const raw = await mine.raw(told.series, -Infinity, Infinity);
        told.series.forEach((key, s) => {
          const rows = told.rows.filter(({ series }) => (series as readonly SeriesKey[]).includes(key));
          const values = rows.map(({ series, values: of }) => of[(series as readonly SeriesKey[]).indexOf(key)] ?? NaN);
          expect([...(raw[s]?.tMs ?? [])]).toEqual(rows.map(({ tMs }) => tMs));
          expect(differences(raw[s]?.value ?? [], values, digits), key).toEqual([]);
          const [gaps, zeros] = [values.filter(Number.isNaN).length, values.filter((value) => value === 0).length];
          expect(gaps).toBeGreaterThan(0);
          expect([...(raw[s]?.value ?? [])].filter(Number.isNaN)).toHaveLength(gaps);
          expect([...(raw[s]?.value ?? [])].filter((value) => value === 0)).toHaveLength(zeros);
        });
      },
      PATIENCE_MS,
    );

    it('has the same in every tier, column and range', () => same(told.series), PATIENCE_MS);

    it(
      'has the same totals, averages, peaks and percentiles, of one and of many',
      async () => {
        const series = told.series.filter((key) => key.includes('bps'));
        expect(differences(await figures(mine, series), await figures(other, series), Math.min(digits, 10))).toEqual([]);
      },
      PATIENCE_MS,
    );

    it(
      'has the same after an import into empty time',
      async () => {
        const imported = old(size.oldMinutes);
        const series = imported.map((one) => one.series);
        for (const history of [mine, other]) await history.importSamples(imported);
        await same(series);
        // Of a series that goes on later as well: whole days in which it has nothing yet.
        const before = imported.map(({ tMs, value }, i) => ({ series: early[i] ?? '', tMs, value }));
        for (const history of [mine, other]) await history.importSamples(before);
        await same(early, rewrites === false ? [[BEGINS_MS - 400 * DAY, BEGINS_MS - DAY]] : RANGES);
      },
      PATIENCE_MS,
    );

    const late = () => {
      const [key = ''] = told.series;
      const tMs = Float64Array.from({ length: 30 }, (_t, i) => BEGINS_MS + 12 * DAY + i * MINUTE);
      return { series: key, tMs, value: tMs.map((_t, i) => i * 1e6) };
    };
    if (rewrites !== false)
      it(
        'has the same after an import into time that has samples',
        async () => {
          for (const history of [mine, other]) await history.importSamples([late()]);
          await same(joined);
        },
        PATIENCE_MS,
      );
    else
      it(
        'refuses an import into time that has samples, and is as it was',
        async () => {
          await expect(mine.importSamples([late()])).rejects.toThrow(ImportRefused);
          await same(joined);
        },
        PATIENCE_MS,
      );

    it(
      'has the same after a device was deleted, and when it begins anew',
      async () => {
        const gone = told.series.filter((key) => key.startsWith('ratio/'));
        for (const history of [mine, other]) await history.remove(gone);
        await same(joined);
        expect(await mine.latest(gone)).toEqual(gone.map(() => null));
        const again = Array.from({ length: 40 }, (_row, i) => {
          const tMs = ENDS_MS + 4 * DAY + i * 10 * SECOND;
          return {
            device: 'ratio',
            tMs,
            intervalMs: 10 * SECOND,
            series: gone,
            values: Float64Array.from(gone, (_g, k) => i + k / 3),
          };
        });
        for (const history of [mine, other]) {
          await history.append(again);
          await history.maintain(ENDS_MS + 8 * DAY);
        }
        // It was asked for them while they were gone, and a server may remember for ten seconds that it found nothing.
        await expect.poll(async () => (await mine.latest(gone)).includes(null), { timeout: 15_000 }).toBe(false);
        await same(gone, [...RANGES, [ENDS_MS, ENDS_MS + 10 * DAY]]);
      },
      PATIENCE_MS,
    );

    it(
      `has the same of ${size.many} series`,
      async () => {
        const tMs = ENDS_MS + 20 * DAY;
        const devices = Array.from({ length: size.many / 100 }, (_device, d) =>
          Array.from({ length: 100 }, (_key, i) =>
            seriesKey(`many${d}`, `if${i >> 1}`, i % 2 === 0 ? 'interface.in_bps' : 'interface.out_bps'),
          ),
        );
        const row = (keys: readonly SeriesKey[], d: number, n: number) => ({
          device: `many${d}`,
          tMs: tMs + n * 5 * MINUTE + d,
          intervalMs: 5 * MINUTE,
          series: keys,
          values: Float64Array.from(keys, (_key, i) => ((i + d + n) % 50 === 0 ? NaN : (d * 100 + i) / (n + 1))),
        });
        for (const history of [mine, other]) {
          for (let n = 0; n < 4; n++) await history.append(devices.map((keys, d) => row(keys, d, n)));
          await history.maintain(tMs + 3 * DAY);
        }
        await same(devices.flat(), [
          [tMs, tMs + HOUR],
          [tMs + 5 * MINUTE, tMs + 12 * MINUTE],
        ]);
      },
      PATIENCE_MS,
    );
  });
}
