/**
 * Rows on their way to the history, bounded: polls never wait for a store. After each batch
 * that the history took, the readings it was made from are saved, so that a restart can go on.
 */
import type { Catalog, Clock, History, Log, RawRow, SeriesList } from '../core/ports.ts';
import type { Timeline } from './timeline.ts';

export interface Outbox {
  /** False when too much is waiting: the rows were not taken. */
  push(rows: readonly RawRow[]): boolean;
  /** Values that wait or are being written. */
  waiting(): number;
  /** Rows given up because the history refused them. */
  lostRows(): number;
  /** Writes what is waiting; resolves when that was tried. */
  drain(): Promise<void>;
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly timeline: Timeline;
  readonly history: Pick<History, 'append'>;
  readonly readings: Catalog['readings'];
  /** The state of a device right now, null when there is none to save. */
  readonly stateOf: (device: string) => Uint8Array | null;
  readonly log: Log;
  readonly waitingMax?: number;
}

/** Rows wait this long for company. */
const GATHER_MS = 250;
/**
 * Where so many values come in that time, writing a few rows at once would cost more than the rows: they
 * wait for a twentieth of their interval, so that a write takes a twentieth of all. What a crash loses
 * of it, the counters go on over.
 */
const BUSY_VALUES = 1_000;
const GATHER_SHARE = 0.05;
const GATHER_MAX_MS = 3_000;

/** A batch is tried this often before it is given up. */
const TRIES = 5;
const RETRY_MS = 1_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const { timeline, history, log } = options;
  const waitingMax = options.waitingMax ?? 4_000_000;
  let queue: RawRow[] = [];
  let waiting = 0;
  let lost = 0;
  let planned = false;
  let flushing: Promise<void> | null = null;
  /** Rows that say "unknown" in place of rows given up. */
  let holes: RawRow[] = [];

  const plan = () => {
    if (planned || flushing) return;
    planned = true;
    const go = () => {
      planned = false;
      void flush();
    };
    timeline.after(GATHER_MS, () => {
      const moreMs = patienceMs(queue) - GATHER_MS;
      if (moreMs > 0) timeline.after(moreMs, go);
      else go();
    });
  };
  const flush = (): Promise<void> => {
    flushing ??= write().finally(() => {
      flushing = null;
      if (queue.length > 0) plan();
    });
    return flushing;
  };
  const write = async () => {
    if (queue.length === 0) return;
    const rows = queue;
    queue = [];
    const devices = [...new Set(rows.map((row) => row.device))];
    // Taken now: at this moment the state of each device is that of its last row in this batch.
    const saved = devices.flatMap((device) => {
      const bytes = options.stateOf(device);
      return bytes ? [{ device, bytes }] : [];
    });
    const taken = await append([...holes, ...rows]);
    waiting -= rows.reduce((sum, row) => sum + row.values.length, 0);
    if (!taken) {
      lost += rows.length;
      holes = unknown([...holes, ...rows]);
      return;
    }
    holes = [];
    try {
      await options.readings.save(saved);
    } catch (error) {
      log.error('The last readings could not be saved; a restart now would leave a gap.', { error: String(error) });
    }
  };
  const append = async (rows: readonly RawRow[]): Promise<boolean> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await history.append(rows);
        return true;
      } catch (error) {
        log.error('The history did not take the rows of a poll.', { error: String(error), attempt, rows: rows.length });
        if (attempt === TRIES) return false;
      }
      // A timeline that was stopped rings no more: then nobody waits for another try.
      await options.clock.sleep(RETRY_MS);
    }
  };

  return {
    push(rows) {
      const values = rows.reduce((sum, row) => sum + row.values.length, 0);
      if (waiting + values > waitingMax) return false;
      waiting += values;
      queue.push(...rows);
      plan();
      return true;
    },
    waiting: () => waiting,
    lostRows: () => lost,
    async drain() {
      while (queue.length > 0 || flushing) await flush();
    },
  };
}

/** How long rows that came within GATHER_MS are worth waiting for others. */
function patienceMs(rows: readonly RawRow[]): number {
  if (rows.reduce((sum, row) => sum + row.values.length, 0) < BUSY_VALUES) return GATHER_MS;
  const shortestMs = rows.reduce((shortest, row) => Math.min(shortest, row.intervalMs), Infinity);
  return Math.min(GATHER_MAX_MS, shortestMs * GATHER_SHARE);
}

/** For each set of series the last moment given up, as unknown: what follows covers no more than its own time. */
function unknown(rows: readonly RawRow[]): RawRow[] {
  const last = new Map<SeriesList, RawRow>();
  for (const row of rows) last.set(row.series, row);
  return [...last.values()].map((row) => ({ ...row, values: new Float64Array(row.values.length).fill(NaN) }));
}
