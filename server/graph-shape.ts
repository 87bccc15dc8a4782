/** From lines with their data to the graph that every renderer draws: values, scale, ticks. */
import type { GraphData, GraphLine, LineStats, Role } from '../core/graph.ts';
import type { Each, Slots } from '../core/query.ts';
import { timeTicks, valueTicks } from '../core/ticks.ts';
import type { Unit } from '../core/model.ts';

/** A line with everything that is known of it. */
export interface FilledLine {
  readonly series: string;
  readonly label: string;
  readonly role: Role;
  readonly below: boolean;
  readonly fill: boolean;
  readonly each: Each;
  readonly slots: Slots;
  readonly stats: LineStats;
  readonly members: number;
  readonly bound: GraphLine['bound'];
}

export interface Shape extends Omit<GraphData, 'tMs' | 'lines' | 'limits' | 'x' | 'y'> {
  readonly lines: readonly FilledLine[];
  readonly limits: GraphData['limits'];
  /** A limit is drawn only once the data comes near it (a port's speed), or always (a disk's size). */
  readonly limitShown: 'near' | 'always';
  /** Width of the plot in pixels. */
  readonly width: number;
}

/** Plots narrower than this are small in height too. */
const SMALL_PX = 500;
/** Axis of a mirrored graph of nothing but zeros, both ways alike: 1 kb/s, or 1 of anything else. */
const idleReach = (unit: Unit): number => (unit === 'bps' ? 1000 : 1);
/** Share of a limit from which on it is drawn. */
const NEAR = 0.4;

export function shapeGraph({ limitShown, width, ...shape }: Shape): GraphData {
  const { lines, stack, fromMs, toMs, stepMs, zone } = shape;
  const slots = lines[0]?.slots;
  const [above, below] = [lines.filter((line) => !line.below), lines.filter((line) => line.below)];
  const [top, bottom] = [reach(above, stack), reach(below, stack)];
  const limits = shape.limits.filter((l) => limitShown === 'always' || Math.max(top, bottom) > NEAR * l.value);
  return {
    ...shape,
    tMs: Array.from({ length: slots?.mean.length ?? 0 }, (_, i) => (slots?.fromMs ?? 0) + i * stepMs),
    lines: lines.map(drawn),
    limits,
    y: scaleOf(shape.unit, below.length > 0, top, bottom, limits, width),
    x: { ticks: timeTicks(fromMs, toMs, width, zone) },
  };
}

/** How far lines reach from zero; stacked ones together. */
function reach(lines: readonly FilledLine[], stack: boolean): number {
  if (!stack) return lines.reduce((top, line) => Math.max(top, reachOf(line)), 0);
  const heights = new Float64Array(Math.max(0, ...lines.map(({ slots }) => slots.mean.length)));
  for (const { slots } of lines) slots.mean.forEach((v, i) => (heights[i] = (heights[i] ?? 0) + (v > 0 ? v : 0)));
  return heights.reduce((top, v) => Math.max(top, v), 0);
}

/** A bound is no value that was: the scale goes by what is drawn. */
function reachOf({ bound, stats, slots }: FilledLine): number {
  return bound.maximum ? slots.max.reduce((top, v) => (v > top ? v : top), 0) : (stats.maximum ?? 0);
}

function drawn({ series, label, role, below, fill, slots, stats, members, bound }: FilledLine): GraphLine {
  return {
    series,
    label,
    role,
    below,
    fill,
    mean: Array.from(slots.mean, short),
    min: Array.from(slots.min, short),
    max: Array.from(slots.max, short),
    stats,
    members,
    bound,
  };
}

/** Seven figures are finer than any screen; the legend's figures keep all of theirs. */
function short(value: number): number | null {
  if (Number.isNaN(value)) return null;
  const size = Math.abs(value);
  if (size === 0 || size < 1e-9 || size > 1e21) return Number(value.toPrecision(7));
  // As toPrecision(7) rounds, several times as fast: both factors are whole, so nothing is lost on the way.
  const digits = Math.floor(Math.log10(size)) - 6;
  const factor = 10 ** Math.abs(digits);
  return digits > 0 ? Math.round(value / factor) * factor : Math.round(value * factor) / factor;
}

function scaleOf(
  unit: Unit,
  mirrored: boolean,
  top: number,
  bottom: number,
  limits: GraphData['limits'],
  width: number,
): GraphData['y'] {
  const idle = mirrored && top === 0 && bottom === 0;
  const highest = Math.max(top, idle ? idleReach(unit) : 0, ...limits.map((l) => l.value));
  // A mirrored graph keeps both halves even when one is empty.
  const lowest = mirrored ? Math.max(bottom, idle ? highest : highest / 1000) : 0;
  // Narrow graphs are low ones: a phone's, or three abreast.
  const steps = width < SMALL_PX ? 4 : 7;
  const y = valueTicks(unit === 'ratio' && highest > 0.5 && highest <= 1 ? 1 : highest, lowest, unit, steps);
  return { min: y.min, max: y.max, ticks: y.ticks };
}
