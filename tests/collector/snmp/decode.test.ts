/** The decoder of datagrams against a second one: the same values or an error, never an exception, never an octet of what lies around. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnswers, valueAt } from '../../../collector/snmp/answers.ts';
import type { SnmpValue, Varbind } from '../../../collector/snmp/transport.ts';
import {
  checkValue,
  createMessage,
  findVarbind,
  readMessage,
  readValues,
  slotsRead,
  takeValue,
  versionOf,
  type Found,
} from '../../../collector/snmp/udp/decode.ts';
import { prepare, type Prepared } from '../../../collector/snmp/udp/prepared.ts';
import { oidText } from '../../../collector/snmp/answers.ts';
import { encodeMessage, PDU, tlv, type AgentValue } from '../../../demo/agents/ber.ts';
import { mutate } from '../../agents/mutations.ts';
import { readAnswer, readTlvs, type Tlv } from '../../agents/oracle.ts';

const long = process.env['SAGUARO_LONG'] === '1';
const runs = (few: number) => ({ numRuns: long ? 40 * few : few });

const subid = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const oid = fc.array(subid, { minLength: 1, maxLength: 14 }).map((parts) => ['1', '3', ...parts].join('.'));
const unsigned32 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const value = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((n): AgentValue => ({ type: 'integer', value: n })),
  unsigned32.map((n): AgentValue => ({ type: 'counter32', value: n })),
  unsigned32.map((n): AgentValue => ({ type: 'gauge32', value: n })),
  unsigned32.map((n): AgentValue => ({ type: 'timeticks', value: n })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n): AgentValue => ({ type: 'counter64', value: n })),
  fc.uint8Array({ maxLength: 150 }).map((octets): AgentValue => ({ type: 'string', value: octets })),
  fc.uint8Array({ maxLength: 9 }).map((octets): AgentValue => ({ type: 'opaque', value: octets })),
  oid.map((text): AgentValue => ({ type: 'oid', value: text })),
  fc.constant<AgentValue>({ type: 'address', value: '192.0.2.7' }),
  fc.constantFrom<AgentValue>({ type: 'null' }, { type: 'noSuchObject' }, { type: 'noSuchInstance' }, { type: 'endOfMibView' }),
);
const varbinds = fc.array(fc.tuple(oid, value), { minLength: 1, maxLength: 12 });
type Listed = readonly (readonly [string, AgentValue])[];
const reply = (list: Listed, change: { community?: string; version?: number } = {}) =>
  encodeMessage({
    version: 1,
    community: 'public',
    pdu: PDU.response,
    requestId: 0x12345678,
    status: 0,
    index: 0,
    varbinds: list,
    ...change,
  });
const prepared = (list: Listed): Prepared => prepare({ sets: [list.map(([name]) => name)], rows: [] });

interface Read {
  readonly problem: string;
  readonly values: readonly SnmpValue[];
}

/** A datagram as the answer to a GET of these objects: its head, and all their values or a problem. */
function readGet(bytes: Uint8Array, length: number, question: Prepared, count: number, some = false): Read & { head: object } {
  const message = createMessage();
  const problem = readMessage(bytes, length, message);
  if (problem !== '') return { head: { version: versionOf(bytes, length) }, problem, values: [] };
  const into = createAnswers(count);
  const slots = Int32Array.from({ length: count }, (_, i) => i);
  const told = readValues(bytes, message.from, message.to, question, slots, 0, some, into);
  return {
    head: { ...message, from: 0, to: 0, communityFrom: 0, communityTo: 0 },
    problem: told,
    values: Array.from({ length: told === '' ? slotsRead() : 0 }, (_, slot) => valueAt(into, slot)),
  };
}

/** A datagram as the answer of a walk: all varbinds or a problem. */
function readWalk(bytes: Uint8Array, length: number): { problem: string; varbinds: readonly Varbind[] } {
  const message = createMessage();
  const problem = readMessage(bytes, length, message);
  if (problem !== '') return { problem, varbinds: [] };
  const found: Found = { oidFrom: 0, oidTo: 0, valueFrom: 0, end: 0 };
  const room = createAnswers(1);
  const list: Varbind[] = [];
  for (let at = message.from; at < message.to; at = found.end) {
    const told = findVarbind(bytes, at, message.to, found);
    if (told !== '') return { problem: told, varbinds: [] };
    // Each varbind is further than the one before: the loop ends.
    expect(found.end).toBeGreaterThan(at);
    room.octetsUsed = 0;
    takeValue(bytes, found, 0, room);
    list.push({ oid: oidText(bytes.subarray(found.oidFrom, found.oidTo)), ...valueAt(room, 0) });
  }
  return { problem: '', varbinds: list };
}

