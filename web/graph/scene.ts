/** What one graph draws just now; the plugins read it, the chart changes it. */
import type { Chart } from 'chart.js';
import type { GraphData } from '../../core/graph.ts';
import type { GraphSize, Plot } from '../../core/graph-layout.ts';
import type { Colours } from './colours.ts';

export interface GraphOptions {
  /** small: on a device's page; large: alone; strip: all of history under the large one. */
  readonly size: GraphSize;
  readonly envelope: boolean;
  readonly p95: boolean;
  /** Marks of what happened. */
  readonly events: boolean;
  /** Words of a moment on the cursor's flag. */
  readonly flag: (tMs: number) => string;
  /** Range framed on the strip. */
  readonly frame: { readonly fromMs: number; readonly toMs: number } | null;
}

export interface Scene {
  data: GraphData;
  options: GraphOptions;
  colours: Colours;
  /** Slot under the cursor; null = no cursor. */
  cursor: number | null;
}

/** Where things are, in CSS pixels. */
export interface Place extends Plot {
  readonly ctx: CanvasRenderingContext2D;
}

export function place(chart: Chart): Place | null {
  const { left, right, top, bottom } = chart.chartArea ?? {};
  const [xs, ys] = [chart.scales['x'], chart.scales['y']];
  if (!xs || !ys || left === undefined || !(right > left)) return null;
  return { ctx: chart.ctx, left, right, top, bottom, x: (t) => xs.getPixelForValue(t), y: (v) => ys.getPixelForValue(v) };
}

export function path(
  ctx: CanvasRenderingContext2D,
  colour: string,
  width: number,
  dash: number[],
  points: readonly (readonly [number, number])[],
): void {
  ctx.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** A level line across the plot. */
export function rule(p: Place, colour: string, width: number, dash: number[], y: number): void {
  path(p.ctx, colour, width, dash, [
    [p.left, y],
    [p.right, y],
  ]);
}

/** Text with a halo of the ground, so that it can stand on data. */
export function halo(p: Place, colours: Colours, text: string, x: number, y: number, colour: string): void {
  p.ctx.lineJoin = 'round';
  p.ctx.lineWidth = 4;
  p.ctx.strokeStyle = colours.of('bg');
  p.ctx.strokeText(text, x, y);
  p.ctx.fillStyle = colour;
  p.ctx.fillText(text, x, y);
}
