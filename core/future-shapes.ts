/**
 * The future of a graph as shapes in pixels: what the browser's canvas and a picture both paint, one after
 * the other, so that they cannot differ.
 */
import { QUANTILE } from './forecast/model.ts';
import type { Chrome } from './graph-colours.ts';
import { endWords, footWords, foundWords, limitWords, type Box, type FootWords } from './future-words.ts';
import { crisp, smallPlot, type GraphSize, type Measure, type Plot } from './graph-layout.ts';
import { dayText, limitAt, shownLimits, type FutureCrossing, type FutureLimit, type GraphFuture } from './graph-future.ts';
import type { GraphData, Role } from './graph.ts';

/** A colour of the theme, or that of a line. */
export type Ink = Chrome | Role;
export type XY = readonly [x: number, y: number];
export type Shape =
  | { readonly kind: 'area'; readonly points: readonly XY[]; readonly fill: Ink; readonly edge?: Ink; readonly width?: number }
  | {
      readonly kind: 'line';
      readonly points: readonly XY[];
      readonly ink: Ink;
      readonly width: number;
      readonly dash: readonly number[];
    }
  | { readonly kind: 'ring'; readonly x: number; readonly y: number; readonly r: number; readonly ink: Ink }
  | {
      readonly kind: 'text';
      readonly x: number;
      /** Middle of the row. */
      readonly y: number;
      readonly text: string;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly ink: Ink;
      readonly weight: 400 | 500 | 600;
    };

const { Q025, Q10, Q25, Q50, Q75, Q90, Q975 } = QUANTILE;
const DASH_LIKELY = [5, 3];
const DASH_EDGE = [2, 2];
const DASH_DOWN = [1, 3];

/** Bands of what may come: under all lines. */
export function futureUnder(data: GraphData, plot: Plot): Shape[] {
  const { future } = data;
  if (!future || future.values.length === 0) return [];
  const path = (q: number) => pathOf(data, future, future.values[q] ?? [], plot);
  const shapes: Shape[] = [];
  for (const [fill, low, high] of [
    ['f95', Q025, Q975],
    ['f80', Q10, Q90],
    ['f50', Q25, Q75],
  ] as const) {
    const [under, over] = [path(low), path(high)];
    shapes.push({ kind: 'area', points: [...held(over, plot), ...held(under, plot).reverse()], fill });
    if (fill === 'f50') continue;
    const dash = fill === 'f95' ? DASH_EDGE : [];
    for (const edge of [over, under]) shapes.push(...lineOf(edge, plot, 'f-edge', 1, dash));
  }
  return shapes;
}

