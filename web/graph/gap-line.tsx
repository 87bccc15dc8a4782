/** Above a grid: what its graphs lack together, said once, and the zone of their times. */
import type { GraphGap } from '../../core/graph.ts';
import { when } from '../words.ts';

export function GapLine({ gap, now, zone }: { gap: GraphGap | undefined; now: number; zone: string }) {
  return (
    <span class="s mut">
      {gap && `Hatched from ${when(gap.fromMs, now, zone)}. ${gap.text} `}
      Times in {zone}.
    </span>
  );
}
