/** A capacity report as a page of its own, without scripts, that prints well. */
import { REASON_HEAD, reportTables, type CapacityReport } from '../core/capacity-report.ts';
import { moment } from '../core/moments.ts';
import { htmlText as text, REPORT_STYLE } from './review-html.ts';

export function capacityReportHtml(report: CapacityReport): string {
  const title = `Capacity, ${report.month}`;
  const lines = [`Made ${moment(report.madeMs, report.zone)}. Times in ${report.zone}.`, ...report.notes];
  const tables = reportTables(report).map(({ title: name, heads, lines: rows, none }) => {
    if (rows.length === 0) return `<h2>${text(name)}</h2><p>${text(none)}</p>`;
    // Names, and the reason at the end, are words; all else is figures and dates, which stand at the right.
    const words = (i: number) => (i < 2 || heads[i] === REASON_HEAD ? ' class="l"' : '');
    const head = heads.map((one, i) => `<th scope="col"${words(i)}>${text(one)}</th>`).join('');
    const cell = (one: string, i: number) => (i < 2 ? `<th scope="row">${text(one)}</th>` : `<td${words(i)}>${text(one)}</td>`);
    const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
    return (
      `<h2>${text(name)}</h2><div class="scroll" tabindex="0" role="region" aria-label="${text(name)}">` +
      `<table class="capacity"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
    );
  });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${text(title)}</title><style>${REPORT_STYLE}</style></head><body><main>`,
    `<h1>${text(title)}</h1>${lines.map((line) => `<p>${text(line)}</p>`).join('')}${tables.join('')}`,
    '</main></body></html>\n',
  ].join('');
}
