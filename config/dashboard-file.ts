/** One dashboard's text becomes a trusted dashboard, or as much of it as is sound, with its faults. */
import {
  keysOf,
  REPEATABLE,
  type BoardFault,
  type BoardGraph,
  type BoardLine,
  type Dashboard,
  type LinesGraph,
} from '../core/dashboard.ts';
import { CONDITION_KEYS, type Condition, type Patterns, type Selector } from '../core/dashboard-select.ts';
import { METRIC_UNITS } from '../core/metrics.ts';
import type { MetricName } from '../core/model.ts';
import { cap, nearest, visible } from '../core/text.ts';
import { DashboardFile, LinesEntry, RepeatEntry, type ConditionEntry, type SelectorEntry } from './dashboard-schema.ts';
import { explain, keyOf, type Fault, type Path } from './explain.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

export const GRAPHS_MAX = 100;
/** More are counted, not listed: one slip may make hundreds. */
const FAULTS_MAX = 50;
const KEY_SHOWN_MAX = 200;

type Checked = Pick<Dashboard, 'title' | 'about' | 'graphs' | 'faults'>;

/** @param id stands for a title that cannot be read */
export function checkDashboard(id: string, file: string, text: string): Checked {
  const nothing = (faults: BoardFault[]): Checked => ({ title: id, about: '', graphs: [], faults });
  let yaml: YamlFile;
  try {
    yaml = parseYaml(text);
  } catch {
    // What the parser cannot take in: nested without end, or a few aliases that stand for millions.
    return nothing([{ file, line: null, key: '', text: 'is nested too deeply, or repeats itself too often' }]);
  }
  if (yaml.faults.length > 0)
    return nothing(yaml.faults.slice(0, FAULTS_MAX).map(({ line, text: fault }) => ({ file, line, key: '', text: fault })));
  if (yaml.value === null || yaml.value === undefined)
    return nothing([{ file, line: null, key: '', text: 'is empty; it needs the keys title and graphs' }]);
  const faults = explain(DashboardFile, yaml.value);
  const { title, about, graphs } = soundParts(yaml.value);
  const taken = graphs.slice(0, GRAPHS_MAX);
  const keys = keysOf(taken.map(titleOf));
  const sound = taken.flatMap((entry, i): BoardGraph[] => {
    const { graph, faults: own } = checkGraph(entry, ['graphs', i], keys[i] ?? '');
    faults.push(...own);
    return graph ? [graph] : [];
  });
  const told = withoutConsequences(faults)
    .slice(0, FAULTS_MAX)
    .map((fault): BoardFault => ({
      file,
      line: yaml.lineOf(fault.path),
      key: visible(cap(keyOf(fault.path), KEY_SHOWN_MAX)),
      text: visible(fault.text),
    }));
  const more = withoutConsequences(faults).length - told.length;
  if (more > 0) told.push({ file, line: null, key: '', text: `has ${more} more faults` });
  return { title: title ?? id, about: about ?? '', graphs: sound, faults: told };
}

/** A mistyped key is missing as well: saying so once is enough. */
function withoutConsequences(faults: readonly Fault[]): Fault[] {
  const meant = new Set(
    faults.flatMap(({ path, text }) => {
      const key = /; did you mean (\w+)\?$/.exec(text)?.[1];
      return key === undefined ? [] : [`${keyOf(path.slice(0, -1))} needs the key ${key}`];
    }),
  );
  return faults.filter(({ path, text, incomplete }) => !(incomplete && meant.has(`${keyOf(path)} ${text}`)));
}

/** What of the frame can be used, whatever else is wrong. */
function soundParts(value: unknown): { title?: string; about?: string; graphs: readonly unknown[] } {
  if (typeof value !== 'object' || value === null) return { graphs: [] };
  const { title, about, graphs } = value as { title?: unknown; about?: unknown; graphs?: unknown };
  return {
    ...(typeof title === 'string' && title !== '' ? { title: visible(cap(title, 128)) } : {}),
    ...(typeof about === 'string' ? { about: visible(cap(about, 512)) } : {}),
    graphs: Array.isArray(graphs) ? graphs : [],
  };
}

/** What a graph is called by, whether it is sound or not. */
export function titleOf(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null) return '';
  const { title, repeat, graph } = entry as { title?: unknown; repeat?: unknown; graph?: unknown };
  if (typeof title === 'string') return title;
  return [repeat, graph].filter((part) => typeof part === 'string').join(' ');
}

interface CheckedGraph {
  readonly graph: BoardGraph | null;
  readonly faults: readonly Fault[];
}

function checkGraph(entry: unknown, path: Path, key: string): CheckedGraph {
  const repeats = typeof entry === 'object' && entry !== null && 'repeat' in entry;
  const faults = explain(repeats ? RepeatEntry : LinesEntry, entry, path);
  if (faults.length > 0) return { graph: null, faults };
  return repeats ? repeatGraph(entry as RepeatEntry, path, key) : linesGraph(entry as LinesEntry, path, key);
}

