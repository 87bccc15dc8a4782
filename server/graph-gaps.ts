/** Stretches in which nothing of a graph is known, with what the events say about them. */
import type { GraphGap } from '../core/graph.ts';
import { HEARTBEAT, type Event } from '../core/model.ts';
import type { Catalog } from '../core/ports.ts';
import { unknownStretches, type Each } from '../core/query.ts';
import { formatDuration } from '../core/units.ts';

const GAPS_MAX = 500;

export interface GapRequest {
  readonly lines: readonly Each[];
  /** Device whose events explain; null = several, of which only what happened to the collector explains all. */
  readonly device: string | null;
  /** Instances of the device that the lines show. */
  readonly instances: ReadonlySet<string>;
  readonly fromMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  /** Poll interval, or the width of what was read if that is larger. */
  readonly intervalMs: number;
}

export async function gapsOf(catalog: Catalog, request: GapRequest): Promise<GraphGap[]> {
  const { lines, fromMs, endMs, stepMs, intervalMs, device, instances } = request;
  const known: { t0: number; t1: number }[] = [];
  for (const each of lines) {
    each((t0, t1, _mean, _min, _max, knownMs) => {
      // Outages shorter than a bin do not show here; the share of known time tells of them.
      if (knownMs > 0) known.push({ t0, t1 });
    });
  }
  if (known.length === 0) return [];
  known.sort((a, b) => a.t0 - b.t0);
  const each: Each = (visit) => {
    for (const { t0, t1 } of known) visit(t0, t1, 0, 0, 0, t1 - t0);
  };
  const stretches = unknownStretches(each, fromMs, endMs, Math.max(1, intervalMs * 0.1)).filter(
    // The newest stretch is not a gap until a poll is overdue.
    (g) => g.toMs < endMs || g.toMs - g.fromMs > HEARTBEAT * Math.max(intervalMs, 1),
  );
  if (stretches.length === 0) return [];
  const events = await catalog.events.list({
    ...(device === null ? {} : { device }),
    fromMs,
    toMs: endMs,
    kinds: device === null ? ['collector'] : ['gap', 'restart', 'down'],
    limit: 500,
  });
  const ours = events.filter((e) => e.instance === null || instances.has(e.instance));
  return stretches.slice(0, GAPS_MAX).map((g) => explain(g, ours, stepMs, endMs));
}

function explain(gap: { fromMs: number; toMs: number }, events: readonly Event[], stepMs: number, endMs: number): GraphGap {
  const overlap = (e: Event) => Math.min(e.toMs ?? endMs, gap.toMs) - Math.max(e.fromMs, gap.fromMs);
  const touching = events.filter((e) => overlap(e) >= -stepMs).sort((a, b) => overlap(b) - overlap(a));
  const best = touching.find((e) => e.kind === 'gap') ?? touching[0];
  const length = formatDuration(gap.toMs - gap.fromMs);
  return {
    ...gap,
    cause: best?.cause ?? null,
    text: best ? `No data for ${length}: ${sentence(best.text)}` : `No data for ${length}.`,
  };
}

/** What was imported may be said without a full stop, and more is said after it. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
