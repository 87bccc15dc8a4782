/** Metrics that Saguaro measures itself, with the only unit each can have. Others are free. */
import type { MetricName, Unit } from './model.ts';

const FIELDS: Readonly<Record<string, Readonly<Partial<Record<Unit, readonly string[]>>>>> = {
  interface: {
    bps: ['in_bps', 'out_bps'],
    per_s: ['unicast', 'packets', 'errors', 'discards'].flatMap((what) => [`in_${what}_per_s`, `out_${what}_per_s`]),
    '1': ['oper_up'],
  },
  load: { '1': ['one', 'five', 'fifteen'] },
  cpu: { ratio: ['used_ratio', 'user_ratio', 'system_ratio', 'iowait_ratio'] },
  memory: { bytes: ['used', 'size', 'cached', 'buffers', 'swap_used', 'swap_size'].map((what) => `${what}_bytes`) },
  disk: { bytes: ['used_bytes', 'size_bytes'] },
  ping: { ms: ['rtt_ms'], ratio: ['loss_ratio'] },
  system: { s: ['uptime_s'], '1': ['processes'] },
};

/** Unit of each metric that a source of Saguaro offers. */
export const METRIC_UNITS: ReadonlyMap<MetricName, Unit> = new Map(
  Object.entries(FIELDS).flatMap(([family, units]) =>
    Object.entries(units).flatMap(([unit, fields]) =>
      fields.map((field): [MetricName, Unit] => [`${family}.${field}`, unit as Unit]),
    ),
  ),
);

/** What a field measures, without its unit: interface.in_bps is "in", disk.used_bytes is "used". */
export function fieldWords(metric: string): string {
  const field = metric.slice(metric.indexOf('.') + 1);
  return field.replace(/_(?:bps|per_s|bytes|ratio|ms|s)$/, '').replaceAll('_', ' ');
}
