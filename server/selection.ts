/** Finds the instances that selectors mean, in the catalog as it is. */
import type { BoardLine } from '../core/dashboard.ts';
import { meansDevice, meansInstance, type Selector } from '../core/dashboard-select.ts';
import type { Device, Instance } from '../core/model.ts';
import type { Catalog } from '../core/ports.ts';
import { byName } from './paging.ts';

/** More instances than these are counted, and left out of a line. */
export const MEMBERS_MAX = 500;

export interface Wanted {
  readonly select: Selector;
  /** Only instances that have all metrics of one of these sets; null = any. */
  readonly metrics: readonly (readonly string[])[] | null;
  /** Only of this kind, and only what is still there. */
  readonly present?: string;
}
export interface Meant {
  readonly device: Device;
  readonly instance: Instance;
}
export interface Selection {
  /** By device and name, at most `MEMBERS_MAX`. */
  readonly members: readonly Meant[];
  readonly matched: number;
  /** Devices that have any of the matches. */
  readonly devices: number;
}

/** Devices looked into one by one rather than all at once, and how many at a time. */
const ONE_BY_ONE_FROM = 300;
const AT_A_TIME = 64;
/** An answer serves so many times as long as it took to find: 2 s in a catalog of half a million instances, 40 s. */
const SERVES_TIMES = 20;
const KEPT_MAX = 200;
const kept = new WeakMap<Catalog, Map<string, { readonly untilMs: number; readonly found: readonly Selection[] }>>();

/** One selection for each of what is wanted. */
export async function select(
  { catalog, nowMs }: { readonly catalog: Catalog; readonly nowMs: () => number },
  wanted: readonly Wanted[],
): Promise<readonly Selection[]> {
  const begunMs = nowMs();
  const known = kept.get(catalog) ?? new Map<string, { untilMs: number; found: readonly Selection[] }>();
  kept.set(catalog, known);
  const key = JSON.stringify(wanted);
  const before = known.get(key);
  if (before && begunMs < before.untilMs) return before.found;
  known.delete(key);
  const found = await look(catalog, wanted);
  const [oldest] = known.keys();
  if (known.size >= KEPT_MAX && oldest !== undefined) known.delete(oldest);
  const tookMs = nowMs() - begunMs;
  if (tookMs > 0) known.set(key, { untilMs: nowMs() + SERVES_TIMES * tookMs, found });
  return found;
}

const has = ({ metrics }: Instance, names: readonly string[]): boolean =>
  names.every((name) => metrics.some((metric) => metric.name === name));

/** What an instance needs to be in a graph: the metric of one of its lines, with the one that divides it. */
export function setsOf(lines: readonly BoardLine[]): string[][] {
  return lines.map(({ metric, per }) => (per === null ? [metric] : [metric, per]));
}

async function look(catalog: Catalog, wanted: readonly Wanted[]): Promise<readonly Selection[]> {
  const all = await catalog.devices.list();
  const devices = all
    .filter((device) => wanted.some(({ select: selector }) => meansDevice(selector, device)))
    .sort((a, b) => byName(a.name, b.name));
  const found = wanted.map(() => ({ members: [] as Meant[], matched: 0, devices: 0 }));
  const take = (device: Device, instances: Instance[]) => {
    instances.sort((a, b) => byName(a.name, b.name));
    wanted.forEach((want, w) => {
      const into = found[w];
      if (!into || !meansDevice(want.select, device)) return;
      const before = into.matched;
      for (const instance of instances) {
        if (want.present !== undefined && (instance.kind !== want.present || instance.vanishedMs !== null)) continue;
        if (want.metrics && !want.metrics.some((all) => has(instance, all))) continue;
        if (!meansInstance(want.select, device, instance)) continue;
        into.matched++;
        if (into.members.length < MEMBERS_MAX) into.members.push({ device, instance });
      }
      if (into.matched > before) into.devices++;
    });
  };
  if (devices.length > ONE_BY_ONE_FROM || devices.length * 4 < all.length) {
    for (let from = 0; from < devices.length; from += AT_A_TIME) {
      const part = devices.slice(from, from + AT_A_TIME);
      const lists = await Promise.all(part.map((device) => catalog.instances.list(device.id)));
      part.forEach((device, i) => take(device, lists[i] ?? []));
    }
    return found;
  }
  const byDevice = Map.groupBy(await catalog.instances.list(), (instance) => instance.device);
  for (const device of devices) take(device, byDevice.get(device.id) ?? []);
  return found;
}
