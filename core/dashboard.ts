/**
 * A dashboard: a file of graphs over many series, already checked. What a graph shows is said by a
 * selector, so that a device added tomorrow is in it. The format is docs/dashboards.md.
 */
import type { Ago } from './ago.ts';
import type { MetricName } from './model.ts';
import type { Selector } from './dashboard-select.ts';

/** What many series become: a line each, or one line of all. */
export type Aggregate = 'each' | 'sum' | 'mean' | 'max' | 'min';
export const AGGREGATES: readonly Aggregate[] = ['each', 'sum', 'mean', 'max', 'min'];

export interface BoardLine {
  readonly metric: MetricName;
  readonly aggregate: Aggregate;
  /** '' = named by what it shows. */
  readonly label: string;
  /** Drawn below zero. */
  readonly mirror: boolean;
  /** Each value is divided by this metric of the same instance. */
  readonly per: MetricName | null;
  /** Of what the graph's selector finds only what fits any of these; null = all of it. */
  readonly select: readonly Selector[] | null;
}

interface Placed {
  /** Stable and unique within the file, safe in a path. */
  readonly key: string;
  readonly select: Selector;
  readonly width: 'normal' | 'wide';
}
/** A line at a value that somebody chose. */
export interface Threshold {
  /** '' = named by its value. */
  readonly label: string;
  /** In the unit of the lines. */
  readonly value: number;
}

/** What is drawn besides the lines, and beside which other range. */
export interface GraphExtras {
  /** Besides the limit; always drawn. */
  readonly thresholds: readonly Threshold[];
  /** The 95th is drawn, where there are no more than two lines. */
  readonly p95: boolean;
  /** The lowest and highest of each slot is drawn; null = where there are no more than two lines. */
  readonly band: boolean | null;
  /** What happened is marked. */
  readonly events: boolean;
  readonly compare: Ago | null;
  /** Instead of both ranges what lies between them. */
  readonly difference: boolean;
}
export const NO_EXTRAS: GraphExtras = { thresholds: [], p95: true, band: null, events: true, compare: null, difference: false };
export const THRESHOLDS_MAX = 8;

/** A graph of lines over whatever the selector finds. */
export interface LinesGraph extends Placed, GraphExtras {
  readonly title: string;
  readonly about: string;
  /** Taken when `select` finds nothing. */
  readonly otherwise: Selector | null;
  readonly lines: readonly BoardLine[];
  readonly stack: boolean;
  /** In the unit of the lines; `capacity` = of all members together. */
  readonly limit: number | 'capacity' | null;
  /** By what the greatest lines are chosen, where there are too many. */
  readonly greatest: 'average' | 'current' | 'maximum';
}
/** One built-in graph for each match. */
export interface RepeatGraph extends Placed {
  readonly repeat: string;
  readonly graph: string;
}
export type BoardGraph = LinesGraph | RepeatGraph;

export interface BoardFault {
  readonly file: string;
  readonly line: number | null;
  /** `graphs[2].lines[0].metric`; '' = the file. */
  readonly key: string;
  /** Finishes the sentence that begins with the key. */
  readonly text: string;
}

export interface Dashboard {
  /** File name without extension. */
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly file: string;
  /** From the user's folder. */
  readonly own: boolean;
  /** It was made on the page, and may be changed there. */
  readonly kept: boolean;
  /** It stands in the place of a shipped one. */
  readonly replaces: boolean;
  readonly graphs: readonly BoardGraph[];
  readonly faults: readonly BoardFault[];
}

/** Where dashboards come from. */
export interface DashboardSource {
  /** As the files are now, at most two seconds ago; `fresh` looks at once. In the order of a menu. */
  list(options?: { readonly fresh?: boolean }): Promise<readonly Dashboard[]>;
  /** Those that people make on the page; absent where nothing is kept. */
  readonly kept?: KeptDashboards;
}

/** Changes of dashboards that were made on the page, one after the other. All reject with `DashboardRefused`. */
export interface KeptDashboards {
  /** @returns the id of an empty one */
  create(title: string): Promise<string>;
  remove(id: string): Promise<void>;
  /** @param yaml the entry, as it stands under `graphs` @returns the id of the graph, at the end of its dashboard */
  add(id: string, yaml: string): Promise<string>;
  /** @returns its id from now on: another title makes another one */
  replace(id: string, key: string, yaml: string): Promise<string>;
  take(id: string, key: string): Promise<void>;
}

/** Why a change was not made, in a sentence. */
export class DashboardRefused extends Error {
  readonly why: 'missing' | 'read-only' | 'taken' | 'full' | 'busy' | 'failed';
  constructor(why: DashboardRefused['why'], text: string, options?: ErrorOptions) {
    super(text, options);
    this.name = 'DashboardRefused';
    this.why = why;
  }
}

/** Built-in graphs that can be repeated, by the kind they are repeated for; the first is the usual one. */
export const REPEATABLE: Readonly<Record<string, readonly string[]>> = {
  interface: ['traffic', 'errors', 'packets'],
  load: ['load'],
  cpu: ['cpu'],
  memory: ['memory', 'swap', 'future'],
  disk: ['disk', 'future'],
  ping: ['ping', 'loss'],
  system: ['processes'],
  device: ['disks', 'cores'],
};

const PREFIX = 'board~';

export function boardGraphId(board: string, key: string): string {
  return `${PREFIX}${board}~${key}`;
}

/** Dashboard and key of a graph's id; null if it is none of a dashboard. */
export function parseBoardGraphId(id: string): { readonly board: string; readonly key: string } | null {
  if (!id.startsWith(PREFIX)) return null;
  const [board, key, more] = id.slice(PREFIX.length).split('~');
  return board !== undefined && key !== undefined && more === undefined && board !== '' && key !== '' ? { board, key } : null;
}

/**
 * Keys for titles, in their order: letters and digits joined by '-', numbered where two would be
 * the same. A faulty graph keeps its place in the count, so that mending it moves no other.
 */
export function keysOf(titles: readonly string[]): string[] {
  const taken = new Set<string>();
  return titles.map((title) => {
    const slug =
      title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '')
        .slice(0, 60) || 'graph';
    let key = slug;
    for (let n = 2; taken.has(key); n++) key = `${slug}-${n}`;
    taken.add(key);
    return key;
  });
}