/** Everything that lies over the lines: what is most likely, limits, dates, what was found, and words. */
export function futureOver(data: GraphData, plot: Plot, size: GraphSize, measure: Measure): Shape[] {
  const { future } = data;
  if (!future) return [];
  const wordy = size === 'large';
  const shapes: Shape[] = [];
  const begin = crisp(plot.x(future.fromMs));
  if (begin >= plot.left && begin <= plot.right && future.values.length > 0)
    shapes.push({
      kind: 'line',
      points: [
        [begin, plot.top],
        [begin, plot.bottom],
      ],
      ink: 'axis',
      width: 1,
      dash: [],
    });
  const limits = shownLimits(future);
  for (const limit of limits) {
    const own = limit !== future.limit;
    const drawn = own ? changedFrom(limit, future.limit) : limit;
    shapes.push(...lineOf(stairs(drawn, data, plot, own), plot, 'limit', wordy ? 1.5 : 1, own ? DASH_LIKELY : []));
  }
  for (const { values, role } of future.scenarios)
    if (values) shapes.push(...lineOf(pathOf(data, future, values[Q50] ?? [], plot), plot, role, 1.75, DASH_LIKELY));
  shapes.push(...lineOf(pathOf(data, future, future.values[Q50] ?? [], plot), plot, 'ink', 1.5, DASH_LIKELY));
  const foot: FootWords[] = [];
  const narrow = smallPlot(plot);
  const base = limits.includes(future.limit as FutureLimit) ? future.limit : null;
  if (future.crossing && base)
    foot.push(
      ...crossingShapes(shapes, data, plot, {
        at: future.crossing,
        limit: base,
        role: null,
        says: future.scenarios.length > 0 ? 'as things stand' : 'most likely',
      }),
    );
  for (const { crossing, limit, role, label } of future.scenarios) {
    const own = limit ?? future.limit;
    if (crossing && own)
      foot.push(...crossingShapes(shapes, data, plot, { at: crossing, limit: own, role, says: narrow ? '' : label }));
  }
  if (future.orderByMs !== null && within(plot, plot.x(future.orderByMs))) {
    const x = plot.x(future.orderByMs);
    shapes.push({
      kind: 'area',
      points: [
        [x, plot.bottom - 5],
        [x + 5, plot.bottom],
        [x, plot.bottom + 5],
        [x - 5, plot.bottom],
      ],
      fill: 'bg',
      edge: 'ink',
      width: 1.5,
    });
    foot.push({ x, rows: [`order by ${dayText(future.orderByMs, future.fromMs, data.zone)}`], side: 'end' });
  }
  shapes.push(...foundShapes(future, plot));
  if (!wordy) return shapes;
  const taken: Box[] = [];
  if (within(plot, begin) && future.values.length > 0) foot.push({ x: begin, rows: [todayText(data, future)], side: 'end' });
  shapes.push(...limitWords(data, future, limits, plot, measure, taken));
  shapes.push(...footWords(foot, plot, measure, taken));
  // No words on the line of a limit, or on that of today.
  const lines = limits.flatMap(({ steps }) =>
    steps.map(({ value }): Box => ({ ...plot, top: plot.y(value) - 3, bottom: plot.y(value) + 3 })),
  );
  shapes.push(...foundWords(future, plot, measure, taken, [...lines, { ...plot, left: begin - 2, right: begin + 2 }], narrow));
  if (!narrow) shapes.push(...endWords(data, future, plot));
  return shapes;
}

/** The line stands at the end of what is known, which is today while data come. */
const todayText = ({ stepMs, zone }: GraphData, { fromMs, nowMs }: GraphFuture): string =>
  nowMs - fromMs < Math.max(2 * stepMs, 172_800_000) ? 'today' : `known until ${dayText(fromMs, null, zone)}`;

export const within = ({ left, right }: Plot, x: number): boolean => x >= left && x <= right;

/** One path of values, from the level of today on. */
function pathOf({ stepMs }: GraphData, { fromMs, level }: GraphFuture, values: readonly number[], plot: Plot): XY[] {
  const points = values.map((v, i): XY => [plot.x(fromMs + (i + 1) * stepMs), plot.y(v)]);
  return level === null || points.length === 0 ? points : [[plot.x(fromMs), plot.y(level)], ...points];
}

/** What of a scenario's limit is its own: from the last step before the first difference on. */
function changedFrom(limit: FutureLimit, base: FutureLimit | null): FutureLimit {
  const first = limit.steps.findIndex(({ fromMs, value }) => base === null || limitAt(base, fromMs) !== value);
  return first <= 0 ? limit : { ...limit, steps: limit.steps.slice(first - 1) };
}

/** The limit over the range, with its steps. @param riser the first step only as the foot of the second */
function stairs({ steps }: FutureLimit, data: GraphData, plot: Plot, riser: boolean): XY[] {
  const points: XY[] = [];
  steps.forEach(({ fromMs, value }, i) => {
    const begin = i === 0 ? (riser && steps[1] ? steps[1].fromMs : data.fromMs) : fromMs;
    const from = Math.max(begin, data.fromMs);
    const to = Math.min(steps[i + 1]?.fromMs ?? data.toMs, data.toMs);
    if (to < from || from > data.toMs) return;
    const y = crisp(plot.y(value));
    points.push([plot.x(from), y], ...(to > from ? [[plot.x(to), y] as const] : []));
  });
  return points;
}

