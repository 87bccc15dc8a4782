/** A fleet whose devices answer one after the other through the minute, as they do: what a sample costs, how late the event loop is. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { History, RawRow } from '../../core/ports.ts';

export interface SpreadFigures {
  readonly cpuUsASample: number;
  /** The longest the event loop was late, milliseconds. */
  readonly lateMs: number;
  readonly rssMB: number;
}

const MINUTE = 60_000;
const PARTS = 60;
/** In the first minutes all series are new. */
const WARM_MINUTES = 3;

/** @param rowsOf rows of all devices at a moment, in the same order each time */
export async function takeSpread(
  history: History,
  rowsOf: (tMs: number) => RawRow[],
  fromMs: number,
  minutes: number,
): Promise<SpreadFigures> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const spent = { user: 0, system: 0 };
  let [samples, rss] = [0, 0];
  for (let minute = 0; minute < WARM_MINUTES + minutes; minute++) {
    const endMs = fromMs + (minute + 1) * MINUTE;
    const rows = rowsOf(endMs);
    const each = Math.ceil(rows.length / PARTS);
    // Preparing rows is the benchmark's own work.
    await wait(5);
    const before = process.cpuUsage();
    if (minute >= WARM_MINUTES) delay.enable();
    for (let at = 0; at < rows.length; at += each) {
      await history.append(rows.slice(at, at + each));
      // A second lies between them; whoever waits for the loop has a turn.
      await wait(0);
    }
    await history.maintain(endMs);
    delay.disable();
    if (minute < WARM_MINUTES) continue;
    const { user, system } = process.cpuUsage(before);
    [spent.user, spent.system] = [spent.user + user, spent.system + system];
    samples += rows.reduce((sum, { values }) => sum + values.length, 0);
    rss = Math.max(rss, process.memoryUsage.rss());
  }
  return { cpuUsASample: (spent.user + spent.system) / samples, lateMs: delay.max / 1e6, rssMB: rss / 2 ** 20 };
}
