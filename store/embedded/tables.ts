/** One tier of the embedded store: its head, its chunks, and how the head's rows become chunks. */
import type { DatabaseSync } from 'node:sqlite';
import { TIER_STEP_MS, type BinTier, type Tier } from '../../core/model.ts';
import { createBinChunks, type BinChunks, type FourColumns } from './bin-chunks.ts';
import type { Damage } from './damage.ts';
import { createHead, type Head, type HeadSpan } from './head.ts';
import { BIN_TABLES } from './protocol.ts';
import { chunkRecords, createRawChunks, type RawChunks } from './raw-chunks.ts';

/** Rows of one layout in order of time; of equal times the greatest seq counts. */
export interface Stack {
  readonly tMs: Float64Array;
  readonly seq: Float64Array;
  readonly intervalMs: Float64Array;
  /** Of each row all columns one after the other. */
  readonly rows: readonly Float64Array[];
}

export interface Table {
  readonly tier: Tier;
  readonly head: Head;
  readonly columns: number;
  /** Whether the rows of a layout should become chunks now. */
  due(layout: number, span: HeadSpan, nowMs: number): boolean;
  /** Puts what the stacks hold of a series into its chunks. */
  close(
    series: number,
    places: readonly { readonly stack: Stack; readonly index: number; readonly width: number }[],
    nowMs: number,
  ): void;
  remove(series: number): void;
  expire(beforeMs: number, limit: number): boolean;
}

export interface RawTable extends Table {
  readonly chunks: RawChunks;
}
export interface BinTable extends Table {
  readonly chunks: BinChunks;
}

/** Bins wait in the head until there are this many of them: a day of 5 minutes, two days of hours, 32 days. */
const HEAD_BINS: Readonly<Record<BinTier, number>> = { '5m': 288, '1h': 48, '1d': 32 };
/** A layout nobody writes any more is closed this much later than one that is. */
const LATE = 1.25;

export function createRawTable(db: DatabaseSync, damage: Damage): RawTable {
  const chunks = createRawChunks(db, damage);
  const head = createHead(db, 'head_raw', ['value'], null);
  return {
    tier: 'raw',
    head,
    chunks,
    columns: 1,
    due(layout, span, nowMs) {
      const full = chunkRecords(span.intervalMs);
      return span.rows >= staggered(layout, full) || nowMs - span.oldestMs >= LATE * full * span.intervalMs;
    },
    close(series, places) {
      const { tMs, value, intervalMs } = gather(places, 1);
      chunks.merge(series, { tMs, value: value[0] ?? new Float64Array(0) }, intervalMs);
    },
    remove: (series) => chunks.remove(series),
    expire: (beforeMs, limit) => chunks.expire(beforeMs, limit),
  };
}

export function createBinTable(db: DatabaseSync, tier: BinTier, damage: Damage): BinTable {
  const chunks = createBinChunks(db, tier, damage);
  const stepMs = TIER_STEP_MS[tier];
  const head = createHead(db, `head_${BIN_TABLES[tier]}`, ['mean', 'min', 'max', 'known'], stepMs);
  return {
    tier,
    head,
    chunks,
    columns: 4,
    due(layout, span, nowMs) {
      return span.rows >= staggered(layout, HEAD_BINS[tier]) || nowMs - span.oldestMs >= LATE * HEAD_BINS[tier] * stepMs;
    },
    close(series, places, nowMs) {
      const { tMs, value } = gather(places, 4);
      chunks.merge(series, tMs, value as unknown as FourColumns, nowMs);
    },
    remove: (series) => chunks.remove(series),
    expire: (beforeMs, limit) => chunks.expire(beforeMs, limit),
  };
}

/** Layouts close at different fills, so that they do not all close in one cycle, for ever after the first. */
function staggered(layout: number, full: number): number {
  const phase = ((layout * 2654435761) >>> 0) / 2 ** 32;
  return Math.ceil(full * (0.6 + 0.4 * phase));
}

/** The columns of one series out of the stacks it stands in. */
function gather(
  places: readonly { readonly stack: Stack; readonly index: number; readonly width: number }[],
  columns: number,
): { tMs: Float64Array; intervalMs: Float64Array; value: Float64Array[] } {
  const [only] = places;
  if (places.length === 1 && only) {
    const { stack, index, width } = only;
    const value = Array.from({ length: columns }, (_column, k) => {
      const out = new Float64Array(stack.rows.length);
      for (let i = 0; i < out.length; i++) out[i] = stack.rows[i]?.[k * width + index] ?? NaN;
      return out;
    });
    return { tMs: stack.tMs, intervalMs: stack.intervalMs, value };
  }
  const all = places.flatMap(({ stack, index, width }) =>
    stack.rows.map((row, i) => ({
      tMs: stack.tMs[i] ?? 0,
      seq: stack.seq[i] ?? 0,
      intervalMs: stack.intervalMs[i] ?? 0,
      values: Array.from({ length: columns }, (_column, k) => row[k * width + index] ?? NaN),
    })),
  );
  all.sort((a, b) => a.tMs - b.tMs || a.seq - b.seq);
  // Bins that say nothing (known NaN) must not hide an older row that does.
  const said = columns === 1 ? all : all.filter((entry) => !Number.isNaN(entry.values[3]));
  const last = said.filter((entry, i) => said[i + 1]?.tMs !== entry.tMs);
  return {
    tMs: Float64Array.from(last, (entry) => entry.tMs),
    intervalMs: Float64Array.from(last, (entry) => entry.intervalMs),
    value: Array.from({ length: columns }, (_column, k) => Float64Array.from(last, (entry) => entry.values[k] ?? NaN)),
  };
}
