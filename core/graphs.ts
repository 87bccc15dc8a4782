/**
 * Which graphs a device has, from what it has: the built-in graph for each family, and a plain
 * one for whatever a user's own profile measures.
 */
import { futureIdOf } from './future-id.ts';
import type { GraphRef, Role } from './graph.ts';
import { seriesKey, type Device, type Instance, type MetricName, type SeriesKey, type Unit } from './model.ts';
import { isLoopback } from './parts.ts';
import { visible } from './text.ts';
import { formatCapacity } from './units.ts';

export interface LineSpec {
  readonly series: SeriesKey;
  /** Divide by this series: a filesystem's used by its size. */
  readonly per?: SeriesKey;
  readonly label: string;
  readonly role: Role;
  readonly below: boolean;
  readonly fill: boolean;
  /** Instance whose events explain this line's gaps. */
  readonly instance: string;
}

export interface GraphSpec extends GraphRef {
  readonly unit: Unit;
  readonly lines: readonly LineSpec[];
  readonly limits: readonly { readonly label: string; readonly value: number }[];
  /** The limit is drawn only once the data comes near it (a port's speed), or always (a disk's size). */
  readonly limitShown: 'near' | 'always';
}

/** Colours for several lines, in the order in which they are told apart best. */
export const ROLES: readonly Role[] = ['s1', 's5', 's2', 's4', 's3'];
/** More lines than this are not told apart: the greatest are drawn. */
export const LINES_MAX = 5;

/** All graphs of a device, those of its page first. */
export function graphsOf(device: Device, instances: readonly Instance[]): GraphSpec[] {
  const present = instances.filter((i) => i.device === device.id);
  const of = (kind: string) => present.filter((i) => i.kind === kind).sort(byName);
  const specs: (GraphSpec | null)[] = [
    ...of('interface').map((i) => traffic(device, i)),
    ...of('load').map((i) => load(device, i)),
    ...of('cpu')
      .filter((i) => i.key === 'cpu')
      .map((i) => cpu(device, i)),
    ...of('memory').map((i) => memory(device, i)),
    disks(device, of('disk')),
    ...of('ping').map((i) =>
      lines(device, i, 'ping', 'Ping', 'round trip', 'ms', [['ping.rtt_ms', 'round trip', 's1', true]], 'main'),
    ),
    ...of('ping').map((i) =>
      lines(device, i, 'loss', 'Ping loss', '', 'ratio', [['ping.loss_ratio', 'lost', 's3', true]], 'detail'),
    ),
    ...of('memory').map((i) => swap(device, i)),
    cores(
      device,
      of('cpu').filter((i) => i.key !== 'cpu'),
    ),
    ...of('disk').map((i) => disk(device, i)),
    ...of('disk').map((i) => ahead(device, i, 'disk.used_bytes', visible(i.name))),
    ...of('memory').map((i) => ahead(device, i, 'memory.used_bytes', 'Memory')),
    ...of('interface').map((i) => errors(device, i)),
    ...of('interface').map((i) => packets(device, i)),
    ...of('system').map((i) =>
      lines(device, i, 'processes', 'Processes', '', '1', [['system.processes', 'processes', 's1', true]], 'detail'),
    ),
  ];
  const known = specs.filter((s) => s !== null);
  const drawn = new Set(known.flatMap((s) => s.lines.flatMap((l) => [l.series, l.per ?? ''])));
  return [...known, ...present.sort(byName).flatMap((i) => plain(device, i, drawn))];
}

/** What a list of graphs shows. */
export function graphRefs(device: Device, instances: readonly Instance[]): GraphRef[] {
  return graphsOf(device, instances).map(({ id, title, subtitle, family, device: d, instance, rank }) => ({
    id,
    title,
    subtitle,
    family,
    device: d,
    instance,
    rank,
  }));
}

/** The device, and the instance where there is one, that a graph id speaks of; null if it is no graph id. */
export function deviceOfGraph(id: string): { readonly device: string; readonly instance: string | null } | null {
  const [, device, instance] = /^[a-z_0-9]+~([^~]+)(?:~([^~]+))?$/.exec(id) ?? [];
  return device === undefined ? null : { device, instance: instance ?? null };
}

function byName(a: Instance, b: Instance): number {
  const rank = (i: Instance) => (i.kind === 'interface' && isLoopback(i.key) ? 1 : 0);
  return rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true });
}

