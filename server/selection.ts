/** Finds the instances that selectors mean, in the catalog as it is. */
import type { BoardLine } from '../core/dashboard.ts';
import { meansDevice, meansInstance, type Selector } from '../core/dashboard-select.ts';
import type { Device, Instance } from '../core/model.ts';
import type { Inventory, Stocked } from './inventory.ts';
import { byName } from './paging.ts';

/** More instances than these are counted, and left out of a line. */
export const MEMBERS_MAX = 500;

export interface Wanted {
  readonly select: Selector;
  /** Of that only what fits any of these; null or left out = all of it. */
  readonly within?: readonly Selector[] | null;
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

/** Answers kept for one picture of the inventory; the next picture has its own. */
const KEPT_MAX = 200;
const kept = new WeakMap<ReadonlyMap<string, Stocked>, Map<string, readonly Selection[]>>();

/** One selection for each of what is wanted. */
export async function select(inventory: Inventory, wanted: readonly Wanted[]): Promise<readonly Selection[]> {
  const stock = await inventory();
  const known = kept.get(stock) ?? new Map<string, readonly Selection[]>();
  kept.set(stock, known);
  const key = JSON.stringify(wanted);
  const before = known.get(key);
  if (before) return before;
  const found = look(stock, wanted);
  const [oldest] = known.keys();
  if (known.size >= KEPT_MAX && oldest !== undefined) known.delete(oldest);
  known.set(key, found);
  return found;
}

const has = ({ metrics }: Instance, names: readonly string[]): boolean =>
  names.every((name) => metrics.some((metric) => metric.name === name));

/** What an instance needs to be in a graph: the metric of one of its lines, with the one that divides it. */
export function setsOf(lines: readonly BoardLine[]): string[][] {
  return lines.map(({ metric, per }) => (per === null ? [metric] : [metric, per]));
}

function look(stock: ReadonlyMap<string, Stocked>, wanted: readonly Wanted[]): readonly Selection[] {
  const near = [...stock.values()]
    .filter(({ device }) => wanted.some((want) => mayMean(want, device)))
    .sort((a, b) => byName(a.device.name, b.device.name));
  const found = wanted.map(() => ({ members: [] as Meant[], matched: 0, devices: 0 }));
  for (const { device, instances } of near) {
    wanted.forEach((want, w) => {
      const into = found[w];
      if (!into || !mayMean(want, device)) return;
      const meant = instances.filter((instance) => isMeant(want, device, instance));
      if (meant.length === 0) return;
      into.matched += meant.length;
      into.devices++;
      // To put names in order costs more than to look at them: only those are that are taken.
      const room = MEMBERS_MAX - into.members.length;
      if (room === 0) return;
      meant.sort((a, b) => byName(a.name, b.name));
      for (const instance of meant.slice(0, room)) into.members.push({ device, instance });
    });
  }
  return found;
}

const mayMean = ({ select: selector, within }: Wanted, device: Device): boolean =>
  meansDevice(selector, device) && (!within || within.some((one) => meansDevice(one, device)));

function isMeant({ select: selector, within, metrics, present }: Wanted, device: Device, instance: Instance): boolean {
  if (present !== undefined && (instance.kind !== present || instance.vanishedMs !== null)) return false;
  if (metrics && !metrics.some((all) => has(instance, all))) return false;
  if (within && !within.some((one) => meansInstance(one, device, instance))) return false;
  return meansInstance(selector, device, instance);
}
