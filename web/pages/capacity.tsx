/** What fills first, when, how sure that is, and what if. */
import { useMemo, useState } from 'preact/hooks';
import type { Shared } from '../app.tsx';
import { href } from '../address.ts';
import { api } from '../api.ts';
import { askedCapacity, CAPACITY_SORTS, chosenRows, sortedRows, type AskedCapacity } from '../capacity/asked.ts';
import { Axis, axisOf } from '../capacity/band.tsx';
import { CapacityDetail } from '../capacity/detail.tsx';
import { MonthlyReports } from '../capacity/reports.tsx';
import { CapacityTable } from '../capacity/table.tsx';
import { answerText } from '../capacity/words.ts';
import { sortingOf } from '../device/column.tsx';
import { go, useLive, useNow } from '../live.ts';
import { NothingPolled, Switch, Trouble, useTitle } from '../parts.tsx';
import { placesOf } from '../review/asked.ts';
import { withMore } from '../route.ts';
import { count, when, whole } from '../words.ts';
import '../styles/capacity.css';

/** While forecasts are being made, and after. */
const WAITING_MS = 3_000;
const EVERY_MS = 300_000;
const SHOWN = 12;
const MORE = 100;

export function CapacityPage({ route, devices, devicesError, zone }: Shared) {
  useTitle('Capacity');
  const now = useNow(60_000);
  const asked = askedCapacity(route);
  const { value, error, pending } = useLive('capacity', api.capacity, ({ waiting }) => (waiting > 0 ? WAITING_MS : EVERY_MS));
  const [shown, setShown] = useState(SHOWN);
  const sorting = sortingOf(route.more['sort'] ?? '', CAPACITY_SORTS, { sort: 'date', order: 'ascending' });
  const onSort = (sort: string, order: string) =>
    go(withMore(route, { sort: sort === 'date' && order === 'ascending' ? '' : `${sort}:${order}` }), true);
  const day = Math.floor(now / 3_600_000);
  const rows = useMemo(
    () => sortedRows(chosenRows(value?.items ?? [], asked, now), sorting.sort, sorting.order),
    [value, asked.what, asked.site, asked.tag, asked.due, sorting.sort, sorting.order, day],
  );
  const axis = useMemo(() => axisOf(rows, day * 3_600_000, zone), [rows, day, zone]);
  const open = rows.find(({ series }) => series === asked.row) ?? rows[0];
  // The open row is there, however far down it stands.
  const first = rows.slice(0, shown);
  const visible = open && !first.includes(open) ? [...first, open] : first;
  if (devices?.length === 0) return <NothingPolled title="Capacity" />;
  return (
    <>
      <div class="head">
        <h1>Capacity</h1>
        <span class="sec">{value && (value.waiting === 0 || rows.length > 0) ? answerText(rows, whole) : '\u00a0'}</span>
        <div class="end" role="status">
          {value && value.waiting > 0
            ? `${count(value.waiting, 'forecast is', 'forecasts are')} being made`
            : value?.madeMs
              ? `forecast made ${when(value.madeMs, now, zone)}`
              : ''}
        </div>
      </div>
      <Tools route={route} asked={asked} devices={devices ?? []} />
      <p class="s quiet-link">
        <a href={href({ page: 'quiet' })}>Quiet windows</a> <span class="sec">say when in the week a job disturbs least.</span>
      </p>
      <MonthlyReports />
      <div class={`busy ${pending ? 'on' : ''}`} />
      <Trouble error={error ?? devicesError} />
      {value && rows.length === 0 && (
        <p class="empty mut">
          {value.waiting > 0
            ? 'The first forecasts are being made; they come here by themselves.'
            : value.items.length > 0
              ? 'Nothing fits this filter.'
              : 'Nothing that can fill is known yet: filesystems, memory and links with a speed come here.'}
        </p>
      )}
      {rows.length > 0 && (
        <>
          <div class="only-phone" aria-hidden="true">
            <Axis axis={axis} />
          </div>
          <CapacityTable
            rows={visible}
            route={route}
            open={open?.series ?? ''}
            axis={axis}
            nowMs={now}
            zone={zone}
            sorting={{ ...sorting, onSort }}
          />
          {rows.length > shown && (
            <p class="more">
              <button type="button" class="btn" onClick={() => setShown(shown + MORE)}>
                Show {Math.min(MORE, rows.length - shown)} more of {whole(rows.length)}
              </button>
            </p>
          )}
        </>
      )}
      {open && (
        <CapacityDetail
          key={open.series}
          route={route}
          row={open}
          scenarios={asked.scenarios}
          rows={value?.items ?? []}
          devices={devices ?? []}
        />
      )}
    </>
  );
}

const WHATS = [
  ['', 'All'],
  ['disk', 'Disks'],
  ['memory', 'Memory'],
  ['link', 'Links'],
] as const;

interface ToolsProps {
  readonly route: Shared['route'];
  readonly asked: AskedCapacity;
  readonly devices: NonNullable<Shared['devices']>;
}

function Tools({ route, asked, devices }: ToolsProps) {
  const { sites, tags } = placesOf(devices);
  const { what, site, tag, due } = asked;
  const set = (key: string, value: string) => go(withMore(route, { [key]: value }), true);
  const query = {
    ...(what === '' ? {} : { what }),
    ...(site === '' ? {} : { site }),
    ...(tag === '' ? {} : { tag }),
    ...(due ? { due: 'true' } : {}),
  };
  const choice = (label: string, key: string, every: string, value: string, options: readonly string[]) =>
    options.length > 0 || value !== '' ? (
      <select aria-label={label} value={value} onChange={(event) => set(key, event.currentTarget.value)}>
        <option value="">{every}</option>
        {[...new Set([...options, ...(value === '' ? [] : [value])])].map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    ) : null;
  return (
    <div class="tools">
      <div class="seg fill" role="group" aria-label="What">
        {WHATS.map(([key, name]) => (
          <button type="button" key={key} aria-pressed={what === key} onClick={() => set('what', key)}>
            {name}
          </button>
        ))}
      </div>
      {choice('Place', 'site', 'Every place', site, sites)}
      {choice('Tag', 'tag', 'Any tag', tag, tags)}
      <Switch name="Only where an order is due" checked={due} onChange={(value) => set('due', value ? '1' : '')} />
      <div class="end">
        <span class="key s only-wide">
          <span class="k f80">
            <span>8 in 10</span>
          </span>
          <span class="k line likely">
            <span>most likely</span>
          </span>
          <span>
            <svg width="10" height="10" aria-hidden="true">
              <path class="diamond" d="M5 1l4 4-4 4-4-4z" />
            </svg>{' '}
            order by
          </span>
        </span>
        <a class="btn" href={api.capacityAddress(query)} download>
          CSV
        </a>
      </div>
    </div>
  );
}
