/** A capacity report as PDF, A4 across: its tables one after the other, their headings on every page. */
import { reportTables, type CapacityReport, type ReportTable } from '../core/capacity-report.ts';
import { moment } from '../core/moments.ts';
import { BOTTOM, foot, MARGIN, openPdf, QUIET, rule, say, WIDTH, wrapped, type Doc } from './review-pdf.ts';

const LINE = 13;
const HEAD = 17;
/** Parts of the width: names and reasons are longer than dates and figures. */
const WIDE: Readonly<Record<string, number>> = { Device: 1.6, What: 1.8, 'Why no date': 3.2, 'Said, 8 in 10': 1.8 };

/** @returns the whole file */
export function capacityReportPdf(report: CapacityReport): Promise<Buffer> {
  const title = `Capacity, ${report.month}`;
  const { doc, whole } = openPdf(title, report.madeMs);
  doc.addPage();
  say(doc, title, MARGIN, MARGIN, WIDTH, { size: 16, font: 'bold' });
  let y = MARGIN + 22;
  for (const text of [`Made ${moment(report.madeMs, report.zone)}. Times in ${report.zone}.`, ...report.notes])
    for (const part of wrapped(doc, text, WIDTH)) {
      say(doc, part, MARGIN, y, WIDTH, { size: 9 });
      y += LINE;
    }
  for (const one of reportTables(report)) y = table(doc, one, y + 12);
  foot(doc, title);
  doc.end();
  return whole;
}

/** @returns where the next thing begins */
function table(doc: Doc, { title, heads, lines, none }: ReportTable, top: number): number {
  let y = top;
  if (y + 3 * HEAD + LINE > BOTTOM) {
    doc.addPage();
    y = MARGIN;
  }
  say(doc, title, MARGIN, y, WIDTH, { size: 11, font: 'bold' });
  y += HEAD;
  if (lines.length === 0) {
    say(doc, none, MARGIN, y, WIDTH, { size: 9, colour: QUIET });
    return y + LINE;
  }
  const parts = heads.map((head) => WIDE[head] ?? 1);
  const unit = WIDTH / parts.reduce((sum, part) => sum + part, 0);
  const row = (cells: readonly string[], atY: number, style: Parameters<typeof say>[5]) => {
    let x = MARGIN;
    cells.forEach((cell, i) => {
      const width = unit * (parts[i] ?? 1);
      say(doc, cell, x, atY, width - 6, style);
      x += width;
    });
  };
  const heading = () => {
    row(heads, y, { size: 8, colour: QUIET });
    rule(doc, y + 12);
    y += HEAD;
  };
  heading();
  for (const cells of lines) {
    if (y + LINE > BOTTOM) {
      doc.addPage();
      y = MARGIN;
      heading();
    }
    row(cells, y, { size: 8.5 });
    y += LINE;
  }
  return y;
}
