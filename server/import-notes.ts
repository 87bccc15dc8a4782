/** Why values of an imported file are missing: its notes, as events that graphs tell of their gaps. */
import type { DeviceId, InstanceId, NewEvent } from '../core/model.ts';
import type { Catalog } from '../core/ports.ts';
import type { ImportedSeries } from './import-csv.ts';
import { badRequest } from './problem.ts';

/** A row with a note stands for the time since the row before it. */
export interface Noted {
  readonly device: DeviceId;
  /** Null where several of the device say the same. */
  readonly instance: InstanceId | null;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Stretches of one file; with more of them its notes are data, which events are not made for. */
const STRETCHES_MAX = 20_000;
/** Events of one device and time that are looked at for one that is there already. */
const COMPARED_MAX = 1_000;

export function notedOf(device: DeviceId, instance: InstanceId, { tMs, notes }: ImportedSeries): Noted[] {
  const found: Noted[] = [];
  if (!notes || notes.size === 0) return found;
  tMs.forEach((toMs, i) => {
    const text = notes.get(toMs);
    if (text === undefined) return;
    const fromMs = tMs[i - 1] ?? toMs;
    const last = found.at(-1);
    if (last && last.text === text && last.toMs >= fromMs) found[found.length - 1] = { ...last, toMs };
    else found.push({ device, instance, text, fromMs, toMs });
  });
  return found;
}

/**
 * What several series of a device say of one stretch is one event: of their instance, or of the
 * whole device when they are several's, because what is wrong with a disk explains no gap of a port.
 * @throws HttpProblem 400 when there are too many
 */
export function stretchesOf(noted: readonly Noted[]): NewEvent[] {
  const groups = Map.groupBy(noted, ({ device, text }) => `${device}\n${text}`);
  const found = [...groups.values()].flatMap((group) => {
    const stretches: Noted[] = [];
    for (const next of group.toSorted((a, b) => a.fromMs - b.fromMs)) {
      const last = stretches.at(-1);
      if (!last || next.fromMs > last.toMs) stretches.push(next);
      else {
        const instance = last.instance === next.instance ? last.instance : null;
        stretches[stretches.length - 1] = { ...last, instance, toMs: Math.max(last.toMs, next.toMs) };
      }
    }
    return stretches.map((stretch): NewEvent => ({ kind: 'gap', cause: 'imported gap', ...stretch }));
  });
  if (found.length > STRETCHES_MAX)
    throw badRequest(
      `The notes of the file tell of ${found.length} gaps: at most ${STRETCHES_MAX} can be told, so leave the notes of short ones empty.`,
    );
  return found;
}

/** Adds what is not there yet, so that the same file twice tells nothing twice. */
export async function addNotes(events: Catalog['events'], notes: readonly NewEvent[]): Promise<void> {
  const fresh: NewEvent[] = [];
  for (const note of notes) {
    const there = await events.list({
      ...(note.device === null ? {} : { device: note.device }),
      fromMs: note.fromMs,
      toMs: note.toMs ?? note.fromMs,
      kinds: ['gap'],
      limit: COMPARED_MAX,
    });
    const same = there.some(({ text, fromMs, toMs }) => text === note.text && fromMs === note.fromMs && toMs === note.toMs);
    if (!same) fresh.push(note);
  }
  if (fresh.length > 0) await events.add(fresh);
}
