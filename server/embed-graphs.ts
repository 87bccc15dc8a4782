/** Graphs for embeds: a moment is read once however many look, and only so much is read at once. */
import type { Embed } from '../core/embed.ts';
import type { GraphData } from '../core/graph.ts';
import { plotWidth } from './render/renderer.ts';
import { createTurns } from './turns.ts';

/** Pictures are of the same moment for the width of a slot, within these. */
const MOMENT_MIN_MS = 10_000;
const MOMENT_MAX_MS = 300_000;
/** A page of a wiki may have a hundred. */
const KEPT = 256;
const AT_ONCE = 2;
const WAITING_MAX = 128;

export interface EmbedGraphs {
  /** @throws TurnsBusy, and what reading throws */
  read(embed: Embed): Promise<GraphData>;
}

/** A finer graph changes sooner; nobody is kept waiting for longer than five minutes. */
export const momentMs = ({ stepMs }: Pick<GraphData, 'stepMs'>): number =>
  Math.min(MOMENT_MAX_MS, Math.max(MOMENT_MIN_MS, stepMs));

type Read = (id: string, query: { readonly from: string; readonly width: number }, nowMs: number) => Promise<GraphData>;

export function createEmbedGraphs(read: Read, nowMs: () => number): EmbedGraphs {
  const turns = createTurns({ atOnce: AT_ONCE, waitingMax: WAITING_MAX });
  const kept = new Map<string, { readonly fromMs: number; untilMs: number; readonly data: Promise<GraphData> }>();
  return {
    read(embed) {
      const now = nowMs();
      const held = kept.get(embed.id);
      if (held && now >= held.fromMs && now < held.untilMs) return held.data;
      const fromMs = now - (now % MOMENT_MIN_MS);
      const data = turns.take(() => read(embed.graph, { from: embed.range, width: plotWidth(embed.width) }, fromMs));
      const made = { fromMs, untilMs: fromMs + MOMENT_MIN_MS, data: data.then((graph) => titled(graph, embed)) };
      kept.delete(embed.id);
      kept.set(embed.id, made);
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT) break;
        kept.delete(oldest);
      }
      made.data.then(
        (graph) => (made.untilMs = fromMs + momentMs(graph)),
        // What failed is tried again at the next look.
        () => kept.get(embed.id) === made && kept.delete(embed.id),
      );
      return made.data;
    },
  };
}

function titled(graph: GraphData, { title }: Embed): GraphData {
  if (title === '') return graph;
  const { device: _said, ...rest } = graph;
  return { ...rest, title, subtitle: '' };
}
