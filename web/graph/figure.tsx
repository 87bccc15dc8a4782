/** One small graph of a grid: title, key with current values, plot. */
import type { GraphRef } from '../../core/graph.ts';
import { formatWith } from '../../core/units.ts';
import { sentence } from '../api.ts';
import { go } from '../live.ts';
import { href } from '../address.ts';
import { Plot } from './plot.tsx';
import { slotAt } from './points.ts';
import { useGraph, useSeen } from './use-graph.ts';

export interface FigureProps {
  readonly graph: GraphRef;
  readonly range: string;
  readonly intervalMs: number;
  /** Moment under the cursor of any graph of the grid. */
  readonly cursorMs: number | null;
  readonly onCursor: (tMs: number | null) => void;
}

export function GraphFigure({ graph, range, intervalMs, cursorMs, onCursor }: FigureProps) {
  const [ref, width] = useSeen<HTMLElement>();
  const { value: data, error } = useGraph(graph.id, range, width, intervalMs);
  const inside = data !== null && cursorMs !== null && cursorMs >= data.fromMs && cursorMs <= data.toMs;
  const slot = inside ? slotAt(data, cursorMs) : null;
  const to = { page: 'graph' as const, id: graph.id, range };
  return (
    <figure class="g" ref={ref}>
      <header>
        <h3>
          <a href={href(to)} title={graph.title}>
            {graph.title}
          </a>
        </h3>
        <span title={graph.subtitle}>{graph.subtitle}</span>
      </header>
      <div class="key">
        {data?.lines.map((line) => (
          <span class={`k c-${line.role} ${line.fill ? '' : 'line'}`} key={line.series}>
            <span>{line.label}</span>
            <b>{formatWith(slot === null ? line.stats.current : (line.mean[slot] ?? null), data.unit)}</b>
          </span>
        ))}
      </div>
      {data === null || data.newestMs === null ? (
        <div class="plot small">
          <div class="hole">
            {error ? sentence(error) : data === null ? '' : 'No sample yet. The first graph is there after two polls.'}
          </div>
        </div>
      ) : (
        <Plot
          data={data}
          size="small"
          slot={slot}
          onSlot={(at) => onCursor(at === null ? null : (data.tMs[at] ?? 0) + data.stepMs / 2)}
          onPick={() => go(to)}
        />
      )}
    </figure>
  );
}
