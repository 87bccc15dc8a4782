import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../collector/clock.ts';
import { isTarget, parsePing } from '../../../collector/ping/output.ts';
import { createPingSource } from '../../../collector/ping/ping.ts';
import type { Asking, Target } from '../../../collector/source.ts';
import { ABSENT, GAUGE, type Plan } from '../../../core/readings.ts';
import { NO_FACTS } from '../../../core/model.ts';
import { realPart } from '../../real-parts.ts';

const clock = createSystemClock();
const asking = (signal = AbortSignal.timeout(15_000)): Asking => ({ clock, epoch: 'test', signal });
const target = (address: string): Target => ({ address, spec: { type: 'ping' }, secret: null });
const columns = (['ping.loss_ratio', 'ping.rtt_ms'] as const).map(
  (metric) => ({ kind: 'ping', key: 'ping', metric, unit: 'ratio', form: 'gauge', scale: 1 }) as const,
);
const PLAN: Plan = { facts: NO_FACTS, instances: [], columns, covers: [], notes: [], route: null };

describe('targets', () => {
  it.each(['127.0.0.1', '::1', 'fe80::1%eth0', 'web1', 'web1.example.org', 'web1.example.org.', 'under_score.local', '10.0.0.1'])(
    '%s may be pinged',
    (text) => {
      expect(isTarget(text)).toBe(true);
    },
  );
  it.each([
    '',
    '-f',
    '-h 1',
    '--help',
    'a b',
    'a;reboot',
    '$(id)',
    '`id`',
    'a|b',
    'a\nb',
    'a\0b',
    'x'.repeat(300),
    'a..b',
    '.a',
    'ü.example',
    'fe80::1%-f x',
    '1.2.3.4%eth0',
    'host/24',
    'a-.b',
  ])('%j may not', (text) => {
    expect(isTarget(text)).toBe(false);
  });
  it('nothing that passes could be an option or hold a character a shell knows', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        if (isTarget(text)) expect(text).toMatch(/^[A-Za-z0-9_:][A-Za-z0-9_:.%-]*$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what ping says', () => {
  const table: [name: string, text: string, expected: ReturnType<typeof parsePing>][] = [
    [
      'iputils',
      '3 packets transmitted, 3 received, 0% packet loss, time 403ms\nrtt min/avg/max/mdev = 0.041/0.159/0.394/0.166 ms\n',
      { ok: true, lossRatio: 0, rttMs: 0.159 },
    ],
    [
      'one of three lost',
      '3 packets transmitted, 2 received, 33.3333% packet loss, time 403ms\nrtt min/avg/max/mdev = 1.0/2.5/3.0/0.1 ms\n',
      { ok: true, lossRatio: 1 / 3, rttMs: 2.5 },
    ],
    ['all lost', '3 packets transmitted, 0 received, 100% packet loss, time 2050ms\n\n', { ok: true, lossRatio: 1, rttMs: null }],
    [
      'errors from a router',
      '3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2050ms\npipe 3\n',
      { ok: true, lossRatio: 1, rttMs: null },
    ],
    [
      'duplicates',
      '3 packets transmitted, 3 received, +2 duplicates, 0% packet loss, time 9ms\nrtt min/avg/max/mdev = 1/2/3/0 ms\n',
      { ok: true, lossRatio: 0, rttMs: 2 },
    ],
    [
      'BusyBox',
      '3 packets transmitted, 3 packets received, 0% packet loss\nround-trip min/avg/max = 0.052/0.060/0.070 ms\n',
      { ok: true, lossRatio: 0, rttMs: 0.06 },
    ],
    [
      'macOS',
      '3 packets transmitted, 3 packets received, 0.0% packet loss\nround-trip min/avg/max/stddev = 0.052/0.060/0.070/0.01 ms\n',
      { ok: true, lossRatio: 0, rttMs: 0.06 },
    ],
    ['nothing sent', '0 packets transmitted, 0 received\n', null],
    ['nothing at all', '', null],
  ];
  it.each(table)('%s', (_name, text, expected) => {
    expect(parsePing(text)).toEqual(
      expected === null ? null : { ...expected, lossRatio: expect.closeTo(expected.lossRatio, 9) as number },
    );
  });
});

const PING = realPart('ping');

describe('the program of this machine', () => {
  it.skipIf(PING === null)('pings loopback', async () => {
    const source = createPingSource({ program: PING ?? '' });
    const found = await source.discover(target('127.0.0.1'), asking());
    expect(found).toMatchObject({ ok: true, notes: [], covers: [] });
    if (!found.ok) return;
    const polled = await source.poll(target('127.0.0.1'), found, asking());
    if (!polled.ok) throw new Error(polled.text);
    expect([...polled.state]).toEqual([GAUGE, GAUGE]);
    expect(polled.gauge[0]).toBe(0);
    expect(polled.gauge[1]).toBeGreaterThan(0);
    expect(polled.gauge[1]).toBeLessThan(1000);
    expect(Math.abs(polled.moment.tMs - Date.now())).toBeLessThan(1000);
    await source.close();
  });

  it.each(['-c1', 'a b', 'x;y'])('refuses the target %j before any program runs', async (address) => {
    const outcome = await createPingSource({ program: '/nonexistent/ping' }).poll(target(address), PLAN, asking());
    expect(outcome).toMatchObject({ ok: false, cause: 'unreachable' });
    expect(outcome.ok ? '' : outcome.text).toMatch(/neither a host name nor an address/);
  });

  it('says what to do when there is no ping', async () => {
    const outcome = await createPingSource({ program: '/nonexistent/ping' }).poll(target('127.0.0.1'), PLAN, asking());
    expect(outcome).toEqual({
      ok: false,
      cause: 'no data',
      text: 'Cannot ping: the program "ping" is not installed; install iputils-ping.',
    });
  });
});

describe('a scripted program', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'saguaro-ping-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const OK = 'echo "3 packets transmitted, 3 received, 0% packet loss"; echo "rtt min/avg/max/mdev = 1/2/3/0 ms"';
  const LOST = 'echo "3 packets transmitted, 0 received, 100% packet loss"; exit 1';
  let n = 0;
  /** The last argument decides, the call is noted. */
  const script = (cases: string) => {
    const path = join(folder, `ping${String(n++)}`);
    writeFileSync(path, `#!/bin/sh\necho "$*" >> "${path}.log"\nfor last; do :; done\ncase "$last" in\n${cases}\nesac\n`);
    chmodSync(path, 0o755);
    return { path, calls: () => readFileSync(`${path}.log`, 'utf8').trim().split('\n') };
  };

  it('every packet lost is loss 1, a reading and not a failure', async () => {
    const { path, calls } = script(`127.0.0.1) ${OK};;\n*) ${LOST};;`);
    const source = createPingSource({ program: path });
    const found = await source.discover(target('192.0.2.1'), asking());
    expect(found).toMatchObject({ ok: true, notes: ['Does not answer ping now.'] });
    const polled = await source.poll(target('192.0.2.1'), PLAN, asking());
    if (!polled.ok) throw new Error(polled.text);
    expect([polled.gauge[0], [...polled.state]]).toEqual([1, [GAUGE, ABSENT]]);
    // The self-test ran once, and the target always follows "--".
    expect(calls()).toHaveLength(3);
    for (const call of calls()) expect(call).toMatch(/^-n -q -c 3 -i 0\.2 -W \d+ -- [0-9.]+$/);
  });

  it('where not even loopback answers, loss is unknown', async () => {
    const { path } = script(`*) ${LOST};;`);
    const outcome = await createPingSource({ program: path }).poll(target('192.0.2.1'), PLAN, asking());
    expect(outcome).toMatchObject({ ok: false, cause: 'no data' });
    expect(outcome.ok ? '' : outcome.text).toMatch(/^Cannot ping: even this machine itself/);
  });

  it.each([
    ['ping: nosuch.invalid: Name or service not known', 'unreachable', /cannot be resolved/],
    ['ping: connect: Network is unreachable', 'unreachable', /no route/i],
    ['ping: socket: Operation not permitted', 'no data', /^Cannot ping: ping: socket/],
  ])('%s', async (stderr, cause, text) => {
    const { path } = script(`127.0.0.1) ${OK};;\n*) echo "${stderr}" >&2; exit 2;;`);
    const outcome = await createPingSource({ program: path }).poll(target('nosuch.invalid'), PLAN, asking());
    expect(outcome).toMatchObject({ ok: false, cause });
    expect(outcome.ok ? '' : outcome.text).toMatch(text);
  });

  it('a program that hangs is ended with the signal', async () => {
    const { path } = script(`127.0.0.1) ${OK};;\n*) exec sleep 30;;`);
    const fromMs = clock.monoMs();
    const outcome = await createPingSource({ program: path }).poll(target('192.0.2.1'), PLAN, asking(AbortSignal.timeout(300)));
    expect(outcome).toMatchObject({ ok: false, cause: 'no data' });
    expect(clock.monoMs() - fromMs).toBeLessThan(5_000);
  });
});