/** The datagram as it may lie in memory: alone, inside of a larger buffer, and at the start of one whose length is told. */
function lyingIn(datagram: Uint8Array, around: Uint8Array): (readonly [bytes: Uint8Array, length: number])[] {
  const wrapped = Buffer.concat([around, datagram, around]);
  return [
    [Uint8Array.from(datagram), datagram.length],
    [wrapped.subarray(around.length, around.length + datagram.length), datagram.length],
    [Buffer.concat([datagram, around]), datagram.length],
  ];
}
/** Octets that would go on where a datagram ends too early. */
const tempting = (list: Listed) => Buffer.concat([reply(list), Buffer.alloc(64, 0x30), reply(list)]);

describe('any octets', () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // Octets that mean something in BER, so that it gets further than the first.
    fc
      .array(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 0x30, 0x40, 0x41, 0x44, 0x46, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa2, 0xa8, 0xff), {
        maxLength: 120,
      })
      .map((list) => Uint8Array.from(list)),
  );
  test('are a value or an error, wherever they lie', () => {
    fc.assert(
      fc.property(octets, varbinds, (datagram, list) => {
        const question = prepared(list);
        const outcomes = lyingIn(datagram, tempting(list)).map(([bytes, length]) => ({
          get: readGet(bytes, length, question, list.length),
          bulk: readGet(bytes, length, question, list.length, true),
          walk: readWalk(bytes, length),
          value: checkValue(bytes, 0, length),
        }));
        expect(outcomes[1]).toEqual(outcomes[0]);
        expect(outcomes[2]).toEqual(outcomes[0]);
        expect(outcomes[0]?.get.values).toEqual([]);
      }),
      runs(1_000),
    );
  });
});

describe('a true answer', () => {
  test('is read whole, in every version and community', () => {
    fc.assert(
      fc.property(varbinds, fc.constantFrom(0, 1), fc.string({ maxLength: 200 }), (list, version, community) => {
        const datagram = reply(list, { version, community });
        const truth = readAnswer(datagram);
        const read = readGet(datagram, datagram.length, prepared(list), list.length);
        expect(read).toMatchObject({ problem: '', head: { version, requestId: 0x12345678, errorStatus: 0 } });
        expect(list.map(([name], i) => ({ oid: name, ...read.values[i] }))).toEqual(truth?.varbinds);
        expect(readWalk(datagram, datagram.length)).toEqual({ problem: '', varbinds: truth?.varbinds });
      }),
      runs(300),
    );
  });

  test('is read whatever form its lengths have: X.690 leaves the choice to the agent', () => {
    fc.assert(
      fc.property(varbinds, fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 7, maxLength: 7 }), (list, forms) => {
        let n = 0;
        const datagram = reshaped(reply(list), () => forms[n++ % forms.length] ?? 0);
        const truth = readAnswer(datagram);
        expect(truth?.varbinds).toHaveLength(list.length);
        const read = readGet(datagram, datagram.length, prepared(list), list.length);
        expect(read.problem).toBe('');
        expect(read.values.map((one, i) => ({ oid: list[i]?.[0], ...one }))).toEqual(truth?.varbinds);
        expect(readWalk(datagram, datagram.length)).toEqual({ problem: '', varbinds: truth?.varbinds });
      }),
      runs(300),
    );
  });

  test('cut anywhere is an error', () => {
    fc.assert(
      fc.property(varbinds, (list) => {
        const whole = reply(list);
        const around = tempting(list);
        for (let length = 0; length < whole.length; length++) {
          for (const [bytes, size] of lyingIn(whole.subarray(0, length), around)) {
            expect(readGet(bytes, size, prepared(list), list.length).problem).not.toBe('');
            expect(readWalk(bytes, size).problem).not.toBe('');
          }
        }
      }),
      runs(8),
    );
  });

  test('with octets after it is an error', () => {
    fc.assert(
      fc.property(varbinds, fc.uint8Array({ minLength: 1, maxLength: 20 }), (list, rest) => {
        const datagram = Buffer.concat([reply(list), rest]);
        expect(readGet(datagram, datagram.length, prepared(list), list.length).problem).not.toBe('');
        expect(readWalk(datagram, datagram.length).problem).not.toBe('');
      }),
      runs(100),
    );
  });
});

