/** Agents, transports and targets for the suite of `SnmpTransport`, the same for every version and address family. */
import dgram from 'node:dgram';
import { test } from 'vitest';
import type { SnmpAsking, SnmpCredentials, SnmpTarget, SnmpTransport } from '../../collector/snmp/transport.ts';
import type { SnmpVersion } from '../../core/model.ts';
import type { AgentValue } from '../../demo/agents/ber.ts';
import { startScriptedAgent, type AgentObjects, type Behaviour, type ScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import type { Adapter } from '../agents/adapters.ts';
import { realClock } from '../agents/asking.ts';
import { startFrontV3, type FrontV3 } from '../agents/front-v3.ts';

/** By which version, and where, an adapter is put to the test. */
export interface Way {
  readonly version: SnmpVersion;
  readonly host: '127.0.0.1' | '::1';
}

export interface Place {
  readonly agent: ScriptedAgent;
  /** Only with version 3. */
  readonly front: FrontV3 | null;
  readonly transport: SnmpTransport;
  readonly target: SnmpTarget;
}

export interface Lab {
  /** An agent with these objects, a transport of its own unless one is given, and the target that leads there. */
  place(setting?: {
    objects?: AgentObjects;
    behaviour?: Behaviour;
    change?: Partial<SnmpTarget>;
    transport?: SnmpTransport;
  }): Promise<Place>;
  transport(): SnmpTransport;
  credentials: SnmpCredentials;
  /** Closed at the end of the test, in the order they were opened. */
  keep<T extends { close(): Promise<unknown> }>(part: T): T;
  closeAll(): Promise<void>;
}

export const V3_USER = {
  user: 'strong',
  auth: { protocol: 'sha256', key: 'authentic-pass' },
  priv: { protocol: 'aes', key: 'private-pass' },
} as const;

const TICK_MS = 10;
/** What timers and turns of the loop may add to any figure, without what a busy machine adds. */
export const SLACK_MS = 300;

export const TABLE = '1.3.6.1.4.1.99999.7';
export const ROWS = 120;

/** Rows of a table, with neighbours on both sides that begin with the same digits. Version 1 knows no 64-bit counters. */
export function tableFor(version: SnmpVersion): {
  readonly objects: ReadonlyMap<string, AgentValue>;
  readonly oids: readonly string[];
  readonly exact: readonly { oid: string; type: 'counter32' | 'counter64'; value: bigint }[];
} {
  const type = version === '1' ? 'counter32' : 'counter64';
  const top = version === '1' ? 2n ** 32n - 1n : 2n ** 64n - 1n;
  const exact = Array.from({ length: ROWS }, (_, i) => ({ oid: `${TABLE}.${i + 1}`, type, value: top - BigInt(i) }) as const);
  const before: [string, AgentValue] = ['1.3.6.1.4.1.99999.6.1', { type: 'integer', value: -6 }];
  const after: [string, AgentValue] = ['1.3.6.1.4.1.99999.70.1', { type: 'integer', value: -70 }];
  const rows = exact.map(({ oid, value }): [string, AgentValue] => [oid, { type, value }]);
  return { objects: new Map([before, ...rows, after]), oids: exact.map(({ oid }) => oid), exact };
}

export const ask = (signal: AbortSignal = new AbortController().signal): SnmpAsking => ({ clock: realClock, signal });

export function createLab(adapter: Adapter, way: Way): Lab {
  const opened: { close(): Promise<unknown> }[] = [];
  const keep = <T extends { close(): Promise<unknown> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const { version, host } = way;
  const credentials: SnmpCredentials = version === '3' ? { version, ...V3_USER } : { version, community: 'public' };
  const lab: Lab = {
    keep,
    credentials,
    transport: () => keep(adapter.create()),
    async place({ objects = tableFor(version).objects, behaviour = {}, change = {}, transport = lab.transport() } = {}) {
      const agent = keep(await startScriptedAgent({ objects, behaviour, host }));
      const front = version === '3' ? keep(await startFrontV3(agent.port, V3_USER, host)) : null;
      const { port } = front ?? agent;
      return { agent, front, transport, target: { address: host, port, timeoutMs: 1_000, retries: 1, credentials, ...change } };
    },
    async closeAll() {
      for (const part of opened.splice(0)) await part.close();
    },
  };
  return lab;
}

/** A test that is given a lab of its own, which is closed after it. */
export function labTest(adapter: Adapter, way: Way) {
  return test.extend<{ lab: Lab }>({
    lab: async ({}, use) => {
      const lab = createLab(adapter, way);
      await use(lab);
      await lab.closeAll();
    },
  });
}
export type LabTest = ReturnType<typeof labTest>;

/**
 * How long something took, milliseconds: by the clock, and without the time in which this thread
 * could not run although its timers were due. So a busy machine does not look like a slow transport.
 */
export async function took<T>(work: Promise<T>): Promise<{ outcome: T; ms: number; ownMs: number }> {
  const startMs = performance.now();
  let stalledMs = 0;
  let dueMs = startMs + TICK_MS;
  const tick = () => {
    const nowMs = performance.now();
    stalledMs += Math.max(0, nowMs - dueMs);
    dueMs = nowMs + TICK_MS;
  };
  const timer = setInterval(tick, TICK_MS);
  try {
    const outcome = await work;
    const ms = performance.now() - startMs;
    tick();
    return { outcome, ms, ownMs: ms - stalledMs };
  } finally {
    clearInterval(timer);
  }
}

/** Whether this machine has an IPv6 loopback; some containers have none. */
export async function hasIpv6(): Promise<boolean> {
  const socket = dgram.createSocket('udp6');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(0, '::1', () => socket.close(() => resolve(true)));
  });
}
