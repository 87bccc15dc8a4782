/** Text of one series, time and value a row, as people have it. */

export interface CsvSeries {
  /** Unix milliseconds; NaN where the time cannot be read. */
  readonly timesMs: readonly number[];
  /** Null = unknown. */
  readonly values: readonly (number | null)[];
  /** Sentences about rows that could not be read. */
  readonly remarks: readonly string[];
}

/** Words for "nothing is known", in any case. */
const UNKNOWN = /^(|-|na|n\/a|nan|null|none|u|unknown)$/i;
/** A number beyond this is milliseconds: in seconds it is the year 5138. */
const MILLISECONDS = 1e11;
const TIME_HEADINGS = ['time', 'timestamp', 'ts', 'date', 'datetime', 't'];
const VALUE_HEADINGS = ['value', 'v', 'mean', 'used'];

/**
 * Columns time (ISO 8601, without a zone UTC; or Unix seconds) and value (empty = unknown), after a heading or none.
 * A row that cannot be read is unknown and remarked upon.
 * @returns null when there are rows, and not one of them has a time
 */
export function parseSeriesCsv(text: string): CsvSeries | null {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const first = lines.findIndex((line) => line.trim() !== '');
  if (first < 0) return { timesMs: [], values: [], remarks: [] };
  const separator = [',', ';', '\t'].find((one) => (lines[first] ?? '').includes(one)) ?? ',';
  const cells = (line: string) => line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const heading = cells(lines[first] ?? '').map((cell) => cell.toLowerCase());
  const hasHeading = Number.isNaN(timeMs(heading[0] ?? '')) && heading.some((cell) => /[a-z]/.test(cell));
  const column = (names: readonly string[], orElse: number) => {
    const at = hasHeading ? heading.findIndex((cell) => names.includes(cell)) : -1;
    return at < 0 ? orElse : at;
  };
  const timeAt = column(TIME_HEADINGS, 0);
  const valueAt = column(VALUE_HEADINGS, timeAt === 0 ? 1 : 0);
  const timesMs: number[] = [];
  const values: (number | null)[] = [];
  const unread: number[] = [];
  for (let i = hasHeading ? first + 1 : first; i < lines.length; i++) {
    const line = lines[i] ?? '';
    if (line === '' || line.trim() === '') continue;
    const row = cells(line);
    const time = timeMs(row[timeAt] ?? '');
    const said = row[valueAt] ?? '';
    const value = UNKNOWN.test(said) ? null : Number(said);
    const wrong = Number.isNaN(time) || (value !== null && Number.isNaN(value));
    if (wrong) unread.push(i + 1);
    if (Number.isNaN(time)) continue;
    timesMs.push(time);
    values.push(wrong ? null : value);
  }
  if (timesMs.length === 0 && unread.length > 0) return null;
  const remarks =
    unread.length === 0
      ? []
      : [
          `${unread.length === 1 ? 'One row' : `${unread.length} rows`} could not be read (line ${unread[0]}) and count as unknown.`,
        ];
  return { timesMs, values, remarks };
}

function timeMs(text: string): number {
  if (text === '') return NaN;
  const number = Number(text);
  if (!Number.isNaN(number)) return Math.abs(number) > MILLISECONDS ? number : number * 1000;
  if (!/^\d{4}-\d\d/.test(text)) return NaN;
  const iso = text.replace(' ', 'T');
  // What names no zone is UTC; a date alone is by itself.
  return Date.parse(/T/.test(iso) && !/(Z|[+-]\d\d:?\d\d)$/i.test(iso) ? `${iso}Z` : iso);
}
