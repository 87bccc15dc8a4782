/**
 * Columns of numbers as blobs: codec (1 byte), whether bound to a place (1), count (2), CRC-32 of all but
 * itself (4), payload. So the payload of a plain column is aligned, and read without a copy.
 * Whatever comes back is bit for bit what went in, and from the place it was put to: a bound blob's
 * checksum begins with that of its place, so a row that a disk mixed up with another is no better than a torn one.
 */
import { fromPlanes, groupsOf, toPlanes } from './planes.ts';
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** 8 bytes a value, as it stands: fastest to read. */
const PLAIN = 0;
/** Bytes of equal weight side by side, then zstd: neighbours share sign, exponent and high digits. */
const SHUFFLED = 1;
/** One value for all. */
const CONSTANT = 2;
/** The same as the column beside it (minimum and maximum of bins made of one sample each). */
const SAME = 3;
/** Bits of equal weight side by side, then zstd: digits that were rounded away cost nothing, wherever they end. */
const PLANES = 5;
/** First moment, then differences as 32-bit milliseconds, shuffled: jittered polls need 2 bytes each. */
const DELTAS = 4;

const HEAD_BYTES = 8;
const BOUND = 1;
const CRC_AT = 4;
const MAX_COUNT = 0xffff;
/** Below this zstd's own frame eats what it saves. */
const WORTH_PACKING_BYTES = 64;
const PACK_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** A blob that cannot be what was written: a bit flipped, a torn page. */
export class DamagedBlob extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DamagedBlob';
  }
}

/**
 * @param options.fast keep it quick to read rather than small; for what is read by the thousand
 * @param options.place where it is put, from `placeOf`; without one it is bound to none
 */
export function encodeColumn(
  values: Float64Array,
  options: { readonly fast?: boolean; readonly beside?: Float64Array; readonly place?: number } = {},
): Uint8Array {
  const n = values.length;
  const { place } = options;
  if (n > 1 && isConstant(values)) return frame(CONSTANT, n, bytesOf(values.subarray(0, 1)), place);
  if (options.beside && isSame(values, options.beside)) return frame(SAME, n, new Uint8Array(0), place);
  const plain = bytesOf(values);
  if (options.fast || plain.length < WORTH_PACKING_BYTES) return frame(PLAIN, n, plain, place);
  const packed = zstdCompressSync(toPlanes(plain), PACK_OPTIONS);
  return packed.length < plain.length ? frame(PLANES, n, packed, place) : frame(PLAIN, n, plain, place);
}

/** A column of which parts are put together when they are asked for. */
export interface Column {
  readonly count: number;
  part(from: number, length: number): Float64Array;
}

/**
 * @param place where it was found
 * @param beside gives the column that a SAME refers to
 * @throws DamagedBlob
 */
export function openColumn(blob: Uint8Array, place = 0, beside?: () => Column): Column {
  const { codec, count, payload } = unframe(blob, place);
  switch (codec) {
    case PLAIN: {
      const values = floats(payload, count);
      return { count, part: (from, length) => values.subarray(from, from + length) };
    }
    case SHUFFLED: {
      const bytes = unpack(payload, count * 8);
      return { count, part: (from, length) => unshuffled(bytes, from, length) };
    }
    case PLANES: {
      const bytes = unpack(payload, groupsOf(count) * 64);
      return { count, part: (from, length) => fromPlanes(bytes, from, length) };
    }
    case CONSTANT:
      return columnOf(floats(payload, 1)[0] ?? NaN, count);
    case SAME:
      if (beside) return beside();
      throw new DamagedBlob('refers to a column that is not there');
    default:
      throw new DamagedBlob(`has the unknown codec ${codec}`);
  }
}

/** All of a column at once. @throws DamagedBlob */
export function decodeColumn(blob: Uint8Array, place = 0, beside?: () => Column): Float64Array {
  const column = openColumn(blob, place, beside);
  return column.part(0, column.count);
}

/** A column of the same value throughout. */
export function columnOf(value: number, count: number): Column {
  return { count, part: (_from, length) => new Float64Array(length).fill(value) };
}

/** How many values a blob holds, told from its first bytes. */
export const COUNT_BYTES = { at: 2, length: 2 };

/** Whether a column is kept plain; costs no decoding. */
export function isPlain(blob: unknown): boolean {
  return blob instanceof Uint8Array && blob[0] === PLAIN;
}

/** Moments in milliseconds, ascending. */
export function encodeTimes(tMs: Float64Array): Uint8Array {
  const deltas = new Int32Array(Math.max(0, tMs.length - 1));
  for (let i = 0; i < deltas.length; i++) {
    const delta = (tMs[i + 1] ?? NaN) - (tMs[i] ?? NaN);
    if (!Number.isInteger(delta) || delta > 0x7fffffff) return encodeColumn(tMs);
    deltas[i] = delta;
  }
  // Differences are exact only where adding them up gives the same doubles again.
  if (!Number.isInteger(tMs[0])) return encodeColumn(tMs);
  const packed = zstdCompressSync(shuffle(bytesOf(deltas), 4), PACK_OPTIONS);
  const payload = new Uint8Array(8 + packed.length);
  payload.set(bytesOf(tMs.subarray(0, 1)));
  payload.set(packed, 8);
  return frame(DELTAS, tMs.length, payload);
}

