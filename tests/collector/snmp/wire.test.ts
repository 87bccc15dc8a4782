/** The strict look at datagrams: everything well formed passes, nothing else does, and it never throws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inspect } from '../../../collector/snmp/wire.ts';
import { encodeMessage, encodeReportV3, PDU, tlv, type AgentValue } from '../../../demo/agents/ber.ts';

const subid = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const oid = fc.array(subid, { minLength: 1, maxLength: 20 }).map((parts) => ['1', '3', ...parts].join('.'));
const value = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((n): AgentValue => ({ type: 'integer', value: n })),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((n): AgentValue => ({ type: 'counter32', value: n })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n): AgentValue => ({ type: 'counter64', value: n })),
  fc.uint8Array({ maxLength: 300 }).map((octets): AgentValue => ({ type: 'string', value: octets })),
  oid.map((text): AgentValue => ({ type: 'oid', value: text })),
  fc.constantFrom<AgentValue>({ type: 'null' }, { type: 'noSuchInstance' }, { type: 'endOfMibView' }),
);
const varbinds = fc.array(fc.tuple(oid, value), { maxLength: 30 });
const message = (list: readonly (readonly [string, AgentValue])[]) =>
  encodeMessage({ version: 1, community: 'public', pdu: PDU.response, requestId: 77, status: 0, index: 0, varbinds: list });

test('every response of an agent passes, with its OIDs', () => {
  fc.assert(
    fc.property(varbinds, (list) => {
      expect(inspect(message(list))).toMatchObject({
        ok: true,
        version: 1,
        pdu: { requestId: 77, oids: list.map(([name]) => name) },
      });
    }),
  );
});

test('random octets never pass, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      expect(inspect(octets).ok).toBe(false);
    }),
  );
});

test('no part of a response passes for the whole', () => {
  const whole = message([['1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: 5 }]]);
  for (let length = 0; length < whole.length; length++) expect(inspect(whole.subarray(0, length)).ok).toBe(false);
  expect(inspect(Buffer.concat([whole, Buffer.of(0)])).ok).toBe(false);
});

describe('refused', () => {
  const respond = (raw: Uint8Array) => {
    const name = tlv(0x06, Buffer.from('2b06010201', 'hex'));
    const pdu = Buffer.concat([
      tlv(2, Buffer.of(1)),
      tlv(2, Buffer.of(0)),
      tlv(2, Buffer.of(0)),
      tlv(0x30, tlv(0x30, Buffer.concat([name, raw]))),
    ]);
    return tlv(0x30, Buffer.concat([tlv(2, Buffer.of(1)), tlv(4, Buffer.from('public')), tlv(0xa2, pdu)]));
  };
  test('a plain value passes', () => expect(inspect(respond(tlv(0x46, Buffer.of(1, 2, 3)))).ok).toBe(true));
  const bad: readonly [string, Uint8Array][] = [
    ['a Counter64 of 20 octets', tlv(0x46, Buffer.alloc(20))],
    ['a Counter64 of 9 octets without the leading zero', tlv(0x46, Buffer.alloc(9, 1))],
    ['an empty Counter64', tlv(0x46, Buffer.alloc(0))],
    ['a Counter32 of 5 octets without the leading zero', tlv(0x41, Buffer.alloc(5, 1))],
    ['an Integer of 5 octets', tlv(0x02, Buffer.alloc(5))],
    ['a NULL with content', tlv(0x05, Buffer.alloc(1))],
    ['an address of 5 octets', tlv(0x40, Buffer.alloc(5))],
    ['a cut off OID', tlv(0x06, Buffer.of(0x2b, 0x86))],
    ['an unknown type', tlv(0x47, Buffer.alloc(4))],
    ['two values', Buffer.concat([tlv(0x02, Buffer.of(1)), tlv(0x02, Buffer.of(1))])],
    ['no value', Buffer.alloc(0)],
  ];
  test.each(bad)('%s', (_name, raw) => expect(inspect(respond(raw)).ok).toBe(false));
  test('a request', () => {
    const request = encodeMessage({ version: 1, community: 'c', pdu: PDU.get, requestId: 1, status: 0, index: 0, varbinds: [] });
    expect(inspect(request)).toMatchObject({ ok: false, text: expect.stringMatching(/no response/) as string });
  });
});

test('a Report of SNMPv3 shows its engine and its time', () => {
  const report = encodeReportV3({ messageId: 12, boots: 3, timeS: 400, stat: 4 });
  expect(inspect(report)).toMatchObject({
    ok: true,
    version: 3,
    messageId: 12,
    boots: 3,
    timeS: 400,
    flags: 0,
    pdu: { type: PDU.report },
  });
});
