/** When a graph is worth asking again. */
import type { GraphData } from '../../core/graph.ts';

const REFRESH_MIN_MS = 2_000;
const REFRESH_MAX_MS = 300_000;

/** Where slots are short, the current value is what one watches. */
const SHORT_SLOT_MS = 600_000;
const WATCHED_MS = 15_000;

/**
 * How long until the graph can have changed: a poll, at least; half a slot where slots are so
 * long that nobody watches them move. A range that ends in the past never does.
 */
export function refreshMs(data: GraphData, intervalMs: number, nowMs: number): number | null {
  if (data.toMs < nowMs - Math.max(120_000, 2 * data.stepMs)) return null;
  const slotMs = Math.min(data.stepMs / 2, data.stepMs <= SHORT_SLOT_MS ? WATCHED_MS : REFRESH_MAX_MS);
  return Math.min(REFRESH_MAX_MS, Math.max(REFRESH_MIN_MS, intervalMs, slotMs));
}
