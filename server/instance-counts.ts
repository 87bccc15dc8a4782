/** How many instances of each kind devices have, remembered a while: lists of devices are asked for often. */
import type { Instance } from '../core/model.ts';
import { countable } from '../core/parts.ts';
import type { Catalog } from '../core/ports.ts';

export type Counts = Readonly<Record<string, number>>;
const KEPT_MS = 30_000;
const DEVICES_MAX = 20_000;

/** Counts by kind of what is there now; what vanished does not count. */
export function countByKind(instances: readonly Instance[]): Counts {
  const counts: Record<string, number> = {};
  const present = instances.filter(({ vanishedMs }) => vanishedMs === null);
  for (const { kind } of countable(present)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** @returns counts of a device, up to half a minute old; those of a device without any are always read */
export function createInstanceCounts(catalog: Catalog, nowMs: () => number): (device: string) => Promise<Counts> {
  const kept = new Map<string, { readonly untilMs: number; readonly counts: Counts }>();
  return async (device) => {
    const known = kept.get(device);
    if (known && nowMs() < known.untilMs) return known.counts;
    const counts = countByKind(await catalog.instances.list(device));
    kept.delete(device);
    const [oldest] = kept.keys();
    if (kept.size >= DEVICES_MAX && oldest !== undefined) kept.delete(oldest);
    if (Object.keys(counts).length > 0) kept.set(device, { untilMs: nowMs() + KEPT_MS, counts });
    return counts;
  };
}
