/** When a graph is worth asking again. */
import type { GraphData } from '../../core/graph.ts';

const REFRESH_MIN_MS = 2_000;
const REFRESH_MAX_MS = 300_000;

/**
 * How long until the graph can have changed: a poll, or a slot where slots are longer. A range
 * that ends in the past never does.
 */
export function refreshMs(data: GraphData, intervalMs: number, nowMs: number): number | null {
  if (data.toMs < nowMs - Math.max(120_000, 2 * data.stepMs)) return null;
  return Math.min(REFRESH_MAX_MS, Math.max(REFRESH_MIN_MS, intervalMs, data.stepMs / 2));
}
