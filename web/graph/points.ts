/** The slot under a cursor. */
import type { GraphData } from '../../core/graph.ts';

/** Index of the slot that holds a moment; the nearest one outside the range; -1 without slots. */
export function slotAt(data: GraphData, tMs: number): number {
  const n = data.tMs.length;
  const first = data.tMs[0];
  if (first === undefined) return -1;
  return Math.max(0, Math.min(n - 1, Math.floor((tMs - first) / data.stepMs)));
}

/** Slot under a cursor that stands at a moment; null without one, or where the range has moved away from it. */
export function cursorSlot(data: GraphData | null, cursorMs: number | null): number | null {
  if (!data || cursorMs === null || cursorMs < data.fromMs || cursorMs > data.toMs || data.tMs.length === 0) return null;
  return slotAt(data, cursorMs);
}
