/** What lies over the lines: limits, the 95th percentile, words at gaps, names at line ends, the cursor, the frame. */
import type { Chart, Plugin } from 'chart.js';
import { levels, slotMiddle } from '../../core/graph-geometry.ts';
import { QUANTILE } from '../../core/forecast/model.ts';
import { futureAt } from '../../core/graph-future.ts';
import {
  crisp,
  EVENT_PX,
  endLabels,
  eventMarks,
  eventWords,
  gapWordsOf,
  percentilesOf,
  shortened,
  smallPlot,
} from '../../core/graph-layout.ts';
import { halo, path, place, rule, type Place, type Scene } from './scene.ts';

export function marks(scene: Scene): Plugin<'line'> {
  return {
    id: 'marks',
    afterDatasetsDraw(chart: Chart) {
      const p = place(chart);
      if (!p) return;
      p.ctx.save();
      p.ctx.textBaseline = 'middle';
      limits(p, scene);
      if (scene.options.size === 'large') {
        margin(p, scene);
        gapWords(p, scene);
      }
      if (scene.options.events) events(p, scene);
      if (scene.options.frame) frame(p, scene, scene.options.frame);
      cursor(p, scene);
      p.ctx.restore();
    },
  };
}

function limits(p: Place, { data, colours, options }: Scene): void {
  for (const { label, value } of data.limits) {
    if (value > data.y.max || value < data.y.min) continue;
    const y = crisp(p.y(value));
    rule(p, colours.of('limit'), options.size === 'large' ? 1.5 : 1, [], y);
    if (options.size === 'strip') continue;
    p.ctx.font = colours.font(400);
    p.ctx.textAlign = 'left';
    halo(p, colours, label, p.left + 6, y + 10, colours.of('ink'));
  }
}

/** Triangles on the upper edge; what happened is said under the cursor and below the graph. */
function events(p: Place, { data, colours, options }: Scene): void {
  const { ctx, top } = p;
  for (const x of eventMarks(data, p)) {
    ctx.beginPath();
    ctx.moveTo(x - EVENT_PX / 2, top);
    ctx.lineTo(x + EVENT_PX / 2, top);
    ctx.lineTo(x, top + EVENT_PX - 1);
    ctx.closePath();
    ctx.fillStyle = colours.of('ink-3');
    ctx.fill();
    ctx.strokeStyle = colours.of('bg');
    ctx.lineWidth = 1;
    ctx.stroke();
  }
  if (options.size !== 'large' || smallPlot(p)) return;
  const words = eventWords(data, p, (text, weight) => {
    ctx.font = colours.font(weight);
    return ctx.measureText(text).width;
  });
  ctx.textAlign = 'left';
  ctx.font = colours.font(400);
  for (const { x, y, text } of words) halo(p, colours, text, x, y, colours.of('ink-2'));
}

/** Room for words at the right end of lines, where there is a margin. */
const MARGIN_PX = 84;

const shownPercentiles = ({ data, options }: Scene) => (options.p95 ? percentilesOf(data) : []);

/** 95th lines, and the words at the right end: in the margin, or over the plot where there is none. */
function margin(p: Place, scene: Scene): void {
  const { data, colours } = scene;
  const narrow = smallPlot(p);
  const percentiles = shownPercentiles(scene);
  for (const { value } of percentiles) rule(p, colours.of('p95'), 1, [8, 3], crisp(p.y(value)));
  const named = data.lines.length > 2 && !narrow;
  const tops = named ? levels(data).map(({ top }) => top.findLast((v) => v !== null) ?? null) : [];
  p.ctx.textAlign = narrow ? 'right' : 'left';
  for (const { rows, y, wanted } of endLabels(data, p, percentiles, tops)) {
    if (narrow) {
      p.ctx.font = colours.font(400);
      halo(p, colours, rows.join(' '), p.right - 2, wanted + (wanted > p.y(0) + 1 ? 9 : -8), colours.of('ink'));
      continue;
    }
    rows.forEach((text, n) => {
      const strong = n > 0;
      p.ctx.font = colours.font(strong ? 600 : 400);
      p.ctx.fillStyle = colours.of(strong ? 'ink' : 'ink-2');
      const shown = shortened(text, MARGIN_PX, (part) => p.ctx.measureText(part).width);
      p.ctx.fillText(shown, p.right + 6, y + (n - (rows.length - 1) / 2) * 14);
    });
  }
}

