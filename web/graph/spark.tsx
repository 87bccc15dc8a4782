/** A small history in a table cell: own scale, gaps left open, no axis. */
import type { Spark } from '../../core/now.ts';
import type { Role } from '../../core/graph.ts';

const [WIDTH, HEIGHT] = [170, 26];

export interface SparkProps {
  readonly spark: Spark | null;
  /** Colours of its lines; `out` is drawn below zero. */
  readonly roles: readonly Role[];
  /** Top of the scale; the greatest value when left out. */
  readonly full?: number | null;
}

export function SparkLines({ spark, roles, full = null }: SparkProps) {
  if (!spark) return <span class="spark" />;
  const top = (below: boolean) =>
    Math.max(0, ...spark.lines.flatMap((line, i) => ((roles[i] === 'out') === below ? line.map((v) => v ?? 0) : [])));
  const [up, down] = [full ?? top(false), top(true)];
  const zero = up + down === 0 ? HEIGHT / 2 : 1 + (HEIGHT - 2) * (up / (up + down));
  const scale = (HEIGHT - 2) / (up + down || 1);
  const spanMs = spark.toMs - spark.fromMs;
  const x = (slot: number) => Math.min(WIDTH, ((slot * spark.stepMs) / spanMs) * WIDTH).toFixed(1);
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {spark.lines.map((line, i) => {
        const role = roles[i] ?? 's1';
        const sign = role === 'out' ? -1 : 1;
        let [drawn, area] = ['', ''];
        for (const { from, to } of stretches(line)) {
          const points: string[] = [];
          for (let slot = from; slot <= to; slot++) {
            const y = (zero - sign * (line[slot] ?? 0) * scale).toFixed(1);
            // From the slot's edge to the next one's: a lone slot is a short line, a gap as wide as it was.
            if (slot === from) points.push(`${x(slot)} ${y}`);
            points.push(`${x(slot + 0.5)} ${y}`);
            if (slot === to) points.push(`${x(slot + 1)} ${y}`);
          }
          drawn += `M${points.join('L')}`;
          area += `M${points.join('L')}L${x(to + 1)} ${zero}L${x(from)} ${zero}Z`;
        }
        return (
          <g key={i} class={`c-${role}`}>
            <path class="f" d={area} />
            <path class="l" d={drawn} vector-effect="non-scaling-stroke" />
          </g>
        );
      })}
    </svg>
  );
}

/** Runs of known slots; `to` is the last one. */
function stretches(line: readonly (number | null)[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  line.forEach((value, i) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last?.to === i - 1) last.to = i;
    else found.push({ from: i, to: i });
  });
  return found;
}
