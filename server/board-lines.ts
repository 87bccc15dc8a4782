/** The lines of a dashboard's graph: one a series, or many series as one. */
import { combine, eachSlot, figureSlots, type Combine, type Combined, type Member } from '../core/aggregate.ts';
import { extremesOf } from '../core/aggregate-peak.ts';
import type { BoardLine, LinesGraph } from '../core/dashboard.ts';
import type { LineStats, Role } from '../core/graph.ts';
import { LINES_MAX, ROLES } from '../core/graphs.ts';
import { TIER_STEP_MS, type Tier } from '../core/model.ts';
import { toSlots, type Each, type QueryPlan } from '../core/query.ts';
import { percentile, summarise } from '../core/statistics.ts';
import { figuresOf, lastWithin } from './graph-figures.ts';
import { beyondMs, readSources, words, type GraphDeps, type Read, type Source } from './graph-read.ts';
import type { FilledLine } from './graph-shape.ts';
import { memberOf, type Lifetime } from './lifetimes.ts';
import type { Meant } from './selection.ts';

/** A line's spec with the series that it is about. */
export interface WantedLine {
  readonly spec: BoardLine;
  /** Tells it from other lines of the graph. */
  readonly label: string;
  readonly members: readonly (Meant & { readonly source: Source; readonly name: string; readonly lifetime: Lifetime })[];
}
export interface DrawnLines {
  readonly lines: FilledLine[];
  /** What was combined, for what was partial in it. */
  readonly combined: { readonly combined: Combined; readonly names: readonly string[] }[];
  /** Series that have no line of their own. */
  readonly rest: number;
}

export interface Frame {
  readonly fromMs: number;
  readonly endMs: number;
  readonly nowMs: number;
  /** From where figures are computed: the first sample, if that lies in the range. */
  readonly statsFromMs: number;
  readonly plan: QueryPlan;
  /** Finest tier that may be read for a combination. */
  readonly finest: Tier;
  /** Largest interval of all members. */
  readonly intervalMs: number;
}

/** Width of the slots in which series of a tier are combined: no finer than any of them is polled. */
export function combineStepMs(tier: Tier, intervalMs: number): number {
  if (tier === 'raw') return intervalMs;
  return Math.ceil(intervalMs / TIER_STEP_MS[tier]) * TIER_STEP_MS[tier];
}

const EXACT = { maximum: false, minimum: false };

async function readMembers(
  deps: GraphDeps,
  frame: Frame,
  line: WantedLine,
  tier: Tier,
): Promise<{ reads: Read[]; members: Member[] }> {
  const stepMs = Math.max(frame.plan.stepMs, combineStepMs(tier, frame.intervalMs));
  const startMs = Math.floor(frame.fromMs / stepMs) * stepMs;
  const sources = line.members.map(({ source }) => source);
  const reads = await readSources(deps.history, sources, tier, startMs, frame.endMs + beyondMs(tier, frame.intervalMs));
  const members = line.members.map((member, i) => memberOf(member, member.lifetime, reads[i] ?? NO_READ, frame.nowMs));
  return { reads, members };
}
const NO_READ: Read = { each: () => undefined, raw: null };

/** All members of a line as one. */
export async function combinedLine(
  deps: GraphDeps,
  frame: Frame,
  line: WantedLine,
  how: Combine,
  role: Role,
  fill: boolean,
): Promise<DrawnLines> {
  const tier = frame.finest;
  const { reads, members } = await readMembers(deps, frame, line, tier);
  const combined = combine(members, how, frame.fromMs, frame.endMs, combineStepMs(tier, frame.intervalMs));
  const { spec } = line;
  const filled = fillCombined(frame, combined, how, line.members.length, reads, tier);
  return {
    lines: [
      {
        series: `${how} ${spec.metric}${spec.per === null ? '' : ` per ${spec.per}`}`,
        label: line.label,
        role,
        below: spec.mirror,
        fill,
        ...filled,
      },
    ],
    combined: [{ combined, names: line.members.map(({ name }) => name) }],
    rest: 0,
  };
}

