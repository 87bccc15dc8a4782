/** SNMPv3 messages exchanged with the real net-snmp agent, compared with what snmpget says. */
import dgram from 'node:dgram';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createUsm,
  messageIdOf,
  type Opened,
  type Usm,
  type UsmCredentials,
  type UsmEngine,
} from '../../../collector/snmp/usm/message.ts';
import type { AuthProtocol, PrivProtocol } from '../../../core/model.ts';
import { PDU } from '../../../demo/agents/ber.ts';
import { mutate } from '../../agents/mutations.ts';
import { startSnmpd, type Snmpd, type SnmpdUser } from '../../agents/snmpd.ts';
import { realPart } from '../../real-parts.ts';
import { pduOf } from './usm-replies.ts';

const AUTH: Readonly<Record<AuthProtocol, string>> = {
  md5: 'MD5',
  sha: 'SHA',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};
/** As snmpd names them; `C` is for Cisco, who lengthen keys by Reeder's way. */
const PRIV: Readonly<Record<PrivProtocol, string>> = { des: 'DES', aes: 'AES', aes256b: 'AES-256', aes256r: 'AES-256-C' };
const KEYS = { authKey: 'authentic-pass', privKey: 'private-pass' };
const OIDS = ['1.3.6.1.2.1.1.5.0', '1.3.6.1.2.1.1.6.0', '1.3.6.1.2.1.1.4.0', '1.3.6.1.2.1.1.2.0'];
const ANSWER_MS = 2_000;
/** Rounds to one answer: discovery, another clock, the answer. */
const ROUNDS = 4;

const auths = Object.keys(AUTH) as AuthProtocol[];
const privs = [null, ...(Object.keys(PRIV) as PrivProtocol[])];
const users = auths.flatMap((auth) => privs.map((priv) => ({ name: `${auth}-${priv ?? 'none'}`, auth, priv })));
const installed = realPart('snmpd') !== null && realPart('snmpget') !== null;

