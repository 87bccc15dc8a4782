/** Parts of a simulated device and the metrics they carry, in the words and units of discovery and import. */
import type { MetricName, Unit } from '../core/model.ts';
import type { Fill, Shape, Swing } from './shape.ts';

export interface DemoSeries {
  readonly metric: MetricName;
  readonly unit: Unit;
  readonly shape: Shape;
}
/** What discovery will find under this kind and key. */
export interface DemoPart {
  readonly kind: 'interface' | 'disk' | 'cpu' | 'memory' | 'load' | 'system';
  readonly key: string;
  readonly alias: string;
  /** As discovery will give it, null for none. */
  readonly capacity: number | null;
  readonly series: readonly DemoSeries[];
  /** When it went away; null while it is there. */
  readonly goneMs: number | null;
}

export const KIB = 1024;
export const GIB = 2 ** 30;
export const TIB = 2 ** 40;
export const MBPS = 1e6;
export const GBPS = 1e9;

const PLAIN: Swing = {
  kind: 'swing',
  base: 1,
  day: 0.5,
  peakHour: 15,
  weekend: 0.75,
  growthPerYear: 0.2,
  noise: 0.35,
  job: null,
  ceiling: Infinity,
};

export function swing(change: Partial<Swing>): Swing {
  return { ...PLAIN, ...change };
}

function part(kind: DemoPart['kind'], key: string, series: readonly DemoSeries[], more: Partial<DemoPart> = {}): DemoPart {
  return { kind, key, alias: '', capacity: null, goneMs: null, ...more, series };
}

export interface LinkOptions {
  readonly alias?: string;
  readonly capacity: number;
  /** Bits a second. */
  readonly in: Partial<Swing>;
  readonly out: Partial<Swing>;
  /** Errors a second coming in; without it the port has no such counter. */
  readonly errors?: number;
  /** Whether it says that it is up. */
  readonly status?: boolean;
  readonly goneMs?: number;
}

export function link(key: string, options: LinkOptions): DemoPart {
  // Minutes go above their hour's mean, and none may be more than the link can carry.
  const ceiling = 0.68 * options.capacity;
  const noise = 0.25;
  const series: DemoSeries[] = [
    { metric: 'interface.in_bps', unit: 'bps', shape: swing({ ceiling, noise, ...options.in }) },
    { metric: 'interface.out_bps', unit: 'bps', shape: swing({ ceiling, noise, ...options.out }) },
  ];
  if (options.errors !== undefined) {
    const shape = swing({ base: options.errors, noise: 0.8, growthPerYear: 0.6 });
    series.push({ metric: 'interface.in_errors_per_s', unit: 'per_s', shape });
  }
  if (options.status) series.push({ metric: 'interface.oper_up', unit: '1', shape: { kind: 'steady', value: 1, before: null } });
  return part('interface', key, series, {
    alias: options.alias ?? '',
    capacity: options.capacity,
    goneMs: options.goneMs ?? null,
  });
}

export function load(base: number, change: Partial<Swing> = {}): DemoPart {
  const shape = (noise: number) => swing({ base, noise, ...change });
  return part('load', 'load', [
    { metric: 'load.one', unit: '1', shape: shape(0.6) },
    { metric: 'load.five', unit: '1', shape: shape(0.35) },
    { metric: 'load.fifteen', unit: '1', shape: shape(0.2) },
  ]);
}

/** @param used share of all processors, 0–1 */
export function cpu(used: number, waiting: number, change: Partial<Swing> = {}): DemoPart {
  const whole = swing({ base: used, ...change, ceiling: 0.62 });
  const wait = swing({ base: waiting, noise: 0.7, ...change, ceiling: 0.2 });
  return part('cpu', 'cpu', [
    { metric: 'cpu.used_ratio', unit: 'ratio', shape: whole },
    { metric: 'cpu.user_ratio', unit: 'ratio', shape: { kind: 'share', of: whole, by: 0.68 } },
    { metric: 'cpu.system_ratio', unit: 'ratio', shape: { kind: 'share', of: whole, by: 0.32 } },
    { metric: 'cpu.iowait_ratio', unit: 'ratio', shape: wait },
  ]);
}

/** @param used share of the size, 0–1 */
export function memory(size: number, used: number, growthPerYear: number): DemoPart {
  const swinging = { day: 0.08, weekend: 0.97, noise: 0.04 };
  const usedShape = swing({ ...swinging, base: used * size, growthPerYear, ceiling: 0.9 * size });
  const cachedShape = swing({ ...swinging, base: (1 - used) * 0.7 * size, growthPerYear: -0.1, ceiling: (1 - used) * size });
  return part(
    'memory',
    'memory',
    [
      { metric: 'memory.used_bytes', unit: 'bytes', shape: usedShape },
      { metric: 'memory.size_bytes', unit: 'bytes', shape: { kind: 'steady', value: size, before: null } },
      { metric: 'memory.cached_bytes', unit: 'bytes', shape: cachedShape },
    ],
    { capacity: size },
  );
}

export interface DiskOptions {
  readonly size: number;
  /** Share of the size now, 0–1. */
  readonly used: number;
  readonly growthPerYear: number;
  /** Share of the size. */
  readonly ripple?: number;
  readonly cleanUp?: { readonly atMs: number; readonly freed: number };
  readonly enlarged?: { readonly atMs: number; readonly from: number };
}

export function disk(key: string, options: DiskOptions): DemoPart {
  const { size, used, growthPerYear, cleanUp, enlarged } = options;
  const filling: Fill = {
    kind: 'fill',
    atAnchor: used * size,
    growthPerYear,
    ripple: (options.ripple ?? 0.004) * size,
    cleanUps: cleanUp ? [cleanUp] : [],
  };
  const before = enlarged ? { untilMs: enlarged.atMs, value: enlarged.from } : null;
  return part(
    'disk',
    key,
    [
      { metric: 'disk.used_bytes', unit: 'bytes', shape: filling },
      { metric: 'disk.size_bytes', unit: 'bytes', shape: { kind: 'steady', value: size, before } },
    ],
    { capacity: size },
  );
}

export function uptime(bootsMs: readonly number[]): DemoPart {
  return part('system', 'system', [{ metric: 'system.uptime_s', unit: 's', shape: { kind: 'since', momentsMs: bootsMs } }]);
}
