/** Whatever comes instead of an SNMPv3 answer: a value or an error, no exception, and no altered message believed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createUsm, messageIdOf, type Opened, type UsmCredentials, type UsmEngine } from '../../../collector/snmp/usm/message.ts';
import { PDU } from '../../../demo/agents/ber.ts';
import { mutate } from '../../agents/mutations.ts';
import { answer, engineFor, MESSAGE, next, NOW_MS, pduIn, pduOf, reply, reportOf, users } from './usm-replies.ts';

/** What can be compared of two outcomes. */
const gist = (opened: Opened) =>
  opened.ok && opened.kind === 'response' ? { ...opened, buffer: null, pduFrom: 0, pduTo: 0, pdu: pduIn(opened) } : opened;

describe('hostile datagrams', () => {
  const runs = process.env['SAGUARO_LONG'] === '1' ? 20_000 : 1_000;
  const truths = users.map((credentials) => ({
    credentials,
    engine: engineFor(credentials),
    datagrams: [answer, reportOf(2), pduOf(PDU.response, [])].map((pdu) => reply(credentials, { pdu })),
  }));
  const pick = fc.tuple(fc.nat({ max: truths.length - 1 }), fc.nat({ max: 2 }));

  /** A value or an error, the same whatever lies behind the datagram; without an engine at most a Report. */
  const judge = (credentials: UsmCredentials, engine: UsmEngine, datagram: Uint8Array): Opened => {
    const usm = createUsm(credentials);
    const longer = Buffer.concat([datagram, Buffer.alloc(70, 0x02)]);
    const other = gist(usm.open(longer, datagram.length, MESSAGE, { ...engine }, NOW_MS));
    const exact = usm.open(Uint8Array.from(datagram), datagram.length, MESSAGE, { ...engine }, NOW_MS);
    expect(gist(exact)).toEqual(other);
    if (!exact.ok) expect(exact.text.length).toBeGreaterThan(0);
    const probed = usm.open(datagram, datagram.length, MESSAGE, null, NOW_MS);
    if (probed.ok) expect(probed.kind).toBe('report');
    expect(messageIdOf(datagram, datagram.length)).toBeGreaterThanOrEqual(-1);
    return exact;
  };

  test('of random octets none is opened', () => {
    fc.assert(
      fc.property(pick, fc.uint8Array({ maxLength: 400 }), ([who], datagram) => {
        const truth = truths[who];
        if (truth) expect(judge(truth.credentials, truth.engine, datagram).ok).toBe(false);
      }),
      { numRuns: runs },
    );
  });

  test('of altered answers none passes for authentic', () => {
    fc.assert(
      fc.property(pick, fc.nat(), ([who, which], seed) => {
        const truth = truths[who];
        const datagram = truth?.datagrams[which];
        if (!truth || !datagram) return;
        const altered = mutate(datagram, seed);
        const opened = judge(truth.credentials, truth.engine, altered);
        if (truth.credentials.auth === null || altered.equals(datagram)) return;
        expect(opened.ok && (opened.kind === 'response' || opened.authentic)).toBe(false);
        const seen = { ...truth.engine };
        createUsm(truth.credentials).open(altered, altered.length, MESSAGE, seen, NOW_MS);
        expect(seen.seenBoots).toBe(-1);
      }),
      { numRuns: 3 * runs },
    );
  });

  test('no octet can be changed, taken away or added', () => {
    for (const { credentials, engine, datagrams } of truths.filter((truth) => truth.credentials.auth !== null)) {
      const [datagram = Buffer.alloc(0)] = datagrams;
      expect(judge(credentials, engine, datagram).ok).toBe(true);
      for (let at = 0; at < datagram.length; at++) {
        for (const mask of [0x01, 0x80, 0xff]) {
          const altered = Buffer.from(datagram);
          altered[at] = (altered[at] ?? 0) ^ mask;
          expect(judge(credentials, engine, altered).ok).toBe(false);
        }
        expect(judge(credentials, engine, datagram.subarray(0, at)).ok).toBe(false);
      }
    }
  });

  test('an agent that signs nonsense is told apart from one that answers', () => {
    fc.assert(
      fc.property(pick, fc.nat(), ([who], seed) => {
        const truth = truths[who];
        if (!truth) return;
        const opened = judge(truth.credentials, truth.engine, reply(truth.credentials, { scoped: (s) => mutate(s, seed) }));
        if (!opened.ok || opened.kind !== 'response') return;
        expect(opened.buffer[opened.pduFrom]).toBe(PDU.response);
        const pdu = Buffer.from(opened.buffer.subarray(opened.pduFrom, opened.pduTo));
        expect(next(pdu, 0)).toBe(pdu.length);
      }),
      { numRuns: runs },
    );
  });
});