describe('a damaged answer', () => {
  /** One to three hurts of a true answer. */
  const damaged = fc
    .tuple(varbinds, fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 3 }))
    .map(([list, seeds]) => ({
      list,
      datagram: seeds.reduce((octets, seed) => mutate(octets.length > 0 ? octets : Buffer.of(0), seed), reply(list)),
    }));

  test('gives the values that the other decoder reads, or an error, wherever it lies', () => {
    let believed = 0;
    fc.assert(
      fc.property(damaged, ({ list, datagram }) => {
        const question = prepared(list);
        const [alone, ...others] = lyingIn(datagram, tempting(list)).map(([bytes, length]) => ({
          get: readGet(bytes, length, question, list.length),
          bulk: readGet(bytes, length, question, list.length, true),
          walk: readWalk(bytes, length),
        }));
        for (const other of others) expect(other).toEqual(alone);
        if (!alone) return;
        const truth = readAnswer(datagram);
        if (alone.get.problem === '') {
          believed++;
          expect(alone.get.values.map((one, i) => ({ oid: list[i]?.[0], ...one }))).toEqual(truth?.varbinds);
        }
        if (alone.walk.problem === '') expect(alone.walk.varbinds).toEqual(truth?.varbinds);
        if (alone.bulk.problem === '') {
          // As far as it has what was asked for.
          const first = truth?.varbinds.slice(0, alone.bulk.values.length);
          expect(alone.bulk.values.map((one, i) => ({ oid: list[i]?.[0], ...one }))).toEqual(first);
        }
      }),
      runs(3_000),
    );
    // Some damage cannot be seen: it makes another true answer.
    expect(believed).toBeGreaterThan(10);
  });

  test('keeps nothing in the slots', () => {
    fc.assert(
      fc.property(damaged, ({ list, datagram }) => {
        const message = createMessage();
        if (readMessage(datagram, datagram.length, message) !== '') return;
        const into = createAnswers(list.length);
        const slots = Int32Array.from(list, (_, i) => i);
        const problem = readValues(datagram, message.from, message.to, prepared(list), slots, 0, false, into);
        if (problem !== '') expect([...into.tags].every((tag) => tag === 0)).toBe(true);
      }),
      runs(1_000),
    );
  });
});

test('an answer to GETBULK is read as far as it has what was asked for, and no further', () => {
  fc.assert(
    fc.property(varbinds, fc.nat(12), varbinds, (asked, kept, rest) => {
      const distinct = [...new Map(asked)];
      const shared = distinct.slice(0, kept);
      const next = distinct[shared.length]?.[0];
      // What comes instead of the next object may be anything but that object.
      const others = rest.filter(([name]) => name !== next);
      const datagram = reply([...shared, ...others]);
      const read = readGet(datagram, datagram.length, prepared(distinct), distinct.length, true);
      if (shared.length === distinct.length && others.length > 0 && read.problem !== '') return;
      expect(read.problem).toBe('');
      const truth = readAnswer(datagram)?.varbinds.slice(0, shared.length);
      expect(read.values.map((one, i) => ({ oid: distinct[i]?.[0], ...one }))).toEqual(truth);
    }),
    runs(300),
  );
});

/** The same message with other forms of its lengths: so many octets more than needed, up to four. */
function reshaped(datagram: Uint8Array, form: () => number): Buffer {
  const one = ({ tag, content }: Tlv): Buffer => {
    const inner = [0x30, 0xa2].includes(tag) ? Buffer.concat(readTlvs(content).map(one)) : Buffer.from(content);
    const octets = form();
    if (octets === 0) return tlv(tag, inner);
    const size = Math.max(octets, inner.length > 255 ? 2 : 1);
    const length = Buffer.alloc(size);
    length.writeUIntBE(inner.length, 0, size);
    return Buffer.concat([Buffer.of(tag, 0x80 | size), length, inner]);
  };
  return Buffer.concat(readTlvs(datagram).map(one));
}
