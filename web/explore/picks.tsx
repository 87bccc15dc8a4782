/** Buttons that put something on the graph, or take it away again. */
import type { ExploreSpec } from '../../core/explore.ts';
import type { Measure, Scope } from './measures.ts';
import { isPicked, toggled, whyNot } from './state.ts';

export interface PicksProps {
  readonly spec: ExploreSpec;
  readonly scope: Scope;
  readonly measures: readonly Measure[];
  /** Names what the buttons are of, for those who hear them. */
  readonly of: string;
  readonly onChange: (spec: ExploreSpec) => void;
}

export function Picks({ spec, scope, measures, of, onChange }: PicksProps) {
  return (
    <div class="picks" role="group" aria-label={`Of ${of}`}>
      {measures.map((measure) => {
        const picked = isPicked(spec, scope, measure);
        const why = picked ? '' : whyNot(spec, measure);
        return (
          <button
            type="button"
            class="pick"
            key={measure.name}
            aria-pressed={picked}
            disabled={why !== ''}
            title={why}
            onClick={() => onChange(toggled(spec, scope, measure))}
          >
            {measure.name}
          </button>
        );
      })}
    </div>
  );
}
