import { useEffect, useState } from 'preact/hooks';
import { isExploreId } from '../../core/explore.ts';
import { futureIdOf } from '../../core/future-id.ts';
import type { GraphData } from '../../core/graph.ts';
import type { Shared } from '../app.tsx';
import { api, isFinal, type Compared } from '../api.ts';
import { EmbedButton } from '../embed/button.tsx';
import { EventList } from '../event-list.tsx';
import { agoOf, CompareChoice } from '../graph/compare.tsx';
import { FutureKey, FutureLegend } from '../graph/future-legend.tsx';
import { History } from '../graph/history.tsx';
import { Legend, TableTwin } from '../graph/legend.tsx';
import { earlier, later, reaching, wider, zoomed } from '../graph/moves.ts';
import { isEmpty, Nothing } from '../graph/nothing.tsx';
import { Plot } from '../graph/plot.tsx';
import { bandsWanted, slotMiddle } from '../../core/graph-geometry.ts';
import { cursorSlot } from '../graph/points.ts';
import { EventLine } from '../graph/event-line.tsx';
import { useGraph, useSeen } from '../graph/use-graph.ts';
import { go, useLive, useNow } from '../live.ts';
import { Age, isMissing, Missing, rangeOf, RangeTools, Switch, Trouble, useTitle } from '../parts.tsx';
import { serverNow } from '../remote.ts';
import { href } from '../address.ts';
import { withMore, type Route } from '../route.ts';
import { day, isImported } from '../words.ts';

export function GraphPage({ route, devices, devicesError, zone }: Shared) {
  const { id } = route;
  const [ref, width] = useSeen<HTMLDivElement>();
  const [kind = '', owner = ''] = id.split('~');
  /** Graphs of a dashboard belong to no device; those of the explorer to no dashboard either. */
  const board = isExploreId(id) ? '' : kind === 'board' ? owner : null;
  const device = devices?.find((d) => d.id === owner);
  const [reach, setReach] = useState('');
  const compared = comparedIn(route);
  const range = route.range || reach || rangeOf(route, device);
  // Without a range in the address the device's age decides: wait until it is known.
  const ready = route.range !== '' || board !== null || devices !== null || devicesError !== null;
  const { value: read, error, pending } = useGraph(id, range, ready ? width : 0, device?.intervalMs ?? 60_000, compared);
  // Under a range that was refused, the graph of another range would lie.
  const data = isFinal(error) ? null : read;
  useEffect(() => {
    if (data && device?.sources.length === 0) setReach((held) => reaching([data], serverNow()) || held);
  }, [data, device === undefined]);
  // A moment, not a slot: slots move on with time.
  const [cursorMs, setCursor] = useState<number | null>(null);
  const slot = cursorSlot(data, cursorMs);
  // Bands and 95ths of many lines would hide each other.
  const few = (data?.lines.filter(({ role, before }) => role !== 'past' || !before).length ?? 0) <= 2;
  const usual = usualOf(data, few);
  const on = (name: Drawn) => (route.more[name] === undefined ? usual[name] : route.more[name] === '1');
  const table = route.more['table'] === '1';
  useTitle(data ? `${data.title}${device ? `, ${device.name}` : ''}` : 'Graph');
  const move = (next: string) => go({ ...route, range: next });
  if (isMissing(error)) {
    return (
      <Missing
        what="graph"
        why="There is no graph at this address: its device, interface or dashboard may have been removed since."
        instead={board === null ? 'All devices' : 'All dashboards'}
        to={board === null ? 'devices' : 'dashboards'}
      />
    );
  }
  return (
    <>
      <p class="crumb">
        {board === null ? (
          <>
            <a href={href({ page: 'devices' })}>Devices</a>
            {' / '}
            <a href={href({ page: 'device', id: owner })}>{device?.name ?? 'device'}</a>
          </>
        ) : board === '' ? (
          <a href={href({ page: 'explore', range: route.range, more: { of: id } })}>Explorer</a>
        ) : (
          <>
            <a href={href({ page: 'dashboards' })}>Dashboards</a>
            {' / '}
            <a href={href({ page: 'dashboard', id: board, range: route.range })}>{board}</a>
          </>
        )}
      </p>
      <div class="head">
        <h1 title={read?.title ?? ''}>{read?.title ?? '\u00a0'}</h1>
        <span class="sec wrap">{data?.subtitle ?? '\u00a0'}</span>
        <div class="end">
          {data ? (
            <Age
              newestMs={data.newestMs}
              warnAfterMs={3 * Math.max(60_000, device?.intervalMs ?? 60_000)}
              imported={isImported(device)}
            />
          ) : (
            '\u00a0'
          )}
        </div>
      </div>
      <Tools {...{ few, route, range, data, zone, on, table, move }} device={device?.name ?? ''} />
      <div class={`busy ${pending && data ? 'on' : ''}`} />
      <Trouble error={error} />
      {data?.future && <FutureKey data={data} />}
      <div ref={ref}>
        {data && !isEmpty(data) ? (
          <Plot
            data={data}
            size="large"
            envelope={on('band')}
            p95={on('p95')}
            events={on('events')}
            slot={slot}
            onSlot={(at) => setCursor(at === null ? null : slotMiddle(data, at))}
            onZoom={(from, to) => move(zoomed(data, from, to))}
          />
        ) : (
          <div class="plot large">{data && <Nothing data={data} />}</div>
        )}
      </div>
      {data?.habit !== undefined && data.habit !== '' && <p class="habit">{data.habit}</p>}
      {data && !data.future && data.oldestMs !== null && <History id={id} data={data} range={range} onMove={move} />}
      {data && on('events') && <EventLine data={data} slot={slot} />}
      {data && !isEmpty(data) && (data.future ? <FutureLegend data={data} /> : <Legend data={data} slot={slot} />)}
      {data && !isEmpty(data) && table && <TableTwin data={data} />}
      {data && (
        <div class="cols">
          <InThisRange data={data} device={board === null ? owner : null} zone={zone} />
          <About data={data} />
        </div>
      )}
    </>
  );
}

