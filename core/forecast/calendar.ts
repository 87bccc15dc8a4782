/** Days and weeks as people in a zone live them. */
import { DAY_MS, HOUR_MS, type Calendar } from './model.ts';

/** Monday 00:00 of the week that holds 1970-01-01, in days. */
const MONDAY = -3;
/** Offsets kept: more quarters of days than thirty years have. */
const MOST_KNOWN = 50_000;

/**
 * Calendar of a named time zone. An offset is looked up once for each quarter of a day, so that
 * the hour of a change of clocks may be taken for its neighbour.
 * @throws RangeError for a zone that does not exist
 */
export function calendarOf(zone: string, changesMs: readonly number[] = []): Calendar {
  if (zone === 'UTC') return { offsetMs: () => 0, changesMs };
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const known = new Map<number, number>();
  const lookUp = (quarter: number): number => {
    const name = format.formatToParts(quarter * 6 * HOUR_MS).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
    return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * 60_000);
  };
  const offsetMs = (tMs: number): number => {
    const quarter = Math.floor(tMs / (6 * HOUR_MS));
    let offset = known.get(quarter);
    if (offset === undefined) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(quarter, (offset = lookUp(quarter)));
    }
    return offset;
  };
  return { offsetMs, changesMs };
}

/** Number of the local day since 1970-01-01. */
export const localDay = (calendar: Calendar, tMs: number): number => Math.floor((tMs + calendar.offsetMs(tMs)) / DAY_MS);
/** 0 = Monday … 6 = Sunday. */
export const weekdayOf = (day: number): number => (((day - MONDAY) % 7) + 7) % 7;
/** Moment at which a local day begins. */
export function dayStartMs(calendar: Calendar, day: number): number {
  const utc = day * DAY_MS;
  return utc - calendar.offsetMs(utc - calendar.offsetMs(utc));
}
