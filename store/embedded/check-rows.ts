/** What can be wrong with a row of history.db. Each check answers with the end of a sentence, null when all is well. */
import type { BinTier } from '../../core/model.ts';
import { CHUNK_BINS } from './bin-chunks.ts';
import { decodeColumn, decodeTimes, openColumn, sumIn } from './codec.ts';
import { isDamage } from './damage.ts';
import { BLOCK_SERIES } from './protocol.ts';
import { openRow } from './row-sums.ts';
import { kindOf, placeOf } from './seals.ts';
import type { Row } from './walking.ts';

/** What is known of a part of a bin may be a little more than all of it, by rounding. */
const ALL_KNOWN = 1 + 1e-9;
const NAMES = ['mean', 'min', 'max', 'known'] as const;

/** Runs a check that reads; what it throws of damage is its answer. */
export function verdict(check: () => string | null): string | null {
  try {
    return check();
  } catch (error) {
    if (isDamage(error)) return error.message;
    throw error;
  }
}

export function wrongTimes(stamps: unknown, t1: unknown): string | null {
  return verdict(() => {
    const tMs = decodeTimes(stamps as Uint8Array);
    if (tMs.length === 0) return 'has no moments';
    for (let i = 1; i < tMs.length; i++) if (!((tMs[i] ?? NaN) > (tMs[i - 1] ?? NaN))) return 'has moments out of order';
    return tMs.at(-1) === t1 ? null : 'does not end when it says';
  });
}

/** @param width series of its layout */
export function wrongHeadRow(table: string, row: Row, width: number): string | null {
  const names: readonly string[] = table === 'head_raw' ? ['value'] : NAMES;
  const [layout, ts] = [Number(row['layout']), Number(row['ts'])];
  if (!Number.isFinite(ts)) return 'has no time';
  const opened = openRow(
    {
      blobs: names.map((name) => row[name]),
      columns: names.map((_name, k) => k),
      width: names.length,
      sums: row['sums'] ?? null,
      firstGroup: 0,
      place: placeOf(kindOf(table), layout, ts),
    },
    0,
    width - 1,
  );
  if (!opened.sound) return 'does not match its checksums';
  const long = names.some((name) => row[name] instanceof Uint8Array && row[name].length !== width * 8);
  if (long) return 'has more values than its layout has series';
  if (table === 'head_raw') return Number(row['interval']) > 0 ? null : 'has no interval';
  return wrongBins(opened.columns);
}

/** @param where layout and first series of a block, or the series of a chunk */
export function wrongRaw(table: 'raw' | 'raw_block', row: Row, where: readonly number[], width: number): string | null {
  return verdict(() => {
    const [t0, t1, interval] = [Number(row['t0']), Number(row['t1']), Number(row['interval'])];
    if (!(row['stamps'] instanceof Uint8Array)) return 'has lost its moments';
    const tMs = decodeTimes(row['stamps']);
    const place = placeOf(kindOf(table), ...where, t0, t1, interval, sumIn(row['stamps']));
    const column = openColumn(row['value'] as Uint8Array, place);
    if (column.count !== tMs.length * width) return 'has more or fewer values than moments';
    if (tMs[0] !== t0 || tMs.at(-1) !== t1) return 'does not begin and end when it says';
    return interval > 0 ? null : 'has no interval';
  });
}

/** @param full bins of a full block */
export function wrongBinBlock(table: string, row: Row, width: number, full: number): string | null {
  return verdict(() => {
    const [layout, first, b0, n] = [row['layout'], row['first'], row['b0'], row['n']].map(Number) as [
      number,
      number,
      number,
      number,
    ];
    if (!Number.isInteger(b0) || !(n >= 1 && n <= full)) return 'says a time that cannot be';
    const columns = columnsOf(row, (k) => placeOf(kindOf(table), layout, first, b0, n, k));
    if (columns.some((column) => column.length !== n * width)) return 'has more or fewer values than bins';
    return wrongBins(columns);
  });
}

export function wrongBinChunk(table: string, tier: BinTier, row: Row): string | null {
  return verdict(() => {
    const [series, slot] = [Number(row['series']), Number(row['slot'])];
    const columns = columnsOf(row, (k) => placeOf(kindOf(table), series, slot, k));
    const [mean] = columns;
    if (columns.some((column) => column.length !== mean?.length)) return 'has columns of different lengths';
    if ((mean?.length ?? 0) > CHUNK_BINS[tier]) return 'has more bins than a chunk holds';
    return wrongBins(columns);
  });
}

function columnsOf(row: Row, place: (k: number) => number): Float64Array[] {
  const mean = () => openColumn(row['mean'] as Uint8Array, place(0));
  return NAMES.map((name, k) => decodeColumn(row[name] as Uint8Array, place(k), mean));
}

/** @param columns mean, min, max, known */
function wrongBins(columns: readonly Float64Array[]): string | null {
  const [, min, max, known] = columns;
  for (let i = 0; i < (known?.length ?? 0); i++) {
    const share = known?.[i] ?? NaN;
    // Absent in a block, or nothing said in the head.
    if (Number.isNaN(share) || share === 0) continue;
    if (!(share > 0 && share <= ALL_KNOWN)) return 'says that more is known of a bin than there is';
    if (!((min?.[i] ?? NaN) <= (max?.[i] ?? NaN))) return 'has a minimum above its maximum';
  }
  return null;
}

/** Where a block may stand in a layout of so many series; how many series it holds, 0 = nowhere. */
export function widthAt(first: unknown, layoutWidth: number): number {
  const at = Number(first);
  if (!Number.isInteger(at) || at < 0 || at >= layoutWidth || at % BLOCK_SERIES !== 0) return 0;
  return Math.min(BLOCK_SERIES, layoutWidth - at);
}
