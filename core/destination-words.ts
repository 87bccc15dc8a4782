/** What is to be said of a server that keeps the history; the same words on the command line and in the browser. */
import type { Destination } from './destination.ts';
import { formatDuration, formatNumber, formatWith } from './units.ts';

export interface DestinationWords {
  /** Nothing to worry about, and nothing to be told on every page. */
  readonly silent: boolean;
  /** "InfluxDB has been away since 14:02"; null while it takes history. */
  readonly away: string | null;
  /** How long that has lasted: "1 h 1 min". */
  readonly lasting: string;
  /** Why, or what somebody must do; '' while it takes history. */
  readonly reason: string;
  /** What waits: "12 345 lines wait on disk (4.2 MiB), the oldest for 1 h 1 min". Null when nothing does. */
  readonly waiting: string | null;
  /** What was lost, set aside or is about to be: a sentence each. */
  readonly troubles: readonly string[];
}

/**
 * @param nowMs UTC milliseconds
 * @param clock a moment as people write it: "14:02", or with the day when it was another
 */
export function destinationWords(destination: Destination, nowMs: number, clock: (ms: number) => string): DestinationWords {
  const { label, state, sinceMs, reason, waitingLines, waitingBytes, oldestMs } = destination;
  const since = `since ${clock(sinceMs)}`;
  const [away, why] =
    state === 'away'
      ? [`${label} has been away ${since}`, reason]
      : state === 'blocked'
        ? [`${label} has taken nothing ${since}`, `Somebody must act: ${reason}`]
        : [null, ''];
  const age = oldestMs === null ? '' : `, the oldest for ${formatDuration(nowMs - oldestMs)}`;
  const waiting =
    waitingLines === 0 && waitingBytes === 0
      ? null
      : `${lines(waitingLines)} ${waitingLines === 1 ? 'waits' : 'wait'} on disk (${formatWith(waitingBytes, 'bytes')})${age}`;
  const troubles = troublesOf(destination);
  const lasting = formatDuration(nowMs - sinceMs);
  return { silent: away === null && troubles.length === 0, away, lasting, reason: why, waiting, troubles };
}

/** Whether all that was measured is still there: here, or on the server. */
export const nothingLost = ({ droppedLines, refusedLines, damagedBytes, alarms }: Destination): boolean =>
  droppedLines === 0 && refusedLines === 0 && damagedBytes === 0 && alarms.length === 0;

function troublesOf({ label, droppedLines, refusedLines, damagedBytes, alarms }: Destination): string[] {
  return [
    ...(droppedLines > 0
      ? [`${lines(droppedLines)} waited too long or were too many, and were given up: a gap in ${label}.`]
      : []),
    ...(refusedLines > 0 ? [`${label} refused ${lines(refusedLines)} for good; the refused-… files say which, and why.`] : []),
    ...(damagedBytes > 0
      ? [`${formatWith(damagedBytes, 'bytes')} of what waited could not be read back; the damaged-… files hold it.`]
      : []),
    ...alarms,
  ];
}

const lines = (n: number) => `${n < 1_000 ? String(n) : formatNumber(n)} ${n === 1 ? 'line' : 'lines'}`;
