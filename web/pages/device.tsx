import { useMemo, useState } from 'preact/hooks';
import type { DeviceView, InstanceView } from '../../core/api.ts';
import { formatDuration } from '../../core/units.ts';
import type { GraphData, GraphGap } from '../../core/graph.ts';
import type { Shared } from '../app.tsx';
import { api, ApiError } from '../api.ts';
import { GraphGrid } from '../device/grid.tsx';
import { latestOf } from '../device/now.ts';
import { FilesystemTable, InterfaceTable } from '../device/tables.tsx';
import { EventList } from '../event-list.tsx';
import { commonGap } from '../graph/gaps.ts';
import { reaching } from '../graph/moves.ts';
import { useLive, useNow } from '../live.ts';
import { Age, rangeOf, RangeTools, State, Trouble, useTitle } from '../parts.tsx';
import { serverNow } from '../remote.ts';
import { href } from '../address.ts';
import { asked, day, isImported, when } from '../words.ts';

const EVENTS_SHOWN = 12;
const INSTANCES_EVERY_MS = 60_000;

export function DevicePage({ route, devices, zone }: Shared) {
  const { id } = route;
  const now = useNow(10_000);
  const asked = useLive(`device ${id}`, (signal) => api.device(id, signal), pace);
  // The list already knows the device: its name is there before the first answer.
  const device = asked.value ?? devices?.find((d) => d.id === id) ?? null;
  const instances = useLive(
    `instances ${id}`,
    (signal) => api.instances(id, signal),
    () => INSTANCES_EVERY_MS,
  );
  const series = useLive(
    `series ${id}`,
    (signal) => api.series(id, signal),
    () => (device ? pace(device) : INSTANCES_EVERY_MS),
  );
  const graphs = useLive(
    `graphs ${id}`,
    (signal) => api.graphs(id, signal),
    () => INSTANCES_EVERY_MS,
  );
  const events = useLive(
    `events ${id}`,
    (signal) => api.events({ device: id, limit: EVENTS_SHOWN }, signal),
    () => 15_000,
  );
  const latest = useMemo(() => latestOf(series.value ?? []), [series.value]);
  useTitle(device?.name ?? 'Device');

  const [gap, setGap] = useState<GraphGap>();
  const [reach, setReach] = useState('');
  const range = route.range || reach || rangeOf(route, device);
  const learn = (shown: readonly GraphData[]) => {
    setGap(commonGap(shown));
    if (device?.sources.length === 0) setReach((held) => reaching(shown, serverNow()) || held);
  };
  if (!device) return <Missing error={asked.error} />;
  const of = (kind: string) => inOrder(instances.value ?? [], kind);
  const [ports, disks] = [of('interface'), of('disk')];
  const gone = new Set((instances.value ?? []).filter((i) => i.vanishedMs !== null).map((i) => i.id));
  const table = { latest, graphs: graphs.value ?? [], range, zone };
  // All at once, so that nothing is pushed down while one reads.
  const settled = [graphs, instances, events].every((l) => l.value !== null || l.error !== null);
  const happened = events.value?.items ?? [];
  return (
    <>
      <p class="crumb">
        <a href={href({ page: 'devices' })}>Devices</a>
        {device.site !== '' && (
          <>
            {' / '}
            <a href={href({ page: 'devices', more: { site: device.site } })}>{device.site}</a>
          </>
        )}
      </p>
      <div class="head">
        <h1>{device.name}</h1>
        <State state={device.state} />
        <div class="end">
          <span>
            <Age newestMs={device.lastOkMs} warnAfterMs={3 * device.intervalMs} imported={isImported(device)} />
            {device.sources.length > 0 && `, collected every ${formatDuration(device.intervalMs)}`}
          </span>
        </div>
      </div>
      <Identity device={device} zone={zone} />
      {device.reason !== '' && device.state !== 'up' && (
        <p class={`note ${device.state === 'down' ? 'error' : 'caution'}`}>{device.reason}</p>
      )}
      <nav class="page-tabs" aria-label="On this page">
        <a href="#graphs">Graphs</a>
        {ports.length > 0 && <a href="#interfaces">Interfaces {ports.length}</a>}
        {disks.length > 0 && <a href="#filesystems">Filesystems {disks.length}</a>}
        <a href="#events">Events</a>
      </nav>
      <div class="tools" id="graphs">
        <RangeTools route={route} range={range} />
        <div class="end">
          <span class="s mut">{gap && `Hatched from ${when(gap.fromMs, now, zone)}. ${gap.text}`}</span>
        </div>
      </div>
      <Trouble error={graphs.error ?? instances.error} />
      {settled && (
        <>
          {graphs.value?.length === 0 && (
            <div class="empty">
              <p>
                {device.state === 'new'
                  ? 'It is being discovered. Its first points are there after two polls.'
                  : 'It has no graphs yet: discovery has found nothing to measure.'}
              </p>
            </div>
          )}
          <h2 class="vh">Graphs</h2>
          {graphs.value && (
            <GraphGrid graphs={graphs.value} gone={gone} range={range} intervalMs={device.intervalMs} onData={learn} />
          )}
          {ports.length > 0 && (
            <section id="interfaces">
              <header>
                <h2>Interfaces</h2>
                <span class="k c-in s sec">in</span>
                <span class="k c-out s sec">out</span>
              </header>
              <InterfaceTable instances={ports} {...table} />
            </section>
          )}
          {disks.length > 0 && (
            <section id="filesystems">
              <header>
                <h2>Filesystems</h2>
              </header>
              <FilesystemTable instances={disks} {...table} />
            </section>
          )}
          <section id="events">
            <header>
              <h2>Events</h2>
              <span class="end">
                <a href={href({ page: 'events', more: { device: id } })}>All events</a>
              </span>
            </header>
            <Trouble error={events.error} />
            {events.value && happened.length === 0 ? (
              <p class="mut">Nothing has happened since it was added.</p>
            ) : (
              <EventList events={happened} nowMs={now} zone={zone} named={false} />
            )}
          </section>
        </>
      )}
    </>
  );
}

