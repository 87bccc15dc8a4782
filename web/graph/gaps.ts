/** What graphs lack, alone and together. */
import type { GraphData, GraphGap } from '../../core/graph.ts';

/** The newest gap that every graph has, its edges aside; undefined when there is none. */
export function commonGap(shown: readonly GraphData[]): GraphGap | undefined {
  const [first, ...others] = shown;
  const same = (a: GraphGap, b: GraphGap) =>
    Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs) > Math.max(a.toMs - a.fromMs, b.toMs - b.fromMs) / 2;
  return first?.gaps.findLast((gap) => others.every((d) => d.gaps.some((g) => same(g, gap))));
}

/** The gap that holds the middle of a slot of which no line knows anything. */
export function gapAt(data: GraphData, slot: number): GraphGap | undefined {
  if (data.lines.some((line) => typeof line.mean[slot] === 'number')) return undefined;
  const middleMs = (data.tMs[slot] ?? NaN) + data.stepMs / 2;
  return data.gaps.find((gap) => gap.fromMs <= middleMs && middleMs <= gap.toMs);
}
