/** What lies under the lines: axes' grid and labels, gaps, fills and the band of extremes. */
import type { Chart, Plugin } from 'chart.js';
import { crisp } from '../../core/graph-layout.ts';
import { fitting, hasBand, levels, runPoints, runs } from '../../core/graph-geometry.ts';
import { path, place, rule, type Place, type Scene } from './scene.ts';

const HATCH_PX = 8;

export function ground(scene: Scene): Plugin<'line'> {
  return {
    id: 'ground',
    beforeDatasetsDraw(chart: Chart) {
      const p = place(chart);
      if (!p) return;
      p.ctx.save();
      grid(p, scene);
      clip(p);
      partial(p, scene);
      habits(p, scene);
      const heights = levels(scene.data);
      scene.data.lines.forEach((line, i) => {
        const colours = scene.colours.role(line.role);
        const sign = line.below ? -1 : 1;
        const { base, top } = heights[i] ?? { base: null, top: line.mean };
        // In a stack bands would lie over their neighbours.
        const band = scene.options.envelope && !scene.data.stack && hasBand(line);
        for (const run of runs(top)) {
          const mean = runPoints(scene.data, run, top, sign);
          if (line.fill)
            area(
              p,
              mean,
              base
                ? runPoints(scene.data, run, base, sign).reverse()
                : [
                    { x: mean.at(-1)?.x ?? 0, y: 0 },
                    { x: mean[0]?.x ?? 0, y: 0 },
                  ],
              colours.fill,
            );
          if (band) {
            const high = runPoints(scene.data, run, line.max, sign);
            area(p, high, runPoints(scene.data, run, line.min, sign).reverse(), colours.band);
          }
        }
      });
      partialStrips(p, scene);
      gaps(p, scene);
      p.ctx.restore();
      if (scene.data.y.min < 0) rule(p, scene.colours.of('axis'), 1, [], crisp(p.y(0)));
    },
  };
}

/** What is usual, as a flat band behind the lines. */
function habits(p: Place, { data, colours }: Scene): void {
  for (const { habit, below } of data.lines) {
    if (!habit) continue;
    const sign = below ? -1 : 1;
    for (const run of runs(habit.high)) {
      const high = runPoints(data, run, habit.high, sign);
      const low = runPoints(data, run, habit.low, sign);
      area(p, high, [...low].reverse(), colours.role('s1').fill);
      for (const edge of [high, low])
        path(
          p.ctx,
          colours.of('ink-3'),
          0.75,
          [2, 2],
          edge.map(({ x, y }) => [p.x(x), p.y(y)] as const),
        );
    }
  }
}

function clip({ ctx, left, right, top, bottom }: Place): void {
  ctx.beginPath();
  ctx.rect(left, top - 1, right - left, bottom - top + 2);
  ctx.clip();
}

type Points = readonly { readonly x: number; readonly y: number }[];
function area(p: Place, there: Points, back: Points, colour: string): void {
  p.ctx.beginPath();
  [...there, ...back].forEach((q, i) => (i === 0 ? p.ctx.moveTo(p.x(q.x), p.y(q.y)) : p.ctx.lineTo(p.x(q.x), p.y(q.y))));
  p.ctx.closePath();
  p.ctx.fillStyle = colour;
  p.ctx.fill();
}

/** Horizontal hairlines, and both axes' labels; the server chose every tick. */
function grid(p: Place, { data, options, colours }: Scene): void {
  const { ctx } = p;
  ctx.textBaseline = 'middle';
  ctx.font = colours.font(400);
  if (options.size !== 'strip') {
    ctx.textAlign = 'right';
    for (const tick of data.y.ticks) {
      const y = crisp(p.y(tick.value));
      rule(p, colours.of(tick.value === 0 ? 'axis' : 'grid'), 1, [], y);
      ctx.fillStyle = colours.of('ink-3');
      ctx.fillText(tick.label, p.left - 7, y);
    }
  }
  const font = (major: boolean) => colours.font(major ? 500 : 400);
  const ticks = data.x.ticks.map((tick) => {
    ctx.font = font(tick.major);
    return { ...tick, at: p.x(tick.tMs), width: ctx.measureText(tick.label).width };
  });
  const shown = fitting(ticks, p.left - 24, p.right + 4);
  ctx.textAlign = 'center';
  ticks.forEach((tick, i) => {
    path(
      ctx,
      colours.of('axis'),
      1,
      [],
      [
        [crisp(tick.at), p.bottom],
        [crisp(tick.at), p.bottom + 4],
      ],
    );
    if (tick.major && options.size === 'large')
      path(
        ctx,
        colours.of('grid'),
        1,
        [],
        [
          [crisp(tick.at), p.top],
          [crisp(tick.at), p.bottom],
        ],
      );
    if (!shown[i]) return;
    ctx.font = font(tick.major);
    ctx.fillStyle = colours.of(tick.major ? 'ink-2' : 'ink-3');
    ctx.fillText(tick.label, tick.at, p.bottom + 13);
  });
}

/** Height of the strip that marks partial time. */
const PARTIAL_PX = 6;

/** Known in part: a pale ground under the lines, and a hatched strip along the foot only. A gap is hatched to the top. */
function partial(p: Place, { data, colours }: Scene): void {
  const { ctx, top, bottom } = p;
  for (const { fromMs, toMs } of data.partial) {
    const from = Math.max(p.left, p.x(fromMs));
    const to = Math.min(p.right, Math.max(from + 2, p.x(toMs)));
    if (!(to > from)) continue;
    ctx.save();
    ctx.globalAlpha = 0.6;
    ctx.fillStyle = colours.of('gap');
    ctx.fillRect(from, top, to - from, bottom - top);
    ctx.restore();
  }
}

/** The strips of partial time lie over the fills, so that these do not hide them. */
function partialStrips(p: Place, { data, colours }: Scene): void {
  for (const { fromMs, toMs } of data.partial) {
    const from = Math.max(p.left, p.x(fromMs));
    const to = Math.min(p.right, Math.max(from + 2, p.x(toMs)));
    if (to > from) hatch(p, colours, from, to, p.bottom - PARTIAL_PX);
  }
}

/** Hatched from its beginning to its end, full height: never bridged, never zero. */
function gaps(p: Place, { data, colours }: Scene): void {
  for (const gap of data.gaps) {
    const from = Math.max(p.left, p.x(gap.fromMs));
    const to = Math.min(p.right, Math.max(from + 2, p.x(gap.toMs)));
    if (to > from) hatch(p, colours, from, to, p.top);
  }
}

/** A hatched field from a height down to the foot of the plot. */
function hatch({ ctx, bottom }: Place, colours: Scene['colours'], from: number, to: number, top: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, top, to - from, bottom - top);
  ctx.fillStyle = colours.of('gap');
  ctx.fill();
  ctx.clip();
  ctx.beginPath();
  const height = bottom - top;
  // Anchored to the page, not to the field, so that neighbours' lines meet and nothing crawls.
  for (let x = Math.floor((from - height) / HATCH_PX) * HATCH_PX; x < to; x += HATCH_PX) {
    ctx.moveTo(x, bottom);
    ctx.lineTo(x + height, top);
  }
  ctx.strokeStyle = colours.of('gap-line');
  ctx.lineWidth = 0.75;
  ctx.stroke();
  ctx.restore();
}