const has = (instance: Instance, metric: string) => instance.metrics.some((m) => m.name === metric);

function line(device: Device, i: Instance, metric: string, label: string, role: Role, fill = false, below = false): LineSpec {
  return { series: seriesKey(device.id, i.id, metric as MetricName), label, role, fill, below, instance: i.id };
}

function ref(
  device: Device,
  name: string,
  i: Instance | null,
  family: string,
  title: string,
  subtitle: string,
  rank: GraphRef['rank'],
): GraphRef {
  const id = i ? `${name}~${device.id}~${i.id}` : `${name}~${device.id}`;
  return { id, title, subtitle, family, device: device.id, instance: i?.id ?? null, rank };
}

type Wanted = readonly [metric: string, label: string, role: Role, fill: boolean, below?: boolean];

function lines(
  device: Device,
  i: Instance,
  name: string,
  title: string,
  subtitle: string,
  unit: Unit,
  wanted: readonly Wanted[],
  rank: GraphRef['rank'],
): GraphSpec | null {
  const found = wanted.filter(([metric]) => has(i, metric));
  if (found.length === 0) return null;
  return {
    ...ref(device, name, i, i.kind, title, subtitle, rank),
    unit,
    lines: found.map(([metric, label, role, fill, below]) => line(device, i, metric, label, role, fill, below ?? false)),
    limits: [],
    limitShown: 'near',
  };
}

function traffic(device: Device, i: Instance): GraphSpec | null {
  const speed = i.capacity ? formatCapacity(i.capacity, 'bps') : '';
  const subtitle = [visible(i.alias), speed].filter((s) => s !== '').join(', ');
  const spec = lines(
    device,
    i,
    'traffic',
    visible(i.name),
    subtitle,
    'bps',
    [
      ['interface.in_bps', 'in', 'in', true],
      ['interface.out_bps', 'out', 'out', true, true],
    ],
    'main',
  );
  return spec && { ...spec, limits: i.capacity ? [{ label: `speed ${speed}`, value: i.capacity }] : [] };
}

function errors(device: Device, i: Instance): GraphSpec | null {
  return lines(
    device,
    i,
    'errors',
    `${visible(i.name)} errors and discards`,
    visible(i.alias),
    'per_s',
    [
      ['interface.in_errors_per_s', 'errors in', 's3', false],
      ['interface.out_errors_per_s', 'errors out', 's4', false],
      ['interface.in_discards_per_s', 'discards in', 's2', false],
      ['interface.out_discards_per_s', 'discards out', 's5', false],
    ],
    'detail',
  );
}

function packets(device: Device, i: Instance): GraphSpec | null {
  return lines(
    device,
    i,
    'packets',
    `${visible(i.name)} packets`,
    visible(i.alias),
    'per_s',
    [
      ['interface.in_packets_per_s', 'in', 'in', true],
      ['interface.out_packets_per_s', 'out', 'out', true, true],
    ],
    'detail',
  );
}

function load(device: Device, i: Instance): GraphSpec | null {
  return lines(
    device,
    i,
    'load',
    'Load',
    '',
    '1',
    [
      ['load.five', '5 min', 's1', true],
      ['load.one', '1 min', 's5', false],
      ['load.fifteen', '15 min', 's2', false],
    ],
    'main',
  );
}

function cpu(device: Device, i: Instance): GraphSpec | null {
  return lines(
    device,
    i,
    'cpu',
    'CPU',
    '',
    'ratio',
    [
      ['cpu.used_ratio', 'used', 's1', true],
      ['cpu.system_ratio', 'system', 's5', false],
      ['cpu.iowait_ratio', 'waiting for I/O', 's2', false],
    ],
    'main',
  );
}

function cores(device: Device, all: readonly Instance[]): GraphSpec | null {
  const found = all.filter((i) => has(i, 'cpu.used_ratio'));
  if (found.length < 2) return null;
  return several(device, 'cores', found, 'cpu', 'Processors', 'ratio', 'detail', (i) =>
    line(device, i, 'cpu.used_ratio', visible(i.name), 's1'),
  );
}

