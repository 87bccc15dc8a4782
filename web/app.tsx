/** The frame around every page: navigation, the state of the server, and what all pages share. */
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeviceView, StatusView } from '../core/api.ts';
import { formatDuration } from '../core/units.ts';
import { api } from './api.ts';
import { DestinationNotice } from './destination.tsx';
import { later } from './later.tsx';
import { useLive, useNow, useRoute, useServer } from './live.ts';
import { BottomBar, Foot, Rail } from './navigation.tsx';
import type { Page, Route } from './route.ts';
import { onSearch } from './search-key.ts';
import { clockTime } from './words.ts';

/** Each page comes when it is first shown, so that the first one is there at once. */
const PAGES: Readonly<Record<Page, ComponentType<Shared>>> = {
  overview: later(() => import('./pages/overview.tsx').then((m) => m.OverviewPage)),
  devices: later(() => import('./pages/devices.tsx').then((m) => m.DevicesPage)),
  device: later(() => import('./pages/device.tsx').then((m) => m.DevicePage)),
  edit: later(() => import('./pages/edit.tsx').then((m) => m.EditPage)),
  add: later(() => import('./pages/add.tsx').then((m) => m.AddPage)),
  bulk: later(() => import('./pages/bulk.tsx').then((m) => m.BulkPage)),
  range: later(() => import('./pages/range.tsx').then((m) => m.RangePage)),
  dashboards: later(() => import('./pages/dashboards.tsx').then((m) => m.DashboardsPage)),
  dashboard: later(() => import('./pages/dashboard.tsx').then((m) => m.DashboardPage)),
  explore: later(() => import('./pages/explore.tsx').then((m) => m.ExplorePage)),
  graph: later(() => import('./pages/graph.tsx').then((m) => m.GraphPage)),
  review: later(() => import('./pages/review.tsx').then((m) => m.ReviewPage)),
  capacity: later(() => import('./pages/capacity.tsx').then((m) => m.CapacityPage)),
  quiet: later(() => import('./pages/quiet.tsx').then((m) => m.QuietPage)),
  events: later(() => import('./pages/events.tsx').then((m) => m.EventsPage)),
  embeds: later(() => import('./pages/embeds.tsx').then((m) => m.EmbedsPage)),
  collector: later(() => import('./pages/collector.tsx').then((m) => m.CollectorPage)),
};
const LoginPage = later<object>(() => import('./pages/login.tsx').then((m) => m.LoginPage));

const Search = later<{ onClose: () => void }>(() => import('./search.tsx').then((m) => m.Search));

/** After the first page, not before it. */
const SEARCH_AFTER_MS = 1_000;
const STATUS_EVERY_MS = 10_000;

/** What every page may use without asking again. */
export interface Shared {
  readonly route: Route;
  readonly status: StatusView | null;
  /** Null until the first answer. */
  readonly devices: readonly DeviceView[] | null;
  readonly devicesError: unknown;
  /** IANA zone in which times are shown. */
  readonly zone: string;
  readonly reloadDevices: () => void;
}

export function App() {
  const route = useRoute();
  const { loginNeeded } = useServer();
  const entry = loginNeeded ? null : 'now';
  const status = useLive(entry && 'status', api.status, () => STATUS_EVERY_MS);
  const devices = useLive(entry && 'devices', api.devices, devicesEveryMs);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // Whoever listens hears where they are now; the first page speaks for itself.
    if (!first.current) {
      scrollTo({ top: 0, behavior: 'instant' });
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [route.page, route.id]);

  const [searching, setSearching] = useState(false);
  useEffect(() => onSearch(() => setSearching(true)), []);
  // Letters that are typed right after the key must find the field there.
  useEffect(() => void setTimeout(Search.fetch, SEARCH_AFTER_MS), []);

  if (loginNeeded) return <LoginPage />;
  const shared: Shared = {
    route,
    status: status.value,
    devices: devices.value,
    devicesError: devices.error,
    zone: status.value?.zone ?? 'UTC',
    reloadDevices: devices.reload,
  };
  return (
    <div class="app">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Rail {...shared} />
      <main class="main" id="main" ref={main} tabIndex={-1}>
        <Away zone={shared.zone} />
        <DestinationNotice status={shared.status} />
        <CurrentPage {...shared} />
        <div class="only-phone">
          <Foot {...shared} />
        </div>
      </main>
      <BottomBar {...shared} />
      {searching && <Search onClose={() => setSearching(false)} />}
    </div>
  );
}

/** One that shows a single thing begins anew with another one. */
function CurrentPage(shared: Shared) {
  const { page, id } = shared.route;
  const Shown = PAGES[page];
  return <Shown key={`${page} ${id}`} {...shared} />;
}

/** Says that the server is away; disappears by itself. */
function Away({ zone }: { zone: string }) {
  const { awaySinceMs, reason } = useServer();
  const now = useNow(5_000);
  return (
    <div role="status">
      {awaySinceMs !== null && (
        <p class="away">
          {reason} What you see is from before {clockTime(now - (Date.now() - awaySinceMs), zone)},{' '}
          {formatDuration(Date.now() - awaySinceMs)} ago. It is asked again every 5 s.
        </p>
      )}
    </div>
  );
}

/** As often as the quickest device is polled, within reason. */
function devicesEveryMs(devices: readonly DeviceView[]): number {
  const quickest = Math.min(...devices.map((d) => d.intervalMs), 30_000);
  return Math.max(quickest, devices.length > 1000 ? 30_000 : 5_000);
}
