/** What can fill: filesystems, memory, and links that carry something of their speed. */
import type { CapacityRow } from '../core/capacity.ts';
import { deviceKind } from '../core/kind.ts';
import { seriesKey, type Device, type Instance, type MetricName, type SeriesKey, type Unit } from '../core/model.ts';
import { isLoopback } from '../core/parts.ts';
import { visible } from '../core/text.ts';
import type { Stocked } from './inventory.ts';

export interface Fillable {
  readonly series: SeriesKey;
  /** Series of its size, where that is measured; null = only `size` is known. */
  readonly sizes: SeriesKey | null;
  /** As it was discovered; null = not known, as of an import. */
  readonly size: number | null;
  readonly device: Device;
  readonly deviceKind: CapacityRow['deviceKind'];
  readonly instance: Instance;
  readonly name: string;
  readonly what: CapacityRow['what'];
  readonly metric: MetricName;
  readonly unit: Unit;
}

/** Smaller filesystems hold what a system needs to start, not what grows. */
const DISK_MIN_BYTES = 512 * 2 ** 20;
/** Read-only media, and what lives in memory. */
const NO_DISK = /^\/(?:proc|sys|dev|run|snap|boot)(?:\/|$)|\b(?:cdrom|iso9660|squashfs|tmpfs)\b/i;
/** Of one device; the ports of a large switch are not what fills first. */
const PORTS_MAX = 200;

/** Everything of a device that can fill, links without a look at what they carry. */
export function fillableOf({ device, instances }: Stocked): Fillable[] {
  const counts: Record<string, number> = {};
  for (const { kind } of instances) counts[kind] = (counts[kind] ?? 0) + 1;
  const kind = deviceKind(device, counts);
  const present = instances.filter((i) => i.vanishedMs === null && (i.capacity === null || i.capacity > 0));
  const ports = present.filter((i) => i.kind === 'interface' && !isLoopback(i.key));
  const make = (
    i: Instance,
    what: Fillable['what'],
    metric: string,
    unit: Unit,
    name: string,
    sizes: string | null,
  ): Fillable[] => {
    const has = (wanted: string) => i.metrics.some((m) => m.name === wanted);
    if (!has(metric) || (i.capacity === null && (sizes === null || !has(sizes)))) return [];
    const key = (of: string) => seriesKey(device.id, i.id, of as MetricName);
    return [
      {
        ...{ series: key(metric), sizes: sizes !== null && has(sizes) ? key(sizes) : null, size: i.capacity },
        ...{ device, deviceKind: kind, instance: i, name, what, metric: metric as MetricName, unit },
      },
    ];
  };
  const port = (i: Instance) => [visible(i.name), visible(i.alias)].filter((text) => text !== '').join(' ');
  return [
    ...present
      .filter((i) => i.kind === 'disk' && (i.capacity ?? Infinity) >= DISK_MIN_BYTES && !NO_DISK.test(i.name))
      .flatMap((i) => make(i, 'disk', 'disk.used_bytes', 'bytes', visible(i.name), 'disk.size_bytes')),
    ...present
      .filter((i) => i.kind === 'memory')
      .flatMap((i) => make(i, 'memory', 'memory.used_bytes', 'bytes', 'Memory', 'memory.size_bytes')),
    ...(ports.length > PORTS_MAX ? [] : ports).flatMap((i) => [
      ...make(i, 'link', 'interface.in_bps', 'bps', `${port(i)} in`, null),
      ...make(i, 'link', 'interface.out_bps', 'bps', `${port(i)} out`, null),
    ]),
  ];
}
