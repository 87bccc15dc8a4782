/** A tier of bins: its head, its blocks, and the chunks of single series that fit into no block. */
import { TIER_STEP_MS, type BinTier } from '../../core/model.ts';
import { createBinBlocks, type BinBlock, type BlockPlace, type PackedBlock } from './bin-blocks.ts';
import { CHUNK_BINS, createBinChunks, PLAIN_FOR_MS, type FourColumns } from './bin-chunks.ts';
import { createEnds } from './ends.ts';
import { createHead } from './head.ts';
import type { Place } from './layouts.ts';
import { BIN_TABLES, BLOCK_SERIES, firstOf, LAYOUT_SERIES } from './protocol.ts';
import { upperBound } from './raw-chunks.ts';
import { columnsOf, enough, LATE, type Bundle, type Ground, type Table } from './tables.ts';

/** Stored bins of one series, n from b0 on; absent ones are NaN or, in known, 0. */
export interface BinRun {
  readonly b0: number;
  readonly n: number;
  readonly columns: readonly (Float64Array | null)[];
}

export interface BinTable extends Table {
  readonly stepMs: number;
  readonly perSlot: number;
  /** Reads bins for one request; a reader remembers blocks, so ask for neighbours one after the other. */
  reader(firstBin: number, lastBin: number, wanted: readonly boolean[]): (series: number, places: readonly Place[]) => BinRun[];
}

/** Bins wait in the head until there are this many of them: a day of 5 minutes, two days of hours, 32 days. */
const HEAD_BINS: Readonly<Record<BinTier, number>> = { '5m': 288, '1h': 48, '1d': 32 };
/** Blocks of so many places are remembered while a request is answered. */
const KEPT_PLACES = 2;

