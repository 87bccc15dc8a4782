/**
 * Times and ranges as people and links write them: "-1d", "now-7d", Unix seconds, ISO dates,
 * "last 3d", "2026-03", "now-7d to now". Calendar words use a named time zone; days counted
 * back from now are 24 hours.
 */

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}
export interface BadRange {
  /** One sentence: what is wrong and what would be right. */
  readonly error: string;
}

export const RANGE_MAX_MS = 200 * 366 * 86_400_000;
const EXAMPLES = 'Try "last 3d", "last month", "yesterday", "2026-03", "2026-03-01 to 2026-03-09", "-1d" or Unix seconds.';
const FIXED_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

const CALENDAR = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
const OFFSET = /^(?:now)?\s*([+-])\s*(\d{1,6})\s*(s|min|m|h|d|w|mo|M|y)$/;

/**
 * A single moment in UTC milliseconds; null if the text is none. A calendar word ("2026-03")
 * means its beginning in the zone; an ISO time without offset is in the zone.
 */
export function parseTime(text: string, nowMs: number, zone: string): number | null {
  const word = text.trim();
  if (word === 'now') return nowMs;
  const offset = OFFSET.exec(word);
  if (offset) return shift(nowMs, (offset[1] === '-' ? -1 : 1) * Number(offset[2]), offset[3] ?? '', zone);
  if (/^-?\d{5,12}(\.\d+)?$/.test(word)) return Math.round(Number(word) * 1000);
  if (/^\d{13}$/.test(word)) return Number(word);
  const calendar = calendarRange(word, zone);
  if (calendar) return calendar.fromMs;
  return isoTime(word, zone);
}

/**
 * A range from two texts, as in a link. `from` alone may be any range ("last 3d", "2026-03");
 * a missing `to` is now.
 */
export function parseRange(from: string | undefined, to: string | undefined, nowMs: number, zone: string): Range | BadRange {
  if (to === undefined || to.trim() === '') return parseRangeText(from ?? 'last 1d', nowMs, zone);
  const fromMs = parseTime(from ?? '', nowMs, zone);
  if (fromMs === null) return { error: `"${from ?? ''}" is not a time. ${EXAMPLES}` };
  // "to 2026-03" means to its end.
  const toMs = calendarRange(to.trim(), zone)?.toMs ?? parseTime(to, nowMs, zone);
  if (toMs === null) return { error: `"${to}" is not a time. ${EXAMPLES}` };
  return checked({ fromMs, toMs });
}

/** A range in one text, as typed: "last 3d", "2026-03", "yesterday", "now-7d to now", "2026-03-01 to 2026-03-09". */
export function parseRangeText(text: string, nowMs: number, zone: string): Range | BadRange {
  const words = text.trim().replace(/\s+/g, ' ');
  const parts = /^(.+?) (?:to|until|–|\.\.) (.+)$/.exec(words);
  if (parts) return parseRange(parts[1], parts[2], nowMs, zone);
  const last = /^(?:last )?(\d{1,6}) ?(s|min|m|h|d|w|mo|M|y)$/.exec(words);
  if (last) return checked({ fromMs: shift(nowMs, -Number(last[1]), last[2] ?? '', zone) ?? NaN, toMs: nowMs });
  const named = namedRange(words.toLowerCase(), nowMs, zone) ?? calendarRange(words, zone);
  if (named) return checked({ fromMs: named.fromMs, toMs: named.toMs });
  const fromMs = parseTime(words, nowMs, zone);
  if (fromMs !== null) return checked({ fromMs, toMs: nowMs });
  return { error: `"${text}" is not a time range. ${EXAMPLES}` };
}

function checked(range: Range): Range | BadRange {
  const { fromMs, toMs } = range;
  if (!Number.isFinite(fromMs) || !Number.isFinite(toMs) || Math.abs(fromMs) > 8.64e15 || Math.abs(toMs) > 8.64e15) {
    return { error: `This time is outside every calendar. ${EXAMPLES}` };
  }
  if (fromMs === toMs) return { error: 'The range is empty: it begins and ends at the same moment.' };
  if (fromMs > toMs) return { error: 'The range ends before it begins: swap "from" and "to".' };
  if (toMs - fromMs > RANGE_MAX_MS) return { error: 'The range is longer than 200 years: choose a shorter one.' };
  return range;
}

function shift(fromMs: number, count: number, unit: string, zone: string): number | null {
  const fixed = FIXED_MS[unit];
  if (fixed !== undefined) return fromMs + count * fixed;
  if (unit !== 'y' && unit !== 'mo' && unit !== 'M') return null;
  try {
    const start = zoned(fromMs, zone);
    return start.add(unit === 'y' ? { years: count } : { months: count }).epochMilliseconds;
  } catch (cause) {
    if (cause instanceof RangeError) return null; // beyond the calendar
    throw cause;
  }
}

function zoned(ms: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(ms)).toZonedDateTimeISO(zone);
}

/** "2026", "2026-03", "2026-03-05" as the whole year, month, day. */
function calendarRange(word: string, zone: string): Range | null {
  const match = CALENDAR.exec(word);
  if (!match) return null;
  const [, year, month, day] = match;
  try {
    const first = Temporal.PlainDate.from(
      { year: Number(year), month: Number(month ?? 1), day: Number(day ?? 1) },
      { overflow: 'reject' },
    );
    const after = first.add(day !== undefined ? { days: 1 } : month !== undefined ? { months: 1 } : { years: 1 });
    return { fromMs: midnight(first, zone), toMs: midnight(after, zone) };
  } catch (cause) {
    if (cause instanceof RangeError) return null; // no such month or day
    throw cause;
  }
}

function namedRange(words: string, nowMs: number, zone: string): Range | null {
  const today = zoned(nowMs, zone).toPlainDate();
  const monday = today.subtract({ days: today.dayOfWeek - 1 });
  const month = today.with({ day: 1 });
  const year = month.with({ month: 1 });
  const span = (a: Temporal.PlainDate, b: Temporal.PlainDate) => ({ fromMs: midnight(a, zone), toMs: midnight(b, zone) });
  switch (words) {
    case 'today':
      return { fromMs: midnight(today, zone), toMs: nowMs };
    case 'yesterday':
      return span(today.subtract({ days: 1 }), today);
    case 'this week':
      return { fromMs: midnight(monday, zone), toMs: nowMs };
    case 'last week':
      return span(monday.subtract({ days: 7 }), monday);
    case 'this month':
      return { fromMs: midnight(month, zone), toMs: nowMs };
    case 'last month':
      return span(month.subtract({ months: 1 }), month);
    case 'this year':
      return { fromMs: midnight(year, zone), toMs: nowMs };
    case 'last year':
      return span(year.subtract({ years: 1 }), year);
    default:
      return null;
  }
}

function midnight(date: Temporal.PlainDate, zone: string): number {
  return date.toZonedDateTime(zone).epochMilliseconds;
}

/** ISO 8601 date and time; without an offset it is local to the zone. */
function isoTime(word: string, zone: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(word)) return null;
  const iso = word.replace(' ', 'T');
  try {
    if (/(?:Z|[+-]\d{2}:?\d{2})$/i.test(iso)) return Temporal.Instant.from(iso).epochMilliseconds;
    return Temporal.PlainDateTime.from(iso, { overflow: 'reject' }).toZonedDateTime(zone).epochMilliseconds;
  } catch (cause) {
    if (cause instanceof RangeError) return null; // 31 February and the like
    throw cause;
  }
}
