/** One y axis for graphs of one unit, so that their heights can be compared. */
import type { GraphData } from '../../core/graph.ts';
import { valueTicks } from '../../core/ticks.ts';

/** The axis of each kind of graph: unit, and whether it is mirrored at zero. */
export type Scales = Readonly<Record<string, GraphData['y']>>;

/** Steps that have room over the height of a small graph. */
const STEPS = 4;

const kindOf = (data: GraphData) => `${data.unit}${data.y.min < 0 ? ' mirrored' : ''}`;

/** @param before answered again where nothing has changed, so that nothing is drawn anew */
export function sharedScales(shown: readonly GraphData[], before: Scales): Scales {
  const next: Record<string, GraphData['y']> = {};
  for (const [kind, group] of Map.groupBy(shown, kindOf)) {
    const top = Math.max(...group.map((d) => d.y.max));
    const bottom = Math.max(...group.map((d) => -d.y.min));
    next[kind] = valueTicks(top, Math.max(0, bottom), group[0]?.unit ?? '1', STEPS);
  }
  const same = (kind: string) => before[kind]?.max === next[kind]?.max && before[kind]?.min === next[kind]?.min;
  const kinds = Object.keys(next);
  return kinds.length === Object.keys(before).length && kinds.every(same) ? before : next;
}

/** The graph under the scale of its kind. */
export function underScale(data: GraphData, scales: Scales): GraphData {
  const y = scales[kindOf(data)];
  return y ? { ...data, y } : data;
}
