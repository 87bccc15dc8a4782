/**
 * A graph that was put together in the explorer. All of it is in its id, `explore~` and a compact text,
 * so that such a graph can be linked, pictured and embedded without being kept anywhere.
 */
import { AGOS } from './ago.ts';
import {
  AGGREGATES,
  NO_EXTRAS,
  THRESHOLDS_MAX,
  type Aggregate,
  type BoardLine,
  type GraphExtras,
  type LinesGraph,
  type Threshold,
} from './dashboard.ts';
import { ANYTHING, CONDITION_KEYS, type Condition, type Selector } from './dashboard-select.ts';
import { METRIC_UNITS } from './metrics.ts';
import type { MetricName } from './model.ts';
import { visible } from './text.ts';

export interface ExploreSpec
  extends Pick<LinesGraph, 'title' | 'select' | 'lines' | 'stack' | 'limit' | 'greatest'>, GraphExtras {}

export const NOTHING_CHOSEN: ExploreSpec = {
  title: '',
  select: ANYTHING,
  lines: [],
  stack: false,
  limit: null,
  greatest: 'average',
  ...NO_EXTRAS,
};

/** Ids of graphs are no longer, whatever they are of. */
export const GRAPH_ID_MAX = 2048;
export const EXPLORE_LINES_MAX = 12;
const SELECTORS_MAX = 64;
const PATTERNS_MAX = 64;
const PATTERN_MAX = 255;
const LABEL_MAX = 64;
const TITLE_MAX = 128;
const PREFIX = 'explore~';
const METRIC = /^[a-z][a-z0-9]*\.[a-z][a-z0-9_]*$/;
const METRIC_MAX = 128;
const GREATEST = ['average', 'current', 'maximum'] as const;

export const isExploreId = (id: string): boolean => id.startsWith(PREFIX);

/** What is wrong with a spec, as one sentence; null = it can be drawn. */
export function faultOf({ lines, limit }: Pick<ExploreSpec, 'lines' | 'limit'>): string | null {
  if (lines.length === 0) return 'Nothing is chosen yet: a graph needs at least one line.';
  const unitOf = ({ metric, per }: BoardLine) => (per === null ? METRIC_UNITS.get(metric) : 'ratio');
  const first = lines.find((line) => unitOf(line) !== undefined);
  for (const line of lines) {
    const { metric, per, aggregate } = line;
    const unit = unitOf(line);
    if (per !== null && aggregate === 'sum') return `Shares of ${metric} do not add up: take their mean, or the greatest.`;
    if (per !== null && familyOf(per) !== familyOf(metric))
      return `${metric} can be divided only by something of its own family.`;
    if (first && unit !== undefined && unit !== unitOf(first))
      return `${metric} is in ${unit}, and ${first.metric} in ${unitOf(first)}: a graph has one unit.`;
  }
  if (limit === 'capacity' && lines.some(({ aggregate, per }) => aggregate !== 'sum' || per !== null))
    return 'The capacity of all together can be drawn only where every line is a sum.';
  return null;
}

const familyOf = (metric: string): string => metric.slice(0, metric.indexOf('.'));

/** The spec as a graph of a dashboard, drawn by the same code. */
export function lensOf(spec: ExploreSpec): LinesGraph {
  const { title, ...drawn } = spec;
  return {
    ...{ key: 'explore', width: 'wide', about: '', otherwise: null },
    ...{ title: title === '' ? 'Explorer' : title, ...drawn },
  };
}

type Json = Readonly<Record<string, unknown>>;

