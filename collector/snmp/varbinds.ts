/** net-snmp's values as ours: exact, typed, and refused where they cannot be true. */
import snmp from 'net-snmp';
import type { Varbind } from './transport.ts';

export interface NetSnmpVarbind {
  readonly oid: string;
  readonly type: number;
  readonly value: unknown;
}

const { ObjectType } = snmp;

/** Throws a TypeError for a value that does not fit its type. */
export function toVarbind({ oid, type, value }: NetSnmpVarbind): Varbind {
  switch (type) {
    case ObjectType.Integer:
      return { oid, type: 'integer', value: wholeNumber(value, -(2 ** 31), 2 ** 31 - 1) };
    case ObjectType.Gauge:
      return { oid, type: 'gauge32', value: wholeNumber(value, 0, 2 ** 32 - 1) };
    case ObjectType.TimeTicks:
      return { oid, type: 'timeticks', value: wholeNumber(value, 0, 2 ** 32 - 1) };
    case ObjectType.Counter:
      return { oid, type: 'counter32', value: BigInt(wholeNumber(value, 0, 2 ** 32 - 1)) };
    case ObjectType.Counter64:
      return { oid, type: 'counter64', value: counter64(value) };
    case ObjectType.OctetString:
      return { oid, type: 'string', value: octets(value) };
    case ObjectType.Opaque:
      return { oid, type: 'opaque', value: octets(value) };
    case ObjectType.OID:
      return { oid, type: 'oid', value: String(value) };
    case ObjectType.IpAddress:
      return { oid, type: 'address', value: String(value) };
    case ObjectType.NoSuchObject:
      return { oid, type: 'absent', value: 'noSuchObject' };
    case ObjectType.NoSuchInstance:
      return { oid, type: 'absent', value: 'noSuchInstance' };
    case ObjectType.EndOfMibView:
      return { oid, type: 'absent', value: 'endOfMibView' };
    case ObjectType.Null:
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
