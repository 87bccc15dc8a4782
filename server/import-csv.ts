/**
 * Reads a history from CSV: device,instance,metric,unit,time,value with a header, columns in
 * any order, and a note where somebody knows why a value is missing. The whole file is read and checked before anything is kept; the first bad line
 * refuses it with its number.
 */
import { METRIC_UNITS } from '../core/metrics.ts';
import { UNITS, type MetricName, type Unit } from '../core/model.ts';
import { nearest } from '../core/text.ts';
import { nameOf } from './device-input.ts';
import { importTimeMs } from './import-time.ts';
import { badRequest, HttpProblem, quoted } from './problem.ts';

export const IMPORT_COLUMNS = ['device', 'instance', 'metric', 'unit', 'time', 'value'] as const;
const NOTE_COLUMN = 'note';
const COLUMNS: readonly string[] = [...IMPORT_COLUMNS, NOTE_COLUMN];
export interface ImportLimits {
  readonly rows: number;
  readonly bytes: number;
}
export const IMPORT_LIMITS: ImportLimits = { rows: 5_000_000, bytes: 500_000_000 };
/** Nothing counted in bits, bytes or seconds comes near; sums of such values stay finite. */
const VALUE_MAX = 1e30;
/** Rows this far ahead of now are mistakes, of a time zone at the least. */
const FUTURE_MAX_MS = 86_400_000;
const LINE_MAX = 10_000;
const INSTANCE_MAX = 255;
const NOTE_MAX = 255;
/** Different sentences in one file; more of them are no notes but data. */
const NOTES_MAX = 1_000;
const METRIC = /^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

export interface ImportedSeries {
  readonly device: string;
  readonly instance: string;
  readonly metric: MetricName;
  readonly unit: Unit;
  /** Where it appears first. */
  readonly line: number;
  /** Ascending, distinct. */
  readonly tMs: Float64Array;
  /** NaN = gap. */
  readonly value: Float64Array;
  /** Why values are missing, by the time of their rows; null when nobody says so. */
  readonly notes: ReadonlyMap<number, string> | null;
}
export interface ImportedFile {
  readonly rows: number;
  readonly series: readonly ImportedSeries[];
}

interface Growing {
  readonly device: string;
  readonly instance: string;
  readonly metric: MetricName;
  readonly unit: Unit;
  readonly line: number;
  tMs: Float64Array;
  value: Float64Array;
  length: number;
  sorted: boolean;
  notes: Map<number, string> | null;
}

/** @throws HttpProblem 400 with the number of the bad line, 413 beyond the limits */
export async function readImport(
  bytes: AsyncIterable<Uint8Array>,
  nowMs: number,
  limits: ImportLimits = IMPORT_LIMITS,
): Promise<ImportedFile> {
  const latestMs = nowMs + FUTURE_MAX_MS;
  const table = new Map<string, Growing>();
  const sentences = new Map<string, string>();
  let order: number[] | null = null;
  let width = 0;
  let inOrder = false;
  let repeated: Repeated | null = null;
  let rows = 0;
  for await (const { text, line } of lines(bytes, limits.bytes)) {
    const at = (sentence: string) => badRequest(`Line ${line}: ${sentence}`);
    const rest = repeated && text.startsWith(repeated.beginning) ? restOf(text, repeated.beginning.length) : null;
    if (repeated && rest?.length === width - SERIES_COLUMNS) {
      if (++rows > limits.rows) throw tooMany(limits.rows);
      addValue(repeated.series, rest, sentences, latestMs, at);
      continue;
    }
    if (text.trim() === '') continue;
    const cells = split(text, at);
    if (order === null) {
      order = columnOrder(cells, at);
      width = cells.length;
      inOrder = order.every((position, column) => position === (column < width ? column : -1));
      continue;
    }
    if (cells.length !== width) throw at(`it has ${cells.length} columns instead of ${width}; quote a value that holds a comma.`);
    if (++rows > limits.rows) throw tooMany(limits.rows);
    const cell = (column: number) => cells[order?.[column] ?? -1]?.trim() ?? '';
    const series = seriesOf(table, cell, line, at);
    addValue(series, [cell(4), cell(5), cell(6)], sentences, latestMs, at);
    repeated = inOrder ? beginningOf(text, series) : null;
  }
  if (order === null) throw badRequest(`The file is empty: its first line must be ${IMPORT_COLUMNS.join(',')}.`);
  if (rows === 0) throw badRequest('The file has a header and no rows, so there is nothing to import.');
  return { rows, series: Array.from(table.values(), finish) };
}

