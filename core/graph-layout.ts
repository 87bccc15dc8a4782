/**
 * Where things stand in a graph, the same for every renderer: the room around the plot, its
 * scales, and the words that are written on it. Pixels are those of the page, from the top left.
 */
import type { GraphData, GraphLine } from './graph.ts';
import { spread } from './graph-geometry.ts';
import { formatDuration, formatWith } from './units.ts';

export type GraphSize = 'small' | 'large' | 'strip';

/** Room around the plot; the same for all graphs of a size, so that plots line up. */
const ROOM = {
  small: { left: 56, right: 3, top: 9, bottom: 22 },
  large: { left: 64, right: 92, top: 24, bottom: 26 },
  narrow: { left: 56, right: 3, top: 24, bottom: 26 },
  strip: { left: 64, right: 92, top: 1, bottom: 20 },
  narrowStrip: { left: 56, right: 3, top: 1, bottom: 20 },
} as const;
/** A graph narrower than this has no margin for words at its right. */
export const NARROW_PX = 620;
/** A plot narrower than this has room for few words. */
const SMALL_PLOT_PX = 520;

export interface Room {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function roomOf(size: GraphSize, width: number): Room {
  if (size === 'small') return ROOM.small;
  const narrow = width < NARROW_PX;
  return size === 'strip' ? ROOM[narrow ? 'narrowStrip' : 'strip'] : ROOM[narrow ? 'narrow' : 'large'];
}

/** The edges of a plot, and its scales. */
export interface Plot extends Room {
  readonly x: (tMs: number) => number;
  readonly y: (value: number) => number;
}

/** Both scales are linear; values below zero are those of lines that are drawn below. */
export function plotOf(data: Pick<GraphData, 'fromMs' | 'toMs' | 'y'>, edges: Room): Plot {
  const { left, right, top, bottom } = edges;
  const perMs = (right - left) / Math.max(1, data.toMs - data.fromMs);
  const perUnit = (bottom - top) / (data.y.max - data.y.min || 1);
  return {
    ...edges,
    x: (tMs) => left + (tMs - data.fromMs) * perMs,
    y: (value) => bottom - (value - data.y.min) * perUnit,
  };
}

export const smallPlot = ({ left, right }: Pick<Room, 'left' | 'right'>): boolean => right - left < SMALL_PLOT_PX;

/** A hairline lies on one row of pixels. */
export const crisp = (v: number): number => Math.round(v) + 0.5;

/** Width of a text in pixels, at the size of axes. */
export type Measure = (text: string, weight: 400 | 500 | 600) => number;

/** The text, or as much of its beginning as has room. */
export function shortened(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const letters = [...text];
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${letters.slice(0, middle).join('').trimEnd()}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, Math.max(1, low)).join('').trimEnd()}…`;
}

/** Where the 95th lines lie, with their sign; none where there are too many lines to tell them apart. */
export function percentilesOf(data: GraphData): { readonly value: number; readonly line: GraphLine }[] {
  const lines = data.lines.filter(({ before }) => before === undefined);
  if (data.stack || lines.length > 2) return [];
  return lines.flatMap((line) => {
    const { p95 } = line.stats;
    return p95 === null ? [] : [{ value: line.below ? -p95 : p95, line }];
  });
}

/** Words at the right end of a line: of one row, or a name over a figure. */
export interface EndLabel {
  /** Middle of its rows. */
  readonly y: number;
  /** Height of what it names, before others pushed it away. */
  readonly wanted: number;
  readonly rows: readonly string[];
}

const ROW_PX = 14;
/** @param tops last known height of each line that is to be named; null = not named */
export function endLabels(
  data: GraphData,
  plot: Plot,
  percentiles: ReturnType<typeof percentilesOf>,
  tops: readonly (number | null)[],
): EndLabel[] {
  const narrow = smallPlot(plot);
  const own = ownPart(data.lines);
  const labels = percentiles.map(({ value, line }) => ({
    wanted: plot.y(value),
    height: narrow ? ROW_PX : 2 * ROW_PX,
    rows: [data.lines.length > 1 ? `95th ${own(line.label).toLowerCase()}` : '95th', formatWith(Math.abs(value), data.unit)],
  }));
  for (const [i, line] of data.lines.entries()) {
    const last = tops[i] ?? null;
    if (last !== null) labels.push({ wanted: plot.y(line.below ? -last : last), height: ROW_PX, rows: [own(endName(line))] });
  }
  const at = spread(
    labels.map(({ wanted, height }) => ({ y: wanted, height })),
    plot.top - 6,
    plot.bottom + 6,
  );
  return labels.map(({ wanted, rows }, i) => ({ y: at[i] ?? wanted, wanted, rows }));
}

/** A name without the words that all lines begin with: a margin is too narrow for what tells nothing apart. */
function ownPart(lines: readonly GraphLine[]): (name: string) => string {
  const [first = [], ...others] = lines.filter(({ before }) => before === undefined).map(({ label }) => label.split(' '));
  if (others.length === 0) return (name) => name;
  let shared = 0;
  while (shared < first.length - 1 && others.every((words) => shared < words.length - 1 && words[shared] === first[shared]))
    shared++;
  const begin = first.slice(0, shared).join(' ');
  return (name) => (shared > 0 && name.startsWith(`${begin} `) ? name.slice(begin.length + 1) : name);
}

/** A margin has no room for the whole name of what was before; the legend has. */
function endName({ label, role, before }: GraphLine): string {
  if (!before) return label;
  return role === 'past' ? `${before.ago} before` : label.replace(/, less [^,]*$/, '');
}

/** Words beside at most so many gaps; the rest is told in a list. */
const GAP_WORDS_MAX = 4;
const GAP_ROW_PX = 15;

export interface GapWords {
  readonly x: number;
  readonly align: 'left' | 'right';
  /** From above to below; the first is the time, the others say why. `y` is the middle of the row. */
  readonly rows: readonly { readonly text: string; readonly y: number }[];
}

/**
 * Hours and cause beside the widest gaps, where there is room.
 * @param struck heights of lines that would strike the words out
 */
export function gapWordsOf(data: GraphData, plot: Plot, struck: readonly number[], measure: Measure): GapWords[] {
  const few = smallPlot(plot);
  const widest = data.gaps
    .map((gap) => ({ gap, from: Math.max(plot.left, plot.x(gap.fromMs)), to: Math.min(plot.right, plot.x(gap.toMs)) }))
    .filter(({ from, to }) => to - from >= 6)
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, few ? 1 : GAP_WORDS_MAX);
  const taken: [number, number][] = [];
  return widest.flatMap(({ gap, from, to }): GapWords[] => {
    const split = gap.text.indexOf(': ');
    const told = split < 0 ? [gap.text] : [gap.text.slice(0, split), gap.text.slice(split + 2)];
    const words = few ? [`No data ${formatDuration(gap.toMs - gap.fromMs)}`] : told;
    const width = Math.max(...words.map((w) => measure(w, 500)));
    const right = to + 7 + width < plot.right;
    const x = right ? to + 7 : from - 7;
    const span: [number, number] = right ? [x, x + width] : [x - width, x];
    if (span[0] < plot.left || taken.some(([a, b]) => span[0] < b + 8 && span[1] > a - 8)) return [];
    taken.push(span);
    const height = words.length * GAP_ROW_PX;
    const through = struck.filter((y) => y > plot.bottom - 6 - height && y < plot.bottom);
    const lift = through.length === 0 ? 0 : plot.bottom - Math.min(...through) + 4;
    const rows = words.map((text, n) => ({
      text: n === 0 ? text.charAt(0).toUpperCase() + text.slice(1) : text,
      y: plot.bottom - 12 - lift - (words.length - 1 - n) * GAP_ROW_PX,
    }));
    return [{ x, align: right ? 'left' : 'right', rows }];
  });
}

/** Size of the mark of an event: a triangle that stands on the upper edge and points down to its moment. */
export const EVENT_PX = 7;

/** Middles of the marks of events in pixels, left to right; those that would lie on each other are one. */
export function eventMarks({ events = [] }: Pick<GraphData, 'events'>, plot: Plot): number[] {
  const at: number[] = [];
  for (const { tMs } of events) {
    const x = plot.x(tMs);
    if (x < plot.left || x > plot.right || x - (at.at(-1) ?? -Infinity) < EVENT_PX - 2) continue;
    at.push(x);
  }
  return at;
}

const EVENT_WORDS_MAX = 3;
const EVENT_WORDS_PX = 190;
/** Shorter words say nothing. */
const EVENT_WORDS_MIN_PX = 70;

/** Words at the right of marks that have room for them, the newest first, and before the first mark how many came before; every mark has its words under the cursor and in the list. */
export function eventWords(
  data: GraphData,
  plot: Plot,
  measure: Measure,
): { readonly x: number; readonly y: number; readonly text: string }[] {
  const marks = (data.events ?? []).map(({ tMs, text }) => ({ x: plot.x(tMs), text }));
  const y = plot.top + 5;
  const names = data.limits.filter(({ value }) => Math.abs(plot.y(value) + 10 - y) < 16).map(({ label }) => measure(label, 400));
  const taken = plot.left + (names.length === 0 ? 0 : Math.max(...names) + 12);
  const told = marks
    .flatMap(({ x, text }, i) => {
      const next = Math.min(marks[i + 1]?.x ?? plot.right, plot.right);
      const room = Math.min(EVENT_WORDS_PX, next - x - EVENT_PX - 6);
      if (x < taken || x > plot.right || room < EVENT_WORDS_MIN_PX) return [];
      return [{ x: x + EVENT_PX, y, text: shortened(text, room, (part) => measure(part, 400)) }];
    })
    .slice(-EVENT_WORDS_MAX);
  const more = data.moreEvents ?? '';
  const moreX = (marks[0]?.x ?? plot.left) - EVENT_PX - measure(more, 400);
  return more === '' || moreX < taken ? told : [{ x: moreX, y, text: more }, ...told];
}
