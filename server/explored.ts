/** Any graph as the explorer has it: what can be changed of it, and the same as the file of a dashboard. */
import { keysOf, parseBoardGraphId, type BoardLine, type LinesGraph } from '../core/dashboard.ts';
import { ANYTHING, describe } from '../core/dashboard-select.ts';
import { dashboardYaml, graphYaml, type NameOf } from '../core/explore-yaml.ts';
import { exploreId, NOTHING_CHOSEN, parseExploreId, type ExploreSpec } from '../core/explore.ts';
import { parseFutureId } from '../core/future-id.ts';
import { deviceOfGraph, graphsOf, type GraphSpec, type LineSpec } from '../core/graphs.ts';
import type { MetricName } from '../core/model.ts';
import { cap, visible } from '../core/text.ts';
import { membersOf } from './board-graph.ts';
import type { GraphDeps } from './graph-read.ts';
import type { Picture } from './inventory.ts';
import { badRequest } from './problem.ts';

export interface ExploredGraph {
  /** `explore~…` */
  readonly id: string;
  readonly title: string;
  /** What each line looks at, in words. */
  readonly lines: readonly string[];
  /** What all of them look within, in words; '' = everywhere. */
  readonly within: string;
}

const TITLE_MAX = 128;
const NAMES_MAX = 64;

/** Null when there is no such graph. @throws HttpProblem 400 for an id of the explorer that says nothing sound */
export async function exploreGraph(deps: GraphDeps, id: string): Promise<ExploredGraph | null> {
  const spec = await specOf(deps, id);
  if (!spec) return null;
  const nameOf = namesIn(await deps.inventory(), spec);
  return {
    id: exploreId(spec),
    title: spec.title,
    lines: spec.lines.map((line) => wordsOf(line.select, nameOf)),
    within: describe(spec.select) === '' ? '' : wordsOf([spec.select], nameOf),
  };
}

/** The file of a dashboard with this graph, and what it is to be called; null when there is no such graph. */
export async function graphFile(deps: GraphDeps, id: string): Promise<{ readonly name: string; readonly text: string } | null> {
  const spec = await specOf(deps, id);
  if (!spec) return null;
  const [key = 'graph'] = keysOf([spec.title || 'explorer']);
  return { name: `${key}.yaml`, text: dashboardYaml(spec, namesIn(await deps.inventory(), spec)) };
}

/** The entry of this graph under `graphs` of a dashboard that is kept here: it names by ids, which no renaming changes. */
export async function graphEntry(deps: GraphDeps, id: string): Promise<string | null> {
  const spec = await specOf(deps, id);
  return spec && graphYaml(spec, (_kind, named) => named);
}

async function specOf(deps: GraphDeps, id: string): Promise<ExploreSpec | null> {
  const explored = parseExploreId(id);
  if (explored && 'error' in explored) throw badRequest(explored.error);
  if (explored) return explored.spec;
  const ahead = parseFutureId(id);
  if (ahead && 'error' in ahead) throw badRequest(ahead.error);
  if (ahead) {
    const { device, instance, metric } = ahead;
    const line: BoardLine = {
      ...{ metric: metric as MetricName, aggregate: 'each', label: '', mirror: false, per: null },
      select: [{ ...ANYTHING, device: [device], name: [instance] }],
    };
    return (await deps.inventory()).has(device) ? { ...NOTHING_CHOSEN, lines: [line] } : null;
  }
  const ofBoard = parseBoardGraphId(id);
  if (ofBoard) {
    const board = (await deps.dashboards?.list())?.find((one) => one.id === ofBoard.board);
    const graph = board?.graphs.find(({ key }) => key === ofBoard.key);
    return graph && 'lines' in graph ? ofLines(graph, (await membersOf(deps, graph)).otherwise) : null;
  }
  const found = deviceOfGraph(id);
  const stocked = found && (await deps.inventory()).get(found.device);
  if (!stocked) return null;
  const spec = graphsOf(stocked.device, stocked.instances).find((one) => one.id === id);
  return spec ? ofBuiltIn(spec, stocked.device.name) : null;
}

