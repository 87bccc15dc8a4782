/**
 * The open bin of every series in every tier, and the moment each series was last recorded.
 * What is not in memory is rebuilt from the store on first touch.
 */
import { HEARTBEAT, type BinTier, type SeriesKey } from '../../core/model.ts';
import type { BinRow, RawRow, SeriesList, SeriesStore } from '../../core/ports.ts';
import type { Bin } from '../../core/rollup.ts';
import { numberingOf } from '../numbering.ts';
import { rebuildBins, type Rebuilt } from './rebuilding.ts';
import { createSealed, finite, subset } from './rows.ts';
import { createTiers } from './tiers.ts';

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
  /** Some series that are not in memory, from a number on; `next` is where to go on, null at the end. */
  unloaded(from: number, most: number): Promise<{ readonly series: SeriesKey[]; readonly next: number | null }>;
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

/** What is known of a series. */
const ABSENT = 0;
const LOADED = 1;
/** It was never recorded. */
const NEW = 2;
/** Memory has let go of a bin that may be reached again: rebuild first. */
const SEALED = 3;

/** What is remembered of a list: at this count of changes all its series were there to be appended to. */
interface Known {
  readonly slots: Int32Array;
  /** No series stands in it twice. */
  readonly distinct: boolean;
  readyAt: number;
}

