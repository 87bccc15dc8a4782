/** One sentence and one action in place of a plot. */
import type { GraphData } from '../../core/graph.ts';
import { href } from '../address.ts';
import { useRoute } from '../live.ts';
import { day, typedRange } from '../words.ts';

export const isEmpty = (data: GraphData): boolean => data.lines.every((l) => l.stats.known === 0);

export function Nothing({ data }: { data: GraphData }) {
  const route = useRoute();
  const { fromMs, toMs, oldestMs, zone } = data;
  // A dashboard's graph says what it looked for.
  if (data.note !== '') return <p class="hole">{data.note}</p>;
  if (oldestMs === null) return <p class="hole">No sample yet. The first points are there after two polls.</p>;
  return (
    <div class="hole">
      <p>No samples in this range. The first is from {day(oldestMs, zone)}.</p>
      <a class="btn" href={href({ ...route, range: typedRange(oldestMs, oldestMs + toMs - fromMs, zone) })}>
        Go there
      </a>
    </div>
  );
}
