/** Interfaces and filesystems of one device, as they are now. */
import type { InstanceView } from '../../core/api.ts';
import type { GraphRef } from '../../core/graph.ts';
import { formatNumber, formatValue, formatWith } from '../../core/units.ts';
import { Spark } from '../graph/spark.tsx';
import { href } from '../address.ts';
import { day } from '../words.ts';
import { diskNow, percent, portNow, type Latest } from './now.ts';

export interface TableProps {
  readonly instances: readonly InstanceView[];
  readonly latest: Latest;
  readonly graphs: readonly GraphRef[];
  readonly range: string;
  readonly zone: string;
}

/** The graph to open for an instance: the first of the list, which is the most telling one. */
function graphOf(graphs: readonly GraphRef[], instance: InstanceView): GraphRef | undefined {
  return graphs.find((g) => g.instance === instance.id);
}

/** "6.02 G": the column's head says that it is bits a second. */
function short(bps: number | null): string {
  const { text, unit } = formatValue(bps, 'bps');
  return unit === '' ? text : `${text} ${unit.replace('b/s', '')}`.trimEnd();
}

export function InterfaceTable(props: TableProps) {
  return (
    <table class="stack flush t-if">
      <thead>
        <tr>
          <th scope="col">Interface</th>
          <th scope="col">Traffic</th>
          <th scope="col" colSpan={2}>
            Used now, in over out
          </th>
          <th scope="col" class="num">
            In, b/s
          </th>
          <th scope="col" class="num">
            Out, b/s
          </th>
          <th scope="col" class="num">
            Speed, b/s
          </th>
          <th scope="col" class="num">
            Errors/s
          </th>
          <th scope="col" class="num">
            Discards/s
          </th>
        </tr>
      </thead>
      <tbody>
        {props.instances.map((port) => (
          <PortRow key={port.id} port={port} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function PortRow({ port, latest, graphs, range, zone }: TableProps & { port: InstanceView }) {
  const now = portNow(port, latest);
  const graph = graphOf(graphs, port);
  const off = port.vanishedMs !== null || now.operUp === false;
  const most = Math.max(now.inShare ?? 0, now.outShare ?? 0);
  return (
    <tr>
      <td class="clip">
        <Name instance={port} graph={graph} range={range} />{' '}
        <span class={off ? 'mut' : 'sec'}>
          {port.vanishedMs !== null
            ? `gone since ${day(port.vanishedMs, zone)}`
            : now.operUp === false
              ? 'not connected'
              : port.alias}
        </span>
      </td>
      <td class="w-spark">{!off && graph && <Spark id={graph.id} range={range} />}</td>
      <td class="w-bar">{!off && now.inShare !== null && <PortBar inShare={now.inShare} outShare={now.outShare ?? 0} />}</td>
      <td class="num">{!off && now.inShare !== null && <b>{percent(most)}</b>}</td>
      {off ? <td /> : <Bps label="in" value={now.inBps} />}
      {off ? <td /> : <Bps label="out" value={now.outBps} />}
      <td class="num mut only-wide">
        {port.capacity
          ? formatWith(port.capacity, 'bps')
              .replace('b/s', '')
              .replace(/\.?0+ /, ' ')
          : ''}
      </td>
      <Faults value={off ? null : now.errorsPerS} shape="bad" />
      <Faults value={off ? null : now.discardsPerS} shape="warn" />
    </tr>
  );
}

function Bps({ label, value }: { label: string; value: number | null }) {
  return (
    <td class={`num ${value === 0 ? 'mut' : ''}`} data-l={label}>
      {short(value)}
    </td>
  );
}

function Name({ instance, graph, range }: { instance: InstanceView; graph: GraphRef | undefined; range: string }) {
  const name = instance.name === '' ? instance.key : instance.name;
  if (!graph) return <span class="n1">{name}</span>;
  return (
    <a class="q n1" href={href({ page: 'graph', id: graph.id, range })} title={name}>
      {name}
    </a>
  );
}

function PortBar({ inShare, outShare }: { inShare: number; outShare: number }) {
  return (
    <span class="bar io" role="img" aria-label={`in ${percent(inShare)}, out ${percent(outShare)} of the speed`}>
      <i style={{ width: `${Math.min(100, inShare * 100)}%` }} />
      <i style={{ width: `${Math.min(100, outShare * 100)}%` }} />
    </span>
  );
}

function Faults({ value, shape }: { value: number | null; shape: 'bad' | 'warn' }) {
  if (value === null) return <td class="num mut only-wide">–</td>;
  if (value === 0) return <td class="num mut only-wide">0</td>;
  return (
    <td class={`num ${shape} only-wide`}>
      <b>{value < 0.01 ? '< 0.01' : value < 10 ? String(Number(value.toPrecision(2))) : formatNumber(value)}</b>
    </td>
  );
}

export function FilesystemTable({ instances, latest, graphs, range, zone }: TableProps) {
  return (
    <table class="stack flush t-disk">
      <thead>
        <tr>
          <th scope="col" class="w-mount">
            Filesystem
          </th>
          <th scope="col">Used</th>
          <th scope="col" class="num">
            Of size
          </th>
          <th scope="col" class="num">
            Used
          </th>
          <th scope="col" class="num">
            Size
          </th>
          <th scope="col" class="num">
            Free
          </th>
        </tr>
      </thead>
      <tbody>
        {instances.map((disk) => {
          const { usedBytes, sizeBytes, share } = diskNow(disk, latest);
          const free = usedBytes === null || sizeBytes === null ? null : Math.max(0, sizeBytes - usedBytes);
          return (
            <tr key={disk.id}>
              <td class="clip">
                <Name instance={disk} graph={graphOf(graphs, disk)} range={range} />{' '}
                {disk.vanishedMs !== null && <span class="mut">gone since {day(disk.vanishedMs, zone)}</span>}
              </td>
              <td>
                {share !== null && (
                  <span class="bar wide" role="img" aria-label={`${percent(share)} used`}>
                    <i style={{ width: `${Math.min(100, share * 100)}%` }} />
                  </span>
                )}
              </td>
              <td class="num">{share !== null && <b>{percent(share)}</b>}</td>
              <td class="num" data-l="used">
                {formatWith(usedBytes, 'bytes')}
              </td>
              <td class="num mut">{formatWith(sizeBytes, 'bytes')}</td>
              <td class="num only-wide">{formatWith(free, 'bytes')}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
