/** The whole SNMP source against the real net-snmp agent, compared with what snmpget says. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { ABSENT, COUNTER32, COUNTER64, GAUGE, type Plan, type Readings } from '../../../core/readings.ts';
import { loadProfiles } from '../../../collector/snmp/profile.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import type { Source, Target } from '../../../collector/source.ts';
import type { SnmpCredentials, SnmpTransport, Varbind } from '../../../collector/snmp/transport.ts';
import { ADAPTERS } from '../../agents/adapters.ts';
import { asking, realClock, snmpTarget } from '../../agents/asking.ts';
import { startSnmpd, type Snmpd } from '../../agents/snmpd.ts';
import { realPart } from '../../real-parts.ts';

const PROFILES = loadProfiles([join(import.meta.dirname, '../../../collector/profiles')]);
const installed = realPart('snmpd') !== null && realPart('snmpget') !== null;

const v3 = { version: '3', user: 'strong', auth: 'sha256', priv: 'aes' } as const;
const keys = { authKey: 'authentic-pass', privKey: 'private-pass' };
const strong = ['-v3', '-l', 'authPriv', '-u', 'strong', '-a', 'SHA-256', '-A', keys.authKey, '-x', 'AES', '-X', keys.privKey];
const older = ['-v3', '-l', 'authPriv', '-u', 'older', '-a', 'SHA', '-A', keys.authKey, '-x', 'AES', '-X', keys.privKey];
const ways = [
  { way: 'SNMPv1', change: { version: '1' }, secret: { community: 'public' }, args: ['-v1', '-c', 'public'] },
  { way: 'SNMPv2c', change: {}, secret: { community: 'public' }, args: ['-v2c', '-c', 'public'] },
  { way: 'SNMPv3 SHA-256 AES', change: v3, secret: keys, args: strong },
  { way: 'SNMPv3 SHA AES', change: { version: '3', user: 'older', auth: 'sha', priv: 'aes' }, secret: keys, args: older },
] as const;

let agent: Snmpd;
beforeAll(async () => {
  if (!installed) return;
  agent = await startSnmpd({
    users: [
      { name: 'strong', auth: 'SHA-256', authKey: keys.authKey, priv: 'AES', privKey: keys.privKey },
      { name: 'older', auth: 'SHA', authKey: keys.authKey, priv: 'AES', privKey: keys.privKey },
      { name: 'plain', auth: 'SHA-512', authKey: keys.authKey },
    ],
    lines: ['view nothing included .1.3.6.1.4.1.99999', 'rocommunity blind 127.0.0.1 -V nothing'],
  });
});
afterAll(() => agent?.close());

describe.skipIf(!installed).each(ADAPTERS)('real snmpd by $name', (adapter) => {
  let transport: SnmpTransport;
  let source: Source;
  beforeAll(() => {
    transport = adapter.create();
    source = createSnmpSource({ transport, profiles: PROFILES });
  });
  afterAll(() => source.close());

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
    const narrow = way === 'SNMPv1';
    const octets = narrow ? '1.3.6.1.2.1.2.2.1.10.1' : '1.3.6.1.2.1.31.1.1.1.6.1';
    const steady = ['1.3.6.1.4.1.2021.4.5.0', '1.3.6.1.2.1.2.2.1.8.1'];
    const [before = '', memKib = '', oper = ''] = await agent.get(args, [octets, ...steady]);
    const first = await poll(target, plan);
    await realClock.sleep(300);
    const second = await poll(target, plan);
    const [after = ''] = await agent.get(args, [octets]);

    const inBps = column(plan, 'lo', 'interface.in_bps');
    expect(second.state[inBps]).toBe(narrow ? COUNTER32 : COUNTER64);
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
    if (!way.startsWith('SNMPv3')) expect(second.moment.engineTimeS).toBeNull();
    else expect(second.moment).toMatchObject({ engineBoots: 1, engineTimeS: expect.any(Number) as number });
  });

  const subtrees = [
    '1.3.6.1.2.1.1',
    '1.3.6.1.2.1.2.2',
    '1.3.6.1.2.1.4.20',
    '1.3.6.1.2.1.25.2.3',
    '1.3.6.1.2.1.31.1.1',
    '1.3.6.1.4.1.2021.4',
    '1.3.6.1.4.1.2021.10',
    '1.3.6.1.4.1.2021.11',
  ];
  test.each(ways)('$way: walks say what snmpbulkwalk says, object by object', async ({ change, secret }) => {
    const target = snmpTarget(agent.port, { ...change, timeoutMs: 2_000 }, secret);
    const { address, spec } = target;
    if (spec.type !== 'snmp') throw new Error('it is asked over SNMP');
    const credentials: SnmpCredentials =
      spec.version === '3'
        ? {
            version: '3',
            user: spec.user ?? '',
            auth: { protocol: spec.auth ?? 'sha', key: keys.authKey },
            priv: { protocol: spec.priv ?? 'aes', key: keys.privKey },
          }
        : { version: spec.version, community: 'public' };
    let compared = 0;
    for (const root of subtrees) {
      const before = await spoken(root);
      const limits = { maxRows: 5_000, deadlineMs: 10_000 };
      const walk = await transport.walk(
        { address, port: spec.port, timeoutMs: 2_000, retries: 1, credentials },
        root,
        limits,
        asking(),
      );
      const after = await spoken(root);
      if (!walk.ok) throw new Error(walk.text);
      expect(walk).toMatchObject({ complete: true, note: '' });
      // SNMPv1 has no 64-bit counters: an agent leaves those objects out.
      const expected = [...before.keys()].filter((oid) => spec.version !== '1' || !isWide(oid));
      expect(walk.varbinds.map(({ oid }) => oid)).toEqual(expected);
      for (const varbind of walk.varbinds) {
        const [early = '', late = ''] = [before.get(varbind.oid), after.get(varbind.oid)];
        const said = textOf(varbind);
        compared++;
        if (moves(varbind.oid)) expect(said).toMatch(/^-?\d+(\.\d+)?$|^[\da-f]*$/);
        else if (early === late) expect({ oid: varbind.oid, said }).toEqual({ oid: varbind.oid, said: early });
        else if (varbind.type.startsWith('counter') || varbind.type === 'timeticks') {
          expect(BigInt(said)).toBeGreaterThanOrEqual(BigInt(early));
          expect(BigInt(said)).toBeLessThanOrEqual(BigInt(late));
        } else throw new Error(`${varbind.oid} moved from ${early} to ${late} and is no counter`);
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  /** The values of a subtree as snmpbulkwalk says them, by OID: numbers as they are, texts in hex. */
  async function spoken(root: string): Promise<Map<string, string>> {
    const lines = await agent.walk(['-v2c', '-c', 'public'], root);
    const values = new Map<string, string>();
    let oid = '';
    for (const line of lines) {
      // Long texts go on in the next line.
      const begin = /^\.([\d.]+) (.*)$/.exec(line);
      oid = begin?.[1] ?? oid;
      values.set(oid, (values.get(oid) ?? '') + (begin?.[2] ?? line));
    }
    return new Map(
      [...values].map(([name, value]) => {
        const text = /^"([^"]*)" ?$/.exec(value)?.[1];
        return [name, text === undefined ? value.replace(/^\./, '') : text.replaceAll(' ', '').toLowerCase()];
      }),
    );
  }

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

/** A value as snmpbulkwalk writes it. */
function textOf(varbind: Varbind): string {
  if (!(varbind.value instanceof Uint8Array)) return String(varbind.value);
  const octets = Buffer.from(varbind.value);
  // Loads as floating point numbers come wrapped: RFC 2578 has no type for them.
  const float = varbind.type === 'opaque' && octets.subarray(0, 3).equals(Buffer.of(0x9f, 0x78, 4));
  return float ? octets.readFloatBE(3).toFixed(6) : octets.toString('hex');
}

/** Levels that go up and down while we look: memory, loads, what is used of storage. */
function moves(oid: string): boolean {
  return /^1\.3\.6\.1\.4\.1\.2021\.(4|10|11\.([1-9]|1[01]))\.|^1\.3\.6\.1\.2\.1\.25\.2\.3\.1\.[56]\./.test(oid);
}

/** The 64-bit columns of ifXTable, and those of net-snmp's memory. */
function isWide(oid: string): boolean {
  return /^1\.3\.6\.1\.2\.1\.31\.1\.1\.1\.(6|7|8|9|10|11|12|13)\.|^1\.3\.6\.1\.4\.1\.2021\.4\.(1[89]|2[0-7])\./.test(oid);
}
