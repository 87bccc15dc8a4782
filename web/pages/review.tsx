/** A week, month, quarter or year beside the one before and the one a year before. */
import { useEffect, useState } from 'preact/hooks';
import { REVIEW_SETS } from '../../core/review-metrics.ts';
import { REVIEW_PERIODS } from '../../core/review.ts';
import type { ReviewView } from '../../core/review-view.ts';
import { capital, REVIEW_SORTS, SORT_WORDS, sortReview } from '../../core/review-words.ts';
import type { Shared } from '../app.tsx';
import { api } from '../api.ts';
import { sortingOf } from '../device/column.tsx';
import { go, useLive, useNow } from '../live.ts';
import { Trouble, useTitle } from '../parts.tsx';
import { askedReview, dayOf, placesOf, reviewQuery, type AskedReview } from '../review/asked.ts';
import { KeptReviews } from '../review/kept.tsx';
import { ReviewTable } from '../review/table.tsx';
import { withMore } from '../route.ts';
import { count, whole } from '../words.ts';
import '../styles/review.css';

const EVERY_MS = 300_000;
/** Series on the screen at first; who reviews more than these selects, sorts, or asks for the rest. */
const SHOWN = 20;
const PERIOD_WORDS = { week: 'Week', month: 'Month', quarter: 'Quarter', year: 'Year' } as const;

export function ReviewPage({ route, devices, zone }: Shared) {
  useTitle('Trend review');
  const now = useNow(60_000);
  const asked = askedReview(route);
  const query = reviewQuery(asked);
  const { value, error, pending } = useLive(
    JSON.stringify(query),
    (signal) => api.review(query, signal),
    () => EVERY_MS,
  );
  const sorting = sortingOf(route.more['sort'] ?? '', REVIEW_SORTS, { sort: 'p95', order: 'descending' });
  const onSort = (sort: string, order: string) =>
    go(withMore(route, { sort: sort === 'p95' && order === 'descending' ? '' : `${sort}:${order}` }), true);
  const review = error ? null : value;
  const [shown, setShown] = useState(SHOWN);
  const [span] = review?.spans ?? [];
  return (
    <>
      <div class="head">
        <h1>Trend review</h1>
        <span class="sec">{span ? `${span.name}, ${span.words}` : '\u00a0'}</span>
        <div class="end">{review && `times in ${review.zone}`}</div>
      </div>
      <Tools route={route} asked={asked} review={review} zone={zone} />
      <Selection route={route} asked={asked} devices={devices ?? []} />
      <div class={`busy ${pending ? 'on' : ''}`} />
      <Trouble error={error} />
      {review && (
        <div class="review">
          {review.notes.map((note) => (
            <p class="note" key={note}>
              {note}
            </p>
          ))}
          <p class="s sec spans">
            {count(review.rows.length, 'series', 'series')}
            {review.selected !== '' && ` where ${review.selected}`}.{' '}
            {review.spans
              .slice(1)
              .map(({ role, name, words }) => `${capital(role)}: ${name}, ${words}.`)
              .join(' ')}
          </p>
          {review.rows.length > 0 && (
            <>
              <label class="sortby s">
                Sorted by{' '}
                <select
                  value={`${sorting.sort}:${sorting.order}`}
                  onChange={(event) => {
                    const [sort = '', order = ''] = event.currentTarget.value.split(':');
                    onSort(sort, order);
                  }}
                >
                  {REVIEW_SORTS.flatMap((sort) =>
                    (['descending', 'ascending'] as const).map((order) => (
                      <option key={`${sort}:${order}`} value={`${sort}:${order}`}>
                        {SORT_WORDS[sort]},{' '}
                        {order === 'descending'
                          ? sort === 'name'
                            ? 'Z to A'
                            : 'greatest first'
                          : sort === 'name'
                            ? 'A to Z'
                            : 'least first'}
                      </option>
                    )),
                  )}
                </select>
              </label>
              <ReviewTable
                review={review}
                rows={sortReview(review.rows, sorting.sort, sorting.order === 'descending')}
                sorting={{ ...sorting, onSort }}
                shown={shown}
              />
              {review.rows.length > shown && (
                <p class="row more">
                  <button type="button" class="btn" onClick={() => setShown(review.rows.length)}>
                    Show all {whole(review.rows.length)} series
                  </button>
                  <span class="s sec">Print, PDF and CSV have all of them.</span>
                </p>
              )}
            </>
          )}
        </div>
      )}
      <KeptReviews nowMs={now} zone={zone} />
    </>
  );
}

