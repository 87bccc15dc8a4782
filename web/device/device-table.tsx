/** The devices as a table; on a phone as a list of blocks. */
import type { DeviceView } from '../../core/api.ts';
import { formatDuration } from '../../core/units.ts';
import { href } from '../address.ts';
import { State } from '../parts.tsx';
import { asked, isImported } from '../words.ts';
import type { Sort } from './order.ts';

const COLUMNS: readonly { sort: Sort | null; head: string; number?: boolean; class: string }[] = [
  { sort: 'name', head: 'Device', class: 'w-name' },
  { sort: 'state', head: 'State', class: 'w-state' },
  { sort: 'address', head: 'Address', class: '' },
  { sort: null, head: 'Place', class: 'w-place' },
  { sort: null, head: 'Asked by', class: 'only-widest' },
  { sort: null, head: 'Interfaces', number: true, class: '' },
  { sort: null, head: 'Filesystems', number: true, class: '' },
  { sort: 'uptime', head: 'Running for', number: true, class: '' },
  { sort: 'age', head: 'Data age', number: true, class: '' },
];

interface TableProps {
  readonly devices: readonly DeviceView[];
  readonly now: number;
  readonly sort: Sort;
  readonly onSort: (by: Sort) => void;
}

export function DeviceTable({ devices, now, sort, onSort }: TableProps) {
  const placed = devices.some((d) => d.site !== '');
  const columns = COLUMNS.filter(({ head }) => placed || head !== 'Place');
  return (
    <table class="stack flush t-dev">
      <thead>
        <tr>
          {columns.map(({ sort: by, head, number, class: width }) => (
            <th
              key={head}
              scope="col"
              class={`${number ? 'num ' : ''}${width}`}
              {...(by === sort ? { 'aria-sort': 'ascending' as const } : {})}
            >
              {by ? (
                <button type="button" onClick={() => onSort(by)}>
                  {head}
                </button>
              ) : (
                head
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {devices.map((d) => (
          <Row key={d.id} device={d} now={now} placed={placed} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ device: d, now, placed }: { device: DeviceView; now: number; placed: boolean }) {
  const ageMs = d.lastOkMs === null ? null : now - d.lastOkMs;
  const old = ageMs !== null && ageMs > 3 * d.intervalMs;
  const about = d.state === 'up' ? d.facts.sysDescr : d.reason;
  return (
    <tr>
      <td class="two c-name">
        <a class="q n1" href={href({ page: 'device', id: d.id })} title={d.name}>
          {d.name}
        </a>
        <span class="n2" title={about}>
          {about}
        </span>
      </td>
      <td class="c-state">
        <State state={d.state} />
      </td>
      <td class="mono wrap c-address">
        {d.address !== '' ? d.address : d.origin === 'self' ? 'this machine' : <span class="mut">–</span>}
      </td>
      {placed && <td class="sec wrap only-wide">{d.site}</td>}
      <td class="sec nw only-widest">{isImported(d) ? 'imported' : asked(d.sources, ', ') || 'not asked'}</td>
      <td class="num only-wide">{d.counts['interface'] ?? <span class="mut">0</span>}</td>
      <td class="num only-wide">{d.counts['disk'] ?? <span class="mut">0</span>}</td>
      <td class="num only-wide">{d.uptimeS === null ? <span class="mut">–</span> : formatDuration(d.uptimeS * 1000)}</td>
      <td class={`num c-age ${old ? 'warn' : ''}`} {...(ageMs === null ? {} : { 'data-l': 'data' })}>
        {ageMs === null ? <span class="mut">{isImported(d) ? 'imported' : 'no data'}</span> : formatDuration(ageMs)}
        {ageMs !== null && <span class="only-phone"> old</span>}
      </td>
    </tr>
  );
}