/** The id of a graph; what is as usual is left out of it. May be longer than `GRAPH_ID_MAX`: then it is refused when it is read. */
export function exploreId(spec: ExploreSpec): string {
  const { title, select, lines, stack, limit, greatest, thresholds, p95, band, events, compare, difference } = spec;
  const within = packSelector(select);
  const compact = {
    ...(title === '' ? {} : { t: title }),
    ...(Object.keys(within).length === 0 ? {} : { s: within }),
    l: lines.map(packLine),
    ...(stack ? { k: 1 } : {}),
    ...(limit === null ? {} : { c: limit }),
    ...(greatest === 'average' ? {} : { g: greatest }),
    ...(thresholds.length === 0 ? {} : { h: thresholds.map(({ label, value }) => (label === '' ? [value] : [value, label])) }),
    ...(p95 ? {} : { q: 0 }),
    ...(band === null ? {} : { e: band ? 1 : 0 }),
    ...(events ? {} : { n: 0 }),
    ...(compare === null ? {} : { w: compare }),
    ...(difference ? { d: 1 } : {}),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(compact));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return PREFIX + text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function packLine({ metric, aggregate, label, mirror, per, select }: BoardLine): Json {
  return {
    m: metric,
    ...(aggregate === 'each' ? {} : { a: aggregate }),
    ...(label === '' ? {} : { b: label }),
    ...(mirror ? { r: 1 } : {}),
    ...(per === null ? {} : { p: per }),
    ...(select === null ? {} : { s: select.map(packSelector) }),
  };
}

/** A text where there is one pattern, as in a dashboard's file. */
function packSelector({ not, ...condition }: Selector): Json {
  return { ...packCondition(condition), ...(not === null ? {} : { not: packCondition(not) }) };
}
function packCondition(condition: Condition): Json {
  return Object.fromEntries(
    CONDITION_KEYS.flatMap((key) => {
      const patterns = condition[key];
      return patterns === null ? [] : [[key, patterns.length === 1 ? patterns[0] : patterns]];
    }),
  );
}

/** Why a text is no spec. */
class Refused extends Error {}

export type Explored = { readonly spec: ExploreSpec } | { readonly error: string };

/** What an id says, or one sentence on why it says nothing; null for an id of something else. */
export function parseExploreId(id: string): Explored | null {
  if (!isExploreId(id)) return null;
  if (id.length > GRAPH_ID_MAX)
    return { error: `This graph of the explorer has too much on it: its address is longer than ${GRAPH_ID_MAX} characters.` };
  try {
    const spec = unpack(decoded(id.slice(PREFIX.length)));
    const fault = faultOf(spec);
    return fault === null ? { spec } : { error: fault };
  } catch (cause) {
    if (cause instanceof Refused) return { error: cause.message };
    throw cause;
  }
}

const BROKEN = 'This is no graph of the explorer: its address was cut off or changed. Put it together again in the explorer.';

function decoded(text: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new Refused(BROKEN);
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as unknown;
  } catch {
    throw new Refused(BROKEN);
  }
}

function unpack(value: unknown): ExploreSpec {
  const root = known(value, 'The graph', ['t', 's', 'l', 'k', 'c', 'g', 'h', 'q', 'e', 'n', 'w', 'd']);
  const lines = listOf(root['l'], 'lines', EXPLORE_LINES_MAX);
  return {
    title: root['t'] === undefined ? '' : textOf(root['t'], 'The title', TITLE_MAX),
    select: root['s'] === undefined ? ANYTHING : unpackSelector(root['s'], 'The graph'),
    lines: lines.map((line, i) => unpackLine(line, `Line ${i + 1}`)),
    stack: flagOf(root['k']) ?? false,
    limit: root['c'] === undefined ? null : root['c'] === 'capacity' ? 'capacity' : valueOf(root['c'], 'The limit'),
    greatest: root['g'] === undefined ? 'average' : oneOf(root['g'], GREATEST, 'What lines are chosen by'),
    thresholds: root['h'] === undefined ? [] : listOf(root['h'], 'thresholds', THRESHOLDS_MAX).map(unpackThreshold),
    p95: flagOf(root['q']) ?? true,
    band: flagOf(root['e']),
    events: flagOf(root['n']) ?? true,
    compare: root['w'] === undefined ? null : oneOf(root['w'], AGOS, 'What it is compared with'),
    difference: flagOf(root['d']) ?? false,
  };
}

