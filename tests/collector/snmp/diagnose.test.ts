/** What a person is told when a device cannot be asked. The cases of a real agent are in snmpd.test.ts. */
import dgram from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import type { SnmpSource } from '../../../core/model.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { asking, snmpTarget } from '../../agents/asking.ts';
import { startScriptedAgent, type ScriptedAgent } from '../../../demo/agents/scripted-agent.ts';
import { simulatedHost } from '../../agents/simulated-host.ts';
import { PROFILES } from './device.ts';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((part) => part.close()));
});
async function agent(options: Partial<Parameters<typeof startScriptedAgent>[0]> = {}): Promise<ScriptedAgent> {
  const started = await startScriptedAgent({ objects: simulatedHost({ interfaces: 1, seed: 1 }).objects, ...options });
  opened.push(started);
  return started;
}

describe.each(ADAPTERS)('$name', (adapter) => {
  const tell = async (port: number, change: Partial<SnmpSource> = {}, address = '127.0.0.1', community = 'public') => {
    const source = createSnmpSource({ transport: adapter.create(), profiles: PROFILES });
    opened.push(source);
    const target = { ...snmpTarget(port, { timeoutMs: 150, retries: 0, ...change }, { community }), address };
    const outcome = await source.discover(target, asking());
    if (outcome.ok) throw new Error('it answered');
    return outcome;
  };

  test('nothing listens: refused, at once', async () => {
    const gone = await agent();
    await opened.pop()?.close();
    const startMs = performance.now();
    expect(await tell(gone.port, { timeoutMs: 5_000 })).toMatchObject({
      cause: 'refused',
      text: expect.stringMatching(/refuses UDP port \d+: nothing listens there/) as string,
    });
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  test('no such name', async () => {
    expect(await tell(161, { timeoutMs: 5_000 }, 'no-such-host.invalid')).toMatchObject({
      cause: 'unreachable',
      text: expect.stringMatching(/^The name no-such-host\.invalid does not resolve/) as string,
    });
  });

  test('no route', async () => {
    // A link-local address without its link can be reached from nowhere.
    expect(await tell(161, {}, 'fe80::1')).toMatchObject({
      cause: 'unreachable',
      text: expect.stringMatching(/^There is no route to fe80::1/) as string,
    });
  });

  test('silence: every likely cause is named', async () => {
    const silent = await agent({ behaviour: { drop: () => true } });
    expect(await tell(silent.port)).toMatchObject({
      cause: 'timeout',
      text: expect.stringMatching(
        /^No answer from .*: wrong community, or no SNMP agent there, or a firewall drops the packets\.$/,
      ) as string,
    });
  });

  test('silence to SNMPv3', async () => {
    const silent = await agent({ behaviour: { drop: () => true } });
    expect(await tell(silent.port, { version: '3', user: 'somebody' })).toMatchObject({
      cause: 'timeout',
      text: expect.stringMatching(/no SNMPv3 agent listens there/) as string,
    });
  });

  test('an agent of another version', async () => {
    const old = await agent({ versions: [0] });
    expect(await tell(old.port)).toMatchObject({
      text: expect.stringMatching(/answers SNMPv1 but not SNMPv2c; use version 1\.$/) as string,
    });
  });

  test('something that is no SNMP agent', async () => {
    const echo = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    opened.push({ close: () => new Promise<void>((resolve) => echo.close(() => resolve())) });
    echo.on('message', (_datagram, from) => echo.send('HTTP/1.1 400 Bad Request\r\n\r\n', from.port, from.address));
    expect(await tell(echo.address().port)).toMatchObject({
      cause: 'bad reply',
      text: expect.stringMatching(/is not an SNMP agent/) as string,
    });
  });

  test('an agent that shows nothing', async () => {
    const empty = await agent({ objects: new Map() });
    expect(await tell(empty.port)).toMatchObject({
      cause: 'access denied',
      text: expect.stringMatching(/denies access to these objects/) as string,
    });
  });

  test('no sentence holds the community', async () => {
    const silent = await agent({ behaviour: { drop: () => true } });
    const told = await tell(silent.port, {}, '127.0.0.1', 'S3cret-community');
    expect(JSON.stringify(told)).not.toContain('S3cret');
  });
});
