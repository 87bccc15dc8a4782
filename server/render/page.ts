/** Where the parts of a picture stand: title, plot, legend, foot. What has no room is left out, the plot last. */
import type { GraphData } from '../../core/graph.ts';
import { NARROW_PX, type Room } from '../../core/graph-layout.ts';
import type { Look } from './look.ts';

export interface Page {
  /** With room for words at the right of the plot. */
  readonly large: boolean;
  /** Left and right edge of everything but the plot. */
  readonly margin: number;
  /** Middle of the title's row; null = no room for one. */
  readonly titleY: number | null;
  readonly plot: Room;
  /** Null = no table. */
  readonly legend: { readonly headY: number; readonly rowPx: number; readonly rows: number } | null;
  /** Middle of the row with the graph's note; null = none. */
  readonly noteY: number | null;
  readonly footY: number | null;
}

/** A plot lower than this gives up everything else first. */
const PLOT_MIN_PX = 56;
const AXIS_PX = 22;
const HEAD_PX = 17;
/** Most likely, and 8 in 10. */
export const FUTURE_ROWS = 2;

/** Left and right of the plot, which decide how many slots it can show. */
export function plotSides(width: number): { readonly left: number; readonly right: number } {
  return width < NARROW_PX ? { left: 52, right: width - 10 } : { left: 64, right: width - 92 };
}

export const plotWidth = (width: number): number => {
  const { left, right } = plotSides(width);
  return Math.max(50, right - left);
};

export function pageOf(
  { lines, note, future }: Pick<GraphData, 'lines' | 'note' | 'future'>,
  { width, height, legend }: Look,
): Page {
  const large = width >= NARROW_PX;
  const margin = large ? 16 : 10;
  const titled = height >= 110;
  const top = titled ? (large ? 42 : 32) : 12;
  let bottom = height;
  const take = (px: number, wanted: boolean): boolean => {
    if (!wanted || bottom - px - AXIS_PX - top < PLOT_MIN_PX) return false;
    bottom -= px;
    return true;
  };
  const footed = take(large ? 24 : 20, true);
  const footY = footed ? bottom + (large ? 9 : 8) : null;
  const noteY = take(16, note !== '') ? bottom + 8 : null;
  const wanted = future === undefined ? lines.length : future.values.length > 0 ? FUTURE_ROWS : 0;
  const rowPx = large && wanted <= 3 ? 20 : 16;
  // At least the plot's smallest height stays, and a long legend takes less than half.
  const room = Math.min(bottom - AXIS_PX - top - PLOT_MIN_PX, Math.max(height * 0.45, HEAD_PX + 2 * rowPx));
  const rows = legend ? Math.min(wanted, Math.floor((room - HEAD_PX - 9) / rowPx)) : 0;
  const tableY = bottom - HEAD_PX - rows * rowPx - (large ? 5 : 2);
  if (rows > 0) bottom = tableY - 4;
  return {
    large,
    margin,
    titleY: titled ? (large ? 20 : 15) : null,
    plot: { ...plotSides(width), top, bottom: bottom - AXIS_PX },
    legend: rows > 0 ? { headY: tableY + HEAD_PX / 2, rowPx, rows } : null,
    noteY,
    footY,
  };
}
