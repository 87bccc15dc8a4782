/** The simulated devices of the poll benchmark do what their head comment says, and a benchmark without them says so. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAnswers, valueAt } from '../../collector/snmp/answers.ts';
import type { SnmpCredentials, SnmpTarget, SnmpTransport } from '../../collector/snmp/transport.ts';
import { COMMUNITY, V3 } from '../../bench/poll/client.ts';
import { addressOf, counterAt, counterOids, hostile, machineMs, valueAfter } from '../../bench/poll/fleet.ts';
import { openLab } from '../../bench/poll/lab.ts';
import { createTransport } from '../../bench/poll/ours-transport.ts';
import { buildResponder, compilerOf, startResponder, type Responder } from '../../bench/poll/programs.ts';
import { asking } from '../agents/asking.ts';
import { realPart } from '../real-parts.ts';

const V2C: SnmpCredentials = { version: '2c', community: COMMUNITY };
const IF_NAME = '1.3.6.1.2.1.31.1.1.1.1';
const SLOW_MS = 120;
const compiler = compilerOf();

if ('path' in compiler) testDevices(compiler.path);
else
  it('measures nothing without a compiler, and says why', async () => {
    expect(await openLab()).toEqual({ missing: expect.stringContaining('compiler') as string });
  });

function testDevices(path: string): void {
  let folder: string;
  let responder: Responder;
  let transport: SnmpTransport;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'saguaro-responder-'));
    const program = buildResponder(path, folder);
    responder = await startResponder(program, null, ['--slow-ms', String(SLOW_MS), '--most', '1472']);
    transport = createTransport();
  });
  afterAll(async () => {
    await transport.close();
    await responder.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const target = (address: string, credentials = V2C): SnmpTarget => ({
    address,
    port: responder.port,
    timeoutMs: 400,
    retries: 1,
    credentials,
  });
  /** Polls all counters; each that comes must be what the formula gives between asking and now. */
  const poll = async (to: SnmpTarget) => {
    const oids = counterOids();
    const sets = Array.from({ length: 10 }, (_, i) => oids.slice(48 * i, 48 * i + 48));
    const answers = createAnswers(oids.length);
    const fromMs = machineMs() - responder.startMs;
    const outcome = await transport.poll(to, { sets, rows: [] }, answers, asking());
    const untilMs = machineMs() - responder.startMs + 1;
    let known = 0;
    for (const slot of oids.keys()) {
      const { port, counter } = counterAt(slot);
      const found = valueAt(answers, slot);
      if (found.type === 'absent') continue;
      known++;
      const [least, most] = [fromMs, untilMs].map((ms) => valueAfter(to.address, port, counter, ms));
      expect(found.value, `${counter.column}.${port} of ${to.address}`).toBeGreaterThanOrEqual(least ?? 0n);
      expect(found.value, `${counter.column}.${port} of ${to.address}`).toBeLessThanOrEqual(most ?? 0n);
    }
    return { outcome, known };
  };

  it('count by the formula, by v2c and by v3', async () => {
    expect(await poll(target(addressOf('healthy', 300)))).toMatchObject({ outcome: { ok: true, partial: false }, known: 480 });
    if (!responder.v3) return;
    const user: SnmpCredentials = {
      version: '3',
      user: V3.user,
      auth: { protocol: 'sha', key: V3.authKey },
      priv: { protocol: 'aes', key: V3.privKey },
    };
    expect(await poll(target(addressOf('healthy', 301), user))).toMatchObject({
      outcome: { ok: true, partial: false },
      known: 480,
    });
  });

  it('are dead, slow or small by their address', async () => {
    expect(await poll(target(addressOf('dead', 1)))).toMatchObject({ outcome: { ok: false, trouble: 'no answer' }, known: 0 });
    const small = transport.counts().sent;
    expect(await poll(target(addressOf('small', 1)))).toMatchObject({ outcome: { ok: true }, known: 480 });
    // tooBig above 20 objects: a request of 48 becomes one of 12.
    expect(transport.counts().sent - small).toBeGreaterThan(20);
    const startMs = performance.now();
    const slow = await transport.get(target(addressOf('slow', 1)), ['1.3.6.1.2.1.1.3.0'], asking());
    expect(slow.ok).toBe(true);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(SLOW_MS);
  });

  it('spoil what they say where they are hostile, and never so that a wrong value is believed', async () => {
    const before = transport.counts();
    const found = await Promise.all(Array.from({ length: 40 }, (_, i) => poll(target(hostile(20 + i, i)))));
    const { malformed, foreign, wrongCommunity } = transport.counts();
    expect(malformed).toBeGreaterThan(before.malformed);
    expect(foreign).toBeGreaterThan(before.foreign);
    expect(wrongCommunity).toBeGreaterThan(before.wrongCommunity);
    expect(found.some(({ known }) => known > 0)).toBe(true);
    // Of these only copies are answers.
    for (let i = 0; i < 5; i++) await poll(target(hostile(100, i)));
  });

  it('are walked by GETBULK, whose answers are cut to size', async () => {
    const walk = await transport.walk(target(addressOf('healthy', 5)), IF_NAME, { maxRows: 100, deadlineMs: 2_000 }, asking());
    expect(walk).toMatchObject({ ok: true, complete: true });
    const names = walk.ok ? walk.varbinds.map(({ value }) => Buffer.from(value as Uint8Array).toString()) : [];
    expect(names).toEqual(Array.from({ length: 48 }, (_, i) => `Gi1/0/${i + 1}`));
  });

  it.skipIf(realPart('snmpget') === null)('answer a program that is not ours', () => {
    const address = `${addressOf('healthy', 7)}:${responder.port}`;
    const say = (...words: string[]) =>
      execFileSync(realPart('snmpget') ?? '', [...words, '-Onqv', address, '1.3.6.1.2.1.1.5.0', `${IF_NAME}.48`], {
        encoding: 'utf8',
      });
    expect(say('-v1', '-c', 'any')).toBe('"switch-1-0-7"\n"Gi1/0/48"\n');
    expect(say('-v2c', '-c', 'any')).toBe('"switch-1-0-7"\n"Gi1/0/48"\n');
    const level = ['-l', 'authPriv', '-u', V3.user, '-a', 'SHA', '-A', V3.authKey, '-x', 'AES', '-X', V3.privKey];
    if (responder.v3) expect(say('-v3', ...level)).toBe('"switch-1-0-7"\n"Gi1/0/48"\n');
    // What v1 cannot say is not there.
    expect(() =>
      execFileSync(realPart('snmpget') ?? '', ['-v1', '-c', 'any', address, `${IF_NAME.slice(0, -1)}6.1`], { stdio: 'pipe' }),
    ).toThrow(/noSuchName/);
  });
}
