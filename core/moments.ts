/** Moments in words, in a named time zone. */

const formats = new Map<string, Intl.DateTimeFormat>();

/** A moment in its parts, as the zone's clocks and calendars show it. */
export function momentParts(ms: number, zone: string): Record<string, string> {
  let format = formats.get(zone);
  if (!format) {
    const options: Intl.DateTimeFormatOptions = {
      weekday: 'short',
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    };
    format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(ms).map((p) => [p.type, p.value]));
}

/** English month names differ between browsers' data ("Sept"); ours are three letters. */
export const monthOf = (p: Readonly<Record<string, string>>): string => (p['month'] ?? '').slice(0, 3);

const months = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
/** "February 2026" for "2026-02". @throws RangeError for what is no month */
export const monthName = (id: string): string => months.format(Date.parse(`${id}-01T00:00Z`));

/** "Thu 12 Nov 10:30", with seconds if the step is finer than a minute, with the year instead of the time if it is a day or more. */
export function moment(ms: number, zone: string, stepMs = 60_000): string {
  const p = momentParts(ms, zone);
  const date = `${p['weekday']} ${p['day']} ${monthOf(p)}`;
  if (stepMs >= 86_400_000) return `${date} ${p['year']}`;
  const seconds = stepMs < 60_000 ? `:${p['second']}` : '';
  return `${date} ${p['hour']}:${p['minute']}${seconds}`;
}
