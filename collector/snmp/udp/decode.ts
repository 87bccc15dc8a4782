/**
 * Reads datagrams of SNMPv1 and v2c: strict structure and lengths (X.690, RFC 1157, RFC 3416),
 * no exception for whatever comes, nothing read outside the datagram. A problem is told as a
 * few words, no problem as ''.
 */
import { putOctets, TAG, type Answers } from '../answers.ts';

/** Head of a message, and where its varbinds are. One is filled again and again. */
export interface Message {
  version: number;
  communityFrom: number;
  communityTo: number;
  /** Tag of the PDU. */
  type: number;
  requestId: number;
  errorStatus: number;
  errorIndex: number;
  /** Content of the list of varbinds. */
  from: number;
  to: number;
}

export function createMessage(): Message {
  return {
    version: -1,
    communityFrom: 0,
    communityTo: 0,
    type: 0,
    requestId: 0,
    errorStatus: 0,
    errorIndex: 0,
    from: 0,
    to: 0,
  };
}

const SEQUENCE = 0x30;
const RESPONSE = 0xa2;
const REPORT = 0xa8;
const TOO_SHORT = 'it ends too early';

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
  const from = enter(bytes, at, end, TAG.integer);
  const size = contentEnd - from;
  if (from < 0 || size < 1 || size > 4) return NaN;
  let value = (bytes[from] ?? 0) >= 0x80 ? -1 : 0;
  for (let i = from; i < contentEnd; i++) value = (value << 8) | (bytes[i] ?? 0);
  return value;
}

/** Version of an SNMP message, -1 when the datagram is none. */
export function versionOf(bytes: Uint8Array, length: number): number {
  const from = enter(bytes, 0, length, SEQUENCE);
  if (from < 0 || contentEnd !== length) return -1;
  const version = integer(bytes, from, length);
  return Number.isNaN(version) ? -1 : version;
}

/** Reads a whole message of v1 or v2c up to its varbinds. */
export function readMessage(bytes: Uint8Array, length: number, into: Message): string {
  const from = enter(bytes, 0, length, SEQUENCE);
  if (from < 0 || contentEnd !== length) return 'it is no message';
  into.version = integer(bytes, from, length);
  if (into.version !== 0 && into.version !== 1) return 'it is of another SNMP version';
  into.communityFrom = enter(bytes, contentEnd, length, TAG.octets);
  if (into.communityFrom < 0) return 'it has no community';
  into.communityTo = contentEnd;
  return readPdu(bytes, contentEnd, length, into);
}

/** Reads a response PDU that fills from..to. */
export function readPdu(bytes: Uint8Array, from: number, to: number, into: Message): string {
  const type = from < to ? (bytes[from] ?? 0) : 0;
  if (type !== RESPONSE && type !== REPORT) return 'it is no response';
  const at = enter(bytes, from, to, type);
  if (at < 0 || contentEnd !== to) return 'its length is wrong';
  into.type = type;
  into.requestId = integer(bytes, at, to);
  into.errorStatus = integer(bytes, contentEnd, to);
  into.errorIndex = integer(bytes, contentEnd, to);
  if (Number.isNaN(into.requestId + into.errorStatus + into.errorIndex)) return 'its head is broken';
  into.from = enter(bytes, contentEnd, to, SEQUENCE);
  if (into.from < 0 || contentEnd !== to) return 'its list of variables is broken';
  into.to = contentEnd;
  return '';
}

/** What is expected: OIDs as they stand encoded in the request. */
export interface Expected {
  /** OIDs with tag and length, one after another. */
  readonly oids: Uint8Array;
  /** Begin of each slot's OID in `oids`; one more than there are slots. */
  readonly at: Uint32Array;
}

/**
 * Reads the varbinds in from..to into the slots, in order. All or nothing counts for a GET:
 * on a problem no slot is touched that had no value before.
 * @param some false: exactly these slots must be there. true: the first of them, as far as the
 *   answer goes (GETBULK); what follows an OID that is not expected is checked and left out
 * @returns '' or the problem; how many slots were read is in `slotsRead()`
 */