export function createBinTable({ db, damage, layouts, removed }: Ground, tier: BinTier): BinTable {
  const stepMs = TIER_STEP_MS[tier];
  const perSlot = CHUNK_BINS[tier];
  const chunks = createBinChunks(db, tier, damage);
  const blocks = createBinBlocks(db, `${BIN_TABLES[tier]}_block`, stepMs, perSlot, damage);
  const head = createHead(db, damage, `head_${BIN_TABLES[tier]}`, ['mean', 'min', 'max', 'known'], stepMs);
  /** In bins. */
  const ends = createEnds(layouts, {
    ofSeries: (series) => chunks.newest(series),
    ofPlace: (layout, first) => blocks.newest(layout, first),
  });
  const blockPlace = (layout: number, index: number): BlockPlace => {
    const first = firstOf(index);
    return { layout, first, width: Math.min(BLOCK_SERIES, layouts.series(layout).length - first) };
  };
  const binOf = (tMs: number) => Math.round(tMs / stepMs);

  /** What a block held becomes chunks of its series. */
  const spill = ({ layout, first, width }: BlockPlace, { b0, n, columns }: BinBlock, nowMs: number) => {
    const tMs = Float64Array.from({ length: n }, (_t, i) => (b0 + i) * stepMs);
    for (let s = 0; s < width; s++) {
      const series = layouts.series(layout)[first + s] ?? 0;
      const own = columns.map((column) => column.subarray(s * n, (s + 1) * n));
      // Absent bins say nothing; that they are taken away would be more than is known.
      const four = [...own.slice(0, 3), (own[3] ?? new Float64Array(0)).map((known) => (known > 0 ? known : NaN))];
      if (!removed.has(series)) chunks.merge(series, tMs, four as unknown as FourColumns, nowMs);
    }
  };
  const merge = (series: number, tMs: Float64Array, columns: readonly Float64Array[], nowMs: number) => {
    if (tMs.length === 0) return;
    const [first, last] = [binOf(tMs[0] ?? 0), binOf(tMs.at(-1) ?? 0)];
    for (const { layout, index } of layouts.places(series)) {
      const place = blockPlace(layout, index);
      if (blocks.newest(layout, place.first) < first) continue;
      for (const block of blocks.take(place, first, last)) spill(place, block, nowMs);
    }
    chunks.merge(series, tMs, columns as unknown as FourColumns, nowMs);
    ends.reach(series, last);
  };
  /** Rows from..to as blocks of at most a full one each. */
  const put = ({ layout, first, series, tMs, columns }: Bundle, from: number, nowMs: number) => {
    const width = series.length;
    for (let begin = from; begin < tMs.length;) {
      const b0 = binOf(tMs[begin] ?? 0);
      let end = begin + 1;
      while (end < tMs.length && binOf(tMs[end] ?? 0) - b0 < perSlot) end++;
      const n = binOf(tMs[end - 1] ?? 0) - b0 + 1;
      const dense = columns.map((column, k) => {
        const out = new Float64Array(n * width);
        if (k < 3) out.fill(NaN);
        for (let s = 0; s < width; s++) {
          for (let i = begin; i < end; i++) {
            const known = columns[3]?.[s * tMs.length + i] ?? NaN;
            if (known > 0) out[s * n + binOf(tMs[i] ?? 0) - b0] = column[s * tMs.length + i] ?? NaN;
          }
        }
        return out;
      });
      const fast = tier === '5m' && Number.isFinite(nowMs) && (b0 + n) * stepMs > nowMs - PLAIN_FOR_MS;
      blocks.put(layout, first, { b0, n, columns: dense }, fast);
      begin = end;
    }
  };

  return {
    tier,
    head,
    columns: 4,
    stepMs,
    perSlot,
    due(layout, moments, nowMs) {
      const full = HEAD_BINS[tier];
      const late = nowMs - (moments.tMs[0] ?? 0) >= LATE * full * stepMs;
      const first = damage.guardPages(`ends of ${layout}`, () => ends.of(layout, 0) === -Infinity, false);
      return late || moments.count >= enough(layout, full, first);
    },
    store(bundle, nowMs) {
      const { series, tMs } = bundle;
      const late = upperBound(tMs, ends.of(bundle.layout, bundle.first) * stepMs);
      if (late > 0) {
        series.forEach((one, s) => {
          if (!removed.has(one)) merge(one, tMs.subarray(0, late), columnsOf(bundle, s, 0, late), nowMs);
        });
      }
      put(bundle, late, nowMs);
      if (late < tMs.length) for (const one of series) ends.reach(one, binOf(tMs.at(-1) ?? 0));
    },
    begin: (series) => chunks.begin(series),
    merge: (series, tMs, _intervalMs, columns, nowMs) => merge(series, tMs, columns, nowMs),
    reader(firstBin, lastBin, wanted) {
      const kept = new Map<number, { readonly place: BlockPlace; readonly blocks: readonly PackedBlock[] }>();
      const at = ({ layout, index }: Place) => {
        const place = blockPlace(layout, index);
        const name = layout * LAYOUT_SERIES + place.first;
        let found = kept.get(name);
        if (!found) {
          if (kept.size >= KEPT_PLACES) kept.delete(kept.keys().next().value ?? 0);
          found = { place, blocks: blocks.read(place, firstBin, lastBin, wanted) };
          kept.set(name, found);
        }
        return found;
      };
      const read = (series: number, places: readonly Place[]): BinRun[] => {
        const runs: BinRun[] = [];
        for (const [slot, columns] of chunks.read(series, firstBin, lastBin, wanted))
          runs.push({ b0: slot * perSlot, n: perSlot, columns });
        for (const place of places) {
          const found = at(place);
          for (const { b0, n, columns } of found.blocks) {
            // Of a block that reaches beyond what is asked for, only what is asked for is put together.
            const [skipped, end] = [Math.max(0, firstBin - b0), Math.min(n, lastBin + 1 - b0)];
            const from = (place.index - found.place.first) * n + skipped;
            const own = columns.map((column) => column?.part(from, end - skipped) ?? null);
            runs.push({ b0: b0 + skipped, n: end - skipped, columns: own });
          }
        }
        return runs;
      };
      return (series, places) => damage.guardPages(`${tier} of ${series}`, () => read(series, places), []);
    },
    remove(all) {
      const touched = new Map<string, BlockPlace>();
      for (const series of all) {
        chunks.remove(series);
        for (const { layout, index } of layouts.places(series)) {
          const place = blockPlace(layout, index);
          touched.set(`${layout} ${place.first}`, place);
        }
      }
      for (const { layout, first, width } of touched.values()) {
        if (
          layouts
            .series(layout)
            .subarray(first, first + width)
            .every((one) => removed.has(one))
        )
          blocks.remove(layout, first);
      }
    },
    expire(beforeMs, limit) {
      const more = chunks.expire(beforeMs, limit);
      return blocks.expire(Math.floor(beforeMs / stepMs), limit) || more;
    },
    recode(nowMs) {
      if (tier !== '5m') return false;
      const more = chunks.recode(nowMs);
      return blocks.recode(Math.floor((nowMs - PLAIN_FOR_MS) / stepMs)) || more;
    },
    layouts: () => [...head.inFile(), ...blocks.layouts()],
    forget() {
      chunks.forget();
      ends.forget();
      head.reload();
    },
  };
}
