/** Graphs side by side: one range, one cursor, and one scale where it is wanted. */
import { useRef, useState } from 'preact/hooks';
import type { GraphData, GraphRef } from '../../core/graph.ts';
import { useNow } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { GraphFigure } from './figure.tsx';
import { sharedScales, type Scales } from './scales.ts';

export interface GridProps {
  readonly graphs: readonly (GraphRef & { readonly width?: 'normal' | 'wide' })[];
  readonly range: string;
  readonly intervalMs: number;
  /** Graphs of one unit get the same y axis. */
  readonly shared?: boolean;
  /** What the graphs that are shown hold, whenever one of them has new data. */
  readonly onData?: (shown: readonly GraphData[]) => void;
}

export function GraphGrid({ graphs, range, intervalMs, shared = false, onData }: GridProps) {
  const now = useNow(5_000);
  const [cursorMs, setCursor] = useState<number | null>(null);
  const held = useRef(new Map<string, GraphData>());
  const [scales, setScales] = useState<Scales>({});
  const [refused, setRefused] = useState<unknown>(null);
  const learn = (data: GraphData) => {
    held.current.set(data.id, data);
    const shown = graphs.flatMap((g) => held.current.get(g.id) ?? []);
    setScales((before) => sharedScales(shown, before));
    onData?.(shown);
  };
  return (
    <>
      <Trouble error={refused} />
      <div class="graphs">
        {graphs.map((graph) => (
          <GraphFigure
            key={graph.id}
            graph={graph}
            wide={graph.width === 'wide'}
            range={range}
            intervalMs={intervalMs}
            scales={shared ? scales : null}
            now={now}
            cursorMs={cursorMs}
            onCursor={setCursor}
            onData={learn}
            onRefused={setRefused}
          />
        ))}
      </div>
    </>
  );
}
