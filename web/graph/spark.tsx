/** Traffic of the range in a table cell: mirrored, own scale, gaps left open, no axis. */
import type { GraphData, GraphLine } from '../../core/graph.ts';
import { runPoints, runs } from './points.ts';
import { useGraph, useSeen } from './use-graph.ts';

const [WIDTH, HEIGHT] = [170, 26];
/** A sparkline changes little in a minute. */
const REFRESH_MS = 60_000;

export function Spark({ id, range }: { id: string; range: string }) {
  const [ref, width] = useSeen<HTMLSpanElement>();
  const { value } = useGraph(id, range, width === 0 ? 0 : WIDTH, REFRESH_MS);
  return (
    <span ref={ref} class="spark">
      {value && <SparkLines data={value} />}
    </span>
  );
}

function SparkLines({ data }: { data: GraphData }) {
  const top = (below: boolean) =>
    Math.max(0, ...data.lines.filter((l) => l.below === below).flatMap((l) => l.mean.map((v) => v ?? 0)));
  const [up, down] = [top(false), top(true)];
  const zero = up + down === 0 ? HEIGHT / 2 : 1 + (HEIGHT - 2) * (up / (up + down));
  const scale = (HEIGHT - 2) / (up + down || 1);
  const x = (t: number) => (((t - data.fromMs) / (data.toMs - data.fromMs)) * WIDTH).toFixed(1);
  const shape = (line: GraphLine) =>
    runs(line.mean).map((run) => {
      const points = runPoints(data, run, line.mean, line.below ? -1 : 1);
      const text = points.map((p) => `${x(p.x)} ${(zero - p.y * scale).toFixed(1)}`).join('L');
      return { line: `M${text}`, area: `M${text}L${x(points.at(-1)?.x ?? 0)} ${zero}L${x(points[0]?.x ?? 0)} ${zero}Z` };
    });
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {data.lines.map((line) => {
        const parts = shape(line);
        const name = line.below ? 'out' : 'in';
        return (
          <g key={line.series}>
            <path class={`f-${name}`} d={parts.map((p) => p.area).join('')} />
            <path class={`l-${name}`} d={parts.map((p) => p.line).join('')} vector-effect="non-scaling-stroke" />
          </g>
        );
      })}
    </svg>
  );
}
