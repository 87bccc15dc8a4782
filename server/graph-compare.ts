/** A graph beside itself so much earlier: the range before as further lines, or what lies between the two. */
import { AGO_WORDS, aligner, before, type Ago } from '../core/ago.ts';
import type { GraphData, GraphGap, GraphLine, LineStats } from '../core/graph.ts';
import { valueTicks } from '../core/ticks.ts';
import { badRequest } from './problem.ts';

export interface Comparison {
  readonly ago: Ago;
  readonly difference: boolean;
}

/** The range so much before, as far as now has come in this one. @throws HttpProblem 400 beyond the calendar */
export function rangeBefore(range: { readonly fromMs: number; readonly toMs: number }, ago: Ago, zone: string, nowMs: number) {
  const endMs = range.fromMs < nowMs ? Math.min(range.toMs, nowMs) : range.toMs;
  const [fromMs, toMs] = [before(range.fromMs, ago, zone), before(endMs, ago, zone)];
  // Of two days that both became the last of a short month nothing is left between.
  if (fromMs === null || toMs === null || toMs <= fromMs)
    throw badRequest(`There is no such range ${AGO_WORDS[ago]}: choose another one, or compare it with another time.`);
  return { fromMs, toMs };
}

/** @param past the same graph over `rangeBefore` */
export function compared(now: GraphData, past: GraphData, { ago, difference }: Comparison): GraphData {
  const partners = pair(now, past, ago);
  const about = `${now.about} Compared with ${AGO_WORDS[ago]}, by the calendar of ${now.zone}.`;
  const missing = partners.every(({ line }) => line === null) ? `Nothing is known of ${AGO_WORDS[ago]}.` : '';
  const note = [now.note, missing].filter((part) => part !== '').join(' ');
  const gaps = [...now.gaps, ...gapsBefore(now, past, ago)].sort((a, b) => a.fromMs - b.fromMs);
  return difference ? between({ ...now, gaps }, partners, ago, { about, note }) : beside(now, past, partners, { about, note });
}

/** What was unknown then is unknown in a difference. */
function gapsBefore(now: GraphData, past: GraphData, ago: Ago): GraphGap[] {
  const apart = now.fromMs - past.fromMs;
  return past.gaps
    .map((gap) => ({
      ...gap,
      fromMs: gap.fromMs + apart,
      toMs: gap.toMs + apart,
      text: `${capital(AGO_WORDS[ago])}: ${gap.text}`,
    }))
    .filter(({ fromMs, toMs }) => toMs > now.fromMs && fromMs < now.toMs);
}
const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

interface Pair {
  readonly of: GraphLine;
  /** Of the range before, in the slots of this one; null = nothing is known of it. */
  readonly line: GraphLine | null;
}

function pair(now: GraphData, past: GraphData, ago: Ago): Pair[] {
  const { fromMs, toMs } = past;
  const places = placesOf(now, past);
  return now.lines.map((of): Pair => {
    // Those that have no line of their own are other ones in another range.
    const then = of.series.startsWith('rest ') ? undefined : past.lines.find(({ series }) => series === of.series);
    if (!then || then.stats.average === null) return { of, line: null };
    const change = changeOf(of.stats.average, then.stats.average);
    const label = `${of.label}, ${AGO_WORDS[ago]}`;
    return {
      of,
      line: {
        ...{ ...then, ...moved(then, past, places), series: `${of.series} ${ago} before`, label, role: 'past', fill: false },
        ...{ below: of.below, before: { ago, fromMs, toMs, change } },
      },
    };
  });
}

/** How much more or less, as a share of what it was: 0.12 = 12 % more; null where there is nothing to compare with. */
function changeOf(now: number | null, then: number | null): number | null {
  return now === null || then === null || then === 0 ? null : now / then - 1;
}

/** A stretch of the past that a slot meets, and the slots of the past in it: from `first` up to before `after`. */
interface Place {
  readonly fromMs: number;
  readonly toMs: number;
  readonly first: number;
  readonly after: number;
}

function placesOf(now: GraphData, past: GraphData): Place[] {
  const align = aligner(now.fromMs, past.fromMs, now.zone);
  const start = past.tMs[0] ?? 0;
  const slot = (ms: number) => Math.max(0, Math.min(past.tMs.length, ms / past.stepMs));
  return now.tMs.map((tMs) => {
    const fromMs = align(tMs);
    const toMs = fromMs + now.stepMs;
    return { fromMs, toMs, first: Math.floor(slot(fromMs - start)), after: Math.ceil(slot(toMs - start)) };
  });
}

