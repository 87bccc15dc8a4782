/** A list of devices before and while it is added: what cannot be, and a row for each that can. */
import type { DeviceInput } from '../../core/api.ts';
import type { DeviceList } from '../../core/device-list.ts';
import { formatDuration } from '../../core/units.ts';
import { whole } from '../words.ts';
import type { AddRow } from './adding.ts';
import { AddStateCell } from './adding-parts.tsx';

/** Faults shown at once; who has more has another kind of list. */
const FAULTS_SHOWN = 50;
/** Rows shown before anything is asked; while they are asked all are shown. */
const ROWS_SHOWN = 100;

export function ListTable({ list, rows }: { list: DeviceList; rows: readonly AddRow[] }) {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const begun = rows.length > 0;
  const devices = begun ? list.devices : list.devices.slice(0, ROWS_SHOWN);
  return (
    <>
      {list.faults.length > 0 && (
        <section aria-label="Lines that cannot be added">
          <header>
            <h2>Lines that cannot be added</h2>
          </header>
          <ul class="faults">
            {list.faults.slice(0, FAULTS_SHOWN).map(({ line, text }) => (
              <li key={line}>
                <b>Line {whole(line)}</b> {text}
              </li>
            ))}
          </ul>
          {list.faults.length > FAULTS_SHOWN && <p class="mut">And {whole(list.faults.length - FAULTS_SHOWN)} more.</p>}
        </section>
      )}
      {devices.length > 0 && (
        <section aria-label="Devices of the list">
          <header>
            <h2>{begun ? 'Devices' : 'What will be added'}</h2>
          </header>
          <table class="stack t-add">
            <thead>
              <tr>
                <th scope="col" class="num">
                  Line
                </th>
                <th scope="col">Address</th>
                <th scope="col">Name</th>
                <th scope="col">Place, tags</th>
                <th scope="col">Asked by</th>
                {begun && <th scope="col">State</th>}
              </tr>
            </thead>
            <tbody>
              {devices.map(({ line, input }) => (
                <tr key={line}>
                  <td class="num mut only-wide">{line}</td>
                  <td class="mono wrap">{input.address}</td>
                  <td class="wrap">{input.name ?? <span class="mut">as it says</span>}</td>
                  <td class="wrap sec">{[input.site, ...(input.tags ?? [])].filter(Boolean).join(', ')}</td>
                  <td class="sec">{askedWords(input)}</td>
                  {begun && (
                    <td class="c-add">
                      <AddStateCell row={byKey.get(String(line))} />
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
          {list.devices.length > devices.length && <p class="mut">And {whole(list.devices.length - devices.length)} more.</p>}
        </section>
      )}
    </>
  );
}

/** "SNMPv2c, ping, every 60 s"; never a secret. */
function askedWords({ snmp, ping, intervalMs }: DeviceInput): string {
  const version = snmp?.version ?? (snmp?.user === undefined ? '2c' : '3');
  return [
    ...(snmp === undefined ? [] : [`SNMPv${version}${snmp.port === undefined ? '' : ` port ${snmp.port}`}`]),
    ...(ping === true ? ['ping'] : []),
    ...(intervalMs === undefined ? [] : [`every ${formatDuration(intervalMs)}`]),
  ].join(', ');
}
