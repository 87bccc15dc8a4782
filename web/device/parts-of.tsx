/** The tables on a device's page: its interfaces and filesystems, sorted, filtered, a part at a time. */
import { useState } from 'preact/hooks';
import type { DeviceView } from '../../core/api.ts';
import { api } from '../api.ts';
import { go, useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { withMore, type Route } from '../route.ts';
import { whole } from '../words.ts';
import { sortingOf, type Order } from './column.tsx';
import { FILESYSTEM_SORTS, FilesystemTable } from './filesystem-table.tsx';
import { INTERFACE_SORTS, InterfaceTable } from './interface-table.tsx';

/** A switch of 48 ports fits; of 20,000 ports one looks for one. */
const ROWS = 60;
const ROWS_MAX = 960;
const FILTER_FROM = 12;

export interface PartsProps {
  readonly device: DeviceView;
  readonly route: Route;
  readonly range: string;
  readonly zone: string;
  readonly total: number;
}

const BY_NAME = { sort: 'name', order: 'ascending' } as const;
const every = (device: DeviceView) => Math.min(60_000, Math.max(5_000, device.intervalMs));

export function Interfaces({ device, route, range, zone, total }: PartsProps) {
  const [rows, setRows] = useState(ROWS);
  const q = route.more['port'] ?? '';
  const sorting = sortingOf(route.more['ports'] ?? '', INTERFACE_SORTS, BY_NAME);
  const set = (changes: Record<string, string>) => go(withMore(route, changes), true);
  const query = { device: device.id, ...sorting, spark: range, limit: rows, ...(q === '' ? {} : { q }) };
  const { value, error } = useLive(
    JSON.stringify(query),
    (signal) => api.interfaces(query, signal),
    () => every(device),
  );
  return (
    <section id="interfaces">
      <header>
        <h2>Interfaces</h2>
        <span class="k c-in s sec">in</span>
        <span class="k c-out s sec">out</span>
        {(total >= FILTER_FROM || q !== '') && (
          <input
            class="filter end"
            type="search"
            aria-label="Filter interfaces"
            placeholder="Filter by name or description"
            autocomplete="off"
            spellcheck={false}
            value={q}
            onInput={(event) => set({ port: event.currentTarget.value })}
          />
        )}
      </header>
      <Trouble error={error} />
      {value && value.items.length === 0 && <p class="mut">No interface of it matches “{q}”.</p>}
      {value && value.items.length > 0 && (
        <InterfaceTable
          rows={value.items}
          range={range}
          zone={zone}
          sorting={{ ...sorting, onSort: (sort, order) => set({ ports: said(sort, order) }) }}
        />
      )}
      {value?.nextCursor && rows < ROWS_MAX && (
        <p class="row more">
          <button type="button" class="btn" onClick={() => setRows(Math.min(ROWS_MAX, rows * 2))}>
            Show more of {whole(total)}
          </button>
        </p>
      )}
    </section>
  );
}

export function Filesystems({ device, route, range, zone }: PartsProps) {
  const sorting = sortingOf(route.more['disks'] ?? '', FILESYSTEM_SORTS, BY_NAME);
  const query = { device: device.id, ...sorting, spark: range, limit: ROWS_MAX };
  const { value, error } = useLive(
    JSON.stringify(query),
    (signal) => api.filesystems(query, signal),
    () => every(device),
  );
  return (
    <section id="filesystems">
      <header>
        <h2>Filesystems</h2>
      </header>
      <Trouble error={error} />
      {value && value.items.length > 0 && (
        <FilesystemTable
          rows={value.items}
          range={range}
          zone={zone}
          sorting={{ ...sorting, onSort: (sort, order) => go(withMore(route, { disks: said(sort, order) }), true) }}
        />
      )}
    </section>
  );
}

/** As the address keeps it; the order by name is the default and kept by nobody. */
function said(sort: string, order: Order): string {
  return sort === 'name' && order === 'ascending' ? '' : `${sort}:${order}`;
}