function unpackLine(value: unknown, what: string): BoardLine {
  const line = known(value, what, ['m', 'a', 'b', 'r', 'p', 's']);
  return {
    metric: metricOf(line['m'], what),
    aggregate: line['a'] === undefined ? 'each' : oneOf<Aggregate>(line['a'], AGGREGATES, `${what}: how series become one`),
    label: line['b'] === undefined ? '' : textOf(line['b'], `${what}: its label`, LABEL_MAX),
    mirror: flagOf(line['r']) ?? false,
    per: line['p'] === undefined ? null : metricOf(line['p'], what),
    select: line['s'] === undefined ? null : unpackSelectors(line['s'], what),
  };
}

function unpackSelectors(value: unknown, what: string): Selector[] {
  const selectors = listOf(value, 'selectors in a line', SELECTORS_MAX).map((one) => unpackSelector(one, what));
  if (selectors.length === 0) throw new Refused(`${what} looks at nothing: it needs at least one selector.`);
  return selectors;
}

function unpackSelector(value: unknown, what: string): Selector {
  const { not, ...condition } = known(value, `${what}: a selector`, [...CONDITION_KEYS, 'not']);
  const unwanted = not === undefined ? null : known(not, `${what}: a selector`, CONDITION_KEYS);
  return { ...conditionOf(condition), not: unwanted === null ? null : conditionOf(unwanted) };
}

function conditionOf(given: Json): Condition {
  const patterns = (value: unknown) => {
    if (value === undefined) return null;
    return listOf(typeof value === 'string' ? [value] : value, 'patterns', PATTERNS_MAX).map((one) => {
      if (typeof one !== 'string' || one.length > PATTERN_MAX)
        throw new Refused(`A pattern must be a text of at most ${PATTERN_MAX} characters.`);
      return one;
    });
  };
  return Object.fromEntries(CONDITION_KEYS.map((key) => [key, patterns(given[key])])) as unknown as Condition;
}

function unpackThreshold(value: unknown): Threshold {
  const [at, label, more] = listOf(value, 'parts of a threshold', 2);
  if (more !== undefined) throw new Refused(BROKEN);
  return {
    value: valueOf(at, 'A threshold'),
    label: label === undefined ? '' : textOf(label, 'The label of a threshold', LABEL_MAX),
  };
}

function known(value: unknown, what: string, keys: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused(BROKEN);
  const strange = Object.keys(value).find((key) => !keys.includes(key));
  if (strange !== undefined)
    throw new Refused(`${what} says "${visible(strange.slice(0, 20))}", which this version does not know.`);
  return value as Json;
}

function listOf(value: unknown, what: string, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refused(BROKEN);
  if (value.length > max)
    throw new Refused(`A graph of the explorer has at most ${max} ${what}, and this one has ${value.length}.`);
  return value as unknown[];
}

function textOf(value: unknown, what: string, max: number): string {
  if (typeof value !== 'string' || value === '' || value.length > max)
    throw new Refused(`${what} must be a text of at most ${max} characters.`);
  return visible(value);
}

function valueOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !(value > 0) || value > 1e18) throw new Refused(`${what} must be a number above 0.`);
  return value;
}

function metricOf(value: unknown, what: string): MetricName {
  if (typeof value !== 'string' || value.length > METRIC_MAX || !METRIC.test(value))
    throw new Refused(`${what} needs a metric such as interface.in_bps.`);
  return value as MetricName;
}

function flagOf(value: unknown): boolean | null {
  if (value === undefined) return null;
  if (value !== 0 && value !== 1) throw new Refused(BROKEN);
  return value === 1;
}

function oneOf<T extends string>(value: unknown, all: readonly T[], what: string): T {
  const found = all.find((one) => one === value);
  if (found === undefined) throw new Refused(`${what} must be ${all.slice(0, -1).join(', ')} or ${all.at(-1)}.`);
  return found;
}
