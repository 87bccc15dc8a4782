/** All of history in one strip, with the shown range framed; a click or a drag goes there. */
import type { GraphData } from '../../core/graph.ts';
import { serverNow } from '../remote.ts';
import { typedRange } from '../words.ts';
import { zoomed } from './moves.ts';
import { Plot } from './plot.tsx';
import { useGraph, useSeen } from './use-graph.ts';

const REFRESH_MS = 300_000;
/** Younger histories are all in the large graph. */
const WORTH_MS = 6 * 3_600_000;

export interface HistoryProps {
  readonly id: string;
  readonly data: GraphData;
  readonly range: string;
  readonly onMove: (range: string) => void;
}

export function History({ id, data, onMove }: HistoryProps) {
  const [ref, width] = useSeen<HTMLDivElement>();
  const { oldestMs, zone } = data;
  const worth = oldestMs !== null && serverNow() - oldestMs > WORTH_MS && oldestMs < data.fromMs - (data.toMs - data.fromMs) / 20;
  // To the day, so that the strip is not another one at every second.
  const from = oldestMs === null ? 0 : Math.floor(oldestMs / 60_000) * 60;
  const { value } = useGraph(id, String(from), worth ? width : 0, REFRESH_MS);
  const jump = (tMs: number) => {
    const half = (data.toMs - data.fromMs) / 2;
    const to = Math.min(serverNow(), tMs + half);
    onMove(typedRange(to - 2 * half, to, zone));
  };
  return (
    <div ref={ref}>
      {worth && !value && <div class="plot strip" />}
      {worth && value && (
        <Plot
          data={bare(value, `All history of ${data.title}`)}
          size="strip"
          frame={{ fromMs: data.fromMs, toMs: data.toMs }}
          onPick={jump}
          onZoom={(a, b) => onMove(zoomed(data, a, b))}
        />
      )}
    </div>
  );
}

/** Only the data, as high as the strip: a limit would press it flat. */
function bare(data: GraphData, title: string): GraphData {
  const top = (below: boolean) =>
    Math.max(0, ...data.lines.filter((line) => line.below === below).map((line) => line.stats.maximum ?? 0));
  const [up, down] = [top(false), top(true)];
  if (data.stack || up + down === 0) return { ...data, title, limits: [] };
  return { ...data, title, limits: [], y: { min: -down, max: up, ticks: [] } };
}
