/**
 * A second reading of SNMP answers, by X.690 and RFC 3416, that shares nothing with the
 * collector's: what it cannot read as an answer, nobody may believe; what it can, has these values.
 */
import type { SnmpValue, Varbind } from '../../collector/snmp/transport.ts';

export interface Tlv {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Head and content together. */
  readonly whole: Uint8Array;
}

export interface ReadAnswer {
  readonly version: number;
  readonly community: string;
  readonly pdu: number;
  readonly requestId: number;
  readonly status: number;
  readonly index: number;
  readonly varbinds: readonly Varbind[];
}

/** The list of TLVs that these octets are, to the last octet. Throws RangeError when they are none. */
export function readTlvs(octets: Uint8Array): Tlv[] {
  const list: Tlv[] = [];
  for (let at = 0; at < octets.length;) {
    const start = at;
    const byte = () => {
      const value = octets[at++];
      if (value === undefined) throw new RangeError('it ends within a head');
      return value;
    };
    const tag = byte();
    let length = byte();
    if (length === 0x80) throw new RangeError('an indefinite length');
    if (length > 0x80) {
      let value = 0n;
      for (let left = length & 0x7f; left > 0; left--) value = (value << 8n) | BigInt(byte());
      if (value > BigInt(octets.length)) throw new RangeError('a length beyond the end');
      length = Number(value);
    }
    if (at + length > octets.length) throw new RangeError('a length beyond the end');
    list.push({ tag, content: octets.subarray(at, at + length), whole: octets.subarray(start, at + length) });
    at += length;
  }
  return list;
}

/** Exactly these TLVs, by their tags (null: any). */
export function readTlvsOf(octets: Uint8Array, tags: readonly (number | null)[]): Tlv[] {
  const list = readTlvs(octets);
  if (list.length !== tags.length || list.some(({ tag }, i) => tags[i] !== null && tags[i] !== tag)) {
    throw new RangeError('other parts than expected');
  }
  return list;
}

function bigOf(octets: Uint8Array, signed: boolean): bigint {
  if (octets.length === 0) throw new RangeError('a number without octets');
  const value = BigInt(`0x${Buffer.from(octets).toString('hex')}`);
  return signed ? BigInt.asIntN(8 * octets.length, value) : value;
}

/** A whole number that must lie within bounds. */
export function readNumber(octets: Uint8Array, min: bigint, max: bigint): bigint {
  const value = bigOf(octets, min < 0n);
  if (value < min || value > max) throw new RangeError('a number out of its range');
  return value;
}

const readInteger = (octets: Uint8Array) => Number(readNumber(octets, -(2n ** 31n), 2n ** 31n - 1n));

export function readOid(octets: Uint8Array): string {
  const groups =
    Buffer.from(octets)
      .toString('latin1')
      .match(/[\u0080-\u00ff]*[\u0000-\u007f]/gu) ?? [];
  if (octets.length === 0 || groups.join('').length !== octets.length) throw new RangeError('a cut off OID');
  const parts = groups.map((group) => {
    if (group.startsWith('\u0080')) throw new RangeError('a padded OID');
    const value = [...group].reduce((sum, digit) => (sum << 7n) | BigInt((digit.codePointAt(0) ?? 0) & 0x7f), 0n);
    if (value >= 2n ** 32n) throw new RangeError('a part of an OID beyond 32 bits');
    return Number(value);
  });
  const [first = 0, ...rest] = parts;
  const top = first < 40 ? 0 : first < 80 ? 1 : 2;
  return [top, first - 40 * top, ...rest].join('.');
}

function readValue({ tag, content }: Tlv): SnmpValue {
  const unsigned = (bits: bigint) => {
    // One octet more than the width, but only a zero.
    if (content.length > Number(bits) / 8 + 1) throw new RangeError('a number with too many octets');
    return readNumber(content, 0n, 2n ** bits - 1n);
  };
  const empty = () => {
    if (content.length > 0) throw new RangeError('octets where none belong');
  };
  switch (tag) {
    case 0x02:
      return { type: 'integer', value: readInteger(content) };
    case 0x04:
      return { type: 'string', value: Uint8Array.from(content) };
    case 0x44:
      return { type: 'opaque', value: Uint8Array.from(content) };
    case 0x05:
      empty();
      return { type: 'absent', value: 'null' };
    case 0x06:
      return { type: 'oid', value: readOid(content) };
    case 0x40:
      if (content.length !== 4) throw new RangeError('an address of another length');
      return { type: 'address', value: content.join('.') };
    case 0x41:
      return { type: 'counter32', value: unsigned(32n) };
    case 0x42:
      return { type: 'gauge32', value: Number(unsigned(32n)) };
    case 0x43:
      return { type: 'timeticks', value: Number(unsigned(32n)) };
    case 0x46:
      return { type: 'counter64', value: unsigned(64n) };
    case 0x80:
      empty();
      return { type: 'absent', value: 'noSuchObject' };
    case 0x81:
      empty();
      return { type: 'absent', value: 'noSuchInstance' };
    case 0x82:
      empty();
      return { type: 'absent', value: 'endOfMibView' };
    default:
      throw new RangeError('a value of an unknown type');
  }
}

/** The content of a PDU. Throws RangeError when it is none. */
export function readPdu(content: Uint8Array): Pick<ReadAnswer, 'requestId' | 'status' | 'index' | 'varbinds'> {
  const [id, status, index, list] = readTlvsOf(content, [2, 2, 2, 0x30]).map((part) => part.content) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const varbinds = readTlvs(list).map((entry): Varbind => {
    if (entry.tag !== 0x30) throw new RangeError('a variable that is none');
    const [name, value] = readTlvsOf(entry.content, [6, null]) as [Tlv, Tlv];
    return { oid: readOid(name.content), ...readValue(value) };
  });
  return { requestId: readInteger(id), status: readInteger(status), index: readInteger(index), varbinds };
}

/** An SNMPv1 or v2c message and what it says; null when it is none. */
export function readAnswer(datagram: Uint8Array): ReadAnswer | null {
  try {
    const [message] = readTlvsOf(datagram, [0x30]) as [Tlv];
    const [version, community, pdu] = readTlvsOf(message.content, [2, 4, null]) as [Tlv, Tlv, Tlv];
    return {
      version: readInteger(version.content),
      community: Buffer.from(community.content).toString('latin1'),
      pdu: pdu.tag,
      ...readPdu(pdu.content),
    };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
