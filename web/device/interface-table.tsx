/** Interfaces with what they carry now, of one device or of several. */
import type { InterfaceView } from '../../core/now.ts';
import { formatNumber, formatValue, formatWith } from '../../core/units.ts';
import { SparkLines } from '../graph/spark.tsx';
import { day, percent, sharesLine } from '../words.ts';
import { Head, type Sorting } from './column.tsx';
import { Name } from './name.tsx';

export const INTERFACE_SORTS = ['name', 'used', 'in', 'out', 'speed', 'errors', 'discards'] as const;
export type InterfaceSort = (typeof INTERFACE_SORTS)[number];

export interface InterfaceTableProps {
  readonly rows: readonly InterfaceView[];
  /** Range of the small histories, in words for their column. */
  readonly range: string;
  readonly zone: string;
  /** They belong to several devices: the first line of a row is the device. */
  readonly named?: boolean;
  readonly sorting: Sorting<InterfaceSort> | null;
}

export function InterfaceTable({ rows, range, zone, named = false, sorting }: InterfaceTableProps) {
  return (
    <table class={`stack flush t-if ${named ? 'named' : ''}`}>
      <thead>
        <tr>
          <Head by="name" first="ascending" sorting={sorting}>
            {named ? 'Link' : 'Interface'}
          </Head>
          <th scope="col">{range}</th>
          <Head by="used" sorting={sorting} colSpan={2}>
            {named ? 'Used now' : 'Used now, in over out'}
          </Head>
          <Head by="in" sorting={sorting} class="num">
            In, b/s
          </Head>
          <Head by="out" sorting={sorting} class="num">
            Out, b/s
          </Head>
          <Head by="speed" sorting={sorting} class="num">
            Speed, b/s
          </Head>
          {!named && (
            <>
              <Head by="errors" sorting={sorting} class="num">
                Errors/s
              </Head>
              <Head by="discards" sorting={sorting} class="num">
                Discards/s
              </Head>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((port) => (
          <Row key={`${port.device} ${port.instance}`} port={port} range={range} zone={zone} named={named} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ port, range, zone, named }: { port: InterfaceView; range: string; zone: string; named: boolean }) {
  const gone = port.vanishedMs !== null;
  const off = gone || port.operUp === false;
  const state = gone ? `gone since ${day(port.vanishedMs ?? 0, zone)}` : off ? 'not connected' : port.alias;
  return (
    <tr>
      {named ? (
        <td class="two">
          <Name place={port} range={range}>
            {port.deviceName}
          </Name>
          <span class="n2" title={`${port.name} ${port.alias}`}>
            {port.alias === '' ? port.name : `${port.alias}, ${port.name}`}
          </span>
        </td>
      ) : (
        <td class="clip">
          <Name place={port} range={range} /> <span class={off ? 'mut' : 'sec'}>{state}</span>
        </td>
      )}
      <td class="w-spark">{!off && <SparkLines spark={port.spark} roles={['in', 'out']} />}</td>
      <td class="w-bar">
        {port.used !== null && (
          <span class="bar io" role="img" aria-label={sharesLine(port.inShare, port.outShare)}>
            <i style={{ width: `${Math.min(100, (port.inShare ?? 0) * 100)}%` }} />
            <i style={{ width: `${Math.min(100, (port.outShare ?? 0) * 100)}%` }} />
          </span>
        )}
      </td>
      <td class="num">{port.used !== null && <b>{percent(port.used)}</b>}</td>
      <Bps label="in" value={port.inBps} off={off} />
      <Bps label="out" value={port.outBps} off={off} />
      <td class="num mut only-wide">{port.speedBps === null ? '' : speed(port.speedBps)}</td>
      {!named && (
        <>
          <Faults value={port.errorsPerS} off={off} shape="bad" />
          <Faults value={port.discardsPerS} off={off} shape="warn" />
        </>
      )}
    </tr>
  );
}

/** "6.02 G": the column's head says that it is bits a second. */
function short(bps: number | null): string {
  const { text, unit } = formatValue(bps, 'bps');
  return unit === '' ? text : `${text} ${unit.replace('b/s', '')}`.trimEnd();
}

/** "10 G" */
function speed(bps: number): string {
  return formatWith(bps, 'bps')
    .replace('b/s', '')
    .replace(/\.?0+ /, ' ');
}

function Bps({ label, value, off }: { label: string; value: number | null; off: boolean }) {
  if (off) return <td />;
  return (
    <td class={`num ${value === 0 ? 'mut' : ''}`} data-l={label}>
      {short(value)}
    </td>
  );
}

function Faults({ value, off, shape }: { value: number | null; off: boolean; shape: 'bad' | 'warn' }) {
  if (off || value === null) return <td class="num mut only-wide">{off ? '' : '–'}</td>;
  if (value === 0) return <td class="num mut only-wide">0</td>;
  return (
    <td class={`num ${shape} only-wide`}>
      <b>{value < 0.01 ? '< 0.01' : value < 10 ? String(Number(value.toPrecision(2))) : formatNumber(value)}</b>
    </td>
  );
}