export function readValues(
  bytes: Uint8Array,
  from: number,
  to: number,
  expected: Expected,
  slots: Int32Array,
  exchange: number,
  some: boolean,
  into: Answers,
): string {
  const { oids, at: oidAt } = expected;
  const { tags } = into;
  let at = from;
  let read = 0;
  let astray = false;
  let problem = '';
  while (at < to) {
    // The usual short form first: this loop is where polling spends its time.
    let content = at + 2;
    let end = content + (bytes[at + 1] ?? 0);
    if (content > to || bytes[at] !== SEQUENCE || end - content >= 0x80 || end > to) {
      content = enter(bytes, at, to, SEQUENCE);
      end = contentEnd;
      if (content < 0) {
        problem = TOO_SHORT;
        break;
      }
    }
    at = end;
    let value = content;
    const slot = read < slots.length ? (slots[read] ?? 0) : -1;
    if (slot >= 0 && !astray) {
      let i = oidAt[slot] ?? 0;
      const stop = oidAt[slot + 1] ?? 0;
      while (i < stop && bytes[value] === oids[i] && value < end) {
        i++;
        value++;
      }
      if (i < stop && !sameOid(bytes, content, end, oids, oidAt[slot] ?? 0, stop)) astray = true;
      else if (i < stop) value = contentEnd;
    } else astray = true;
    if (astray) {
      value = enter(bytes, content, end, TAG.oid);
      if (!some || value < 0 || !isOid(bytes, value, contentEnd)) {
        problem = read >= slots.length ? 'it has more values than were asked for' : 'it has other objects than were asked for';
        break;
      }
      value = contentEnd;
      problem = checkValue(bytes, value, end);
      if (problem !== '') break;
      continue;
    }
    problem = readValue(bytes, value, end, slot, into);
    if (problem !== '') break;
    // Past the end of a table an agent repeats the OID it was asked from.
    into.exchange[slot] = exchange;
    read++;
  }
  if (problem === '' && !some && read < slots.length) problem = 'it has fewer values than were asked for';
  if (problem !== '') for (let i = 0; i <= read && i < slots.length; i++) tags[slots[i] ?? 0] = TAG.lost;
  lastRead = problem === '' ? read : 0;
  return problem;
}

let lastRead = 0;
/** How many slots the last `readValues` read. */
export function slotsRead(): number {
  return lastRead;
}

/** Whether the OID at `at` is the expected one although its length is written in another way. */
function sameOid(bytes: Uint8Array, at: number, end: number, oids: Uint8Array, oidFrom: number, oidTo: number): boolean {
  const wanted = enter(oids, oidFrom, oidTo, TAG.oid);
  const found = enter(bytes, at, end, TAG.oid);
  if (found < 0 || contentEnd - found !== oidTo - wanted) return false;
  for (let i = found, j = wanted; i < contentEnd; i++, j++) if (bytes[i] !== oids[j]) return false;
  return true;
}

/** Reads one value, which must fill at..end, into its slot. */
function readValue(bytes: Uint8Array, at: number, end: number, slot: number, into: Answers): string {
  if (at + 2 > end) return TOO_SHORT;
  const tag = bytes[at] ?? 0;
  let from = at + 2;
  let size = bytes[at + 1] ?? 0;
  if (size >= 0x80) {
    from = enter(bytes, at, end, tag);
    if (from < 0) return TOO_SHORT;
    size = contentEnd - from;
  }
  if (from + size !== end) return 'a value has a wrong length';
  switch (tag) {
    case TAG.counter64:
    case TAG.counter32:
    case TAG.gauge32:
    case TAG.timeticks: {
      // Unsigned numbers may need one octet more than their width, but only a zero.
      const most = tag === TAG.counter64 ? 8 : 4;
      if (size < 1 || size > most + 1 || (size > most && bytes[from] !== 0)) return 'a number has a wrong length';
      let low = 0;
      let high = 0;
      const middle = end - 4;
      for (let i = from; i < middle; i++) high = (high << 8) | (bytes[i] ?? 0);
      for (let i = middle > from ? middle : from; i < end; i++) low = (low << 8) | (bytes[i] ?? 0);
      into.words[2 * slot] = low;
      into.words[2 * slot + 1] = high;
      into.tags[slot] = tag;
      return '';
    }
    case TAG.integer: {
      if (size < 1 || size > 4) return 'a number has a wrong length';
      let value = (bytes[from] ?? 0) >= 0x80 ? -1 : 0;
      for (let i = from; i < end; i++) value = (value << 8) | (bytes[i] ?? 0);
      into.words[2 * slot] = value;
      into.words[2 * slot + 1] = 0;
      into.tags[slot] = tag;
      return '';
    }
    case TAG.octets:
    case TAG.opaque:
      putOctets(into, slot, bytes, from, end);
      into.tags[slot] = tag;
      return '';
    default: {
      const problem = checkValue(bytes, at, end);
      if (problem !== '') return problem;
      if (tag === TAG.oid || tag === TAG.address) putOctets(into, slot, bytes, from, end);
      into.tags[slot] = tag;
      return '';
    }
  }
}

