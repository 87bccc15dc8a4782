/**
 * The state of every view lives in the address: `/graphs/<id>?range=7d`. This file reads and
 * writes such addresses; the base path they stand behind is another's affair.
 */

export type Page =
  | 'overview'
  | 'devices'
  | 'device'
  | 'edit'
  | 'add'
  | 'bulk'
  | 'range'
  | 'dashboards'
  | 'dashboard'
  | 'explore'
  | 'graph'
  | 'review'
  | 'capacity'
  | 'quiet'
  | 'events'
  | 'embeds'
  | 'collector';

export interface Route {
  readonly page: Page;
  /** Id of a device, graph or dashboard; '' for pages without one. */
  readonly id: string;
  /** As typed, see core/time-range.ts; '' leaves it to the page. */
  readonly range: string;
  /** Everything else: filter, sort, switches. Only what differs from the default is kept. */
  readonly more: Readonly<Record<string, string>>;
}

/** Reads an address; what it does not know becomes the overview. */
export function parseRoute(path: string, search: string): Route {
  const query = new URLSearchParams(search);
  const [, list = '', id = '', part = ''] = path.split('/').map(decoded);
  const page = pageOf(list, id, part);
  const more = Object.fromEntries([...query].filter(([key, value]) => key !== 'range' && value !== ''));
  return { page, id: WITH_ID.has(page) ? id : '', range: query.get('range')?.trim() ?? '', more };
}

/** The one word in the place of a device id that is none; ids are longer. */
const ADD = 'add';
const WITH_ID: ReadonlySet<Page> = new Set<Page>(['device', 'edit', 'dashboard', 'graph']);

function pageOf(list: string, id: string, part: string): Page {
  switch (list) {
    case 'devices':
      if (id === ADD) return part === 'list' ? 'bulk' : part === 'range' ? 'range' : 'add';
      return id === '' ? 'devices' : part === 'edit' ? 'edit' : 'device';
    case 'dashboards':
      return id === '' ? 'dashboards' : 'dashboard';
    case 'explore':
      return list;
    case 'graphs':
      return id === '' ? 'dashboards' : 'graph';
    case 'reviews':
      return 'review';
    case 'events':
    case 'embeds':
    case 'capacity':
    case 'quiet':
    case 'collector':
      return list;
    default:
      return 'overview';
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // A stray percent sign: the server will say that there is no such thing.
  }
}

/** The address of a route, after the base path. */
export function pathOf(route: Partial<Route> & { readonly page: Page }): string {
  const { page, id = '', range = '', more = {} } = route;
  const query = new URLSearchParams();
  if (range !== '') query.set('range', range);
  for (const [key, value] of Object.entries(more)) if (value !== '') query.set(key, value);
  // Colons may stand in a query and read better bare.
  const text = query.toString().replaceAll('%3A', ':');
  return PATHS[page](encodeURIComponent(id)) + (text === '' ? '' : `?${text}`);
}

const PATHS: Readonly<Record<Page, (id: string) => string>> = {
  overview: () => '/',
  devices: () => '/devices',
  device: (id) => `/devices/${id}`,
  edit: (id) => `/devices/${id}/edit`,
  add: () => `/devices/${ADD}`,
  bulk: () => `/devices/${ADD}/list`,
  range: () => `/devices/${ADD}/range`,
  dashboards: () => '/dashboards',
  dashboard: (id) => `/dashboards/${id}`,
  explore: () => '/explore',
  graph: (id) => `/graphs/${id}`,
  review: () => '/reviews',
  capacity: () => '/capacity',
  quiet: () => '/quiet',
  events: () => '/events',
  embeds: () => '/embeds',
  collector: () => '/collector',
};

/** The same route with some settings changed; '' removes one. */
export function withMore(route: Route, changes: Readonly<Record<string, string>>): Route {
  const more = Object.entries({ ...route.more, ...changes }).filter(([, value]) => value !== '');
  return { ...route, more: Object.fromEntries(more) };
}

/** Preset ranges of every range control. */
export const PRESETS = ['1h', '6h', '24h', '7d', '30d', '1y', '5y'] as const;

/** What a young device shows when nothing else is asked: its history should fill the graph, not a corner of it. */
const FIRST_RANGES = [
  ['15m', 20 * 60_000],
  ['1h', 3 * 3_600_000],
  ['6h', 12 * 3_600_000],
] as const;

/** @param ageMs since the device was added; Infinity when its history may be older */
export function firstRange(ageMs: number): string {
  return FIRST_RANGES.find(([, until]) => ageMs < until)?.[0] ?? '24h';
}

/** What the range field shows: presets in full, anything else as it was typed. */
export function shownRange(range: string): string {
  return /^\d+(s|m|min|h|d|w|mo|y)$/.test(range) ? `now-${range} to now` : range;
}

/** What was typed, in its shortest form, so that presets stay presets. */
export function shortRange(typed: string): string {
  const text = typed.trim().replace(/\s+/g, ' ');
  return /^(?:now-|last )(\d+(?:s|m|min|h|d|w|mo|y))(?: to now)?$/i.exec(text)?.[1] ?? text;
}
