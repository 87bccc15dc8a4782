/**
 * The open bins of all tiers. Samples go into 5 minutes; hours are made of those that close, and
 * days of hours. So an open hour is what closed in it and the open 5 minutes together.
 */
import { BIN_TIERS, TIER_STEP_MS, type BinTier } from '../../core/model.ts';
import type { BinRow, RawRow } from '../../core/ports.ts';
import { createRollup, type Bin, type BinsOfRow } from '../../core/rollup.ts';
import { combine } from './binning.ts';
import { createBinRows, setBin, type BinRows } from './rows.ts';

export interface Tiers {
  /**
   * Adds a row of samples.
   * @param fromMs from when on they tell: one for all, or of each
   * @returns the bins that close, and the positions of samples that reach back before an open bin
   */
  add(row: RawRow, slots: Int32Array, fromMs: number | Float64Array): { bins: readonly BinRow[]; behind: number[] };
  /** Closes the bins of a slot that end at or before t. */
  seal(slot: number, beforeMs: number): { readonly tier: BinTier; readonly bin: Bin }[];
  /** The open bin as it stands, null when nothing is known in it. */
  open(slot: number, tier: BinTier): Bin | null;
  clear(slot: number): void;
  /** @param bins of each tier what is known of its open bin beyond those of the finer tiers */
  restore(slot: number, bins: readonly (Bin | null)[]): void;
}

export function createTiers(): Tiers {
  let emit: ((k: number, bin: Bin, at: number) => void) | null = null;
  const rollups = BIN_TIERS.map((tier, k) =>
    createRollup(TIER_STEP_MS[tier], (_slot, tMs, mean, min, max, known, at) => emit?.(k, { tMs, mean, min, max, known }, at)),
  );
  const tierOf = (k: number): BinTier => BIN_TIERS[k] ?? '5m';
  /** Takes closed bins up into the coarser tiers, and closes there what is over by now. */
  const rise = (rows: BinRows, slots: Int32Array, sinceMs: number, tMs: number) => {
    for (let k = 1; k < rollups.length; k++) {
      const rollup = rollups[k];
      const finer = tierOf(k - 1);
      const out = (startMs: number): BinsOfRow => rows.at(tierOf(k), startMs);
      for (const bins of rows.of(finer)) rollup?.addBins(slots, TIER_STEP_MS[finer], bins, out);
      const endMs = (Math.floor(sinceMs / TIER_STEP_MS[tierOf(k)]) + 1) * TIER_STEP_MS[tierOf(k)];
      if (endMs <= tMs) rollup?.pass(slots, tMs, out);
    }
  };

  return {
    add(row, slots, fromMs) {
      const rows = createBinRows(row);
      const { tMs, values } = row;
      let behind: number[] = [];
      let sinceMs = tMs;
      emit = (k, bin, at) => setBin(rows.at(tierOf(k), bin.tMs), at, bin);
      if (typeof fromMs === 'number') {
        sinceMs = fromMs;
        behind = rollups[0]?.addRow(slots, fromMs, tMs, values, (startMs) => rows.at('5m', startMs)) ?? [];
      } else {
        for (let i = 0; i < slots.length; i++) {
          const since = fromMs[i] ?? tMs;
          sinceMs = Math.min(sinceMs, since);
          if (rollups[0]?.add(slots[i] ?? 0, since, tMs, values[i] ?? NaN, i) === false) behind.push(i);
        }
      }
      rise(rows, slots, sinceMs, tMs);
      emit = null;
      return { bins: rows.all(), behind };
    },
    seal(slot, beforeMs) {
      const sealed: { tier: BinTier; bin: Bin }[] = [];
      const slots = Int32Array.of(slot);
      const closed = (k: number, bin: Bin) => {
        sealed.push({ tier: tierOf(k), bin });
        const one = single(bin.tMs);
        setBin(one, 0, bin);
        const coarser = single(NaN);
        let startMs = NaN;
        rollups[k + 1]?.addBins(slots, TIER_STEP_MS[tierOf(k)], one, (tMs) => {
          startMs = tMs;
          return coarser;
        });
        const [mean = NaN, min = NaN, max = NaN, known = NaN] = [
          coarser.mean[0],
          coarser.min[0],
          coarser.max[0],
          coarser.known[0],
        ];
        if (known > 0) closed(k + 1, { tMs: startMs, mean, min, max, known });
      };
      emit = closed;
      for (const rollup of rollups) rollup.seal(slot, beforeMs);
      emit = null;
      return sealed;
    },
    open(slot, tier) {
      const stepMs = TIER_STEP_MS[tier];
      const parts = BIN_TIERS.slice(0, BIN_TIERS.indexOf(tier) + 1).flatMap((one, k) => {
        const bin = rollups[k]?.open(slot);
        return bin ? [{ widthMs: TIER_STEP_MS[one], bins: [bin] }] : [];
      });
      const latestMs = parts.reduce((latest, { bins }) => Math.max(latest, bins[0]?.tMs ?? latest), -Infinity);
      if (latestMs === -Infinity) return null;
      const startMs = Math.floor(latestMs / stepMs) * stepMs;
      return combine(
        startMs,
        stepMs,
        parts.filter(({ bins }) => (bins[0]?.tMs ?? 0) >= startMs),
      );
    },
    clear(slot) {
      for (const rollup of rollups) rollup.clear(slot);
    },
    restore(slot, bins) {
      rollups.forEach((rollup, k) => {
        const bin = bins[k];
        if (bin) rollup.restore(slot, bin);
      });
    },
  };
}

/** A row of one bin that says nothing yet. */
function single(tMs: number) {
  const column = () => new Float64Array(1).fill(NaN);
  return { tMs, mean: column(), min: column(), max: column(), known: column() };
}
