/** Replies that are not the answer: counted, and the true one still lands. */
import { describe, expect } from 'vitest';
import type { SnmpCounts, SnmpCredentials, SnmpTarget } from '../../collector/snmp/transport.ts';
import { encodeReportV3, PDU, type AgentMessage } from '../../demo/agents/ber.ts';
import type { Adapter } from '../agents/adapters.ts';
import { LIE, startImpostor, type From, type Impostor } from '../agents/impostor.ts';
import { ask, tableFor, type LabTest, type Way } from './snmp-transport-lab.ts';

const TRUTH_AFTER_MS = 30;

interface Forgery {
  readonly name: string;
  readonly forge: (request: AgentMessage, it: Impostor) => Uint8Array;
  readonly from?: From;
  /** Where it is counted; null where the kernel may drop it unseen. */
  readonly counted: keyof SnmpCounts;
}

const lies = ({ varbinds }: AgentMessage): AgentMessage['varbinds'] => varbinds.map(([oid]) => [oid, LIE]);
const swapped = (request: AgentMessage): AgentMessage['varbinds'] => [...lies(request)].reverse();
const FORGERIES: readonly Forgery[] = [
  { name: 'from another port', forge: (request, it) => it.lie(request), from: 'another port', counted: 'foreign' },
  { name: 'from another address', forge: (request, it) => it.lie(request), from: 'another address', counted: 'foreign' },
  {
    name: 'under another community',
    forge: (request, it) => it.lie(request, { community: 'private' }),
    counted: 'wrongCommunity',
  },
  {
    name: 'under a community that goes on',
    forge: (request, it) => it.lie(request, { community: `${request.community}x` }),
    counted: 'wrongCommunity',
  },
  { name: 'under no community', forge: (request, it) => it.lie(request, { community: '' }), counted: 'wrongCommunity' },
  {
    name: 'with another request id',
    forge: (request, it) => it.lie(request, { requestId: request.requestId ^ 1 }),
    counted: 'late',
  },
  {
    name: 'with the request id of a while ago',
    forge: (request, it) => it.lie(request, { requestId: request.requestId - 1 }),
    counted: 'late',
  },
  {
    name: 'of another version',
    forge: (request, it) => it.lie(request, { version: 1 - request.version }),
    counted: 'malformed',
  },
  { name: 'of version 3', forge: ({ requestId }) => report(requestId), counted: 'malformed' },
  { name: 'that is a Report', forge: (request, it) => it.lie(request, { pdu: PDU.report }), counted: 'malformed' },
  { name: 'that is a request', forge: (request, it) => it.lie(request, { pdu: PDU.get }), counted: 'malformed' },
  {
    name: 'with the objects in another order',
    forge: (request, it) => it.lie(request, { varbinds: swapped(request) }),
    counted: 'malformed',
  },
  {
    name: 'with one object less',
    forge: (request, it) => it.lie(request, { varbinds: swapped(request).slice(1) }),
    counted: 'malformed',
  },
  {
    name: 'with one object more',
    forge: (request, it) => it.lie(request, { varbinds: [...lies(request), ...lies(request).slice(0, 1)] }),
    counted: 'malformed',
  },
  { name: 'without objects', forge: (request, it) => it.lie(request, { varbinds: [] }), counted: 'malformed' },
  { name: 'cut off', forge: (request, it) => it.lie(request).subarray(0, -1), counted: 'malformed' },
  {
    name: 'with an octet too many',
    forge: (request, it) => Buffer.concat([it.lie(request), Buffer.of(0)]),
    counted: 'malformed',
  },
  { name: 'that is no SNMP', forge: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), counted: 'malformed' },
  { name: 'without octets', forge: () => Buffer.alloc(0), counted: 'malformed' },
];
const report = (messageId: number) => encodeReportV3({ messageId, boots: 1, timeS: 1, stat: 3 });

