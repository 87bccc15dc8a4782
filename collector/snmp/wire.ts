/**
 * A strict look at a datagram before anything else may parse it: structure, lengths and
 * types by RFC 3416 and RFC 3412. What does not fit exactly is refused here, so that no
 * lenient decoder can make a value out of it.
 */

export interface PduHead {
  readonly type: number;
  readonly requestId: number;
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly oids: readonly string[];
}

export type Inspected =
  | { readonly ok: true; readonly version: 0 | 1; readonly community: Uint8Array; readonly pdu: PduHead }
  | {
      readonly ok: true;
      readonly version: 3;
      readonly messageId: number;
      readonly flags: number;
      readonly engineId: Uint8Array;
      readonly boots: number;
      readonly timeS: number;
      readonly user: Uint8Array;
      /** Null when it is encrypted. */
      readonly pdu: PduHead | null;
    }
  | { readonly ok: false; readonly text: string };

export const RESPONSE = 0xa2;
export const REPORT = 0xa8;

/** More varbinds than any request of ours can be answered with. */
const MAX_VARBINDS = 4096;
const INTEGER = 0x02;
const OCTETS = 0x04;
const NULL = 0x05;
const OID = 0x06;
const SEQUENCE = 0x30;

/** Allowed length of the content of each type a varbind may have. */
const LENGTHS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [INTEGER, [1, 4]],
  [OCTETS, [0, 65535]],
  [NULL, [0, 0]],
  [OID, [1, 640]],
  [0x40, [4, 4]],
  [0x41, [1, 5]],
  [0x42, [1, 5]],
  [0x43, [1, 5]],
  [0x44, [0, 65535]],
  [0x46, [1, 9]],
  [0x80, [0, 0]],
  [0x81, [0, 0]],
  [0x82, [0, 0]],
]);

class Malformed extends Error {}

/** Reads one level of TLVs; every step checks its bounds. */
class Cursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  peek(): number {
    const tag = this.bytes[this.at];
    if (tag === undefined || this.at >= this.end) throw new Malformed('it ends too early');
    return tag;
  }

  /** Enters the next TLV, which must have this tag, and steps over it. */
  take(tag: number): Cursor {
    const found = this.peek();
    if (found !== tag) throw new Malformed(`type 0x${found.toString(16)} where 0x${tag.toString(16)} belongs`);
    let at = this.at + 1;
    let length = this.byte(at++);
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 4) throw new Malformed('a length is not definite');
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + this.byte(at++);
    }
    if (length > this.end - at) throw new Malformed('a length reaches beyond the end');
    this.at = at + length;
    return new Cursor(this.bytes, at, at + length);
  }

  byte(at: number): number {
    const value = at < this.end ? this.bytes[at] : undefined;
    if (value === undefined) throw new Malformed('it ends too early');
    return value;
  }

  length(): number {
    return this.end - this.at;
  }

  octets(): Uint8Array {
    return this.bytes.subarray(this.at, this.end);
  }

  /** A signed integer of at most four octets. */
  integer(): number {
    const content = this.take(INTEGER);
    if (content.length() < 1 || content.length() > 4) throw new Malformed('an integer has a wrong length');
    let value = content.byte(content.at) >= 0x80 ? -1 : 0;
    for (let at = content.at; at < content.end; at++) value = value * 256 + content.byte(at);
    return value;
  }

  oid(): string {
    const content = this.take(OID);
    checkLength(OID, content.length());
    const parts: number[] = [];
    let value = 0;
    let digits = 0;
    for (let at = content.at; at < content.end; at++) {
      const octet = content.byte(at);
      if (digits === 0 && octet === 0x80) throw new Malformed('an OID is padded');
      value = value * 128 + (octet & 0x7f);
      digits++;
      if (value > 0xffffffff) throw new Malformed('an OID part is too large');
      if (octet < 0x80) {
        parts.push(value);
        value = 0;
        digits = 0;
      }
    }
    if (digits !== 0) throw new Malformed('an OID is cut off');
    const first = parts.shift() ?? 0;
    const head = Math.min(2, Math.floor(first / 40));
    return [head, first - head * 40, ...parts].join('.');
  }

  done(): void {
    if (this.at !== this.end) throw new Malformed('there are octets too many');
  }
}

