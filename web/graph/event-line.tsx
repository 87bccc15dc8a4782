/** Under a graph that has marks: what happened at the cursor; a line of room is kept, so that nothing moves. */
import type { GraphData } from '../../core/graph.ts';
import { eventAt } from './summary.ts';

export function EventLine({ data, slot }: { readonly data: GraphData; readonly slot: number | null }) {
  const { events = [], moreEvents = '' } = data;
  if (events.length === 0) return null;
  const beside = moreEvents === '' ? '' : `The newest events are marked, ${moreEvents}.`;
  return <p class="s sec happened">{(slot !== null && eventAt(data, slot)) || beside || '\u00a0'}</p>;
}
