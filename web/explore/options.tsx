/** How the whole graph is drawn: stacked, compared, with thresholds, 95ths and bands. */
import { useState } from 'preact/hooks';
import type { GraphData } from '../../core/graph.ts';
import { THRESHOLDS_MAX } from '../../core/dashboard.ts';
import type { ExploreSpec } from '../../core/explore.ts';
import { formatCapacity } from '../../core/units.ts';
import { CompareChoice } from '../graph/compare.tsx';
import { Switch } from '../parts.tsx';
import { thresholdOf } from './state.ts';

interface OptionsProps {
  readonly spec: ExploreSpec;
  readonly data: GraphData | null;
  /** Two lines at most. */
  readonly few: boolean;
  readonly onChange: (spec: ExploreSpec) => void;
}

export function Options({ spec, data, few, onChange }: OptionsProps) {
  const sums = spec.lines.length > 0 && spec.lines.every(({ aggregate, per }) => aggregate === 'sum' && per === null);
  const band = spec.band ?? few;
  return (
    <div class="tools" role="group" aria-label="How it is drawn">
      <CompareChoice
        compare={spec.compare}
        difference={spec.difference}
        onChange={(compare, difference) => onChange({ ...spec, compare, difference })}
      />
      <Switch name="Stack" checked={spec.stack} onChange={(stack) => onChange({ ...spec, stack })} />
      {!spec.difference && (
        <Switch name="Min to max" checked={band} onChange={(on) => onChange({ ...spec, band: on === few ? null : on })} />
      )}
      {few && !spec.difference && <Switch name="95th" checked={spec.p95} onChange={(p95) => onChange({ ...spec, p95 })} />}
      {/* While they are hidden, the way back stays. */}
      {(!spec.events || (data?.events?.length ?? 0) > 0) && (
        <Switch name="Events" checked={spec.events} onChange={(events) => onChange({ ...spec, events })} />
      )}
      {sums && (
        <Switch
          name="Capacity"
          checked={spec.limit === 'capacity'}
          onChange={(on) => onChange({ ...spec, limit: on ? 'capacity' : null })}
        />
      )}
      <Thresholds spec={spec} data={data} onChange={onChange} />
    </div>
  );
}

function Thresholds({ spec, data, onChange }: Omit<OptionsProps, 'few'>) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const { thresholds } = spec;
  const add = () => {
    const threshold = thresholdOf(text);
    if (!threshold) return setWrong('A number above 0, such as 800M, 90% or “200M contract”.');
    setWrong('');
    setText('');
    onChange({ ...spec, thresholds: [...thresholds, threshold] });
  };
  return (
    <>
      <form
        class="threshold"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <input
          type="text"
          class="short"
          aria-label="Threshold"
          title="A line at a value, with what it is: 200M contract"
          placeholder="200M contract"
          aria-invalid={wrong !== ''}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="btn" disabled={text.trim() === '' || thresholds.length >= THRESHOLDS_MAX}>
          Add threshold
        </button>
      </form>
      {thresholds.map(({ label, value }, i) => (
        <button
          type="button"
          class="btn"
          key={`${i} ${value}`}
          aria-label={`Remove the threshold ${label || value}`}
          title="Remove"
          onClick={() => onChange({ ...spec, thresholds: thresholds.filter((_, at) => at !== i) })}
        >
          {[label, formatCapacity(value, data?.unit ?? '1')].filter((part) => part !== '').join(' ')}
          <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="m4 4 8 8M12 4l-8 8" />
          </svg>
        </button>
      ))}
      <span role="alert" class="bad s">
        {wrong}
      </span>
    </>
  );
}