type Drawn = 'band' | 'p95' | 'events';

/** What is drawn where the address says nothing of it. */
function usualOf(data: GraphData | null, few: boolean): Readonly<Record<Drawn, boolean>> {
  return { band: data ? bandsWanted(data) : true, p95: few && (data?.drawn?.p95 ?? true), events: data?.drawn?.events ?? true };
}

interface ToolsProps {
  readonly route: Route;
  readonly range: string;
  readonly data: GraphData | null;
  readonly zone: string;
  /** Two lines at most. */
  readonly few: boolean;
  readonly on: (name: Drawn) => boolean;
  readonly table: boolean;
  /** Name of the device; '' for a graph of many. */
  readonly device: string;
  readonly move: (range: string) => void;
}

function Tools({ device, few, route, range, data, zone, on, table, move }: ToolsProps) {
  const explored = isExploreId(route.id);
  const ahead = data && aheadOf(data);
  // What lies between two ranges has neither band nor percentile.
  const differs = data?.lines.some(({ role, before }) => before !== undefined && role !== 'past') ?? false;
  /** What lies between two ranges and what may come have neither. */
  const plain = !differs && !data?.future;
  const usual = usualOf(data, few);
  const set = (name: Drawn, value: boolean) =>
    go(withMore(route, { [name]: value === usual[name] ? '' : value ? '1' : '0' }), true);
  const step = (to: (data: GraphData, nowMs: number) => string) => () => data && move(to(data, serverNow()));
  const atEnd = data !== null && data.toMs >= serverNow() - data.stepMs;
  return (
    <div class="tools" data-zone={zone}>
      <RangeTools route={route} range={range} />
      <div class="seg">
        <button type="button" aria-label="Earlier" title="Earlier" onClick={step(earlier)}>
          <Arrow d="M10 3 5 8l5 5" />
        </button>
        <button type="button" aria-label="Later" title="Later" disabled={atEnd} onClick={step(later)}>
          <Arrow d="m6 3 5 5-5 5" />
        </button>
        <button type="button" aria-label="Wider" title="Wider" onClick={step(wider)}>
          <Arrow d="M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4M2 8h12" />
        </button>
      </div>
      {plain && <Switch name="Min to max" checked={on('band')} onChange={(v) => set('band', v)} />}
      {explored || data?.future ? null : (
        <CompareChoice
          compare={agoOf(route.more['compare'])}
          difference={route.more['difference'] === '1'}
          onChange={(ago, difference) => go(withMore(route, { compare: ago ?? '', difference: ago && difference ? '1' : '' }))}
        />
      )}
      {data !== null && (data.events?.length ?? 0) > 0 && (
        <Switch name="Events" checked={on('events')} onChange={(v) => set('events', v)} />
      )}
      {few && plain && !comparedIn(route).compare && (
        <Switch
          name="Usual"
          checked={route.more['usual'] === '1'}
          onChange={(v) => go(withMore(route, { usual: v ? '1' : '' }), true)}
        />
      )}
      {few && plain && <Switch name="95th" checked={on('p95')} onChange={(v) => set('p95', v)} />}
      <div class="end spread">
        <button
          type="button"
          class="btn"
          aria-pressed={table}
          // A step of its own: Back takes the table away, not the range.
          onClick={() => go(withMore(route, { table: table ? '' : '1' }))}
        >
          Table
        </button>
        <EmbedButton of={data && { graph: data, range, device }} />
        {ahead !== null && (
          <a class="btn" href={href(ahead)}>
            {data?.future ? 'What if' : 'Its future'}
          </a>
        )}
        <a class="btn" href={api.csvAddress(route.id, range, comparedIn(route))} download>
          CSV
        </a>
        <a class="btn" href={href({ page: 'explore', range: route.range, more: { of: route.id } })}>
          Open in explorer
        </a>
      </div>
    </div>
  );
}

