/** An agent whose answers come late, twice, in another order, or among those of others: the samples are the same all the same. */
import { afterEach, describe, expect, test } from 'vitest';
import { encodeMessage, PDU, type AgentMessage } from '../../../demo/agents/ber.ts';
import type { Behaviour } from '../../../demo/agents/scripted-agent.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { INTERVAL_MS, port, startBench, type Bench, type Port } from './device.ts';

let bench: Bench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

const PORTS = 20;
const ports = (): Port[] =>
  Array.from({ length: PORTS }, (_, i) =>
    port({ index: i + 1, name: `eth${i}`, descr: `eth${i}`, octets: BigInt(1_000_000 * (i + 1)) }),
  );
/** The same answer with counters that would be a great peak. */
const forged = (request: AgentMessage, change: Partial<AgentMessage> = {}) => {
  const varbinds = request.varbinds.map(([oid]) => [oid, { type: 'counter64', value: 2n ** 50n }] as const);
  return encodeMessage({ ...request, pdu: PDU.response, status: 0, index: 0, varbinds, ...change });
};

const habits: readonly [string, Behaviour, NonNullable<Parameters<typeof startBench>[2]>['change']?][] = [
  [
    'twice',
    {
      respond: (reply, _request, send) => {
        send(reply);
        send(reply);
      },
    },
  ],
  ['late, but within its time', { delayMs: 30 }],
  ['in another order than asked', { delayMs: ({ varbinds }) => (varbinds.some(([oid]) => oid.endsWith('.20')) ? 0 : 25) }],
  ['after a forged one from another port', { respond: after((request) => forged(request), 'elsewhere') }],
  ['after one under another community', { respond: after((request) => forged(request, { community: 'private' })) }],
  ['after one with another id', { respond: after((request) => forged(request, { requestId: request.requestId ^ 0x100 })) }],
  ['after one of another version', { respond: after((request) => forged(request, { version: 0 })) }],
  [
    'after one with its objects exchanged',
    { respond: after((request) => forged(request, { varbinds: [...request.varbinds].reverse() })) },
  ],
  ['after one that is cut off', { respond: after((_request, reply) => reply.subarray(0, -3)) }],
];
function after(
  other: (request: AgentMessage, reply: Buffer) => Uint8Array,
  from?: 'elsewhere',
): NonNullable<Behaviour['respond']> {
  return (reply, request, send) => {
    send(other(request, reply), from);
    send(reply);
  };
}

describe.each(ADAPTERS)('answers that come otherwise: $name', (adapter) => {
  test.each(habits)('%s', async (_name, behaviour) => {
    const device = (bench = await startBench(adapter, ports(), { change: { timeoutMs: 2_000 } }));
    const plan = await device.discover();
    device.agent.behaviour = behaviour;
    await device.poll(plan);
    for (let poll = 0; poll < 5; poll++) {
      device.pass(INTERVAL_MS);
      device.ports.forEach((one, i) => (one.octets += BigInt(7_500 * (i + 1))));
      const { outcome, of } = await device.poll(plan);
      expect(outcome).toMatchObject({ ok: true, partial: false, stalePlan: false });
      expect(device.ports.map(({ name }) => of(name ?? ''))).toEqual(device.ports.map((_, i) => 1_000 * (i + 1)));
    }
  });

  test('after their time: a gap, and what comes then is counted as nothing', async () => {
    const device = (bench = await startBench(adapter, ports(), { change: { timeoutMs: 250, retries: 0 } }));
    const plan = await device.discover();
    await device.poll(plan);
    const flow = () => {
      device.pass(INTERVAL_MS);
      device.ports.forEach((one, i) => (one.octets += BigInt(7_500 * (i + 1))));
    };
    flow();
    expect((await device.poll(plan)).sample).toBe(1_000);
    device.agent.behaviour = { delayMs: 400 };
    flow();
    expect((await device.poll(plan)).sample).toBe('timeout');
    device.agent.behaviour = {};
    // The late answers arrive among those of the next poll.
    flow();
    const { of } = await device.poll(plan);
    expect(device.ports.map(({ name }) => of(name ?? ''))).toEqual(device.ports.map((_, i) => 1_000 * (i + 1)));
  });

  test('from an agent that lies about everything in turn: a gap or the truth, never a peak', async () => {
    const device = (bench = await startBench(adapter, ports(), { change: { timeoutMs: 250, retries: 0 } }));
    const plan = await device.discover();
    await device.poll(plan);
    for (const [, behaviour] of [...habits, ...habits]) {
      device.agent.behaviour = behaviour;
      device.pass(INTERVAL_MS);
      device.ports.forEach((one, i) => (one.octets += BigInt(7_500 * (i + 1))));
      const { of } = await device.poll(plan);
      device.ports.forEach(({ name }, i) => {
        const sample = of(name ?? '');
        if (typeof sample === 'number') expect({ name, sample }).toEqual({ name, sample: 1_000 * (i + 1) });
      });
    }
  });
});
