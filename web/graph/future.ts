/** The future of a graph on the canvas: paints the shapes that core decided, under and over the lines. */
import type { Chart, Plugin } from 'chart.js';
import { futureOver, futureUnder, type Ink, type Shape } from '../../core/future-shapes.ts';
import { isChrome } from '../../core/graph-colours.ts';
import { halo, path, place, type Place, type Scene } from './scene.ts';

export function future(scene: Scene): Plugin<'line'> {
  const draw = (chart: Chart, shapesOf: (p: Place) => readonly Shape[]) => {
    const p = scene.data.future ? place(chart) : null;
    if (!p) return;
    p.ctx.save();
    p.ctx.textBaseline = 'middle';
    for (const shape of shapesOf(p)) paint(p, scene, shape);
    p.ctx.restore();
  };
  return {
    id: 'future',
    beforeDatasetsDraw: (chart) => draw(chart, (p) => futureUnder(scene.data, p)),
    afterDatasetsDraw: (chart) =>
      draw(chart, (p) =>
        futureOver(scene.data, p, scene.options.size, (text, weight) => {
          p.ctx.font = scene.colours.font(weight);
          return p.ctx.measureText(text).width;
        }),
      ),
  };
}

function paint(p: Place, { colours }: Scene, shape: Shape): void {
  const { ctx } = p;
  const colour = (ink: Ink) => (isChrome(ink) ? colours.of(ink) : colours.role(ink).line);
  switch (shape.kind) {
    case 'area':
      ctx.beginPath();
      shape.points.forEach(([x, y], i) => (i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
      ctx.closePath();
      ctx.fillStyle = colour(shape.fill);
      ctx.fill();
      if (shape.edge === undefined) return;
      ctx.strokeStyle = colour(shape.edge);
      ctx.lineWidth = shape.width ?? 1;
      ctx.stroke();
      return;
    case 'line':
      path(ctx, colour(shape.ink), shape.width, [...shape.dash], shape.points);
      return;
    case 'ring':
      ctx.beginPath();
      ctx.arc(shape.x, shape.y, shape.r, 0, 2 * Math.PI);
      ctx.fillStyle = colours.of('bg');
      ctx.fill();
      ctx.strokeStyle = colour(shape.ink);
      ctx.lineWidth = 2;
      ctx.stroke();
      return;
    case 'text':
      ctx.font = colours.font(shape.weight);
      ctx.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor;
      halo(p, colours, shape.text, shape.x, shape.y, colour(shape.ink));
  }
}
