/** What a device's instances come to: how many of each kind, and since when there is history. */
import type { Instance } from '../core/model.ts';
import { countable } from '../core/parts.ts';
import type { Catalog } from '../core/ports.ts';
import type { Inventory, Stocked } from './inventory.ts';

export type Counts = Readonly<Record<string, number>>;

export interface InstanceSummary {
  /** By kind, of what is there now; what vanished does not count. */
  readonly counts: Counts;
  /** When the first of them was seen, or the first imported sample of any; null without instances. */
  readonly historySinceMs: number | null;
}
export const NO_INSTANCES: InstanceSummary = { counts: {}, historySinceMs: null };

export function summaryOf(instances: readonly Instance[]): InstanceSummary {
  if (instances.length === 0) return NO_INSTANCES;
  const counts: Record<string, number> = {};
  const present = instances.filter(({ vanishedMs }) => vanishedMs === null);
  for (const { kind } of countable(present)) counts[kind] = (counts[kind] ?? 0) + 1;
  const historySinceMs = instances.reduce((first, { firstSeenMs }) => Math.min(first, firstSeenMs), Infinity);
  return { counts, historySinceMs };
}

/** @returns the summary of a device, as old as the inventory; that of a device without instances is always read */
export function createSummaries(catalog: Catalog, inventory: Inventory): (device: string) => Promise<InstanceSummary> {
  const kept = new WeakMap<Stocked, InstanceSummary>();
  return async (device) => {
    const stocked = (await inventory()).get(device);
    if (!stocked || stocked.instances.length === 0) return summaryOf(await catalog.instances.list(device));
    const before = kept.get(stocked);
    if (before) return before;
    const summary = summaryOf(stocked.instances);
    kept.set(stocked, summary);
    return summary;
  };
}
