/** BER of SNMPv1 and v2c, both ways, independent of what the collector uses. */

export type AgentValue =
  | { readonly type: 'integer' | 'gauge32' | 'timeticks' | 'counter32'; readonly value: number | bigint }
  | { readonly type: 'counter64'; readonly value: bigint }
  | { readonly type: 'string' | 'opaque'; readonly value: string | Uint8Array }
  | { readonly type: 'oid' | 'address'; readonly value: string }
  | { readonly type: 'null' | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' };

const TAGS = {
  integer: 0x02,
  string: 0x04,
  null: 0x05,
  oid: 0x06,
  address: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeticks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

export const PDU = { get: 0xa0, next: 0xa1, response: 0xa2, set: 0xa3, bulk: 0xa5, report: 0xa8 } as const;

export interface AgentMessage {
  readonly version: number;
  readonly community: string;
  readonly pdu: number;
  readonly requestId: number;
  /** error-status, or non-repeaters of a bulk request. */
  readonly status: number;
  /** error-index, or max-repetitions of a bulk request. */
  readonly index: number;
  readonly varbinds: readonly (readonly [oid: string, value: AgentValue])[];
}

export function tlv(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const head = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

function integerOctets(value: bigint, signed: boolean): Buffer {
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(Number(rest & 255n));
    rest >>= 8n;
  } while (rest !== 0n && rest !== -1n);
  const top = octets[0] ?? 0;
  if (value >= 0n && top >= 128) octets.unshift(0);
  if (value < 0n && signed && top < 128) octets.unshift(255);
  return Buffer.from(octets);
}

export function oidOctets(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const octets: number[] = [];
  for (const part of [first * 40 + second, ...rest]) {
    const groups = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 128);
    octets.push(...groups);
  }
  return Buffer.from(octets);
}

export function encodeValue(value: AgentValue): Buffer {
  const tag = TAGS[value.type];
  switch (value.type) {
    case 'integer':
      return tlv(tag, integerOctets(BigInt(value.value), true));
    case 'counter32':
    case 'gauge32':
    case 'timeticks':
    case 'counter64':
      return tlv(tag, integerOctets(BigInt(value.value), false));
    case 'string':
    case 'opaque':
      return tlv(tag, Buffer.from(value.value as string));
    case 'oid':
      return tlv(tag, oidOctets(value.value));
    case 'address':
      return tlv(tag, Buffer.from(value.value.split('.').map(Number)));
    default:
      return tlv(tag, Buffer.alloc(0));
  }
}

const integer = (value: number) => tlv(TAGS.integer, integerOctets(BigInt(value), true));
const sequence = (...parts: Uint8Array[]) => tlv(0x30, Buffer.concat(parts));

export function encodeMessage(message: AgentMessage): Buffer {
  const varbinds = message.varbinds.map(([oid, value]) => sequence(tlv(TAGS.oid, oidOctets(oid)), encodeValue(value)));
  const pdu = Buffer.concat([integer(message.requestId), integer(message.status), integer(message.index), sequence(...varbinds)]);
  return sequence(integer(message.version), tlv(TAGS.string, Buffer.from(message.community)), tlv(message.pdu, pdu));
}

class Reader {
  readonly bytes: Uint8Array;
  at = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  next(): { tag: number; content: Uint8Array } {
    const tag = this.bytes[this.at++];
    let length = this.bytes[this.at++];
    if (tag === undefined || length === undefined) throw new RangeError('the message ends too early');
    if (length >= 128) {
      const octets = length & 127;
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + (this.bytes[this.at++] ?? 0);
    }
    const content = this.bytes.subarray(this.at, this.at + length);
    if (content.length !== length) throw new RangeError('the message ends too early');
    this.at += length;
    return { tag, content };
  }
  more(): boolean {
    return this.at < this.bytes.length;
  }
  integer(): number {
    const { content } = this.next();
    return content.reduce((sum, octet, i) => (i === 0 ? (octet << 24) >> 24 : sum * 256 + octet), 0);
  }
}

function readOid(content: Uint8Array): string {
  const parts: number[] = [];
  let value = 0;
  for (const octet of content) {
    value = value * 128 + (octet & 127);
    if (octet < 128) {
      parts.push(value);
      value = 0;
    }
  }
  const first = parts.shift() ?? 0;
  const head = Math.min(2, Math.floor(first / 40));
  return [head, first - head * 40, ...parts].join('.');
}

/** A request, with the values of its varbinds left out. Throws RangeError for what is none (v3 included). */
export function decodeRequest(datagram: Uint8Array): AgentMessage {
  const message = new Reader(new Reader(datagram).next().content);
  const version = message.integer();
  if (version > 1) throw new RangeError(`version ${version} is not spoken here`);
  const community = Buffer.from(message.next().content).toString();
  const { tag, content } = message.next();
  const pdu = new Reader(content);
  const requestId = pdu.integer();
  const status = pdu.integer();
  const index = pdu.integer();
  const list = new Reader(pdu.next().content);
  const varbinds: [string, AgentValue][] = [];
  while (list.more()) varbinds.push([readOid(new Reader(list.next().content).next().content), { type: 'null' }]);
  return { version, community, pdu: tag, requestId, status, index, varbinds };
}

/** Message id of an SNMPv3 datagram, null when it is none. */
export function messageIdV3(datagram: Uint8Array): number | null {
  try {
    const message = new Reader(new Reader(datagram).next().content);
    return message.integer() === 3 ? new Reader(message.next().content).integer() : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export interface ReportV3 {
  readonly messageId: number;
  readonly boots: number;
  readonly timeS: number;
  /** Last part of usmStats: 2 not in time window, 3 unknown user, 4 unknown engine, … */
  readonly stat: number;
  readonly pdu?: number;
}

/** An unauthenticated SNMPv3 Report, as agents send it for discovery and for errors of the security model. */
export function encodeReportV3({ messageId, boots, timeS, stat, pdu = PDU.report }: ReportV3): Buffer {
  const engine = tlv(TAGS.string, Buffer.from('80001f8880c0ffee', 'hex'));
  const empty = tlv(TAGS.string, Buffer.alloc(0));
  const header = sequence(integer(messageId), integer(65507), tlv(TAGS.string, Buffer.from([0])), integer(3));
  const security = tlv(TAGS.string, sequence(engine, integer(boots), integer(timeS), empty, empty, empty));
  const varbind = sequence(
    tlv(TAGS.oid, oidOctets(`1.3.6.1.6.3.15.1.1.${stat}.0`)),
    encodeValue({ type: 'counter32', value: 1 }),
  );
  const report = tlv(pdu, Buffer.concat([integer(messageId), integer(0), integer(0), sequence(varbind)]));
  return sequence(integer(3), header, security, sequence(engine, empty, report));
}
