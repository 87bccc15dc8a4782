/** What lies over the lines: limits, the 95th percentile, words at gaps, names at line ends, the cursor, the frame. */
import type { Chart, Plugin } from 'chart.js';
import type { GraphLine } from '../../core/graph.ts';
import { formatDuration, formatWith } from '../../core/units.ts';
import { levels, slotMiddle, spread } from './points.ts';
import { crisp, halo, path, place, rule, smallScreen, type Place, type Scene } from './scene.ts';

/** Words beside at most so many gaps; the rest is told in the list below. */
const GAP_WORDS_MAX = 4;

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

interface MarginLabel {
  readonly y: number;
  readonly height: number;
  readonly lines: readonly string[];
}

/** Where the 95th lines lie, with their sign; none where there are too many lines to tell them apart. */
function percentiles({ data, options }: Scene): { value: number; line: GraphLine }[] {
  if (!options.p95 || data.stack || data.lines.length > 2) return [];
  return data.lines.flatMap((line) => {
    const { p95 } = line.stats;
    return p95 === null ? [] : [{ value: line.below ? -p95 : p95, line }];
  });
}

/** 95th lines, and the words at the right end: in the margin, or over the plot where there is none. */
function margin(p: Place, scene: Scene): void {
  const { data, colours } = scene;
  const narrow = smallScreen(p);
  const labels: MarginLabel[] = [];
  for (const { value, line } of percentiles(scene)) {
    const y = p.y(value);
    rule(p, colours.of('p95'), 1, [8, 3], crisp(y));
    const name = data.lines.length > 1 ? `95th ${line.label.toLowerCase()}` : '95th';
    labels.push({ y, height: narrow ? 14 : 28, lines: [name, formatWith(Math.abs(value), data.unit)] });
  }
  const heights = levels(data);
  for (const [i, line] of (data.lines.length > 2 && !narrow ? data.lines : []).entries()) {
    const last = heights[i]?.top.findLast((v) => v !== null) ?? null;
    if (last !== null) labels.push({ y: p.y(line.below ? -last : last), height: 14, lines: [line.label] });
  }
  const at = spread(labels, p.top - 6, p.bottom + 6);
  labels.forEach(({ lines, y: wanted }, i) => {
    const y = at[i] ?? wanted;
    p.ctx.textAlign = narrow ? 'right' : 'left';
    if (narrow) {
      p.ctx.font = colours.font(400);
      halo(p, colours, lines.join(' '), p.right - 2, wanted + (wanted > p.y(0) + 1 ? 9 : -8), colours.of('ink'));
      return;
    }
    lines.forEach((text, n) => {
      const strong = n > 0;
      p.ctx.font = colours.font(strong ? 600 : 400);
      p.ctx.fillStyle = colours.of(strong ? 'ink' : 'ink-2');
      p.ctx.fillText(shorten(p.ctx, text, 84), p.right + 6, y + (n - (lines.length - 1) / 2) * 14);
    });
  });
}

function shorten(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let cut = text;
  while (cut.length > 1 && ctx.measureText(`${cut}…`).width > width) cut = cut.slice(0, -1);
  return `${cut}…`;
}

/** Hours and cause beside the widest gaps, where there is room. */
function gapWords(p: Place, scene: Scene): void {
  const { data, colours } = scene;
  const avoid = percentiles(scene).map(({ value }) => p.y(value));
  const widest = data.gaps
    .map((gap) => ({ gap, from: Math.max(p.left, p.x(gap.fromMs)), to: Math.min(p.right, p.x(gap.toMs)) }))
    .filter(({ from, to }) => to - from >= 6)
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, smallScreen(p) ? 1 : GAP_WORDS_MAX);
  const taken: [number, number][] = [];
  for (const { gap, from, to } of widest) {
    const split = gap.text.indexOf(': ');
    const told = split < 0 ? [gap.text] : [gap.text.slice(0, split), gap.text.slice(split + 2)];
    const words = smallScreen(p) ? [`No data ${formatDuration(gap.toMs - gap.fromMs)}`] : told;
    p.ctx.font = colours.font(500);
    const width = Math.max(...words.map((w) => p.ctx.measureText(w).width));
    const right = to + 7 + width < p.right;
    const x = right ? to + 7 : from - 7;
    const span: [number, number] = right ? [x, x + width] : [x - width, x];
    if (span[0] < p.left || taken.some(([a, b]) => span[0] < b + 8 && span[1] > a - 8)) continue;
    taken.push(span);
    p.ctx.textAlign = right ? 'left' : 'right';
    const height = words.length * 15;
    // A dashed line through the words would strike them out.
    const struck = avoid.filter((y) => y > p.bottom - 6 - height && y < p.bottom);
    const lift = struck.length === 0 ? 0 : p.bottom - Math.min(...struck) + 4;
    words.forEach((text, n) => {
      const first = n === 0;
      p.ctx.font = colours.font(first ? 500 : 400);
      const y = p.bottom - 12 - lift - (words.length - 1 - n) * 15;
      halo(p, colours, first ? text.charAt(0).toUpperCase() + text.slice(1) : text, x, y, colours.of(first ? 'ink' : 'ink-2'));
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
