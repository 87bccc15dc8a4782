/** How far the adding of many devices is, for the pages that do it. */
import { useEffect, useReducer } from 'preact/hooks';
import { href } from '../address.ts';
import { upper } from './said.tsx';
import { progressLine, tally, type Adding, type AddRow, type AddState } from './adding.ts';

/** Draws anew with every change of the rows. */
export function useAdding(adding: Adding): void {
  const [, changed] = useReducer((n: number) => n + 1, 0);
  useEffect(() => adding.listen(() => changed(undefined)), [adding]);
}

const STATES: Readonly<Record<AddState, readonly [shape: string, word: string]>> = {
  waiting: ['off', 'Waiting'],
  asking: ['new', 'Asking'],
  added: ['up', 'Added'],
  failed: ['down', 'Not added'],
  silent: ['stale', 'No answer'],
};

/** Shape, word and the sentence that says more. */
export function AddStateCell({ row }: { row: AddRow | undefined }) {
  if (!row) return null;
  const [shape, word] = STATES[row.state];
  return (
    <>
      <span class={`st ${shape}`}>
        {row.device === null ? word : <a href={href({ page: 'device', id: row.device })}>{word}</a>}
      </span>
      {row.text !== '' && <span class="n2 wrap"> {upper(row.text)}</span>}
    </>
  );
}

/** Progress, and what can be done about those that were not added. */
export function AddingTools({ adding, again, onClear }: { adding: Adding; again: string; onClear: () => void }) {
  const rows = adding.rows();
  const { waiting, failed, silent, added } = tally(rows);
  const busy = adding.busy();
  const button = (words: string, onClick: () => void) => (
    <button class="btn" type="button" onClick={onClick}>
      {words}
    </button>
  );
  return (
    <>
      <progress class="progress" aria-label="Devices asked" max={rows.length} value={added + failed + silent} />
      <p role="status">{progressLine(rows)}</p>
      <div class="row">
        {busy && waiting > 0 && button('Pause', () => adding.pause())}
        {!busy && waiting > 0 && button(`Go on with ${waiting}`, () => adding.resume())}
        {!busy && failed + silent > 0 && button(`Ask the ${failed + silent} that were not added again`, () => adding.retry())}
        {!busy && silent > 0 && button(`Add the ${silent} that did not answer all the same`, () => adding.force())}
        {!busy && button(again, onClear)}
      </div>
    </>
  );
}
