/** Asking objects: order, absence, sizes. */
import { describe, expect } from 'vitest';
import type { SnmpValue, Varbind } from '../../collector/snmp/transport.ts';
import { encodeMessage, PDU, type AgentValue } from '../../demo/agents/ber.ts';
import type { Behaviour } from '../../demo/agents/scripted-agent.ts';
import { ask, TABLE, tableFor, type LabTest, type Way } from './snmp-transport-lab.ts';

/** error-status of RFC 3416. */
const GEN_ERR = 5;
const NO_ACCESS = 6;
const AUTHORIZATION_ERROR = 16;

const VALUES: readonly [string, AgentValue, SnmpValue][] = [
  ['largest Counter32', { type: 'counter32', value: 4_294_967_295 }, { type: 'counter32', value: 4_294_967_295n }],
  ['Counter32 of 2^31', { type: 'counter32', value: 2 ** 31 }, { type: 'counter32', value: 2n ** 31n }],
  ['largest Gauge32', { type: 'gauge32', value: 4_294_967_295 }, { type: 'gauge32', value: 4_294_967_295 }],
  ['largest TimeTicks', { type: 'timeticks', value: 4_294_967_295 }, { type: 'timeticks', value: 4_294_967_295 }],
  ['smallest Integer', { type: 'integer', value: -2_147_483_648 }, { type: 'integer', value: -2_147_483_648 }],
  ['Integer -1', { type: 'integer', value: -1 }, { type: 'integer', value: -1 }],
  ['Integer 128', { type: 'integer', value: 128 }, { type: 'integer', value: 128 }],
  ['octets', { type: 'string', value: Uint8Array.of(0, 255, 128) }, { type: 'string', value: Uint8Array.of(0, 255, 128) }],
  ['empty octets', { type: 'string', value: '' }, { type: 'string', value: new Uint8Array() }],
  ['300 octets', { type: 'string', value: Buffer.alloc(300, 7) }, { type: 'string', value: new Uint8Array(300).fill(7) }],
  ['Opaque', { type: 'opaque', value: Uint8Array.of(1, 2) }, { type: 'opaque', value: Uint8Array.of(1, 2) }],
  ['OID', { type: 'oid', value: '1.3.6.1.4.1.4294967295.0' }, { type: 'oid', value: '1.3.6.1.4.1.4294967295.0' }],
  ['OID 0.0', { type: 'oid', value: '0.0' }, { type: 'oid', value: '0.0' }],
  ['address', { type: 'address', value: '192.0.2.255' }, { type: 'address', value: '192.0.2.255' }],
  ['NULL', { type: 'null' }, { type: 'absent', value: 'null' }],
];
/** What version 1 has no type for. */
const NEWER: readonly [string, AgentValue, SnmpValue][] = [
  ['largest Counter64', { type: 'counter64', value: 2n ** 64n - 1n }, { type: 'counter64', value: 2n ** 64n - 1n }],
  ['Counter64 of 2^63', { type: 'counter64', value: 2n ** 63n }, { type: 'counter64', value: 2n ** 63n }],
  ['Counter64 beyond 2^53', { type: 'counter64', value: 2n ** 53n + 1n }, { type: 'counter64', value: 2n ** 53n + 1n }],
  ['Counter64 0', { type: 'counter64', value: 0n }, { type: 'counter64', value: 0n }],
  ['noSuchInstance', { type: 'noSuchInstance' }, { type: 'absent', value: 'noSuchInstance' }],
  ['noSuchObject', { type: 'noSuchObject' }, { type: 'absent', value: 'noSuchObject' }],
  ['endOfMibView', { type: 'endOfMibView' }, { type: 'absent', value: 'endOfMibView' }],
];

/** An agent that fails with this status on any request for one of these objects, naming it or not. */
function failingOn(bad: readonly string[], status: number, named = true): Behaviour {
  return {
    respond(reply, request, send) {
      const at = request.varbinds.findIndex(([oid]) => bad.includes(oid));
      const failed = { ...request, pdu: PDU.response, status, index: named ? at + 1 : 0 };
      send(at < 0 ? reply : encodeMessage(failed));
    },
  };
}

