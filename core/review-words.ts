/** A trend review in words and figures, the same on the page, in print, in PDF: what stands in each cell, in which order. */
import { METRIC_LABELS } from './review-metrics.ts';
import { momentParts, monthOf } from './moments.ts';
import { changeText, changeWord, type Change } from './review-figures.ts';
import type { ReviewRowView, ReviewView } from './review-view.ts';
import { formatScaled, scaleFor, type Scale } from './units.ts';

/** A figure, and below it what is to be said of it. */
export interface ReviewCell {
  readonly text: string;
  readonly below: string;
}
export const REVIEW_COLUMNS = ['mean', 'p95', 'peak', 'busy', 'total', 'known'] as const;
export type ReviewColumn = (typeof REVIEW_COLUMNS)[number];
export type ReviewCells = Readonly<Record<ReviewColumn, ReviewCell>>;

export const COLUMN_HEADS: Readonly<Record<ReviewColumn, string>> = {
  mean: 'Mean',
  p95: '95th',
  peak: 'Peak',
  busy: 'Busy hour',
  total: 'Total',
  known: 'Known',
};

/** Columns that say something of this review: what cannot be summed has no total, and what fills has no busy hour. */
export function columnsOf({ unit, totalUnit }: Pick<ReviewView, 'unit' | 'totalUnit'>): readonly ReviewColumn[] {
  return REVIEW_COLUMNS.filter((column) => (column !== 'total' || totalUnit !== null) && (column !== 'busy' || unit !== 'bytes'));
}

/** '+12 % since', '−3.4 % since', 'as before'; '' where nothing can be said. */
export function changeWords({ ratio }: Change): string {
  if (ratio === null) return '';
  const word = changeWord(ratio);
  return word === 'as before' ? word : `${changeText(ratio)} since`;
}

/** The cells of a series, one set for each period; all figures of a column under one scale, so that they compare. */
export function cellsOf(review: ReviewView, row: ReviewRowView): ReviewCells[] {
  const { unit, totalUnit, zone } = review;
  const scale = (values: readonly (number | null)[], of: typeof unit) =>
    scaleFor(Math.max(0, ...values.map((value) => Math.abs(value ?? 0))), of);
  const all = row.figures;
  const scales = {
    mean: scale(
      all.map(({ mean }) => mean),
      unit,
    ),
    p95: scale(
      all.map(({ p95 }) => p95),
      unit,
    ),
    peak: scale(
      all.map(({ peak }) => peak),
      unit,
    ),
    total: scale(
      all.map(({ total }) => total),
      totalUnit ?? '1',
    ),
  };
  return all.map((figures, i) => {
    // A change stands with the period since which it is.
    const changes = i === 0 ? undefined : row.changes[i - 1];
    const said = (change: Change | undefined) => (change ? changeWords(change) : '');
    const peakAt = figures.peakAtMs === null ? '' : dayAndTime(figures.peakAtMs, zone);
    const hour = figures.busyHour;
    return {
      mean: { text: shown(figures.mean, scales.mean), below: said(changes?.mean) },
      p95: { text: shown(figures.p95, scales.p95), below: said(changes?.p95) },
      peak: { text: shown(figures.peak, scales.peak), below: [peakAt, said(changes?.peak)].filter(Boolean).join(', ') },
      busy: {
        text: hour === null ? '–' : `${two(hour)}:00–${two((hour + 1) % 24)}:00`,
        below: hour === null ? '' : shown(figures.busyHourMean, scales.mean),
      },
      total: { text: shown(figures.total, scales.total), below: said(changes?.total) || unsaid(changes?.total, changes?.mean) },
      known: {
        text: knownWords(figures.known),
        // Of which nothing is known says it already.
        below: changes?.mean.ratio === null && figures.known > 0 ? `no change stated: ${changes.mean.reason}` : '',
      },
    };
  });
}

/** A total may lack its change for a reason of its own. */
function unsaid(total: Change | undefined, mean: Change | undefined): string {
  return total && total.ratio === null && mean?.ratio !== null ? 'not comparable' : '';
}

/** 'The week before', at the begin of a line. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** 'this week, the week before and the week a year before' */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;

const two = (n: number): string => String(n).padStart(2, '0');

function shown(value: number | null, scale: Scale): string {
  const text = formatScaled(value, scale);
  return value === null || scale.unit === '' ? text : `${text} ${scale.unit}`;
}

/** '98 %', '100 %' only for all of it, 'nothing'. */
export function knownWords(known: number): string {
  if (known === 0) return 'nothing';
  if (known < 0.01) return '< 1 %';
  return known > 0.9999 ? '100 %' : `${Math.min(99.9, Math.floor(known * 1000) / 10)} %`;
}

/** 'Thu 12 Nov 10:30' */
function dayAndTime(ms: number, zone: string): string {
  const p = momentParts(ms, zone);
  return `${p['weekday']} ${p['day']} ${monthOf(p)} ${p['hour']}:${p['minute']}`;
}

/** 'in', 'out' of traffic; the name of the metric elsewhere. */
export const metricLabel = (metric: string): string => METRIC_LABELS[metric] ?? metric;

/** 'xe0' and what is said of it, device first: for a heading of a series. */
export function seriesTitle(row: ReviewRowView): { readonly name: string; readonly about: string } {
  const own = row.name === row.metric.slice(0, row.metric.indexOf('.')) ? '' : ` ${row.name}`;
  return { name: `${row.deviceName}${own}`, about: [row.alias, row.site].filter(Boolean).join(', ') };
}

export const REVIEW_SORTS = ['name', 'mean', 'p95', 'peak', 'total', 'known', 'meanChange', 'p95Change'] as const;
export type ReviewSort = (typeof REVIEW_SORTS)[number];
export const SORT_WORDS: Readonly<Record<ReviewSort, string>> = {
  name: 'name',
  mean: 'mean',
  p95: '95th',
  peak: 'peak',
  total: 'total',
  known: 'known',
  meanChange: 'change of the mean',
  p95Change: 'change of the 95th',
};

const collator = new Intl.Collator('en', { numeric: true });

/** Rows in another order; what is unknown comes last either way. */
export function sortReview(rows: readonly ReviewRowView[], sort: ReviewSort, descending: boolean): ReviewRowView[] {
  const sign = descending ? -1 : 1;
  const figure = (row: ReviewRowView): number => {
    const [now] = row.figures;
    const [change] = row.changes;
    switch (sort) {
      case 'name':
        return 0;
      case 'meanChange':
        return change?.mean.ratio ?? NaN;
      case 'p95Change':
        return change?.p95.ratio ?? NaN;
      default:
        return now?.[sort] ?? NaN;
    }
  };
  const byName = (a: ReviewRowView, b: ReviewRowView) =>
    collator.compare(a.deviceName, b.deviceName) || collator.compare(a.name, b.name) || collator.compare(a.metric, b.metric);
  if (sort === 'name') return [...rows].sort((a, b) => sign * byName(a, b));
  return rows
    .map((row) => ({ row, value: figure(row) }))
    .sort((a, b) => {
      const [x, y] = [Number.isNaN(a.value), Number.isNaN(b.value)];
      return x || y ? Number(x) - Number(y) || byName(a.row, b.row) : sign * (a.value - b.value) || byName(a.row, b.row);
    })
    .map(({ row }) => row);
}
