/**
 * Checksums within a row of the head: one for every 16 series of each column, because that much of
 * it is read at once. They stand group after group, in each one a column.
 */
import { floats } from './codec.ts';
import { BLOCK_SERIES, firstOf } from './protocol.ts';

export const SUM_BYTES = 4;
const WORDS_OF_A_VALUE = 2;
const GROUP_WORDS = BLOCK_SERIES * WORDS_OF_A_VALUE;

/**
 * @param columns of the row, of the same length; null for one that is left out
 * @param place of the row, from `placeOf`
 * @returns bytes that are good until the next call
 */
export function sumsOf(columns: readonly (Float64Array | null)[], place: number): Uint8Array {
  const length = columns.reduce((most, column) => Math.max(most, column?.length ?? 0), 0);
  const groups = Math.ceil(length / BLOCK_SERIES);
  const size = groups * columns.length;
  if (scratch.length < size) scratch = new Int32Array(size);
  columns.forEach((column, k) => {
    const words = column && wordsOf(column);
    for (let g = 0; g < groups; g++)
      scratch[g * columns.length + k] = sumOf(words, g * GROUP_WORDS, (g + 1) * GROUP_WORDS, place, k, g);
  });
  return new Uint8Array(scratch.buffer, 0, size * SUM_BYTES);
}

/** Used again for the next row, because a write makes and drops many at once. */
let scratch = new Int32Array(0);

/**
 * The checksum of words from..to, where there are that many. Every step can be undone, so any word
 * that is another makes another sum; a call of zlib's CRC for a hundred bytes costs ten times as much.
 */
function sumOf(words: Int32Array | null, from: number, to: number, place: number, column: number, group: number): number {
  let sum = place ^ (group * 4 + column);
  const end = words ? Math.min(to, words.length) : from;
  for (let i = from; i < end; i++) {
    sum = Math.imul(sum ^ (words?.[i] ?? 0), 0x9e3779b1);
    sum = (sum << 15) | (sum >>> 17);
  }
  return Math.imul(sum ^ (end - from), 0x85ebca6b);
}

function wordsOf(values: Float64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length * WORDS_OF_A_VALUE);
}

/** Some groups of some columns of a row, as they were read. */
export interface RowPart {
  /** Null where a column is left out: all of it is 1. */
  readonly blobs: readonly unknown[];
  /** Of each blob which column it is. */
  readonly columns: readonly number[];
  /** How many columns the row has. */
  readonly width: number;
  /** The checksums of these groups; null for a row of before there were any. */
  readonly sums: unknown;
  readonly firstGroup: number;
  readonly place: number;
}

/**
 * The values from..to of a part, counted from its beginning; NaN in groups that are damaged.
 * @returns one array a blob
 */
export function openRow(part: RowPart, from: number, to: number): { columns: Float64Array[]; sound: boolean } {
  const count = to - from + 1;
  const whole = part.columns.map((column, i) => valuesOf(column, part.blobs[i], to + 1));
  if (whole.includes(undefined)) return { columns: part.columns.map(() => new Float64Array(count).fill(NaN)), sound: false };
  const out = whole.map((values) => values?.subarray(from, to + 1) ?? new Float64Array(count).fill(1));
  const { sums } = part;
  if (sums === null || sums === undefined) return { columns: out, sound: true };
  const told = sums instanceof Uint8Array ? new DataView(sums.buffer, sums.byteOffset, sums.byteLength) : null;
  const words = whole.map((values) => (values ? wordsOf(values) : null));
  const groupIsSound = (group: number) =>
    part.columns.every((column, i) => {
      const at = (group * part.width + column) * SUM_BYTES;
      if (!told || told.byteLength < at + SUM_BYTES) return false;
      const [begin, end] = [group * GROUP_WORDS, (group + 1) * GROUP_WORDS];
      return told.getInt32(at, true) === sumOf(words[i] ?? null, begin, end, part.place, column, part.firstGroup + group);
    });
  let sound = true;
  for (let group = firstOf(from) / BLOCK_SERIES; group * BLOCK_SERIES <= to; group++) {
    if (groupIsSound(group)) continue;
    sound = false;
    const [begin, end] = [Math.max(0, group * BLOCK_SERIES - from), Math.min(count, (group + 1) * BLOCK_SERIES - from)];
    for (const column of out) column.fill(NaN, begin, end);
  }
  return { columns: out, sound };
}

/** Null where a column is left out, which of bins 'known' is where all of it is 1; undefined where it is too short. */
function valuesOf(column: number, blob: unknown, least: number): Float64Array | null | undefined {
  if (column === 3 && blob === null) return null;
  if (!(blob instanceof Uint8Array) || blob.length % 8 !== 0 || blob.length < least * 8) return undefined;
  return floats(blob, blob.length / 8);
}
