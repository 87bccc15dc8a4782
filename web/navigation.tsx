/** The rail at the side, and the bar at the bottom of a phone. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { formatDuration } from '../core/units.ts';
import type { Shared } from './app.tsx';
import { api, sentence } from './api.ts';
import { useTheme } from './live.ts';
import { loginNeeded } from './remote.ts';
import { href } from './address.ts';
import type { Page, Route } from './route.ts';
import { openSearch } from './search-key.ts';
import { toggleTheme } from './theme.ts';

const MARK = 'M9 20.2V2.4M2.2 7.4v2.4c0 2 1.2 3.2 3.2 3.2H9M15.8 5.4v1.8c0 2-1.2 3.2-3.2 3.2H9';

export function Brand() {
  return (
    <a class="brand" href={href({ page: 'overview' })}>
      <svg viewBox="0 0 18 22" fill="none" stroke="currentColor" stroke-width="3.4" stroke-linecap="round" aria-hidden="true">
        <path d={MARK} />
      </svg>
      Saguaro
    </a>
  );
}

export function Rail(shared: Shared) {
  const { route, devices } = shared;
  const down = devices?.filter((d) => d.state === 'down').length ?? 0;
  return (
    <nav class="rail" aria-label="Main">
      <Brand />
      <button type="button" class="goto" aria-keyshortcuts="/" onClick={openSearch}>
        Go to <kbd aria-hidden="true">/</kbd>
      </button>
      <div class="nav">
        <Entry page="overview" current={route.page === 'overview'}>
          <span>Overview</span>
        </Entry>
        <Entry page="devices" current={isDevices(route) && route.more['site'] === undefined}>
          <span>Devices</span>
          <Count down={down} all={devices?.length ?? null} />
        </Entry>
        <Entry page="dashboards" current={isDashboards(route)}>
          <span>Dashboards</span>
        </Entry>
        <Entry page="explore" current={isExploring(route)}>
          <span>Explorer</span>
        </Entry>
        <Entry page="capacity" current={isCapacity(route)}>
          <span>Capacity</span>
        </Entry>
        <Entry page="review" current={route.page === 'review'}>
          <span>Trend review</span>
        </Entry>
        <Entry page="events" current={route.page === 'events'}>
          <span>Events</span>
        </Entry>
        <Entry page="embeds" current={route.page === 'embeds'}>
          <span>Embeds</span>
        </Entry>
        <Entry page="add" current={isAdding(route.page)}>
          <span>Add devices</span>
        </Entry>
      </div>
      <Places {...shared} />
      <Foot {...shared} />
    </nav>
  );
}

/** Graphs of dashboards belong to these, all others to a device. */
const isBoardGraph = ({ page, id }: Route) => page === 'graph' && id.startsWith('board~');
const isExploring = ({ page, id }: Route) => page === 'explore' || (page === 'graph' && id.startsWith('explore~'));
const isCapacity = ({ page, id }: Route) => page === 'capacity' || (page === 'graph' && id.startsWith('future~'));
const isDevices = (route: Route) =>
  ['devices', 'device', 'edit'].includes(route.page) ||
  (route.page === 'graph' && !isBoardGraph(route) && !isExploring(route) && !isCapacity(route));
const isDashboards = (route: Route) => ['dashboards', 'dashboard'].includes(route.page) || isBoardGraph(route);
const isAdding = (page: Page) => page === 'add' || page === 'bulk' || page === 'range';

function Entry({ page, current, children }: { page: Page; current: boolean; children: ComponentChildren }) {
  return (
    <a href={href({ page })} {...(current ? { 'aria-current': 'page' as const } : {})}>
      {children}
    </a>
  );
}

function Count({ down, all }: { down: number; all: number | null }) {
  if (all === null) return <span class="n" />;
  return (
    <span class="n">
      {down > 0 && (
        <>
          <span class="st down">
            {down}
            <span class="vh"> down of</span>
          </span>{' '}
        </>
      )}
      {all}
    </span>
  );
}

