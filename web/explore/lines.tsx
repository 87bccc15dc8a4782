/** What is on the graph: a row a line, each with how it is drawn and a button that takes it away. */
import { AGGREGATES, type Aggregate, type BoardLine } from '../../core/dashboard.ts';
import { ANYTHING } from '../../core/dashboard-select.ts';
import type { ExploreSpec } from '../../core/explore.ts';
import { fieldWords } from '../../core/metrics.ts';
import { isSingle } from './measures.ts';
import { withLine, withoutLine } from './state.ts';

const WORDS: Readonly<Record<Aggregate, string>> = {
  each: 'one by one',
  sum: 'sum',
  mean: 'mean',
  max: 'greatest',
  min: 'least',
};

interface LinesProps {
  readonly spec: ExploreSpec;
  /** What each looks at, in words; fewer while they are on their way. */
  readonly names: readonly string[];
  /** What all of them look within; '' = everywhere. */
  readonly within: string;
  readonly onChange: (spec: ExploreSpec) => void;
}

export function Lines({ spec, names, within, onChange }: LinesProps) {
  return (
    <>
      {within !== '' && (
        <p class="row s">
          <span class="sec wrap">All of it only within: {within}.</span>
          <button type="button" class="btn" onClick={() => onChange({ ...spec, select: ANYTHING })}>
            Look everywhere
          </button>
        </p>
      )}
      <LineList {...{ spec, names, onChange }} />
    </>
  );
}

function LineList({ spec, names, onChange }: Omit<LinesProps, 'within'>) {
  return (
    <ul class="picked" aria-label="On the graph">
      {spec.lines.map((line, i) => (
        <LineRow
          key={`${i} ${line.metric} ${JSON.stringify(line.select)}`}
          line={line}
          name={names[i] ?? ''}
          onChange={(changes) => onChange(withLine(spec, i, changes))}
          onRemove={() => onChange(withoutLine(spec, i))}
        />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly line: BoardLine;
  readonly name: string;
  readonly onChange: (changes: Partial<BoardLine>) => void;
  readonly onRemove: () => void;
}

function LineRow({ line, name, onChange, onRemove }: RowProps) {
  const field = `${fieldWords(line.metric)}${line.per === null ? '' : ', share'}`;
  const what = `${name} ${field}`.trim();
  const single = isSingle(line);
  const described = line.select?.[0]?.alias?.[0] ?? '';
  const describe = (text: string) =>
    onChange({ select: (line.select ?? []).map((one) => ({ ...one, alias: text === '' ? null : [text] })) });
  return (
    <li>
      <span class="what wrap">
        <span class="n1">{name || '\u00a0'}</span>{' '}
        <span class="mut">{line.metric.startsWith('interface') ? field : `${line.metric.split('.')[0]} ${field}`}</span>
      </span>
      <span class="how">
        {!single && (
          <select
            aria-label={`How many become one: ${what}`}
            value={line.aggregate}
            onChange={(event) => onChange({ aggregate: event.currentTarget.value as Aggregate })}
          >
            {AGGREGATES.filter((one) => one !== 'sum' || line.per === null).map((one) => (
              <option key={one} value={one}>
                {WORDS[one]}
              </option>
            ))}
          </select>
        )}
        {!single && (
          <input
            type="text"
            class="short"
            aria-label={`Only those described so: ${what}`}
            title="Only what is described so; * stands for anything"
            placeholder="all, or *uplink*"
            maxLength={100}
            value={described}
            onChange={(event) => describe(event.currentTarget.value.trim())}
          />
        )}
        <input
          type="text"
          class="short"
          aria-label={`Label of ${what}`}
          placeholder="Label"
          maxLength={64}
          value={line.label}
          onChange={(event) => onChange({ label: event.currentTarget.value.trim() })}
        />
        <label class="chk">
          <input
            type="checkbox"
            aria-label={`Below zero: ${what}`}
            checked={line.mirror}
            onChange={(event) => onChange({ mirror: event.currentTarget.checked })}
          />{' '}
          Below
        </label>
        <button type="button" class="btn" aria-label={`Remove ${what}`} title="Remove" onClick={onRemove}>
          <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="m4 4 8 8M12 4l-8 8" />
          </svg>
        </button>
      </span>
    </li>
  );
}
