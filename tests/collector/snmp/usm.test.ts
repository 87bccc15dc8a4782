/** Messages of SNMPv3: what is sealed is right to the octet, and nothing but a true answer is opened as one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createUsm, messageIdOf, OTHER_USER, type UsmCredentials, type UsmEngine } from '../../../collector/snmp/usm/message.ts';
import { encodeMessage, PDU } from '../../../demo/agents/ber.ts';
import {
  answer,
  authKey,
  both,
  encodeV3,
  engineFor,
  ID,
  integer,
  MESSAGE,
  named,
  NOW_MS,
  octets,
  openIt,
  OTHER_ID,
  pduIn,
  pduOf,
  plain,
  privKey,
  reply,
  reportOf,
  saltIn,
  sequence,
  signedOnly,
  SYS_NAME,
  users,
  type MessageParts,
} from './usm-replies.ts';

describe('sealed', () => {
  test('a probe is an empty GET of nobody to an unknown engine', () => {
    const empty = octets(Buffer.alloc(0));
    const get = sequence(empty, empty, pduOf(PDU.get, [], 0));
    const security = octets(sequence(empty, integer(0), integer(0), empty, empty, empty));
    const expected = sequence(integer(3), sequence(integer(7), integer(65_507), octets(Buffer.of(4)), integer(3)), security, get);
    expect(createUsm(both).probe(7)).toEqual(expected);
    expect(createUsm(plain).probe(7)).toEqual(expected);
  });

  test.each(named)('%s: any request is what its parts make', (_name, credentials) => {
    const usm = createUsm(credentials);
    const level = (credentials.auth ? 1 : 0) | (credentials.priv ? 2 : 0);
    const clock = fc.nat({ max: 2 ** 31 - 1 });
    const size = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 65_000 }));
    fc.assert(
      fc.property(
        clock,
        clock,
        clock,
        size,
        fc.uint8Array({ minLength: 5, maxLength: 32 }),
        (messageId, boots, timeS, length, id) => {
          const pdu = pduOf(PDU.get, [[SYS_NAME, { type: 'string', value: 'x'.repeat(length) }]]);
          const engine = usm.engine(id, boots, timeS, NOW_MS);
          const around = Buffer.concat([Buffer.from('before'), pdu, Buffer.from('after')]);
          const datagram = Buffer.from(usm.seal(engine, messageId, around, 6, 6 + pdu.length, NOW_MS));
          const authentic = credentials.auth !== null;
          const parts = {
            messageId,
            pdu,
            engineId: id,
            flags: level | 4,
            boots: authentic ? boots : 0,
            timeS: authentic ? timeS : 0,
            ...(credentials.priv && { salt: saltIn(datagram) }),
          };
          expect(datagram.equals(encodeV3(credentials, parts))).toBe(true);
          expect(messageIdOf(datagram, datagram.length)).toBe(messageId);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('no salt is used twice, whoever the user is', () => {
    const pdu = pduOf(PDU.get, []);
    const seals = users
      .filter(({ priv }) => priv !== null)
      .map((credentials) => [createUsm(credentials), engineFor(credentials)] as const);
    const salts = new Set<string>();
    for (let i = 0; i < 500; i++) {
      for (const [usm, engine] of seals) salts.add(saltIn(usm.seal(engine, i, pdu, 0, pdu.length, NOW_MS)).toString('hex'));
    }
    expect(salts.size).toBe(500 * seals.length);
  });

  test('the clock goes on between requests', () => {
    const usm = createUsm(both);
    const engine = engineFor(both);
    const pdu = pduOf(PDU.get, []);
    const later = Buffer.from(usm.seal(engine, 1, pdu, 0, pdu.length, NOW_MS + 61_999));
    expect(later).toEqual(encodeV3(both, { messageId: 1, pdu, engineId: ID, flags: 7, timeS: 1_061, salt: saltIn(later) }));
  });

  test('what no datagram holds throws, and the next request is right again', () => {
    const usm = createUsm(both);
    const engine = engineFor(both);
    const huge = new Uint8Array(65_450);
    expect(() => usm.seal(engine, 1, huge, 0, huge.length, NOW_MS)).toThrow(RangeError);
    const largest = Buffer.from(usm.seal(engine, 1, huge, 0, 65_350, NOW_MS));
    expect(largest).toEqual(
      encodeV3(both, { messageId: 1, pdu: huge.subarray(0, 65_350), engineId: ID, flags: 7, salt: saltIn(largest) }),
    );
  });

  test('nothing is sent less protected than the user wants', () => {
    const pdu = pduOf(PDU.get, []);
    for (const other of [plain, signedOnly]) {
      expect(() => createUsm(both).seal(engineFor(other), 1, pdu, 0, pdu.length, NOW_MS)).toThrow(TypeError);
    }
  });

  test('credentials that cannot be used throw without telling a secret', () => {
    expect(() => createUsm({ ...both, auth: null })).toThrow(/needs authentication/);
  });
});

describe('opened', () => {
  test.each(named)('%s: a true answer', (_name, credentials) => {
    const engine = engineFor(credentials);
    for (let size = 0; size < 40; size++) {
      const pdu = pduOf(PDU.response, [[SYS_NAME, { type: 'string', value: 'y'.repeat(size * size) }]]);
      const opened = openIt(credentials, reply(credentials, { pdu, boots: 3, timeS: 1_000 + size }), engine);
      expect(opened).toMatchObject({ ok: true, kind: 'response', boots: 3, timeS: 1_000 + size });
      expect(pduIn(opened)).toEqual(pdu);
    }
  });

  test('in a buffer that goes on after it', () => {
    const datagram = reply(both);
    const longer = Buffer.concat([datagram, Buffer.alloc(100, 0x30)]);
    expect(pduIn(createUsm(both).open(longer, datagram.length, MESSAGE, engineFor(both), NOW_MS))).toEqual(answer);
    expect(createUsm(both).open(longer, longer.length, MESSAGE, engineFor(both), NOW_MS).ok).toBe(false);
    expect(createUsm(both).open(datagram, datagram.length + 1, MESSAGE, engineFor(both), NOW_MS).ok).toBe(false);
  });

  test('leaves the datagram as it came', () => {
    const datagram = reply(both);
    const before = Buffer.from(datagram);
    openIt(both, datagram, engineFor(both));
    expect(datagram).toEqual(before);
  });

  const wrongs: readonly [string, UsmCredentials, Partial<MessageParts>, string, RegExp | string][] = [
    ['to another request', both, { messageId: MESSAGE + 1 }, 'bad answer', /another request/],
    ['without signature', both, { flags: 0 }, 'bad answer', /less protected/],
    ['signed but not encrypted', both, { flags: 1 }, 'bad answer', /less protected/],
    ['encrypted but not signed', both, { flags: 2 }, 'bad answer', /not asked for/],
    ['of another user', both, { user: 'strange' }, 'bad answer', OTHER_USER],
    ['of another user, unsigned', plain, { user: 'strange' }, 'bad answer', OTHER_USER],
    ['of a longer user', plain, { user: 'plainer' }, 'bad answer', OTHER_USER],
    ['from another engine', both, { engineId: OTHER_ID }, 'bad answer', /another engine/],
    ['from another engine, unsigned', plain, { engineId: OTHER_ID }, 'bad answer', /another engine/],
    ['of another context engine', both, { contextEngineId: OTHER_ID }, 'bad answer', /another context/],
    ['of another context', both, { contextName: 'vlan-7' }, 'bad answer', /another context/],
    ['that is a request', both, { pdu: pduOf(PDU.get, []) }, 'wrong priv key', /decrypted/],
    ['that is a request, unsigned', plain, { pdu: pduOf(PDU.get, []) }, 'bad answer', /no response/],
    ['with octets after the scoped PDU', signedOnly, { scoped: (s) => Buffer.concat([s, s]) }, 'bad answer', /scoped PDU/],
    [
      'with octets after the encrypted one',
      both,
      { scoped: (s) => Buffer.concat([s, Buffer.of(0)]) },
      'wrong priv key',
      /decrypted/,
    ],
    ['with nothing encrypted', both, { scoped: () => Buffer.alloc(0) }, 'wrong priv key', /wrong length/],
    ['with an engine id of 33 octets', plain, { engineId: Buffer.alloc(33, 1) }, 'not snmp', /engine id/],
    ['with a negative clock', plain, { boots: -1 }, 'not snmp', /engine time/],
    ['with a salt of 7 octets', both, { salt: Buffer.alloc(7), flags: 2 }, 'not snmp', /encryption parameters/],
  ];
  test.each(wrongs)('no answer %s', (_name, credentials, change, trouble, text) => {
    const engine = engineFor(credentials);
    const datagram = encodeV3(change.salt ? plain : credentials, {
      messageId: MESSAGE,
      pdu: answer,
      engineId: ID,
      user: credentials.user,
      ...change,
    });
    expect(openIt(credentials, datagram, engine)).toEqual({ ok: false, trouble, text: expect.stringMatching(text) as string });
  });

  test('no answer under another key', () => {
    const authWrong = { ...both, auth: { protocol: 'sha', key: 'not-the-pass' } } as const;
    const privWrong = { ...both, priv: { protocol: 'aes', key: 'not-the-pass' } } as const;
    expect(openIt(both, reply(authWrong), engineFor(both))).toMatchObject({ ok: false, trouble: 'wrong auth key' });
    expect(openIt(both, reply(privWrong), engineFor(both))).toMatchObject({ ok: false, trouble: 'wrong priv key' });
    const longer = { ...both, auth: { protocol: 'sha256', ...authKey } } as const;
    expect(openIt(both, reply(longer), engineFor(both))).toMatchObject({ ok: false, trouble: 'wrong auth key' });
  });

  test('no answer of another SNMP version', () => {
    const pdu = { pdu: PDU.response, requestId: MESSAGE, status: 0, index: 0, varbinds: [] };
    const datagram = encodeMessage({ version: 1, community: 'public', ...pdu });
    expect(openIt(both, datagram, engineFor(both))).toMatchObject({ ok: false, trouble: 'bad answer' });
    expect(messageIdOf(datagram, datagram.length)).toBe(-1);
  });

  test('no answer to a probe but a Report', () => {
    expect(openIt(both, reply(plain), null)).toMatchObject({ ok: false, trouble: 'bad answer' });
    expect(openIt(both, reply(both), null)).toMatchObject({ ok: false, trouble: 'bad answer' });
  });

  test('DES with a whole block of padding, but not more', () => {
    const des = { ...both, priv: { protocol: 'des', ...privKey } } as const;
    const padded = (octetsMore: number) =>
      reply(des, {
        scoped: (scoped) => Buffer.concat([scoped, Buffer.alloc(((8 - (scoped.length % 8)) % 8) + octetsMore)]),
      });
    const aligned = pduOf(PDU.response, [[SYS_NAME, { type: 'string', value: 'x'.repeat(9) }]]);
    expect(pduIn(openIt(des, reply(des, { pdu: aligned }), engineFor(des)))).toEqual(aligned);
    expect(openIt(des, padded(16), engineFor(des))).toMatchObject({ ok: false, trouble: 'wrong priv key' });
  });
});

describe('the time window', () => {
  const at = (engine: UsmEngine, boots: number, timeS: number, monoMs: number) =>
    openIt(both, reply(both, { boots, timeS }), engine, monoMs);

  test('newer answers move the clock, older ones pass for 150 s', () => {
    const engine = engineFor(both);
    expect(at(engine, 5, 2_000, NOW_MS).ok).toBe(true);
    expect(engine).toMatchObject({ boots: 5, timeS: 2_000, seenBoots: 5, seenTimeS: 2_000 });
    expect(at(engine, 5, 1_900, NOW_MS).ok).toBe(true);
    expect(engine).toMatchObject({ boots: 5, timeS: 2_000 });
    expect(at(engine, 5, 1_850, NOW_MS).ok).toBe(true);
    expect(at(engine, 5, 1_849, NOW_MS)).toMatchObject({ ok: false, trouble: 'not in time window' });
    expect(at(engine, 5, 2_000, NOW_MS + 150_000).ok).toBe(true);
    expect(at(engine, 5, 2_000, NOW_MS + 151_000)).toMatchObject({ ok: false, trouble: 'not in time window' });
    // An agent that stood still (a paused virtual machine) goes on from where it was.
    expect(at(engine, 5, 2_001, NOW_MS + 3_600_000).ok).toBe(true);
    expect(engine).toMatchObject({ boots: 5, timeS: 2_001, monoMs: NOW_MS + 3_600_000 });
  });

  test('a restarted agent counts one boot more; answers from before are old', () => {
    const engine = engineFor(both);
    expect(at(engine, 5, 2_000_000, NOW_MS).ok).toBe(true);
    expect(at(engine, 6, 3, NOW_MS).ok).toBe(true);
    expect(engine).toMatchObject({ boots: 6, timeS: 3 });
    expect(at(engine, 5, 2_000_001, NOW_MS)).toMatchObject({ ok: false, trouble: 'not in time window' });
  });

  test('an engine that has no boots left is refused', () => {
    expect(at(engineFor(both), 2 ** 31 - 1, 1, NOW_MS)).toMatchObject({ ok: false, trouble: 'not in time window' });
  });

  test('what is not authentic moves nothing', () => {
    const engine = engineFor(both);
    at(engine, 5, 2_000, NOW_MS);
    const forged = reply({ ...both, auth: { protocol: 'sha', key: 'not-the-pass' } }, { boots: 9, timeS: 9 });
    openIt(both, forged, engine);
    openIt(both, reply(plain, { boots: 9, timeS: 9, user: 'strong' }), engine);
    expect(engine).toMatchObject({ boots: 5, timeS: 2_000, seenBoots: 5, seenTimeS: 2_000 });
  });
});

describe('Reports', () => {
  const unsigned = (stat: number, change: Partial<MessageParts> = {}) => reply(plain, { pdu: reportOf(stat), ...change });

  test('to a probe tell the engine', () => {
    const opened = openIt(both, unsigned(4, { boots: 8, timeS: 77 }), null);
    expect(opened).toMatchObject({ ok: true, kind: 'report', trouble: 'unknown engine', authentic: false });
    if (!opened.ok || opened.kind !== 'report') return;
    expect(opened.engine).toMatchObject({ id: Uint8Array.from(ID), boots: 8, timeS: 77, seenBoots: -1 });
    expect(pduIn(openIt(both, reply(both, { boots: 8, timeS: 78 }), opened.engine))).toEqual(answer);
    expect(openIt(both, unsigned(4, { engineId: Buffer.alloc(0) }), null)).toMatchObject({
      ok: false,
      trouble: 'unknown engine',
    });
  });

  test.each([
    [1, 'unsupported level'],
    [2, 'not in time window'],
    [3, 'unknown user'],
    [4, 'unknown engine'],
    [5, 'wrong auth key'],
    [6, 'wrong priv key'],
    [7, 'agent error'],
  ])('counter %i means %s', (stat, trouble) => {
    const engine = engineFor(both);
    expect(openIt(both, unsigned(stat), engine)).toEqual({ ok: true, kind: 'report', trouble, authentic: false, engine });
    const signed = encodeV3(both, { messageId: MESSAGE, pdu: reportOf(stat), engineId: ID, flags: 1 });
    expect(openIt(both, signed, engine)).toEqual({ ok: true, kind: 'report', trouble, authentic: true, engine });
    const sealed = encodeV3(both, { messageId: MESSAGE, pdu: reportOf(stat), engineId: ID });
    expect(openIt(both, sealed, engine)).toEqual({ ok: true, kind: 'report', trouble, authentic: true, engine });
  });

  test('of something else are the agent’s error; broken ones are nothing', () => {
    const other = pduOf(PDU.report, [['1.3.6.1.6.3.12.1.5.0', { type: 'counter32', value: 1 }]]);
    expect(openIt(both, unsigned(1, { pdu: other }), engineFor(both))).toMatchObject({ ok: true, trouble: 'agent error' });
    expect(openIt(both, unsigned(1, { pdu: pduOf(PDU.report, []) }), engineFor(both))).toMatchObject({ trouble: 'agent error' });
    const broken = Buffer.from(reportOf(1));
    broken[broken.length - 4] = 0x05;
    expect(openIt(both, unsigned(1, { pdu: broken.fill(0x02, 2, 3).fill(9, 3, 4) }), engineFor(both)).ok).toBe(false);
  });

  test('that nobody signed steer requests only, and authentic ones put that right', () => {
    const engine = engineFor(both);
    openIt(both, reply(both, { boots: 5, timeS: 2_000 }), engine);
    const forged = openIt(both, unsigned(2, { boots: 2 ** 31 - 1, timeS: 2 ** 31 - 1 }), engine);
    expect(forged).toMatchObject({ ok: true, trouble: 'not in time window', authentic: false });
    expect(engine).toMatchObject({ boots: 2 ** 31 - 1, seenBoots: 5, seenTimeS: 2_000 });
    const signed = encodeV3(both, { messageId: MESSAGE, pdu: reportOf(2), engineId: ID, flags: 1, boots: 5, timeS: 2_000 });
    expect(openIt(both, signed, engine)).toMatchObject({ ok: true, authentic: true });
    expect(engine).toMatchObject({ boots: 5, timeS: 2_000 });
    expect(openIt(both, reply(both, { boots: 5, timeS: 2_000 }), engine).ok).toBe(true);
    // Only a Report that is about the clock or the engine steers at all.
    openIt(both, unsigned(3, { boots: 1, timeS: 1 }), engine);
    expect(engine).toMatchObject({ boots: 5, timeS: 2_000 });
  });

  test('of another engine are believed when they say that it is another', () => {
    const engine = engineFor(both);
    const opened = openIt(both, unsigned(4, { engineId: OTHER_ID, boots: 1, timeS: 2 }), engine);
    expect(opened).toMatchObject({ ok: true, trouble: 'unknown engine', engine: { id: Uint8Array.from(OTHER_ID), boots: 1 } });
    expect(openIt(both, unsigned(2, { engineId: OTHER_ID }), engine)).toMatchObject({ ok: false, trouble: 'bad answer' });
    expect(openIt(both, unsigned(3, { engineId: OTHER_ID }), engine)).toMatchObject({ ok: false, trouble: 'bad answer' });
  });
});
