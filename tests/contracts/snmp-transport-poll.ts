/** One whole poll into typed arrays: what came is in its slot, what did not is not there, whatever way it was asked. */
import { describe, expect } from 'vitest';
import { createAnswers, slotsOf, valueAt, type Answers } from '../../collector/snmp/answers.ts';
import { SYS_UP_TIME } from '../../collector/snmp/oid.ts';
import type { Question, SnmpValue } from '../../collector/snmp/transport.ts';
import type { SnmpVersion } from '../../core/model.ts';
import { encodeMessage, oidOctets, PDU, type AgentValue } from '../../demo/agents/ber.ts';
import type { Behaviour } from '../../demo/agents/scripted-agent.ts';
import { ask, SLACK_MS, took, type LabTest, type Way } from './snmp-transport-lab.ts';

const TABLE = '1.3.6.1.4.1.99999.8.1';
const COLUMNS = [1, 6, 10, 15];
const PORTS = 30;
const ROWS_A_SET = 11;
const LOST: SnmpValue = { type: 'absent', value: 'lost' };

/** A table of ports as it is polled: each row together, each set begun by sysUpTime. */
function tableOf(version: SnmpVersion, change: { indices?: readonly number[]; upTicks?: () => number } = {}) {
  const indices = change.indices ?? Array.from({ length: PORTS }, (_, i) => i + 1);
  const counter = version === '1' ? 'counter32' : 'counter64';
  const cell = (column: number, index: number): AgentValue =>
    column === 1
      ? { type: 'string', value: `port${index}` }
      : column === 15
        ? { type: 'gauge32', value: 1_000 + index }
        : { type: counter, value: (version === '1' ? 4_000_000_000n : 2n ** 63n) + BigInt(1_000 * column + index) };
  const objects = new Map<string, AgentValue | (() => AgentValue)>([
    [SYS_UP_TIME, () => ({ type: 'timeticks', value: change.upTicks?.() ?? 12_345 })],
    ...COLUMNS.flatMap((column) =>
      indices.map((index): [string, AgentValue] => [`${TABLE}.${column}.${index}`, cell(column, index)]),
    ),
  ]);
  const sets: string[][] = [];
  const rows: [number, number][] = [];
  let slot = 0;
  for (let from = 0; from < indices.length; from += ROWS_A_SET) {
    const set = [SYS_UP_TIME];
    slot++;
    for (const index of indices.slice(from, from + ROWS_A_SET)) {
      rows.push([slot, COLUMNS.length]);
      for (const column of COLUMNS) set.push(`${TABLE}.${column}.${index}`);
      slot += COLUMNS.length;
    }
    sets.push(set);
  }
  const question: Question = { sets, rows };
  return { objects, question, oids: sets.flat() };
}

/** The value an agent gives, as the collector says it. */
function said(value: AgentValue | (() => AgentValue) | undefined): SnmpValue {
  const now = typeof value === 'function' ? value() : value;
  switch (now?.type) {
    case 'string':
      return { type: 'string', value: Uint8Array.from(Buffer.from(now.value as string)) };
    case 'counter32':
    case 'counter64':
      return { type: now.type, value: BigInt(now.value) };
    case 'gauge32':
    case 'timeticks':
      return { type: now.type, value: Number(now.value) };
    default:
      return LOST;
  }
}

const valuesOf = (into: Answers): SnmpValue[] => Array.from(into.tags, (_, slot) => valueAt(into, slot));

/** Every slot has its value; sysUpTime need not come again for sets that were not asked one by one. */
function expectWhole(into: Answers, oids: readonly string[], right: readonly SnmpValue[]): void {
  const values = valuesOf(into);
  values.forEach((value, slot) => {
    if (slot > 0 && oids[slot] === SYS_UP_TIME && value.type === 'absent') values[slot] = right[slot] ?? LOST;
  });
  expect(values).toEqual(right);
}
/** Every slot has its value or none. */
function expectTrue(into: Answers, right: readonly SnmpValue[]): void {
  valuesOf(into).forEach((value, slot) => expect([right[slot], LOST]).toContainEqual(value));
}

