/** The raw tier: its head, its blocks, and the chunks of single series that fit into no block. */
import { createEnds } from './ends.ts';
import { createHead } from './head.ts';
import type { Place } from './layouts.ts';
import { BLOCK_SERIES, firstOf, LAYOUT_SERIES } from './protocol.ts';
import { createRawBlocks, type RawBlock } from './raw-blocks.ts';
import { chunkRecords, createRawChunks, pieces, upperBound, type Run } from './raw-chunks.ts';
import { columnsOf, enough, LATE, rowsOf, type Ground, type Table } from './tables.ts';
import { createTimes } from './times.ts';

/** Runs of a series in order of time, and the time of the record before them. */
export interface Closed {
  readonly runs: readonly Run[];
  readonly previousMs: number;
}

export interface RawTable extends Table {
  /** Reads for one request after the other; a reader remembers blocks, so ask for neighbours one after the other. */
  reader(fromMs: number, toMs: number): (series: number, places: readonly Place[]) => Closed;
  /** Reads last records outside the head; null also when `superseded` says of its time that something newer is known anyway. */
  latest(): (
    series: number,
    places: readonly Place[],
    superseded: (tMs: number) => boolean,
  ) => { tMs: number; value: number } | null;
}

/** Blocks of so many places are remembered while a request is answered. */
const KEPT_PLACES = 4;