export function createOpenBins(store: SeriesStore): OpenBins {
  const numbering = numberingOf(store);
  const shared = 'numbering' in store;
  let byList = new WeakMap<SeriesList, Known>();
  /** Counts whatever makes a series less than loaded. */
  let changes = 0;
  let state = new Uint8Array(0);
  let lastMs = new Float64Array(0);
  /** Only how patient to be: rounding does not matter. */
  let intervalMs = new Float32Array(0);
  let lostMs: Float64Array | null = null;
  let registered = false;

  const tiers = createTiers();

  const room = (): void => {
    const end = numbering.end();
    if (end <= state.length) return;
    // What is never written costs no memory.
    const size = Math.max(1024, Math.ceil(end * 1.5));
    const before = { state, lastMs, intervalMs };
    [state, lastMs, intervalMs] = [new Uint8Array(size), new Float64Array(size), new Float32Array(size)];
    state.set(before.state);
    lastMs.set(before.lastMs);
    intervalMs.set(before.intervalMs);
  };
  const knownOf = (list: SeriesList): Known => {
    let known = byList.get(list);
    if (!known) {
      const slots = numbering.of(list);
      known = { slots, distinct: new Set(slots).size === slots.length, readyAt: -1 };
      byList.set(list, known);
      room();
    }
    return known;
  };
  /** For readers: a series the store has no number for needs none here. */
  const slotsToRead = (list: SeriesList): Int32Array => {
    if (!shared) return knownOf(list).slots;
    room();
    return Int32Array.from(list, (key) => numbering.find(key)).filter((slot) => slot !== 0);
  };
  const absentIn = (lists: readonly SeriesList[], purpose: 'append' | 'read'): Set<number> => {
    const absent = new Set<number>();
    for (const list of lists) {
      const known = purpose === 'append' ? knownOf(list) : null;
      if (known?.readyAt === changes) continue;
      for (const slot of known?.slots ?? slotsToRead(list)) {
        const is = state[slot] ?? ABSENT;
        if (is === ABSENT || (purpose === 'append' && is === SEALED)) absent.add(slot);
      }
      if (known && absent.size === 0) known.readyAt = changes;
    }
    return absent;
  };
  const take = (slot: number, rebuilt: Rebuilt | null) => {
    tiers.clear(slot);
    if (rebuilt) tiers.restore(slot, rebuilt.bins);
    lastMs[slot] = rebuilt?.lastMs ?? 0;
    state[slot] = rebuilt ? LOADED : NEW;
  };

  /** The end of all last records of a row, null where they differ. */
  const commonEnd = (slots: Int32Array): number | null => {
    const tMs = lastMs[slots[0] ?? 0] ?? 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] ?? 0;
      if (state[slot] === NEW || lastMs[slot] !== tMs) return null;
    }
    return tMs;
  };
  /** Takes a row in whose series are all later than their last records. */
  const composeRow = (row: RawRow, slots: Int32Array, sinceMs: number | null): { composed: Composed; redo: Redo[] } => {
    const kept = finite(row);
    const fromMs = sinceMs ?? Float64Array.from(slots, (slot) => (state[slot] === NEW ? kept.tMs : (lastMs[slot] ?? 0)));
    const { bins, behind } = tiers.add(kept, slots, fromMs);
    const redo = behind.map((at) => ({
      series: kept.series.at(at) ?? '',
      fromMs: lastMs[slots[at] ?? 0] ?? kept.tMs,
      toMs: kept.tMs,
    }));
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] ?? 0;
      lastMs[slot] = kept.tMs;
      intervalMs[slot] = kept.intervalMs;
      if (state[slot] === NEW) state[slot] = LOADED;
    }
    return { composed: { raw: kept, bins }, redo };
  };
  /** Series of the row that this moment comes too late for, by position. */
  const lateIn = (slots: Int32Array, tMs: number): number[] => {
    const late: number[] = [];
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] ?? 0;
      if (state[slot] !== NEW && !(tMs > (lastMs[slot] ?? NaN))) late.push(i);
    }
    return late;
  };
  /** One gap row for every moment up to which records of this row's series were lost. */
  const lostRows = (row: RawRow, slots: Int32Array): RawRow[] => {
    const byTime = new Map<number, number[]>();
    slots.forEach((slot, i) => {
      const tMs = lostMs?.[slot] ?? 0;
      // Rows from before the loss may still be on their way; it is told by the first after it.
      if (!lostMs || tMs === 0 || !(tMs < row.tMs)) return;
      lostMs[slot] = 0;
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
  };

  return {
    loaded: (series) =>
      series.every((key) => {
        const slot = numbering.find(key);
        return slot === 0 ? shared : (state[slot] ?? ABSENT) !== ABSENT;
      }),
    async load(series, purpose) {
      const absent = [...absentIn(series, purpose)];
      for (let from = 0; from < absent.length; from += LOADED_AT_ONCE) {
        const slots = absent.slice(from, from + LOADED_AT_ONCE);
        // What a server holds that is away is unknown; polls must not wait for it.
        const rebuilt = await rebuildBins(store.readable ?? store, numbering.keys(Int32Array.from(slots)));
        slots.forEach((slot, i) => take(slot, rebuilt[i] ?? null));
      }
    },
    async unloaded(from, most) {
      if (!registered && !shared) numbering.of((await store.keys?.()) ?? []);
      registered = true;
      room();
      const series: SeriesKey[] = [];
      let slot = Math.max(1, from);
      for (; slot < numbering.end() && series.length < most; slot++) {
        const key = state[slot] === ABSENT ? numbering.key(slot) : '';
        if (key !== '') series.push(key);
      }
      return { series, next: slot < numbering.end() ? slot : null };
    },
    compose(row) {
      const out = { rows: [] as Composed[], late: 0, redo: [] as Redo[] };
      const add = (one: RawRow): number => {
        const { slots: all, distinct } = knownOf(one.series);
        const sinceMs = distinct ? commonEnd(all) : null;
        const late = sinceMs !== null && one.tMs > sinceMs ? [] : lateIn(all, one.tMs);
        if (late.length === all.length) return late.length;
        let [kept, slots] = [one, all];
        if (late.length > 0) {
          const left = new Set(late);
          kept = subset(
            one,
            Array.from(all, (_slot, i) => i).filter((i) => !left.has(i)),
          );
          slots = all.filter((_slot, i) => !left.has(i));
        }
        const { composed, redo } = composeRow(kept, slots, sinceMs);
        out.rows.push(composed);
        out.redo.push(...redo);
        return late.length;
      };
      if (lostMs) for (const gap of lostRows(row, knownOf(row.series).slots)) add(gap);
      out.late = add(row);
      return out;
    },
    lose(row) {
      const { slots } = knownOf(row.series);
      if (!lostMs || lostMs.length < state.length) {
        const longer = new Float64Array(state.length);
        if (lostMs) longer.set(lostMs);
        lostMs = longer;
      }
      for (const slot of slots) lostMs[slot] = row.tMs;
    },
    seal(nowMs) {
      const found = createSealed();
      for (let slot = 1; slot < numbering.end(); slot++) {
        if (state[slot] === ABSENT) continue;
        const beforeMs = nowMs - Math.max(GRACE_MIN_MS, HEARTBEAT * (intervalMs[slot] ?? 0));
        // An open bin ends after the last record.
        if ((lastMs[slot] ?? 0) > beforeMs) continue;
        const sealed = tiers.seal(slot, beforeMs);
        if (sealed.length === 0) continue;
        for (const { tier, bin } of sealed) found.add(tier, numbering.key(slot), slot, bin);
        state[slot] = SEALED;
        changes++;
      }
      return found.rows((slots) => numbering.list(slots));
    },
    open(series, tier) {
      const slot = numbering.find(series);
      return slot === 0 ? null : tiers.open(slot, tier);
    },
    forget(series) {
      for (const key of series) {
        const slot = numbering.find(key);
        if (slot === 0 || slot >= state.length) continue;
        state[slot] = ABSENT;
        tiers.clear(slot);
      }
      changes++;
      // A list may name a series that has another number from now on.
      byList = new WeakMap();
    },
  };
}
