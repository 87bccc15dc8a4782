/** What fills first, in short: for a page that shows more than this. */
import type { CapacityRow } from '../../core/capacity.ts';
import { futureIdOf } from '../../core/future-id.ts';
import { dayText } from '../../core/graph-future.ts';
import { formatCapacity } from '../../core/units.ts';
import { api } from '../api.ts';
import { href } from '../address.ts';
import { useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { count, percent } from '../words.ts';
import { Axis, axisOf, Band, type BandAxis } from './band.tsx';
import { Order } from './table.tsx';
import { chanceText } from '../../core/forecast/words.ts';
import { chanceIn, heatOf } from './words.ts';
import '../styles/capacity.css';

const SHOWN = 8;
/** Width of its column of dates. */
const NARROW_PX = 130;
const WAITING_MS = 4_000;
const EVERY_MS = 300_000;

export function FillsFirst({ now, zone }: { now: number; zone: string }) {
  const { value, error } = useLive(
    'fills first',
    (signal) => api.fillsFirst(SHOWN, signal),
    ({ waiting }) => (waiting > 0 ? WAITING_MS : EVERY_MS),
  );
  const rows = value?.items ?? [];
  const axis = axisOf(rows, now, zone);
  return (
    <section>
      <header>
        <h2>What fills first</h2>
        <span class="end">
          {value && value.waiting > 0 && <>{count(value.waiting, 'forecast')} still to be made · </>}
          <a href={href({ page: 'capacity' })}>All that can fill</a>
        </span>
      </header>
      <Trouble error={error} />
      {value && rows.length === 0 && (
        <p class="mut">{value.waiting > 0 ? 'The first forecasts are being made.' : 'Nothing that can fill is known yet.'}</p>
      )}
      {rows.length > 0 && (
        <table class="stack flush t-first">
          <thead>
            <tr>
              <th scope="col" class="w-where">
                Where
              </th>
              <th scope="col" colSpan={2}>
                Of limit
              </th>
              <th scope="col" class="heat">
                90 days
              </th>
              <th scope="col" class="w-band">
                <span class="vh">When, on one axis</span>
                <Axis axis={axis} px={NARROW_PX} />
              </th>
              <th scope="col">Most likely</th>
              <th scope="col">Order by</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <First key={row.series} row={row} axis={axis} now={now} zone={zone} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function First({ row, axis, now, zone }: { row: CapacityRow; axis: BandAxis; now: number; zone: string }) {
  const { dates, level, limit } = row;
  const used = level === null || limit === null || limit <= 0 ? null : level / limit;
  const chance = chanceIn(row, 90);
  return (
    <tr>
      <td class="two">
        <a class="q n1" href={href({ page: 'graph', id: futureIdOf(row.series), range: '1y' })} title={row.deviceName}>
          {row.deviceName}
        </a>
        <span class="n2" title={row.name}>
          {row.name}
        </span>
      </td>
      <td class="w-bar">
        {used !== null && (
          <span class="bar" role="img" aria-label={`${percent(used)} of ${formatCapacity(limit ?? 0, row.unit)}`}>
            <i style={{ width: `${Math.min(100, used * 100)}%` }} />
          </span>
        )}
      </td>
      <td class="num">{used !== null && <b>{percent(used)}</b>}</td>
      <td class={`heat c-90 ${heatOf(chance)}`}>
        <span data-l="90 d">{chanceText(chance)}</span>
      </td>
      {dates ? (
        <>
          <td class="c-band">
            <Band row={row} axis={axis} />
          </td>
          <td class="nw tn">{dayText(dates.medianMs, null, zone)}</td>
        </>
      ) : (
        <td class="c-band why" colSpan={2} title={row.says}>
          {row.says || 'The limit is reached.'}
        </td>
      )}
      <td class="nw tn c-order" {...(row.orderByMs === null ? {} : { 'data-l': 'order by' })}>
        <Order orderByMs={row.orderByMs} nowMs={now} zone={zone} />
      </td>
    </tr>
  );
}
