/** The figures of a review: a block for each series, a row in it for each period. */
import type { ReviewRowView, ReviewView } from '../../core/review-view.ts';
import {
  capital,
  cellsOf,
  COLUMN_HEADS,
  columnsOf,
  metricLabel,
  seriesTitle,
  type ReviewColumn,
  type ReviewSort,
} from '../../core/review-words.ts';
import { Head, type Sorting } from '../device/column.tsx';
import { href } from '../address.ts';

const HEAD_SORTS: Readonly<Record<ReviewColumn, ReviewSort | null>> = {
  mean: 'mean',
  p95: 'p95',
  peak: 'peak',
  busy: null,
  total: 'total',
  known: 'known',
};

export function ReviewTable({
  review,
  rows,
  sorting,
  shown,
}: {
  review: ReviewView;
  rows: readonly ReviewRowView[];
  sorting: Sorting<ReviewSort>;
  /** So many of the rows are on the screen; what is printed has all. */
  shown: number;
}) {
  const columns = columnsOf(review);
  return (
    <table class="stack t-review">
      <thead>
        <tr>
          <Head by="name" first="ascending" sorting={sorting}>
            Series
          </Head>
          {columns.map((column) => {
            const by = HEAD_SORTS[column];
            return by === null ? (
              <th scope="col" class="num" key={column}>
                {COLUMN_HEADS[column]}
              </th>
            ) : (
              <Head by={by} sorting={sorting} class="num" key={column}>
                {COLUMN_HEADS[column]}
              </Head>
            );
          })}
        </tr>
      </thead>
      {rows.map((row, i) => (
        <Series key={`${row.instance} ${row.metric}`} review={review} row={row} columns={columns} onScreen={i < shown} />
      ))}
    </table>
  );
}

interface SeriesProps {
  readonly review: ReviewView;
  readonly row: ReviewRowView;
  readonly columns: readonly ReviewColumn[];
  readonly onScreen: boolean;
}

function Series({ review, row, columns, onScreen }: SeriesProps) {
  const { name, about } = seriesTitle(row);
  const cells = cellsOf(review, row);
  const most = Math.max(...row.figures.map(({ p95 }) => p95 ?? 0));
  const [span] = review.spans;
  const range = span ? `${span.fromMs / 1000} to ${span.toMs / 1000}` : '';
  return (
    <tbody class={onScreen ? '' : 'only-print'}>
      <tr class="who">
        <th scope="rowgroup" colSpan={columns.length + 1}>
          {row.graph === null ? (
            <span class="n1">{name}</span>
          ) : (
            <a class="q n1" href={href({ page: 'graph', id: row.graph, range })}>
              {name}
            </a>
          )}{' '}
          <span class="sec">{metricLabel(row.metric)}</span> <span class="n2">{about}</span>
        </th>
      </tr>
      {review.spans.map((one, i) => (
        <tr key={one.key} class={i === 0 ? 'now' : ''}>
          <th scope="row">
            <span class="role">{capital(one.role)}</span>
            <span class="n2">{one.name}</span>
          </th>
          {columns.map((column) => {
            const cell = cells[i]?.[column];
            const p95 = row.figures[i]?.p95 ?? null;
            return (
              <td class="num" key={column} data-l={COLUMN_HEADS[column]}>
                {column === 'p95' && most > 0 && p95 !== null && (
                  <span class="bar" aria-hidden="true">
                    <i style={{ width: `${(100 * Math.max(0, p95)) / most}%` }} />
                  </span>
                )}
                <span class="f">{cell?.text}</span>
                {cell !== undefined && cell.below !== '' && <span class="n2">{cell.below}</span>}
              </td>
            );
          })}
        </tr>
      ))}
    </tbody>
  );
}