interface ToolsProps {
  readonly route: Shared['route'];
  readonly asked: AskedReview;
  readonly review: ReviewView | null;
  readonly zone: string;
}

function Tools({ route, asked, review, zone }: ToolsProps) {
  const [current, before] = review?.spans ?? [];
  const query = reviewQuery(asked);
  const at = (ms: number) => go(withMore(route, { at: dayOf(ms, review?.zone ?? zone) }));
  return (
    <div class="tools">
      <div class="seg fill" role="group" aria-label="Period">
        {REVIEW_PERIODS.map((period) => (
          <button
            type="button"
            key={period}
            aria-pressed={asked.period === period}
            onClick={() => go(withMore(route, { period: period === 'week' ? '' : period }))}
          >
            {PERIOD_WORDS[period]}
          </button>
        ))}
      </div>
      <div class="seg" role="group" aria-label="Which one">
        <button type="button" disabled={!before} onClick={() => before && at(before.fromMs)}>
          Earlier
        </button>
        <button type="button" disabled={!current || review?.running !== false} onClick={() => current && at(current.endMs)}>
          Later
        </button>
        <button type="button" aria-pressed={asked.at === ''} onClick={() => go(withMore(route, { at: '' }))}>
          Now
        </button>
      </div>
      <div class="end spread">
        <button type="button" class="btn" onClick={() => print()}>
          Print
        </button>
        <a class="btn" href={api.reviewAddress('pdf', query)} download>
          PDF
        </a>
        <a class="btn" href={api.reviewAddress('csv', query)} download>
          CSV
        </a>
      </div>
    </div>
  );
}

interface SelectionProps {
  readonly route: Shared['route'];
  readonly asked: AskedReview;
  readonly devices: NonNullable<Shared['devices']>;
}

function Selection({ route, asked, devices }: SelectionProps) {
  const { sites, tags } = placesOf(devices);
  const set = (key: string, value: string) => go(withMore(route, { [key]: value }));
  const metric = asked.metrics.join(',');
  const [first] = REVIEW_SETS;
  const known = REVIEW_SETS.some(({ metrics }) => metrics.join(',') === metric);
  return (
    <div class="tools select">
      <label>
        <span class="vh">Metric</span>
        <select
          value={metric}
          onChange={({ currentTarget: { value } }) => set('metric', value === first?.metrics.join(',') ? '' : value)}
        >
          {!known && <option value={metric}>{metric}</option>}
          {REVIEW_SETS.map(({ key, words, metrics }) => (
            <option key={key} value={metrics.join(',')}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <Choice label="Place" all="Every place" value={asked.site} options={sites} onChange={(value) => set('site', value)} />
      <Choice label="Tag" all="Any tag" value={asked.tag} options={tags} onChange={(value) => set('tag', value)} />
      <Typed label="Device" value={asked.device} onChange={(value) => set('device', value)} />
      <Typed label="Name of port or disk" value={asked.name} onChange={(value) => set('name', value)} />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly all: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, all, value, options, onChange }: ChoiceProps) {
  if (options.length === 0 && value === '') return null;
  return (
    <label>
      <span class="vh">{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{all}</option>
        {[...new Set([...options, ...(value === '' ? [] : [value])])].map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Taken over with Enter or when it is left: each change asks the server. */
function Typed({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const take = () => {
    if (typed.trim() !== value) onChange(typed.trim());
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={take}
      />
    </form>
  );
}
