import { useState } from 'preact/hooks';
import type { DeviceView } from '../../core/api.ts';
import { formatDuration } from '../../core/units.ts';
import type { GraphData, GraphGap } from '../../core/graph.ts';
import type { Shared } from '../app.tsx';
import { api } from '../api.ts';
import { Filesystems, Interfaces } from '../device/parts-of.tsx';
import { EventList } from '../event-list.tsx';
import { GapLine } from '../graph/gap-line.tsx';
import { commonGap } from '../graph/gaps.ts';
import { GraphGrid } from '../graph/grid.tsx';
import { reaching } from '../graph/moves.ts';
import { go, useLive, useNow } from '../live.ts';
import { Age, isMissing, NoSuchDevice, rangeOf, RangeTools, State, Switch, Trouble, useTitle } from '../parts.tsx';
import { serverNow } from '../remote.ts';
import { href } from '../address.ts';
import { withMore } from '../route.ts';
import { asked, day, isImported, whole } from '../words.ts';

const EVENTS_SHOWN = 12;
const GRAPHS_EVERY_MS = 60_000;
/** A first look: a port that is one of many must not push load and memory off the page. */
const PER_FAMILY = 6;
/** Graphs drawn when all are wanted; the rest is reached by its port. */
const GRAPHS_MAX = 200;

export function DevicePage({ route, devices, zone }: Shared) {
  const { id } = route;
  const now = useNow(10_000);
  const known = useLive(`device ${id}`, (signal) => api.device(id, signal), pace);
  // The list already knows the device: its name is there before the first answer.
  const device = known.value ?? devices?.find((d) => d.id === id) ?? null;
  const all = route.more['graphs'] === 'all';
  const graphs = useLive(
    `graphs ${id} ${all}`,
    (signal) => api.graphs(id, all ? { limit: GRAPHS_MAX } : { perFamily: PER_FAMILY, limit: GRAPHS_MAX }, signal),
    () => GRAPHS_EVERY_MS,
  );
  const events = useLive(
    `events ${id}`,
    (signal) => api.events({ device: id, limit: EVENTS_SHOWN }, signal),
    () => 15_000,
  );
  useTitle(device?.name ?? 'Device');

  const [gap, setGap] = useState<GraphGap>();
  const [reach, setReach] = useState('');
  const range = route.range || reach || rangeOf(route, device);
  const learn = (shown: readonly GraphData[]) => {
    setGap(commonGap(shown));
    if (device?.sources.length === 0) setReach((held) => reaching(shown, serverNow()) || held);
  };
  if (isMissing(known.error)) {
    return <NoSuchDevice />;
  }
  if (!device) return <Trouble error={known.error} />;
  const shared = route.more['scale'] === 'shared';
  const set = (name: string, value: string) => go(withMore(route, { [name]: value }), true);
  const [ports, disks] = [device.counts['interface'] ?? 0, device.counts['disk'] ?? 0];
  const tables = { device, route, range, zone };
  // All at once, so that nothing is pushed down while one reads.
  const settled = [graphs, events].every((l) => l.value !== null || l.error !== null);
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
        <h1 title={device.name}>{device.name}</h1>
        <State state={device.state} />
        <div class="end">
          <span>
            <Age newestMs={device.lastOkMs} warnAfterMs={3 * device.intervalMs} imported={isImported(device)} />
            {device.sources.length > 0 && `, collected every ${formatDuration(device.intervalMs)}`}
          </span>
          <a class="btn" href={href({ page: 'edit', id })}>
            Edit
          </a>
        </div>
      </div>
      <Identity device={device} zone={zone} />
      {device.reason !== '' && device.state !== 'up' && (
        <p class={`note ${device.state === 'down' ? 'error' : 'caution'}`}>{device.reason}</p>
      )}
      <nav class="page-tabs" aria-label="On this page">
        <a href="#graphs">Graphs</a>
        {ports > 0 && <a href="#interfaces">Interfaces {whole(ports)}</a>}
        {disks > 0 && <a href="#filesystems">Filesystems {whole(disks)}</a>}
        <a href="#events">Events</a>
      </nav>
      <div class="tools" id="graphs">
        <RangeTools route={route} range={range} />
        <Switch name="Same scale" checked={shared} onChange={(on) => set('scale', on ? 'shared' : '')} />
        <div class="end">
          <GapLine gap={gap} now={now} zone={zone} />
        </div>
      </div>
      <Trouble error={graphs.error} />
      {settled && (
        <>
          {graphs.value?.items.length === 0 && (
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
            <GraphGrid graphs={graphs.value.items} range={range} intervalMs={device.intervalMs} shared={shared} onData={learn} />
          )}
          {graphs.value && graphs.value.items.length > 0 && (
            <p class="row more">
              <button type="button" class="btn" aria-expanded={all} onClick={() => set('graphs', all ? '' : 'all')}>
                {all ? 'Fewer graphs' : 'All graphs'}
              </button>
              {all && graphs.value.nextCursor !== null && (
                <span class="mut">The first {GRAPHS_MAX}; the others are reached by the name of their interface below.</span>
              )}
            </p>
          )}
          {ports > 0 && <Interfaces {...tables} total={ports} />}
          {disks > 0 && <Filesystems {...tables} total={disks} />}
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

/** The port, where it is not the usual one: two devices may differ by nothing else. */
const portOf = ({ snmp }: DeviceView): string => (snmp === null || snmp.port === 161 ? '' : ` port ${snmp.port}`);

function Identity({ device: d, zone }: { device: DeviceView; zone: string }) {
  const parts = [d.facts.sysDescr, d.facts.sysLocation, d.facts.sysContact].filter((text) => text !== '');
  return (
    <div class="ident">
      {parts.map((text) => (
        <span key={text} class="long" title={text}>
          {text}
        </span>
      ))}
      <span class="mono">{d.address !== '' ? d.address + portOf(d) : d.origin === 'self' ? 'this machine' : 'no address'}</span>
      {d.sources.length > 0 && <span>{asked(d.sources)}</span>}
      {d.uptimeS !== null && <span>running for {formatDuration(d.uptimeS * 1000)}</span>}
      <span>history since {day(d.historySinceMs ?? d.createdMs, zone)}</span>
      {d.tags.map((tag) => (
        <span key={tag} class="long" title={tag}>
          {tag}
        </span>
      ))}
    </div>
  );
}
