/** Which devices take longest, and why, in one plain sentence each. */
import { formatNumber, formatWith } from '../core/units.ts';
import { DEAD_AFTER, RETRY_MS, type Pace } from './scheduler.ts';
import type { Manner } from './source.ts';

/** Of those that do not answer at most so many stand among the slowest: they all take the same. */
const SILENT_MOST = 3;
/** A device that is asked for more values than this is large. */
const LARGE = 1_000;

export interface Slowest {
  readonly paces: readonly Pace[];
  /** Devices that did not answer at all in their last turn. */
  readonly silent: number;
}

/** First those that skip starts, then by what a turn takes. Looks at each once and sorts only the few. */
export function slowestOf(paces: Iterable<Pace>, most: number): Slowest {
  const answering = createTop(most);
  const mute = createTop(most);
  let silent = 0;
  for (const pace of paces) {
    if (pace.silent) silent++;
    if (!Number.isNaN(pace.tookMs)) (pace.silent ? mute : answering).offer(pace);
  }
  const places = Math.max(SILENT_MOST, most - answering.list.length);
  const few = mute.list.slice(0, places);
  return { paces: [...answering.list.slice(0, most - few.length), ...few].sort(slower), silent };
}

const slower = (a: Pace, b: Pace) => Number(b.skips > 0) - Number(a.skips > 0) || b.tookMs - a.tookMs;

/** The slowest so far, in order. */
function createTop(most: number) {
  const list: Pace[] = [];
  return {
    list,
    offer(pace: Pace) {
      const last = list[most - 1];
      if (last && slower(last, pace) <= 0) return;
      list.push(pace);
      list.sort(slower);
      if (list.length > most) list.pop();
    },
  };
}

/** What is known of a device besides its pace. */
export interface Known {
  /** Values that a poll asks for. */
  readonly values: number;
  readonly manner: Manner | null;
  /** Its state's sentence, '' when it is up. */
  readonly reason: string;
}

/** "answers in 840 ms, 12 requests, 3 of them sent again" */
export function whySlow(pace: Pace, { values, manner, reason }: Known): string {
  if (pace.silent) {
    if (pace.failures < DEAD_AFTER) return 'did not answer the last time';
    return `does not answer; probed once ${pace.intervalMs > RETRY_MS ? 'a minute' : 'an interval'}`;
  }
  const how = howItAnswers(pace, values, manner);
  if (pace.skips > 0) return `skipped ${starts(pace.skips)}: polls take longer than the interval; ${how}`;
  return pace.failures > 0 && reason !== '' ? withoutStop(reason) : how;
}

function howItAnswers({ tookMs }: Pace, values: number, manner: Manner | null): string {
  const size = values >= LARGE ? [`large: ${formatNumber(values)} values`] : [];
  if (!manner || manner.requests === 0) return [...size, `answers in ${took(tookMs)}`].join(', ');
  const { requests, resent, roundTripMs } = manner;
  const each = roundTripMs !== null && requests > 1 ? ` of about ${took(roundTripMs)}` : '';
  const again = resent === 0 ? '' : requests === 1 ? ', sent again' : `, ${whole(resent)} of them sent again`;
  return [...size, `answers in ${took(tookMs)}`, `${count(requests, 'request')}${each}${again}`].join(', ');
}

const whole = (n: number) => (n < 1_000 ? String(n) : formatNumber(n));
const count = (n: number, one: string) => `${whole(n)} ${n === 1 ? one : `${one}s`}`;
const starts = (n: number) => count(n, 'start');
const took = (ms: number) => (ms < 999 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : formatWith(ms, 'ms'));

/** A sentence as a part of a line. */
function withoutStop(text: string): string {
  return text.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
