/** A trend review as a page of its own, without scripts, that prints well. */
import { createHash } from 'node:crypto';
import { moment } from '../core/moments.ts';
import type { ReviewView } from '../core/review-view.ts';
import { capital, cellsOf, COLUMN_HEADS, columnsOf, metricLabel, seriesTitle, sortReview } from '../core/review-words.ts';
import { visible } from '../core/text.ts';

/** Of every report that is a page. */
export const REPORT_STYLE =
  ':root{color-scheme:light dark}body{max-width:1200px;margin:24px auto;padding:0 16px;font:13px/18px Inter,system-ui,sans-serif}' +
  'h1{font-size:20px;margin:0 0 6px}p{margin:0 0 6px}table{border-collapse:collapse;width:100%;margin-top:12px}' +
  'th,td{padding:3px 10px 3px 0;text-align:left;vertical-align:top;font-weight:400}' +
  'td,thead th+th{text-align:right;font-variant-numeric:tabular-nums}td small,th small{display:block}small{opacity:.8;font-size:12px}' +
  'thead{display:table-header-group}thead th{border-bottom:1px solid #8886}tbody{break-inside:avoid}' +
  '.who th{padding-top:12px;border-bottom:1px solid #8884}.who small{display:inline}.now th,.now td{font-weight:600}' +
  '.now small{font-weight:400}thead .l,td.l{text-align:left}.capacity td,.capacity th{white-space:nowrap}.capacity td.l{white-space:normal;min-width:220px}.scroll{overflow-x:auto}@media print{body{margin:0;max-width:none}:root{color-scheme:light}}';

/** The policy of such a page: its own style, and nothing else. */
export const REPORT_CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(REPORT_STYLE).digest('base64')}'; frame-ancestors 'none'; sandbox`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** As the text of a page or of an attribute. */
export const htmlText = (raw: string): string => visible(raw).replace(/[&<>"']/g, (c) => ESCAPES[c] ?? '');
const text = htmlText;
const small = (raw: string): string => (raw === '' ? '' : `<small>${text(raw)}</small>`);

export function reviewHtml(review: ReviewView): string {
  const [span, ...earlier] = review.spans;
  const columns = columnsOf(review);
  const heading = columns.map((column) => `<th scope="col">${COLUMN_HEADS[column]}</th>`).join('');
  const rows = sortReview(review.rows, 'name', false).map((row) => {
    const { name, about } = seriesTitle(row);
    const cells = cellsOf(review, row);
    const who = `<b>${text(name)}</b> ${text(metricLabel(row.metric))} ${small(about)}`;
    const periods = review.spans.map((one, i) => {
      const figures = columns.map((column) => {
        const cell = cells[i]?.[column];
        return `<td>${text(cell?.text ?? '')}${small(cell?.below ?? '')}</td>`;
      });
      return `<tr${i === 0 ? ' class="now"' : ''}><th scope="row">${text(capital(one.role))}${small(one.name)}</th>${figures.join('')}</tr>`;
    });
    return `<tbody><tr class="who"><th scope="rowgroup" colspan="${columns.length + 1}">${who}</th></tr>${periods.join('')}</tbody>`;
  });
  const some = review.selected === '' ? '' : `, where ${review.selected}`;
  const lines = [
    `${span?.name ?? ''}: ${span?.words ?? ''}. Times in ${review.zone}.`,
    earlier.map(({ role, name, words }) => `${capital(role)}: ${name}, ${words}.`).join(' '),
    `${review.rows.length} series of ${review.metrics.join(', ')}${some}. Made ${moment(review.madeMs, review.zone)}.`,
    ...review.notes,
  ];
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${text(review.title)}, ${text(span?.name ?? '')}</title><style>${REPORT_STYLE}</style></head><body><main>`,
    `<h1>${text(review.title)}</h1>${lines.map((line) => `<p>${text(line)}</p>`).join('')}`,
    `<div class="scroll" tabindex="0" role="region" aria-label="Figures"><table><thead><tr><th scope="col">Series</th>${heading}</tr></thead>${rows.join('\n')}</table></div>`,
    '</main></body></html>\n',
  ].join('');
}
