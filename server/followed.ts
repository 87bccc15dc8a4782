/** Which series have a habit that is followed: what people look at every day, of every device. */
import { FOLLOWED } from '../core/habit-watch.ts';
import { graphsOf } from '../core/graphs.ts';
import { seriesKey, TIER_STEP_MS, type BinTier, type Device, type Instance, type SeriesKey, type Unit } from '../core/model.ts';
import { isLoopback } from '../core/parts.ts';
import { visible } from '../core/text.ts';
import type { Picture, Stocked } from './inventory.ts';

export interface Followed {
  readonly series: SeriesKey;
  readonly device: Device;
  readonly instance: Instance;
  /** "xe0 in", "Load" */
  readonly name: string;
  readonly unit: Unit;
  /** Bins that are no finer than the readings. */
  readonly tier: BinTier;
}

/** Ports of a device that are followed: described ones first, because somebody cares for them. */
const PORTS_MAX = 24;
const GRAPH_OF: Readonly<Record<string, string>> = { interface: 'traffic', ping: 'ping' };

/** What is followed, chosen from one device after the other. */
export interface Choice {
  add(stocked: Stocked): void;
  /** At most `most`, one kind of metric after the other over all devices, so that no large switch takes all. */
  chosen(): Followed[];
}
export function createChoice(most: number): Choice {
  const [others, ports] = [[] as Followed[], [] as Followed[]];
  return {
    add(stocked) {
      for (const one of followedOf(stocked)) {
        const among = one.series.includes('/interface.') ? ports : others;
        if (among.length < most) among.push(one);
      }
    },
    chosen: () => [...others, ...ports].slice(0, most),
  };
}

/** Of a device that is polled. */
function followedOf({ device, instances }: Stocked): Followed[] {
  if (device.sources.length === 0) return [];
  const ports = instances
    .filter((i) => i.kind === 'interface' && i.vanishedMs === null && !isLoopback(i.key))
    .sort((a, b) => Number(b.alias !== '') - Number(a.alias !== ''))
    .slice(0, PORTS_MAX);
  const others = instances.filter((i) => i.kind !== 'interface' && i.vanishedMs === null);
  return [...others, ...ports].flatMap((instance) => seriesOf(device, instance));
}

/** Id of a graph that shows it; null = none does. */
export function graphOf({ device, instance }: Followed): string | null {
  const wanted = `${GRAPH_OF[instance.kind] ?? instance.kind}~`;
  return graphsOf(device, [instance]).find(({ id }) => id.startsWith(wanted))?.id ?? null;
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

function seriesOf(device: Device, instance: Instance): Followed[] {
  // One processor of many says little; a device with one instance of the kind is told by its kind.
  if (instance.kind === 'cpu' && instance.key !== instance.kind) return [];
  return FOLLOWED.flatMap(({ metric, unit, words }): Followed[] => {
    if (!instance.metrics.some((one) => one.name === metric && one.unit === unit)) return [];
    const port = instance.kind === 'interface';
    return [
      {
        ...{ series: seriesKey(device.id, instance.id, metric), device, instance, unit },
        name: port ? visible(`${instance.name} ${words}`) : words.charAt(0).toUpperCase() + words.slice(1),
        tier: device.intervalMs > TIER_STEP_MS['5m'] ? '1h' : '5m',
      },
    ];
  });
}
