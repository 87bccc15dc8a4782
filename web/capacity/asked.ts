/** What the capacity page shows, as its address says it: filter, order, the row that is open and its scenarios. */
import { bySoonest, CAPACITY_KINDS, type CapacityRow } from '../../core/capacity.ts';
import { SCENARIOS_MAX } from '../../core/graph-future.ts';
import type { Order } from '../device/column.tsx';
import { withMore, type Route } from '../route.ts';
import { chanceIn, DUE_DAYS, heldShare } from './words.ts';

export const CAPACITY_SORTS = ['name', 'headroom', '30', '90', '180', 'date', 'order', 'growth', 'held'] as const;
export type CapacitySort = (typeof CAPACITY_SORTS)[number];

export interface AskedCapacity {
  /** '' = everything. */
  readonly what: string;
  readonly site: string;
  readonly tag: string;
  readonly due: boolean;
  /** Series of the open row; '' = the first. */
  readonly row: string;
  /** As texts, at most three. */
  readonly scenarios: readonly string[];
}

const SCENARIO_KEYS = ['if', 'if2', 'if3'] as const;

export function askedCapacity({ more }: Route): AskedCapacity {
  return {
    what: CAPACITY_KINDS.find((one) => one === more['what']) ?? '',
    site: more['site'] ?? '',
    tag: more['tag'] ?? '',
    due: more['due'] === '1',
    row: more['row'] ?? '',
    scenarios: SCENARIO_KEYS.flatMap((key) => more[key] ?? []).slice(0, SCENARIOS_MAX),
  };
}

/** The same page with other scenarios. */
export function withScenarios(route: Route, texts: readonly string[]): Route {
  return withMore(route, Object.fromEntries(SCENARIO_KEYS.map((key, i) => [key, texts[i] ?? ''])));
}

/** The same page with another row open; scenarios were of the one before. */
export const withRow = (route: Route, series: string): Route => withScenarios(withMore(route, { row: series }), []);

const DAY_MS = 86_400_000;

export function chosenRows(rows: readonly CapacityRow[], asked: AskedCapacity, nowMs: number): CapacityRow[] {
  const { what, site, tag, due } = asked;
  return rows.filter(
    (row) =>
      (what === '' || row.what === what) &&
      (site === '' || row.site === site) &&
      (tag === '' || row.tags.includes(tag)) &&
      (!due || (row.orderByMs !== null && row.orderByMs < nowMs + DUE_DAYS * DAY_MS)),
  );
}

/** Unknown figures stand last, whichever way the known ones go. */
export function sortedRows(rows: readonly CapacityRow[], sort: CapacitySort, order: Order): CapacityRow[] {
  const sign = order === 'ascending' ? 1 : -1;
  if (sort === 'name') {
    const name = ({ deviceName, name }: CapacityRow) => `${deviceName} ${name}`;
    return [...rows].sort((a, b) => sign * name(a).localeCompare(name(b), 'en', { numeric: true }));
  }
  if (sort === 'date' && order === 'ascending') return [...rows].sort(bySoonest);
  const figure = (row: CapacityRow): number | null => {
    const share = (v: number | null) => (v === null || row.limit === null || row.limit <= 0 ? null : v / row.limit);
    switch (sort) {
      case 'headroom':
        return share(row.headroom);
      case 'date':
        return row.dates?.medianMs ?? null;
      case 'order':
        return row.orderByMs;
      case 'growth':
        return share(row.growthPerMonth?.middle ?? null);
      case 'held':
        return heldShare(row);
      default:
        return chanceIn(row, Number(sort));
    }
  };
  return rows
    .map((row) => ({ row, value: figure(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return a.value === b.value ? bySoonest(a.row, b.row) : a.value === null ? 1 : -1;
      return sign * (a.value - b.value) || bySoonest(a.row, b.row);
    })
    .map(({ row }) => row);
}
