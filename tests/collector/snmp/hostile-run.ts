/** Devices whose every answer is damaged, asked in every way by one transport that polls healthy ones beside them. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import type { Plan } from '../../../core/readings.ts';
import { COUNTER64 } from '../../../core/readings.ts';
import { createAnswers, slotsOf, valueAt } from '../../../collector/snmp/answers.ts';
import { SYS_UP_TIME } from '../../../collector/snmp/oid.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import type { Question, SnmpCredentials, SnmpTarget } from '../../../collector/snmp/transport.ts';
import type { Target } from '../../../collector/source.ts';
import type { SnmpVersion } from '../../../core/model.ts';
import type { Adapter } from '../../agents/adapters.ts';
import { asking, realClock, snmpTarget } from '../../agents/asking.ts';
import {
  claimOf,
  type HostileAccount,
  type HostileKind,
  type HostileOrder,
  type HostilePorts,
} from '../../agents/hostile-agents.ts';
import { objectsOf, port, PROFILES } from './device.ts';

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const ROWS = 12;
const COLUMNS = [`${IFX}.1`, `${IFX}.6`, `${IFX}.10`, `${IF}.14`];
const TIMEOUT_MS = 60;
/** What a caller gives a whole question, and how long it may take to settle when that is over. */
const DEADLINE_MS = 700;
const ABORT_SLACK_MS = 150;
const HEALTHY_INTERVAL_MS = 1_000;
/** Code that runs for the first time is compiled meanwhile: in a collector that is over long before. */
const WARM_UP_MS = 600;
/** How long the healthy are polled alone, before and after, to know what that costs. */
const CALM_MS = 500;
/** Until nothing of a phase is left in the next one. */
const PAUSE_MS = 200;

export interface HostileOptions {
  readonly seed: number;
  /** Damaged answers to be sent. */
  readonly replies: number;
  readonly kinds: readonly HostileKind[];
  /** Polled once a second by the same transport. */
  readonly healthy: number;
  /** The end in any case. */
  readonly mostMs: number;
}

export interface HostileReport {
  readonly mutated: HostileAccount['mutated'];
  readonly questions: number;
  /** Questions that had some answer. */
  readonly answered: number;
  /** Values that no answer to the question held. */
  readonly wrong: readonly string[];
  /** Questions that were not settled at their deadline. */
  readonly overdue: readonly string[];
  /** Devices that did not answer whole, once they were well again. */
  readonly unhealed: readonly string[];
  readonly healthyPolls: number;
  readonly healthyFaults: readonly string[];
  /**
   * Processor time that this thread spent for a damaged reply, all that follows from it included: what it used
   * for the healthy alone, just before and just after, is taken off. What else runs on the machine is not in it.
   */
  readonly ownMsPerReply: number;
  /** 99th percentiles of how late, by the clock, polls of the healthy started, and timers of an idle thread rang: the machine's share. */
  readonly lateMs: number;
  readonly idleLateMs: number;
}

const V3 = {
  user: 'strong',
  auth: { protocol: 'sha256', key: 'authentic-pass' },
  priv: { protocol: 'aes', key: 'private-pass' },
} as const;

/**
 * So many hostile devices, of every kind that an adapter speaks on sockets of its own. A library
 * derives a user's keys anew after every failure, for milliseconds; so of version 3 it is spared
 * here, and asked for nothing but the truth elsewhere.
 */
export function kindsFor({ readsSealed }: Adapter, count: number): HostileKind[] {
  const kinds: HostileKind[] = readsSealed ? ['1', '2c', '3 sealed', '2c', '3 content'] : ['1', '2c'];
  return Array.from({ length: count }, (_, i) => kinds[i % kinds.length] ?? '2c');
}

