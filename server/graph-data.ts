/** The data of a graph, by its id: what every renderer draws. */
import { parseBoardGraphId, type GraphExtras } from '../core/dashboard.ts';
import { lensOf, parseExploreId } from '../core/explore.ts';
import { isFutureId } from '../core/future-id.ts';
import type { GraphData } from '../core/graph.ts';
import { LINES_MAX, deviceOfGraph, graphsOf, type GraphSpec } from '../core/graphs.ts';
import type { Device } from '../core/model.ts';
import type { Stocked } from './inventory.ts';
import { planQuery, toSlots } from '../core/query.ts';
import { readFuture } from './future-graph.ts';
import { eventsOf } from './graph-events.ts';
import { figuresOf } from './graph-figures.ts';
import { gapsOf } from './graph-gaps.ts';
import { beyondMs, oldestOf, readSources, words, type GraphDeps, type GraphRequest } from './graph-read.ts';
import { drawBoard, linesGraph } from './board-graph.ts';
import { compared, rangeBefore, type Comparison } from './graph-compare.ts';
import { visible } from '../core/text.ts';
import { badRequest } from './problem.ts';
import { shapeGraph, type FilledLine } from './graph-shape.ts';

export type { GraphDeps, GraphRequest } from './graph-read.ts';

/**
 * The graph of that id over the range, beside the range before if that is asked for, or null if there is no such graph.
 * @throws HttpProblem 400 for an id of the explorer that says nothing sound
 */
export async function readGraph(deps: GraphDeps, id: string, request: GraphRequest): Promise<GraphData | null> {
  if (deps.forecasts && isFutureId(id))
    return readFuture({ ...deps, forecasts: deps.forecasts }, id, {
      fromMs: request.usual === true ? null : request.fromMs,
      width: request.width,
    });
  const explored = parseExploreId(id);
  if (explored && 'error' in explored) throw badRequest(explored.error);
  const ofBoard = parseBoardGraphId(id);
  const graph = explored ? lensOf(explored.spec) : ofBoard ? await linesGraph(deps, ofBoard) : null;
  if (ofBoard && !graph) return null;
  const compare = request.compare ?? comparisonOf(graph);
  const read = (range: { readonly fromMs: number; readonly toMs: number }) =>
    graph ? drawBoard(deps, id, graph, { ...request, ...range }) : readNow(deps, id, { ...request, ...range });
  const now = await read(request);
  if (!now || !compare) return now;
  const past = await read(rangeBefore(request, compare.ago, deps.zone, deps.nowMs()));
  return past && compared(now, past, compare);
}

const comparisonOf = (spec: GraphExtras | null): Comparison | null =>
  spec?.compare ? { ago: spec.compare, difference: spec.difference } : null;

async function readNow(deps: GraphDeps, id: string, request: GraphRequest): Promise<GraphData | null> {
  const found = deviceOfGraph(id);
  if (!found) return null;
  // What was discovered a moment ago may not be in the picture yet.
  const has = (stocked: Stocked | undefined) =>
    stocked !== undefined && (found.instance === null || stocked.instances.some((i) => i.id === found.instance));
  const stocked = (await deps.inventory((picture) => has(picture.get(found.device)))).get(found.device);
  if (!stocked) return null;
  const { device } = stocked;
  // Of a device with thousands of ports only the one that is asked for is looked at.
  const instances = found.instance === null ? stocked.instances : stocked.instances.filter((i) => i.id === found.instance);
  const spec = graphsOf(device, instances).find((s) => s.id === id);
  return spec ? drawSpec(deps, device, spec, request) : null;
}

async function drawSpec(deps: GraphDeps, device: Device, spec: GraphSpec, request: GraphRequest): Promise<GraphData> {
  const { history, catalog, zone } = deps;
  const nowMs = deps.nowMs();
  const { fromMs, toMs, width } = request;
  const { intervalMs } = device;
  const { tier, stepMs } = planQuery({ fromMs, toMs, points: width * 2, nowMs, intervalMs, tiers: history.tiers() });
  const endMs = Math.min(toMs, nowMs);
  // Whole first slots.
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  const series = spec.lines.map((line) => line.series);
  const oldestMs = await oldestOf(history, series, fromMs);
  const statsFromMs = Math.max(fromMs, oldestMs ?? fromMs);
  const latest = await history.latest(series);
  const reads = await readSources(history, spec.lines, tier, startMs, endMs + beyondMs(tier, intervalMs));
  const wanted = spec.lines.map((line, i) => ({ line, source: line, each: reads[i]?.each ?? (() => undefined) }));
  const stats = await figuresOf(deps, wanted, tier, statsFromMs, endMs);
  const filled = wanted.map(({ line, each }, i): FilledLine & { instance: string } => ({
    ...line,
    each,
    slots: toSlots(each, fromMs, Math.max(endMs, fromMs), stepMs),
    stats: stats[i] ?? NOTHING,
    members: 1,
    bound: { maximum: false, minimum: false },
  }));
  const shown = choose(filled);
  return shapeGraph({
    id: spec.id,
    title: spec.title,
    device: visible(device.name),
    subtitle: spec.subtitle,
    unit: spec.unit,
    fromMs,
    toMs,
    stepMs,
    tier,
    zone,
    lines: shown,
    gaps: await gapsOf(catalog, {
      lines: shown.map(({ each }) => each),
      device: device.id,
      instances: new Set(shown.map(({ instance }) => instance)),
      fromMs: statsFromMs,
      endMs,
      stepMs,
      intervalMs,
    }),
    partial: [],
    ...(await eventsOf(catalog, {
      devices: new Map([[device.id, device.name]]),
      instances: new Set(shown.map(({ instance }) => instance)),
      ...{ fromMs: statsFromMs, endMs, stepMs },
    })),
    stack: false,
    devices: [device.id],
    note: '',
    limits: spec.limits,
    limitShown: spec.limitShown,
    newestMs: latest.reduce<number | null>((newest, l) => (l && l.tMs > (newest ?? 0) ? l.tMs : newest), null),
    oldestMs,
    about: `${words(stepMs)} averages of what was read, now every ${words(intervalMs)}, or imported; the band is the lowest and highest of it.`,
    width,
  });
}

const NOTHING = {
  current: null,
  average: null,
  minimum: null,
  maximum: null,
  maximumAtMs: null,
  p95: null,
  p95From: '',
  total: null,
  known: 0,
} as const;

/** With more lines than can be told apart, those that are greatest now. */
function choose<T extends FilledLine>(lines: readonly T[]): T[] {
  if (lines.length <= LINES_MAX) return [...lines];
  const roles = lines.slice(0, LINES_MAX).map((line) => line.role);
  return [...lines]
    .sort((a, b) => (b.stats.current ?? -1) - (a.stats.current ?? -1))
    .slice(0, LINES_MAX)
    .map((line, i) => ({ ...line, role: roles[i] ?? 's1' }));
}
