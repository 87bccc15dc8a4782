/** Rows of records and of bins, put together and taken apart. */
import type { BinTier, SeriesKey } from '../../core/model.ts';
import type { BinRow, RawRow, SeriesList } from '../../core/ports.ts';
import type { Bin, BinsOfRow } from '../../core/rollup.ts';

/** A value that can be kept; whatever is not a number is unknown. */
export function known(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}

/** Infinities mean something to a store, and nothing when a device says them. */
export function finite(row: RawRow): RawRow {
  const { values } = row;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === Infinity || value === -Infinity) return { ...row, values: values.map(known) };
  }
  return row;
}

export function subset(row: RawRow, positions: readonly number[]): RawRow {
  return {
    ...row,
    series: positions.map((i) => row.series.at(i) ?? ''),
    values: Float64Array.from(positions, (i) => row.values[i] ?? NaN),
  };
}

export function blankRow(tier: BinTier, device: string, tMs: number, series: SeriesList): BinRow {
  const n = series.length;
  const all = new Float64Array(4 * n).fill(NaN);
  const column = (k: number) => all.subarray(k * n, (k + 1) * n);
  return { tier, device, tMs, series, mean: column(0), min: column(1), max: column(2), known: column(3) };
}

export function setBin(row: BinsOfRow, index: number, bin: Bin): void {
  row.mean[index] = bin.mean;
  row.min[index] = bin.min;
  row.max[index] = bin.max;
  row.known[index] = bin.known;
}

/** The rows of the bins that a row of records closes: a row for each tier and bin, by position in that row. */
export function createBinRows({ device, series }: RawRow) {
  const rows: BinRow[] = [];
  return {
    at(tier: BinTier, tMs: number): BinRow {
      let row = rows.find((one) => one.tier === tier && one.tMs === tMs);
      if (!row) {
        row = blankRow(tier, device, tMs, series);
        rows.push(row);
      }
      return row;
    },
    /** Those of a tier in order of time. */
    of: (tier: BinTier): BinRow[] => rows.filter((row) => row.tier === tier).sort((a, b) => a.tMs - b.tMs),
    /** Those in which there is anything. */
    all: (): readonly BinRow[] => rows.filter((row) => row.known.some((share) => share > 0)),
  };
}
export type BinRows = ReturnType<typeof createBinRows>;

/** Bins of series from anywhere, put together by device, tier and time. */
export function createSealed() {
  interface Group {
    readonly tier: BinTier;
    readonly device: string;
    readonly tMs: number;
    readonly slots: number[];
    readonly bins: Bin[];
  }
  const groups = new Map<string, Group>();
  return {
    add(tier: BinTier, series: SeriesKey, slot: number, bin: Bin): void {
      const device = series.slice(0, series.indexOf('/'));
      const name = `${device} ${tier} ${bin.tMs}`;
      let group = groups.get(name);
      if (!group) {
        group = { tier, device, tMs: bin.tMs, slots: [], bins: [] };
        groups.set(name, group);
      }
      group.slots.push(slot);
      group.bins.push(bin);
    },
    /** @param listOf the list of some series by their numbers */
    rows(listOf: (slots: Int32Array) => SeriesList): BinRow[] {
      return Array.from(groups.values(), ({ tier, device, tMs, slots, bins }) => {
        const row = blankRow(tier, device, tMs, listOf(Int32Array.from(slots)));
        bins.forEach((bin, i) => setBin(row, i, bin));
        return row;
      });
    },
  };
}
