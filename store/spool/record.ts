/**
 * One record of a spool file: a header with a checksum of its own, so that the next record is found behind a payload that
 * is damaged, and a checksum over all of it at the end.
 */
import { crc32 } from 'node:zlib';

export interface Header {
  /** The caller's, 0–255. */
  readonly kind: number;
  readonly packed: boolean;
  readonly position: number;
  readonly atMs: number;
  readonly count: number;
  /** Bytes of the payload as it stands in the file. */
  readonly length: number;
}

/** Where a record stands in its file. */
export interface Found extends Header {
  readonly offset: number;
  /** Header, payload and checksum together. */
  readonly bytes: number;
}

const MAGIC = 0x5361_6775;
const HEADER_BYTES = 36;
const CRC_BYTES = 4;
export const RECORD_OVERHEAD = HEADER_BYTES + CRC_BYTES;
const PACKED = 1;
/** Nothing longer is ever written. */
export const PAYLOAD_MAX = 1 << 30;

export function encodeRecord(header: Header, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(RECORD_OVERHEAD + payload.length);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt8(header.kind, 4);
  bytes.writeUInt8(header.packed ? PACKED : 0, 5);
  bytes.writeUInt16LE(0, 6);
  bytes.writeDoubleLE(header.position, 8);
  bytes.writeDoubleLE(header.atMs, 16);
  bytes.writeUInt32LE(header.count, 24);
  bytes.writeUInt32LE(payload.length, 28);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 32)), 32);
  bytes.set(payload, HEADER_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES + payload.length)), HEADER_BYTES + payload.length);
  return bytes;
}

/** The header at an offset, null when there is none that can be believed. */
function headerAt(bytes: Buffer, offset: number): Header | null {
  if (offset + HEADER_BYTES > bytes.length || bytes.readUInt32LE(offset) !== MAGIC) return null;
  if (bytes.readUInt32LE(offset + 32) !== crc32(bytes.subarray(offset, offset + 32))) return null;
  const length = bytes.readUInt32LE(offset + 28);
  const position = bytes.readDoubleLE(offset + 8);
  if (length > PAYLOAD_MAX || !Number.isSafeInteger(position) || position < 0) return null;
  return {
    kind: bytes.readUInt8(offset + 4),
    packed: (bytes.readUInt8(offset + 5) & PACKED) !== 0,
    position,
    atMs: bytes.readDoubleLE(offset + 16),
    count: bytes.readUInt32LE(offset + 24),
    length,
  };
}

function isWhole(bytes: Buffer, offset: number, length: number): boolean {
  const end = offset + HEADER_BYTES + length;
  return end + CRC_BYTES <= bytes.length && bytes.readUInt32LE(end) === crc32(bytes.subarray(offset, end));
}

export interface Parsed {
  readonly records: readonly Found[];
  /** Stretches that are no whole record, in order. */
  readonly damaged: readonly { readonly from: number; readonly to: number }[];
}

/**
 * All whole records from an offset on, and what stands between them. Positions only ever grow: a record that
 * repeats an earlier one is damage as well.
 */
export function parseRecords(bytes: Buffer, from = 0, after = -1): Parsed {
  const records: Found[] = [];
  const damaged: { from: number; to: number }[] = [];
  let last = after;
  let lost: number | null = null;
  const found = (offset: number) => {
    if (lost !== null) damaged.push({ from: lost, to: offset });
    lost = null;
  };
  for (let offset = from; offset < bytes.length;) {
    const header = headerAt(bytes, offset);
    if (header && header.position > last && isWhole(bytes, offset, header.length)) {
      found(offset);
      const size = RECORD_OVERHEAD + header.length;
      records.push({ ...header, offset, bytes: size });
      last = header.position;
      offset += size;
      continue;
    }
    lost ??= offset;
    // The next one may begin anywhere: a length that was damaged must not hide it.
    const next = bytes.indexOf(MAGIC_BYTES, offset + 1);
    offset = next < 0 ? bytes.length : next;
  }
  found(bytes.length);
  return { records, damaged };
}
const MAGIC_BYTES = Buffer.alloc(4);
MAGIC_BYTES.writeUInt32LE(MAGIC, 0);

/** The payload of a record as it stands in the file. */
export function payloadOf(bytes: Buffer, { offset, length }: Found): Buffer {
  return bytes.subarray(offset + HEADER_BYTES, offset + HEADER_BYTES + length);
}
