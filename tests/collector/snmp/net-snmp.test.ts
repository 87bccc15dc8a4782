/** What only the transport on npm net-snmp does; what every transport must do is in tests/contracts. */
import { afterEach, expect, test } from 'vitest';
import { createNetSnmpTransport } from '../../../collector/snmp/net-snmp.ts';
import type { SnmpTarget } from '../../../collector/snmp/transport.ts';
import { startScriptedAgent } from '../../../demo/agents/scripted-agent.ts';
import { asking } from '../../agents/asking.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((part) => part.close()));
});

test('requests of one device wait for each other, those of others do not', async () => {
  const oid = '1.3.6.1.4.1.99999.7.1';
  const objects = new Map([[oid, { type: 'integer', value: 7 } as const]]);
  const [agent, other] = [
    await startScriptedAgent({ objects, behaviour: { delayMs: 80 } }),
    await startScriptedAgent({ objects }),
  ];
  const transport = createNetSnmpTransport();
  opened.push(transport, agent, other);
  const targetOf = (port: number): SnmpTarget => ({
    address: '127.0.0.1',
    port,
    timeoutMs: 2_000,
    retries: 1,
    credentials: { version: '2c', community: 'public' },
  });
  const order: string[] = [];
  await Promise.all([
    transport.get(targetOf(agent.port), [oid], asking()).then(() => order.push('first')),
    transport.get(targetOf(agent.port), [oid], asking()).then(() => order.push('second')),
    transport.get(targetOf(other.port), [oid], asking()).then(() => order.push('other')),
  ]);
  expect(order).toEqual(['other', 'first', 'second']);
  expect(agent.received()).toBe(2);
});
