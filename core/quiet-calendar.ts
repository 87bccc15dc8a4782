/** A quiet window for other programs: a weekly event of a calendar (RFC 5545) and a line of cron. */
import { hash32 } from './hash.ts';
import type { QuietWindow } from './quiet.ts';

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
/** Changes of clocks that the calendar is told; those of a decade. */
const CHANGES = 20;
/** Octets of a line, at most; a longer one goes on in the next after a space. */
const LINE_OCTETS = 75;

/** "0 3 * * 0": when cron starts a job in this window, by the clocks of the zone. */
export function cronTime({ startHourOfWeek }: QuietWindow): string {
  // Cron counts from Sunday, the hours of the week from Monday.
  return `0 ${startHourOfWeek % 24} * * ${(Math.floor(startHourOfWeek / 24) + 1) % 7}`;
}

/**
 * One weekly event, from the first such window after nowMs, as the text of an .ics file.
 * @param summary what the event is called
 * @throws RangeError for a zone that is none
 */
export function icsText(window: QuietWindow, zone: string, nowMs: number, summary: string): string {
  const { startHourOfWeek, lengthHours, words } = window;
  const weekday = Math.floor(startHourOfWeek / 24);
  const now = Temporal.Instant.fromEpochMilliseconds(Math.floor(nowMs)).toZonedDateTimeISO(zone);
  const day = now.toPlainDate().add({ days: (weekday + 8 - now.dayOfWeek) % 7 });
  const time = { hour: startHourOfWeek % 24 };
  const today = day.toPlainDateTime(time).toZonedDateTime(zone);
  const start = today.epochMilliseconds > nowMs ? day : day.add({ days: 7 });
  const local = `${start.toString().replaceAll('-', '')}T${String(time.hour).padStart(2, '0')}0000`;
  const utc = zone === 'UTC';
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Saguaro//quiet windows//EN',
    ...(utc ? [] : zoneLines(zone, nowMs)),
    'BEGIN:VEVENT',
    `UID:quiet-${startHourOfWeek}-${lengthHours}-${hash32(`${zone} ${summary}`).toString(16)}@saguaro`,
    `DTSTAMP:${stamp(now.toInstant().toZonedDateTimeISO('UTC').toPlainDateTime())}Z`,
    utc ? `DTSTART:${local}Z` : `DTSTART;TZID=${zone}:${local}`,
    `DURATION:PT${lengthHours}H`,
    `RRULE:FREQ=WEEKLY;BYDAY=${WEEKDAYS[weekday] ?? 'MO'}`,
    `SUMMARY:${escaped(summary)}`,
    `DESCRIPTION:${escaped(`${words} (${zone}); held in ${window.held} of ${window.ofWeeks} weeks.`)}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  return lines.map(folded).join('\r\n') + '\r\n';
}

/** The zone's offsets as of now, and its next changes: a calendar need not know the zone by name. */
function zoneLines(zone: string, nowMs: number): string[] {
  const first = Temporal.Instant.fromEpochMilliseconds(Math.floor(nowMs)).toZonedDateTimeISO(zone);
  const lines = ['BEGIN:VTIMEZONE', `TZID:${zone}`, ...observance(first.offset, first.offset, '19700101T000000')];
  let before = first;
  for (let i = 0; i < CHANGES; i++) {
    const change = before.getTimeZoneTransition('next');
    if (!change) break;
    // The moment of a change is written by the clocks as they were until then.
    const until = change.toInstant().toZonedDateTimeISO(before.offset).toPlainDateTime();
    lines.push(...observance(before.offset, change.offset, stamp(until)));
    before = change;
  }
  return [...lines, 'END:VTIMEZONE'];
}

function observance(from: string, to: string, local: string): string[] {
  const offset = (text: string) => text.slice(0, 6).replace(':', '');
  return ['BEGIN:STANDARD', `DTSTART:${local}`, `TZOFFSETFROM:${offset(from)}`, `TZOFFSETTO:${offset(to)}`, 'END:STANDARD'];
}

/** 20260301T020000 */
const stamp = (time: Temporal.PlainDateTime): string => time.toString({ smallestUnit: 'second' }).replace(/[-:]/g, '');

const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');

function folded(line: string): string {
  const parts: string[] = [];
  let part = '';
  let octets = 0;
  for (const character of line) {
    const size = new TextEncoder().encode(character).length;
    if (octets + size > LINE_OCTETS) {
      parts.push(part);
      [part, octets] = [' ', 1];
    }
    part += character;
    octets += size;
  }
  return [...parts, part].join('\r\n');
}
