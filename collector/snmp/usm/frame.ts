/**
 * Where the parts of an SNMPv3 message are: strict structure and lengths (X.690, RFC 3412 section 6,
 * RFC 3414 section 2.4), no exception for whatever comes, nothing read outside of the range given.
 * A problem is told as a few words, no problem as ''.
 */
import type { SnmpTrouble } from '../transport.ts';

/** Of the outer message. Ranges are of contents. One is filled again and again. */
export interface Frame {
  messageId: number;
  flags: number;
  engineFrom: number;
  engineTo: number;
  boots: number;
  timeS: number;
  userFrom: number;
  userTo: number;
  signatureFrom: number;
  signatureTo: number;
  saltFrom: number;
  saltTo: number;
  /** The scoped PDU with its tag, or the encrypted octets. */
  dataFrom: number;
  dataTo: number;
}

/** Of the scoped PDU. */
export interface Scope {
  engineFrom: number;
  engineTo: number;
  nameFrom: number;
  nameTo: number;
  /** Tag of the PDU, which fills pduFrom..pduTo. */
  type: number;
  pduFrom: number;
  pduTo: number;
}

export const FLAG = { auth: 1, priv: 2, reportable: 4 } as const;
export const RESPONSE = 0xa2;
export const REPORT = 0xa8;
/** Told when a message is well begun, but of v1 or v2c. */
export const OTHER_VERSION = 'it is of another SNMP version';
/** Security model of RFC 3411: the user-based one. */
export const USM = 3;
export const SALT_OCTETS = 8;
const ENGINE_ID_OCTETS_MAX = 32;

const INTEGER = 0x02;
const OCTETS = 0x04;
const OID = 0x06;
const SEQUENCE = 0x30;
/** 1.3.6.1.6.3.15.1.1: counters that tell why the user-based security model refused something. */
const USM_STATS = Uint8Array.of(0x2b, 6, 1, 6, 3, 15, 1, 1);
const REPORTED: readonly (SnmpTrouble | null)[] = [
  null,
  'unsupported level',
  'not in time window',
  'unknown user',
  'unknown engine',
  'wrong auth key',
  'wrong priv key',
];

export function createFrame(): Frame {
  const nowhere = { dataFrom: 0, dataTo: 0, engineFrom: 0, engineTo: 0, userFrom: 0, userTo: 0 };
  return { ...nowhere, messageId: 0, flags: 0, boots: 0, timeS: 0, signatureFrom: 0, signatureTo: 0, saltFrom: 0, saltTo: 0 };
}

export function createScope(): Scope {
  return { engineFrom: 0, engineTo: 0, nameFrom: 0, nameTo: 0, type: 0, pduFrom: 0, pduTo: 0 };
}

/** End of the content that `enter` found. */
let contentEnd = 0;

/** Where the content of the TLV at `at` begins, -1 when it has another tag or does not end before `end`. */
function enter(bytes: Uint8Array, at: number, end: number, tag: number): number {
  if (at + 2 > end || bytes[at] !== tag) return -1;
  let length = bytes[at + 1] ?? 0;
  let from = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 4 || from + octets > end) return -1;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[from + i] ?? 0);
    from += octets;
  }
  if (length > end - from) return -1;
  contentEnd = from + length;
  return from;
}

/** A signed integer of at most four octets; NaN when it is none. `contentEnd` is then its end. */
function integer(bytes: Uint8Array, at: number, end: number): number {
  const from = at < 0 ? -1 : enter(bytes, at, end, INTEGER);
  const size = contentEnd - from;
  if (from < 0 || size < 1 || size > 4) return NaN;
  let value = (bytes[from] ?? 0) >= 0x80 ? -1 : 0;
  for (let i = from; i < contentEnd; i++) value = (value << 8) | (bytes[i] ?? 0);
  return value;
}

/**
 * Message id of an SNMPv3 message, to find whom it may answer before anything else is read;
 * -1 when it has none.
 */
export function messageIdOf(bytes: Uint8Array, length: number): number {
  const end = Math.min(length, bytes.length);
  const from = enter(bytes, 0, end, SEQUENCE);
  if (from < 0 || contentEnd !== end || integer(bytes, from, end) !== 3) return -1;
  const header = enter(bytes, contentEnd, end, SEQUENCE);
  const id = header < 0 ? NaN : integer(bytes, header, contentEnd);
  return id >= 0 ? id : -1;
}

