/** The transport against agents with small buffers, lossy ways and the habits of SNMPv1. */
import { afterEach, describe, expect, test } from 'vitest';
import { createNetSnmpTransport } from '../../../collector/snmp/net-snmp.ts';
import type { SnmpTarget, SnmpTransport } from '../../../collector/snmp/transport.ts';
import { asking } from '../../agents/asking.ts';
import type { AgentValue } from '../../../demo/agents/ber.ts';
import { startScriptedAgent, type AgentOptions, type ScriptedAgent } from '../../../demo/agents/scripted-agent.ts';

const TABLE = '1.3.6.1.4.1.99999.7';
const objects = new Map<string, AgentValue>(
  Array.from({ length: 120 }, (_, i) => [`${TABLE}.${i + 1}`, { type: 'counter64', value: 2n ** 64n - 1n - BigInt(i) }]),
);
const OIDS = [...objects.keys()];
const exact = OIDS.map((oid, i) => ({ oid, type: 'counter64', value: 2n ** 64n - 1n - BigInt(i) }));

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((part) => part.close()));
});
async function setUp(
  options: Partial<AgentOptions> = {},
  change: Partial<SnmpTarget> = {},
): Promise<{ agent: ScriptedAgent; transport: SnmpTransport; target: SnmpTarget }> {
  const agent = await startScriptedAgent({ objects, ...options });
  const transport = createNetSnmpTransport();
  opened.push(transport, agent);
  const credentials = { version: '2c', community: 'public' } as const;
  return {
    agent,
    transport,
    target: { address: '127.0.0.1', port: agent.port, timeoutMs: 250, retries: 1, credentials, ...change },
  };
}

describe('values', () => {
  const types: readonly [string, AgentValue, unknown][] = [
    [
      'largest Counter64',
      { type: 'counter64', value: 2n ** 64n - 1n },
      { type: 'counter64', value: 18_446_744_073_709_551_615n },
    ],
    ['Counter64 0', { type: 'counter64', value: 0n }, { type: 'counter64', value: 0n }],
    ['largest Counter32', { type: 'counter32', value: 4_294_967_295 }, { type: 'counter32', value: 4_294_967_295n }],
    ['largest Gauge32', { type: 'gauge32', value: 4_294_967_295 }, { type: 'gauge32', value: 4_294_967_295 }],
    ['largest TimeTicks', { type: 'timeticks', value: 4_294_967_295 }, { type: 'timeticks', value: 4_294_967_295 }],
    ['smallest Integer', { type: 'integer', value: -2_147_483_648 }, { type: 'integer', value: -2_147_483_648 }],
    ['octets', { type: 'string', value: Uint8Array.of(0, 255, 128) }, { type: 'string', value: Uint8Array.of(0, 255, 128) }],
    ['empty octets', { type: 'string', value: '' }, { type: 'string', value: new Uint8Array() }],
    ['OID', { type: 'oid', value: '1.3.6.1.4.1.4294967295.0' }, { type: 'oid', value: '1.3.6.1.4.1.4294967295.0' }],
    ['address', { type: 'address', value: '192.0.2.255' }, { type: 'address', value: '192.0.2.255' }],
    ['NULL', { type: 'null' }, { type: 'absent', value: 'null' }],
    ['noSuchInstance', { type: 'noSuchInstance' }, { type: 'absent', value: 'noSuchInstance' }],
    ['noSuchObject', { type: 'noSuchObject' }, { type: 'absent', value: 'noSuchObject' }],
  ];
  test.each(types)('%s', async (_name, value, expected) => {
    const { transport, target } = await setUp({ objects: new Map([[`${TABLE}.1`, value]]) });
    const answer = await transport.get(target, [`${TABLE}.1`], asking());
    expect(answer).toMatchObject({ ok: true, partial: false, varbinds: [{ oid: `${TABLE}.1`, ...(expected as object) }] });
  });
});

