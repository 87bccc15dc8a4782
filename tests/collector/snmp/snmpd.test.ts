/** The whole SNMP source against the real net-snmp agent, compared with what snmpget says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { ABSENT, COUNTER64, GAUGE, type Plan, type Readings } from '../../../core/readings.ts';
import { createNetSnmpTransport } from '../../../collector/snmp/net-snmp.ts';
import { loadProfiles } from '../../../collector/snmp/profile.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import type { Target } from '../../../collector/source.ts';
import { asking, realClock, snmpTarget } from '../../agents/asking.ts';
import { startSnmpd, type Snmpd } from '../../agents/snmpd.ts';
import { realPart } from '../../real-parts.ts';

const PROFILES = loadProfiles([join(import.meta.dirname, '../../../collector/profiles')]);
const installed = realPart('snmpd') !== null && realPart('snmpget') !== null;

describe.skipIf(!installed)('real snmpd', () => {
  let agent: Snmpd;
  const source = createSnmpSource({ transport: createNetSnmpTransport(), profiles: PROFILES });
  const v3 = { version: '3', user: 'strong', auth: 'sha256', priv: 'aes' } as const;
  const keys = { authKey: 'authentic-pass', privKey: 'private-pass' };

  beforeAll(async () => {
    agent = await startSnmpd({
      users: [
        { name: 'strong', auth: 'SHA-256', authKey: keys.authKey, priv: 'AES', privKey: keys.privKey },
        { name: 'older', auth: 'SHA', authKey: keys.authKey, priv: 'AES', privKey: keys.privKey },
        { name: 'plain', auth: 'SHA-512', authKey: keys.authKey },
      ],
      lines: ['view nothing included .1.3.6.1.4.1.99999', 'rocommunity blind 127.0.0.1 -V nothing'],
    });
  });
  afterAll(async () => {
    await source.close();
    await agent.close();
  });

  const discover = async (target: Target): Promise<Plan> => {
    const plan = await source.discover(target, asking());
    if (!plan.ok) throw new Error(plan.text);
    return plan;
  };
  const poll = async (target: Target, plan: Plan): Promise<Readings> => {
    const readings = await source.poll(target, plan, asking());
    if (!readings.ok) throw new Error(readings.text);
    return readings;
  };
  const column = (plan: Plan, key: string, metric: string) => {
    const at = plan.columns.findIndex((entry) => entry.key === key && entry.metric === metric);
    if (at < 0) throw new Error(`no column ${key} ${metric}`);
    return at;
  };

  const ways = [
    { way: 'SNMPv2c', change: {}, secret: { community: 'public' }, args: ['-v2c', '-c', 'public'] },
    {
      way: 'SNMPv3 SHA-256 AES',
      change: v3,
      secret: keys,
      args: ['-v3', '-l', 'authPriv', '-u', 'strong', '-a', 'SHA-256', '-A', keys.authKey, '-x', 'AES', '-X', keys.privKey],
    },
    {
      way: 'SNMPv3 SHA AES',
      change: { version: '3', user: 'older', auth: 'sha', priv: 'aes' },
      secret: keys,
      args: ['-v3', '-l', 'authPriv', '-u', 'older', '-a', 'SHA', '-A', keys.authKey, '-x', 'AES', '-X', keys.privKey],
    },
  ] as const;

  test.each(ways)('$way: discovery and two polls say what snmpget says', async ({ way, change, secret, args }) => {
    const target = snmpTarget(agent.port, { ...change, timeoutMs: 2_000 }, secret);
    const plan = await discover(target);
    expect(plan.facts).toMatchObject({
      sysName: 'saguaro-test',
      sysLocation: 'loopback',
      sysObjectId: '1.3.6.1.4.1.8072.3.2.10',
    });
    expect([...new Set(plan.instances.map((instance) => instance.kind))]).toEqual(
      expect.arrayContaining(['interface', 'load', 'cpu', 'memory', 'disk', 'system']),
    );
    expect(plan.instances.find((instance) => instance.key === 'lo')).toMatchObject({ kind: 'interface', name: 'lo' });

    // lo has the lowest index of Linux; its counters stand still between our own packets only on the same side.
    const octets = '1.3.6.1.2.1.31.1.1.1.6.1';
    const steady = ['1.3.6.1.4.1.2021.4.5.0', '1.3.6.1.2.1.2.2.1.8.1'];
    const [before = '', memKib = '', oper = ''] = await agent.get(args, [octets, ...steady]);
    const first = await poll(target, plan);
    await realClock.sleep(300);
    const second = await poll(target, plan);
    const [after = ''] = await agent.get(args, [octets]);

    const inBps = column(plan, 'lo', 'interface.in_bps');
    expect(second.state[inBps]).toBe(COUNTER64);
    for (const readings of [first, second]) {
      expect(readings.counter[inBps]).toBeGreaterThanOrEqual(BigInt(before));
      expect(readings.counter[inBps]).toBeLessThanOrEqual(BigInt(after));
    }
    const size = column(plan, 'memory', 'memory.size_bytes');
    expect((second.gauge[size] ?? 0) * (plan.columns[size]?.scale ?? 0)).toBe(Number(memKib) * 1024);
    const up = column(plan, 'lo', 'interface.oper_up');
    expect(second.gauge[up]).toBe(oper === '1' ? 1 : 0);
    const load = column(plan, 'load', 'load.one');
    expect(second.state[load]).toBe(GAUGE);
    expect([...second.state].filter((state) => state === ABSENT)).toHaveLength(0);

    const ticks = (second.moment.upTicks ?? 0) - (first.moment.upTicks ?? 0);
    const elapsedMs = second.moment.monoMs - first.moment.monoMs;
    expect(Math.abs(ticks * 10 - elapsedMs)).toBeLessThan(200);
    expect(second.stalePlan).toBe(false);
    expect(second.doubts.size).toBe(0);
    if (way === 'SNMPv2c') expect(second.moment.engineTimeS).toBeNull();
    else expect(second.moment).toMatchObject({ engineBoots: 1, engineTimeS: expect.any(Number) as number });
  });

  test('disks are those of df, without pseudo filesystems', async () => {
    const plan = await discover(snmpTarget(agent.port));
    const disks = plan.instances.filter((instance) => instance.kind === 'disk').map((instance) => instance.key);
    expect(disks).toContain('/');
    expect(disks.filter((key) => /^\/(proc|sys|dev|run)(\/|$)/.test(key))).toEqual([]);
  });

  const wrongs = [
    ['wrong community', {}, { community: 'wrong' }, 'access denied', /An SNMP agent answers at .*, but not to this community/],
    ['empty view', {}, { community: 'blind' }, 'access denied', /denies access to these objects/],
    ['unknown user', { ...v3, user: 'nobody' }, keys, 'access denied', /The SNMPv3 user "nobody" is unknown/],
    [
      'wrong auth key',
      v3,
      { ...keys, authKey: 'not-the-pass' },
      'access denied',
      /The authentication key or protocol of SNMPv3 user "strong"/,
    ],
    ['wrong auth protocol', { ...v3, auth: 'sha' }, keys, 'access denied', /The authentication key or protocol/],
    [
      'wrong priv key',
      v3,
      { ...keys, privKey: 'not-the-pass' },
      'access denied',
      /The privacy key or protocol of SNMPv3 user "strong"/,
    ],
    ['no privacy', { ...v3, priv: null }, keys, 'access denied', /security level/],
    ['privacy unknown', { version: '3', user: 'plain', auth: 'sha512', priv: 'aes' }, keys, 'access denied', /security level/],
    ['no keys', v3, {}, 'access denied', /the authentication key is missing/],
  ] as const;
  test.each(wrongs)('%s is told in one sentence', async (_name, change, secret, cause, text) => {
    const outcome = await source.discover(snmpTarget(agent.port, { ...change, retries: 0 }, secret), asking());
    expect(outcome).toMatchObject({ ok: false, cause });
    expect(!outcome.ok && outcome.text).toMatch(text);
    expect(!outcome.ok && outcome.text).not.toContain('not-the-pass');
  });

  test('SNMPv1 gives the same instances with 32-bit counters, and says so', async () => {
    const plan = await discover(snmpTarget(agent.port, { version: '1' }));
    expect(plan.instances.map((instance) => instance.key)).toContain('lo');
    expect(plan.notes.join(' ')).toMatch(/32-bit counters only on lo/);
  });
});
