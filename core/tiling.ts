/**
 * Turns samples that come as (time, value) from a file into records that tile time: each
 * record covers the time since the one before it, so a hole becomes a NaN record.
 */
import { HEARTBEAT, INTERVAL_MAX_MS } from './model.ts';

export interface Records {
  readonly tMs: Float64Array;
  readonly value: Float64Array;
}

/**
 * A row covers the time back to the row before it, if that distance is at most the heartbeat
 * (2.2 ×) of the larger neighbouring distance: one missed row, and an interval that changed, are covered;
 * a longer hole is unknown, and the row after it covers one interval only. The first row
 * covers one interval back. A single row covers `loneStepMs`.
 * @param tMs ascending, distinct
 * @param value NaN = gap; the gap covers the time back to the row before
 */
export function tile(tMs: ArrayLike<number>, value: ArrayLike<number>, loneStepMs = 300_000): Records {
  const n = tMs.length;
  const outT: number[] = [];
  const outV: number[] = [];
  const at = (i: number) => tMs[i] ?? NaN;
  const distance = (i: number) => (i > 0 && i < n ? at(i) - at(i - 1) : NaN);
  for (let i = 0; i < n; i++) {
    const v = value[i] ?? NaN;
    const before = distance(i - 1);
    const own = distance(i);
    const after = distance(i + 1);
    const usual = Math.min(INTERVAL_MAX_MS, largest(before, after) ?? (Number.isNaN(own) ? loneStepMs : own));
    const hole = Number.isNaN(own) || own > HEARTBEAT * usual;
    if (hole && !Number.isNaN(v)) {
      // After a hole the coming interval tells best what this row stands for.
      const covers = Number.isNaN(after) || after > HEARTBEAT * usual ? (Number.isNaN(before) ? usual : before) : after;
      outT.push(at(i) - Math.min(covers, Number.isNaN(own) ? Infinity : own));
      outV.push(NaN);
    }
    outT.push(at(i));
    outV.push(v);
  }
  return { tMs: Float64Array.from(outT), value: Float64Array.from(outV) };
}

function largest(a: number, b: number): number | null {
  if (Number.isNaN(a)) return Number.isNaN(b) ? null : b;
  return Number.isNaN(b) ? a : Math.max(a, b);
}
