/** What happened to the devices of a graph, as marks on it: restarts, changes of settings, speed or size, parts that came and went. */
import type { GraphData } from '../core/graph.ts';
import type { Event } from '../core/model.ts';
import type { Catalog } from '../core/ports.ts';
import { cap, visible } from '../core/text.ts';

/** What is told at its moment; what lasts is a gap, and that is drawn as one. */
const KINDS: readonly Event['kind'][] = ['restart', 'added', 'vanished', 'returned', 'changed', 'collector'];
const ASKED_MAX = 500;
/** Marks on one graph; of more the newest. */
const MARKS_MAX = 60;
/** Sentences of one mark. */
const TOLD_MAX = 3;
const TEXT_MAX = 400;

export interface EventRequest {
  /** Ids and names of the devices that the graph is about. */
  readonly devices: ReadonlyMap<string, string>;
  /** Instances that the lines show: what happened to another part of a device is not told. */
  readonly instances: ReadonlySet<string>;
  readonly fromMs: number;
  readonly endMs: number;
  /** Events of one slot are one mark. */
  readonly stepMs: number;
}

type Marked = Required<Pick<GraphData, 'events' | 'moreEvents'>>;

/** Marks, oldest first, and in words how much of what came before them has none. */
export async function eventsOf(catalog: Catalog, request: EventRequest): Promise<Marked> {
  const { devices, instances, fromMs, endMs, stepMs } = request;
  if (devices.size === 0 || !(endMs > fromMs)) return { events: [], moreEvents: '' };
  const [only] = devices.keys();
  const found = await catalog.events.list({
    ...(devices.size === 1 && only !== undefined ? { device: only } : {}),
    // Asked for what is shown alone: in a large network the newest events are mostly those of others.
    among: { devices: [...devices.keys()], instances: [...instances] },
    ...{ fromMs, toMs: endMs, kinds: KINDS, limit: ASKED_MAX },
  });
  const told = found
    .filter(({ fromMs: tMs }) => tMs >= fromMs && tMs <= endMs)
    .filter(({ device }) => device !== null || devices.size !== 1)
    .sort((a, b) => a.fromMs - b.fromMs);
  const slots = [...Map.groupBy(told, ({ fromMs: tMs }) => Math.floor(tMs / stepMs)).values()];
  const events = slots.slice(-MARKS_MAX).flatMap((together) => {
    const [first] = together;
    return first ? [{ tMs: first.fromMs, text: wordsOf(together, devices) }] : [];
  });
  const before = slots.slice(0, -MARKS_MAX).reduce((sum, together) => sum + together.length, 0);
  const least = found.length === ASKED_MAX ? 'at least ' : '';
  return { events, moreEvents: before === 0 ? '' : `and ${least}${before} more before` };
}

function wordsOf(together: readonly Event[], devices: ReadonlyMap<string, string>): string {
  const named = (event: Event) => {
    const name = devices.size > 1 && event.device !== null ? devices.get(event.device) : undefined;
    return name === undefined ? event.text : `${name}: ${event.text}`;
  };
  const texts = [...new Set(together.map(named))];
  const more = texts.length - TOLD_MAX;
  return visible(cap([...texts.slice(0, TOLD_MAX), ...(more > 0 ? [`And ${more} more.`] : [])].join(' '), TEXT_MAX));
}
