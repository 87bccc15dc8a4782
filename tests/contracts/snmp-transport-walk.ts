/** Walking a subtree: whole and in order, or stopped with a reason; never without end. */
import { describe, expect } from 'vitest';
import { encodeMessage, PDU, type AgentMessage } from '../../demo/agents/ber.ts';
import type { Behaviour } from '../../demo/agents/scripted-agent.ts';
import { compareOids } from '../../collector/snmp/oid.ts';
import { ask, ROWS, SLACK_MS, TABLE, tableFor, took, type LabTest, type Way } from './snmp-transport-lab.ts';

type Varbinds = AgentMessage['varbinds'];
const LIMITS = { maxRows: 500, deadlineMs: 15_000 };

export function walkSuite(test: LabTest, { version }: Way): void {
  const { exact, oids, objects } = tableFor(version);

  describe('to the end', () => {
    test('gives everything below the root in order, and nothing of its neighbours', async ({ lab }) => {
      const { transport, target } = await lab.place();
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      expect(walk).toEqual({ ok: true, varbinds: exact, complete: true, lost: false, note: '' });
    });

    test('of the last subtree ends with the end of everything', async ({ lab }) => {
      const { transport, target } = await lab.place();
      const walk = await transport.walk(target, '1.3.6.1.4.1.99999.70', LIMITS, ask());
      const row = { oid: '1.3.6.1.4.1.99999.70.1', type: 'integer', value: -70 };
      expect(walk).toEqual({ ok: true, varbinds: [row], complete: true, lost: false, note: '' });
    });

    test.for([`${TABLE}.5`, '1.3.6.1.4.1.99999.65', '1.3.6.1.4.1.100000'])(
      'of %s, which is empty, is complete',
      async (root, { lab }) => {
        const { transport, target } = await lab.place();
        expect(await transport.walk(target, root, LIMITS, ask())).toEqual({
          ok: true,
          varbinds: [],
          complete: true,
          lost: false,
          note: '',
        });
      },
    );

    test('orders by numbers and depth, not by text', async ({ lab }) => {
      const index = ['1', '1.5', '2', '10', '10.0.0.1', '100', '4294967295'];
      const mixed = new Map(index.map((one) => [`${TABLE}.${one}`, { type: 'integer', value: 1 } as const]));
      const { transport, target } = await lab.place({ objects: mixed });
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      if (!walk.ok) throw new Error(walk.text);
      expect(walk.varbinds.map(({ oid }) => oid)).toEqual(index.map((one) => `${TABLE}.${one}`));
    });

    const hard: readonly [string, Behaviour][] = [
      ['answers one row at a time', { varbinds: (list) => list.slice(0, 1) }],
      ['answers fewer rows than asked', { varbinds: (list) => list.slice(0, 3) }],
      ['finds more than three rows too big', { maxVarbinds: 3 }],
      ['loses answers of more than 300 octets', { lostAboveBytes: 300 }],
      ['says tooBig instead of cutting', tooBigAbove(7)],
    ];
    test.for(hard)('of an agent that %s comes back whole', async ([_name, behaviour], { lab }) => {
      const { transport, target } = await lab.place({ behaviour, change: { retries: 4, timeoutMs: 200 } });
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      expect(walk).toEqual({ ok: true, varbinds: exact, complete: true, lost: false, note: '' });
    });

    test('goes on where a datagram was lost', async ({ lab }) => {
      let n = 0;
      const { transport, target } = await lab.place({
        behaviour: { drop: () => n++ % 24 === 1 },
        change: { retries: 2, timeoutMs: 150 },
      });
      const walk = await transport.walk(target, `${TABLE}`, LIMITS, ask());
      expect(walk).toMatchObject({ ok: true, complete: true, varbinds: exact });
    });
  });

  describe('stopped', () => {
    const ascending = (varbinds: readonly { oid: string }[]) =>
      varbinds.every(({ oid }, i) => i === 0 || compareOids(varbinds[i - 1]?.oid ?? '', oid) < 0);

    test.for([1, 50, ROWS - 1])('at the cap of %i rows, which is said', async (maxRows, { lab }) => {
      const { transport, target } = await lab.place();
      const walk = await transport.walk(target, TABLE, { ...LIMITS, maxRows }, ask());
      expect(walk).toMatchObject({ ok: true, complete: false, varbinds: exact.slice(0, maxRows) });
      expect(walk.ok && walk.note).toMatch(new RegExp(`stopped after ${maxRows} rows`));
    });

    test('never, when the cap is just what is there', async ({ lab }) => {
      const { transport, target } = await lab.place();
      expect(await transport.walk(target, TABLE, { ...LIMITS, maxRows: ROWS }, ask())).toMatchObject({
        complete: true,
        varbinds: exact,
      });
    });

    test('at the deadline, with what came until then', async ({ lab }) => {
      const { transport, target } = await lab.place({ behaviour: { delayMs: 15, varbinds: (list) => list.slice(0, 1) } });
      const asked = transport.walk(target, TABLE, { maxRows: 500, deadlineMs: 500 }, ask());
      const { outcome: walk, ms, ownMs } = await took(asked);
      if (!walk.ok) throw new Error(walk.text);
      expect(walk.complete).toBe(false);
      expect(walk.note).toMatch(/longer than 500 ms/);
      expect(walk.varbinds.length).toBeGreaterThan(1);
      expect(walk.varbinds).toEqual(exact.slice(0, walk.varbinds.length));
      expect(ms).toBeGreaterThanOrEqual(490);
      expect(ownMs).toBeLessThan(500 + SLACK_MS);
    });

    test('when the agent falls silent, with what came until then', async ({ lab }) => {
      let n = 0;
      const { transport, target } = await lab.place({
        behaviour: { drop: () => ++n > 2, varbinds: (list) => list.slice(0, 5) },
        change: { retries: 0, timeoutMs: 250 },
      });
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      if (!walk.ok) throw new Error(walk.text);
      expect(walk).toMatchObject({
        complete: false,
        lost: true,
        note: expect.stringMatching(/ended early: no answer/i) as string,
      });
      expect(walk.varbinds.length).toBeGreaterThan(1);
      expect(walk.varbinds).toEqual(exact.slice(0, walk.varbinds.length));
    });

    test('before it began: a silent agent is a failure', async ({ lab }) => {
      const { transport, target } = await lab.place({ behaviour: { drop: () => true }, change: { timeoutMs: 50 } });
      expect(await transport.walk(target, TABLE, LIMITS, ask())).toMatchObject({ ok: false, trouble: 'no answer' });
    });

    test('where the agent fails, with what came until then', async ({ lab }) => {
      const { transport, target } = await lab.place({
        behaviour: {
          respond(reply, request, send) {
            const failed = request.varbinds.some(([oid]) => compareOids(oid, oids[60] ?? '') >= 0);
            send(failed ? encodeMessage({ ...request, pdu: PDU.response, status: 5, index: 1 }) : reply);
          },
          varbinds: (list) => list.slice(0, 10),
        },
      });
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      if (!walk.ok) throw new Error(walk.text);
      expect(walk).toMatchObject({ complete: false, lost: false, note: expect.stringMatching(/error 5/) as string });
      expect(walk.varbinds.length).toBeGreaterThanOrEqual(60);
      expect(walk.varbinds).toEqual(exact.slice(0, walk.varbinds.length));
    });

    const one = { type: 'integer', value: 1 } as const;
    const endless: readonly [string, NonNullable<Behaviour['varbinds']>][] = [
      ['repeat one OID', (list) => list.map(() => [`${TABLE}.7`, one])],
      ['repeat what was asked', (_list, request) => request.varbinds.map(([oid]) => [oid, one])],
      ['answer with the root itself', (list) => list.map(() => [TABLE, one])],
      ['go in circles', (list) => list.map((_, i) => [`${TABLE}.${1 + (i % 2)}`, one])],
      ['stand still below the root', (list) => list.map(() => [`${TABLE}.0`, one])],
    ];
    test.for(endless)('where the answers %s', async ([_name, varbinds], { lab }) => {
      const { agent, transport, target } = await lab.place({ behaviour: { varbinds } });
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      expect(walk).toMatchObject({ ok: true, complete: false, note: expect.stringMatching(/do not advance/) as string });
      expect(walk.ok && ascending(walk.varbinds)).toBe(true);
      expect(agent.received()).toBeLessThan(10);
    });

    test('where the answers go backwards', async ({ lab }) => {
      let n = ROWS;
      const { agent, transport, target } = await lab.place({
        behaviour: { varbinds: (list) => list.map(() => [`${TABLE}.${n--}`, one]) },
      });
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      expect(walk).toMatchObject({ ok: true, complete: false, note: expect.stringMatching(/do not advance/) as string });
      expect(walk.ok && ascending(walk.varbinds)).toBe(true);
      expect(agent.received()).toBeLessThan(10);
    });

    test('at the cap, where there is always one more row', async ({ lab }) => {
      let row = 0;
      const { transport, target } = await lab.place({
        behaviour: { varbinds: (list) => list.map(() => [`${TABLE}.${++row}`, { type: 'integer', value: row }]) },
      });
      const walk = await transport.walk(target, TABLE, { ...LIMITS, maxRows: 200 }, ask());
      if (!walk.ok) throw new Error(walk.text);
      expect(walk).toMatchObject({
        complete: false,
        lost: false,
        note: expect.stringMatching(/stopped after 200 rows/) as string,
      });
      expect(walk.varbinds).toHaveLength(200);
      expect(ascending(walk.varbinds)).toBe(true);
    });

    test('at the deadline, where it goes deeper and deeper', async ({ lab }) => {
      let oid = TABLE;
      const deeper = () => (oid = oid.length < 200 ? `${oid}.1` : `${oid.slice(0, -1)}${Number(oid.at(-1)) + 1}`);
      const { transport, target } = await lab.place({
        behaviour: { delayMs: 10, varbinds: (list) => list.map(() => [deeper(), one]) },
        change: { retries: 0 },
      });
      const asked = transport.walk(target, TABLE, { maxRows: 1e6, deadlineMs: 200 }, ask());
      const { outcome: walk, ownMs } = await took(asked);
      expect(walk).toMatchObject({ ok: true, complete: false });
      expect(ownMs).toBeLessThan(200 + target.timeoutMs + SLACK_MS);
    });

    test('where more rows come than were asked for: none of them is believed', async ({ lab }) => {
      const rows = Array.from({ length: 600 }, (_, i): Varbinds[number] => [`${TABLE}.${i + 1}`, { type: 'integer', value: -i }]);
      const { transport, target } = await lab.place({
        objects,
        behaviour: { varbinds: () => rows },
        change: { timeoutMs: 400, retries: 0 },
      });
      const walk = await transport.walk(target, TABLE, LIMITS, ask());
      expect(walk).toMatchObject({ ok: false, cause: 'bad reply' });
    });
  });
}

/** Does not cut its bulk answers to what fits but refuses them, as some agents do. */
function tooBigAbove(most: number): Behaviour {
  return {
    respond(reply, request, send) {
      const tooBig = request.pdu === PDU.bulk && request.index > most;
      send(tooBig ? encodeMessage({ ...request, pdu: PDU.response, status: 1, index: 0, varbinds: [] }) : reply);
    },
  };
}
