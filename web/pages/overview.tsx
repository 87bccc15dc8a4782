import type { DeviceView } from '../../core/api.ts';
import { isLoopback } from '../../core/parts.ts';
import { formatDuration } from '../../core/units.ts';
import type { Shared } from '../app.tsx';
import { api } from '../api.ts';
import { href } from '../address.ts';
import { Facts } from '../device/facts.tsx';
import { InterfaceTable } from '../device/interface-table.tsx';
import { EventList } from '../event-list.tsx';
import { GraphGrid } from '../graph/grid.tsx';
import { useLive, useNow } from '../live.ts';
import { later } from '../later.tsx';
import { firstRange } from '../route.ts';
import { Age, NothingPolled, RangeTools, Trouble, useTitle } from '../parts.tsx';
import { count, day, clockTime, stateWord } from '../words.ts';

/** Comes after the page: its first row is worth a moment of waiting, not the whole page. */
const UnusualNow = later<{ now: number }>(() => import('../unusual.tsx').then((m) => m.UnusualNow));
const FillsFirst = later<{ now: number; zone: string }>(() => import('../capacity/first.tsx').then((m) => m.FillsFirst));
const LINKS = 8;
const EVENTS = 12;
const TROUBLED = 8;
/** The dashboard whose graphs stand on the overview. */
const BOARD = 'overview';
const LINK_RANGE = '24h';
const EVERY_MS = 15_000;
/** What came and went, not what somebody imported. */
const LATELY = ['gap', 'restart', 'down', 'added', 'vanished', 'returned', 'changed', 'collector'];

export function OverviewPage(shared: Shared) {
  const { route, status, devices, devicesError, zone } = shared;
  useTitle('Overview');
  const now = useNow(10_000);
  const sinceMs = Math.min(...(devices ?? []).map((d) => Math.min(d.createdMs, d.historySinceMs ?? Infinity)));
  // A first hour should fill its graphs, not a corner of a day.
  const range = route.range || (devices === null ? '24h' : firstRange(now - sinceMs));
  const board = useLive(
    'overview board',
    (signal) => api.dashboard(BOARD, signal),
    () => 60_000,
  );
  const links = useLive(
    'busiest',
    (signal) => api.interfaces({ sort: 'used', limit: LINKS, spark: LINK_RANGE }, signal),
    () => EVERY_MS,
  );
  const events = useLive(
    'lately',
    (signal) => api.events({ kind: LATELY, limit: EVENTS }, signal),
    () => EVERY_MS,
  );
  // All at once, so that nothing is pushed down while one reads.
  const settled = [links, events].every((l) => l.value !== null || l.error !== null) && (devices ?? devicesError) !== null;
  // The loopback is no link.
  const busiest = (links.value?.items ?? []).filter(
    ({ name, inBps, outBps }) => (inBps !== null || outBps !== null) && !isLoopback(name),
  );
  const graphs = board.value?.graphs.filter((graph) => graph.matched > 0) ?? [];
  const newestMs = Math.max(...(devices ?? []).map((d) => d.lastOkMs ?? 0), 0);
  if (devices?.length === 0) return <NothingPolled title="Overview" />;
  return (
    <>
      <div class="head">
        <h1>Overview</h1>
        <div class="end">
          <span>
            {day(now, zone)}, {clockTime(now, zone)} {zone}
          </span>
          <Age newestMs={newestMs === 0 ? null : newestMs} warnAfterMs={300_000} />
        </div>
      </div>
      <Trouble error={devicesError} />
      <Facts devices={devices ?? []} status={status} />
      {settled && (
        <>
          {graphs.length > 0 && (
            <section class="bare">
              <div class="tools">
                <RangeTools route={route} range={range} />
                <div class="end">
                  <a class="s" href={href({ page: 'dashboards' })}>
                    All dashboards
                  </a>
                </div>
              </div>
              <h2 class="vh">As usual?</h2>
              <GraphGrid graphs={graphs} range={range} intervalMs={60_000} />
            </section>
          )}
          <div class="cols">
            <div>
              <section>
                <header>
                  <h2>Busiest links</h2>
                  <span class="k c-in s sec">in</span>
                  <span class="k c-out s sec">out</span>
                  <span class="end">
                    {busiest.some((port) => port.used !== null) ? 'by share of their speed' : 'by traffic; no speed is known'}
                  </span>
                </header>
                <Trouble error={links.error} />
                {busiest.length > 0 ? (
                  <InterfaceTable rows={busiest} range={LINK_RANGE} zone={zone} named sorting={null} />
                ) : (
                  <p class="mut">No interface has carried anything yet.</p>
                )}
              </section>
              <FillsFirst now={now} zone={zone} />
            </div>
            <div>
              <Troubled devices={devices ?? []} now={now} />
              <UnusualNow now={now} />
              <section>
                <header>
                  <h2>Lately</h2>
                  <span class="end">
                    <a href={href({ page: 'events' })}>All events</a>
                  </span>
                </header>
                <Trouble error={events.error} />
                {events.value && events.value.items.length === 0 && <p class="mut">Nothing has happened yet.</p>}
                <EventList events={events.value?.items ?? []} nowMs={now} zone={zone} named narrow />
              </section>
            </div>
          </div>
        </>
      )}
    </>
  );
}

/** What does not answer, the longest first. */
function Troubled({ devices, now }: { devices: readonly DeviceView[]; now: number }) {
  const rank = (d: DeviceView) => ['down', 'stale', 'new'].indexOf(d.state);
  // What was asked and has never answered is not down yet, but it does not answer.
  const troubled = devices
    .filter((d) => d.state === 'down' || d.state === 'stale' || (d.state === 'new' && d.lastPollMs !== null))
    .sort((a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs);
  return (
    <section>
      <header>
        <h2>Not answering</h2>
        <span class="end">{troubled.length > TROUBLED && count(troubled.length, 'device')}</span>
      </header>
      {troubled.length === 0 && <p class="mut">Every device that is polled answers.</p>}
      <ul class="events narrow">
        {troubled.slice(0, TROUBLED).map((d) => {
          const { shape, word } = stateWord(d.state);
          return (
            <li key={d.id}>
              <time dateTime={new Date(d.sinceMs).toISOString()}>{formatDuration(now - d.sinceMs)}</time>
              <span class={`st ${shape}`}>{word}</span>
              <span class="what">
                <a class="q n1" href={href({ page: 'device', id: d.id })}>
                  {d.name}
                </a>
                : {d.reason}
              </span>
            </li>
          );
        })}
      </ul>
      {troubled.length > TROUBLED && (
        <p class="s">
          <a href={href({ page: 'devices' })}>All of them</a>
        </p>
      )}
    </section>
  );
}