describe('large requests', () => {
  test('are split into requests of 48 and come back whole and in order', async () => {
    const { agent, transport, target } = await setUp();
    const answer = await transport.get(target, OIDS, asking());
    expect(answer).toMatchObject({ ok: true, partial: false, varbinds: exact });
    expect(agent.received()).toBe(3);
  });

  test.each([1, 5, 20])(
    'tooBig above %i: halved until it fits, nothing is lost, and the size is remembered',
    async (maxVarbinds) => {
      const { agent, transport, target } = await setUp({ behaviour: { maxVarbinds } });
      expect(await transport.get(target, OIDS, asking())).toMatchObject({ ok: true, partial: false, varbinds: exact });
      const before = agent.received();
      expect(await transport.get(target, OIDS.slice(0, maxVarbinds), asking())).toMatchObject({ ok: true, partial: false });
      expect(agent.received() - before).toBeLessThanOrEqual(2);
    },
  );

  test('large answers that are lost on the way are asked again in halves', async () => {
    const { transport, target } = await setUp({ behaviour: { lostAboveBytes: 900 } }, { retries: 2 });
    const answer = await transport.get(target, OIDS.slice(0, 48), asking());
    expect(answer).toMatchObject({ ok: true, partial: false, varbinds: exact.slice(0, 48) });
  });

  test('what stays lost is marked, and what came is kept', async () => {
    const last = OIDS[100] ?? '';
    const { transport, target } = await setUp(
      { behaviour: { drop: (request) => request.varbinds.some(([oid]) => oid === last) } },
      { retries: 0 },
    );
    const answer = await transport.get(target, OIDS, asking());
    if (!answer.ok) throw new Error(answer.text);
    expect(answer.partial).toBe(true);
    expect(answer.varbinds.slice(0, 96)).toEqual(exact.slice(0, 96));
    expect(answer.varbinds.slice(96)).toEqual(OIDS.slice(96).map((oid) => ({ oid, type: 'absent', value: 'lost' })));
  });

  test('a walk with tooBig or lost answers shrinks and comes back whole', async () => {
    for (const behaviour of [{ maxVarbinds: 3 }, { lostAboveBytes: 400 }]) {
      const { transport, target } = await setUp({ behaviour }, { retries: 4, timeoutMs: 100 });
      const walk = await transport.walk(target, TABLE, { maxRows: 1_000, deadlineMs: 5_000 }, asking());
      expect(walk).toMatchObject({ ok: true, complete: true, varbinds: exact });
    }
  });
});

describe('SNMPv1', () => {
  const v1 = { credentials: { version: '1', community: 'public' } } as const;

  test('one missing object does not cost the others', async () => {
    const { transport, target } = await setUp({}, v1);
    const missing = [`${TABLE}.900`, `${TABLE}.901`];
    const asked = [OIDS[0] ?? '', missing[0] ?? '', OIDS[1] ?? '', missing[1] ?? ''];
    const answer = await transport.get(target, asked, asking());
    expect(answer).toMatchObject({
      ok: true,
      partial: false,
      varbinds: [
        exact[0],
        { oid: asked[1], type: 'absent', value: 'noSuchObject' },
        exact[1],
        { oid: asked[3], type: 'absent', value: 'noSuchObject' },
      ],
    });
  });

  test('a walk ends at the end of everything', async () => {
    const { transport, target } = await setUp({}, v1);
    expect(await transport.walk(target, TABLE, { maxRows: 1_000, deadlineMs: 5_000 }, asking())).toMatchObject({
      ok: true,
      complete: true,
      varbinds: exact,
    });
  });
});

describe('time', () => {
  test('a device without an answer costs timeout × (1 + retries), not more', async () => {
    const { agent, transport, target } = await setUp({ behaviour: { drop: () => true } }, { timeoutMs: 100, retries: 2 });
    const startMs = performance.now();
    expect(await transport.get(target, OIDS, asking())).toMatchObject({ ok: false, cause: 'timeout' });
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(290);
    expect(tookMs).toBeLessThan(1_500);
    expect(agent.received()).toBe(3);
  });

  test('requests of one device wait for each other, those of others do not', async () => {
    const { agent, transport, target } = await setUp({ behaviour: { delayMs: 80 } }, { timeoutMs: 2_000 });
    const other = await startScriptedAgent({ objects });
    opened.push(other);
    const order: string[] = [];
    await Promise.all([
      transport.get(target, OIDS.slice(0, 1), asking()).then(() => order.push('first')),
      transport.get(target, OIDS.slice(0, 1), asking()).then(() => order.push('second')),
      transport.get({ ...target, port: other.port }, OIDS.slice(0, 1), asking()).then(() => order.push('other')),
    ]);
    expect(order).toEqual(['other', 'first', 'second']);
    expect(agent.received()).toBe(2);
  });

  test('what answers again after a failure is asked again', async () => {
    const { agent, transport, target } = await setUp({}, { retries: 0 });
    agent.behaviour = { drop: () => true };
    expect(await transport.get(target, OIDS, asking())).toMatchObject({ ok: false });
    agent.behaviour = {};
    expect(await transport.get(target, OIDS, asking())).toMatchObject({ ok: true, partial: false });
  });
});
