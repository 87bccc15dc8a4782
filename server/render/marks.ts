/** What stands in the plot of a picture, in the order in which the browser paints it. */
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { bandsWanted, hasBand, levels, runs, slotMiddle, type Run } from '../../core/graph-geometry.ts';
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
  type Plot,
} from '../../core/graph-layout.ts';
import type { Fonts } from './fonts.ts';
import { pathOf, Points, px, textAt } from './markup.ts';
import type { Page } from './page.ts';

type Values = readonly (number | null)[];

/** Fills, bands of extremes and gaps: all that lies under the lines. */
export function fieldsUnder(data: GraphData, plot: Plot): string {
  const parts: string[] = [];
  const { top, bottom } = plot;
  const partial = spansOf(data.partial, plot);
  parts.push(pathOf(fieldsOf(partial, top, bottom), 'gap', ' opacity=".6"'));
  const heights = levels(data);
  for (const line of data.lines) parts.push(habitOf(data, plot, line));
  const banded = !data.stack && bandsWanted(data);
  data.lines.forEach((line, i) => {
    const sign = line.below ? -1 : 1;
    const { base, top: upper } = heights[i] ?? { base: null, top: line.mean };
    // In a stack bands would lie over their neighbours.
    const band = banded && hasBand(line);
    let [fill, envelope] = ['', ''];
    for (const run of runs(upper)) {
      if (line.fill) fill += areaOf(data, plot, run, upper, base, sign);
      if (band) envelope += areaOf(data, plot, run, line.max, line.min, sign);
    }
    // The line lies over its fill's edge; a band is smoothed, so that no narrow peak is left out.
    parts.push(pathOf(fill, `f-${line.role}`, CRISP), pathOf(envelope, `e-${line.role}`));
  });
  const hatched = fieldsOf(partial, bottom - PARTIAL_PX, bottom) + fieldsOf(spansOf(data.gaps, plot), top, bottom);
  if (hatched !== '') parts.push(HATCH, `<path d="${hatched}" fill="url(#hatch)"/>`);
  if (data.y.min < 0) parts.push(pathOf(`M${px(plot.left)} ${px(crisp(plot.y(0)))}H${px(plot.right)}`, 'r axis'));
  return parts.join('');
}

/** What is usual, as a flat band behind the lines, its edges drawn so that it is seen on any ground. */
function habitOf(data: GraphData, plot: Plot, { habit, below }: GraphLine): string {
  if (!habit) return '';
  const sign = below ? -1 : 1;
  const [field, edges] = runs(habit.high).reduce<readonly [string, string]>(
    ([all, lines], run) => {
      const edge = (values: Values) => {
        const points = new Points();
        along(data, plot, run, values, sign, false, points);
        return `M${points.end()}`;
      };
      return [all + areaOf(data, plot, run, habit.high, habit.low, sign), lines + edge(habit.high) + edge(habit.low)];
    },
    ['', ''],
  );
  return pathOf(field, 'f-s1') + pathOf(edges, 'l habit');
}

const CRISP = ' shape-rendering="crispEdges"';
/** Height of the strip that marks time known in part. */
const PARTIAL_PX = 6;
const HATCH =
  '<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" class="gap"/>' +
  '<path d="M-1 1 1-1M0 8 8 0M7 9 9 7" class="hatch"/></pattern></defs>';

type Span = readonly [from: number, to: number];

/** Stretches of time in pixels, at least two wide; those that touch are one. */
function spansOf(stretches: readonly { readonly fromMs: number; readonly toMs: number }[], plot: Plot): Span[] {
  const spans: [number, number][] = [];
  for (const { fromMs, toMs } of stretches) {
    const from = Math.max(plot.left, plot.x(fromMs));
    const to = Math.min(plot.right, Math.max(from + 2, plot.x(toMs)));
    if (!(to > from)) continue;
    const last = spans.at(-1);
    if (last && from <= last[1] && from >= last[0]) last[1] = Math.max(last[1], to);
    else spans.push([from, to]);
  }
  return spans;
}

const fieldsOf = (spans: readonly Span[], top: number, bottom: number): string =>
  spans.map(([from, to]) => `M${px(from)} ${px(top)}H${px(to)}V${px(bottom)}H${px(from)}Z`).join('');

/** The field of a run between two heights; without a lower one down to zero. */
function areaOf(data: GraphData, plot: Plot, run: Run, upper: Values, lower: Values | null, sign: 1 | -1): string {
  const points = new Points();
  along(data, plot, run, upper, sign, false, points);
  if (lower) along(data, plot, run, lower, sign, true, points);
  else {
    const [from, to] = endsOf(data, run);
    points.add(plot.x(to), plot.y(0));
    points.add(plot.x(from), plot.y(0));
  }
  return `M${points.end()}Z`;
}

