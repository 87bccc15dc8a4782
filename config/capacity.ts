/** What a configuration file says of what can fill becomes trusted: limits and lead times, and when forecasts are made. */
import type { Fail } from '../config.ts';
import type { CapacityRule } from '../core/capacity.ts';
import { selectorOf } from './dashboard-file.ts';
import type { CapacityEntry, CapacityPart } from './capacity-schema.ts';
import type { Path } from './explain.ts';

/** When forecasts are made, and what comes of them by itself. */
export interface CapacityRounds {
  /** Minutes after midnight, by the clocks of the server's zone. */
  readonly nightlyMinute: number;
  /** Whether a report is kept every month. */
  readonly report: boolean;
}

/** After the last bins of the day before are sealed, and before anybody comes to work. */
const NIGHTLY_MINUTE = 4 * 60;

/** @param part a faulty one may lack any key: its fault is named already */
export function trustCapacity(
  part: CapacityPart | undefined,
  fail: Fail,
): { readonly capacity: readonly CapacityRule[]; readonly capacityRounds: CapacityRounds } {
  const keys = Array.isArray(part) ? { limits: part } : (part ?? {});
  const [hour, minute] = (keys.nightly ?? '').split(':').map(Number);
  return {
    capacity: trustLimits(keys.limits ?? [], Array.isArray(part) ? ['capacity'] : ['capacity', 'limits'], fail),
    capacityRounds: {
      nightlyMinute: keys.nightly === undefined ? NIGHTLY_MINUTE : (hour ?? 0) * 60 + (minute ?? 0),
      report: keys.report ?? true,
    },
  };
}

/** @param at where the list stands */
function trustLimits(entries: readonly Partial<CapacityEntry>[], at: Path, fail: Fail): CapacityRule[] {
  return entries.map((entry, i): CapacityRule => {
    const { what, limit, leadDays } = entry;
    const share = typeof limit === 'string' ? Number(limit.replace(/ ?%$/, '')) / 100 : null;
    if (share !== null && !(share > 0 && share <= 1))
      fail([...at, i, 'limit'], 'must be more than 0% and at most 100% of the size or speed');
    // One of which nothing is left had faults that are named already.
    if (limit === undefined && leadDays === undefined && Object.keys(entry).length > 0)
      fail([...at, i], 'says nothing: give it a limit, leadDays, or both');
    return {
      what: what ?? null,
      select: selectorOf(entry.select),
      share,
      amount: typeof limit === 'number' ? limit : null,
      leadDays: leadDays ?? null,
    };
  });
}