export function pollSuite(test: LabTest, { version }: Way): void {
  const { objects, question, oids } = tableOf(version);
  const exact = oids.map((oid) => said(objects.get(oid)));
  const room = () => createAnswers(slotsOf(question));

  test('brings every slot its value, the moment it came, and the uptime that came with it', async ({ lab }) => {
    const { transport, target } = await lab.place({ objects });
    const into = room();
    const startMs = performance.now();
    const poll = await transport.poll(target, question, into, ask());
    const endMs = performance.now();
    expect(poll).toMatchObject({ ok: true, partial: false, engine: version === '3' ? { boots: 1 } : null });
    expectWhole(into, oids, exact);
    expect(into.monoMs).toHaveLength(into.upTicks.length);
    for (const [at, monoMs] of into.monoMs.entries()) {
      expect(monoMs).toBeGreaterThanOrEqual(startMs);
      expect(monoMs).toBeLessThanOrEqual(endMs);
      // Not every exchange must bring sysUpTime, but what it brings is true.
      expect([12_345, NaN]).toContainEqual(into.upTicks[at]);
    }
    expect(Math.max(...into.exchange)).toBeLessThan(into.monoMs.length);
    expect(poll.ok && poll.monoMs).toBe(Math.min(...into.monoMs));
  });

  test('again and again: the same, whatever was learnt of the device meanwhile', async ({ lab }) => {
    const { transport, target } = await lab.place({ objects, change: { timeoutMs: 3_000, retries: 0 } });
    const into = room();
    for (let i = 0; i < 12; i++) {
      expect(await transport.poll(target, question, into, ask())).toMatchObject({ ok: true, partial: false });
      expectWhole(into, oids, exact);
    }
    const manner = transport.manner(target);
    if (manner === null) return;
    expect(manner.roundTripMs).toBeGreaterThan(0);
    expect(manner.timeoutMs).toBeLessThanOrEqual(target.timeoutMs);
    expect(manner).toMatchObject({ resent: 0 });
    expect(manner.requests).toBeGreaterThan(0);
  });

  test('values and rows are those of the moment, never of the poll before', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({ objects });
    const into = room();
    await transport.poll(target, question, into, ask());
    const moved = new Map(objects);
    const changed = `${TABLE}.6.7`;
    moved.set(changed, { type: 'counter32', value: 5 });
    moved.delete(`${TABLE}.10.7`);
    agent.setObjects(moved);
    for (let i = 0; i < 4; i++) {
      expect(await transport.poll(target, question, into, ask())).toMatchObject({ ok: true });
      valuesOf(into).forEach((value, slot) => {
        const oid = oids[slot] ?? '';
        if (oid === changed) expect(value).toEqual({ type: 'counter32', value: 5n });
        else if (oid === `${TABLE}.10.7`) expect(value).toMatchObject({ type: 'absent' });
        else if (slot === 0 || oid !== SYS_UP_TIME) expect(value).toEqual(exact[slot]);
      });
    }
  });

  const indices = [1, 2, 3, 7, 8, 10, 11, 12, 13, 14, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 200, 300, 5_000_001];
  test('tables with holes, and rows that come between those asked for, are read right', async ({ lab }) => {
    const held = tableOf(version, { indices });
    const more = new Map(tableOf(version, { indices: [...indices, 4, 5, 6, 104_000] }).objects);
    for (const index of [4, 5, 6]) more.delete(`${TABLE}.6.${index}`);
    const { agent, transport, target } = await lab.place({ objects: held.objects });
    const into = createAnswers(slotsOf(held.question));
    const right = held.oids.map((oid) => said(held.objects.get(oid)));
    for (let i = 0; i < 8; i++) {
      // New rows come after the question was made, and not in every column.
      if (i === 4) agent.setObjects(more);
      expect(await transport.poll(target, held.question, into, ask())).toMatchObject({ ok: true, partial: false });
      expectWhole(into, held.oids, right);
    }
  });

  describe('from agents that', () => {
    const bulk = (request: { pdu: number }) => request.pdu === PDU.bulk;
    const habits: readonly [string, Behaviour][] = [
      ['take five objects at a time', { maxVarbinds: 5 }],
      ['lose answers of more than 600 octets', { lostAboveBytes: 600 }],
      ['cut answers in bulk after a few rows', { varbinds: (list, request) => (bulk(request) ? list.slice(0, 9) : list) }],
      [
        'end answers in bulk within a row',
        { varbinds: (list, request) => (bulk(request) ? list.slice(0, list.length - 1) : list) },
      ],
      ['say nothing in bulk', { drop: bulk }],
      ['answer in bulk with an error', { respond: failing(bulk, 5) }],
      ['find everything in bulk too big', { respond: failing(bulk, 1) }],
    ];
    test.for(habits)('%s: all the same values', async ([, behaviour], { lab }) => {
      const { transport, target } = await lab.place({ objects, behaviour, change: { timeoutMs: 250, retries: 3 } });
      const into = room();
      let whole = 0;
      for (let i = 0; i < 8; i++) {
        const poll = await transport.poll(target, question, into, ask());
        if (!poll.ok) continue;
        expectTrue(into, exact);
        if (!poll.partial) {
          whole++;
          expectWhole(into, oids, exact);
        }
      }
      // Finding out what a device can take may cost a poll, no more.
      expect(whole).toBeGreaterThanOrEqual(7);
    });
  });

  test('what is lost is marked, and keeps nothing of the poll before', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({ objects, change: { timeoutMs: 500, retries: 1 } });
    const into = room();
    await transport.poll(target, question, into, ask());
    const last = question.sets.at(-1)?.at(-1) ?? '';
    const name = Buffer.from(oidOctets(last));
    agent.behaviour = {
      respond(reply, _request, send) {
        if (!reply.includes(name)) send(reply);
      },
    };
    const poll = await transport.poll(target, question, into, ask());
    expect(poll).toMatchObject({ ok: true, partial: true });
    const values = valuesOf(into);
    expect(values[oids.lastIndexOf(last)]).toEqual(LOST);
    values.forEach((value, slot) => expect([exact[slot], LOST]).toContainEqual(value));
    expect(values.some((value, slot) => value.type === exact[slot]?.type)).toBe(true);
  });

  test('silence is a failure within timeout × (1 + retries)', async ({ lab }) => {
    const { transport, target } = await lab.place({
      objects,
      behaviour: { drop: () => true },
      change: { timeoutMs: 80, retries: 1 },
    });
    const into = room();
    const { outcome, ownMs } = await took(transport.poll(target, question, into, ask()));
    expect(outcome).toMatchObject({ ok: false, trouble: 'no answer' });
    expect(ownMs).toBeLessThan(160 + SLACK_MS);
    expect(valuesOf(into).every((value) => value.type === 'absent')).toBe(true);
  });

  test('an abort in the middle settles it soon', async ({ lab }) => {
    let n = 0;
    const { transport, target } = await lab.place({
      objects,
      behaviour: { drop: () => n++ > 0 },
      change: { timeoutMs: 5_000, retries: 0 },
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const into = room();
    const { outcome: poll, ownMs } = await took(transport.poll(target, question, into, ask(stop.signal)));
    expect(ownMs).toBeLessThan(50 + SLACK_MS);
    if (poll.ok) expect(poll.partial).toBe(true);
    expectTrue(into, exact);
  });

  test('answers that come late, twice or in another order change nothing', async ({ lab }) => {
    const { agent, transport, target } = await lab.place({ objects, change: { timeoutMs: 400, retries: 0 } });
    let asked = 0;
    const now = new Map(objects);
    now.set(`${TABLE}.6.1`, () => ({ type: 'counter32', value: asked }));
    agent.setObjects(now);
    agent.behaviour = {
      delayMs: () => [0, 40, 10, 90, 450][asked % 5] ?? 0,
      respond: (reply, _request, send) => {
        send(reply);
        send(reply);
      },
    };
    const into = room();
    const slot = oids.indexOf(`${TABLE}.6.1`);
    let before = -1n;
    for (asked = 1; asked <= 9; asked++) {
      const poll = await transport.poll(target, question, into, ask());
      if (!poll.ok) continue;
      const value = valueAt(into, slot);
      if (value.type === 'counter32') {
        // Of this poll, not of one whose answers came late.
        expect(value.value).toBe(BigInt(asked));
        expect(value.value).toBeGreaterThan(before);
        before = value.value;
      }
      valuesOf(into).forEach((one, i) => {
        if (i !== slot) expect([exact[i], LOST]).toContainEqual(one);
      });
    }
    expect(before).toBeGreaterThan(0n);
  });
}

/** Answers some requests with an error-status. */
function failing(which: (request: { pdu: number }) => boolean, status: number): NonNullable<Behaviour['respond']> {
  return (reply, request, send) => {
    const failed = { ...request, pdu: PDU.response, status, index: 0, varbinds: status === 1 ? [] : request.varbinds };
    send(which(request) ? encodeMessage(failed) : reply);
  };
}
