/** The embedded store against the one in maps: whatever is written in whatever order, both answer the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  BIN_TIERS,
  DEFAULT_TIERS,
  seriesKey,
  TIER_STEP_MS,
  type BinTier,
  type MetricName,
  type SeriesKey,
} from '../../core/model.ts';
import type { BinRow, RawRow, SeriesStore } from '../../core/ports.ts';
import { createEmbeddedStore } from '../../store/embedded/store.ts';
import { createMemoryStore } from '../../store/memory.ts';
import { DAY, HOUR, MINUTE, PATIENCE_MS, RUNS, T0 } from './histories.ts';

const METRICS: MetricName[] = ['interface.in_bps', 'interface.out_bps'];
const PORTS = 11;
const seriesOf = (device: string) =>
  METRICS.flatMap((metric) => Array.from({ length: PORTS }, (_port, n) => seriesKey(device, `if${n}`, metric)));
const DEVICES = ['a', 'b'];
const ALL = DEVICES.flatMap(seriesOf);

/** Lists a device is written by: all its series, those of one metric, a few, one. */
const LISTS = new Map(
  DEVICES.map((device) => {
    const all = seriesOf(device);
    return [device, [all, all.slice(0, PORTS), all.filter((_key, i) => i % 5 === 0), all.slice(3, 4)]];
  }),
);

type Step =
  | { do: 'poll'; device: string; list: number; rows: number; stepMs: number; seed: number }
  | { do: 'past'; device: string; list: number; rows: number; backMs: number; seed: number }
  | { do: 'take away'; device: string; list: number; nth: number }
  | { do: 'bins'; device: string; list: number; tier: BinTier; rows: number; back: number; seed: number }
  | { do: 'maintain'; aheadMs: number }
  | { do: 'reopen' }
  | { do: 'remove'; device: string; list: number };

const place = { device: fc.constantFrom(...DEVICES), list: fc.nat(3), seed: fc.integer({ min: 1, max: 1e6 }) };
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('poll' as const),
        ...place,
        rows: fc.integer({ min: 1, max: 60 }),
        stepMs: fc.constantFrom(1_000, 10_000, MINUTE, HOUR),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('past' as const),
        ...place,
        rows: fc.integer({ min: 1, max: 40 }),
        backMs: fc.integer({ min: 1, max: 3 * HOUR }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('take away' as const), ...place, nth: fc.nat(50) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('bins' as const),
        ...place,
        tier: fc.constantFrom(...BIN_TIERS),
        rows: fc.integer({ min: 1, max: 60 }),
        back: fc.integer({ min: -40, max: 60 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('maintain' as const), aheadMs: fc.constantFrom(0, DAY, 60 * DAY, 2000 * DAY) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), ...place }) },
  ),
  { minLength: 1, maxLength: 30 },
);

/** Now and then unknown, and now and then a hole. */
function valueAt(seed: number, row: number, at: number): number {
  const n = (seed * 7919 + row * 104_729 + at * 31) % 1009;
  return n % 23 === 0 ? NaN : n % 29 === 0 ? -Infinity : n / 7;
}

