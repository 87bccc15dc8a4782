/** Fills a graph's spec with data: what every renderer draws. */
import type { GraphData, GraphGap, GraphLine, LineStats } from '../core/graph.ts';
import { LINES_MAX, deviceOfGraph, graphsOf, type GraphSpec, type LineSpec } from '../core/graphs.ts';
import {
  BIN_TIERS,
  HEARTBEAT,
  TIER_STEP_MS,
  type BinTier,
  type Device,
  type Event,
  type Instance,
  type SeriesKey,
  type Tier,
} from '../core/model.ts';
import type { BinColumns, Catalog, History, RawColumns } from '../core/ports.ts';
import { eachBin, eachRecord, planQuery, toSlots, unknownStretches, type Slots, type Visit } from '../core/query.ts';
import { percentile, summarise } from '../core/statistics.ts';
import { timeTicks, valueTicks } from '../core/ticks.ts';
import { formatDuration } from '../core/units.ts';

export interface GraphDeps {
  readonly history: History;
  readonly catalog: Catalog;
  readonly zone: string;
  readonly nowMs: () => number;
}
export interface GraphRequest {
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of the plot in pixels. */
  readonly width: number;
}

/** Plots narrower than this are small in height too. */
const SMALL_PX = 500;
/** Axis of a mirrored graph of nothing but zeros, both ways alike. */
const IDLE_REACH = 1000;

type Each = (visit: Visit) => void;
/** A line with everything read for it. */
interface Read {
  readonly line: LineSpec;
  readonly each: Each;
  readonly slots: Slots;
  readonly stats: LineStats;
}

/** The graph of that id over the range, or null if there is no such graph. */
export async function readGraph(deps: GraphDeps, id: string, request: GraphRequest): Promise<GraphData | null> {
  const deviceId = deviceOfGraph(id);
  const device = (await deps.catalog.devices.list()).find((d) => d.id === deviceId);
  if (!device) return null;
  const instances = await deps.catalog.instances.list(device.id);
  const spec = graphsOf(device, instances).find((s) => s.id === id);
  return spec ? drawSpec(deps, device, instances, spec, request) : null;
}

async function drawSpec(
  deps: GraphDeps,
  device: Device,
  instances: readonly Instance[],
  spec: GraphSpec,
  request: GraphRequest,
): Promise<GraphData> {
  const nowMs = deps.nowMs();
  const { fromMs, toMs, width } = request;
  const tiers = deps.history.tiers();
  const plan = planQuery({ fromMs, toMs, points: width * 2, nowMs, intervalMs: device.intervalMs, tiers });
  const endMs = Math.min(toMs, nowMs);
  // Whole first slots; and the record that ends after the range covers its last part.
  const startMs = Math.floor(fromMs / plan.stepMs) * plan.stepMs;
  const beyondMs = plan.tier === 'raw' ? HEARTBEAT * device.intervalMs : 0;
  const oldestMs = await oldest(deps.history, spec, instances, fromMs);
  const statsFromMs = Math.max(fromMs, oldestMs ?? fromMs);
  const latest = await deps.history.latest(spec.lines.map((l) => l.series));
  const reads = await Promise.all(
    spec.lines.map(async (line): Promise<Read> => {
      const each = await readLine(deps.history, line, plan.tier, startMs, endMs + beyondMs);
      return {
        line,
        each,
        slots: toSlots(each, fromMs, Math.max(endMs, fromMs), plan.stepMs),
        stats: await statsOf(deps, line, each, statsFromMs, endMs),
      };
    }),
  );
  const shown = choose(reads);
  const slots = shown[0]?.slots;
  const slotCount = slots?.mean.length ?? 0;
  const newestMs = latest.reduce<number | null>((newest, l) => (l && l.tMs > (newest ?? 0) ? l.tMs : newest), null);
  const top = Math.max(0, ...shown.filter((r) => !r.line.below).map((r) => r.stats.maximum ?? 0));
  const bottom = Math.max(0, ...shown.filter((r) => r.line.below).map((r) => r.stats.maximum ?? 0));
  const limits = spec.limits.filter((l) => spec.limitShown === 'always' || Math.max(top, bottom) > 0.4 * l.value);
  return {
    id: spec.id,
    title: spec.title,
    subtitle: spec.subtitle,
    unit: spec.unit,
    fromMs,
    toMs,
    stepMs: plan.stepMs,
    tier: plan.tier,
    zone: deps.zone,
    tMs: Array.from({ length: slotCount }, (_, i) => (slots?.fromMs ?? 0) + i * plan.stepMs),
    lines: shown.map((r) => drawn(r)),
    gaps: await gapsOf(deps, device, shown, plan.stepMs, statsFromMs, endMs),
    limits,
    y: scaleOf(spec, shown, top, bottom, limits, width),
    x: { ticks: timeTicks(fromMs, toMs, width, deps.zone) },
    newestMs,
    oldestMs,
    about: about(plan.stepMs, device.intervalMs),
  };
}