export function repliesSuite(test: LabTest, { version, host }: Way, adapter: Adapter): void {
  const credentials: SnmpCredentials = { version: version === '1' ? '1' : '2c', community: 'public' };
  const { objects, oids, exact } = tableFor(version);
  const asked = oids.slice(0, 3);
  const truth = { ok: true, partial: false, varbinds: exact.slice(0, 3) };
  const targetOf = (port: number, change: Partial<SnmpTarget> = {}): SnmpTarget => ({
    address: host,
    port,
    timeoutMs: 3_000,
    retries: 0,
    credentials,
    ...change,
  });

  test('of an honest device are counted as sent and received', async ({ lab }) => {
    const { transport, target } = await lab.place({ change: { timeoutMs: 3_000, retries: 0 } });
    expect(Object.values(transport.counts()).every((count) => count === 0)).toBe(true);
    await transport.get(target, asked, ask());
    const before = transport.counts();
    expect(await transport.get(target, oids, ask())).toMatchObject({ ok: true });
    const after = transport.counts();
    expect([after.sent - before.sent, after.received - before.received]).toEqual([3, 3]);
    expect(after).toMatchObject({ resent: 0, foreign: 0, wrongCommunity: 0, late: 0, malformed: 0 });
  });

  test('that come twice change nothing, and the second is counted as late', async ({ lab }) => {
    const { agent, transport, target } = await lab.place();
    agent.behaviour = {
      respond: (reply, _request, send) => {
        send(reply);
        send(reply);
      },
    };
    for (let i = 0; i < 3; i++) expect(await transport.get(target, asked, ask())).toMatchObject(truth);
    // The last one's double may still be on its way.
    expect(transport.counts().late).toBeGreaterThanOrEqual(2);
  });

  test('that come late change nothing, and are counted', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({ change: { retries: 0 } });
    await transport.get(target, asked, ask());
    agent.behaviour = { delayMs: 120, varbinds: (list) => list.map(([oid]) => [oid, { type: 'counter32', value: 666 }]) };
    expect(await transport.get({ ...target, timeoutMs: 40 }, asked, ask())).toMatchObject({ ok: false, cause: 'timeout' });
    agent.behaviour = { delayMs: 150 };
    expect(await transport.get({ ...target, timeoutMs: 5_000 }, asked, ask())).toMatchObject(truth);
    // Where a failure closes the device's socket, its kernel drops what comes late.
    expect(transport.counts().late).toBe(adapter.connected ? 0 : 1);
  });

  test('of a first try are used when they come during the second, or the second is', async ({ lab }) => {
    let n = 0;
    const { transport, target } = await lab.place({
      behaviour: { delayMs: () => (n++ === 0 ? 1_200 : 100) },
      change: { timeoutMs: 1_000, retries: 1 },
    });
    expect(await transport.get(target, asked, ask())).toMatchObject(truth);
  });

  test('that overtake each other land where they belong', async ({ lab }) => {
    let n = 0;
    const { transport, target } = await lab.place({
      behaviour: { delayMs: () => [60, 0, 30, 10, 50][n++ % 5] ?? 0 },
      change: { timeoutMs: 2_000 },
    });
    const outcomes = await Promise.all(oids.slice(0, 10).map((oid) => transport.get(target, [oid], ask())));
    outcomes.forEach((outcome, i) => expect(outcome).toMatchObject({ ok: true, varbinds: [exact[i]] }));
  });

  // Forged replies of version 3 need keys, or are of no version; the hostile suite has them.
  if (version === '3') return;

  describe('that are forged', () => {
    const forgeries = FORGERIES.filter(({ from }) => host === '127.0.0.1' || from !== 'another address');
    test.for(forgeries)('$name: counted as $counted, and the true one lands', async ({ forge, from, counted }, { lab }) => {
      const it = lab.keep(await startImpostor(objects, host));
      const transport = lab.transport();
      // By now it knows the device, and asks it as it asks most of a fleet.
      expect(await transport.get(targetOf(it.port), asked, ask())).toMatchObject(truth);
      it.answer = (request, send) => {
        send(forge(request, it), from);
        setTimeout(() => send(it.truth(request)), TRUTH_AFTER_MS);
      };
      expect(await transport.get(targetOf(it.port), asked, ask())).toMatchObject(truth);
      const unseen = counted === 'foreign' && adapter.connected;
      const counts = { sent: 2, received: unseen ? 2 : 3, foreign: 0, wrongCommunity: 0, late: 0, malformed: 0 };
      expect(transport.counts()).toMatchObject({ ...counts, ...(!unseen && { [counted]: 1 }) });
    });

    test.for(forgeries)('$name, and nothing else: no answer is made of it', async ({ forge, from, counted }, { lab }) => {
      const it = lab.keep(await startImpostor(objects, host));
      it.answer = (request, send) => send(forge(request, it), from);
      const outcome = await lab.transport().get(targetOf(it.port, { timeoutMs: 60 }), asked, ask());
      expect(outcome.ok).toBe(false);
      // A stranger's datagrams say nothing about the device; its own say that it is a bad one.
      if (counted === 'foreign') expect(outcome).toMatchObject({ trouble: 'no answer' });
    });

    test('a hundred at once do not keep the true one out', async ({ lab }) => {
      const it = lab.keep(await startImpostor(objects, host));
      const transport = lab.transport();
      it.answer = (request, send) => {
        for (let i = 0; i < 100; i++) {
          const one = forgeries[i % forgeries.length];
          if (one) send(one.forge(request, it), one.from);
        }
        setTimeout(() => send(it.truth(request)), TRUTH_AFTER_MS);
      };
      for (let i = 0; i < 3; i++) expect(await transport.get(targetOf(it.port), asked, ask())).toMatchObject(truth);
    });

    test('by another device that is asked at the same time: each keeps to its own', async ({ lab }) => {
      const [one, two] = [lab.keep(await startImpostor(objects, host)), lab.keep(await startImpostor(objects, host))];
      const transport = lab.transport();
      // The second knows the request id and the community of the first's question, and answers it.
      one.answer = (request, send) => {
        two.say(two.lie(request));
        setTimeout(() => send(one.truth(request)), TRUTH_AFTER_MS);
      };
      two.answer = (request, send) => {
        setTimeout(() => send(two.truth(request)), 2 * TRUTH_AFTER_MS);
      };
      const second = transport.get(targetOf(two.port), asked, ask());
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await transport.get(targetOf(one.port), asked, ask())).toMatchObject(truth);
      expect(await second).toMatchObject(truth);
    });
  });
}
