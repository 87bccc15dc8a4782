/** The frame around every page: navigation, the state of the server, and what all pages share. */
import { useEffect, useRef } from 'preact/hooks';
import type { DeviceView, StatusView } from '../core/api.ts';
import { formatDuration } from '../core/units.ts';
import { api } from './api.ts';
import { later } from './later.tsx';
import { useLive, useNow, useRoute, useServer } from './live.ts';
import { BottomBar, Rail } from './navigation.tsx';
import { DevicePage } from './pages/device.tsx';
import { DevicesPage } from './pages/devices.tsx';
import { GraphPage } from './pages/graph.tsx';
import type { Route } from './route.ts';
import { clockTime } from './words.ts';

const AddPage = later<Shared>(() => import('./pages/add.tsx').then((m) => m.AddPage));
const EventsPage = later<Shared>(() => import('./pages/events.tsx').then((m) => m.EventsPage));
const LoginPage = later<object>(() => import('./pages/login.tsx').then((m) => m.LoginPage));

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
        <CurrentPage {...shared} />
      </main>
      <BottomBar {...shared} />
    </div>
  );
}

function CurrentPage(shared: Shared) {
  const { route } = shared;
  switch (route.page) {
    case 'devices':
      return <DevicesPage {...shared} />;
    case 'device':
      return <DevicePage key={route.id} {...shared} />;
    case 'graph':
      return <GraphPage key={route.id} {...shared} />;
    case 'events':
      return <EventsPage {...shared} />;
    case 'add':
      return <AddPage {...shared} />;
  }
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
