/** Events on their way to the catalog: batched, bounded, and ended when what they tell is over. */
import type { NewEvent } from '../core/model.ts';
import type { Catalog, Log } from '../core/ports.ts';

export interface Journal {
  add(event: NewEvent): void;
  /** Begins something that lasts; a second beginning under the same key changes nothing. */
  open(key: string, event: NewEvent): void;
  isOpen(key: string): boolean;
  /** Ends what is open under the key; nothing if it is not. */
  close(key: string, toMs: number): void;
  /** Ends everything open of a device. */
  closeDevice(device: string, toMs: number): void;
  /** Takes over what an earlier run left open; resolves to the devices concerned. */
  adopt(): Promise<string[]>;
  /** What an earlier run left open of a device and nobody has taken up, null when there is none of this kind. */
  leftOpen(device: string, kind: NewEvent['kind']): NewEvent | null;
  /** Ends what an earlier run left open and nobody has taken up. */
  closeAdopted(device: string, toMs: number): void;
  flush(): Promise<void>;
}

const WAITING_MAX = 20_000;
const BATCH = 500;

interface Entry {
  readonly key: string | null;
  readonly event: NewEvent;
  id: number | null;
  toMs: number | null;
}

export function createJournal(events: Catalog['events'], log: Log): Journal {
  let waiting: Entry[] = [];
  let ended: Entry[] = [];
  let dropped = 0;
  let flushing: Promise<void> | null = null;
  const open = new Map<string, Entry>();
  const adopted = new Map<string, Entry[]>();

  const queue = (entry: Entry): boolean => {
    if (waiting.length >= WAITING_MAX) {
      dropped++;
      return false;
    }
    waiting.push(entry);
    return true;
  };
  const end = (entry: Entry, toMs: number) => {
    entry.toMs = Math.max(entry.event.fromMs, toMs);
    // Without an id it is still waiting, or just being written; either way `write` sees the end.
    if (entry.id !== null) ended.push(entry);
  };
  const write = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      const written = batch.map((entry) => ({ ...entry.event, toMs: entry.toMs }));
      const ids = await events.add(written);
      waiting = waiting.slice(batch.length);
      batch.forEach((entry, i) => {
        entry.id = ids[i] ?? null;
        if (entry.toMs !== null && written[i]?.toMs === null) ended.push(entry);
      });
    }
    const ends = ended;
    ended = [];
    const byTime = Map.groupBy(ends, (entry) => entry.toMs ?? entry.event.fromMs);
    for (const [toMs, entries] of byTime) {
      await events.end(
        entries.flatMap((entry) => (entry.id === null ? [] : [entry.id])),
        toMs,
      );
    }
    if (dropped > 0) log.warn('Events were dropped because the catalog took none for too long.', { events: dropped });
    dropped = 0;
  };

  return {
    add(event) {
      queue({ key: null, event, id: null, toMs: event.toMs });
    },
    open(key, event) {
      if (open.has(key)) return;
      const device = event.device ?? '';
      const left = adopted.get(device) ?? [];
      const same = left.find((entry) => entry.event.kind === event.kind && entry.event.instance === event.instance);
      if (same) {
        adopted.set(
          device,
          left.filter((entry) => entry !== same),
        );
        open.set(key, same);
        return;
      }
      const entry: Entry = { key, event, id: null, toMs: null };
      if (queue(entry)) open.set(key, entry);
    },
    isOpen: (key) => open.has(key),
    close(key, toMs) {
      const entry = open.get(key);
      if (!entry) return;
      open.delete(key);
      end(entry, toMs);
    },
    closeDevice(device, toMs) {
      for (const [key, entry] of open) {
        if (entry.event.device !== device) continue;
        open.delete(key);
        end(entry, toMs);
      }
      this.closeAdopted(device, toMs);
    },
    async adopt() {
      for (const event of await events.open()) {
        // Whoever follows habits ends those.
        if (event.kind === 'unusual') continue;
        const device = event.device ?? '';
        const entry: Entry = { key: null, event, id: event.id, toMs: null };
        adopted.set(device, [...(adopted.get(device) ?? []), entry]);
      }
      return [...adopted.keys()];
    },
    leftOpen: (device, kind) => adopted.get(device)?.find(({ event }) => event.kind === kind)?.event ?? null,
    closeAdopted(device, toMs) {
      for (const entry of adopted.get(device) ?? []) end(entry, toMs);
      adopted.delete(device);
    },
    flush() {
      flushing ??= write()
        .catch((error: unknown) => {
          log.error('Events could not be written to the catalog; they are kept and tried again.', { error: String(error) });
        })
        .finally(() => {
          flushing = null;
        });
      return flushing;
    },
  };
}
