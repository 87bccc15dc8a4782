/** Whatever answers: nothing is thrown, nothing hangs, no false value is believed, and the true reply still lands. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createNetSnmpTransport } from '../../../collector/snmp/net-snmp.ts';
import { MAX_SENDS } from '../../../collector/snmp/session.ts';
import type { SnmpAnswer, SnmpCredentials, SnmpFailure, SnmpTarget, SnmpWalk } from '../../../collector/snmp/transport.ts';
import { asking } from '../../agents/asking.ts';
import { encodeMessage, encodeReportV3, messageIdV3, PDU, type AgentValue } from '../../../demo/agents/ber.ts';
import { mutate } from '../../agents/mutations.ts';
import { startRelay, type Relay } from '../../agents/relay.ts';
import {
  startScriptedAgent,
  type AgentObjects,
  type Behaviour,
  type ScriptedAgent,
} from '../../../demo/agents/scripted-agent.ts';
import { startSnmpd, type Snmpd } from '../../agents/snmpd.ts';
import { realPart } from '../../real-parts.ts';

const long = process.env['SAGUARO_LONG'] === '1';
const TABLE = '1.3.6.1.4.1.99999.1';
/** Odd values, so that a value that was made up cannot pass for one of them. */
const objects: AgentObjects = new Map<string, AgentValue>([
  ['1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: 4_000_000_001 }],
  ...Array.from({ length: 40 }, (_, i): [string, AgentValue] => [
    `${TABLE}.${i + 1}`,
    i % 4 === 0
      ? { type: 'counter64', value: 2n ** 63n + BigInt(i) }
      : i % 4 === 1
        ? { type: 'string', value: `text ${i}` }
        : { type: 'counter32', value: 4_294_967_000 + i },
  ]),
]);
const OIDS = [...objects.keys()];
const TIMEOUT_MS = 100;

const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);
beforeAll(() => process.on('uncaughtExceptionMonitor', note));
afterAll(() => {
  process.off('uncaughtExceptionMonitor', note);
  expect(uncaught).toEqual([]);
});

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((part) => part.close()));
});

const community = (version: '1' | '2c' = '2c'): SnmpCredentials => ({ version, community: 'public' });
const targetOf = (port: number, change: Partial<SnmpTarget> = {}): SnmpTarget => ({
  address: '127.0.0.1',
  port,
  timeoutMs: 2_000,
  retries: 0,
  credentials: community(),
  ...change,
});
async function agentWith(behaviour: Behaviour): Promise<ScriptedAgent> {
  const agent = await startScriptedAgent({ objects, behaviour });
  opened.push(agent);
  return agent;
}
function transportFor() {
  const transport = createNetSnmpTransport();
  opened.push(transport);
  return transport;
}

/** Every answer is well formed: asked OIDs in order, values of their types and widths. */
function expectSound(outcome: SnmpAnswer | SnmpWalk | SnmpFailure, asked: readonly string[] | null): void {
  if (!outcome.ok) {
    expect(outcome.text).toMatch(/\.$/);
    return;
  }
  if (asked) expect(outcome.varbinds.map((varbind) => varbind.oid)).toEqual(asked);
  for (const varbind of outcome.varbinds) {
    if (varbind.type === 'counter64') expect(varbind.value >= 0n && varbind.value < 2n ** 64n).toBe(true);
    if (varbind.type === 'counter32') expect(varbind.value >= 0n && varbind.value < 2n ** 32n).toBe(true);
    if (varbind.type === 'gauge32' || varbind.type === 'timeticks') expect(varbind.value).toBeGreaterThanOrEqual(0);
  }
}