/** Two stores that are told the same. */
function pair(path: string) {
  const model = createMemoryStore();
  let store: SeriesStore;
  let nowMs = T0;
  const binAt: Record<BinTier, number> = { '5m': 0, '1h': 0, '1d': 0 };
  const written: number[] = [];
  const write = async (raw: RawRow[], bins: BinRow[]) => {
    for (const one of [store, model]) expect(await one.write({ raw, bins })).toEqual({ result: 'ok' });
  };
  const listOf = (device: string, list: number): SeriesKey[] => LISTS.get(device)?.[list] ?? [];
  const rawRow = (device: string, list: number, tMs: number, value: (at: number) => number, intervalMs = MINUTE): RawRow => {
    const series = listOf(device, list);
    return { device, tMs, intervalMs, series, values: Float64Array.from(series, (_key, at) => value(at)) };
  };
  const binRow = (device: string, list: number, tier: BinTier, tMs: number, seed: number, row: number): BinRow => {
    const series = listOf(device, list);
    const known = Float64Array.from(series, (_key, at) => [1, 1, 0.5, 0, NaN][(seed + row * 3 + at) % 11] ?? 1);
    const column = (k: number) => known.map((share, at) => (share > 0 ? ((seed + row + at * 7) % 503) + k : NaN));
    return { tier, device, tMs, series, mean: column(1), min: column(0), max: column(2), known };
  };
  return {
    model,
    store: () => store,
    async open() {
      store = await createEmbeddedStore({ path });
      await store.ensureTiers(DEFAULT_TIERS.map((spec) => ({ ...spec, retentionMs: null })));
    },
    async take(step: Step): Promise<void> {
      switch (step.do) {
        case 'poll':
          for (let row = 0; row < step.rows; row++) {
            nowMs += step.stepMs + ((row * step.seed) % 50);
            written.push(nowMs);
            await write([rawRow(step.device, step.list, nowMs, (at) => valueAt(step.seed, row, at), step.stepMs)], []);
          }
          return;
        case 'past': {
          const rows = Array.from({ length: step.rows }, (_row, row) =>
            rawRow(step.device, step.list, nowMs - step.backMs + row * 7_000, (at) => valueAt(step.seed, row, at)),
          );
          return write(rows, []);
        }
        case 'take away':
          return write([rawRow(step.device, step.list, written[step.nth % written.length] ?? T0, () => Infinity)], []);
        case 'bins': {
          const stepMs = TIER_STEP_MS[step.tier];
          const first = Math.floor(T0 / stepMs) + Math.max(0, binAt[step.tier] - Math.max(0, step.back));
          binAt[step.tier] = first - Math.floor(T0 / stepMs) + step.rows;
          const rows = Array.from({ length: step.rows }, (_row, row) =>
            binRow(step.device, step.list, step.tier, (first + row) * stepMs, step.seed, row),
          );
          // Some come one by one, some as an import.
          if (step.seed % 2 === 0) return write([], rows);
          for (const row of rows) await write([], [row]);
          return;
        }
        case 'maintain':
          return store.maintain(nowMs + step.aheadMs);
        case 'reopen':
          await store.close();
          return this.open();
        case 'remove':
          for (const one of [store, model]) await one.remove(listOf(step.device, step.list));
          return;
      }
    },
  };
}

async function expectAlike(store: SeriesStore, model: SeriesStore, fromMs: number, toMs: number, asked: readonly SeriesKey[]) {
  expect(await store.raw(asked, fromMs, toMs)).toEqual(await model.raw(asked, fromMs, toMs));
  expect(await store.latest(asked)).toEqual(await model.latest(asked));
  for (const tier of BIN_TIERS) {
    expect(await store.bins(asked, tier, fromMs, toMs), tier).toEqual(await model.bins(asked, tier, fromMs, toMs));
    const [maxima, means] = [await store.bins(asked, tier, fromMs, toMs, ['max']), await model.bins(asked, tier, fromMs, toMs)];
    expect(maxima.map(({ tMs, max }) => [...tMs, ...max])).toEqual(means.map(({ tMs, max }) => [...tMs, ...max]));
  }
}

it(
  'answers as the model does, whatever is written, taken away, closed and opened again',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(100), fc.nat(100), async (taken, from, to) => {
        const folder = await mkdtemp(join(tmpdir(), 'saguaro-model-'));
        const both = pair(join(folder, 'history.db'));
        await both.open();
        try {
          for (const step of taken) await both.take(step);
          await expectAlike(both.store(), both.model, -Infinity, Infinity, ALL);
          const some = ALL.filter((_key, i) => (i * 7 + from) % 3 === 0).toReversed();
          await expectAlike(both.store(), both.model, T0 + from * 7 * MINUTE, T0 + (from + to) * 7 * MINUTE, some);
          expect(await both.store().health()).toMatchObject({ ok: true, reason: '' });
        } finally {
          await both.store().close();
          await rm(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
  },
  PATIENCE_MS,
);
