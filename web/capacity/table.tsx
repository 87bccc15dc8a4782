/** What can fill, a row each: chances, when, by when to order, and whether such forecasts have held. */
import type { CapacityRow } from '../../core/capacity.ts';
import { dayText } from '../../core/graph-future.ts';
import { href } from '../address.ts';
import { Head, type Sorting } from '../device/column.tsx';
import { go } from '../live.ts';
import type { Route } from '../route.ts';
import { withRow, type CapacitySort } from './asked.ts';
import { Axis, Band, type BandAxis } from './band.tsx';
import { chanceText } from '../../core/forecast/words.ts';
import { saidWords } from '../../core/said.ts';
import { percent } from '../words.ts';
import { chanceIn, dueText, growthText, headroomText, heatOf, heldShare, rangeText } from './words.ts';

export interface CapacityTableProps {
  readonly rows: readonly CapacityRow[];
  readonly route: Route;
  /** Series of the open row. */
  readonly open: string;
  readonly axis: BandAxis;
  readonly nowMs: number;
  readonly zone: string;
  readonly sorting: Sorting<CapacitySort>;
}

const CHANCE_DAYS = [30, 90, 180] as const;

export function CapacityTable({ rows, route, open, axis, nowMs, zone, sorting }: CapacityTableProps) {
  return (
    <table class="stack flush t-cap">
      <thead>
        <tr>
          <Head by="name" first="ascending" sorting={sorting} class="w-where">
            Where
          </Head>
          <Head by="headroom" first="ascending" sorting={sorting} class="num">
            Headroom
          </Head>
          {CHANCE_DAYS.map((days) => (
            <Head by={`${days}`} sorting={sorting} class="heat" key={days}>
              {days} days
            </Head>
          ))}
          <th scope="col" class="w-band">
            <span class="vh">When, on one axis</span>
            <Axis axis={axis} />
          </th>
          <Head by="date" first="ascending" sorting={sorting}>
            Reaches limit, 8 in 10
          </Head>
          <Head by="order" first="ascending" sorting={sorting}>
            Order by
          </Head>
          <Head by="growth" sorting={sorting} class="num">
            Per month
          </Head>
          <Head by="held" sorting={sorting} class="num">
            Band held
          </Head>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.series} row={row} route={route} open={row.series === open} axis={axis} nowMs={nowMs} zone={zone} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly row: CapacityRow;
  readonly route: Route;
  readonly open: boolean;
  readonly axis: BandAxis;
  readonly nowMs: number;
  readonly zone: string;
}

function Row({ row, route, open, axis, nowMs, zone }: RowProps) {
  const { dates } = row;
  const { free, of } = headroomText(row);
  const to = withRow(route, row.series);
  return (
    <tr
      class={open ? 'open' : ''}
      // The name is the link; the rest of the row is a larger target for a pointer.
      onClick={(event) => {
        if (!(event.target as Element).closest('a')) go(to, true);
      }}
    >
      <td class="two">
        <a class="q n1" href={href(to)} title={row.deviceName} {...(open ? { 'aria-current': 'true' as const } : {})}>
          {row.deviceName}
        </a>{' '}
        <span class="n2" title={row.name}>
          {row.name}
        </span>
      </td>
      <td class="num c-room" data-l="headroom">
        {free} <span class="mut only-wide">{of}</span>
      </td>
      {CHANCE_DAYS.map((days) => {
        const chance = chanceIn(row, days);
        return (
          <td class={`heat c-${days} ${heatOf(chance)}`} key={days}>
            <span data-l={`${days} d`}>{chanceText(chance)}</span>
          </td>
        );
      })}
      {dates ? (
        <>
          <td class="c-band">
            <Band row={row} axis={axis} />
          </td>
          <td class="nw tn only-wide">{rangeText(dates, nowMs, zone)}</td>
        </>
      ) : (
        <td class="c-band why" colSpan={2} title={row.says}>
          {row.says || 'The limit is reached.'}
        </td>
      )}
      <td class="nw tn c-order" {...(row.orderByMs === null ? {} : { 'data-l': 'order by' })}>
        <Order orderByMs={row.orderByMs} nowMs={nowMs} zone={zone} />
      </td>
      <td class="num only-wide">{growthText(row)}</td>
      <td class="num only-wide">
        <Held row={row} />
      </td>
    </tr>
  );
}

/** What was really said, where enough of it has come; before that, what would have been said of the same history. */
function Held({ row: { said, record } }: { row: Pick<CapacityRow, 'said' | 'record'> }) {
  const held = heldShare({ said, record });
  if (held === null) return <span class="mut">too new</span>;
  const tested = record
    ? `${record.origins} forecasts made of this history as it was known then: the 80 % band held ${percent(record.held80)}.`
    : '';
  return (
    <span title={[said ? saidWords(said) : '', tested].filter(Boolean).join(' ')}>
      {percent(held)}
      {said && <span class="mut"> said</span>}
    </span>
  );
}

/** "21 Nov, in 4 d": in the colour of a warning where it is due. */
export function Order({ orderByMs, nowMs, zone }: { orderByMs: number | null; nowMs: number; zone: string }) {
  if (orderByMs === null) return null;
  const { text, due } = dueText(orderByMs, nowMs);
  const day = dayText(orderByMs, due ? nowMs : null, zone);
  return due ? (
    <span class="warn nw">
      <b>{day}</b>, {text}
    </span>
  ) : (
    <span class="nw">{day}</span>
  );
}
