/** What struck many devices at once is told once. */
import type { EventView } from '../core/api.ts';

export interface EventGroup {
  /** Tells for all of them. */
  readonly first: EventView;
  /** Devices besides the first one's, in the order of the list. */
  readonly others: readonly EventView[];
}

/** Events that begin within this time of each other have one cause. */
const TOGETHER_MS = 90_000;

/**
 * @param events newest first
 * @returns in the same order; only events of one kind, cause and wording are put together, each device once
 */
export function grouped(events: readonly EventView[]): EventGroup[] {
  const groups: { first: EventView; others: EventView[]; key: string; devices: Set<string> }[] = [];
  for (const event of events) {
    const key = `${event.kind} ${event.cause} ${event.toMs === null} ${wording(event.text)}`;
    const group = groups.findLast((one) => one.key === key && Math.abs(one.first.fromMs - event.fromMs) <= TOGETHER_MS);
    if (event.device !== null && group && !group.devices.has(event.device)) {
      group.others.push(event);
      group.devices.add(event.device);
    } else {
      groups.push({ first: event, others: [], key, devices: new Set(event.device === null ? [] : [event.device]) });
    }
  }
  return groups.map(({ first, others }) => ({ first, others }));
}

/** The sentence without what differs from device to device: addresses and figures. */
function wording(text: string): string {
  return text.replace(/[0-9a-f:.]*[0-9][0-9a-f:.]*/gi, '#');
}
