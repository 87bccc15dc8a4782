/** net-snmp's values as ours: exact, typed, and refused where they cannot be true. */
import type { Varbind } from './transport.ts';

export interface NetSnmpVarbind {
  readonly oid: string;
  readonly type: number;
  readonly value: unknown;
}

/** ASN.1 tags of RFC 2578 and RFC 3416. */
const TAG = {
  integer: 2,
  octets: 4,
  null: 5,
  oid: 6,
  address: 64,
  counter32: 65,
  gauge32: 66,
  timeticks: 67,
  opaque: 68,
  counter64: 70,
  noSuchObject: 128,
  noSuchInstance: 129,
  endOfMibView: 130,
} as const;

/** Throws a TypeError for a value that does not fit its type. */
export function toVarbind({ oid, type, value }: NetSnmpVarbind): Varbind {
  switch (type) {
    case TAG.integer:
      return { oid, type: 'integer', value: wholeNumber(value, -(2 ** 31), 2 ** 31 - 1) };
    case TAG.gauge32:
      return { oid, type: 'gauge32', value: wholeNumber(value, 0, 2 ** 32 - 1) };
    case TAG.timeticks:
      return { oid, type: 'timeticks', value: wholeNumber(value, 0, 2 ** 32 - 1) };
    case TAG.counter32:
      return { oid, type: 'counter32', value: BigInt(wholeNumber(value, 0, 2 ** 32 - 1)) };
    case TAG.counter64:
      return { oid, type: 'counter64', value: counter64(value) };
    case TAG.octets:
      return { oid, type: 'string', value: octets(value) };
    case TAG.opaque:
      return { oid, type: 'opaque', value: octets(value) };
    case TAG.oid:
      return { oid, type: 'oid', value: String(value) };
    case TAG.address:
      return { oid, type: 'address', value: String(value) };
    case TAG.noSuchObject:
      return { oid, type: 'absent', value: 'noSuchObject' };
    case TAG.noSuchInstance:
      return { oid, type: 'absent', value: 'noSuchInstance' };
    case TAG.endOfMibView:
      return { oid, type: 'absent', value: 'endOfMibView' };
    case TAG.null:
      return { oid, type: 'absent', value: 'null' };
    default:
      throw new TypeError(`a value has the unknown type ${type}`);
  }
}

function wholeNumber(value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new TypeError('a number is out of its range');
}

function octets(value: unknown): Uint8Array {
  // Copied: net-snmp hands out views of the whole datagram, which would keep it alive.
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  throw new TypeError('a text is cut off');
}

/** At most eight octets, or nine with a leading zero. */
function counter64(value: unknown): bigint {
  if (!(value instanceof Uint8Array) || value.length < 1 || value.length > 9 || (value.length === 9 && value[0] !== 0)) {
    throw new TypeError('a 64-bit counter has a wrong length');
  }
  let number = 0n;
  for (const octet of value) number = (number << 8n) | BigInt(octet);
  return number;
}
