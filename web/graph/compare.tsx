/** With what a graph is compared. */
import { AGO_WORDS, AGOS, type Ago } from '../../core/ago.ts';
import { Switch } from '../parts.tsx';

interface CompareProps {
  readonly compare: Ago | null;
  readonly difference: boolean;
  readonly onChange: (compare: Ago | null, difference: boolean) => void;
}

export function CompareChoice({ compare, difference, onChange }: CompareProps) {
  return (
    <>
      <select
        aria-label="Compare with"
        value={compare ?? ''}
        onChange={(event) => onChange(agoOf(event.currentTarget.value), difference)}
      >
        <option value="">Not compared</option>
        {AGOS.map((ago) => (
          <option key={ago} value={ago}>
            {AGO_WORDS[ago]}
          </option>
        ))}
      </select>
      {compare !== null && <Switch name="Difference" checked={difference} onChange={(on) => onChange(compare, on)} />}
    </>
  );
}

export const agoOf = (text: string | undefined): Ago | null => AGOS.find((ago) => ago === text) ?? null;
