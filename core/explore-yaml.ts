/** A graph of the explorer as it stands in the file of a dashboard (docs/dashboards.md). */
import type { BoardLine, Threshold } from './dashboard.ts';
import { CONDITION_KEYS, describe, type Condition, type Selector } from './dashboard-select.ts';
import type { ExploreSpec } from './explore.ts';
import { visible } from './text.ts';

/** Names in the place of ids: a file is read by people. What has none, or shares it, keeps its id. */
export type NameOf = (kind: 'device' | 'name', id: string) => string;

const PLAIN = /^[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*$/;
const WORDS = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A text that any reader of YAML takes for that text. */
function scalar(text: string): string {
  if (PLAIN.test(text) && !WORDS.test(text)) return text;
  // What cannot be seen is escaped, as YAML writes it.
  return Array.from(JSON.stringify(text), (c) => (visible(c) === c ? c : escaped(c.codePointAt(0) ?? 0))).join('');
}

const escaped = (code: number): string =>
  code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;

const flow = (entries: readonly (readonly [string, string])[]): string =>
  entries.length === 0 ? '{}' : `{ ${entries.map(([key, value]) => `${key}: ${value}`).join(', ')} }`;
const list = (texts: readonly string[]): string => `[${texts.join(', ')}]`;

/** A whole file: title, and the one graph, whose lines can be copied into another file. */
export function dashboardYaml(spec: ExploreSpec, nameOf: NameOf): string {
  return `title: ${scalar(spec.title || 'Explorer')}\ngraphs:\n${graphYaml(spec, nameOf)}`;
}

/** The entry under `graphs:`. */
export function graphYaml(spec: ExploreSpec, nameOf: NameOf): string {
  const { title, select, lines, stack, limit, greatest, thresholds, p95, band, events, compare, difference } = spec;
  const rows = [
    `  - title: ${scalar(title || 'Explorer')}`,
    ...(describe(select) === '' ? [] : [`    select: ${selectorYaml(select, nameOf)}`]),
    '    lines:',
    ...lines.map((line) => `      - ${lineYaml(line, nameOf)}`),
    ...(stack ? ['    stack: true'] : []),
    ...(limit === null ? [] : [`    limit: ${limit}`]),
    ...(thresholds.length === 0 ? [] : ['    thresholds:', ...thresholds.map((one) => `      - ${thresholdYaml(one)}`)]),
    ...(greatest === 'average' ? [] : [`    greatest: ${greatest}`]),
    ...(p95 ? [] : ['    p95: false']),
    ...(band === null ? [] : [`    band: ${band}`]),
    ...(events ? [] : ['    events: false']),
    ...(compare === null ? [] : [`    compare: ${compare}`]),
    ...(difference && compare !== null ? ['    difference: true'] : []),
    '    width: wide',
  ];
  return `${rows.join('\n')}\n`;
}

const thresholdYaml = ({ value, label }: Threshold): string =>
  flow([['value', `${value}`], ...(label === '' ? [] : [['label', scalar(label)] as const])]);

function lineYaml({ metric, aggregate, label, mirror, per, select }: BoardLine, nameOf: NameOf): string {
  const selectors = (select ?? []).map((one) => selectorYaml(one, nameOf));
  const [only = '{}'] = selectors;
  return flow([
    ['metric', metric],
    ...(aggregate === 'each' ? [] : [['aggregate', aggregate] as const]),
    ...(label === '' ? [] : [['label', scalar(label)] as const]),
    ...(mirror ? [['mirror', 'true'] as const] : []),
    ...(per === null ? [] : [['per', per] as const]),
    ...(select === null ? [] : [['select', selectors.length === 1 ? only : list(selectors)] as const]),
  ]);
}

function selectorYaml({ not, ...condition }: Selector, nameOf: NameOf): string {
  const unwanted = not === null ? [] : [['not', flow(conditionYaml(not, nameOf))] as const];
  return flow([...conditionYaml(condition, nameOf), ...unwanted]);
}

function conditionYaml(condition: Condition, nameOf: NameOf): (readonly [string, string])[] {
  return CONDITION_KEYS.flatMap((key) => {
    const patterns = condition[key];
    if (patterns === null) return [];
    const texts = patterns.map((text) => scalar(key === 'device' || key === 'name' ? nameOf(key, text) : text));
    const [only = '""'] = texts;
    return [[key, texts.length === 1 ? only : list(texts)] as const];
  });
}
