/** A trend review as PDF, A4 across: headings on every page, page numbers, the figures of each series side by side. */
import { join } from 'node:path';
import PDFDocument from 'pdfkit';
import { moment } from '../core/moments.ts';
import type { ReviewRowView, ReviewView } from '../core/review-view.ts';
import {
  capital,
  cellsOf,
  COLUMN_HEADS,
  columnsOf,
  metricLabel,
  seriesTitle,
  sortReview,
  type ReviewColumn,
} from '../core/review-words.ts';
import { cap, visible } from '../core/text.ts';
import { FONT_FOLDER } from './render/fonts.ts';

export type Doc = PDFKit.PDFDocument;
/** Points of a page: A4, 297 × 210 mm. */
export const PAGE = { width: 841.89, height: 595.28 };
export const MARGIN = 36;
export const WIDTH = PAGE.width - 2 * MARGIN;
const FOOT = 22;
export const BOTTOM = PAGE.height - MARGIN - FOOT;
const ROW = 15;
const REASON = 10;
const GAP = 8;
/** Of a text of any kind before it is measured: what is longer never fits. */
const TEXT_MAX = 400;
/** Width of a column's figure, and of what is said of it at its right. */
const COLUMNS: Readonly<Record<ReviewColumn, readonly [figure: number, below: number]>> = {
  mean: [56, 56],
  p95: [56, 56],
  peak: [56, 116],
  busy: [66, 44],
  total: [56, 56],
  known: [40, 0],
};
const INK = '#16201b';
export const QUIET = '#5c6961';
const RULE = '#c5ccc0';
const BAR = '#a9b8af';
const FONTS = { plain: 'Inter-Regular.otf', bold: 'Inter-SemiBold.otf', figures: 'InterTabular-Regular.otf' };
type Font = keyof typeof FONTS;
/** What the font of figures holds, at the begin of a text: the rest is a unit. */
const FIGURE = /^[\d.,\u2009\u2212+%:–≤≥ -]+/;

/** A document without pages yet, and the whole file once it has ended. */
export function openPdf(title: string, madeMs: number): { readonly doc: Doc; readonly whole: Promise<Buffer> } {
  const doc = new PDFDocument({
    size: [PAGE.width, PAGE.height],
    margin: MARGIN,
    autoFirstPage: false,
    bufferPages: true,
    lang: 'en',
    font: '',
    info: { Title: clean(title), Creator: 'Saguaro', CreationDate: new Date(madeMs) },
  });
  const chunks: Buffer[] = [];
  const whole = new Promise<Buffer>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
  for (const [name, file] of Object.entries(FONTS)) doc.registerFont(name, join(FONT_FOLDER, file));
  return { doc, whole };
}

/** @returns the whole file */
export function reviewPdf(review: ReviewView): Promise<Buffer> {
  const { doc, whole } = openPdf(review.title, review.madeMs);
  const columns = columnsOf(review);
  doc.addPage();
  let y = title(doc, review);
  y = heads(doc, columns, y);
  for (const row of sortReview(review.rows, 'name', false)) {
    if (y + heightOf(review, row) > BOTTOM) {
      doc.addPage();
      y = heads(doc, columns, MARGIN);
    }
    y = series(doc, review, row, columns, y);
  }
  if (review.rows.length === 0) say(doc, 'No series, so there are no figures.', MARGIN, y + 6, WIDTH, { size: 9, colour: QUIET });
  foot(doc, `${review.title}, ${review.spans[0]?.name ?? ''}`);
  doc.end();
  return whole;
}

/** One line, nothing in it that hides or reorders, never too long to measure. */
const clean = (text: string): string => cap(visible(text), TEXT_MAX);

interface Style {
  readonly size: number;
  readonly font?: Font;
  readonly colour?: string;
  readonly align?: 'left' | 'right';
}

/** Writes a line that fits its width, cut where it does not. */
export function say(doc: Doc, text: string, x: number, y: number, width: number, style: Style): void {
  const { size, font = 'plain', colour = INK, align = 'left' } = style;
  doc.font(font).fontSize(size).fillColor(colour);
  const shown = fit(doc, clean(text), width);
  const left = align === 'right' ? x + width - doc.widthOfString(shown) : x;
  doc.text(shown, left, y, { lineBreak: false });
}