function fillCombined(
  frame: Frame,
  combined: Combined,
  how: Combine,
  members: number,
  reads: readonly Read[],
  tier: Tier,
): Pick<FilledLine, 'each' | 'slots' | 'stats' | 'members' | 'bound'> {
  const { fromMs, endMs, plan } = frame;
  const { usable, complete } = figureSlots(combined);
  const known = (slot: number) => !Number.isNaN(combined.mean[slot]);
  // What a partial sum reached, the whole one reached as well; a mean or a minimum without a member may be too high.
  const reached = how === 'sum' || how === 'max' ? known : usable;
  const records = tier === 'raw' ? reads.flatMap(({ raw }) => (raw ? [raw] : [])) : null;
  const extremes =
    records && (how === 'sum' || how === 'mean')
      ? exact(combined, records, how, reached, usable)
      : bounded(combined, how, reached, usable);
  const each = eachSlot(combined, 'mean');
  const banded = records ? within(eachSlot(combined, 'bounds'), extremes) : each;
  return {
    each,
    slots: toSlots(banded, fromMs, Math.max(endMs, fromMs), plan.stepMs),
    stats: { ...combinedStats(frame, combined, how, usable, complete, members, tier), ...extremes.figures },
    members,
    bound: extremes.bound,
  };
}

interface Reached {
  readonly figures: Pick<LineStats, 'maximum' | 'maximumAtMs' | 'minimum'>;
  readonly bound: FilledLine['bound'];
}

function exact(
  combined: Combined,
  records: Parameters<typeof extremesOf>[1],
  how: 'sum' | 'mean',
  reached: (slot: number) => boolean,
  usable: (slot: number) => boolean,
): Reached {
  return { figures: extremesOf(combined, records, how, reached, usable), bound: EXACT };
}

/** Where only bins are left, highest values may not have been at the same moment. */
function bounded(
  combined: Combined,
  how: Combine,
  reached: (slot: number) => boolean,
  usable: (slot: number) => boolean,
): Reached {
  const upper = summarise(eachSlot(combined, 'bounds', reached), -Infinity, Infinity);
  const lower = summarise(eachSlot(combined, 'bounds', usable), -Infinity, Infinity);
  return {
    figures: { maximum: upper.maximum, maximumAtMs: upper.maximumAtMs, minimum: lower.minimum },
    bound: { maximum: upper.maximum !== null && how !== 'max', minimum: lower.minimum !== null && how !== 'min' },
  };
}

/** The band of a slot never reaches beyond what the line ever reached. */
function within(each: Each, { figures }: Reached): Each {
  const { maximum, minimum } = figures;
  return (visit) =>
    each((t0, t1, mean, low, high, known) =>
      visit(t0, t1, mean, Math.min(mean, Math.max(low, minimum ?? low)), Math.max(mean, Math.min(high, maximum ?? high)), known),
    );
}

function combinedStats(
  frame: Frame,
  combined: Combined,
  how: Combine,
  usable: (slot: number) => boolean,
  complete: boolean,
  members: number,
  tier: Tier,
): LineStats {
  const { statsFromMs, endMs } = frame;
  const used = eachSlot(combined, 'mean', usable);
  const all = eachSlot(combined, 'mean');
  const fiveMin = TIER_STEP_MS['5m'];
  const stepMs = tier === 'raw' ? Math.max(fiveMin, combineStepMs('5m', frame.intervalMs)) : combined.stepMs;
  // The 95th of the sum, never the sum of the 95ths.
  const slots = toSlots(used, statsFromMs, endMs, stepMs);
  const means: number[] = [];
  slots.mean.forEach((mean, i) => {
    const t0 = slots.fromMs + i * stepMs;
    if (t0 >= statsFromMs && t0 + stepMs <= endMs && (slots.known[i] ?? 0) >= 0.5) means.push(mean);
  });
  const partial = combined.missing.some((n, i) => n > 0 && !Number.isNaN(combined.mean[i]));
  const where = !partial ? '' : complete ? `, where all of ${members} are known` : `, of what is known of ${members}`;
  return {
    ...summarise(used, statsFromMs, endMs),
    total: summarise(all, statsFromMs, endMs).total,
    current: lastWithin(all, statsFromMs, endMs),
    p95: percentile(Float64Array.from(means), 0.95),
    p95From: `${words(stepMs)} means of the ${NOUNS[how]}${where}`,
  };
}
export const NOUNS: Readonly<Record<Combine, string>> = { sum: 'sum', mean: 'mean', max: 'maximum', min: 'minimum' };