/** First and last moment of a run: the outer edges of its slots. */
function endsOf(data: GraphData, run: Run): readonly [fromMs: number, toMs: number] {
  return [
    Math.max(data.fromMs, data.tMs[run.from] ?? data.fromMs),
    Math.min(data.toMs, (data.tMs[run.to] ?? data.toMs) + data.stepMs),
  ];
}

/** The points of `runPoints`, straight to pixels: kept within the plot, there or back. */
function along(data: GraphData, plot: Plot, run: Run, values: Values, sign: 1 | -1, back: boolean, points: Points): void {
  const { top, bottom } = plot;
  const y = (i: number) => Math.min(bottom, Math.max(top, plot.y((values[i] ?? 0) * sign)));
  const [fromMs, toMs] = endsOf(data, run);
  if (back) {
    points.add(plot.x(toMs), y(run.to));
    for (let i = run.to; i >= run.from; i--) points.add(plot.x(slotMiddle(data, i)), y(i));
    points.add(plot.x(fromMs), y(run.from));
    return;
  }
  points.add(plot.x(fromMs), y(run.from));
  for (let i = run.from; i <= run.to; i++) points.add(plot.x(slotMiddle(data, i)), y(i));
  points.add(plot.x(toMs), y(run.to));
}

/** The lines themselves, the first on top. */
export function linesOf(data: GraphData, plot: Plot, large: boolean): string {
  const heights = levels(data);
  return data.lines
    .map((line, i) => {
      const top = heights[i]?.top ?? line.mean;
      let d = '';
      for (const run of runs(top)) {
        const points = new Points();
        along(data, plot, run, top, line.below ? -1 : 1, false, points);
        d += `M${points.end()}`;
      }
      const width = data.future ? 1.75 : line.fill && !large ? 1.25 : 1.5;
      // What was before is told by more than its colour.
      const dashed = line.role === 'past' && line.before ? ' stroke-dasharray="5 3"' : '';
      return pathOf(d, `l l-${line.role}`, ` stroke-width="${width}"${dashed}`);
    })
    .reverse()
    .join('');
}

/** Limits, 95th lines, names at line ends, words at gaps. */
export function overlays(data: GraphData, plot: Plot, { large }: Page, fonts: Fonts): string {
  const { left, right, top } = plot;
  const parts: string[] = [];
  const across = (y: number, look: string, more = '') => pathOf(`M${px(left)} ${px(crisp(y))}H${px(right)}`, `r ${look}`, more);
  for (const { label, value } of data.limits) {
    if (value > data.y.max || value < data.y.min) continue;
    const y = plot.y(value);
    parts.push(across(y, 'limit', ` stroke-width="${large ? 1.5 : 1}"`));
    const shown = shortened(label, (right - left) / 2, (text) => fonts.measure(text, 11, 400));
    parts.push(textAt(left + 6, y + 10, shown, { look: 'i1 h' }));
  }
  const percentiles = data.drawn?.p95 === false ? [] : percentilesOf(data);
  const struck = percentiles.map(({ value }) => plot.y(value));
  for (const y of struck) parts.push(across(y, 'p95'));
  const narrow = smallPlot(plot);
  const named = data.lines.length > 2 && !narrow;
  const tops = named ? levels(data).map((level) => level.top.findLast((v) => v !== null) ?? null) : [];
  for (const { rows, y, wanted } of endLabels(data, plot, percentiles, tops)) {
    if (narrow) {
      const below = wanted > plot.y(0) + 1 || wanted < top + 12;
      parts.push(textAt(right - 2, wanted + (below ? 9 : -8), rows.join(' '), { anchor: 'end', look: 'i1 h' }));
      continue;
    }
    rows.forEach((text, n) => {
      const weight = n > 0 ? 600 : 400;
      const shown = shortened(text, 84, (part) => fonts.measure(part, 11, weight));
      parts.push(textAt(right + 6, y + (n - (rows.length - 1) / 2) * 14, shown, { look: n > 0 ? 'w i1' : 'i2' }));
    });
  }
  const marked = data.drawn?.events !== false;
  const events = (marked ? eventMarks(data, plot) : []).map(
    (x) => `M${px(x - EVENT_PX / 2)} ${px(top)}h${EVENT_PX}l${-EVENT_PX / 2} ${EVENT_PX - 1}Z`,
  );
  if (events.length > 0) parts.push(`<path d="${events.join('')}" class="event"/>`);
  const told = large && marked ? eventWords(data, plot, (text, weight) => fonts.measure(text, 11, weight)) : [];
  for (const { x, y, text } of told) parts.push(textAt(x, y, text, { look: 'i2 h' }));
  for (const { x, align, rows } of gapWordsOf(data, plot, struck, (text, weight) => fonts.measure(text, 11, weight))) {
    const anchor = align === 'left' ? 'start' : 'end';
    rows.forEach(({ text, y }, n) => parts.push(textAt(x, y, text, { anchor, look: n === 0 ? 'm i1 h' : 'i2 h' })));
  }
  return parts.join('');
}
