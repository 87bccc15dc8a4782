/** What passes between the embedded store and its worker: integers and typed arrays, moved rather than copied. */
import type { BinTier, TierSpec } from '../../core/model.ts';
import type { WriteResult } from '../../core/ports.ts';

export const BIN_TABLES: Readonly<Record<BinTier, 'r5' | 'r60' | 'r1d'>> = { '5m': 'r5', '1h': 'r60', '1d': 'r1d' };

/** An ordered set of series that are written together; at most `LAYOUT_SERIES` of them. */
export interface LayoutDefinition {
  readonly id: number;
  readonly series: Int32Array;
}
/** Bounds the row that must be read for one series, and the time one closing takes. */
export const LAYOUT_SERIES = 512;
/** Series of a layout that share blocks: this many side by side, counted from its first. */
export const BLOCK_SERIES = 16;

/** Where a series of a layout finds its block. */
export function firstOf(index: number): number {
  return index - (index % BLOCK_SERIES);
}

/** Many of them must stay cheap: one string for all keys, which hold no line breaks. */
export interface SeriesDefinitions {
  readonly ids: Int32Array;
  readonly keys: string;
}

export function keysOf(definitions: SeriesDefinitions): string[] {
  return definitions.ids.length === 0 ? [] : definitions.keys.split('\n');
}

/** Rows side by side; row i has as many values as its layout has series, one after the other. */
export interface RawRows {
  readonly layout: Int32Array;
  readonly tMs: Float64Array;
  readonly intervalMs: Float64Array;
  readonly values: Float64Array;
}

/** Of each row all means, then all minima, maxima and knowns. */
export interface BinRows {
  readonly tier: BinTier;
  readonly layout: Int32Array;
  readonly tMs: Float64Array;
  readonly values: Float64Array;
}

export interface WriteRequest {
  readonly op: 'write';
  readonly newSeries: SeriesDefinitions;
  readonly newLayouts: readonly LayoutDefinition[];
  readonly raw: RawRows;
  readonly bins: readonly BinRows[];
}

export type Operation =
  | WriteRequest
  | { readonly op: 'tiers'; readonly tiers: readonly TierSpec[] }
  | { readonly op: 'raw'; readonly series: Int32Array; readonly fromMs: number; readonly toMs: number }
  | {
      readonly op: 'bins';
      readonly series: Int32Array;
      readonly tier: BinTier;
      readonly fromMs: number;
      readonly toMs: number;
      /** mean, min, max, known. */
      readonly wanted: readonly [boolean, boolean, boolean, boolean];
    }
  | { readonly op: 'latest'; readonly series: Int32Array }
  | { readonly op: 'remove'; readonly series: Int32Array }
  | { readonly op: 'maintain'; readonly nowMs: number }
  | { readonly op: 'health' }
  | { readonly op: 'close' };

/** Columns of many series in one block, in the worker's own order: of the i-th, `counts[i]` values in each column that was wanted. */
export interface Columns {
  /** Position of the i-th in the question. */
  readonly order: Int32Array;
  readonly counts: Int32Array;
  /** Series after series; within one, column after column (time first). */
  readonly data: Float64Array;
  /** Time of the record before the first, NaN when there is none; raw only. */
  readonly previousMs: Float64Array;
}

/** Of each series time and value of its last record; time is -Infinity when there is none. */
export interface LatestColumns {
  readonly tMs: Float64Array;
  readonly value: Float64Array;
}

export interface WorkerHealth {
  readonly ok: boolean;
  readonly reason: string;
  readonly bytes: number;
}

export interface WorkerOptions {
  readonly path: string;
  readonly mostBytes?: number;
}

export interface Opened {
  readonly series: readonly SeriesDefinitions[];
  readonly layouts: readonly LayoutDefinition[];
  readonly nextSeries: number;
  readonly nextLayout: number;
}

export interface Answers {
  write: WriteResult;
  tiers: null;
  raw: Columns;
  bins: Columns;
  latest: LatestColumns;
  remove: null;
  maintain: null;
  health: WorkerHealth;
  close: null;
}

export interface Message {
  readonly id: number;
  readonly operation: Operation;
}

/** The first reply has id 0: `Opened`, or why the file cannot be used. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: Answers[keyof Answers] | Opened }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly dataFolder: boolean };
