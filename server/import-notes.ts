/** Why values of an imported file are missing: its notes, as events that graphs tell of their gaps. */
import type { DeviceId, NewEvent } from '../core/model.ts';
import type { Catalog } from '../core/ports.ts';
import type { ImportedSeries } from './import-csv.ts';

/** A row with a note stands for the time since the row before it. */
export interface Noted {
  readonly device: DeviceId;
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Events of one device and time that are looked at for one that is there already. */
const COMPARED_MAX = 1_000;

export function notedOf(device: DeviceId, { tMs, notes }: ImportedSeries): Noted[] {
  const found: Noted[] = [];
  if (!notes || notes.size === 0) return found;
  tMs.forEach((toMs, i) => {
    const text = notes.get(toMs);
    if (text === undefined) return;
    const fromMs = tMs[i - 1] ?? toMs;
    const last = found.at(-1);
    if (last && last.text === text && last.toMs >= fromMs) found[found.length - 1] = { ...last, toMs };
    else found.push({ device, text, fromMs, toMs });
  });
  return found;
}

/** What several series of a device say of one stretch is one event. */
export function stretchesOf(noted: readonly Noted[]): NewEvent[] {
  const groups = Map.groupBy(noted, ({ device, text }) => `${device}\n${text}`);
  return [...groups.values()].flatMap((group) => {
    const events: NewEvent[] = [];
    for (const { device, text, fromMs, toMs } of group.toSorted((a, b) => a.fromMs - b.fromMs)) {
      const last = events.at(-1);
      if (last && fromMs <= (last.toMs ?? 0)) events[events.length - 1] = { ...last, toMs: Math.max(toMs, last.toMs ?? 0) };
      else events.push({ kind: 'gap', device, instance: null, cause: 'imported gap', text, fromMs, toMs });
    }
    return events;
  });
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
