/** What the appender writes, so that whoever checks knows it too. */
import { DEFAULT_TIERS, seriesKey, type SeriesKey, type Tier } from '../../core/model.ts';
import type { RawRow } from '../../core/ports.ts';

export const T0 = Date.UTC(2026, 4, 1, 11, 59, 7);
export const STEP_MS = 60_000;
const DAY_MS = 86_400_000;
/** So short that a few kills see history come and go. */
export const KEPT_MS: Readonly<Record<Tier, number | null>> = { raw: DAY_MS, '5m': 2 * DAY_MS, '1h': null, '1d': null };
export const TIERS = DEFAULT_TIERS.map((spec) => ({ ...spec, retentionMs: KEPT_MS[spec.tier] }));
/** Each device is a layout of its own and closes at its own time, so that something closes every few rows. */
export const DEVICES: readonly (readonly SeriesKey[])[] = Array.from({ length: 12 }, (_device, d) =>
  Array.from({ length: 2 + (d % 3) * 9 }, (_series, n) => seriesKey(`dev${d}`, `if${n}`, 'interface.in_bps')),
);
export const SERIES = DEVICES.flat();

export function valueAt(i: number, n: number): number {
  return (i + n) % 41 === 3 ? NaN : ((i * 7919 + n * 104_729) % 1_000_003) / 7;
}

/** One poll of every device. */
export function rowsAt(i: number): RawRow[] {
  return DEVICES.map((series, d) => ({
    device: `dev${d}`,
    tMs: T0 + i * STEP_MS,
    intervalMs: STEP_MS,
    series,
    values: Float64Array.from(series, (key) => valueAt(i, SERIES.indexOf(key))),
  }));
}
