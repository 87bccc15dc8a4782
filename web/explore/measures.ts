/** What can be drawn of an instance, a device or many of them, in the words of a button. */
import type { Aggregate, BoardLine } from '../../core/dashboard.ts';
import type { Selector } from '../../core/dashboard-select.ts';
import { fieldWords, METRIC_UNITS } from '../../core/metrics.ts';
import type { MetricName } from '../../core/model.ts';

export interface Measure {
  readonly name: string;
  /** Of instances of this kind. */
  readonly kind: string;
  readonly lines: readonly { readonly metric: MetricName; readonly mirror?: boolean; readonly per?: MetricName }[];
  /** What many become. */
  readonly many: Aggregate;
  /** Of all instances of the kind this one: the processor as a whole, not each core. */
  readonly key?: string;
}

const both = (what: string): Measure['lines'] => [
  { metric: `interface.in_${what}` as MetricName },
  { metric: `interface.out_${what}` as MetricName, mirror: true },
];

export const MEASURES: readonly Measure[] = [
  { name: 'Traffic', kind: 'interface', lines: both('bps'), many: 'sum' },
  { name: 'Packets', kind: 'interface', lines: both('packets_per_s'), many: 'sum' },
  { name: 'Errors', kind: 'interface', lines: both('errors_per_s'), many: 'sum' },
  { name: 'CPU', kind: 'cpu', lines: [{ metric: 'cpu.used_ratio' }], many: 'mean', key: 'cpu' },
  { name: 'Load', kind: 'load', lines: [{ metric: 'load.five' }], many: 'mean' },
  { name: 'Memory', kind: 'memory', lines: [{ metric: 'memory.used_bytes' }], many: 'sum' },
  { name: 'Storage', kind: 'disk', lines: [{ metric: 'disk.used_bytes' }], many: 'sum' },
  { name: 'Storage, share', kind: 'disk', lines: [{ metric: 'disk.used_bytes', per: 'disk.size_bytes' }], many: 'each' },
  { name: 'Ping', kind: 'ping', lines: [{ metric: 'ping.rtt_ms' }], many: 'max' },
  { name: 'Ping loss', kind: 'ping', lines: [{ metric: 'ping.loss_ratio' }], many: 'max' },
  { name: 'Processes', kind: 'system', lines: [{ metric: 'system.processes' }], many: 'sum' },
];

/** Measures of what has these metrics; those that no button is made for stand under their own names. */
export function measuresOf(kind: string, metrics: readonly { readonly name: string }[]): Measure[] {
  const has = (name: string) => metrics.some((metric) => metric.name === name);
  const made = MEASURES.filter((m) => m.kind === kind && m.lines.every(({ metric, per }) => has(metric) && (!per || has(per))));
  const drawn = new Set(made.flatMap(({ lines }) => lines.map(({ metric }) => metric as string)));
  const others = metrics.filter(({ name }) => !drawn.has(name));
  return [
    ...made,
    ...others.map(({ name }): Measure => {
      return { name: capital(fieldWords(name)), kind, lines: [{ metric: name as MetricName }], many: 'mean' };
    }),
  ];
}

/** What is picked: one instance, or whatever a selector finds. */
export interface Scope {
  /** Begins the labels of what is drawn of many; '' = each series says its own name. */
  readonly name: string;
  readonly select: Selector;
  readonly single: boolean;
}

export function linesOf({ name, select, single }: Scope, measure: Measure): BoardLine[] {
  const of = measure.key !== undefined && !single ? { ...select, name: [measure.key] } : select;
  const aggregate = single ? 'each' : measure.many;
  return measure.lines.map(({ metric, mirror = false, per = null }) => {
    const label = single || name === '' || aggregate === 'each' ? '' : `${name} ${fieldWords(metric)}`.slice(0, 64);
    return { metric, aggregate, label, mirror, per, select: [of] };
  });
}

const keyOf = ({ metric, per, select }: BoardLine): string => JSON.stringify([metric, per, select]);
/** Whether two lines look at the same, however they are drawn. */
export const sameLine = (a: BoardLine, b: BoardLine): boolean => keyOf(a) === keyOf(b);

export const unitOf = ({ metric, per }: Pick<BoardLine, 'metric' | 'per'>): string | undefined =>
  per === null ? METRIC_UNITS.get(metric) : 'ratio';

export const UNIT_WORDS: Readonly<Record<string, string>> = {
  ...{
    bps: 'bits a second',
    per_s: 'a second',
    bytes: 'bytes',
    ratio: 'per cent',
    ms: 'milliseconds',
    s: 'seconds',
    '1': 'plain numbers',
  },
};

/** One instance and no other: it has no aggregate. */
export function isSingle({ select }: BoardLine): boolean {
  const [only, more] = select ?? [];
  if (!only || more) return false;
  return only.device?.length === 1 && only.name?.length === 1 && only.name[0] !== 'cpu';
}

const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