/** Hours and cause beside the widest gaps, where there is room. */
function gapWords(p: Place, scene: Scene): void {
  const { data, colours } = scene;
  const struck = shownPercentiles(scene).map(({ value }) => p.y(value));
  const words = gapWordsOf(data, p, struck, (text, weight) => {
    p.ctx.font = colours.font(weight);
    return p.ctx.measureText(text).width;
  });
  for (const { x, align, rows } of words) {
    p.ctx.textAlign = align;
    rows.forEach(({ text, y }, n) => {
      p.ctx.font = colours.font(n === 0 ? 500 : 400);
      halo(p, colours, text, x, y, colours.of(n === 0 ? 'ink' : 'ink-2'));
    });
  }
}

/** One ink line with the time on top and a ring on each line; values go to the table. */
function cursor(p: Place, { data, colours, options, cursor: slot }: Scene): void {
  if (slot === null || data.tMs[slot] === undefined) return;
  const tMs = slotMiddle(data, slot);
  const x = crisp(p.x(tMs));
  path(
    p.ctx,
    colours.of('ink'),
    1,
    [],
    [
      [x, p.top],
      [x, p.bottom],
    ],
  );
  const heights = levels(data);
  for (const [i, line] of data.lines.entries()) {
    const value = heights[i]?.top[slot];
    if (value === null || value === undefined) continue;
    p.ctx.beginPath();
    p.ctx.arc(x, p.y(line.below ? -value : value), options.size === 'large' ? 3.5 : 2.5, 0, 2 * Math.PI);
    p.ctx.fillStyle = colours.of('bg');
    p.ctx.fill();
    p.ctx.strokeStyle = colours.role(line.role).line;
    p.ctx.lineWidth = 2;
    p.ctx.stroke();
  }
  const likely = futureAt(data, slot)?.[QUANTILE.Q50];
  if (likely !== undefined) {
    p.ctx.beginPath();
    p.ctx.arc(x, p.y(likely), 3.5, 0, 2 * Math.PI);
    p.ctx.fillStyle = colours.of('bg');
    p.ctx.fill();
    p.ctx.strokeStyle = colours.of('ink');
    p.ctx.lineWidth = 2;
    p.ctx.stroke();
  }
  if (options.size !== 'large') return;
  const text = options.flag(data.tMs[slot] ?? tMs);
  p.ctx.font = colours.font(500);
  const width = p.ctx.measureText(text).width + 12;
  const left = Math.max(p.left, Math.min(p.right - width, x - width / 2));
  p.ctx.beginPath();
  p.ctx.roundRect(left, p.top - 20, width, 18, 3);
  p.ctx.fillStyle = colours.of('ink');
  p.ctx.fill();
  p.ctx.fillStyle = colours.of('bg');
  p.ctx.textAlign = 'center';
  p.ctx.fillText(text, left + width / 2, p.top - 10.5);
}

function frame(p: Place, { colours }: Scene, { fromMs, toMs }: { fromMs: number; toMs: number }): void {
  const from = Math.max(p.left, p.x(fromMs));
  const to = Math.min(p.right, p.x(toMs));
  if (to < p.left || from > p.right) return;
  const width = Math.max(5, to - from);
  p.ctx.strokeStyle = colours.of('ink');
  p.ctx.lineWidth = 1.5;
  p.ctx.strokeRect(Math.min(from, p.right - width), p.top + 0.75, width, p.bottom - p.top - 1.5);
}
