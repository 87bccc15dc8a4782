/** A trend review as CSV: one line for each series and period, figures in the base unit, unknown ones empty. */
import type { ReviewView } from '../core/review-view.ts';
import { csvCell } from '../core/text.ts';

const HEAD = [
  ...['device', 'site', 'instance', 'alias', 'metric', 'unit', 'period', 'role', 'from', 'to', 'known'],
  ...['mean', 'p95', 'p95_from_s', 'peak', 'peak_at', 'busy_hour', 'busy_hour_mean', 'total', 'total_unit'],
  ...['mean_change', 'p95_change', 'peak_change', 'total_change', 'change_reason'],
];
const CHUNK_ROWS = 200;

/** @returns lines, many at a time; a change stands in the line of the period since which it is, as a ratio */
export function* reviewCsv(review: ReviewView): Generator<string> {
  yield `${HEAD.join(',')}\n`;
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  for (let start = 0; start < review.rows.length; start += CHUNK_ROWS) {
    let chunk = '';
    for (const row of review.rows.slice(start, start + CHUNK_ROWS)) {
      review.spans.forEach((span, i) => {
        const figures = row.figures[i];
        if (!figures) return;
        const changes = i === 0 ? undefined : row.changes[i - 1];
        chunk += `${[
          ...[row.deviceName, row.site, row.name, row.alias, row.metric, review.unit],
          ...[span.name, span.role, iso(span.fromMs), iso(span.toMs), figures.known],
          ...[figures.mean, figures.p95, figures.p95 === null ? null : figures.p95StepMs / 1000],
          ...[figures.peak, iso(figures.peakAtMs), figures.busyHour, figures.busyHourMean],
          ...[figures.total, figures.total === null ? null : review.totalUnit],
          ...[changes?.mean.ratio, changes?.p95.ratio, changes?.peak.ratio, changes?.total.ratio],
          changes?.mean.reason,
        ]
          .map((cell) => csvCell(cell ?? null))
          .join(',')}\n`;
      });
    }
    yield chunk;
  }
}
