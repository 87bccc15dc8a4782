/** Deadlines, many at once, names, and devices that are not there. */
import { lookup } from 'node:dns/promises';
import { expect } from 'vitest';
import type { SnmpTarget } from '../../collector/snmp/transport.ts';
import { startScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import { freePort } from '../agents/tools.ts';
import { ask, ROWS, SLACK_MS, TABLE, tableFor, took, type LabTest, type Way } from './snmp-transport-lab.ts';

const LIMITS = { maxRows: 500, deadlineMs: 3_000 };

export function timeSuite(test: LabTest, { version, host }: Way): void {
  const { oids, exact } = tableFor(version);
  const [first = ''] = oids;
  test.for([0, 2])('silence costs timeout × (1 + %i retries), not more', async (retries, { lab }) => {
    const { agent, transport, target } = await lab.place({
      behaviour: { drop: () => true },
      change: { timeoutMs: 200, retries },
    });
    const { outcome, ms, ownMs } = await took(transport.get(target, oids, ask()));
    expect(outcome).toMatchObject({ ok: false, trouble: 'no answer', cause: 'timeout' });
    expect(ms).toBeGreaterThanOrEqual(200 * (1 + retries) - 10);
    expect(ownMs).toBeLessThan(200 * (1 + retries) + SLACK_MS);
    // With version 3 a try may go into finding out the engine again.
    if (version !== '3') expect(agent.received()).toBe(1 + retries);
    else expect(agent.received()).toBeLessThanOrEqual(1 + retries);
  });

  test('an answer to a retry is an answer', async ({ lab }) => {
    let n = 0;
    const { transport, target } = await lab.place({ behaviour: { drop: () => n++ === 0 }, change: { timeoutMs: 600 } });
    expect(await transport.get(target, [first], ask())).toMatchObject({ ok: true, partial: false, varbinds: [exact[0]] });
  });

  test('what answers again after a failure is asked again', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({ change: { retries: 0, timeoutMs: 60 } });
    agent.behaviour = { drop: () => true };
    for (let i = 0; i < 3; i++) expect(await transport.get(target, oids, ask())).toMatchObject({ ok: false });
    agent.behaviour = {};
    expect(await transport.get({ ...target, timeoutMs: 2_000 }, oids, ask())).toMatchObject({
      ok: true,
      partial: false,
      varbinds: exact,
    });
  });

  test('the round trip is that of the answer', async ({ lab }) => {
    const { transport, target } = await lab.place({ behaviour: { delayMs: 50 }, change: { timeoutMs: 1_000 } });
    const { outcome, ms } = await took(transport.get(target, [first], ask()));
    if (!outcome.ok) throw new Error(outcome.text);
    expect(outcome.roundTripMs).toBeGreaterThan(40);
    expect(outcome.roundTripMs).toBeLessThanOrEqual(ms);
  });

  test('an abort settles what is asked at once, and harms nothing after it', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({
      behaviour: { drop: () => true },
      change: { timeoutMs: 5_000 },
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 40);
    const asked = [
      transport.get(target, oids, ask(stop.signal)),
      transport.get(target, [first], ask(stop.signal)),
      transport.walk(target, TABLE, LIMITS, ask(stop.signal)),
    ];
    const { outcome: outcomes, ownMs } = await took(Promise.all(asked));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ ok: false, trouble: 'aborted' });
    expect(ownMs).toBeLessThan(40 + SLACK_MS);
    const { outcome: again, ownMs: againMs } = await took(transport.get(target, [first], ask(AbortSignal.abort())));
    expect(again).toMatchObject({ ok: false, trouble: 'aborted' });
    expect(againMs).toBeLessThan(SLACK_MS);
    agent.behaviour = {};
    expect(await transport.get(target, [first], ask())).toMatchObject({ ok: true, varbinds: [exact[0]] });
  });

  test('closing settles what is asked at once; after it every question has an answer', async ({ lab }) => {
    const { transport, target } = await lab.place({ behaviour: { drop: () => true }, change: { timeoutMs: 5_000 } });
    const asked = [
      transport.get(target, oids, ask()),
      transport.get(target, [first], ask()),
      transport.walk(target, TABLE, LIMITS, ask()),
    ];
    await new Promise((resolve) => setTimeout(resolve, 40));
    const { ownMs: closeMs } = await took(transport.close());
    expect(closeMs).toBeLessThan(SLACK_MS);
    for (const outcome of await Promise.all(asked)) expect(outcome).toMatchObject({ ok: false, trouble: 'aborted' });
    expect(await transport.get(target, [first], ask())).toMatchObject({ ok: false, trouble: 'aborted' });
    expect(await transport.walk(target, TABLE, LIMITS, ask())).toMatchObject({ ok: false, trouble: 'aborted' });
    await transport.close();
  });

  test('a device that was released while it was asked leaves nobody waiting', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({
      behaviour: { drop: () => true },
      change: { timeoutMs: 150, retries: 0 },
    });
    const asked = [transport.get(target, [first], ask()), transport.get(target, [first], ask())];
    await new Promise((resolve) => setTimeout(resolve, 20));
    transport.release(target);
    const { outcome: outcomes, ownMs } = await took(Promise.all(asked));
    for (const outcome of outcomes) expect(outcome.ok).toBe(false);
    expect(ownMs).toBeLessThan(2 * 150 + SLACK_MS);
    agent.behaviour = {};
    expect(await transport.get({ ...target, timeoutMs: 2_000 }, [first], ask())).toMatchObject({ ok: true });
  });

  test('a hundred questions to twenty devices at once: each gets its own answer', async ({ lab }) => {
    const transport = lab.transport();
    const places = await Promise.all(
      Array.from({ length: 20 }, (_, device) => {
        const objects = new Map(
          Array.from({ length: 60 }, (_, i) => [`${TABLE}.${i + 1}`, { type: 'integer', value: 1000 * device + i }] as const),
        );
        return lab.place({ objects, transport, change: { timeoutMs: 5_000 } });
      }),
    );
    await Promise.all(
      places.flatMap(({ target }, device) =>
        Array.from({ length: 5 }, async (_, question) => {
          const rows = Array.from({ length: 50 }, (_, i) => question + i);
          const asked = rows.map((row) => `${TABLE}.${row + 1}`);
          const varbinds = rows.map((row, i) => ({ oid: asked[i], type: 'integer', value: 1000 * device + row }));
          expect(await transport.get(target, asked, ask())).toMatchObject({ ok: true, partial: false, varbinds });
        }),
      ),
    );
    const { late, resent, ...others } = transport.counts();
    expect(others).toMatchObject({ foreign: 0, wrongCommunity: 0, malformed: 0 });
    // On a busy machine a question may be sent again, and is then answered twice.
    expect(late).toBeLessThanOrEqual(resent);
  });

  test('a device that says nothing holds up no other', async ({ lab }) => {
    const transport = lab.transport();
    const dead = await Promise.all(
      Array.from({ length: 10 }, () =>
        lab.place({ transport, behaviour: { drop: () => true }, change: { timeoutMs: 600, retries: 0 } }),
      ),
    );
    const living = await lab.place({ transport, change: { timeoutMs: 2_000 } });
    const silence = dead.map(({ target }) => transport.get(target, oids, ask()));
    const { outcome, ownMs } = await took(transport.get(living.target, oids, ask()));
    expect(outcome).toMatchObject({ ok: true, partial: false, varbinds: exact });
    expect(ownMs).toBeLessThan(500);
    for (const lost of await Promise.all(silence)) expect(lost).toMatchObject({ ok: false, trouble: 'no answer' });
  });

  test('a device that is asked more than it answers: everything settles, what is too much at once', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({
      behaviour: { drop: () => true },
      change: { timeoutMs: 50, retries: 0 },
    });
    const asked = Array.from({ length: 60 }, () => took(transport.get(target, [first], ask())));
    const outcomes = await Promise.all(asked);
    const refused = outcomes.filter(({ outcome }) => !outcome.ok && outcome.trouble === 'aborted');
    expect(outcomes.every(({ outcome }) => !outcome.ok)).toBe(true);
    expect(refused.length).toBeGreaterThan(30);
    for (const { ownMs } of refused) expect(ownMs).toBeLessThan(SLACK_MS);
    agent.behaviour = {};
    expect(await transport.get({ ...target, timeoutMs: 2_000 }, [first], ask())).toMatchObject({ ok: true });
  });

  test('walks and gets of one device at once do not disturb each other', async ({ lab }) => {
    const { transport, target } = await lab.place({ change: { timeoutMs: 2_000 } });
    const outcomes = await Promise.all([
      transport.walk(target, TABLE, LIMITS, ask()),
      transport.get(target, oids, ask()),
      transport.walk(target, TABLE, { ...LIMITS, maxRows: 10 }, ask()),
      transport.get(target, [...oids].reverse(), ask()),
    ]);
    expect(outcomes).toMatchObject([
      { ok: true, varbinds: exact, complete: true },
      { ok: true, varbinds: exact },
      { ok: true, varbinds: exact.slice(0, 10), complete: false },
      { ok: true, varbinds: [...exact].reverse() },
    ]);
    expect(ROWS).toBe(exact.length);
  });

  test('a port where nothing listens refuses, and that is said', async ({ lab }) => {
    const { objects } = tableFor(version);
    const gone: SnmpTarget = {
      address: host,
      port: await freePort(host),
      timeoutMs: 400,
      retries: 0,
      credentials: lab.credentials,
    };
    const transport = lab.transport();
    const { outcome, ownMs } = await took(transport.get(gone, [first], ask()));
    expect(outcome).toMatchObject({ ok: false, trouble: 'refused', cause: 'refused' });
    expect(outcome).toMatchObject({ text: expect.stringMatching(/refuses UDP port/) as string });
    expect(ownMs).toBeLessThan(400 + SLACK_MS);
    // It is there again: nothing of the refusal is kept.
    lab.keep(await startScriptedAgent({ objects, host, port: gone.port }));
    if (version !== '3') expect(await transport.get(gone, [first], ask())).toMatchObject({ ok: true, varbinds: [exact[0]] });
  });

  test('a host is found by its name, and a name that is none is said so', async ({ lab }) => {
    const { address } = await lookup('localhost');
    const agent = lab.keep(await startScriptedAgent({ objects: tableFor('2c').objects, host: address }));
    const transport = lab.transport();
    const named: SnmpTarget = {
      address: 'localhost',
      port: agent.port,
      timeoutMs: 2_000,
      retries: 0,
      credentials: { version: '2c', community: 'public' },
    };
    for (let i = 0; i < 2; i++) {
      expect(await transport.get(named, [first], ask())).toMatchObject({ ok: true, varbinds: [tableFor('2c').exact[0]] });
    }
    const nobody = { ...named, address: 'no-such-host.invalid', credentials: lab.credentials, timeoutMs: 2_000 };
    expect(await transport.get(nobody, [first], ask())).toMatchObject({ ok: false, trouble: 'no such name' });
  });

  test('a v3 user or a community that cannot be used is a value, not an exception', async ({ lab }) => {
    const { transport, target } = await lab.place({ change: { timeoutMs: 60, retries: 0 } });
    const odd: SnmpTarget['credentials'] =
      version === '3' ? { version, user: 'x'.repeat(40), auth: null, priv: null } : { version, community: 'ü'.repeat(200) };
    const outcome = await transport.get({ ...target, credentials: odd }, [first], ask());
    expect(outcome.ok).toBe(false);
  });
}