describe('mutated replies', () => {
  const rounds = long ? 5_600 : 400;
  test.each(['1', '2c'] as const)(
    'SNMPv%s: gets and walks end in time with a sound answer',
    { timeout: 300_000 },
    async (version) => {
      const transport = transportFor();
      const lanes = 8;
      const perLane = Math.ceil(rounds / 2 / lanes);
      let believed = 0;
      let slowestMs = 0;
      await Promise.all(
        Array.from({ length: lanes }, async (_, lane) => {
          let seed = 0;
          const agent = await agentWith({
            mutate: (reply) => mutate(reply, seed++ * lanes + lane + (version === '1' ? 1e6 : 0)),
          });
          const target = targetOf(agent.port, { timeoutMs: TIMEOUT_MS, credentials: community(version) });
          for (let round = 0; round < perLane; round++) {
            const startMs = performance.now();
            const outcome =
              round % 2 === 0
                ? await transport.get(target, OIDS, asking())
                : await transport.walk(target, TABLE, { maxRows: 60, deadlineMs: 1_000 }, asking());
            slowestMs = Math.max(slowestMs, performance.now() - startMs);
            expectSound(outcome, round % 2 === 0 ? OIDS : null);
            if (outcome.ok) believed++;
          }
          // The device is well again: so are its values, at once.
          agent.behaviour = {};
          const healed = await transport.get({ ...target, timeoutMs: 2_000 }, OIDS, asking());
          expect(healed).toMatchObject({ ok: true, partial: false });
        }),
      );
      expect(slowestMs).toBeLessThan(30_000);
      // Damage to a value's own octets cannot be seen without authentication; most other damage must be refused.
      expect(believed).toBeLessThan(rounds / 2);
    },
  );

  test('the true reply lands after any number of broken ones from the same address', async () => {
    let seed = 50_000;
    const transport = transportFor();
    const agent = await agentWith({
      respond: (reply, _request, send) => {
        for (let i = 0; i < 20; i++) send(Buffer.from(mutate(reply, seed++).subarray(0, reply.length - 1)));
        send(reply);
      },
    });
    for (let round = 0; round < 20; round++) {
      const outcome = await transport.get(targetOf(agent.port), OIDS, asking());
      expect(outcome).toMatchObject({ ok: true, partial: false });
      if (outcome.ok) expect(outcome.varbinds[1]).toEqual({ oid: `${TABLE}.1`, type: 'counter64', value: 2n ** 63n });
    }
    expect(transport.counts().malformed).toBeGreaterThanOrEqual(400);
  });
});

describe('replies that are not for us', () => {
  test('from another port: ignored, and the true one still lands', async () => {
    const transport = transportFor();
    const agent = await agentWith({
      respond: (reply, request, send) => {
        const forged = encodeMessage({
          ...request,
          pdu: PDU.response,
          status: 0,
          index: 0,
          varbinds: request.varbinds.map(([oid]) => [oid, { type: 'integer', value: 666 }]),
        });
        send(forged, 'elsewhere');
        setTimeout(() => send(reply), 30);
      },
    });
    const outcome = await transport.get(targetOf(agent.port), ['1.3.6.1.2.1.1.3.0'], asking());
    expect(outcome).toMatchObject({ ok: true, varbinds: [{ type: 'timeticks', value: 4_000_000_001 }] });
  });

  test('only from another port: no answer', async () => {
    const agent = await agentWith({ elsewhere: true });
    const outcome = await transportFor().get(targetOf(agent.port, { timeoutMs: 200 }), OIDS, asking());
    expect(outcome).toMatchObject({ ok: false, cause: 'timeout' });
  });

  test('under a wrong community, with a wrong request id, as a request or a Report: counted, and the true one still lands', async () => {
    const transport = transportFor();
    const agent = await agentWith({
      respond: (reply, request, send) => {
        const base = { ...request, status: 0, index: 0, varbinds: request.varbinds };
        send(encodeMessage({ ...base, pdu: PDU.response, community: 'wrong' }));
        send(encodeMessage({ ...base, pdu: PDU.response, requestId: request.requestId ^ 1 }));
        send(encodeMessage({ ...base, pdu: PDU.response, version: 0 }));
        send(encodeMessage({ ...base, pdu: PDU.report }));
        send(encodeMessage({ ...base, pdu: PDU.get }));
        send(encodeReportV3({ messageId: request.requestId, boots: 1, timeS: 1, stat: 3 }));
        send(encodeMessage({ ...base, pdu: PDU.response, varbinds: [...request.varbinds].reverse() }));
        send(encodeMessage({ ...base, pdu: PDU.response, varbinds: [...request.varbinds, ...request.varbinds] }));
        send(reply);
      },
    });
    const outcome = await transport.get(targetOf(agent.port), OIDS, asking());
    expect(outcome).toMatchObject({ ok: true, partial: false });
    if (outcome.ok) expect(outcome.varbinds[0]).toMatchObject({ value: 4_000_000_001 });
    expect(transport.counts()).toMatchObject({ wrongCommunity: 1, late: 1, malformed: 6 });
  });

  test('duplicates and late replies are counted and change nothing', async () => {
    const transport = transportFor();
    const agent = await agentWith({
      respond: (reply, _request, send) => {
        send(reply);
        send(reply);
      },
    });
    const target = targetOf(agent.port);
    for (let i = 0; i < 3; i++) expect(await transport.get(target, OIDS, asking())).toMatchObject({ ok: true });
    agent.behaviour = { delayMs: 150 };
    expect(await transport.get({ ...target, timeoutMs: 50 }, OIDS, asking())).toMatchObject({ ok: false, cause: 'timeout' });
    agent.behaviour = {};
    expect(await transport.get(target, OIDS, asking())).toMatchObject({ ok: true });
    expect(transport.counts().late).toBeGreaterThanOrEqual(2);
  });
});