/** Smallest and largest content of each type a varbind may have. */
function sizesOf(tag: number): readonly [number, number] | null {
  switch (tag) {
    case TAG.integer:
      return [1, 4];
    case TAG.octets:
    case TAG.opaque:
      return [0, 0xffff];
    case TAG.oid:
      return [1, 640];
    case TAG.address:
      return [4, 4];
    case TAG.counter32:
    case TAG.gauge32:
    case TAG.timeticks:
      return [1, 5];
    case TAG.counter64:
      return [1, 9];
    case TAG.null:
    case TAG.noSuchObject:
    case TAG.noSuchInstance:
    case TAG.endOfMibView:
      return [0, 0];
    default:
      return null;
  }
}

/** Whether one well-formed value fills at..end. */
export function checkValue(bytes: Uint8Array, at: number, end: number): string {
  if (at >= end) return TOO_SHORT;
  const tag = bytes[at] ?? 0;
  const sizes = sizesOf(tag);
  if (sizes === null) return `a value has the unknown type 0x${tag.toString(16)}`;
  const from = enter(bytes, at, end, tag);
  if (from < 0 || contentEnd !== end) return 'a value has a wrong length';
  const size = end - from;
  if (size < sizes[0] || size > sizes[1]) return 'a value has a wrong length';
  const full = tag === TAG.counter64 ? 9 : 5;
  const unsigned = tag === TAG.counter64 || (tag >= TAG.counter32 && tag <= TAG.timeticks);
  if (unsigned && size === full && bytes[from] !== 0) return 'a number is too large';
  return tag === TAG.oid && !isOid(bytes, from, end) ? 'an OID is broken' : '';
}

/** Whether from..to are the content octets of an OID: no part padded, cut off or beyond 32 bits. */
export function isOid(bytes: Uint8Array, from: number, to: number): boolean {
  let value = 0;
  let inside = false;
  for (let i = from; i < to; i++) {
    const octet = bytes[i] ?? 0;
    if (!inside && octet === 0x80) return false;
    value = value * 128 + (octet & 0x7f);
    if (value > 0xffffffff) return false;
    inside = octet >= 0x80;
    if (!inside) value = 0;
  }
  return !inside && to > from;
}

/** The parts of one varbind of a list, for whom every one of them is looked at. */
export interface Found {
  oidFrom: number;
  oidTo: number;
  valueFrom: number;
  /** End of the varbind and of its value. */
  end: number;
}

/** Finds the varbind at `at` of a list that ends at `to`; its value is checked. */
export function findVarbind(bytes: Uint8Array, at: number, to: number, into: Found): string {
  const content = enter(bytes, at, to, SEQUENCE);
  if (content < 0) return TOO_SHORT;
  into.end = contentEnd;
  into.oidFrom = enter(bytes, content, into.end, TAG.oid);
  if (into.oidFrom < 0 || !isOid(bytes, into.oidFrom, contentEnd)) return 'an OID is broken';
  into.oidTo = contentEnd;
  into.valueFrom = contentEnd;
  return checkValue(bytes, into.valueFrom, into.end);
}

/** Reads the value of a varbind found into a slot. */
export function takeValue(bytes: Uint8Array, found: Found, slot: number, into: Answers): void {
  readValue(bytes, found.valueFrom, found.end, slot, into);
}
