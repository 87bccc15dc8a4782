/** The graphs of a device; details on request. */
import { useRef, useState } from 'preact/hooks';
import type { GraphData, GraphRef } from '../../core/graph.ts';
import { GraphFigure } from '../graph/figure.tsx';
import { count } from '../words.ts';

/** A switch with 48 ports shows its first rows; the table below has them all. */
const FIRST = 12;

export interface GridProps {
  readonly graphs: readonly GraphRef[];
  /** Instances that are no longer there: their graphs are details. */
  readonly gone: ReadonlySet<string>;
  readonly range: string;
  readonly intervalMs: number;
  /** What the graphs that are shown hold, whenever one of them has new data. */
  readonly onData: (shown: readonly GraphData[]) => void;
}

export function GraphGrid({ graphs, gone, range, intervalMs, onData }: GridProps) {
  const [cursorMs, setCursor] = useState<number | null>(null);
  const [more, setMore] = useState(false);
  const held = useRef(new Map<string, GraphData>());
  const main = graphs.filter((g) => g.rank !== 'detail' && !gone.has(g.instance ?? ''));
  const ports = main.filter((g) => g.family === 'interface');
  // A port that is one of many must not push load and memory off the page.
  const first = main.length <= FIRST ? main : [...ports.slice(0, 6), ...main.filter((g) => g.family !== 'interface')];
  const shown = more ? [...main, ...graphs.filter((g) => !main.includes(g))] : first;
  return (
    <>
      <div class="graphs">
        {shown.map((graph) => (
          <GraphFigure
            key={graph.id}
            graph={graph}
            range={range}
            intervalMs={intervalMs}
            cursorMs={cursorMs}
            onCursor={setCursor}
            onData={(data) => {
              held.current.set(graph.id, data);
              onData(shown.flatMap((g) => held.current.get(g.id) ?? []));
            }}
          />
        ))}
      </div>
      {graphs.length > first.length && (
        <p class="row more">
          <button type="button" class="btn" aria-expanded={more} onClick={() => setMore(!more)}>
            {more ? 'Fewer graphs' : `${count(graphs.length - first.length, 'more graph')}`}
          </button>
        </p>
      )}
    </>
  );
}