/** Reads 0..length up to the scoped PDU. */
export function readFrame(bytes: Uint8Array, length: number, into: Frame): string {
  const from = enter(bytes, 0, length, SEQUENCE);
  if (from < 0 || contentEnd !== length) return 'it is no message';
  if (integer(bytes, from, length) !== 3) return OTHER_VERSION;

  const header = enter(bytes, contentEnd, length, SEQUENCE);
  const headerEnd = contentEnd;
  if (header < 0) return 'it has no header';
  into.messageId = integer(bytes, header, headerEnd);
  const largest = integer(bytes, contentEnd, headerEnd);
  const flags = enter(bytes, contentEnd, headerEnd, OCTETS);
  if (!(into.messageId >= 0) || !(largest >= 0) || flags < 0 || contentEnd !== flags + 1) return 'its header is broken';
  into.flags = bytes[flags] ?? 0;
  if (integer(bytes, contentEnd, headerEnd) !== USM || contentEnd !== headerEnd)
    return 'it is not of the user-based security model';

  const wrapped = enter(bytes, headerEnd, length, OCTETS);
  const wrappedEnd = contentEnd;
  const security = wrapped < 0 ? -1 : enter(bytes, wrapped, wrappedEnd, SEQUENCE);
  if (security < 0 || contentEnd !== wrappedEnd) return 'its security parameters are broken';
  into.engineFrom = enter(bytes, security, wrappedEnd, OCTETS);
  if (into.engineFrom < 0 || contentEnd - into.engineFrom > ENGINE_ID_OCTETS_MAX) return 'its engine id is broken';
  into.engineTo = contentEnd;
  into.boots = integer(bytes, contentEnd, wrappedEnd);
  into.timeS = integer(bytes, contentEnd, wrappedEnd);
  if (!(into.boots >= 0) || !(into.timeS >= 0)) return 'its engine time is broken';
  into.userFrom = enter(bytes, contentEnd, wrappedEnd, OCTETS);
  if (into.userFrom < 0) return 'its user name is broken';
  into.userTo = contentEnd;
  into.signatureFrom = enter(bytes, contentEnd, wrappedEnd, OCTETS);
  if (into.signatureFrom < 0) return 'its signature is broken';
  into.signatureTo = contentEnd;
  into.saltFrom = enter(bytes, contentEnd, wrappedEnd, OCTETS);
  if (into.saltFrom < 0 || contentEnd !== wrappedEnd) return 'its encryption parameters are broken';
  into.saltTo = contentEnd;

  if ((into.flags & FLAG.priv) !== 0) {
    if (into.saltTo - into.saltFrom !== SALT_OCTETS) return 'its encryption parameters are broken';
    into.dataFrom = enter(bytes, wrappedEnd, length, OCTETS);
    if (into.dataFrom < 0 || contentEnd !== length) return 'its encrypted part is broken';
  } else into.dataFrom = wrappedEnd;
  into.dataTo = length;
  return '';
}

/** Reads the scoped PDU at `from`, which ends at `to`, or at most `padding` octets before. */
export function readScope(bytes: Uint8Array, from: number, to: number, padding: number, into: Scope): string {
  const scoped = enter(bytes, from, to, SEQUENCE);
  const end = contentEnd;
  if (scoped < 0 || to - end > padding) return 'its scoped PDU is broken';
  into.engineFrom = enter(bytes, scoped, end, OCTETS);
  if (into.engineFrom < 0) return 'its context is broken';
  into.engineTo = contentEnd;
  into.nameFrom = enter(bytes, contentEnd, end, OCTETS);
  if (into.nameFrom < 0) return 'its context is broken';
  into.nameTo = contentEnd;
  into.pduFrom = contentEnd;
  into.pduTo = end;
  into.type = into.pduFrom < end ? (bytes[into.pduFrom] ?? 0) : 0;
  if (into.type !== RESPONSE && into.type !== REPORT) return 'it is no response';
  return enter(bytes, into.pduFrom, end, into.type) < 0 || contentEnd !== end ? 'its length is wrong' : '';
}

/** What the Report PDU in from..to says; 'bad answer' when it is broken, 'agent error' when it says something else. */
export function readReport(bytes: Uint8Array, from: number, to: number): SnmpTrouble {
  const pdu = enter(bytes, from, to, REPORT);
  if (pdu < 0 || contentEnd !== to) return 'bad answer';
  // Request id, error-status, error-index.
  for (let i = 0, at = pdu; i < 3; i++, at = contentEnd) if (Number.isNaN(integer(bytes, at, to))) return 'bad answer';
  const list = enter(bytes, contentEnd, to, SEQUENCE);
  if (list < 0 || contentEnd !== to) return 'bad answer';
  if (list === to) return 'agent error';
  const varbind = enter(bytes, list, to, SEQUENCE);
  const varbindEnd = contentEnd;
  const oid = varbind < 0 ? -1 : enter(bytes, varbind, varbindEnd, OID);
  const oidEnd = contentEnd;
  if (oid < 0 || enter(bytes, oidEnd, varbindEnd, bytes[oidEnd] ?? 0) < 0 || contentEnd !== varbindEnd) return 'bad answer';
  for (let i = 0; i < USM_STATS.length; i++) if (oid + i >= oidEnd || bytes[oid + i] !== USM_STATS[i]) return 'agent error';
  const stat = oid + USM_STATS.length < oidEnd ? (bytes[oid + USM_STATS.length] ?? 0) : 0;
  return REPORTED[stat] ?? 'agent error';
}