export function createRawTable({ db, damage, layouts, removed }: Ground): RawTable {
  const times = createTimes(db);
  const chunks = createRawChunks(db, damage, times);
  const blocks = createRawBlocks(db, damage, times);
  const head = createHead(db, damage, 'head_raw', ['value'], null);
  const ends = createEnds(layouts, {
    ofSeries: (series) => chunks.newest(series),
    ofPlace: (layout, first) => blocks.newest(layout, first),
  });
  const widthOf = (layout: number, first: number) => Math.min(BLOCK_SERIES, layouts.series(layout).length - first);
  const apart = (series: number) => (fromMs: number, toMs: number) =>
    layouts.places(series).some(({ layout, index }) => blocks.any(layout, firstOf(index), fromMs, toMs));

  /** What a block held becomes chunks of its series. */
  const spill = (layout: number, first: number, block: RawBlock) => {
    const n = block.tMs.length;
    const intervalMs = new Float64Array(n).fill(block.intervalMs);
    layouts
      .series(layout)
      .subarray(first, first + BLOCK_SERIES)
      .forEach((series, s) => {
        const value = block.values.subarray(s * n, (s + 1) * n);
        if (!removed.has(series)) chunks.merge(series, { tMs: block.tMs, value }, intervalMs, apart(series));
      });
  };
  const merge = (series: number, run: Run, intervalMs: Float64Array) => {
    const [lo, hi] = [run.tMs[0] ?? 0, run.tMs.at(-1) ?? 0];
    for (const { layout, index } of layouts.places(series)) {
      const first = firstOf(index);
      for (const block of blocks.take(layout, first, widthOf(layout, first), lo, hi)) spill(layout, first, block);
    }
    chunks.merge(series, run, intervalMs, apart(series));
    ends.reach(series, hi);
  };
  const closedPlaces = (fromMs: number, toMs: number) => {
    const kept = new Map<number, ReturnType<typeof blocks.read>>();
    return ({ layout, index }: Place) => {
      const first = firstOf(index);
      const name = layout * LAYOUT_SERIES + first;
      let found = kept.get(name);
      if (!found) {
        if (kept.size >= KEPT_PLACES) kept.delete(kept.keys().next().value ?? 0);
        found = blocks.read(layout, first, widthOf(layout, first), fromMs, toMs);
        kept.set(name, found);
      }
      return found;
    };
  };

  return {
    tier: 'raw',
    head,
    columns: 1,
    due(layout, moments, nowMs) {
      const full = chunkRecords(moments.intervalMs);
      const late = nowMs - (moments.tMs[0] ?? 0) >= LATE * full * moments.intervalMs;
      const first = damage.guardPages(`ends of ${layout}`, () => ends.of(layout, 0) === -Infinity, false);
      return late || moments.count >= enough(layout, full, first);
    },
    store(bundle) {
      const { layout, first, series, tMs, intervalMs } = bundle;
      const n = tMs.length;
      // Infinity takes a record away, which can only be done where it is.
      const late = bundle.columns[0]?.includes(Infinity) ? n : upperBound(tMs, ends.of(layout, first));
      if (late > 0) {
        series.forEach((one, s) => {
          if (removed.has(one)) return;
          const [value = new Float64Array(0)] = columnsOf(bundle, s, 0, late);
          merge(one, { tMs: tMs.subarray(0, late), value }, intervalMs);
        });
      }
      for (const { from, to } of pieces(intervalMs, late)) {
        const [values = new Float64Array(0)] = rowsOf(bundle, from, to);
        const whole = from === 0 && to === n;
        const block = { tMs: whole ? tMs : tMs.subarray(from, to), intervalMs: intervalMs[to - 1] ?? 0, values };
        blocks.put(layout, first, series.length, block, (sinceMs) =>
          series.every((one) => !layouts.shared(one) && chunks.newest(one) < sinceMs),
        );
      }
      if (late < n) for (const one of series) ends.reach(one, tMs[n - 1] ?? 0);
    },
    merge(series, tMs, intervalMs, [value = new Float64Array(0)]) {
      if (tMs.length > 0) merge(series, { tMs, value }, intervalMs);
    },
    reader(fromMs, toMs) {
      const at = closedPlaces(fromMs, toMs);
      const read = (series: number, places: readonly Place[]): Closed => {
        const own = chunks.read(series, fromMs, toMs);
        let { previousMs } = own;
        const { runs } = own;
        for (const place of places) {
          const found = at(place);
          previousMs = Math.max(previousMs, found.previousMs);
          const s = place.index - firstOf(place.index);
          for (const { tMs, values, intervalMs } of found.blocks) {
            const begin = upperBound(tMs, fromMs);
            if (begin > 0) previousMs = Math.max(previousMs, tMs[begin - 1] ?? previousMs);
            const end = upperBound(tMs, toMs);
            if (end > begin)
              runs.push({ tMs: tMs.subarray(begin, end), value: values.part(s * tMs.length + begin, end - begin), intervalMs });
          }
        }
        if (runs.length > 1) runs.sort((a, b) => (a.tMs[0] ?? 0) - (b.tMs[0] ?? 0));
        return { runs, previousMs };
      };
      // With no word on what was before, what comes after claims none of that time.
      return (series, places) =>
        damage.guardPages(`raw of ${series}`, () => read(series, places), { runs: [], previousMs: -Infinity });
    },
    latest() {
      type Read = ReturnType<RawTable['reader']>;
      const kept = new Map<number, { readonly endMs: number; read: Read | null }>();
      const last = (series: number, places: readonly Place[], superseded: (tMs: number) => boolean) => {
        let newest = { endMs: chunks.newest(series), read: null as Read | null };
        for (const { layout, index } of places) {
          const first = firstOf(index);
          const name = layout * LAYOUT_SERIES + first;
          let place = kept.get(name);
          if (!place) {
            if (kept.size >= KEPT_PLACES) kept.delete(kept.keys().next().value ?? 0);
            place = { endMs: blocks.newest(layout, first), read: null };
            kept.set(name, place);
          }
          if (place.endMs > newest.endMs) newest = place;
        }
        const { endMs } = newest;
        if (endMs === -Infinity || superseded(endMs)) return null;
        // The block is opened once for all its series.
        newest.read ??= this.reader(endMs - 1, endMs);
        return { tMs: endMs, value: newest.read(series, places).runs.at(-1)?.value.at(-1) ?? NaN };
      };
      return (series, places, superseded) => damage.guardPages(`raw of ${series}`, () => last(series, places, superseded), null);
    },
    remove(all) {
      const touched = new Map<string, Place>();
      for (const series of all) {
        chunks.remove(series);
        for (const place of layouts.places(series)) touched.set(`${place.layout} ${firstOf(place.index)}`, place);
      }
      for (const { layout, index } of touched.values()) {
        const first = firstOf(index);
        const width = widthOf(layout, first);
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
      // Moments go only when nothing that old is left that could need them.
      return blocks.expire(beforeMs, limit) || more || times.expire(beforeMs, limit);
    },
    begin: (series) => chunks.begin(series),
    recode: () => false,
    layouts: () => [...head.inFile(), ...blocks.layouts()],
    forget() {
      times.forget();
      chunks.forget();
      ends.forget();
      head.reload();
    },
  };
}