/** @param second the graph shows what it takes where its own selector finds nothing */
function ofLines(graph: LinesGraph, second: boolean): ExploreSpec {
  const { title, lines, stack, limit, greatest, thresholds, p95, band, events, compare, difference } = graph;
  const select = second ? (graph.otherwise ?? graph.select) : graph.select;
  return { title, select, lines, stack, limit, greatest, thresholds, p95, band, events, compare, difference };
}

function ofBuiltIn(spec: GraphSpec, device: string): ExploreSpec {
  const { lines, limits, limitShown } = spec;
  const [first] = lines;
  // A metric of many parts is one line over them all, so that it stays one row to change.
  const alike = lines.length > 1 && lines.every((line) => metricOf(line.series) === metricOf(first?.series ?? ''));
  const title = visible(cap(`${device} ${spec.title}`, TITLE_MAX));
  return {
    ...{ ...NOTHING_CHOSEN, title },
    lines: alike && first ? [lineOf(first, lines)] : lines.map((line) => lineOf(line, [line])),
    limit: limitShown === 'always' ? (limits[0]?.value ?? null) : null,
  };
}

const metricOf = (series: string): MetricName => series.slice(series.lastIndexOf('/') + 1) as MetricName;

function lineOf({ series, per, below }: LineSpec, all: readonly LineSpec[]): BoardLine {
  const device = series.slice(0, series.indexOf('/'));
  const name = all.slice(0, NAMES_MAX).map(({ instance }) => instance);
  return {
    ...{ metric: metricOf(series), aggregate: 'each', label: '', mirror: below },
    ...{ per: per === undefined ? null : metricOf(per), select: [{ ...ANYTHING, device: [device], name }] },
  };
}

/** Names for the ids of a spec, where they tell what is meant and no other. */
function namesIn(picture: Picture, { lines, select }: ExploreSpec): NameOf {
  const patterns = (of: 'device' | 'name') =>
    new Set([select, ...lines.flatMap((line) => line.select ?? [])].flatMap((one) => one[of] ?? []));
  const devices = [...patterns('device')].flatMap((id) => picture.get(id) ?? []);
  const wanted = patterns('name');
  const counts = new Map<string, number>();
  for (const { device } of devices.length > 0 ? picture.values() : [])
    counts.set(device.name, (counts.get(device.name) ?? 0) + 1);
  const names = new Map<string, string>();
  for (const { device, instances } of devices) {
    if (counts.get(device.name) === 1 && plain(device.name)) names.set(`device ${device.id}`, device.name);
    for (const { id, kind, name } of instances) {
      const alone = wanted.has(id) && instances.filter((one) => one.kind === kind && one.name === name).length === 1;
      if (alone && plain(name)) names.set(`name ${id}`, name);
    }
  }
  return (kind, id) => names.get(`${kind} ${id}`) ?? id;
}

/** It means itself only. */
const plain = (name: string): boolean => name !== '' && visible(name) === name && !/[*?]/.test(name);

const NAMES_SHOWN = 4;
function wordsOf(select: BoardLine['select'], nameOf: NameOf): string {
  const shown = (select ?? []).map((one) => {
    const names = (kind: 'device' | 'name', ids: readonly string[] | null) => {
      const all = (ids ?? []).map((id) => nameOf(kind, id));
      return all.length > NAMES_SHOWN
        ? `${all.slice(0, NAMES_SHOWN).join(', ')} and ${all.length - NAMES_SHOWN} more`
        : all.join(', ');
    };
    const picked = [names('device', one.device), names('name', one.name)].filter((text) => text !== '').join(' ');
    const where = (word: string, patterns: readonly string[] | null) =>
      patterns === null ? [] : [`${word} ${patterns.map((text) => text || 'none').join(' or ')}`];
    const others = [
      ...where('at', one.site),
      ...where('tagged', one.tag),
      ...where('described', one.alias),
      ...where('of kind', one.kind),
    ];
    const unwanted = one.not === null ? '' : describe({ ...ANYTHING, not: one.not });
    return [[picked || 'everything', ...others].join(' '), unwanted].filter((text) => text !== '').join(', ');
  });
  const texts = shown.slice(0, NAMES_SHOWN);
  const more = shown.length - texts.length;
  return visible(select === null ? 'everything' : `${texts.join('; ')}${more > 0 ? `; and ${more} more` : ''}`);
}