type At = (sentence: string) => HttpProblem;

/** Rows of one series follow each other as a rule: what they all begin with is read once. */
interface Repeated {
  readonly beginning: string;
  readonly series: Growing;
}
/** device, instance, metric and unit. */
const SERIES_COLUMNS = 4;

function beginningOf(text: string, series: Growing): Repeated | null {
  if (text.includes('"')) return null;
  let end = 0;
  for (let column = 0; column < SERIES_COLUMNS; column++) end = text.indexOf(',', end) + 1;
  return { beginning: text.slice(0, end), series };
}

/** Cells after the beginning; null when they are quoted and must be read with care. */
function restOf(text: string, from: number): string[] | null {
  const rest = text.slice(from);
  return rest.includes('"') ? null : rest.split(',');
}

function tooMany(rows: number): HttpProblem {
  return new HttpProblem(413, `The file has more than ${rows} rows: import it in parts.`);
}

function seriesOf(table: Map<string, Growing>, cell: (column: number) => string, line: number, at: At): Growing {
  const [device, instance, metric] = [cell(0), cell(1), cell(2)];
  const key = `${device}\n${instance}\n${metric}`;
  const unit = cell(3);
  let series = table.get(key);
  if (!series) table.set(key, (series = begin(device, instance, metric, unit, line, at)));
  else if (series.unit !== unit)
    throw at(`its unit is ${quoted(unit)}, but line ${series.line} says ${quoted(series.unit)} for the same series.`);
  return series;
}

/** @param cells time, value and, where there is one, the note */
function addValue(series: Growing, cells: readonly string[], sentences: Map<string, string>, latestMs: number, at: At): void {
  const [time, value, note] = [cells[0]?.trim() ?? '', cells[1]?.trim() ?? '', cells[2]?.trim() ?? ''];
  const tMs = importTimeMs(time);
  if (typeof tMs !== 'number') throw at(tMs.wrong);
  if (tMs > latestMs) throw at(`the time ${quoted(time)} lies in the future; times without an offset are UTC.`);
  if (series.length === series.tMs.length) {
    series.tMs = grown(series.tMs);
    series.value = grown(series.value);
  }
  if (series.length > 0 && tMs <= (series.tMs[series.length - 1] ?? 0)) series.sorted = false;
  series.tMs[series.length] = tMs;
  series.value[series.length] = number(value, at);
  series.length++;
  if (note === '') series.notes?.delete(tMs);
  else (series.notes ??= new Map()).set(tMs, noteOf(note, value, sentences, at));
}

/** The sentence itself, kept once however often it stands there. */
function noteOf(note: string, value: string, sentences: Map<string, string>, at: At): string {
  const known = sentences.get(note);
  if (value !== '') throw at('a note says why a value is missing, but here is a value: leave one of them empty.');
  if (known !== undefined) return known;
  if (note.length > NOTE_MAX) throw at(`the note is longer than ${NOTE_MAX} characters.`);
  if (/\p{Cc}/u.test(note)) throw at('the note holds characters that cannot be shown.');
  if (sentences.size >= NOTES_MAX) throw at(`this is more than the ${NOTES_MAX} different notes that a file may have.`);
  // A copy of its own: a piece of the file would keep all of the file in memory.
  const own = Buffer.from(note).toString();
  sentences.set(own, own);
  return own;
}

function begin(device: string, instance: string, metric: string, unit: string, line: number, at: At): Growing {
  try {
    nameOf(device);
    if (device.length > 128) throw badRequest(`the name of the device is longer than 128 characters.`);
    // An instance may be a mount point, so it may hold "/".
    nameOf(instance.replaceAll('/', '-'), 'instance');
  } catch (cause) {
    if (cause instanceof HttpProblem) throw at(cause.message.charAt(0).toLowerCase() + cause.message.slice(1));
    throw cause;
  }
  if (instance.length > INSTANCE_MAX) throw at(`the name of the instance is longer than ${INSTANCE_MAX} characters.`);
  if (!METRIC.test(metric))
    throw at(`${quoted(metric)} is not a metric: write family.field in small letters, such as interface.in_bps.`);
  if (!(UNITS as readonly string[]).includes(unit)) {
    const near = nearest(unit, UNITS);
    throw at(`${quoted(unit)} is not a unit; ${near === null ? '' : `did you mean ${near}? `}use one of ${UNITS.join(', ')}.`);
  }
  const own = METRIC_UNITS.get(metric as MetricName);
  if (own !== undefined && own !== unit) throw at(`the unit of ${metric} is ${own}, not ${unit}: convert the values.`);
  const room = () => new Float64Array(64);
  return {
    device,
    instance,
    metric: metric as MetricName,
    unit: unit as Unit,
    line,
    tMs: room(),
    value: room(),
    length: 0,
    sorted: true,
    notes: null,
  };
}