export function getSuite(test: LabTest, { version }: Way): void {
  const { oids, exact } = tableFor(version);
  const absent = (oid: string, value: 'noSuchObject' | 'noSuchInstance' | 'lost' | 'error'): Varbind => ({
    oid,
    type: 'absent',
    value,
  });
  const missing = (oid: string) => absent(oid, version === '1' ? 'noSuchObject' : 'noSuchInstance');

  describe('values', () => {
    const all = version === '1' ? VALUES : [...VALUES, ...NEWER];
    test('of every type come exactly, in the order asked', async ({ lab }) => {
      const objects = new Map(all.map(([, value], i) => [`${TABLE}.${i + 1}`, value]));
      const { transport, target } = await lab.place({ objects });
      const asked = [...objects.keys()].reverse();
      const answer = await transport.get(target, asked, ask());
      expect(answer).toMatchObject({ ok: true, partial: false });
      if (!answer.ok) return;
      expect(answer.varbinds.map(({ oid }) => oid)).toEqual(asked);
      [...answer.varbinds].reverse().forEach((varbind, i) => {
        const [name, , value] = all[i] ?? ['', , null];
        expect({ name, ...varbind }).toEqual({ name, oid: `${TABLE}.${i + 1}`, ...value });
      });
    });

    test('asked twice in one request come twice', async ({ lab }) => {
      const { transport, target } = await lab.place();
      const asked = [oids[1] ?? '', oids[0] ?? '', oids[1] ?? ''];
      expect(await transport.get(target, asked, ask())).toMatchObject({ ok: true, varbinds: [exact[1], exact[0], exact[1]] });
    });

    test('the same question again and again has the values of its own moment', async ({ lab }) => {
      let asked = 0;
      const objects = new Map([[`${TABLE}.1`, () => ({ type: 'counter32', value: ++asked }) as const]]);
      const { transport, target } = await lab.place({ objects });
      const question = [`${TABLE}.1`];
      for (let i = 1; i <= 5; i++) {
        expect(await transport.get(target, question, ask())).toMatchObject({ ok: true, varbinds: [{ value: BigInt(i) }] });
      }
    });

    test('of no objects cost nothing', async ({ lab }) => {
      const { agent, transport, target } = await lab.place();
      expect(await transport.get(target, [], ask())).toMatchObject({ ok: true, varbinds: [], partial: false });
      expect(agent.received()).toBe(0);
    });
  });

  describe('absence', () => {
    test('objects that are not there are marked, each in its place, and cost no other', async ({ lab }) => {
      const { transport, target } = await lab.place();
      const asked = [oids[0], `${TABLE}.900`, oids[1], `${TABLE}.901`].map((oid) => oid ?? '');
      const answer = await transport.get(target, asked, ask());
      const varbinds = [exact[0], missing(asked[1] ?? ''), exact[1], missing(asked[3] ?? '')];
      expect(answer).toMatchObject({ ok: true, partial: false, varbinds });
    });

    test('an object that the agent fails on is marked, and the others come', async ({ lab }) => {
      const bad = [oids[7] ?? '', oids[30] ?? ''];
      const { transport, target } = await lab.place({ behaviour: failingOn(bad, GEN_ERR) });
      const answer = await transport.get(target, oids.slice(0, 48), ask());
      const varbinds = exact.slice(0, 48).map((one) => (bad.includes(one.oid) ? absent(one.oid, 'error') : one));
      expect(answer).toMatchObject({ ok: true, varbinds });
    });

    test('an object that is not named as the one missing is found', async ({ lab }) => {
      const bad = [oids[3] ?? ''];
      const { transport, target } = await lab.place({ behaviour: failingOn(bad, 2, false) });
      const answer = await transport.get(target, oids.slice(0, 20), ask());
      const varbinds = exact.slice(0, 20).map((one) => (bad.includes(one.oid) ? absent(one.oid, 'noSuchObject') : one));
      expect(answer).toMatchObject({ ok: true, partial: false, varbinds });
    });

    test.for([NO_ACCESS, AUTHORIZATION_ERROR])('access denied to everything (error %i) is said so', async (status, { lab }) => {
      const { transport, target } = await lab.place({ behaviour: failingOn(oids, status) });
      expect(await transport.get(target, oids.slice(0, 2), ask())).toMatchObject({ ok: false, trouble: 'access denied' });
    });

    test('an error-index beyond the request harms nobody', async ({ lab }) => {
      const respond: Behaviour['respond'] = (_reply, request, send) =>
        send(encodeMessage({ ...request, pdu: PDU.response, status: 2, index: 40_000 }));
      const { transport, target } = await lab.place({ behaviour: { respond } });
      const answer = await transport.get(target, oids.slice(0, 3), ask());
      expect(answer).toMatchObject({ ok: true, varbinds: oids.slice(0, 3).map((oid) => absent(oid, 'noSuchObject')) });
    });
  });

  describe('large requests', () => {
    test('are split into requests of 48 and come back whole and in order', async ({ lab }) => {
      const { agent, transport, target } = await lab.place();
      expect(await transport.get(target, oids, ask())).toMatchObject({ ok: true, partial: false, varbinds: exact });
      expect(agent.received()).toBe(3);
    });

    test.for([1, 5, 20])(
      'tooBig above %i: halved until it fits, nothing is lost, and the size is remembered until released',
      async (maxVarbinds, { lab }) => {
        const { agent, transport, target } = await lab.place({ behaviour: { maxVarbinds } });
        expect(await transport.get(target, oids, ask())).toMatchObject({ ok: true, partial: false, varbinds: exact });
        let before = agent.received();
        expect(await transport.get(target, oids.slice(0, maxVarbinds), ask())).toMatchObject({ ok: true, partial: false });
        expect(agent.received() - before).toBeLessThanOrEqual(2);
        agent.behaviour = {};
        transport.release(target);
        before = agent.received();
        expect(await transport.get(target, oids.slice(0, 48), ask())).toMatchObject({ ok: true, partial: false });
        expect(agent.received() - before).toBe(1);
      },
    );

    test('large answers that are lost on the way are asked again in halves', async ({ lab }) => {
      const { transport, target } = await lab.place({
        behaviour: { lostAboveBytes: 700 },
        change: { retries: 3, timeoutMs: 250 },
      });
      const answer = await transport.get(target, oids.slice(0, 48), ask());
      expect(answer).toMatchObject({ ok: true, partial: false, varbinds: exact.slice(0, 48) });
    });

    test('what stays lost is marked, and what came is kept', async ({ lab }) => {
      const last = oids[100] ?? '';
      const { transport, target } = await lab.place({
        behaviour: { drop: (request) => request.varbinds.some(([oid]) => oid === last) },
        change: { retries: 0, timeoutMs: 400 },
      });
      const answer = await transport.get(target, oids, ask());
      if (!answer.ok) throw new Error(answer.text);
      expect(answer.partial).toBe(true);
      const lost = answer.varbinds.filter((one) => one.type === 'absent');
      expect(lost.map(({ oid }) => oid)).toContain(last);
      expect(lost.every((one) => one.value === 'lost')).toBe(true);
      // At most the request in which it was asked.
      expect(lost.length).toBeLessThanOrEqual(48);
      answer.varbinds.forEach((one, i) => expect(one).toEqual(one.type === 'absent' ? absent(oids[i] ?? '', 'lost') : exact[i]));
    });

    test('nothing at all is a failure, not a partial answer', async ({ lab }) => {
      const { transport, target } = await lab.place({
        behaviour: { lostAboveBytes: 10 },
        change: { retries: 1, timeoutMs: 60 },
      });
      expect(await transport.get(target, oids, ask())).toMatchObject({ ok: false, trouble: 'no answer', cause: 'timeout' });
    });
  });
}