/** Means weighted by overlap, and the least and greatest of what is met. */
function moved(line: GraphLine, past: GraphData, places: readonly Place[]): Pick<GraphLine, 'mean' | 'min' | 'max'> {
  const found = places.map(({ fromMs, toMs, first, after }) => {
    let [sum, weight, low, high] = [0, 0, Infinity, -Infinity];
    for (let i = first; i < after; i++) {
      const value = line.mean[i] ?? null;
      const start = past.tMs[i] ?? 0;
      const share = Math.min(toMs, start + past.stepMs) - Math.max(fromMs, start);
      if (value === null || share <= 0) continue;
      sum += value * share;
      weight += share;
      low = Math.min(low, line.min[i] ?? value);
      high = Math.max(high, line.max[i] ?? value);
    }
    return weight > 0 ? { mean: Number((sum / weight).toPrecision(7)), min: low, max: high } : NOT_KNOWN;
  });
  return { mean: found.map(({ mean }) => mean), min: found.map(({ min }) => min), max: found.map(({ max }) => max) };
}
const NOT_KNOWN = { mean: null, min: null, max: null };

/** Axes are finer where a graph is large. */
const STEPS = 7;

function beside(now: GraphData, past: GraphData, pairs: readonly Pair[], texts: Pick<GraphData, 'about' | 'note'>): GraphData {
  const lines = [...now.lines, ...pairs.flatMap(({ line }) => line ?? [])];
  const higher = past.y.max > now.y.max || past.y.min < now.y.min;
  if (!higher || lines.length === now.lines.length) return { ...now, ...texts, lines };
  const y = valueTicks(Math.max(now.y.max, past.y.max), -Math.min(now.y.min, past.y.min), now.unit, STEPS);
  return { ...now, ...texts, lines, y };
}

/** This range less the one before: above zero is more than it was, below is less, also for what is usually drawn below. */
function between(now: GraphData, pairs: readonly Pair[], ago: Ago, texts: Pick<GraphData, 'about' | 'note'>): GraphData {
  const lines = pairs.map(({ of, line }): GraphLine => {
    const mean = of.mean.map((value, i) => {
      const then = line?.mean[i] ?? null;
      return value === null || then === null ? null : Number((value - then).toPrecision(7));
    });
    const label = `${of.label}, less ${AGO_WORDS[ago]}`;
    const plain = { below: false, fill: false, mean, min: mean, max: mean, bound: { maximum: false, minimum: false } };
    const since = line?.before ? { before: line.before } : {};
    return { ...of, ...plain, ...since, label, stats: statsBetween(now, of, line, mean) };
  });
  const all = lines.flatMap(({ mean }) => mean).filter((value) => value !== null);
  const reach = (sign: 1 | -1) => all.reduce((most, value) => Math.max(most, sign * value), 0);
  const { ticks, ...y } = valueTicks(reach(1), reach(-1), now.unit, STEPS);
  const signed = ticks.map(({ value, label }) => ({ value, label: value < 0 ? `\u2212${label}` : label }));
  return { ...now, ...texts, lines, y: { ...y, ticks: signed }, limits: [], stack: false };
}

function statsBetween(now: GraphData, of: GraphLine, line: GraphLine | null, mean: readonly (number | null)[]): LineStats {
  const less = (a: number | null, b: number | null | undefined) => (a === null || b === null || b === undefined ? null : a - b);
  const known = mean.flatMap((value, i) => (value === null ? [] : [{ value, i }]));
  const highest = known.reduce<(typeof known)[number] | null>(
    (most, one) => (most && most.value >= one.value ? most : one),
    null,
  );
  return {
    current: known.at(-1)?.value ?? null,
    average: less(of.stats.average, line?.stats.average),
    minimum: known.length === 0 ? null : known.reduce((least, { value }) => Math.min(least, value), Infinity),
    maximum: highest?.value ?? null,
    maximumAtMs: highest === null ? null : (now.tMs[highest.i] ?? null),
    // Between two percentiles lies no percentile.
    p95: null,
    p95From: '',
    total: less(of.stats.total, line?.stats.total),
    known: Math.min(of.stats.known, line?.stats.known ?? 0),
  };
}