/** @throws DamagedBlob */
export function decodeTimes(blob: Uint8Array): Float64Array {
  const { codec, count, payload } = unframe(blob, 0);
  if (codec !== DELTAS) return decodeColumn(blob);
  const bytes = unshuffle(unpack(payload.subarray(8), (count - 1) * 4), 4);
  const deltas = new Int32Array(bytes.buffer, bytes.byteOffset, count - 1);
  const tMs = new Float64Array(count);
  let at = floats(payload.subarray(0, 8), 1)[0] ?? NaN;
  tMs[0] = at;
  for (let i = 1; i < count; i++) {
    at += deltas[i - 1] ?? NaN;
    tMs[i] = at;
  }
  return tMs;
}

/** The doubles of a blob of SQLite, whatever its alignment. */
export function floats(bytes: Uint8Array, count: number): Float64Array {
  if (bytes.byteLength !== count * 8) throw new DamagedBlob(`holds ${bytes.byteLength} bytes instead of ${count * 8}`);
  if (bytes.byteOffset % 8 === 0) return new Float64Array(bytes.buffer, bytes.byteOffset, count);
  return new Float64Array(bytes.slice().buffer);
}

/**
 * Gives the memory behind values back at once; nobody may look at them again. What a thread drops at
 * half a gigabyte a minute would else wait for its next tidying, which comes late for what is outside its heap.
 */
export function release(values: Float64Array): void {
  const { buffer } = values;
  // Memory that others look into as well is theirs.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === values.byteLength) buffer.transfer(0);
}

export function bytesOf(values: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function frame(codec: number, count: number, payload: Uint8Array, place?: number): Uint8Array {
  if (count > MAX_COUNT) throw new RangeError(`a column holds at most ${MAX_COUNT} values`);
  const blob = new Uint8Array(HEAD_BYTES + payload.length);
  blob[0] = codec;
  blob[1] = place === undefined ? 0 : BOUND;
  const head = new DataView(blob.buffer);
  head.setUint16(2, count, true);
  blob.set(payload, HEAD_BYTES);
  head.setUint32(CRC_AT, checksum(blob, place ?? 0), true);
  return blob;
}

function unframe(blob: Uint8Array, place: number): { codec: number; count: number; payload: Uint8Array } {
  // What stands where a blob should be may be anything once the row around it is damaged.
  if (!(blob instanceof Uint8Array) || blob.length < HEAD_BYTES) throw new DamagedBlob('is cut short');
  const head = new DataView(blob.buffer, blob.byteOffset, HEAD_BYTES);
  if (head.getUint32(CRC_AT, true) !== checksum(blob, blob[1] === BOUND ? place : 0))
    throw new DamagedBlob('does not match its checksum');
  return { codec: blob[0] ?? 0, count: head.getUint16(2, true), payload: blob.subarray(HEAD_BYTES) };
}

function checksum(blob: Uint8Array, place: number): number {
  return crc32(blob.subarray(HEAD_BYTES), crc32(blob.subarray(0, CRC_AT), place));
}

/** What a blob says its checksum is: stands for its whole content. */
export function sumIn(blob: Uint8Array): number {
  return new DataView(blob.buffer, blob.byteOffset, HEAD_BYTES).getUint32(CRC_AT, true);
}

function unpack(payload: Uint8Array, bytes: number): Uint8Array {
  let unpacked: Uint8Array;
  try {
    unpacked = zstdDecompressSync(payload, { maxOutputLength: Math.max(64, bytes) });
  } catch (cause) {
    throw new DamagedBlob('cannot be unpacked', { cause });
  }
  if (unpacked.length !== bytes) throw new DamagedBlob(`unpacks to ${unpacked.length} bytes instead of ${bytes}`);
  return unpacked;
}

/** Used again for the next column, because packing makes and drops one a moment. */
let scratch = new Uint8Array(0);

/** @returns bytes that are good until the next call */
function shuffle(bytes: Uint8Array, width: number): Uint8Array {
  const n = bytes.length / width;
  if (scratch.length < bytes.length) scratch = new Uint8Array(bytes.length);
  const out = scratch;
  for (let k = 0; k < width; k++) {
    const row = k * n;
    for (let i = 0, at = k; i < n; i++, at += width) out[row + i] = bytes[at] ?? 0;
  }
  return out.subarray(0, bytes.length);
}

/** Some of the doubles whose bytes were shuffled. */
function unshuffled(bytes: Uint8Array, from: number, length: number): Float64Array {
  const count = bytes.length / 8;
  const values = new Float64Array(length);
  const out = new Uint8Array(values.buffer);
  for (let k = 0; k < 8; k++) {
    const row = k * count + from;
    for (let i = 0, at = k; i < length; i++, at += 8) out[at] = bytes[row + i] ?? 0;
  }
  return values;
}

function unshuffle(bytes: Uint8Array, width: number): Uint8Array {
  const n = bytes.length / width;
  const out = new Uint8Array(bytes.length);
  for (let k = 0; k < width; k++) {
    const row = k * n;
    for (let i = 0, at = k; i < n; i++, at += width) out[at] = bytes[row + i] ?? 0;
  }
  return out;
}

function isConstant(values: Float64Array): boolean {
  const [first] = values;
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return false;
  return true;
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}