/** With more lines than can be told apart, those that are greatest now. */
function choose(reads: readonly Read[]): Read[] {
  if (reads.length <= LINES_MAX) return [...reads];
  const roles = reads.slice(0, LINES_MAX).map((r) => r.line.role);
  return [...reads]
    .sort((a, b) => (b.stats.current ?? -1) - (a.stats.current ?? -1))
    .slice(0, LINES_MAX)
    .map((r, i) => ({ ...r, line: { ...r.line, role: roles[i] ?? 's1' } }));
}

function drawn(read: Read): GraphLine {
  const { line, slots, stats } = read;
  return {
    series: line.series,
    label: line.label,
    role: line.role,
    below: line.below,
    fill: line.fill,
    mean: Array.from(slots.mean, short),
    min: Array.from(slots.min, short),
    max: Array.from(slots.max, short),
    stats,
  };
}

/** Seven figures are finer than any screen; the legend's figures keep all of theirs. */
function short(value: number): number | null {
  return Number.isNaN(value) ? null : Number(value.toPrecision(7));
}

function scaleOf(
  spec: GraphSpec,
  shown: readonly Read[],
  top: number,
  bottom: number,
  limits: GraphSpec['limits'],
  width: number,
) {
  const mirrored = shown.some((r) => r.line.below);
  const idle = mirrored && top === 0 && bottom === 0;
  const highest = Math.max(top, idle ? IDLE_REACH : 0, ...limits.map((l) => l.value));
  // A mirrored graph keeps both halves even when one is empty.
  const lowest = mirrored ? Math.max(bottom, idle ? highest : highest / 1000) : 0;
  // Narrow graphs are low ones: a phone's, or three abreast.
  const steps = width < SMALL_PX ? 4 : 7;
  const y = valueTicks(spec.unit === 'ratio' && highest > 0.5 && highest <= 1 ? 1 : highest, lowest, spec.unit, steps);
  return { min: y.min, max: y.max, ticks: y.ticks };
}

/** Known stretches of a line; a divided line has those of both, at the same times. */
async function readLine(history: History, line: LineSpec, tier: Tier, fromMs: number, toMs: number): Promise<Each> {
  const keys: SeriesKey[] = line.per ? [line.series, line.per] : [line.series];
  if (tier === 'raw') {
    const [own, per] = await history.raw(keys, fromMs, toMs);
    if (!own) return () => undefined;
    return (visit) => eachRecord(per ? dividedRaw(own, per) : own, visit);
  }
  const [own, per] = await history.bins(keys, tier, fromMs, toMs);
  if (!own) return () => undefined;
  return (visit) => eachBin(per ? dividedBins(own, per) : own, tier, visit);
}

/** Both series belong to one device, so their times are the same; where one lacks a time the share is unknown. */
function dividedRaw(own: RawColumns, per: RawColumns): RawColumns {
  const at = new Map(Array.from(per.tMs, (t, i) => [t, per.value[i] ?? NaN]));
  return { ...own, value: own.value.map((v, i) => divide(v, at.get(own.tMs[i] ?? NaN))) };
}

function dividedBins(own: BinColumns, per: BinColumns): BinColumns {
  const at = new Map(Array.from(per.tMs, (t, i) => [t, per.mean[i] ?? NaN]));
  const by = (values: Float64Array) => values.map((v, i) => divide(v, at.get(own.tMs[i] ?? NaN)));
  const known = own.known.map((k, i) => ((at.get(own.tMs[i] ?? NaN) ?? 0) > 0 ? k : 0));
  return { tMs: own.tMs, mean: by(own.mean), min: by(own.min), max: by(own.max), known };
}

function divide(value: number, by: number | undefined): number {
  return by !== undefined && by > 0 ? value / by : NaN;
}

async function statsOf(deps: GraphDeps, line: LineSpec, each: Each, fromMs: number, endMs: number): Promise<LineStats> {
  const summary = summarise(each, fromMs, endMs);
  let current: number | null = null;
  each((t0, t1, mean) => {
    if (t1 > fromMs && t0 < endMs) current = mean;
  });
  return { ...summary, current, ...(await p95Of(deps, line, fromMs, endMs)) };
}

