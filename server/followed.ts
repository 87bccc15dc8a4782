/** Which series have a habit that is followed: what people look at every day, of every device. */
import { FOLLOWED } from '../core/habit-watch.ts';
import { graphsOf } from '../core/graphs.ts';
import { seriesKey, TIER_STEP_MS, type BinTier, type Device, type Instance, type SeriesKey, type Unit } from '../core/model.ts';
import { isLoopback } from '../core/parts.ts';
import { visible } from '../core/text.ts';
import type { Picture } from './inventory.ts';

export interface Followed {
  readonly series: SeriesKey;
  readonly device: Device;
  readonly instance: Instance;
  /** "xe0 in", "Load" */
  readonly name: string;
  readonly unit: Unit;
  /** Bins that are no finer than the readings. */
  readonly tier: BinTier;
  /** Id of a graph that shows it; null = none does. */
  readonly graph: string | null;
}

/** Ports of a device that are followed: described ones first, because somebody cares for them. */
const PORTS_MAX = 24;
const GRAPH_OF: Readonly<Record<string, string>> = { interface: 'traffic', ping: 'ping' };

/** At most `most`, one kind of metric after the other over all devices, so that no large switch takes all. */
export function followedIn(picture: Picture, most: number): Followed[] {
  const found: Followed[] = [];
  for (const { device, instances } of picture.values()) {
    if (device.sources.length === 0) continue;
    const ports = instances
      .filter((i) => i.kind === 'interface' && i.vanishedMs === null && !isLoopback(i.key))
      .sort((a, b) => Number(b.alias !== '') - Number(a.alias !== ''))
      .slice(0, PORTS_MAX);
    const others = instances.filter((i) => i.kind !== 'interface' && i.vanishedMs === null);
    for (const instance of [...others, ...ports]) found.push(...followedOf(device, instance));
  }
  const rank = ({ series }: Followed) => (series.includes('/interface.') ? 1 : 0);
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, most);
}

/** Every series that could be followed, vanished instances included. */
export function seriesIn(picture: Picture): Set<SeriesKey> {
  const found = new Set<SeriesKey>();
  for (const { device, instances } of picture.values())
    for (const { id, metrics } of instances)
      for (const { name } of metrics)
        if (FOLLOWED.some(({ metric }) => metric === name)) found.add(seriesKey(device.id, id, name));
  return found;
}

function followedOf(device: Device, instance: Instance): Followed[] {
  // One processor of many says little; a device with one instance of the kind is told by its kind.
  if (instance.kind === 'cpu' && instance.key !== instance.kind) return [];
  return FOLLOWED.flatMap(({ metric, unit, words }): Followed[] => {
    if (!instance.metrics.some((one) => one.name === metric && one.unit === unit)) return [];
    const port = instance.kind === 'interface';
    const wanted = `${GRAPH_OF[instance.kind] ?? instance.kind}~`;
    const graph = graphsOf(device, [instance]).find(({ id }) => id.startsWith(wanted))?.id ?? null;
    return [
      {
        ...{ series: seriesKey(device.id, instance.id, metric), device, instance, unit, graph },
        name: port ? visible(`${instance.name} ${words}`) : words.charAt(0).toUpperCase() + words.slice(1),
        tier: device.intervalMs > TIER_STEP_MS['5m'] ? '1h' : '5m',
      },
    ];
  });
}
