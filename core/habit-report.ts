/** The habit of a whole history at once: the same judgement of each row as when it would have come alone. */
import { createHabit, LEARNING_MS, type Judgement } from './habit.ts';
import type { Episode } from './habit-episode.ts';
import { formatDuration, formatNumber } from './units.ts';

const DAY_MS = 86_400_000;
/** A series whose last value is older than this has ended. */
const ENDED_MS = 14 * DAY_MS;
const FORGOTTEN_MS = 56 * DAY_MS;

export interface HabitRow extends Omit<Judgement, 'event'> {
  readonly tMs: number;
  readonly value: number | null;
}
export interface HabitReport {
  readonly rows: readonly HabitRow[];
  /** In order; those that began within three weeks of the first value are provisional. */
  readonly episodes: readonly { readonly episode: Episode; readonly over: boolean; readonly whileLearning: boolean }[];
  readonly learning: boolean;
  /** Sentences for a person: what is missing, or strange, in the history. */
  readonly notes: readonly string[];
}
export interface Rows {
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/**
 * Judges each row by the rows before it. Whatever is in them, there is an answer.
 * @param nowMs null = the end of the history is now
 * @throws RangeError for a zone that is none
 */
export function habitReport({ timesMs, values }: Rows, zone: string, nowMs: number | null): HabitReport {
  const habit = createHabit(zone);
  const rows: HabitRow[] = [];
  const done: { episode: Episode; over: boolean; whileLearning: boolean }[] = [];
  // Of the episode that runs: whether it began while the series still learnt.
  let early = false;
  for (let i = 0; i < timesMs.length; i++) {
    const tMs = timesMs[i] ?? NaN;
    const value = values[i] ?? null;
    const { event, ...judged } = habit.observe(tMs, value);
    rows.push({ ...judged, tMs, value });
    if (!event) continue;
    if (event.what === 'over') done.push({ episode: event.episode, over: true, whileLearning: early });
    else if (event.what === 'begun') early = judged.learning;
  }
  const running = habit.running();
  if (running) done.push({ episode: running, over: false, whileLearning: early });
  return {
    rows,
    episodes: done,
    learning: habit.learning(),
    notes: notesOn(rows, habit.learning(), habit.save().knownMs, nowMs),
  };
}

function notesOn(rows: readonly HabitRow[], learning: boolean, knownMs: number, nowMs: number | null): string[] {
  const known = rows.filter(({ value }) => value !== null && Number.isFinite(value));
  if (rows.length === 0) return ['There are no rows, so nothing is known of what is usual.'];
  if (known.length === 0) return [`All ${rows.length} rows are unknown, so nothing is known of what is usual.`];
  const notes: string[] = [];
  let lastMs = -Infinity;
  let late = 0;
  let anew = 0;
  let least = Infinity;
  let most = -Infinity;
  let rises = 0;
  let resets = 0;
  let before = NaN;
  for (const { tMs, value } of known) {
    if (!(tMs > lastMs)) {
      late++;
      continue;
    }
    if (tMs - lastMs > FORGOTTEN_MS && lastMs > -Infinity) anew++;
    const v = value ?? 0;
    if (v > before) rises++;
    if (v < before / 4) resets++;
    [lastMs, before, least, most] = [tMs, v, Math.min(least, v), Math.max(most, v)];
  }
  if (late > 0)
    notes.push(
      `${late === 1 ? 'One row is' : `${late} rows are`} not later than one before (a clock that jumped, or rows out of order), and left out.`,
    );
  if (anew > 0) notes.push('After a pause of more than eight weeks what was usual before it is forgotten.');
  if (least === most) notes.push(`Every known value is ${formatNumber(least)}: nothing is unusual until that changes.`);
  else if (resets >= 2 && resets < known.length / 4 && rises + resets > 0.95 * (known.length - late - 1))
    notes.push('This looks like a counter that starts again from time to time; give its rate, since a counter has no habit.');
  if (learning)
    notes.push(
      `Still learning: a habit needs ${formatDuration(LEARNING_MS)} of known history, here are ${formatDuration(knownMs)}; scores until then compare with the little there is.`,
    );
  if (nowMs !== null && nowMs - lastMs > ENDED_MS)
    notes.push(`The series ended ${formatDuration(nowMs - lastMs)} ago: what is usual was usual then.`);
  return notes;
}
