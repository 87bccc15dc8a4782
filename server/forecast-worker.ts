/** The thread that makes forecasts: one at a time, behind whatever else the machine has to do. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { calendarOf } from '../core/forecast/calendar.ts';
import { forecast } from '../core/forecast/forecast.ts';
import type { Calendar } from '../core/forecast/model.ts';
import type { FitAnswer, FitJob } from './fitting.ts';

// On Linux this is of the calling thread alone; elsewhere it would be of the whole process, which polls.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_LOW);

// A round asks in one zone: its offsets, each of which takes a thousand times as long to look up as to remember, are kept.
let last = { zone: 'UTC', calendar: calendarOf('UTC') };
function calendarIn(zone: string, changesMs: readonly number[]): Calendar {
  if (zone !== last.zone) last = { zone, calendar: calendarOf(zone) };
  return { ...last.calendar, changesMs };
}

parentPort?.on('message', ({ id, zone, changesMs, ...request }: FitJob) => {
  try {
    const made = forecast({ ...request, calendar: calendarIn(zone, changesMs), of: 'max' });
    parentPort?.postMessage({ id, made } satisfies FitAnswer);
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies FitAnswer);
  }
});