/** The longest begin of a text that fits, by halving. */
function fit(doc: Doc, text: string, width: number): string {
  if (doc.widthOfString(text) <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (doc.widthOfString(cap(text, middle)) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : cap(text, low);
}

/** A figure at the right of its width: digits of one width, the unit in the font of texts. */
function figure(doc: Doc, text: string, x: number, y: number, width: number, bold: boolean): void {
  const [digits = ''] = FIGURE.exec(text) ?? [];
  const unit = text.slice(digits.length);
  const size = 8.5;
  const unitFont: Font = bold ? 'bold' : 'plain';
  doc.fontSize(size).fillColor(INK);
  const unitWidth = doc.font(unitFont).widthOfString(unit);
  const digitsWidth = doc.font('figures').widthOfString(digits);
  const left = x + width - unitWidth - digitsWidth;
  if (digits !== '') doc.font('figures').text(digits, left, y, { lineBreak: false });
  if (unit !== '') doc.font(unitFont).text(unit, left + digitsWidth, y, { lineBreak: false });
}

function title(doc: Doc, review: ReviewView): number {
  const [span, ...earlier] = review.spans;
  let y = MARGIN;
  say(doc, review.title, MARGIN, y, WIDTH, { size: 16, font: 'bold' });
  y += 22;
  const line = (text: string, colour = INK) => {
    for (const part of wrapped(doc, text, WIDTH)) {
      say(doc, part, MARGIN, y, WIDTH, { size: 9, colour });
      y += 13;
    }
  };
  line(`${span?.name ?? ''}: ${span?.words ?? ''}. Times in ${review.zone}.`);
  line(earlier.map(({ role, name, words }) => `${capital(role)}: ${name}, ${words}.`).join(' '), QUIET);
  const some = review.selected === '' ? '' : `, where ${review.selected}`;
  line(`${review.rows.length} series of ${review.metrics.join(', ')}${some}. Made ${moment(review.madeMs, review.zone)}.`, QUIET);
  for (const note of review.notes) line(note);
  return y + 6;
}

/** Lines of a text that is longer than one, at most six. */
export function wrapped(doc: Doc, text: string, width: number): string[] {
  doc.font('plain').fontSize(9);
  const lines: string[] = [];
  let held = '';
  for (const word of cap(visible(text), 4 * TEXT_MAX).split(' ')) {
    const longer = held === '' ? word : `${held} ${word}`;
    if (held !== '' && doc.widthOfString(longer) > width) {
      lines.push(held);
      held = word;
    } else held = longer;
  }
  return [...lines, held].slice(0, 6);
}

/** Left edges of the columns, which stand at the right. */
function edges(columns: readonly ReviewColumn[]): Map<ReviewColumn, number> {
  const found = new Map<ReviewColumn, number>();
  let x = MARGIN + WIDTH;
  for (const column of columns.toReversed()) {
    x -= COLUMNS[column][0] + COLUMNS[column][1];
    found.set(column, x);
  }
  return found;
}

function heads(doc: Doc, columns: readonly ReviewColumn[], y: number): number {
  const style = { size: 8, colour: QUIET } as const;
  say(doc, 'Series', MARGIN, y, 100, style);
  const lefts = edges(columns);
  for (const column of columns) {
    const [width, below] = COLUMNS[column];
    say(doc, COLUMN_HEADS[column], lefts.get(column) ?? 0, y, width, { ...style, align: 'right' });
    if (below > 50 && column !== 'peak') say(doc, 'since then', (lefts.get(column) ?? 0) + width + 5, y, below, style);
    if (column === 'peak') say(doc, 'since then, and when', (lefts.get(column) ?? 0) + width + 5, y, below, style);
  }
  rule(doc, y + 12);
  return y + 16;
}

function heightOf(review: ReviewView, row: ReviewRowView): number {
  const reasons = cellsOf(review, row).filter(({ known }) => known.below !== '').length;
  return ROW * (1 + review.spans.length) + REASON * reasons + GAP;
}

function series(doc: Doc, review: ReviewView, row: ReviewRowView, columns: readonly ReviewColumn[], top: number): number {
  const { name, about } = seriesTitle(row);
  let y = top;
  const heading = `${name}  ${metricLabel(row.metric)}`;
  say(doc, heading, MARGIN, y, WIDTH * 0.6, { size: 9, font: 'bold' });
  doc.font('bold').fontSize(9);
  const used = Math.min(WIDTH * 0.6, doc.widthOfString(fit(doc, clean(heading), WIDTH * 0.6))) + 10;
  say(doc, about, MARGIN + used, y + 0.8, WIDTH - used, { size: 8, colour: QUIET });
  y += ROW;
  const lefts = edges(columns);
  const labels = Math.min(...lefts.values()) - MARGIN - 6;
  const most = Math.max(...row.figures.map(({ p95 }) => p95 ?? 0));
  cellsOf(review, row).forEach((cells, i) => {
    const span = review.spans[i];
    say(doc, capital(span?.role ?? ''), MARGIN, y, labels, { size: 8.5, ...(i === 0 ? { font: 'bold' } : { colour: QUIET }) });
    for (const column of columns) {
      const [width, below] = COLUMNS[column];
      const x = lefts.get(column) ?? 0;
      figure(doc, cells[column].text, x, y, width, i === 0);
      if (below > 0) say(doc, cells[column].below, x + width + 5, y + 1.2, below - 7, { size: 7, colour: QUIET });
      const p95 = row.figures[i]?.p95 ?? 0;
      if (column === 'p95' && p95 > 0)
        doc.rect(x + width + 5, y + 10.2, Math.max(0.5, ((below - 12) * p95) / most), 1.6).fill(BAR);
    }
    y += ROW;
    if (cells.known.below !== '') {
      say(doc, cells.known.below, MARGIN + 10, y - 3, WIDTH - 10, { size: 7, colour: QUIET });
      y += REASON;
    }
  });
  rule(doc, y + 1);
  return y + GAP;
}

/** A thin line across the page. */
export function rule(doc: Doc, y: number): void {
  doc
    .moveTo(MARGIN, y)
    .lineTo(MARGIN + WIDTH, y)
    .lineWidth(0.5)
    .strokeColor(RULE)
    .stroke();
}

/** The label and the number of each page, when all are there. */
export function foot(doc: Doc, label: string): void {
  const { start, count } = doc.bufferedPageRange();
  for (let page = start; page < start + count; page++) {
    doc.switchToPage(page);
    // Below the margin a text would begin a page of its own.
    doc.page.margins.bottom = 0;
    const y = PAGE.height - MARGIN - 8;
    say(doc, label, MARGIN, y, WIDTH - 90, { size: 8, colour: QUIET });
    say(doc, `Page ${page - start + 1} of ${count}`, MARGIN + WIDTH - 80, y, 80, { size: 8, colour: QUIET, align: 'right' });
  }
}
