/** The future of a graph as SVG text: the shapes that core decided, and a key with figures under the plot. */
import type { Ink, Shape } from '../../core/future-shapes.ts';
import { futureRows } from '../../core/graph-future.ts';
import { isChrome, type Palette } from '../../core/graph-colours.ts';
import type { GraphData } from '../../core/graph.ts';
import { formatWith } from '../../core/units.ts';
import type { Fonts } from './fonts.ts';
import { pathOf, Points, px, rectAt, textAt } from './markup.ts';
import { FUTURE_ROWS, type Page } from './page.ts';

const INKS = ['f50', 'f80', 'f95', 'f-edge', 'limit', 'ink', 'ink-3', 'axis', 'bg'] as const;

/** Classes of the colours it needs: fills, strokes. */
export function futureColours({ chrome }: Palette): string {
  return INKS.map((ink) => `.a-${ink}{fill:${chrome[ink]}}.q-${ink}{stroke:${chrome[ink]};fill:none}`).join('');
}

const stroke = (ink: Ink): string => (isChrome(ink) ? `q-${ink}` : `l l-${ink}`);
const WORDS: Partial<Record<Ink, string>> = { ink: 'i1', 'ink-2': 'i2' };
const WEIGHTS = { 400: '', 500: ' m', 600: ' w' } as const;

export const shapesOf = (shapes: readonly Shape[]): string => shapes.map(shapeOf).join('');

function shapeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'area': {
      const d = `M${listOf(shape.points)}Z`;
      const area = pathOf(d, isChrome(shape.fill) ? `a-${shape.fill}` : `k-${shape.fill}`);
      return shape.edge === undefined ? area : area + pathOf(d, stroke(shape.edge), ` stroke-width="${shape.width ?? 1}"`);
    }
    case 'line': {
      const dash = shape.dash.length === 0 ? '' : ` stroke-dasharray="${shape.dash.join(' ')}"`;
      return pathOf(`M${listOf(shape.points)}`, stroke(shape.ink), ` stroke-width="${shape.width}"${dash}`);
    }
    case 'ring':
      return (
        `<circle cx="${px(shape.x)}" cy="${px(shape.y)}" r="${shape.r}" class="a-bg"/>` +
        `<circle cx="${px(shape.x)}" cy="${px(shape.y)}" r="${shape.r}" class="${stroke(shape.ink)}" stroke-width="2"/>`
      );
    case 'text':
      return textAt(shape.x, shape.y, shape.text, {
        anchor: shape.anchor,
        look: `${WORDS[shape.ink] ?? ''}${WEIGHTS[shape.weight]} h`.trim(),
      });
  }
}

function listOf(points: readonly (readonly [number, number])[]): string {
  const list = new Points();
  for (const [x, y] of points) list.add(x, y);
  return list.end();
}

/** What the marks mean, and the figures of some days ahead, as many as fit. */
export function futureTable(data: GraphData, width: number, { legend, margin, large }: Page, fonts: Fonts): string {
  const { future } = data;
  if (!legend || !future || legend.rows < FUTURE_ROWS) return '';
  const { headY, rowPx } = legend;
  const columnPx = large ? 118 : 92;
  const labelPx = large ? 150 : 96;
  const rows = futureRows(data).slice(0, Math.max(1, Math.floor((width - 2 * margin - labelPx) / columnPx)));
  const right = (i: number) => width - margin - (rows.length - 1 - i) * columnPx;
  const ruleY = Math.round(headY + 8) + 0.5;
  const parts = [
    rectAt(margin, headY - 1.5, 11, 3, 'k-s1'),
    textAt(margin + 16, headY, data.lines[0]?.label ?? '', { look: 's i1' }),
  ];
  if (rows.length === 0) return parts.join('');
  rows.forEach(({ when }, i) => parts.push(textAt(right(i), headY, when, { anchor: 'end' })));
  parts.push(pathOf(`M${margin} ${px(ruleY)}H${width - margin}`, 'r rule'));
  const y = (n: number) => headY + 9 + rowPx * (n + 0.5);
  parts.push(pathOf(`M${margin} ${px(y(0))}h11`, 'q-ink', ' stroke-width="1.5" stroke-dasharray="5 1"'));
  parts.push(rectAt(margin, y(1) - 4.5, 11, 9, 'a-f80'), pathOf(`M${margin} ${px(y(1) - 4.5)}h11m0 9h-11`, 'q-f-edge'));
  parts.push(textAt(margin + 16, y(0), 'most likely', { look: 's i1' }), textAt(margin + 16, y(1), '8 in 10', { look: 's i1' }));
  rows.forEach(({ middle, low, high }, i) => {
    parts.push(textAt(right(i), y(0), formatWith(middle, data.unit), { anchor: 'end', look: 'n w i1' }));
    const range = rangeText(low, high, data.unit);
    if (fonts.measure(range, 12, 400) < columnPx - 6) parts.push(textAt(right(i), y(1), range, { anchor: 'end', look: 'n i1' }));
  });
  return parts.join('');
}

/** "38.1 to 41.2 TiB", with the unit once where both have it. */
function rangeText(low: number, high: number, unit: GraphData['unit']): string {
  const [a, b] = [formatWith(low, unit), formatWith(high, unit)];
  const word = b.slice(b.indexOf(' '));
  return b.includes(' ') && a.endsWith(word) ? `${a.slice(0, -word.length)} to ${b}` : `${a} to ${b}`;
}
