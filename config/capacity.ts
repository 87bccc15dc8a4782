/** Limits and lead times of a configuration file become trusted ones. */
import type { Fail } from '../config.ts';
import type { CapacityRule } from '../core/capacity.ts';
import { selectorOf } from './dashboard-file.ts';
import type { CapacityEntry } from './capacity-schema.ts';

/** @param entries a faulty one may lack any key: its fault is named already */
export function trustCapacity(entries: readonly Partial<CapacityEntry>[], fail: Fail): CapacityRule[] {
  return entries.map((entry, i): CapacityRule => {
    const { what, limit, leadDays } = entry;
    const share = typeof limit === 'string' ? Number(limit.replace(/ ?%$/, '')) / 100 : null;
    if (share !== null && !(share > 0 && share <= 1))
      fail(['capacity', i, 'limit'], 'must be more than 0% and at most 100% of the size or speed');
    // One of which nothing is left had faults that are named already.
    if (limit === undefined && leadDays === undefined && Object.keys(entry).length > 0)
      fail(['capacity', i], 'says nothing: give it a limit, leadDays, or both');
    return {
      what: what ?? null,
      select: selectorOf(entry.select),
      share,
      amount: typeof limit === 'number' ? limit : null,
      leadDays: leadDays ?? null,
    };
  });
}