/** What must hold however many damaged replies there were. */
export function expectUnharmed(report: HostileReport, replies: number, hostile: number): void {
  const { mutated, wrong, overdue, unhealed, healthyFaults } = report;
  expect({ wrong, overdue, unhealed, healthyFaults }).toEqual({ wrong: [], overdue: [], unhealed: [], healthyFaults: [] });
  expect(mutated.get + mutated.next + mutated.bulk).toBeGreaterThanOrEqual(replies);
  for (const some of Object.values(mutated)) expect(some).toBeGreaterThan(replies / 50);
  // Damage to a value's own octets cannot be seen without authentication; most other damage must be refused.
  expect(report.answered).toBeLessThan(report.questions / 2);
  expect(report.healthyPolls).toBeGreaterThan(50);
  // Though all of them answer in the same moment, nobody is held up for more than a hundredth of the interval.
  expect(hostile * report.ownMsPerReply).toBeLessThan(HEALTHY_INTERVAL_MS / 100);
}

function deviceObjects() {
  const ports = Array.from({ length: ROWS }, (_, i) =>
    port({ index: i + 1, name: `eth${i}`, descr: `eth${i}`, octets: 2n ** 63n + BigInt(1_001 * i) }),
  );
  const objects = objectsOf(ports, 4_000_000_001);
  // Odd values, so that one that was made up cannot pass for one of them.
  for (let i = 1; i <= ROWS; i++) objects.set(`${IF}.14.${i}`, { type: 'counter32', value: 4_294_967_000 + i });
  return { objects, names: new Map(ports.map(({ index, name }) => [`${IFX}.1.${index}`, name ?? ''])) };
}

const rowOids = (row: number) => COLUMNS.map((column) => `${column}.${row}`);
const QUESTION: Question = {
  sets: [
    [SYS_UP_TIME, ...Array.from({ length: ROWS - 1 }, (_, i) => rowOids(i + 1)).flat()],
    [SYS_UP_TIME, ...rowOids(ROWS)],
  ],
  rows: [
    ...Array.from({ length: ROWS - 1 }, (_, i): [number, number] => [1 + i * COLUMNS.length, COLUMNS.length]),
    [2 + (ROWS - 1) * COLUMNS.length, COLUMNS.length],
  ],
};
const OIDS = QUESTION.sets.flat();

