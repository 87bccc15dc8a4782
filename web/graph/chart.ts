/**
 * The one chart component: Chart.js draws the lines, keeps the canvas sharp and the scales;
 * everything particular to our graphs is in the plugins. Loaded only when a graph is shown.
 */
import { Chart, LinearScale, LineController, LineElement, PointElement, type ChartDataset } from 'chart.js';
import type { GraphData } from '../../core/graph.ts';
import { levels, linePoints, type Point } from '../../core/graph-geometry.ts';
import { roomOf } from '../../core/graph-layout.ts';
import { readColours } from './colours.ts';
import { future } from './future.ts';
import { ground } from './ground.ts';
import { marks } from './marks.ts';
import { slotAt } from './points.ts';
import { place, type GraphOptions, type Scene } from './scene.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale);

export interface Drawn {
  /** New data with the slot to mark in it; null = none. */
  update(data: GraphData, options: GraphOptions, slot: number | null): void;
  /** Slot to mark in the same data. Draws at once. */
  mark(slot: number | null): void;
  /** After a change of theme, or once the font has come. */
  recolour(): void;
  /** Moment and slot under a point of the canvas, kept within the plot. */
  at(x: number): { tMs: number; slot: number } | null;
  /** Plot area in CSS pixels. */
  area(): { left: number; right: number; top: number; bottom: number } | null;
  destroy(): void;
}

export function drawGraph(canvas: HTMLCanvasElement, data: GraphData, options: GraphOptions): Drawn {
  const scene: Scene = { data, options, colours: readColours(), cursor: null };
  const chart = new Chart<'line', Point[]>(canvas, {
    type: 'line',
    data: { datasets: datasets(scene) },
    plugins: [ground(scene), future(scene), marks(scene)],
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      events: [],
      spanGaps: false,
      layout: { padding: ({ chart: c }) => ({ ...roomOf(scene.options.size, c.width) }) },
      elements: { point: { radius: 0, hitRadius: 0, hoverRadius: 0 }, line: { tension: 0, borderJoinStyle: 'round' } },
      // The scales only map values to pixels: `ground` draws grid and labels.
      scales: {
        x: { type: 'linear', display: false, min: data.fromMs, max: data.toMs },
        y: { type: 'linear', display: false, min: data.y.min, max: data.y.max },
      },
    },
  });

  return {
    update(next, nextOptions, slot) {
      scene.data = next;
      scene.options = nextOptions;
      scene.cursor = slot;
      chart.data.datasets = datasets(scene);
      const { x, y } = chart.options.scales ?? {};
      Object.assign(x ?? {}, { min: next.fromMs, max: next.toMs });
      Object.assign(y ?? {}, { min: next.y.min, max: next.y.max });
      chart.update('none');
    },
    mark(slot) {
      if (scene.cursor === slot) return;
      scene.cursor = slot;
      chart.draw();
    },
    recolour() {
      scene.colours = readColours();
      chart.data.datasets = datasets(scene);
      chart.update('none');
    },
    at(x) {
      const p = place(chart);
      const scale = chart.scales['x'];
      if (!p || !scale) return null;
      const tMs = scale.getValueForPixel(Math.max(p.left, Math.min(p.right, x))) ?? scene.data.fromMs;
      const slot = slotAt(scene.data, tMs);
      return slot < 0 ? null : { tMs, slot };
    },
    area() {
      const p = place(chart);
      return p && { left: p.left, right: p.right, top: p.top, bottom: p.bottom };
    },
    destroy: () => chart.destroy(),
  };
}

function datasets({ data, options, colours }: Scene): ChartDataset<'line', Point[]>[] {
  const alone = options.size === 'large' ? 1.5 : 1.25;
  const heights = levels(data);
  return data.lines.map((line, i) => ({
    data: linePoints(data, line, heights[i]?.top),
    borderColor: colours.role(line.role).line,
    borderWidth: options.size === 'strip' ? 1 : data.future ? 1.75 : line.fill ? alone : 1.5,
    // What was before is told by more than its colour.
    borderDash: line.role === 'past' && line.before ? [5, 3] : [],
  }));
}