function repeatGraph(entry: RepeatEntry, path: Path, key: string): CheckedGraph {
  const { repeat, select, width } = entry;
  const known = Object.hasOwn(REPEATABLE, repeat) ? REPEATABLE[repeat] : undefined;
  if (!known) return bad([...path, 'repeat'], choice(repeat, Object.keys(REPEATABLE)));
  const graph = entry.graph ?? known[0] ?? '';
  if (!known.includes(graph)) return bad([...path, 'graph'], choice(graph, known));
  const strange = repeat === 'device' && select ? (['kind', 'name', 'alias'] as const).find((one) => one in select) : undefined;
  if (strange) return bad([...path, 'select', strange], 'says nothing of a device; device, site and tag do');
  return { graph: { key, repeat, graph, select: selectorOf(select), width: width ?? 'normal' }, faults: [] };
}

function linesGraph(entry: LinesEntry, path: Path, key: string): CheckedGraph {
  const lines = entry.lines.map((line): BoardLine => ({
    metric: line.metric as MetricName,
    aggregate: line.aggregate ?? 'each',
    label: visible(line.label ?? ''),
    mirror: line.mirror ?? false,
    per: (line.per as MetricName | undefined) ?? null,
    select: line.select === undefined ? null : [line.select].flat().map(selectorOf),
  }));
  const faults = [
    ...linesFaults(lines, [...path, 'lines']),
    ...limitFaults(entry.limit, lines, path),
    ...(entry.difference === true && entry.compare === undefined
      ? [{ path: [...path, 'difference'], text: 'needs compare, which says to what: 1d, 1w, 1mo or 1y' }]
      : []),
  ];
  if (faults.length > 0) return { graph: null, faults };
  const graph: LinesGraph = {
    key,
    title: visible(entry.title),
    about: visible(entry.about ?? ''),
    select: selectorOf(entry.select),
    otherwise: entry.otherwise === undefined ? null : selectorOf(entry.otherwise),
    lines,
    width: entry.width ?? 'normal',
    stack: entry.stack ?? false,
    limit: entry.limit ?? null,
    greatest: entry.greatest ?? 'average',
    thresholds: (entry.thresholds ?? []).map(({ value, label }) => ({ value, label: visible(label ?? '') })),
    p95: entry.p95 ?? true,
    band: entry.band ?? null,
    events: entry.events ?? true,
    compare: entry.compare ?? null,
    difference: entry.difference ?? false,
  };
  return { graph, faults: [] };
}

function linesFaults(lines: readonly BoardLine[], path: Path): Fault[] {
  if (lines.length === 0) return [{ path, text: 'must have at least one line, such as { metric: load.five }' }];
  const unitOf = ({ metric, per }: BoardLine) => (per === null ? METRIC_UNITS.get(metric) : 'ratio');
  const first = lines.find((line) => unitOf(line) !== undefined);
  const unit = first && unitOf(first);
  return lines.flatMap((line, i): Fault[] => {
    const { metric, per, aggregate } = line;
    if (per !== null && aggregate === 'sum')
      return [{ path: [...path, i, 'aggregate'], text: 'must not be sum where per divides: shares do not add up; mean does' }];
    if (per !== null && familyOf(per) !== familyOf(metric))
      return [{ path: [...path, i, 'per'], text: `must be of the same family as ${metric}: both are of one instance` }];
    const own = unitOf(line);
    if (first && own !== undefined && own !== unit)
      return [{ path: [...path, i, 'metric'], text: `is in ${own}, and ${first.metric} in ${unit}; a graph has one unit` }];
    return [];
  });
}

function limitFaults(limit: LinesEntry['limit'], lines: readonly BoardLine[], path: Path): Fault[] {
  if (limit !== 'capacity') return [];
  const whole = lines.every(({ aggregate, per }) => aggregate === 'sum' && per === null);
  return whole
    ? []
    : [{ path: [...path, 'limit'], text: 'can be capacity only where every line has aggregate: sum; give a number' }];
}

const familyOf = (metric: string): string => metric.slice(0, metric.indexOf('.'));
const bad = (path: Path, text: string): CheckedGraph => ({ graph: null, faults: [{ path, text }] });

function choice(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  const list = known.length > 1 ? `${known.slice(0, -1).join(', ')} or ${known.at(-1)}` : (known[0] ?? '');
  return `must be ${list}${near ? `; did you mean ${near}?` : ''}`;
}

/** A selector as it stands in a file, trusted. */
export function selectorOf(entry: SelectorEntry = {}): Selector {
  const not = entry.not ?? {};
  // What asks nothing excludes nothing.
  return { ...conditionOf(entry), not: Object.keys(not).length === 0 ? null : conditionOf(not) };
}

function conditionOf(entry: ConditionEntry): Condition {
  const patterns = (given: string | string[] | undefined): Patterns | null =>
    given === undefined ? null : typeof given === 'string' ? [given] : given;
  return Object.fromEntries(CONDITION_KEYS.map((key) => [key, patterns(entry[key])])) as unknown as Condition;
}