function memory(device: Device, i: Instance): GraphSpec | null {
  const size = i.capacity ? formatCapacity(i.capacity, 'bytes') : '';
  const spec = lines(
    device,
    i,
    'memory',
    'Memory',
    size,
    'bytes',
    [
      ['memory.used_bytes', 'used', 's1', true],
      ['memory.cached_bytes', 'cached', 's5', false],
    ],
    'main',
  );
  return spec && { ...spec, limits: i.capacity ? [{ label: size, value: i.capacity }] : [], limitShown: 'always' };
}

function swap(device: Device, i: Instance): GraphSpec | null {
  return lines(
    device,
    i,
    'swap',
    'Swap',
    '',
    'bytes',
    [
      ['memory.swap_used_bytes', 'used', 's1', true],
      ['memory.swap_size_bytes', 'size', 's3', false],
    ],
    'detail',
  );
}

function disks(device: Device, all: readonly Instance[]): GraphSpec | null {
  const found = all.filter((i) => has(i, 'disk.used_bytes') && has(i, 'disk.size_bytes'));
  if (found.length === 0) return null;
  const subtitle = found.length > LINES_MAX ? `the fullest ${LINES_MAX} of ${found.length}` : '';
  return several(
    device,
    'disks',
    found,
    'disk',
    'Filesystems',
    'ratio',
    'main',
    (i) => ({
      ...line(device, i, 'disk.used_bytes', visible(i.name), 's1'),
      per: seriesKey(device.id, i.id, 'disk.size_bytes'),
    }),
    subtitle,
  );
}

function disk(device: Device, i: Instance): GraphSpec | null {
  const size = i.capacity ? formatCapacity(i.capacity, 'bytes') : '';
  const spec = lines(device, i, 'disk', visible(i.name), size, 'bytes', [['disk.used_bytes', 'used', 's1', true]], 'detail');
  return spec && { ...spec, limits: i.capacity ? [{ label: `size ${size}`, value: i.capacity }] : [], limitShown: 'always' };
}

/** With its future, which another reader draws: see graph-future.ts. */
function ahead(device: Device, i: Instance, metric: string, title: string): GraphSpec | null {
  if (i.capacity === null ? !has(i, metric.replace('used', 'size')) : i.capacity <= 0) return null;
  const spec = lines(device, i, 'future', title, 'with its future', 'bytes', [[metric, 'used', 's1', false]], 'detail');
  return spec && { ...spec, id: futureIdOf(seriesKey(device.id, i.id, metric as MetricName)) };
}

function several(
  device: Device,
  name: string,
  found: readonly Instance[],
  family: string,
  title: string,
  unit: Unit,
  rank: GraphRef['rank'],
  make: (i: Instance) => LineSpec,
  subtitle = '',
): GraphSpec {
  return {
    ...ref(device, name, null, family, title, subtitle, rank),
    unit,
    lines: found.map((i, n) => ({ ...make(i), role: ROLES[n % ROLES.length] ?? 's1', fill: found.length === 1 })),
    limits: [],
    limitShown: 'near',
  };
}

/** Metrics no built-in graph draws (a user's profile, an import): one graph an instance and unit. */
function plain(device: Device, i: Instance, drawn: ReadonlySet<SeriesKey>): GraphSpec[] {
  const quiet = new Set(['interface.oper_up', 'system.uptime_s', 'memory.size_bytes', 'disk.size_bytes']);
  const rest = i.metrics.filter((m) => !quiet.has(m.name) && !drawn.has(seriesKey(device.id, i.id, m.name)));
  const units = [...new Set(rest.map((m) => m.unit))];
  return units.map((unit) => {
    const same = rest.filter((m) => m.unit === unit).slice(0, LINES_MAX);
    return {
      ...ref(
        device,
        `values_${unit === '1' ? 'n' : unit}`,
        i,
        i.kind,
        visible(i.name),
        visible(i.alias),
        ownFamily(i) ? 'main' : 'detail',
      ),
      unit,
      lines: same.map((m, n) => ({
        ...line(device, i, m.name, m.name.slice(m.name.indexOf('.') + 1), ROLES[n % ROLES.length] ?? 's1'),
        fill: same.length === 1,
      })),
      limits: [],
      limitShown: 'near' as const,
    };
  });
}

/** Families without a built-in graph belong on the device's page. */
function ownFamily(i: Instance): boolean {
  return !['interface', 'load', 'cpu', 'memory', 'disk', 'ping', 'system'].includes(i.kind);
}
