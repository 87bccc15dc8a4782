/**
 * The open bin of every series in every tier, and the moment each series was last recorded.
 * What is not in memory is rebuilt from the store on first touch: the open 5 minutes from raw
 * records, what came before from the closed bins of the finer tiers.
 */
import { BIN_TIERS, HEARTBEAT, splitSeriesKey, TIER_STEP_MS, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { BinRow, RawRow, SeriesList, SeriesStore } from '../../core/ports.ts';
import { createRollup, type Bin, type EmitBin } from '../../core/rollup.ts';
import { combine, toBins } from './binning.ts';

const GRACE_MIN_MS = 60_000;
/** Series asked of the store at once while rebuilding. */
const LOADED_AT_ONCE = 512;

/** A row that is ready to be written, with the bins it closes. */
export interface Composed {
  readonly raw: RawRow;
  readonly bins: readonly BinRow[];
}
/** A stretch whose bins must be computed anew from raw. */
export interface Redo {
  readonly series: SeriesKey;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface OpenBins {
  /** Rebuilds what is not in memory, for who appends also what was sealed; rejects when the store cannot be read. */
  load(series: readonly SeriesList[], purpose: 'append' | 'read'): Promise<void>;
  /** Whether `load` for reading has nothing to do. */
  loaded(series: readonly SeriesKey[]): boolean;
  /** Takes a row in; every series of it must be loaded. */
  compose(row: RawRow): { rows: Composed[]; late: number; redo: Redo[] };
  /** Says that records up to t were lost before they could be stored: that time is unknown. */
  lose(row: RawRow): void;
  /** Closes bins whose time is over and who have waited long enough for a late record. */
  seal(nowMs: number): BinRow[];
  /** The open bin as it stands. */
  open(series: SeriesKey, tier: BinTier): Bin | null;
  forget(series: Iterable<SeriesKey>): void;
}

export function createOpenBins(store: SeriesStore): OpenBins {
  const slots = new Map<SeriesKey, number>();
  const keys: SeriesKey[] = [];
  const byArray = new WeakMap<SeriesList, Int32Array>();
  /** NaN: not loaded; -Infinity: never recorded. */
  let lastMs = new Float64Array(0);
  let intervalMs = new Float64Array(0);
  let lostMs = new Float64Array(0);
  /** A bin that memory has let go of may be reached again: rebuild first. */
  let sealed = new Uint8Array(0);
  let anyLost = false;

  let emit: ((tier: number, ...bin: Parameters<EmitBin>) => void) | null = null;
  const rollups = BIN_TIERS.map((tier, k) => createRollup(TIER_STEP_MS[tier], (...bin) => emit?.(k, ...bin)));

  const slotOf = (key: SeriesKey): number => {
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = keys.length;
      slots.set(key, slot);
      keys.push(key);
      if (slot >= lastMs.length) {
        const size = Math.max(1024, 2 * slot);
        [lastMs, intervalMs, lostMs] = [longer(lastMs, size), longer(intervalMs, size), longer(lostMs, size)];
        const flags = new Uint8Array(size);
        flags.set(sealed);
        sealed = flags;
      }
    }
    return slot;
  };
  const slotsOf = (series: SeriesList): Int32Array => {
    let found = byArray.get(series);
    if (!found) {
      found = Int32Array.from(series, slotOf);
      byArray.set(series, found);
    }
    return found;
  };

  const rebuild = async (group: readonly { key: SeriesKey; slot: number; tMs: number }[]) => {
    const latestMs = group.reduce((latest, { tMs }) => Math.max(latest, tMs), -Infinity);
    const series = group.map(({ key }) => key);
    const startMs = (tier: BinTier) => Math.floor(latestMs / TIER_STEP_MS[tier]) * TIER_STEP_MS[tier];
    const [from5m, from1h, from1d] = [startMs('5m'), startMs('1h'), startMs('1d')];
    const [raw, fives, hours] = await Promise.all([
      store.raw(series, from5m, latestMs),
      from1h < from5m ? store.bins(series, '5m', from1h, from5m) : null,
      from1d < from1h ? store.bins(series, '1h', from1d, from1h) : null,
    ]);
    group.forEach(({ slot, tMs }, i) => {
      for (const rollup of rollups) rollup.clear(slot);
      const closed5m = { widthMs: TIER_STEP_MS['5m'], bins: fives?.[i] ? toBins(fives[i]) : [] };
      const closed1h = { widthMs: TIER_STEP_MS['1h'], bins: hours?.[i] ? toBins(hours[i]) : [] };
      const hour = combine(from1h, TIER_STEP_MS['1h'], [closed5m]);
      const day = combine(from1d, TIER_STEP_MS['1d'], [closed1h, closed5m]);
      if (hour) rollups[1]?.restore(slot, hour);
      if (day) rollups[2]?.restore(slot, day);
      const records = raw[i];
      let before = records?.previousMs ?? null;
      records?.tMs.forEach((t, j) => {
        const value = known(records.value[j] ?? NaN);
        if (before !== null) for (const rollup of rollups) rollup.add(slot, Math.max(before, from5m), t, value);
        before = t;
      });
      lastMs[slot] = tMs;
      sealed[slot] = 0;
    });
  };

  const composeRow = (row: RawRow): { composed: Composed; late: number; redo: Redo[] } => {
    const rowSlots = slotsOf(row.series);
    const keep: number[] = [];
    for (let i = 0; i < rowSlots.length; i++) if (row.tMs > (lastMs[rowSlots[i] ?? 0] ?? NaN)) keep.push(i);
    const late = rowSlots.length - keep.length;
    const kept = finite(late === 0 ? row : subset(row, keep));
    const keptSlots = late === 0 ? rowSlots : slotsOf(kept.series);
    const rows = new Map<string, BinRow>();
    const recent: (BinRow | undefined)[] = [];
    const redo: Redo[] = [];
    let at = 0;
    emit = (k, _slot, tMs, mean, min, max, share) => {
      // The series of a row mostly close the same bin.
      let bins = recent[k];
      if (bins?.tMs !== tMs) {
        const name = `${k} ${tMs}`;
        bins = rows.get(name) ?? blankRow(BIN_TIERS[k] ?? '5m', kept.device, tMs, kept.series);
        rows.set(name, bins);
        recent[k] = bins;
      }
      setBin(bins, at, { tMs, mean, min, max, known: share });
    };
    for (; at < keptSlots.length; at++) {
      const slot = keptSlots[at] ?? 0;
      const before = lastMs[slot] ?? NaN;
      const value = known(kept.values[at] ?? NaN);
      lastMs[slot] = kept.tMs;
      intervalMs[slot] = kept.intervalMs;
      if (before === -Infinity) continue;
      let behind = false;
      for (const rollup of rollups) behind = !rollup.add(slot, before, kept.tMs, value) || behind;
      if (behind) redo.push({ series: kept.series.at(at) ?? '', fromMs: before, toMs: kept.tMs });
    }
    emit = null;
    return { composed: { raw: kept, bins: [...rows.values()] }, late, redo };
  };

  return {
    loaded: (series) => series.every((key) => !Number.isNaN(lastMs[slots.get(key) ?? -1] ?? NaN)),
    async load(series, purpose) {
      const absent = new Set<number>();
      for (const array of series) {
        for (const slot of slotsOf(array))
          if (Number.isNaN(lastMs[slot]) || (purpose === 'append' && sealed[slot] === 1)) absent.add(slot);
      }
      const missing = [...absent].map((slot) => ({ slot, key: keys[slot] ?? '' }));
      for (let from = 0; from < missing.length; from += LOADED_AT_ONCE) {
        const part = missing.slice(from, from + LOADED_AT_ONCE);
        const latest = await store.latest(part.map(({ key }) => key));
        // Series of one device stopped at the same moment and are read together.
        const groups = new Map<number, { key: SeriesKey; slot: number; tMs: number }[]>();
        part.forEach(({ key, slot }, i) => {
          const tMs = latest[i]?.tMs;
          if (tMs === undefined) {
            for (const rollup of rollups) rollup.clear(slot);
            lastMs[slot] = -Infinity;
            sealed[slot] = 0;
            return;
          }
          const start = Math.floor(tMs / TIER_STEP_MS['5m']);
          const group = groups.get(start);
          if (group) group.push({ key, slot, tMs });
          else groups.set(start, [{ key, slot, tMs }]);
        });
        for (const group of groups.values()) await rebuild(group);
      }
    },
    compose(row) {
      const out = { rows: [] as Composed[], late: 0, redo: [] as Redo[] };
      const take = (one: RawRow) => {
        const { composed, late, redo } = composeRow(one);
        if (composed.raw.series.length > 0) out.rows.push(composed);
        out.redo.push(...redo);
        return late;
      };
      if (anyLost) for (const gap of lostRows(row)) take(gap);
      out.late = take(row);
      return out;
    },
    lose(row) {
      anyLost = true;
      for (const slot of slotsOf(row.series)) lostMs[slot] = row.tMs;
    },
    seal(nowMs) {
      const found = new Map<string, { tier: BinTier; tMs: number; bins: { key: SeriesKey; bin: Bin }[] }>();
      emit = (k, slot, tMs, mean, min, max, share) => {
        const key = keys[slot] ?? '';
        const name = `${splitSeriesKey(key).device} ${k} ${tMs}`;
        const entry = { key, bin: { tMs, mean, min, max, known: share } };
        const group = found.get(name);
        if (group) group.bins.push(entry);
        else found.set(name, { tier: BIN_TIERS[k] ?? '5m', tMs, bins: [entry] });
      };
      for (let slot = 0; slot < keys.length; slot++) {
        const graceMs = Math.max(GRACE_MIN_MS, HEARTBEAT * (intervalMs[slot] ?? 0) || 0);
        for (const rollup of rollups) if (rollup.seal(slot, nowMs - graceMs)) sealed[slot] = 1;
      }
      emit = null;
      return [...found.values()].map(({ tier, tMs, bins }) => {
        const series = bins.map(({ key }) => key);
        const row = blankRow(tier, splitSeriesKey(series[0] ?? '').device, tMs, series);
        bins.forEach(({ bin }, i) => setBin(row, i, bin));
        return row;
      });
    },
    open(series, tier) {
      const slot = slots.get(series);
      return slot === undefined ? null : (rollups[BIN_TIERS.indexOf(tier)]?.open(slot) ?? null);
    },
    forget(series) {
      for (const key of series) {
        const slot = slots.get(key);
        if (slot === undefined) continue;
        lastMs[slot] = NaN;
        sealed[slot] = 0;
        for (const rollup of rollups) rollup.clear(slot);
      }
    },
  };

  /** One gap row for every moment up to which records of this row's series were lost. */
  function lostRows(row: RawRow): RawRow[] {
    const byTime = new Map<number, number[]>();
    slotsOf(row.series).forEach((slot, i) => {
      const tMs = lostMs[slot] ?? NaN;
      // Rows from before the loss may still be on their way; it is told by the first after it.
      if (!(tMs < row.tMs)) return;
      lostMs[slot] = NaN;
      const list = byTime.get(tMs);
      if (list) list.push(i);
      else byTime.set(tMs, [i]);
    });
    return [...byTime]
      .sort(([a], [b]) => a - b)
      .map(([tMs, list]) => {
        const part = subset(row, list);
        return { ...part, tMs, values: part.values.fill(NaN) };
      });
  }
}

/** A value that can be kept; whatever is not a number is unknown. */
export function known(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}

function finite(row: RawRow): RawRow {
  // Infinities mean something to a store, and nothing when a device says them.
  return row.values.some((value) => value === Infinity || value === -Infinity) ? { ...row, values: row.values.map(known) } : row;
}

function subset(row: RawRow, indices: readonly number[]): RawRow {
  return {
    ...row,
    series: indices.map((i) => row.series.at(i) ?? ''),
    values: Float64Array.from(indices, (i) => row.values[i] ?? NaN),
  };
}

export function blankRow(tier: BinTier, device: string, tMs: number, series: SeriesList): BinRow {
  const column = () => new Float64Array(series.length).fill(NaN);
  return { tier, device, tMs, series, mean: column(), min: column(), max: column(), known: column() };
}

export function setBin(row: BinRow, index: number, bin: Bin): void {
  row.mean[index] = bin.mean;
  row.min[index] = bin.min;
  row.max[index] = bin.max;
  row.known[index] = bin.known;
}

function longer(old: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(size).fill(NaN);
  copy.set(old);
  return copy;
}
