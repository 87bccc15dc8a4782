/**
 * Checksums of rows. SQLite has none of its own: a bit that flips on a disk comes back as another
 * number. A seal covers what a row says and the place it says it of.
 */
import { crc32 } from 'node:zlib';

const numbers = new Float64Array(8);
const asBytes = Array.from({ length: numbers.length + 1 }, (_bytes, n) => new Uint8Array(numbers.buffer, 0, n * 8));

/**
 * A place as one number: the table, and what a row in it is found by.
 * @param kind of `kindOf`
 * @param where at most 8 numbers
 */
export function placeOf(kind: number, ...where: readonly number[]): number {
  for (let i = 0; i < where.length; i++) numbers[i] = where[i] ?? 0;
  return crc32(asBytes[where.length] ?? new Uint8Array(0), kind);
}

/** What stands for a table in the seals of its rows. */
export function kindOf(table: string): number {
  return crc32(table);
}

/** The seal of a row that is text or bytes. */
export function sealOf(content: string | Uint8Array, place: number): number {
  return crc32(content, place);
}

/** A row of before there were seals has none, and is believed. */
export function sealed(sum: unknown, wanted: () => number): boolean {
  return sum === null || sum === undefined || sum === wanted();
}