/** A path with its points at the plot's edges put in, and what is beyond laid upon them. */
function held(path: readonly XY[], { top, bottom }: Plot): XY[] {
  const clamp = (y: number) => Math.min(bottom, Math.max(top, y));
  return path.flatMap((point, i): XY[] => {
    const before = path[i - 1];
    return [...(before ? edgePoints(before, point, top, bottom) : []), [point[0], clamp(point[1])]];
  });
}

/** Where a segment meets the upper and lower edge, in its order. */
function edgePoints([x0, y0]: XY, [x1, y1]: XY, top: number, bottom: number): XY[] {
  return [top, bottom]
    .filter((edge) => (y0 - edge) * (y1 - edge) < 0)
    .map((edge): XY => [x0 + ((edge - y0) / (y1 - y0)) * (x1 - x0), edge])
    .sort((a, b) => a[0] - b[0]);
}

/** The parts of a path that lie within the plot. */
function lineOf(path: readonly XY[], plot: Plot, ink: Ink, width: number, dash: readonly number[]): Shape[] {
  const inside = ([, y]: XY) => y >= plot.top - 0.75 && y <= plot.bottom + 0.75;
  const parts: XY[][] = [];
  let part: XY[] = [];
  const end = () => {
    if (part.length > 1) parts.push(part);
    part = [];
  };
  path.forEach((point, i) => {
    const before = path[i - 1];
    for (const edge of before ? edgePoints(before, point, plot.top, plot.bottom) : []) {
      part.push(edge);
      if (part.length > 1) end();
    }
    if (inside(point)) part.push(point);
    else end();
  });
  end();
  return parts.map((points): Shape => ({ kind: 'line', points, ink, width, dash }));
}

interface CrossingDrawn {
  readonly at: FutureCrossing;
  readonly limit: FutureLimit;
  /** Null: the forecast itself. */
  readonly role: Role | null;
  readonly says: string;
}

/** A bar for 8 in 10 on the limit, a ring at the most likely day, dots down to its date; and the words there. */
function crossingShapes(shapes: Shape[], data: GraphData, plot: Plot, { at, limit, role, says }: CrossingDrawn): FootWords[] {
  const [low, high] = [Math.max(plot.left, plot.x(at.lowMs)), Math.min(plot.right, plot.x(at.highMs ?? data.toMs))];
  const [x, y] = [plot.x(at.medianMs), plot.y(limitAt(limit, at.medianMs) ?? 0)];
  if (y < plot.top || y > plot.bottom || low > plot.right) return [];
  if (high > low)
    shapes.push({
      kind: 'line',
      points: [
        [low, y],
        [high, y],
      ],
      ink: role ?? 'limit',
      width: role ? 4 : 6,
      dash: [],
    });
  if (!within(plot, x)) return [];
  shapes.push({
    kind: 'line',
    points: [
      [crisp(x), y],
      [crisp(x), plot.bottom],
    ],
    ink: 'ink',
    width: 1,
    dash: DASH_DOWN,
  });
  shapes.push({ kind: 'ring', x, y, r: 5, ink: 'ink' });
  return [{ x, rows: [dayText(at.medianMs, null, data.zone), says].filter((row) => row !== ''), side: 'start', strong: true }];
}

/** A small triangle over what was set aside: down for a fall, up for a rise; a ring around a single value. */
function foundShapes({ found }: GraphFuture, plot: Plot): Shape[] {
  return found.flatMap(({ what, tMs, value, detail }): Shape[] => {
    const [x, y] = [plot.x(tMs), plot.y(value)];
    if (!within(plot, x) || y < plot.top || y > plot.bottom) return [];
    if (what === 'outlier') return [{ kind: 'ring', x, y, r: 3, ink: 'ink-3' }];
    const up = what === 'step' && detail.startsWith('+');
    const tip = y - (up ? 13 : 6);
    const root = y - (up ? 6 : 13);
    return [
      {
        kind: 'area',
        points: [
          [x - 4, root],
          [x + 4, root],
          [x, tip],
        ],
        fill: 'ink-3',
      },
    ];
  });
}
