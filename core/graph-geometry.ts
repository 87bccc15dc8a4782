/** Pure geometry of a graph, the same for every renderer: from slots to points, and labels that leave each other room. */
import type { GraphData, GraphLine } from './graph.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
/** A stretch of known slots; `to` is the last of them. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Stretches of slots that follow each other without an unknown one. */
export function runs(values: readonly (number | null)[]): Run[] {
  const found: Run[] = [];
  let from = -1;
  for (let i = 0; i <= values.length; i++) {
    const known = i < values.length && values[i] !== null && values[i] !== undefined;
    if (known && from < 0) from = i;
    if (!known && from >= 0) {
      found.push({ from, to: i - 1 });
      from = -1;
    }
  }
  return found;
}

/** Middle of a slot, kept within the range. */
export function slotMiddle(data: GraphData, i: number): number {
  const start = data.tMs[i] ?? data.fromMs;
  return Math.min(data.toMs, Math.max(data.fromMs, start + data.stepMs / 2));
}

/**
 * One run as points: a slot's value stands at its middle, and the first and last reach their
 * slots' outer edges, so that a lone slot is a short line and a gap is as wide as it was.
 */
export function runPoints(data: GraphData, run: Run, values: readonly (number | null)[], sign: 1 | -1): Point[] {
  const value = (i: number) => (values[i] ?? 0) * sign;
  const first = Math.max(data.fromMs, data.tMs[run.from] ?? data.fromMs);
  const last = Math.min(data.toMs, (data.tMs[run.to] ?? data.toMs) + data.stepMs);
  const points: Point[] = [{ x: first, y: value(run.from) }];
  for (let i = run.from; i <= run.to; i++) points.push({ x: slotMiddle(data, i), y: value(i) });
  points.push({ x: last, y: value(run.to) });
  return points;
}

/** Where a line is drawn: `top` is its height over zero or, in a stack, over the lines before it on its side. */
export interface Level {
  readonly base: readonly number[] | null;
  readonly top: readonly (number | null)[];
}
const levelled = new WeakMap<GraphData, readonly Level[]>();

/** Heights of all lines, in their order. What is unknown adds nothing and has no top of its own. */
export function levels(data: GraphData): readonly Level[] {
  const before = levelled.get(data);
  if (before) return before;
  const zeros = () => data.tMs.map(() => 0);
  const heights = { above: zeros(), below: zeros(), 'above before': zeros(), 'below before': zeros() };
  const made = data.lines.map((line): Level => {
    if (!data.stack) return { base: null, top: line.mean };
    // What was before makes a stack of its own.
    const side = `${line.below ? 'below' : 'above'}${line.before ? ' before' : ''}` as const;
    const base = heights[side];
    const top = line.mean.map((v, i) => (v === null ? null : (base[i] ?? 0) + v));
    heights[side] = base.map((v, i) => top[i] ?? v);
    return { base, top };
  });
  levelled.set(data, made);
  return made;
}

/** A whole line: runs joined by NaN, which is never bridged. */
export function linePoints(data: GraphData, line: GraphLine, top: Level['top'] = line.mean): Point[] {
  const points: Point[] = [];
  for (const run of runs(top)) {
    const next = runPoints(data, run, top, line.below ? -1 : 1);
    const before = points.at(-1);
    if (before) points.push({ x: before.x, y: NaN });
    points.push(...next);
  }
  return points;
}

/** True when slots hold more than one sample each, so that there is a band to draw; what was before has only its line. */
export function hasBand(line: GraphLine): boolean {
  if (line.before) return false;
  return line.mean.some((mean, i) => mean !== null && (line.min[i] !== mean || line.max[i] !== mean));
}

/** Whether bands are drawn where nobody looking at it says so: as was wanted, else where they do not hide each other. */
export function bandsWanted({ drawn, lines }: Pick<GraphData, 'drawn' | 'lines'>): boolean {
  return drawn?.band ?? lines.filter(({ before }) => before === undefined).length <= 2;
}

export interface Label {
  readonly y: number;
  readonly height: number;
}
/** New heights for labels so that none overlaps and all stay between top and bottom, in the order given. */
export function spread(labels: readonly Label[], top: number, bottom: number): number[] {
  const order = labels.map((_, i) => i).sort((a, b) => (labels[a]?.y ?? 0) - (labels[b]?.y ?? 0));
  const placed = labels.map((l) => l.y);
  let edge = top;
  for (const i of order) {
    const half = (labels[i]?.height ?? 0) / 2;
    placed[i] = Math.max(placed[i] ?? 0, edge + half);
    edge = (placed[i] ?? 0) + half;
  }
  edge = bottom;
  for (const i of order.reverse()) {
    const half = (labels[i]?.height ?? 0) / 2;
    placed[i] = Math.min(placed[i] ?? 0, edge - half);
    edge = (placed[i] ?? 0) - half;
  }
  return placed;
}

export interface Placed {
  readonly at: number;
  readonly width: number;
  readonly major: boolean;
}
/** Which tick labels to draw so that none touch: larger units first, then what still has room. */
export function fitting(ticks: readonly Placed[], left: number, right: number, space = 8): boolean[] {
  const shown = ticks.map(() => false);
  const room = (i: number) => {
    const tick = ticks[i];
    if (!tick || tick.at - tick.width / 2 < left || tick.at + tick.width / 2 > right) return false;
    return ticks.every((other, j) => !shown[j] || Math.abs(other.at - tick.at) >= (other.width + tick.width) / 2 + space);
  };
  for (const major of [true, false]) {
    for (let i = 0; i < ticks.length; i++) if (ticks[i]?.major === major && room(i)) shown[i] = true;
  }
  return shown;
}