describe.skipIf(!installed)('real snmpd', () => {
  let agent: Snmpd;
  let socket: dgram.Socket;
  let lastId = 0x1000_0000;

  beforeAll(async () => {
    agent = await startSnmpd({
      users: users.map(({ name, auth, priv }): SnmpdUser => ({
        name,
        auth: AUTH[auth],
        authKey: KEYS.authKey,
        ...(priv && { priv: PRIV[priv], privKey: KEYS.privKey }),
      })),
      lines: ['createUser open', 'rouser open noauth -V seen'],
    });
    socket = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => socket.connect(agent.port, '127.0.0.1', () => resolve()));
    // While the agent restarts, its port is closed.
    socket.on('error', () => {});
  });
  afterAll(async () => {
    socket.close();
    await agent.close();
  });

  const credentialsOf = (name: string, auth: AuthProtocol | null, priv: PrivProtocol | null): UsmCredentials => ({
    version: '3',
    user: name,
    auth: auth && { protocol: auth, key: KEYS.authKey },
    priv: priv && { protocol: priv, key: KEYS.privKey },
  });
  const getOf = (requestId: number) =>
    pduOf(
      PDU.get,
      OIDS.map((oid) => [oid, { type: 'null' }] as const),
      requestId,
    );

  const exchange = (datagram: Uint8Array): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('snmpd does not answer')), ANSWER_MS);
      const onMessage = (reply: Buffer) => {
        if (messageIdOf(reply, reply.length) !== lastId) return;
        clearTimeout(late);
        socket.off('message', onMessage);
        resolve(reply);
      };
      socket.on('message', onMessage);
      socket.send(datagram);
    });

  /** Asks until values or a final trouble come, as an SNMP engine would. */
  const ask = async (usm: Usm, known: UsmEngine | null) => {
    let engine = known;
    const troubles: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      lastId++;
      const pdu = getOf(lastId);
      const request = engine ? usm.seal(engine, lastId, pdu, 0, pdu.length, performance.now()) : usm.probe(lastId);
      const reply = await exchange(request);
      const before: UsmEngine | null = engine && { ...engine };
      const opened: Opened = usm.open(reply, reply.length, lastId, engine, performance.now());
      if (!opened.ok || opened.kind === 'response') return { opened, reply, engine, before, troubles, messageId: lastId };
      troubles.push(`${opened.trouble}${opened.authentic ? ', signed' : ''}`);
      engine = opened.engine;
    }
    throw new Error(`no answer after ${troubles.join('; ')}`);
  };

  /** Values of a response to `getOf`, as snmpget prints them. */
  const valuesIn = (opened: Opened): string[] => {
    if (!opened.ok || opened.kind !== 'response') throw new Error(`no response: ${JSON.stringify(opened)}`);
    const pdu = Buffer.from(opened.buffer.slice(opened.pduFrom, opened.pduTo));
    const name = pdu.indexOf('saguaro-test');
    expect(name).toBeGreaterThan(0);
    const texts = ['saguaro-test', 'loopback', 'nobody'].map((text) => [text, { type: 'string', value: text }] as const);
    const expected = pduOf(
      PDU.response,
      [
        ...texts.map(([, value], i) => [OIDS[i] ?? '', value] as const),
        [OIDS[3] ?? '', { type: 'oid', value: '1.3.6.1.4.1.8072.3.2.10' }],
      ],
      lastId,
    );
    expect(pdu).toEqual(expected);
    return [...texts.map(([text]) => `"${text}"`), '.1.3.6.1.4.1.8072.3.2.10'];
  };

  const levels = [{ name: 'open', auth: null, priv: null }, ...users];
  test.each(levels)('$name: the values that snmpget shows', async ({ name, auth, priv }) => {
    const level = auth === null ? 'noAuthNoPriv' : priv === null ? 'authNoPriv' : 'authPriv';
    const args = ['-v3', '-l', level, '-u', name];
    if (auth) args.push('-a', AUTH[auth], '-A', KEYS.authKey);
    if (priv) args.push('-x', PRIV[priv], '-X', KEYS.privKey);
    const usm = createUsm(credentialsOf(name, auth, priv));
    const first = await ask(usm, null);
    expect(first.troubles).toEqual(['unknown engine']);
    expect(valuesIn(first.opened)).toEqual(await agent.get(args, OIDS));
    // From now on nothing but the request itself is needed.
    for (let i = 0; i < 3; i++) {
      const again = await ask(usm, first.engine);
      expect(again.troubles).toEqual([]);
      valuesIn(again.opened);
    }
    if (auth) expect(first.engine).toMatchObject({ seenBoots: 1, boots: 1 });
  });

  test('large requests and answers', async () => {
    const usm = createUsm(credentialsOf('sha-aes', 'sha', 'aes'));
    const { engine } = await ask(usm, null);
    if (!engine) throw new Error('no engine');
    for (const count of [1, 7, 48, 100, 200]) {
      lastId++;
      const oids = Array.from({ length: count }, (_, i) => OIDS[i % OIDS.length] ?? '');
      const pdu = pduOf(
        PDU.get,
        oids.map((oid) => [oid, { type: 'null' }] as const),
        lastId,
      );
      const reply = await exchange(usm.seal(engine, lastId, pdu, 0, pdu.length, performance.now()));
      const opened = usm.open(reply, reply.length, lastId, engine, performance.now());
      if (!opened.ok || opened.kind !== 'response') throw new Error(JSON.stringify(opened));
      const text = Buffer.from(opened.buffer.subarray(opened.pduFrom, opened.pduTo)).toString('latin1');
      expect(text.split('saguaro-test').length - 1).toBe(Math.ceil(count / 4));
    }
  });

  const wrongs = [
    ['an unknown user', credentialsOf('nobody', 'sha', 'aes'), 'unknown user'],
    [
      'a wrong signature key',
      { ...credentialsOf('sha-aes', 'sha', 'aes'), auth: { protocol: 'sha', key: 'not-the-pass' } },
      'wrong auth key',
    ],
    ['a wrong hash', { ...credentialsOf('sha-aes', 'sha256', 'aes') }, 'wrong auth key'],
    ['a level the user does not have', credentialsOf('sha-none', 'sha', 'aes'), 'unsupported level'],
  ] as const;
  // Not a wrong privacy key: snmpd is silent then.
  test.each(wrongs)('%s is reported as what it is', async (_name, credentials, trouble) => {
    const asked = ask(createUsm(credentials), null);
    await expect(asked).rejects.toThrow(`no answer after unknown engine; ${trouble}; ${trouble}`);
  });

  test('a clock of ours that is wrong is put right by one signed Report', async () => {
    const usm = createUsm(credentialsOf('sha256-aes', 'sha256', 'aes'));
    const { engine } = await ask(usm, null);
    if (!engine) throw new Error('no engine');
    for (const [boots, timeS] of [
      [0, 0],
      [engine.boots, 100_000],
      [engine.boots + 5, 1],
    ] as const) {
      const wrong = usm.engine(engine.id, boots, timeS, performance.now());
      const asked = await ask(usm, wrong);
      expect(asked.troubles).toEqual(['not in time window, signed']);
      valuesIn(asked.opened);
    }
  });

  test('an agent that has become another engine is found by one Report', async () => {
    const usm = createUsm(credentialsOf('sha-aes256r', 'sha', 'aes256r'));
    const asked = await ask(usm, usm.engine(Buffer.from('80001f8880c0ffee', 'hex'), 3, 5_000, performance.now()));
    expect(asked.troubles).toEqual(['unknown engine']);
    valuesIn(asked.opened);
  });

  test('an agent that restarts is found again, and its old answers are old', async () => {
    const usm = createUsm(credentialsOf('sha512-aes256b', 'sha512', 'aes256b'));
    const before = await ask(usm, null);
    if (!before.engine) throw new Error('no engine');
    const boots = before.engine.seenBoots;
    await agent.restart();
    const after = await ask(usm, before.engine);
    expect(after.troubles).toEqual(['not in time window, signed']);
    valuesIn(after.opened);
    expect(after.engine).toBe(before.engine);
    expect(after.engine?.seenBoots).toBe(boots + 1);
    expect(usm.open(before.reply, before.reply.length, before.messageId, after.engine, performance.now())).toMatchObject({
      ok: false,
      trouble: 'not in time window',
    });
    expect((await ask(usm, after.engine)).troubles).toEqual([]);
  });

  test('of altered true replies not one is believed', async () => {
    const runs = process.env['SAGUARO_LONG'] === '1' ? 20_000 : 500;
    for (const [auth, priv] of [
      ['md5', null],
      ['sha', 'aes'],
      ['sha256', 'aes256b'],
      ['sha', 'des'],
    ] as const) {
      const usm = createUsm(credentialsOf(`${auth}-${priv ?? 'none'}`, auth, priv));
      const { engine } = await ask(usm, null);
      const asked = await ask(usm, engine);
      if (!engine || !asked.before) throw new Error('no engine');
      for (let seed = 0; seed < runs; seed++) {
        const altered = mutate(asked.reply, seed);
        if (altered.equals(asked.reply)) continue;
        const seen = { ...asked.before };
        const opened = usm.open(altered, altered.length, asked.messageId, seen, performance.now());
        expect(opened.ok && (opened.kind === 'response' || opened.authentic)).toBe(false);
        expect(seen).toMatchObject({ seenBoots: asked.before.seenBoots, seenTimeS: asked.before.seenTimeS });
      }
      expect(usm.open(asked.reply, asked.reply.length, asked.messageId, engine, performance.now()).ok).toBe(true);
    }
  });
});
