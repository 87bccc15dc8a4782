/** What requests of SNMPv1 and v2c are made of: BER by ITU-T X.690, shortest lengths. */

export const PDU = { get: 0xa0, next: 0xa1, response: 0xa2, bulk: 0xa5, report: 0xa8 } as const;
/** Octets of a length beyond which nothing of ours goes. */
const LENGTH_MAX = 0xffff;

/**
 * Content octets of an OID. Parts are below 2^32.
 * @throws TypeError for what is no OID
 */
export function encodeOid(text: string): Uint8Array {
  const parts = text.split('.').map(Number);
  const [first = NaN, second = NaN, ...rest] = parts;
  const valid = parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 0xffffffff);
  if (!valid || first > 2 || (first < 2 && second > 39) || parts.length > 128) {
    throw new TypeError(`not an OID: ${JSON.stringify(text.slice(0, 80))}`);
  }
  const octets: number[] = [];
  for (const part of [first * 40 + second, ...rest]) {
    let shift = 0;
    while (part >= 2 ** (shift + 7)) shift += 7;
    for (; shift >= 0; shift -= 7) octets.push((Math.floor(part / 2 ** shift) & 0x7f) | (shift > 0 ? 0x80 : 0));
  }
  return Uint8Array.from(octets);
}

/** Octets that a length takes. */
export function lengthSize(length: number): number {
  if (length > LENGTH_MAX) throw new RangeError('a request is too long');
  return length < 0x80 ? 1 : length < 0x100 ? 2 : 3;
}

/** Writes tag and length; returns where the content begins. */
export function putHead(into: Uint8Array, at: number, tag: number, length: number): number {
  into[at++] = tag;
  if (length < 0x80) {
    into[at++] = length;
  } else if (length < 0x100) {
    into[at++] = 0x81;
    into[at++] = length;
  } else {
    into[at++] = 0x82;
    into[at++] = length >> 8;
    into[at++] = length & 0xff;
  }
  return at;
}

/** `SEQUENCE { OID, NULL }`, as requests list what they ask for. */
export function encodeVarbind(oid: Uint8Array): Uint8Array {
  const named = 1 + lengthSize(oid.length) + oid.length;
  const content = named + 2;
  const whole = new Uint8Array(1 + lengthSize(content) + content);
  let at = putHead(whole, 0, 0x30, content);
  at = putHead(whole, at, 0x06, oid.length);
  whole.set(oid, at);
  whole[at + oid.length] = 0x05;
  return whole;
}

export interface Envelope {
  /** 0 is v1, 1 is v2c, as in the message. */
  readonly version: 0 | 1;
  readonly community: Uint8Array;
}

/** Smallest request id whose shortest form has four octets: so that every request of a kind is equally long. */
export const ID_MIN = 0x0080_0000;
const ID_SIZE = 6;

/** Octets of a datagram around so many octets of varbinds. */
export function messageSize(envelope: Envelope, second: number, third: number, list: number): number {
  const pdu = pduSize(second, third, list);
  return sized(3 + sized(envelope.community.length) + sized(pdu));
}

export function pduSize(second: number, third: number, list: number): number {
  return ID_SIZE + integerSize(second) + integerSize(third) + sized(list);
}

function sized(content: number): number {
  return 1 + lengthSize(content) + content;
}

function integerSize(value: number): number {
  return value < 0x80 ? 3 : value < 0x8000 ? 4 : 5;
}

/**
 * Writes everything that comes before the varbinds.
 * @param second error-status, for GETBULK non-repeaters; @param third error-index, or max-repetitions
 * @returns where the varbinds begin
 */
export function putMessageHead(
  into: Uint8Array,
  envelope: Envelope,
  type: number,
  requestId: number,
  second: number,
  third: number,
  list: number,
): number {
  const { community, version } = envelope;
  const pdu = pduSize(second, third, list);
  let at = putHead(into, 0, 0x30, 3 + sized(community.length) + sized(pdu));
  into[at++] = 0x02;
  into[at++] = 1;
  into[at++] = version;
  at = putHead(into, at, 0x04, community.length);
  into.set(community, at);
  return putPduHead(into, at + community.length, type, requestId, second, third, list);
}

/** The same without the message around it. */
export function putPduHead(
  into: Uint8Array,
  at: number,
  type: number,
  requestId: number,
  second: number,
  third: number,
  list: number,
): number {
  at = putHead(into, at, type, pduSize(second, third, list));
  into[at++] = 0x02;
  into[at++] = 4;
  into[at++] = requestId >>> 24;
  into[at++] = (requestId >>> 16) & 0xff;
  into[at++] = (requestId >>> 8) & 0xff;
  into[at++] = requestId & 0xff;
  at = putSmall(into, at, second);
  at = putSmall(into, at, third);
  return putHead(into, at, 0x30, list);
}

/** A non-negative integer below 2^23. */
function putSmall(into: Uint8Array, at: number, value: number): number {
  const size = integerSize(value) - 2;
  into[at++] = 0x02;
  into[at++] = size;
  for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) into[at++] = (value >> shift) & 0xff;
  return at;
}