export async function runHostile(adapter: Adapter, options: HostileOptions): Promise<HostileReport> {
  const { objects, names } = deviceObjects();
  const { seed, kinds, healthy } = options;
  const order: HostileOrder = { seed, kinds, healthy, objects, names, user: V3 };
  const worker = new Worker(new URL('../../agents/hostile-agents.ts', import.meta.url), { workerData: order });
  const idle = new Worker(new URL('../../agents/idle.ts', import.meta.url));
  const transport = adapter.create();
  const source = createSnmpSource({ transport, profiles: PROFILES });
  const wrong: string[] = [];
  const overdue: string[] = [];
  const claims: { readonly agent: number; readonly identified: boolean; readonly claim: string; readonly by: string }[] = [];
  let questions = 0;
  let answered = 0;
  try {
    const [ports] = (await once(worker, 'message')) as [HostilePorts];
    const say = async (what: 'count' | 'heal' | 'account'): Promise<HostileAccount> => {
      worker.postMessage(what);
      return ((await once(worker, 'message')) as [HostileAccount])[0];
    };
    const plan = await planOf(source, ports.healthy[0] ?? 0);
    const beside = startHealthy(ports.healthy);
    let over = false;
    const believe = (agent: number, by: string, identified: boolean, held: Iterable<string>) => {
      answered++;
      for (const claim of held) claims.push({ agent, identified, claim, by });
    };

    const ways = ['get', 'walk', 'poll', 'device'] as const;
    const askOnce = async (agent: number, way: (typeof ways)[number]) => {
      const kind = kinds[agent] ?? '2c';
      const target = targetOf(ports.hostile[agent] ?? 0, kind);
      const signal = AbortSignal.timeout(DEADLINE_MS);
      let abortedMs = Infinity;
      signal.addEventListener('abort', () => (abortedMs = performance.now()), { once: true });
      const given = { clock: realClock, signal };
      questions++;
      if (way === 'get') {
        const outcome = await transport.get(target, OIDS.slice(0, 40), given);
        if (outcome.ok) {
          if (outcome.varbinds.map(({ oid }) => oid).join() !== OIDS.slice(0, 40).join())
            wrong.push(`get of ${kind}: other objects`);
          believe(
            agent,
            way,
            false,
            outcome.varbinds.flatMap((one) => (one.type === 'absent' ? [] : [claimOf(one.oid, one)])),
          );
        }
      } else if (way === 'walk') {
        const outcome = await transport.walk(target, IFX, { maxRows: 60, deadlineMs: DEADLINE_MS }, given);
        if (outcome.ok)
          believe(
            agent,
            way,
            false,
            outcome.varbinds.map((one) => claimOf(one.oid, one)),
          );
      } else if (way === 'poll') {
        const into = createAnswers(slotsOf(QUESTION));
        const outcome = await transport.poll(target, QUESTION, into, given);
        if (outcome.ok) {
          const values = OIDS.map((oid, slot) => ({ oid, ...valueAt(into, slot) }));
          believe(
            agent,
            way,
            false,
            values.flatMap((one) => (one.type === 'absent' ? [] : [claimOf(one.oid, one)])),
          );
        }
      } else {
        const outcome = await source.poll(sourceTarget(target), plan, asking(signal));
        if (outcome.ok) {
          const held = plan.columns.flatMap(({ kind: family, key, metric }, i) => {
            const doubted = outcome.doubts.get(i) === 'renumbered';
            if (family !== 'interface' || metric !== 'interface.in_bps' || doubted || outcome.state[i] !== COUNTER64) return [];
            return [`${IFX}.6.${Number(key.slice(3)) + 1} counter64 ${outcome.counter[i] ?? 0n}`];
          });
          believe(agent, way, true, held);
        }
      }
      const afterMs = performance.now() - abortedMs;
      if (afterMs > ABORT_SLACK_MS) overdue.push(`${way} of ${kind}: ${Math.round(afterMs)} ms`);
    };
    /** Processor time and damaged replies between here and now. */
    const begin = async () => {
      const [fromMs, cpuMs, replies] = [performance.now(), threadCpuMs(), total(await say('count'))];
      return async () => ({
        ms: performance.now() - fromMs,
        cpuMs: threadCpuMs() - cpuMs,
        replies: total(await say('count')) - replies,
      });
    };
    const calm = async () => {
      await realClock.sleep(PAUSE_MS);
      const measured = await begin();
      await realClock.sleep(CALM_MS);
      return measured();
    };
    await realClock.sleep(WARM_UP_MS - PAUSE_MS);
    const before = await calm();
    const lanes = kinds.map(async (_, agent) => {
      for (let round = agent; !over; round++) await askOnce(agent, ways[round % ways.length] ?? 'get');
    });
    const endMs = performance.now() + options.mostMs;
    await realClock.sleep(WARM_UP_MS);
    beside.watch();
    const besetMeasured = await begin();
    while (total(await say('count')) < options.replies && performance.now() < endMs) await realClock.sleep(50);
    const beset = await besetMeasured();
    over = true;
    await Promise.all(lanes);
    const after = await calm();
    const well = await beside.stop();
    idle.postMessage('late');
    const [idleLate] = (await once(idle, 'message')) as [Float64Array];
    const calmShare = (before.cpuMs + after.cpuMs) / (before.ms + after.ms);
    const ownMsPerReply = Math.max(0, beset.cpuMs - calmShare * beset.ms) / Math.max(1, beset.replies);

    await say('heal');
    const unhealed: string[] = [];
    await Promise.all(
      kinds.map(async (kind, agent) => {
        const target = { ...targetOf(ports.hostile[agent] ?? 0, kind), timeoutMs: 2_000 };
        // What was late of the last damaged answers may still cost one try.
        const outcome = await transport.get(target, OIDS, asking());
        if (!outcome.ok || outcome.partial) unhealed.push(`${kind}: ${outcome.ok ? 'partial' : outcome.text}`);
      }),
    );
    const account = await say('account');
    for (const { agent, identified, claim, by } of claims) {
      const may = (identified ? account.identified : account.approved)[agent];
      if (!may?.has(claim) && !may?.has(asDotted(claim))) wrong.push(`${by} of ${kinds[agent]}: ${claim}`);
    }
    return {
      mutated: account.mutated,
      questions,
      answered,
      wrong,
      overdue,
      unhealed,
      healthyPolls: well.polls,
      healthyFaults: well.faults,
      ownMsPerReply,
      lateMs: percentile(well.lateMs, 0.99),
      idleLateMs: percentile(idleLate, 0.99),
    };
  } finally {
    await source.close();
    await Promise.all([worker.terminate(), idle.terminate()]);
  }

  /** Polls each once a second, spread over the second, and looks at every value. */
  function startHealthy(of: readonly number[]) {
    const lateMs: number[] = [];
    let watched = false;
    const faults: string[] = [];
    const stop = new AbortController();
    let polls = 0;
    const right = OIDS.map((oid) => objects.get(oid)?.type);
    const lanes = of.map(async (at, i) => {
      const target = { ...targetOf(at, '2c'), timeoutMs: HEALTHY_INTERVAL_MS, retries: 0 };
      const into = createAnswers(slotsOf(QUESTION));
      let dueMs = performance.now() + (HEALTHY_INTERVAL_MS * i) / of.length;
      while (!stop.signal.aborted) {
        await realClock.sleep(Math.max(0, dueMs - performance.now()), stop.signal).catch(() => undefined);
        if (stop.signal.aborted) return;
        if (watched) lateMs.push(performance.now() - dueMs);
        const outcome = await transport.poll(target, QUESTION, into, asking());
        polls++;
        if (!outcome.ok) faults.push(outcome.text);
        else if (outcome.partial) faults.push('part of an answer was lost');
        else if (OIDS.some((oid, slot) => valueAt(into, slot).type !== right[slot] && (slot === 0 || oid !== SYS_UP_TIME)))
          faults.push('values are missing');
        dueMs += HEALTHY_INTERVAL_MS;
        if (dueMs < performance.now()) faults.push('a poll took longer than its interval');
      }
    });
    return {
      /** From now on it is noted how late they start. */
      watch() {
        watched = true;
      },
      async stop() {
        stop.abort();
        await Promise.all(lanes);
        return { polls, faults, lateMs };
      },
    };
  }
}