/** Metrics of what can fill. */
const FILLING = /\/(?:disk\.used_bytes|memory\.used_bytes|interface\.(?:in|out)_bps)$/;

/** Where one sees how the graph of one device's disk, memory or port goes on; from there, what if. */
function aheadOf({ id, lines, future }: GraphData): Parameters<typeof href>[0] | null {
  if (!/^(?:future|disk|memory|traffic)~/.test(id)) return null;
  const filling = lines.filter(({ series }) => FILLING.test(series));
  const [line] = filling.sort((a, b) => (b.stats.p95 ?? 0) - (a.stats.p95 ?? 0));
  if (!line) return null;
  return future ? { page: 'capacity', more: { row: line.series } } : { page: 'graph', id: futureIdOf(line.series), range: '1y' };
}

/** What the address says; a graph of the explorer says it itself. */
function comparedIn({ id, more }: Route): Compared {
  const ago = isExploreId(id) ? null : agoOf(more['compare']);
  if (ago === null) return more['usual'] === '1' ? { habit: 'true' } : {};
  return more['difference'] === '1' ? { compare: ago, difference: 'true' } : { compare: ago };
}

function Arrow({ d }: { d: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

const EVENTS_SHOWN = 50;
/** Of all devices more are asked for: those of the graph are among them. */
const EVENTS_ASKED = 500;
/** What can explain a graph of many devices. */
const EXPLAINING = ['gap', 'down', 'restart', 'added', 'import', 'collector'];

interface InRangeProps {
  readonly data: GraphData;
  /** Null: of all devices. */
  readonly device: string | null;
  readonly zone: string;
}

function InThisRange({ data, device, zone }: InRangeProps) {
  const now = useNow(10_000);
  const [from, to] = [Math.floor(data.fromMs / 1000), Math.ceil(data.toMs / 1000)];
  const live = data.toMs > now - 120_000;
  const { value, error } = useLive(
    // A range that moves with time is asked again at its pace, not at every slot.
    `${device} ${live ? to - from : `${from} ${to}`}`,
    (signal) => {
      const range = { from: String(from), to: String(to) };
      return device === null
        ? api.events({ ...range, kind: EXPLAINING, limit: EVENTS_ASKED }, signal)
        : api.events({ ...range, device, limit: EVENTS_SHOWN }, signal);
    },
    () => (live ? 15_000 : null),
  );
  const members = new Set(data.devices);
  const events = (value?.items ?? [])
    .filter((event) => device !== null || event.device === null || members.has(event.device))
    .slice(0, EVENTS_SHOWN);
  return (
    <section>
      <header>
        <h2>In this range</h2>
        <span class="end">times in {zone}</span>
      </header>
      <Trouble error={error} />
      {value && events.length === 0 && <p class="mut">Nothing happened.</p>}
      {value && <EventList events={events} nowMs={now} zone={zone} named={device === null} />}
    </section>
  );
}

function About({ data }: { data: GraphData }) {
  const known = data.lines.length === 0 ? 0 : data.lines.reduce((sum, l) => sum + l.stats.known, 0) / data.lines.length;
  const from = [...new Set(data.lines.map((l) => l.stats.p95From).filter(Boolean))].join(', ');
  return (
    <section>
      <header>
        <h2>About these numbers</h2>
      </header>
      <dl class="facts">
        {known > 0 && (
          <>
            <dt>Shown</dt>
            <dd>{data.about}</dd>
            <dt>Complete</dt>
            <dd>
              {share(known)} of{' '}
              {data.oldestMs !== null && data.oldestMs > data.fromMs ? 'the time since the first sample' : 'this range'} is known
            </dd>
          </>
        )}
        <dt>95th</dt>
        <dd>{from === '' ? 'nothing to compute it from' : `of ${from}`}</dd>
        <dt>Zone</dt>
        <dd>{data.zone}</dd>
        {data.oldestMs !== null && (
          <>
            <dt>History</dt>
            <dd>since {day(data.oldestMs, data.zone)}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** Never "100 %" for what is not whole. */
function share(known: number): string {
  const percent = Math.floor(known * 1000) / 10;
  return known >= 1 ? '100 %' : `${percent.toFixed(1)} %`;
}