/** 95th percentile from the finest means kept that long: 5 min by the convention of billing. */
async function p95Of(
  deps: GraphDeps,
  line: LineSpec,
  fromMs: number,
  endMs: number,
): Promise<{ p95: number | null; p95From: string }> {
  const specs = deps.history.tiers();
  const keptFor = (tier: BinTier) => specs.find((s) => s.tier === tier)?.retentionMs ?? Infinity;
  const tier = BIN_TIERS.find((t) => fromMs >= deps.nowMs() - keptFor(t)) ?? '1d';
  const stepMs = TIER_STEP_MS[tier];
  const each = await readLine(deps.history, line, tier, fromMs, endMs);
  const means: number[] = [];
  // Only whole bins: a cut one would be a mean of less than its width.
  each((t0, t1, mean) => {
    if (t0 >= fromMs && t1 <= endMs) means.push(mean);
  });
  return { p95: percentile(Float64Array.from(means), 0.95), p95From: `${words(stepMs)} means` };
}

/**
 * Where the data of a graph begins; null = nowhere. Narrowed from days to the reading only
 * if that lies within the range, because only then it shows.
 */
async function oldest(history: History, spec: GraphSpec, instances: readonly Instance[], fromMs: number): Promise<number | null> {
  const series = spec.lines.map((l) => l.series);
  if (series.length === 0) return null;
  const first = (bins: readonly BinColumns[]) => Math.min(...bins.map((b) => b.tMs[0] ?? Infinity));
  const day = first(await history.bins(series, '1d', 0, Number.MAX_SAFE_INTEGER, ['known']));
  if (!Number.isFinite(day)) return null;
  if (day + TIER_STEP_MS['1d'] < fromMs) return day;
  const slot = first(await history.bins(series, '5m', day, day + TIER_STEP_MS['1d'], ['known']));
  if (!Number.isFinite(slot)) return day;
  let start = Infinity;
  for (const raw of await history.raw(series, slot - 1, slot + 2 * TIER_STEP_MS['5m'])) {
    eachRecord(raw, (t0) => (start = Math.min(start, t0)));
  }
  return Number.isFinite(start) ? start : slot;
}

/** Stretches in which no line is known, with what the events say about them. */
async function gapsOf(
  deps: GraphDeps,
  device: Device,
  shown: readonly Read[],
  stepMs: number,
  fromMs: number,
  endMs: number,
): Promise<GraphGap[]> {
  const known: { t0: number; t1: number }[] = [];
  for (const read of shown) {
    read.each((t0, t1, _mean, _min, _max, knownMs) => {
      // Outages shorter than a bin do not show here; the share of known time tells of them.
      if (knownMs > 0) known.push({ t0, t1 });
    });
  }
  if (known.length === 0) return [];
  known.sort((a, b) => a.t0 - b.t0);
  const each: Each = (visit) => {
    for (const { t0, t1 } of known) visit(t0, t1, 0, 0, 0, t1 - t0);
  };
  const stretches = unknownStretches(each, fromMs, endMs, Math.max(1, device.intervalMs * 0.1)).filter(
    // The newest stretch is not a gap until a poll is overdue.
    (g) => g.toMs < endMs || g.toMs - g.fromMs > HEARTBEAT * Math.max(device.intervalMs, 1),
  );
  if (stretches.length === 0) return [];
  const events = await deps.catalog.events.list({
    device: device.id,
    fromMs,
    toMs: endMs,
    kinds: ['gap', 'restart', 'down', 'import'],
    limit: 500,
  });
  const instances = new Set(shown.map((r) => r.line.instance));
  const ours = events.filter((e) => e.instance === null || instances.has(e.instance));
  return stretches.slice(0, 500).map((g) => explain(g, ours, stepMs, endMs));
}

function explain(gap: { fromMs: number; toMs: number }, events: readonly Event[], stepMs: number, endMs: number): GraphGap {
  const overlap = (e: Event) => Math.min(e.toMs ?? endMs, gap.toMs) - Math.max(e.fromMs, gap.fromMs);
  const touching = events.filter((e) => overlap(e) >= -stepMs).sort((a, b) => overlap(b) - overlap(a));
  const best = touching.find((e) => e.kind === 'gap') ?? touching[0];
  const length = formatDuration(gap.toMs - gap.fromMs);
  return {
    ...gap,
    cause: best?.cause ?? null,
    text: best ? `No data for ${length}: ${best.text}` : `No data for ${length}.`,
  };
}

function about(stepMs: number, intervalMs: number): string {
  return `${words(stepMs)} averages of readings taken every ${words(intervalMs)}; the band is the lowest and highest reading.`;
}

function words(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000} d`;
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${ms / 1000} s`;
}
