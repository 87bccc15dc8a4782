/** What the appender writes, so that whoever checks knows it too. */
import { DEFAULT_TIERS, seriesKey } from '../../core/model.ts';
import type { RawRow } from '../../core/ports.ts';

export const T0 = Date.UTC(2026, 4, 1, 11, 59, 7);
export const STEP_MS = 60_000;
/** Many kills write more days than raw is usually kept; here nothing may expire. */
export const TIERS = DEFAULT_TIERS.map((spec) => ({ ...spec, retentionMs: null }));
export const SERIES = Array.from({ length: 12 }, (_series, n) => seriesKey('dev', `if${n}`, 'interface.in_bps'));

export function valueAt(i: number, n: number): number {
  return (i + n) % 41 === 3 ? NaN : ((i * 7919 + n * 104_729) % 1_000_003) / 7;
}

export function rowAt(i: number): RawRow {
  return {
    device: 'dev',
    tMs: T0 + i * STEP_MS,
    intervalMs: STEP_MS,
    series: SERIES,
    values: Float64Array.from(SERIES, (_s, n) => valueAt(i, n)),
  };
}
