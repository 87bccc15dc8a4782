/** Filesystems with how full they are, of one device or of several. */
import type { FilesystemView } from '../../core/now.ts';
import { formatDuration, formatWith } from '../../core/units.ts';
import { SparkLines } from '../graph/spark.tsx';
import { serverNow } from '../remote.ts';
import { day, percent } from '../words.ts';
import { Head, type Sorting } from './column.tsx';
import { Name } from './name.tsx';

export const FILESYSTEM_SORTS = ['name', 'used', 'size', 'free'] as const;
export type FilesystemSort = (typeof FILESYSTEM_SORTS)[number];

export interface FilesystemTableProps {
  readonly rows: readonly FilesystemView[];
  /** Range of the small histories, also the one their graph opens with. */
  readonly range: string;
  readonly zone: string;
  /** They belong to several devices: the first line of a row is the device. */
  readonly named?: boolean;
  readonly sorting: Sorting<FilesystemSort> | null;
}

export function FilesystemTable({ rows, range, zone, named = false, sorting }: FilesystemTableProps) {
  return (
    <table class={`stack flush t-disk ${named ? 'named' : ''}`}>
      <thead>
        <tr>
          <Head by="name" first="ascending" sorting={sorting} class="w-mount">
            Filesystem
          </Head>
          <th scope="col">{range}</th>
          <Head by="used" sorting={sorting} colSpan={2}>
            Of size
          </Head>
          <th scope="col" class="num">
            Used
          </th>
          <Head by="size" sorting={sorting} class="num">
            Size
          </Head>
          <Head by="free" sorting={sorting} class="num">
            Free
          </Head>
          <th scope="col" class="num">
            In {range}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((disk) => (
          <Row key={`${disk.device} ${disk.instance}`} disk={disk} range={range} zone={zone} named={named} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ disk, range, zone, named }: { disk: FilesystemView; range: string; zone: string; named: boolean }) {
  const { usedBytes, sizeBytes, used, grownBytes } = disk;
  const free = usedBytes === null || sizeBytes === null ? null : Math.max(0, sizeBytes - usedBytes);
  const ageMs = disk.newestMs === null ? 0 : serverNow() - disk.newestMs;
  const ago = ageMs > OLD_MS ? `as of ${formatDuration(ageMs)} ago` : '';
  return (
    <tr>
      {named ? (
        <td class="two">
          <Name place={disk} range={range}>
            {disk.deviceName}
          </Name>
          <span class="n2" title={disk.name}>
            {disk.name}
            {ago !== '' && `, ${ago}`}
          </span>
        </td>
      ) : (
        <td class="clip">
          <Name place={disk} range={range} />{' '}
          <span class="mut">{disk.vanishedMs === null ? ago : `gone since ${day(disk.vanishedMs, zone)}`}</span>
        </td>
      )}
      <td class="w-spark">
        <SparkLines spark={disk.spark} roles={['s1']} full={sizeBytes} />
      </td>
      <td class="w-bar">
        {used !== null && (
          <span class="bar" role="img" aria-label={`${percent(used)} used`}>
            <i style={{ width: `${Math.min(100, used * 100)}%` }} />
          </span>
        )}
      </td>
      <td class="num">{used !== null && <b>{percent(used)}</b>}</td>
      <td class="num only-wide">{formatWith(usedBytes, 'bytes')}</td>
      <td class="num mut" data-l="of">
        {formatWith(sizeBytes, 'bytes')}
      </td>
      <td class="num only-wide">{formatWith(free, 'bytes')}</td>
      <td class="num sec" data-l={`in ${range}`}>
        {grownBytes === null ? <span class="mut">–</span> : grew(grownBytes)}
      </td>
    </tr>
  );
}

/** Older figures say how old they are. */
const OLD_MS = 600_000;

/** "+12.3 GiB", "−4 GiB", "0". */
function grew(bytes: number): string {
  const size = Math.abs(bytes);
  if (size < 1024) return '0';
  return `${bytes < 0 ? '−' : '+'}${formatWith(size, 'bytes')}`;
}
