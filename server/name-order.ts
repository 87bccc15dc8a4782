/** Instances of one kind in the order in which people look for them. */
import type { Device, Instance } from '../core/model.ts';
import { isLoopback } from '../core/parts.ts';
import type { Stocked } from './inventory.ts';
import { byName } from './paging.ts';

export interface Place {
  readonly device: Device;
  readonly instance: Instance;
}

/** By name, the loopback after the others and what is gone last; each device is put in order once for each picture. */
export function createNameOrder(kind: string): (stock: readonly Stocked[]) => readonly Place[] {
  const kept = new WeakMap<Stocked, readonly Instance[]>();
  const ordered = (stocked: Stocked) => {
    let found = kept.get(stocked);
    if (!found) {
      found = stocked.instances
        .filter((i) => i.kind === kind)
        .sort((a, b) => rank(a) - rank(b) || byName(a.name, b.name) || (a.id < b.id ? -1 : 1));
      kept.set(stocked, found);
    }
    return found;
  };
  return (stock) => stock.flatMap((stocked) => ordered(stocked).map((instance) => ({ device: stocked.device, instance })));
}

function rank({ kind, key, vanishedMs }: Instance): number {
  return (vanishedMs === null ? 0 : 2) + (kind === 'interface' && isLoopback(key) ? 1 : 0);
}
