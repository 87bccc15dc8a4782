/** What a check of a history finds. */
import { TIER_STEP_MS, type SeriesKey, type Tier } from '../../core/model.ts';
import { BIN_TABLES } from './protocol.ts';

export const TIER_OF_TABLE: Readonly<Record<string, Tier>> = Object.fromEntries(
  (['raw', '5m', '1h', '1d'] as const).flatMap((tier) => {
    const table = tier === 'raw' ? 'raw' : BIN_TABLES[tier];
    return [`head_${table}`, table, `${table}_block`].map((name) => [name, tier]);
  }),
);

/** How a finding can be put right: by taking the row aside, and what else that needs. */
export type Remedy = 'head' | 'raw' | 'bins' | 'series' | 'layout' | 'times' | 'moved' | 'orphan' | 'file' | 'none';

export interface Finding {
  readonly table: string;
  /** Key of the row; null where it is not about one. */
  readonly id: number | null;
  readonly tier: Tier | null;
  /** A series it is about, '' where that cannot be told. */
  readonly series: string;
  /** How many more series. */
  readonly others: number;
  /** UTC milliseconds, null where the time cannot be told. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** What is wrong, as the end of a sentence. */
  readonly reason: string;
  readonly remedy: Remedy;
  /** All the series it is about; left out of JSON. */
  readonly keys: () => readonly SeriesKey[];
}

export interface TableReport {
  readonly table: string;
  /** Rows looked at. */
  rows: number;
  damaged: number;
}

export interface CheckReport {
  readonly file: string;
  readonly sound: boolean;
  readonly tables: readonly TableReport[];
  /** How many there are; `findings` has the first of them. */
  readonly damaged: number;
  readonly findings: readonly Finding[];
  /** Rows that reading or an earlier repair had set aside, and nobody has seen yet. */
  readonly setAside: number;
}

export function binsTime(tier: Tier, firstBin: number, bins: number): { fromMs: number; toMs: number } {
  const stepMs = tier === 'raw' ? 1 : TIER_STEP_MS[tier];
  return { fromMs: firstBin * stepMs, toMs: (firstBin + bins) * stepMs };
}
