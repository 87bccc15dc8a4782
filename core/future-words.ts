/** Words on the future of a graph, each where it has room: dates at the foot, limits, what was found, the ends of paths. */
import { spread } from './graph-geometry.ts';
import type { Measure, Plot } from './graph-layout.ts';
import { QUANTILE } from './forecast/model.ts';
import type { FutureLimit, GraphFuture } from './graph-future.ts';
import { within, type Shape } from './future-shapes.ts';
import type { GraphData } from './graph.ts';
import { formatWith } from './units.ts';

const { Q10, Q50, Q90 } = QUANTILE;

export interface FootWords {
  readonly x: number;
  readonly rows: readonly string[];
  readonly side: 'start' | 'end';
  readonly strong?: boolean;
}
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
const ROW_PX = 14;
const LEVELS_MAX = 4;

const free = (box: Box, taken: readonly Box[]) =>
  taken.every((one) => box.right + 6 < one.left || box.left - 6 > one.right || box.bottom < one.top || box.top > one.bottom);

/** Words at the foot of the plot, beside what they name; those without room on either side go up a level, then away. */
export function footWords(foot: readonly FootWords[], plot: Plot, measure: Measure, taken: Box[]): Shape[] {
  return foot.flatMap(({ x, rows, side, strong = false }): Shape[] => {
    const width = Math.max(...rows.map((row, n) => measure(row, strong && n === 0 ? 600 : 400)));
    const height = rows.length * ROW_PX;
    for (let level = 0; level < LEVELS_MAX; level++) {
      const bottom = plot.bottom - 4 - level * (2 * ROW_PX + 6);
      for (const anchor of side === 'start' ? (['start', 'end'] as const) : (['end', 'start'] as const)) {
        const left = anchor === 'start' ? x + 7 : x - 7 - width;
        const box = { left, right: left + width, top: bottom - height, bottom };
        if (box.left < plot.left || box.right > plot.right || box.top < plot.top || !free(box, taken)) continue;
        taken.push(box);
        return rows.map((text, n): Shape => ({
          ...{ kind: 'text', x: anchor === 'start' ? x + 7 : x - 7, y: bottom - (rows.length - n - 0.5) * ROW_PX, text, anchor },
          ...(strong && n === 0 ? { ink: 'ink', weight: 600 } : { ink: rows.length > 1 ? 'ink-2' : 'ink', weight: 400 }),
        }));
      }
    }
    return [];
  });
}

/** The limit's name over its line at the left; a scenario's at the step it takes. */
export function limitWords(
  data: GraphData,
  future: GraphFuture,
  limits: readonly FutureLimit[],
  plot: Plot,
  measure: Measure,
  taken: Box[],
): Shape[] {
  const shapes: Shape[] = [];
  const names = new Map(future.scenarios.flatMap((one) => (one.limit ? [[one.limit, one.label] as const] : [])));
  for (const limit of limits) {
    const own = limit !== future.limit;
    const last = limit.steps.at(-1);
    const first = limit.steps[0];
    if (!first || !last) continue;
    const stepped = own && limit.steps.length > 1 && within(plot, plot.x(last.fromMs));
    const text = own ? (names.get(limit) ?? limit.label) : limit.label;
    const y = plot.y(own ? last.value : first.value);
    if (y < plot.top - 1 || y > plot.bottom) continue;
    const width = measure(text, 400);
    const right = stepped ? plot.x(last.fromMs) - 6 : plot.left + 6 + width;
    const over = y - 9 < plot.top ? y + 10 : y - 9;
    const box = { left: right - width, right, top: (stepped ? y : over) - 7, bottom: (stepped ? y : over) + 7 };
    if (box.left < plot.left || !free(box, taken)) continue;
    taken.push(box);
    shapes.push({ kind: 'text', x: box.left, y: stepped ? y : over, text, anchor: 'start', ink: 'ink', weight: 400 });
  }
  return shapes;
}

/** Marked at most so many; the rest is told in a list. */
const FOUND_NAMED = 4;

export function foundWords(
  { found }: GraphFuture,
  plot: Plot,
  measure: Measure,
  taken: Box[],
  lines: readonly Box[],
  narrow: boolean,
): Shape[] {
  const named = found.filter(({ what }) => what !== 'outlier').slice(-FOUND_NAMED);
  return named.flatMap(({ tMs, value, title, detail }): Shape[] => {
    const rows = [title, detail];
    const [x, y] = [plot.x(tMs), plot.y(value)];
    if (!within(plot, x) || narrow) return [];
    const width = Math.max(...rows.map((row) => measure(row, 400)));
    const height = 2 * ROW_PX;
    // Over the mark at its left, or under what fell at its right.
    for (const [left, top, anchor] of [
      [x - 8 - width, y - 14 - height, 'end'],
      [x + 8, y - 18 - height, 'start'],
      [x + 8, Math.min(plot.bottom - 2 * height, y + 40), 'start'],
    ] as const) {
      const box = { left, right: left + width, top, bottom: top + height };
      if (
        box.left < plot.left ||
        box.right > plot.right ||
        box.top < plot.top ||
        box.bottom > plot.bottom ||
        !free(box, [...taken, ...lines])
      )
        continue;
      taken.push(box);
      return rows.map((text, n): Shape => ({
        ...{ kind: 'text', x: anchor === 'end' ? left + width : left, y: top + (n + 0.5) * ROW_PX, text, anchor },
        ...{ ink: n === 0 ? 'ink' : 'ink-2', weight: 400 },
      }));
    }
    return [];
  });
}

/** In the margin, what the paths come to at the end. */
export function endWords(data: GraphData, future: GraphFuture, plot: Plot): Shape[] {
  const ends: { readonly y: number; readonly rows: readonly [string, string] }[] = [];
  const end = (name: string, values: readonly number[] | undefined) => {
    const value = values?.at(-1);
    if (value === undefined) return;
    const y = plot.y(value);
    if (y >= plot.top - 8 && y <= plot.bottom + 8) ends.push({ y, rows: [name, formatWith(value, data.unit)] });
  };
  end('most likely', future.values[Q50]);
  if (future.scenarios.length === 0) {
    end('1 in 10 above', future.values[Q90]);
    end('1 in 10 below', future.values[Q10]);
  }
  const at = spread(
    ends.map(({ y }) => ({ y, height: 2 * ROW_PX })),
    plot.top - 6,
    plot.bottom + 6,
  );
  return ends.flatMap(({ rows, y }, i) =>
    rows.map((text, n): Shape => ({
      ...{ kind: 'text', x: plot.right + 6, y: (at[i] ?? y) + (n - 0.5) * ROW_PX, text, anchor: 'start' },
      ...(n === 1 ? { ink: 'ink', weight: 600 } : { ink: 'ink-2', weight: 400 }),
    })),
  );
}
