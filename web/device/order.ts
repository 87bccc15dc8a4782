/** Which devices a list shows, and in which order. */
import type { DeviceView } from '../../core/api.ts';

/** Worst first. */
export const STATES = ['down', 'stale', 'new', 'not polled', 'up'] as const;
export const SORTS = ['name', 'state', 'address', 'uptime', 'age'] as const;
export type Sort = (typeof SORTS)[number];

export interface Arrangement {
  /** Words that must all occur somewhere in name, address, place, tags or description. */
  readonly filter: string;
  /** '' shows every state. */
  readonly state: string;
  readonly sort: Sort;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export function arrange(devices: readonly DeviceView[], { filter, state, sort }: Arrangement): DeviceView[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = devices.filter((d) => {
    if (state !== '' && d.state !== state) return false;
    if (words.length === 0) return true;
    const text = [d.name, d.address, d.site, d.facts.sysName, d.facts.sysDescr, d.facts.sysLocation, ...d.tags, ...d.sources]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const byName = (a: DeviceView, b: DeviceView) => collator.compare(a.name, b.name);
  return found.sort((a, b) => compare(a, b, sort) || byName(a, b));
}

function compare(a: DeviceView, b: DeviceView, sort: Sort): number {
  switch (sort) {
    case 'name':
      return 0;
    case 'state':
      return STATES.indexOf(a.state) - STATES.indexOf(b.state);
    case 'address':
      return collator.compare(a.address, b.address);
    case 'uptime':
      return (a.uptimeS ?? Infinity) - (b.uptimeS ?? Infinity);
    case 'age':
      // Oldest data first: that is what one looks for.
      return (a.lastOkMs ?? -Infinity) - (b.lastOkMs ?? -Infinity) || 0;
  }
}