/** Sites as the operator named them; nothing while there are none. */
function Places({ route, devices }: Shared) {
  const sites = new Map<string, { all: number; down: number }>();
  for (const { site, state } of devices ?? []) {
    if (site === '') continue;
    const held = sites.get(site) ?? { all: 0, down: 0 };
    sites.set(site, { all: held.all + 1, down: held.down + (state === 'down' ? 1 : 0) });
  }
  if (sites.size === 0) return null;
  const sorted = [...sites].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return (
    <div class="nav">
      <h2>Places</h2>
      {sorted.map(([site, { all, down }]) => (
        <a
          key={site}
          href={href({ page: 'devices', more: { site } })}
          {...(route.page === 'devices' && route.more['site'] === site ? { 'aria-current': 'page' as const } : {})}
        >
          <span>{site}</span>
          <Count down={down} all={all} />
        </a>
      ))}
    </div>
  );
}

/** How the collector fares, and the theme; on a phone it stands under the page. */
export function Foot({ status, route }: Pick<Shared, 'status' | 'route'>) {
  const collector = status?.collector ?? null;
  const late = (collector?.latenessMs ?? 0) > LATE_MS;
  return (
    <div class="foot">
      {status && (
        <p>
          {collector === null ? (
            <span class="st off">No collector here</span>
          ) : (
            <a
              class={`q st ${late ? 'stale' : 'up'}`}
              href={href({ page: 'collector' })}
              {...(route.page === 'collector' ? { 'aria-current': 'page' as const } : {})}
            >
              {late ? 'Collector late' : 'Collector on time'}
            </a>
          )}
          {late && <span class="mut"> by {formatDuration(collector?.latenessMs ?? 0)}</span>}
          {!status.store.ok && <span class="bad"> {status.store.reason}</span>}
        </p>
      )}
      <ThemeButton />
      {status?.loginRequired && <LogOut />}
    </div>
  );
}

/** Polls that start later than this are worth a word. */
export const LATE_MS = 2_000;

function LogOut() {
  const [trouble, setTrouble] = useState('');
  const leave = async () => {
    try {
      await api.logout(new AbortController().signal);
      loginNeeded(true);
    } catch (error) {
      setTrouble(sentence(error));
    }
  };
  return (
    <>
      {' · '}
      <button type="button" class="plain" onClick={() => void leave()}>
        Log out
      </button>
      <span role="alert" class="bad">
        {trouble}
      </span>
    </>
  );
}

function ThemeButton() {
  const next = useTheme() === 'dark' ? 'light' : 'dark';
  return (
    <button type="button" class="plain" onClick={toggleTheme}>
      {next === 'dark' ? 'Dark theme' : 'Light theme'}
    </button>
  );
}

const ICONS = {
  overview: 'M3 9.5 10 3l7 6.5M5 8v9h10V8',
  devices: 'M3 4h14v5H3zM3 11h14v5H3zM6 6.5h1M6 13.5h1',
  dashboards: 'M3 3v14h14M6 13l3-4 3 2 4-6',
  capacity: 'M3 5h14M4 16c5 0 8-3 12-10',
  search: 'M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zM13.5 13.5 17 17',
} as const;

function Icon({ name }: { name: keyof typeof ICONS }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}

export function BottomBar({ route }: Shared) {
  return (
    <nav class="tabs-phone" aria-label="Main, bottom">
      <Entry page="overview" current={route.page === 'overview'}>
        <Icon name="overview" />
        Overview
      </Entry>
      <Entry page="devices" current={isDevices(route) || isAdding(route.page)}>
        <Icon name="devices" />
        Devices
      </Entry>
      <Entry page="dashboards" current={isDashboards(route)}>
        <Icon name="dashboards" />
        Dashboards
      </Entry>
      <Entry page="capacity" current={isCapacity(route)}>
        <Icon name="capacity" />
        Capacity
      </Entry>
      <button type="button" onClick={openSearch}>
        <Icon name="search" />
        Go to
      </button>
    </nav>
  );
}