const pace = (d: DeviceView) => Math.min(60_000, Math.max(2_000, d.intervalMs));

const collator = new Intl.Collator('en', { numeric: true });
/** Present ones first, the loopback after the others. */
function inOrder(instances: readonly InstanceView[], kind: string): InstanceView[] {
  const rank = (i: InstanceView) => (i.vanishedMs === null ? 0 : 2) + (kind === 'interface' && /^lo\d*$/i.test(i.key) ? 1 : 0);
  return instances.filter((i) => i.kind === kind).sort((a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name));
}

function Identity({ device: d, zone }: { device: DeviceView; zone: string }) {
  const parts = [d.facts.sysDescr, d.facts.sysLocation, d.facts.sysContact].filter((text) => text !== '');
  return (
    <div class="ident">
      {parts.map((text) => (
        <span key={text} class="long" title={text}>
          {text}
        </span>
      ))}
      <span class="mono">{d.address !== '' ? d.address : d.origin === 'self' ? 'this machine' : 'no address'}</span>
      {d.sources.length > 0 && <span>{asked(d.sources)}</span>}
      {d.uptimeS !== null && <span>running for {formatDuration(d.uptimeS * 1000)}</span>}
      <span>known since {day(d.createdMs, zone)}</span>
      {d.tags.map((tag) => (
        <span key={tag}>{tag}</span>
      ))}
    </div>
  );
}

function Missing({ error }: { error: unknown }) {
  if (!(error instanceof ApiError) || error.status !== 404) return <Trouble error={error} />;
  return (
    <div class="empty">
      <h1>No such device</h1>
      <p>There is no device with this address. It may have been removed since.</p>
      <a class="btn" href={href({ page: 'devices' })}>
        All devices
      </a>
    </div>
  );
}
