/**
 * The values of one poll by slot, in typed arrays: what a datagram said, without an object a
 * value and without losing a bit of a 64-bit counter.
 */
import type { AbsentReason, Question, SnmpValue, Varbind } from './transport.ts';

/** ASN.1 tags of RFC 2578 and RFC 3416, and two of our own for values that are not there. */
export const TAG = {
  /** Its part of the answer never came. */
  lost: 0,
  integer: 0x02,
  octets: 0x04,
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
  /** The agent failed on it. */
  error: 0xff,
} as const;

export interface Answers {
  /** One of TAG for each slot. */
  readonly tags: Uint8Array;
  /** Low and high 32 bits of each slot's number; integers in two's complement, 32 bits. */
  readonly words: Uint32Array;
  /** Octets of text, OIDs and addresses: where each slot's begin in `octets`, and how many there are. */
  readonly octetsAt: Uint32Array;
  readonly octetsCount: Uint16Array;
  octets: Uint8Array;
  octetsUsed: number;
  /** Which exchange brought each slot, by position in the two arrays below. */
  readonly exchange: Uint16Array;
  /** Monotonic milliseconds at which each exchange was answered. */
  readonly monoMs: number[];
  /** sysUpTime that came with it, NaN when it did not. */
  readonly upTicks: number[];
}

/** Longer texts are cut: nothing that a device is polled for is longer. */
const OCTETS_MAX = 1_020;

export function slotsOf(question: Question): number {
  return question.sets.reduce((sum, set) => sum + set.length, 0);
}

/** Room for so many slots, with nothing in it. */
export function createAnswers(slots: number): Answers {
  return {
    tags: new Uint8Array(slots),
    words: new Uint32Array(2 * slots),
    octetsAt: new Uint32Array(slots),
    octetsCount: new Uint16Array(slots),
    octets: new Uint8Array(256),
    octetsUsed: 0,
    exchange: new Uint16Array(slots),
    monoMs: [],
    upTicks: [],
  };
}

/** Makes used room new. */
export function clearAnswers(answers: Answers): void {
  answers.tags.fill(TAG.lost);
  answers.octetsUsed = 0;
  answers.monoMs.length = 0;
  answers.upTicks.length = 0;
}

/** Keeps octets of a datagram, which will be gone. */
export function putOctets(answers: Answers, slot: number, source: Uint8Array, from: number, to: number): void {
  const count = Math.min(to - from, OCTETS_MAX);
  const at = answers.octetsUsed;
  if (at + count > answers.octets.length) {
    const larger = new Uint8Array(Math.max(2 * answers.octets.length, at + count));
    larger.set(answers.octets.subarray(0, at));
    answers.octets = larger;
  }
  const { octets } = answers;
  for (let i = 0; i < count; i++) octets[at + i] = source[from + i] ?? 0;
  answers.octetsUsed = at + count;
  answers.octetsAt[slot] = at;
  answers.octetsCount[slot] = count;
}

/** The octets of a slot; a view, valid until the room is cleared. */
export function octetsOf(answers: Answers, slot: number): Uint8Array {
  const at = answers.octetsAt[slot] ?? 0;
  return answers.octets.subarray(at, at + (answers.octetsCount[slot] ?? 0));
}

/** A slot's number where it has one: NaN else. Exact for everything but large 64-bit counters. */
export function numberAt(answers: Answers, slot: number): number {
  const low = answers.words[2 * slot] ?? 0;
  switch (answers.tags[slot]) {
    case TAG.counter32:
    case TAG.gauge32:
    case TAG.timeticks:
      return low;
    case TAG.integer:
      return low | 0;
    case TAG.counter64:
      return (answers.words[2 * slot + 1] ?? 0) * 2 ** 32 + low;
    default:
      return NaN;
  }
}

/** A slot as a value of its own; what its octets are is copied. */
export function valueAt(answers: Answers, slot: number): SnmpValue {
  const tag = answers.tags[slot] ?? TAG.lost;
  switch (tag) {
    case TAG.integer:
      return { type: 'integer', value: numberAt(answers, slot) };
    case TAG.gauge32:
      return { type: 'gauge32', value: numberAt(answers, slot) };
    case TAG.timeticks:
      return { type: 'timeticks', value: numberAt(answers, slot) };
    case TAG.counter32:
      return { type: 'counter32', value: BigInt(answers.words[2 * slot] ?? 0) };
    case TAG.counter64:
      return {
        type: 'counter64',
        value: (BigInt(answers.words[2 * slot + 1] ?? 0) << 32n) | BigInt(answers.words[2 * slot] ?? 0),
      };
    case TAG.octets:
      return { type: 'string', value: octetsOf(answers, slot).slice() };
    case TAG.opaque:
      return { type: 'opaque', value: octetsOf(answers, slot).slice() };
    case TAG.oid:
      return { type: 'oid', value: oidText(octetsOf(answers, slot)) };
    case TAG.address:
      return { type: 'address', value: octetsOf(answers, slot).join('.') };
    default:
      return { type: 'absent', value: REASONS[tag] ?? 'lost' };
  }
}

const REASONS: Readonly<Record<number, AbsentReason>> = {
  [TAG.lost]: 'lost',
  [TAG.null]: 'null',
  [TAG.noSuchObject]: 'noSuchObject',
  [TAG.noSuchInstance]: 'noSuchInstance',
  [TAG.endOfMibView]: 'endOfMibView',
  [TAG.error]: 'error',
};

/** Whether a slot holds a value. */
export function isThere(answers: Answers, slot: number): boolean {
  const tag = answers.tags[slot] ?? TAG.lost;
  return tag !== TAG.lost && tag !== TAG.null && tag < TAG.noSuchObject;
}

/** OID content octets as dotted text; '' when they are none. */
export function oidText(octets: Uint8Array): string {
  const parts: number[] = [];
  let value = 0;
  let inside = false;
  for (const octet of octets) {
    if (!inside && octet === 0x80) return '';
    value = value * 128 + (octet & 0x7f);
    if (value > 0xffffffff) return '';
    inside = octet >= 0x80;
    if (inside) continue;
    parts.push(value);
    value = 0;
  }
  const first = parts.shift();
  if (inside || first === undefined) return '';
  const head = Math.min(2, Math.floor(first / 40));
  return [head, first - head * 40, ...parts].join('.');
}

/** Puts a value that came as an object into its slot: for adapters whose library makes objects. */
export function putVarbind(answers: Answers, slot: number, varbind: Varbind): void {
  const { tags, words } = answers;
  switch (varbind.type) {
    case 'integer':
    case 'gauge32':
    case 'timeticks':
      tags[slot] = TAG[varbind.type];
      words[2 * slot] = varbind.value;
      words[2 * slot + 1] = 0;
      return;
    case 'counter32':
    case 'counter64':
      tags[slot] = TAG[varbind.type];
      words[2 * slot] = Number(varbind.value & 0xffffffffn);
      words[2 * slot + 1] = Number(varbind.value >> 32n);
      return;
    case 'string':
    case 'opaque':
      tags[slot] = varbind.type === 'string' ? TAG.octets : TAG.opaque;
      putOctets(answers, slot, varbind.value, 0, varbind.value.length);
      return;
    case 'oid':
    case 'address': {
      // Nobody polls for these; as text they compare all the same.
      const text = new TextEncoder().encode(varbind.value);
      tags[slot] = TAG.octets;
      putOctets(answers, slot, text, 0, text.length);
      return;
    }
    case 'absent':
      tags[slot] = varbind.value === 'error' ? TAG.error : TAG[varbind.value];
  }
}