function checkLength(type: number, length: number): void {
  const allowed = LENGTHS.get(type);
  if (!allowed) throw new Malformed(`a value has the unknown type 0x${type.toString(16)}`);
  if (length < allowed[0] || length > allowed[1])
    throw new Malformed(`a value of type 0x${type.toString(16)} has ${length} octets`);
}

function checkValue(cursor: Cursor): void {
  const type = cursor.peek();
  if (type === OID) {
    cursor.oid();
    return;
  }
  const content = cursor.take(type);
  checkLength(type, content.length());
  // Unsigned types may need one octet more than their width, but only a zero.
  const wide = (type >= 0x41 && type <= 0x43 && content.length() === 5) || (type === 0x46 && content.length() === 9);
  if (wide && content.byte(content.at) !== 0) throw new Malformed('an unsigned number is too large');
}

function readPdu(cursor: Cursor): PduHead {
  const type = cursor.peek();
  if (type !== RESPONSE && type !== REPORT) throw new Malformed(`it is no response but a PDU of type 0x${type.toString(16)}`);
  const pdu = cursor.take(type);
  const requestId = pdu.integer();
  const errorStatus = pdu.integer();
  const errorIndex = pdu.integer();
  const list = pdu.take(SEQUENCE);
  const oids: string[] = [];
  while (list.at < list.end) {
    if (oids.length >= MAX_VARBINDS) throw new Malformed('it has too many variables');
    const varbind = list.take(SEQUENCE);
    oids.push(varbind.oid());
    checkValue(varbind);
    varbind.done();
  }
  pdu.done();
  return { type, requestId, errorStatus, errorIndex, oids };
}

/** Whether a datagram is a well-formed SNMP response or report, and what its header says. Never throws. */
export function inspect(datagram: Uint8Array): Inspected {
  try {
    const outer = new Cursor(datagram, 0, datagram.length);
    const message = outer.take(SEQUENCE);
    outer.done();
    const version = message.integer();
    if (version === 0 || version === 1) {
      const community = message.take(OCTETS).octets();
      const pdu = readPdu(message);
      message.done();
      return { ok: true, version, community, pdu };
    }
    if (version !== 3) throw new Malformed(`SNMP version ${version} is unknown`);
    const header = message.take(SEQUENCE);
    const messageId = header.integer();
    header.integer();
    const flagOctets = header.take(OCTETS);
    if (flagOctets.length() !== 1) throw new Malformed('the flags have a wrong length');
    const flags = flagOctets.byte(flagOctets.at);
    if (header.integer() !== 3) throw new Malformed('the security model is not the user-based one');
    header.done();
    const wrapped = message.take(OCTETS);
    const security = wrapped.take(SEQUENCE);
    wrapped.done();
    const engineId = security.take(OCTETS).octets();
    if (engineId.length > 32) throw new Malformed('the engine id is too long');
    const boots = security.integer();
    const timeS = security.integer();
    if (boots < 0 || timeS < 0) throw new Malformed('the engine time is negative');
    const user = security.take(OCTETS).octets();
    security.take(OCTETS);
    const salt = security.take(OCTETS);
    if ((flags & 2) !== 0 && salt.length() !== 8) throw new Malformed('the encryption parameters have a wrong length');
    security.done();
    let pdu: PduHead | null = null;
    if ((flags & 2) !== 0) {
      message.take(OCTETS);
    } else {
      const scoped = message.take(SEQUENCE);
      scoped.take(OCTETS);
      scoped.take(OCTETS);
      pdu = readPdu(scoped);
      scoped.done();
    }
    message.done();
    return { ok: true, version, messageId, flags, engineId, boots, timeS, user, pdu };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, text: error.message };
    throw error;
  }
}