describe('SNMPv3', () => {
  const credentials: SnmpCredentials = {
    version: '3',
    user: 'strong',
    auth: { protocol: 'sha256', key: 'authentic-pass' },
    priv: { protocol: 'aes', key: 'private-pass' },
  };

  const storms = [
    ['reports not in time window, its clock at zero', { stat: 2, boots: 0, timeS: 0 }],
    ['reports not in time window', { stat: 2, boots: 3, timeS: 100 }],
    ['reports unknown engine, its clock at zero', { stat: 4, boots: 0, timeS: 0 }],
    ['sends responses without protection', { stat: 2, boots: 0, timeS: 0, pdu: PDU.response }],
  ] as const;
  test.each(storms)(`a peer that always %s gets at most ${MAX_SENDS} datagrams`, async (_name, report) => {
    const agent = await agentWith({
      other: (datagram, send) => {
        const messageId = messageIdV3(datagram);
        if (messageId === null) return;
        send(encodeReportV3({ messageId, ...report }));
        send(encodeReportV3({ messageId, ...report }));
      },
    });
    const transport = transportFor();
    const outcome = await transport.get(targetOf(agent.port, { credentials, timeoutMs: 300 }), OIDS, asking());
    expect(outcome.ok).toBe(false);
    expect(agent.received()).toBeGreaterThan(0);
    expect(agent.received()).toBeLessThanOrEqual(MAX_SENDS);
  });

  describe.skipIf(realPart('snmpd') === null)('through a relay to a real agent', () => {
    let snmpd: Snmpd;
    let relays: Relay[];
    const lanes = 8;
    const user = { name: 'strong', auth: 'SHA-256', authKey: 'authentic-pass', priv: 'AES', privKey: 'private-pass' };
    const asked = ['1.3.6.1.2.1.1.5.0', '1.3.6.1.2.1.1.6.0', '1.3.6.1.2.1.1.2.0'];
    const truth = [
      { oid: asked[0], type: 'string', value: Uint8Array.from(Buffer.from('saguaro-test')) },
      { oid: asked[1], type: 'string', value: Uint8Array.from(Buffer.from('loopback')) },
      { oid: asked[2], type: 'oid', value: '1.3.6.1.4.1.8072.3.2.10' },
    ];
    beforeAll(async () => {
      snmpd = await startSnmpd({ users: [user] });
      relays = await Promise.all(Array.from({ length: lanes }, () => startRelay(snmpd.port)));
    });
    afterAll(async () => {
      await Promise.all(relays.map((relay) => relay.close()));
      await snmpd.close();
    });

    test('of mutated authPriv replies not one false value is believed', { timeout: 300_000 }, async () => {
      const transport = transportFor();
      const rounds = long ? 1_600 : 200;
      let believed = 0;
      await Promise.all(
        relays.map(async (relay, lane) => {
          let seed = 90_000 + lane;
          let damage = true;
          relay.answers = (reply) => {
            damage = !damage;
            return [damage ? reply : mutate(reply, (seed += lanes))];
          };
          for (let round = 0; round < rounds / lanes; round++) {
            const target = targetOf(relay.port, { credentials, timeoutMs: TIMEOUT_MS, retries: 1 });
            const outcome = await transport.get(target, asked, asking());
            expectSound(outcome, asked);
            if (outcome.ok && !outcome.partial) {
              believed++;
              expect(outcome.varbinds).toEqual(truth);
            }
          }
          relay.answers = (reply) => [reply];
          const healed = await transport.get(targetOf(relay.port, { credentials }), asked, asking());
          expect(healed).toMatchObject({ ok: true, varbinds: truth });
        }),
      );
      expect(believed).toBeGreaterThan(0);
    });

    test('the true reply lands after forged and damaged ones', async () => {
      const transport = transportFor();
      const [relay] = relays;
      if (!relay) throw new Error('no relay');
      let seed = 70_000;
      relay.answers = (reply) => {
        const messageId = messageIdV3(reply) ?? 0;
        const damaged = Buffer.from(reply);
        // Within the encrypted part: only authentication can tell.
        damaged[damaged.length - 5] = (damaged[damaged.length - 5] ?? 0) ^ 0x55;
        const plain = encodeReportV3({ messageId, boots: 1, timeS: 1, stat: 1, pdu: PDU.response });
        return [plain, damaged, mutate(reply, seed++).subarray(0, reply.length - 1), reply];
      };
      for (let round = 0; round < 10; round++) {
        const outcome = await transport.get(targetOf(relay.port, { credentials }), asked, asking());
        expect(outcome).toMatchObject({ ok: true, varbinds: truth });
      }
    });
  });
});