function number(text: string, at: At): number {
  if (text === '') return NaN;
  const value = NUMBER.test(text) ? Number(text) : NaN;
  if (Math.abs(value) > VALUE_MAX) throw at(`${quoted(text)} is larger than anything that can be measured.`);
  if (Number.isFinite(value)) return value;
  throw at(`${quoted(text)} is not a number: write it with a point and no separators, and leave it empty for a gap.`);
}

function grown(old: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(old.length * 2);
  larger.set(old);
  return larger;
}

/** Times ascending and distinct; of rows with the same time the last one counts. */
function finish(series: Growing): ImportedSeries {
  const { device, instance, metric, unit, line, length, notes } = series;
  const head = { device, instance, metric, unit, line, notes };
  const [t, v] = [series.tMs.subarray(0, length), series.value.subarray(0, length)];
  if (series.sorted) return { ...head, tMs: t, value: v };
  const at = (i: number) => t[i] ?? NaN;
  const order = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => at(a) - at(b) || a - b);
  const last = order.filter((row, i) => at(row) !== at(order[i + 1] ?? -1));
  return { ...head, tMs: Float64Array.from(last, at), value: Float64Array.from(last, (row) => v[row] ?? NaN) };
}

function columnOrder(cells: readonly string[], at: At): number[] {
  const heads = cells.map((cell) => cell.trim().toLowerCase());
  const expected = `the header must be ${IMPORT_COLUMNS.join(',')}`;
  if (heads.length === 1 && /[;\t]/.test(heads[0] ?? '')) throw at(`the columns must be separated by commas; ${expected}.`);
  const strange = heads.find((head) => !COLUMNS.includes(head));
  const missing = IMPORT_COLUMNS.find((name) => !heads.includes(name));
  if (missing !== undefined) throw at(`the column "${missing}" is missing; ${expected}.`);
  if (strange !== undefined) throw at(`the column ${quoted(strange)} is not known; ${expected}.`);
  if (new Set(heads).size !== heads.length) throw at(`a column is there twice; ${expected}.`);
  return COLUMNS.map((name) => heads.indexOf(name));
}

/** Cells of one line after RFC 4180; a quoted cell cannot go over the end of its line. */
function split(text: string, at: At): string[] {
  if (!text.includes('"')) return text.split(',');
  const cells: string[] = [];
  let position = 0;
  for (;;) {
    if (text[position] !== '"') {
      const comma = text.indexOf(',', position);
      cells.push(text.slice(position, comma < 0 ? undefined : comma));
      if (comma < 0) return cells;
      position = comma + 1;
      continue;
    }
    let cell = '';
    let end = position + 1;
    for (;;) {
      const quote = text.indexOf('"', end);
      if (quote < 0) throw at('a quote is opened and not closed.');
      cell += text.slice(end, quote);
      end = quote + 1;
      if (text[end] !== '"') break;
      cell += '"';
      end++;
    }
    cells.push(cell);
    if (end >= text.length) return cells;
    if (text[end] !== ',') throw at('after a closing quote a comma is expected.');
    position = end + 1;
  }
}

async function* lines(bytes: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<{ text: string; line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let line = 1;
  let size = 0;
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      // The decoder does not say where; lines of the chunk before the fault cannot be told apart.
      throw new HttpProblem(400, `Line ${line} or one soon after it is not UTF-8 text: save the file as UTF-8.`, undefined, {
        cause,
      });
    }
  };
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > bytesMax) throw new HttpProblem(413, `The file is larger than ${bytesMax / 1_000_000} MB: import it in parts.`);
    const text = rest + decode(chunk);
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield { text: text.slice(start, text[end - 1] === '\r' ? end - 1 : end), line: line++ };
      start = end + 1;
    }
    rest = text.slice(start);
    if (rest.length > LINE_MAX) throw badRequest(`Line ${line}: it is longer than ${LINE_MAX} characters.`);
  }
  const text = rest + decode();
  if (text !== '') yield { text: text.replace(/\r$/, ''), line };
}
