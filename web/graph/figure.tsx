/** One small graph of a grid: title, key with current values, plot. */
import { useEffect, useMemo } from 'preact/hooks';
import type { GraphData, GraphRef } from '../../core/graph.ts';
import { formatDuration, formatWith } from '../../core/units.ts';
import { slotMiddle } from '../../core/graph-geometry.ts';
import { isFinal, sentence } from '../api.ts';
import { go } from '../live.ts';
import { href } from '../address.ts';
import { isEmpty, Nothing } from './nothing.tsx';
import { Plot } from './plot.tsx';
import { gapAt } from './gaps.ts';
import { cursorSlot } from './points.ts';
import { underScale, type Scales } from './scales.ts';
import { useGraph, useSeen } from './use-graph.ts';

export interface FigureProps {
  readonly graph: GraphRef;
  /** It takes the whole row. */
  readonly wide?: boolean;
  readonly range: string;
  readonly intervalMs: number;
  /** Axes that graphs of one unit share; null = its own. */
  readonly scales: Scales | null;
  /** The server's time, told anew now and then. */
  readonly now: number;
  /** Moment under the cursor of any graph of the grid. */
  readonly cursorMs: number | null;
  readonly onCursor: (tMs: number | null) => void;
  readonly onData: (data: GraphData) => void;
  /** Refused as it was asked: the grid says why, once for all; null when it is no longer. */
  readonly onRefused: (error: unknown) => void;
}

export function GraphFigure({
  graph,
  wide = false,
  range,
  intervalMs,
  scales,
  now,
  cursorMs,
  onCursor,
  onData,
  onRefused,
}: FigureProps) {
  const [ref, width] = useSeen<HTMLElement>();
  const { value: read, error } = useGraph(graph.id, range, width, intervalMs);
  const data = useMemo(() => (read && scales ? underScale(read, scales) : read), [read, scales]);
  useEffect(() => {
    if (read) onData(read);
  }, [read]);
  const refused = isFinal(error);
  useEffect(() => {
    if (refused || read) onRefused(refused ? error : null);
  }, [refused, read]);
  const slot = cursorSlot(data, cursorMs);
  const to = { page: 'graph' as const, id: graph.id, range };
  // Under the cursor nothing is known: why is worth more than a row of dashes.
  const gap = data && slot !== null ? gapAt(data, slot) : undefined;
  return (
    <figure class={`g ${wide ? 'wide' : ''}`} ref={ref}>
      <header>
        <h3>
          <a href={href(to)} title={graph.title}>
            {graph.title}
          </a>
        </h3>
        <span title={graph.subtitle}>{graph.subtitle}</span>
        {data && data.newestMs !== null && <Old data={data} now={now} />}
      </header>
      <div class="key">
        {gap && <span class="why">{gap.text}</span>}
        {(gap ? [] : data?.lines)?.map((line) => (
          <span class={`k c-${line.role} ${line.fill ? '' : 'line'}`} key={line.series}>
            <span>{line.label}</span>
            <b>{formatWith(slot === null ? line.stats.current : (line.mean[slot] ?? null), data?.unit ?? '1')}</b>
          </span>
        ))}
      </div>
      {data === null || refused || isEmpty(data) ? (
        <div class="plot small">
          {data && !error ? <Nothing data={data} /> : <div class="hole">{error && !refused ? sentence(error) : ''}</div>}
        </div>
      ) : (
        <Plot
          data={data}
          size="small"
          slot={slot}
          onSlot={(at) => onCursor(at === null ? null : slotMiddle(data, at))}
          onPick={() => go(to)}
        />
      )}
    </figure>
  );
}

/** "40 s old": of a range that ends now, else it would say nothing of the graph. */
function Old({ data, now }: { data: GraphData; now: number }) {
  const ageMs = now - (data.newestMs ?? now);
  if (data.toMs < now - 2 * data.stepMs - RECENT_MS) return null;
  return <span class="old">{formatDuration(Math.max(0, ageMs))} old</span>;
}
const RECENT_MS = 120_000;
