/** Whatever answers: nothing is thrown, nothing hangs, no false value is believed, the true reply still lands, and the neighbours are polled on time. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MAX_SENDS } from '../../../collector/snmp/session.ts';
import type { SnmpCredentials, SnmpTarget } from '../../../collector/snmp/transport.ts';
import { encodeReportV3, messageIdV3, PDU, type AgentValue } from '../../../demo/agents/ber.ts';
import {
  startScriptedAgent,
  type AgentObjects,
  type Behaviour,
  type ScriptedAgent,
} from '../../../demo/agents/scripted-agent.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { asking } from '../../agents/asking.ts';
import { mutate } from '../../agents/mutations.ts';
import { startRelay, type Relay } from '../../agents/relay.ts';
import { startSnmpd, type Snmpd } from '../../agents/snmpd.ts';
import { realPart } from '../../real-parts.ts';
import { expectUnharmed, kindsFor, runHostile } from './hostile-run.ts';

const TABLE = '1.3.6.1.4.1.99999.1';
const objects: AgentObjects = new Map<string, AgentValue>([
  ['1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: 4_000_000_001 }],
  ...Array.from({ length: 40 }, (_, i): [string, AgentValue] => [
    `${TABLE}.${i + 1}`,
    { type: 'counter64', value: 2n ** 63n + BigInt(i) },
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
const targetOf = (port: number, change: Partial<SnmpTarget> = {}): SnmpTarget => ({
  address: '127.0.0.1',
  port,
  timeoutMs: 2_000,
  retries: 0,
  credentials: { version: '2c', community: 'public' },
  ...change,
});
async function agentWith(behaviour: Behaviour): Promise<ScriptedAgent> {
  const agent = await startScriptedAgent({ objects, behaviour });
  opened.push(agent);
  return agent;
}

describe.each(ADAPTERS)('$name', (adapter) => {
  const transportFor = () => {
    const transport = adapter.create();
    opened.push(transport);
    return transport;
  };

  test('a thousand damaged replies harm nobody', async () => {
    const kinds = kindsFor(adapter, 24);
    const report = await runHostile(adapter, { seed: 1, replies: 1_000, kinds, healthy: 100, mostMs: 15_000 });
    expectUnharmed(report, 1_000, kinds.length);
  });

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

  if (!adapter.versions.includes('3')) return;

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
      ['reports an unknown user', { stat: 3, boots: 3, timeS: 100 }],
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
      const target = targetOf(agent.port, { credentials, timeoutMs: 300 });
      const startMs = performance.now();
      const outcome = await transport.get(target, OIDS, asking());
      expect(outcome.ok).toBe(false);
      expect(performance.now() - startMs).toBeLessThan(300 + 400);
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

      test('of mutated authPriv replies not one false value is believed', async () => {
        const transport = transportFor();
        const rounds = 96;
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
              if (!outcome.ok) expect(outcome.text).toMatch(/\.$/);
              else if (!outcome.partial) {
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
});