/** A line a series: where there are too many, the greatest, and the rest together in grey. */
export async function eachLines(
  deps: GraphDeps,
  frame: Frame,
  lines: readonly WantedLine[],
  graph: Pick<LinesGraph, 'stack' | 'greatest'>,
): Promise<DrawnLines> {
  const { plan, fromMs, endMs, statsFromMs } = frame;
  const tier = plan.tier;
  const stepMs = combineStepMs(tier, frame.intervalMs);
  const read: { line: WantedLine; reads: Read[]; members: Member[] }[] = [];
  // One after the other: each may be as much as the bound allows.
  for (const line of lines) read.push({ line, ...(await readMembers(deps, frame, line, tier)) });
  const scores = new Map<string, number>();
  for (const { line, reads } of read) {
    line.members.forEach(({ instance }, i) => {
      const score = scoreOf(reads[i]?.each ?? NO_READ.each, graph.greatest, statsFromMs, endMs);
      scores.set(instance.id, Math.max(scores.get(instance.id) ?? -Infinity, score));
    });
  }
  const sides = Math.max(1, lines.filter(({ spec }) => !spec.mirror).length, lines.filter(({ spec }) => spec.mirror).length);
  const room = Math.max(1, Math.floor(LINES_MAX / sides));
  const ranked = [...scores].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([instance]) => instance);
  const place = new Map(ranked.map((instance, i) => [instance, i]));
  const out: DrawnLines = { lines: [], combined: [], rest: Math.max(0, ranked.length - room) };
  const pick = read.flatMap(({ line, reads }, l) =>
    line.members.map((member, i) => ({
      line,
      member,
      each: reads[i]?.each ?? NO_READ.each,
      source: member.source,
      rank: place.get(member.instance.id) ?? 0,
      l,
    })),
  );
  const top = pick.filter(({ rank }) => rank < room).sort((a, b) => a.rank - b.rank || a.l - b.l);
  const stats = await figuresOf(deps, top, tier, statsFromMs, endMs);
  const above = top.filter(({ line }) => !line.spec.mirror).length;
  top.forEach(({ line, member, each, rank, l }, i) => {
    const { spec } = line;
    const first = lines.slice(0, l).filter((other) => other.spec.mirror === spec.mirror).length;
    const figures = stats[i];
    if (!figures) return;
    out.lines.push({
      series: member.source.per === undefined ? member.source.series : `${member.source.series} per ${member.source.per}`,
      label: lines.length > 1 ? `${member.name} ${line.label}` : member.name,
      role: ROLES[(rank * sides + first) % ROLES.length] ?? 's1',
      below: spec.mirror,
      fill: graph.stack || above === 1,
      each,
      slots: toSlots(each, fromMs, Math.max(endMs, fromMs), plan.stepMs),
      stats: figures,
      members: 1,
      bound: EXACT,
    });
  });
  for (const { line, reads, members } of read) {
    const names = line.members.map(({ name }) => name);
    const others = line.members.flatMap(({ instance }, i) => ((place.get(instance.id) ?? 0) >= room ? [i] : []));
    const how = graph.stack ? 'sum' : 'mean';
    const chosen = others.flatMap((i) => members[i] ?? []);
    if (graph.stack && members.length > 1) out.combined.push({ combined: combine(members, 'sum', fromMs, endMs, stepMs), names });
    if (others.length === 0) continue;
    const combined = combine(chosen, how, fromMs, endMs, stepMs);
    if (!graph.stack) out.combined.push({ combined, names: others.map((i) => names[i] ?? '') });
    const noun = `${others.length} more`;
    out.lines.push({
      series: `rest ${line.spec.metric}`,
      label: `${noun}${graph.stack ? '' : ', on average'}${lines.length > 1 ? `, ${line.label}` : ''}`,
      role: 'past',
      below: line.spec.mirror,
      fill: graph.stack,
      ...fillCombined(
        frame,
        combined,
        how,
        others.length,
        others.flatMap((i) => reads[i] ?? []),
        tier,
      ),
    });
  }
  return out;
}

function scoreOf(each: Each, by: LinesGraph['greatest'], fromMs: number, endMs: number): number {
  if (by === 'current') return lastWithin(each, fromMs, endMs) ?? -Infinity;
  return summarise(each, fromMs, endMs)[by] ?? -Infinity;
}
