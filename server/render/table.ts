/** The legend of a picture: a row a line, its figures in columns under one unit; where that has no room, a key of names. */
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { legendFigure, legendScale } from '../../core/graph-figures.ts';
import { shortened } from '../../core/graph-layout.ts';
import { formatWith, type Scale } from '../../core/units.ts';
import type { Fonts } from './fonts.ts';
import { pathOf, px, rectAt, textAt } from './markup.ts';
import type { Page } from './page.ts';

interface Column {
  readonly head: string;
  /** The lower, the longer it stays when room is short. */
  readonly rank: number;
  readonly strong?: true;
  readonly cell: (line: GraphLine, scale: Scale | null) => string;
}

function columnsOf(data: GraphData): Column[] {
  const { unit } = data;
  const figure = (value: number | null, scale: Scale | null, bound = '') =>
    value === null ? '–' : `${bound}${legendFigure(value, scale, unit)}`;
  const over = data.newestMs !== null && data.newestMs > data.toMs;
  const total = totalOf(unit);
  return [
    { head: over ? 'Last' : 'Current', rank: 0, strong: true, cell: ({ stats }, scale) => figure(stats.current, scale) },
    { head: 'Average', rank: 3, cell: ({ stats }, scale) => figure(stats.average, scale) },
    {
      head: 'Minimum',
      rank: 6,
      cell: ({ stats, bound }, scale) => figure(stats.minimum, scale, bound.minimum ? '≥ ' : ''),
    },
    {
      head: 'Maximum',
      rank: 2,
      cell: ({ stats, bound }, scale) => figure(stats.maximum, scale, bound.maximum ? '≤ ' : ''),
    },
    { head: '95th', rank: 1, strong: true, cell: ({ stats }, scale) => figure(stats.p95, scale) },
    ...(total ? [{ head: 'Total', rank: 5, cell: ({ stats }: GraphLine) => total(stats.total) }] : []),
    { head: 'Known', rank: 4, cell: ({ stats }) => knownShare(stats.known) },
  ];
}

/** Rates have a total: what passed through, as storage counts it, or how many there were. */
function totalOf(unit: GraphData['unit']): ((total: number | null) => string) | null {
  if (unit === 'bps') return (bits) => formatWith(bits === null ? null : bits / 8, 'bytes');
  if (unit === 'per_s') return (count) => formatWith(count, '1');
  return null;
}

/** Never "100 %" while something is missing, nor "0 %" while something is known. */
function knownShare(known: number): string {
  if (known <= 0) return '0 %';
  if (known >= 1) return '100 %';
  return `${Math.min(99.9, Math.max(0.1, known * 100)).toFixed(1)} %`;
}

const LABEL_MIN_PX = 84;

export function tableOf(data: GraphData, width: number, page: Page, fonts: Fonts): string {
  const { legend, margin, large } = page;
  if (!legend) return '';
  if (data.lines.length > legend.rows) return keysOf(data, width, page, fonts);
  const columnPx = large ? 82 : 62;
  const room = Math.max(1, Math.floor((width - 2 * margin - LABEL_MIN_PX) / columnPx));
  const columns = columnsOf(data)
    .filter(({ head }) => large || head !== 'Total')
    .map((column, order) => ({ column, order }))
    .sort((a, b) => a.column.rank - b.column.rank)
    .slice(0, room)
    .sort((a, b) => a.order - b.order)
    .map(({ column }) => column);
  const right = (i: number) => width - margin - (columns.length - 1 - i) * columnPx;
  const labelPx = width - 2 * margin - columns.length * columnPx - 18;
  const scale = legendScale(data);
  const { headY, rowPx } = legend;
  const ruleY = Math.round(headY + 8) + 0.5;
  const parts = [
    textAt(margin, headY, scale?.unit ?? ''),
    ...columns.map(({ head }, i) => textAt(right(i), headY, head, { anchor: 'end' })),
  ];
  parts.push(pathOf(`M${margin} ${px(ruleY)}H${width - margin}`, 'r rule'));
  data.lines.forEach((line, n) => {
    const y = headY + 9 + rowPx * (n + 0.5);
    parts.push(keyOf(line, margin, y));
    const label = shortened(line.label, labelPx, (text) => fonts.measure(text, 12, 400));
    parts.push(textAt(margin + 16, y, label, { look: 's i1' }));
    columns.forEach(({ cell, strong }, i) =>
      parts.push(textAt(right(i), y, cell(line, scale), { anchor: 'end', look: strong ? 'n w i1' : 'n i1' })),
    );
  });
  return parts.join('');
}

/** A name gives way to its neighbours. */
const KEY_LABEL_PX = 150;
const KEY_GAP_PX = 18;

/** More lines than there is room for in a table: names with their current values, one after the other, as many as fit. */
function keysOf(data: GraphData, width: number, { legend, margin }: Page, fonts: Fonts): string {
  if (!legend) return '';
  const { headY, rowPx, rows } = legend;
  const measure = (text: string) => fonts.measure(text, 12, 400);
  const parts: string[] = [];
  let [x, row] = [margin, 0];
  for (const [n, line] of data.lines.entries()) {
    const label = shortened(line.label, KEY_LABEL_PX, measure);
    const value = formatWith(line.stats.current, data.unit);
    const [labelPx, valuePx] = [measure(label), fonts.measure(value, 12, 600)];
    const itemPx = 16 + labelPx + 6 + valuePx;
    const left = data.lines.length - n;
    // On the last row the words for those that are left out must have room, too.
    const wordsPx = left > 1 && row === rows ? KEY_GAP_PX + measure(`and ${left} more`) : 0;
    if (x > margin && x + itemPx + wordsPx > width - margin) {
      if (row === rows) {
        parts.push(textAt(x, headY + rowPx * row, `and ${left} more`, { look: 's' }));
        break;
      }
      row++;
      x = margin;
    }
    const y = headY + rowPx * row;
    parts.push(keyOf(line, x, y), textAt(x + 16, y, label, { look: 's i1' }));
    parts.push(textAt(x + 16 + labelPx + 6, y, value, { look: 's w i1' }));
    x += itemPx + KEY_GAP_PX;
  }
  return parts.join('');
}

/** A square for what is filled, a bar for a line, dashes for what was before. */
function keyOf({ fill, role, before }: GraphLine, x: number, y: number): string {
  if (role === 'past' && before) return [0, 7].map((at) => rectAt(x + at, y - 1, 4, 2, `k-${role}`)).join('');
  return fill ? rectAt(x, y - 4.5, 9, 9, `k-${role}`) : rectAt(x, y - 1.5, 11, 3, `k-${role}`);
}