describe('walks without end', () => {
  const limits = { maxRows: 500, deadlineMs: 3_000 };
  const endless = [
    [
      'repeat one OID',
      (varbinds: readonly (readonly [string, AgentValue])[]) =>
        varbinds.map(() => [`${TABLE}.7`, { type: 'integer', value: 1 }] as const),
      /do not advance/,
    ],
    ['go backwards', (varbinds: readonly (readonly [string, AgentValue])[]) => [...varbinds].reverse(), /do not advance/],
    [
      'answer with the root itself',
      (varbinds: readonly (readonly [string, AgentValue])[]) =>
        varbinds.map(() => [TABLE, { type: 'integer', value: 1 }] as const),
      /do not advance/,
    ],
  ] as const;
  test.each(endless)('that %s are stopped and reported', async (_name, change, said) => {
    const agent = await agentWith({ varbinds: change });
    const outcome = await transportFor().walk(targetOf(agent.port), TABLE, limits, asking());
    expect(outcome).toMatchObject({ ok: true, complete: false });
    if (outcome.ok) expect(outcome.note).toMatch(said);
  });

  test('that always find one more row are stopped at the cap', async () => {
    let row = 0;
    const agent = await agentWith({
      varbinds: (varbinds) => varbinds.map(() => [`${TABLE}.${++row}`, { type: 'integer', value: row }] as const),
    });
    const outcome = await transportFor().walk(targetOf(agent.port), TABLE, limits, asking());
    expect(outcome).toMatchObject({ ok: true, complete: false });
    if (outcome.ok) {
      expect(outcome.varbinds).toHaveLength(500);
      expect(outcome.note).toMatch(/stopped after 500 rows/);
    }
  });

  test('that go deeper and deeper are stopped at the deadline', async () => {
    let oid = TABLE;
    const agent = await agentWith({
      delayMs: 20,
      varbinds: (varbinds) =>
        varbinds.map(
          () =>
            [
              (oid = oid.length < 500 ? `${oid}.1` : `${oid.slice(0, -1)}${Number(oid.at(-1)) + 1}`),
              { type: 'integer', value: 1 },
            ] as const,
        ),
    });
    const startMs = performance.now();
    const outcome = await transportFor().walk(
      targetOf(agent.port, { credentials: community('1') }),
      TABLE,
      { maxRows: 1e6, deadlineMs: 400 },
      asking(),
    );
    expect(outcome).toMatchObject({ ok: true, complete: false });
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });

  test('more repetitions than were asked for are refused', async () => {
    const agent = await agentWith({
      respond: (_reply, request, send) =>
        send(
          encodeMessage({
            ...request,
            pdu: PDU.response,
            status: 0,
            index: 0,
            varbinds: Array.from({ length: 1_500 }, (_, i) => [`${TABLE}.${i + 1}`, { type: 'integer', value: i }]),
          }),
        ),
    });
    const outcome = await transportFor().walk(targetOf(agent.port, { timeoutMs: 200 }), TABLE, limits, asking());
    expect(outcome).toMatchObject({ ok: false, cause: 'bad reply' });
  });
});

test('an aborted request settles at once, and a closed transport answers', async () => {
  const agent = await agentWith({ drop: () => true });
  const transport = transportFor();
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const startMs = performance.now();
  expect(await transport.get(targetOf(agent.port, { timeoutMs: 10_000 }), OIDS, asking(stop.signal))).toMatchObject({
    ok: false,
  });
  const waiting = transport.get(targetOf(agent.port, { timeoutMs: 10_000 }), OIDS, asking());
  setTimeout(() => void transport.close(), 50);
  expect(await waiting).toMatchObject({ ok: false });
  expect(await transport.get(targetOf(agent.port), OIDS, asking())).toMatchObject({ ok: false });
  expect(performance.now() - startMs).toBeLessThan(3_000);
});
