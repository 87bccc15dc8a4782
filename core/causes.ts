/** Why time is unknown, in the few words of a list. */
import { GAP_CAUSES, type GapCause } from './model.ts';

const WORDS: Readonly<Record<GapCause, string>> = {
  timeout: 'no answer',
  refused: 'the device refused to answer',
  unreachable: 'the device could not be reached',
  'access denied': 'access denied',
  'bad reply': 'an answer made no sense',
  restarted: 'the device restarted',
  wrapped: 'a 32-bit counter may have gone round twice',
  reset: 'a counter went back',
  discontinuity: 'counters were interrupted, the device says',
  implausible: 'a rate was higher than is possible',
  'width changed': 'a counter changed between 32 and 64 bits',
  renumbered: 'another part was found in this place',
  'no data': 'the device gave no value',
  late: 'a poll came too late, or the history took nothing',
  'clock step': 'the clock was set forward, or the machine slept',
  maintenance: 'maintenance',
  'collector down': 'Saguaro was not running',
  'imported gap': 'the imported history has no value',
};

/** "no answer"; null for what is no cause. */
export function causeWords(cause: string): string | null {
  const known = GAP_CAUSES.find((one) => one === cause);
  return known === undefined ? null : WORDS[known];
}

export interface CountedCause {
  readonly cause: GapCause;
  readonly words: string;
  readonly lastHour: number;
  readonly total: number;
}

type Counts = Readonly<Partial<Record<string, number>>>;

/** Causes that occurred, those of the last hour first, then by how often. */
export function rankedCauses(totals: Counts, lastHour: Counts): CountedCause[] {
  return GAP_CAUSES.map((cause) => ({
    cause,
    words: WORDS[cause],
    lastHour: lastHour[cause] ?? 0,
    total: totals[cause] ?? 0,
  }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.lastHour - a.lastHour || b.total - a.total);
}
