/** Rows of a device with one interface, as short as a test wants to say them. */
import { type BinTier, type MetricName, seriesKey } from '../../core/model.ts';
import type { BinRow, RawRow } from '../../core/ports.ts';

export const MINUTE = 60_000;
const METRICS: MetricName[] = ['interface.in_bps', 'interface.out_bps', 'interface.errors'];
export const keys = (device: string, n = 2) => METRICS.slice(0, n).map((metric) => seriesKey(device, 'if1', metric));

export function rawRow(
  device: string,
  tMs: number,
  values: number[],
  intervalMs = MINUTE,
  series = keys(device, values.length),
): RawRow {
  return { device, tMs, intervalMs, series, values: Float64Array.from(values) };
}

export function binRow(
  device: string,
  tier: BinTier,
  tMs: number,
  bins: [mean: number, min: number, max: number, known: number][],
): BinRow {
  const column = (i: number) => Float64Array.from(bins, (bin) => bin[i] ?? NaN);
  return {
    tier,
    device,
    tMs,
    series: keys(device, bins.length),
    mean: column(0),
    min: column(1),
    max: column(2),
    known: column(3),
  };
}

/** What was found, with every number that is the wanted one as exactly as a store of so many digits keeps it put right. */
export function kept(found: unknown, wanted: unknown, digits: number): unknown {
  if (typeof found === 'number' && typeof wanted === 'number')
    return digits < 17 && Math.abs(found - wanted) <= 10 ** -digits * Math.abs(wanted) ? wanted : found;
  if (Array.isArray(found) && Array.isArray(wanted)) return found.map((item, i) => kept(item, wanted[i], digits));
  if (typeof found === 'object' && typeof wanted === 'object' && found && wanted)
    return Object.fromEntries(
      Object.entries(found).map(([key, value]) => [key, kept(value, wanted[key as keyof typeof wanted], digits)]),
    );
  return found;
}
