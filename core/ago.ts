/** "The same, so much before": moments shifted by the calendar of a zone, so that an hour of the day stays that hour. */

export type Ago = '1d' | '1w' | '1mo' | '1y';
export const AGOS: readonly Ago[] = ['1d', '1w', '1mo', '1y'];
export const AGO_WORDS: Readonly<Record<Ago, string>> = {
  '1d': '1 day before',
  '1w': '1 week before',
  '1mo': '1 month before',
  '1y': '1 year before',
};
const SPANS: Readonly<Record<Ago, Temporal.DurationLike>> = {
  '1d': { days: 1 },
  '1w': { weeks: 1 },
  '1mo': { months: 1 },
  '1y': { years: 1 },
};

const at = (ms: number, zone: string) => Temporal.Instant.fromEpochMilliseconds(Math.round(ms)).toZonedDateTimeISO(zone);

/** The moment so much before, on the zone's wall clock; of a day that a month has not, its last day. Null beyond the calendar. */
export function before(ms: number, ago: Ago, zone: string): number | null {
  try {
    return at(ms, zone).subtract(SPANS[ago]).epochMilliseconds;
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

/**
 * Maps a moment of a range to the one in the range before that is as far from its beginning on the
 * wall clock: where the clocks change in between, six in the morning still meets six in the morning.
 */
export function aligner(fromMs: number, pastFromMs: number, zone: string): (ms: number) => number {
  const offset = (ms: number) => at(ms, zone).offsetNanoseconds / 1e6;
  const [here, there] = [offset(fromMs), offset(pastFromMs)];
  const apart = fromMs - pastFromMs;
  return (ms) => {
    const meant = ms - apart + (offset(ms) - here);
    return meant - (offset(meant) - there);
  };
}