const total = ({ mutated }: HostileAccount): number => mutated.get + mutated.next + mutated.bulk;

/** Processor time of this thread alone. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function targetOf(at: number, kind: HostileKind): SnmpTarget {
  const credentials: SnmpCredentials =
    kind === '1' || kind === '2c' ? { version: kind, community: 'public' } : { version: '3', ...V3 };
  return { address: '127.0.0.1', port: at, timeoutMs: TIMEOUT_MS, retries: 1, credentials };
}

function sourceTarget({ port: at, credentials, timeoutMs, retries }: SnmpTarget): Target {
  const version: SnmpVersion = credentials.version;
  const v3 = { user: V3.user, auth: V3.auth.protocol, priv: V3.priv.protocol };
  const secret = version === '3' ? { authKey: V3.auth.key, privKey: V3.priv.key } : { community: 'public' };
  return snmpTarget(at, { version, timeoutMs, retries, ...(version === '3' && v3) }, secret);
}

async function planOf(source: ReturnType<typeof createSnmpSource>, at: number): Promise<Plan> {
  const plan = await source.discover(snmpTarget(at, { timeoutMs: 2_000 }), asking());
  if (!plan.ok) throw new Error(plan.text);
  return plan;
}

/** Where a poll has dotted text as octets, as a library gives it: the claim that it was an address or an OID. */
function asDotted(claim: string): string {
  const [oid = '', type = '', hex = ''] = claim.split(' ');
  const text = type === 'string' ? Buffer.from(hex, 'hex').toString('latin1') : '';
  return /^\d+(\.\d+)+$/.test(text) ? `${oid} ${text.split('.').length === 4 ? 'address' : 'oid'} ${text}` : '';
}

function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
