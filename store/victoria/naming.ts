/**
 * What series are called on a VictoriaMetrics server. The tier is a part of the name, `saguaro_raw_interface_in_bps`,
 * `saguaro_5m_interface_in_bps_mean`: its index answers an exact name with a label fastest, so the tiers of
 * one server are kept apart at no cost. A family's own underscores are doubled there, so that a name can be read back.
 */
import { seriesKey, splitSeriesKey, type BinTier, type MetricName, type SeriesKey, type Tier } from '../../core/model.ts';
import type { BinColumn } from '../../core/ports.ts';
import { BIN_SUFFIXES, fieldOf, GAP_SUFFIX, serverField } from '../server/line-protocol.ts';

/** Labels of a series as the server answers them. */
export interface Labels {
  readonly __name__?: string;
  readonly device?: string;
  readonly instance?: string;
}

/** A measurement of a tier; what is escaped in it stays so. */
const MEASUREMENT = /^(?:[^,\\]|\\.)*/;

/** Lines for one tier, with the measurements that keep it apart from the others. */
export function linesOfTier(prefix: string, tier: Tier, text: string): string {
  const start = `${prefix}_${tier}_`;
  return text
    .split('\n')
    .map((line) => start + line.replace(MEASUREMENT, (family) => family.replaceAll('_', '__')))
    .join('\n');
}

function stemOf(prefix: string, tier: Tier, metric: MetricName): string {
  const dot = metric.indexOf('.');
  return `${prefix}_${tier}_${metric.slice(0, dot).replaceAll('_', '__')}_${serverField(metric.slice(dot + 1))}`;
}

/** The value first, then what says that there is none. */
export function rawNames(prefix: string, metric: MetricName): [value: string, gap: string] {
  const stem = stemOf(prefix, 'raw', metric);
  return [stem, stem + GAP_SUFFIX];
}

export function binName(prefix: string, tier: BinTier, metric: MetricName, column: BinColumn): string {
  return stemOf(prefix, tier, metric) + BIN_SUFFIXES[column];
}

/** Every name a metric has in a tier. */
export function allNames(prefix: string, tier: Tier, metric: MetricName): string[] {
  if (tier === 'raw') return rawNames(prefix, metric);
  const stem = stemOf(prefix, tier, metric);
  return Object.values(BIN_SUFFIXES).map((suffix) => stem + suffix);
}

/** Which series a name of a tier and its labels belong to; null for what is not ours. */
export function keyOf(prefix: string, tier: Tier, { __name__: name, device, instance }: Labels): SeriesKey | null {
  const start = `${prefix}_${tier}_`;
  if (!name?.startsWith(start) || device === undefined || instance === undefined) return null;
  const suffixes = tier === 'raw' ? [GAP_SUFFIX] : Object.values(BIN_SUFFIXES);
  const suffix = suffixes.find((end) => name.endsWith(end)) ?? '';
  if (tier !== 'raw' && suffix === '') return null;
  const stem = name.slice(start.length, name.length - suffix.length);
  // The first underscore that is not one of a pair ends the family.
  const family = /^(?:[^_]|__)*/.exec(stem)?.[0] ?? '';
  if (family === '' || stem.length < family.length + 2) return null;
  return seriesKey(device, instance, `${family.replaceAll('__', '_')}.${fieldOf(stem.slice(family.length + 1))}`);
}

/** How an answer is told whose it is. */
export function identityOf(name: string, device: string, instance: string): string {
  return `${name}\n${device}\n${instance}`;
}

export function identitiesOf(key: SeriesKey, names: (metric: MetricName) => readonly string[]): string[] {
  const { device, instance, metric } = splitSeriesKey(key);
  return names(metric).map((name) => identityOf(name, device, instance));
}
