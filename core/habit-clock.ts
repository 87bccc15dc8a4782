/** The hour of the week in a named time zone, cheap for moments that come one after the other. */

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
export const HOURS_OF_WEEK = 168;

export interface WeekMoment {
  /** 0–167 by the zone's clocks; 0 is Monday 00:00. An hour that clocks show twice is the same hour of the week twice. */
  readonly hourOfWeek: number;
  /** Counts hours as they pass; the same number means the same hour. */
  readonly hour: number;
  /** Share of the hour that has passed, 0–1. */
  readonly phase: number;
}
export type WeekClock = (ms: number) => WeekMoment;

/** Ten thousand habits have one zone, and ask for the same hours: what one of them was told, the next need not ask. */
let latest: { readonly zone: string; readonly clock: WeekClock } | null = null;

/** @throws RangeError for a zone that is none */
export function createWeekClock(zone: string): WeekClock {
  if (latest?.zone !== zone) latest = { zone, clock: newWeekClock(zone) };
  return latest.clock;
}

function newWeekClock(zone: string): WeekClock {
  // Between two changes of the zone's clocks the difference to UTC is one number: asked once, not for every sample.
  let fromMs = Infinity;
  let toMs = -Infinity;
  let offsetMs = 0;
  Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
  return (ms) => {
    if (ms < fromMs || ms >= toMs) {
      const moment = Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone);
      offsetMs = moment.offsetNanoseconds / 1e6;
      fromMs = ms;
      toMs = moment.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity;
    }
    const localMs = ms + offsetMs;
    const hours = Math.floor(localMs / HOUR_MS);
    // The first of January 1970 was a Thursday.
    const hourOfWeek = (((hours + 72) % HOURS_OF_WEEK) + HOURS_OF_WEEK) % HOURS_OF_WEEK;
    // Twice the same local hour is two hours: the difference to UTC tells them apart.
    return { hourOfWeek, hour: Math.floor((ms + (offsetMs % HOUR_MS)) / HOUR_MS), phase: (localMs - hours * HOUR_MS) / HOUR_MS };
  };
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** "Tuesday 03:00" */
export function hourOfWeekWords(hourOfWeek: number): string {
  return `${DAYS[Math.floor(hourOfWeek / 24)] ?? ''} ${String(hourOfWeek % 24).padStart(2, '0')}:00`;
}

/** Whether a zone is known here. */
export function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch (cause) {
    if (cause instanceof RangeError) return false;
    throw cause;
  }
}

export const WEEK_MS = 7 * DAY_MS;
