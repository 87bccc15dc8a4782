/** A device under a test's hand: interfaces with settable counters, a settable clock, and the path from wire to sample. */
import { join } from 'node:path';
import type { GapCause, SnmpVersion } from '../../../core/model.ts';
import type { Plan, PollOutcome } from '../../../core/readings.ts';
import { createStamps } from '../../../collector/clock.ts';
import { loadProfiles } from '../../../collector/snmp/profile.ts';
import { createSnmpSource } from '../../../collector/snmp/source.ts';
import type { Asking, Source, Target } from '../../../collector/source.ts';
import { createTracker, type Applied, type Tracker } from '../../../collector/tracker.ts';
import type { Adapter } from '../../agents/adapters.ts';
import { realClock, snmpTarget } from '../../agents/asking.ts';
import { startFrontV3, type FrontV3 } from '../../agents/front-v3.ts';
import type { AgentValue } from '../../../demo/agents/ber.ts';
import { startScriptedAgent, type ScriptedAgent } from '../../../demo/agents/scripted-agent.ts';

export const PROFILES = loadProfiles([join(import.meta.dirname, '../../../collector/profiles')]);
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';

export interface Port {
  index: number;
  name: string | null;
  descr: string;
  mac: string;
  alias: string;
  octets: bigint;
  /** 64: has the HC counters; 32: has none; 'narrowed': answers HC objects with Counter32; 'widened': has none, and answers the others with Counter64. */
  width: 64 | 32 | 'narrowed' | 'widened';
  highSpeed: number | null;
  speed: number;
  discontinuity: number;
  /** 'gone': noSuchInstance; 'null': NULL. */
  counters: 'there' | 'gone' | 'null';
}

export function port(change: Partial<Port> = {}): Port {
  return {
    index: 1,
    name: 'eth0',
    descr: 'eth0',
    mac: '020000000001',
    alias: '',
    octets: 1_000_000n,
    width: 64,
    highSpeed: 1000,
    speed: 1_000_000_000,
    discontinuity: 0,
    counters: 'there',
    ...change,
  };
}

/** Objects of system and IF-MIB for some ports. uptime null: absent. */
export function objectsOf(ports: readonly Port[], upTicks: number | null): Map<string, AgentValue> {
  const objects = new Map<string, AgentValue>([
    ['1.3.6.1.2.1.1.1.0', { type: 'string', value: 'a device' }],
    ['1.3.6.1.2.1.1.2.0', { type: 'oid', value: '1.3.6.1.4.1.99999.2' }],
    ['1.3.6.1.2.1.1.5.0', { type: 'string', value: 'device' }],
  ]);
  if (upTicks !== null) objects.set('1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: upTicks });
  for (const one of ports) {
    const at = (column: string, value: AgentValue) => objects.set(`${column}.${one.index}`, value);
    at(`${IF}.2`, { type: 'string', value: one.descr });
    at(`${IF}.5`, { type: 'gauge32', value: one.speed });
    at(`${IF}.6`, { type: 'string', value: Buffer.from(one.mac, 'hex') });
    at(`${IF}.8`, { type: 'integer', value: 1 });
    const counter = (width: 32 | 64): AgentValue =>
      one.counters === 'null'
        ? { type: 'null' }
        : width === 64
          ? { type: 'counter64', value: one.octets }
          : { type: 'counter32', value: one.octets % 2n ** 32n };
    if (one.counters !== 'gone') {
      for (const column of [10, 16]) at(`${IF}.${column}`, counter(one.width === 'widened' ? 64 : 32));
      if (one.width === 64 || one.width === 'narrowed')
        for (const column of [6, 10]) at(`${IFX}.${column}`, counter(one.width === 64 ? 64 : 32));
    }
    if (one.name === null) continue;
    at(`${IFX}.1`, { type: 'string', value: one.name });
    if (one.highSpeed !== null) at(`${IFX}.15`, { type: 'gauge32', value: one.highSpeed });
    at(`${IFX}.18`, { type: 'string', value: one.alias });
    at(`${IFX}.19`, { type: 'timeticks', value: one.discontinuity });
  }
  return objects;
}

export interface Bench {
  readonly agent: ScriptedAgent;
  /** Only with version 3. */
  readonly front: FrontV3 | null;
  readonly source: Source;
  readonly target: Target;
  ports: Port[];
  upTicks: number | null;
  /** Objects besides those of system and interfaces. */
  extra: Map<string, AgentValue>;
  /** Lets time pass on our clocks, and on the device's when it has one. */
  pass(ms: number): void;
  /** Somebody sets the clock of our machine. */
  setWall(deltaMs: number): void;
  nowMs(): number;
  discover(): Promise<Plan>;
  /** One poll through the tracker: what became of a metric of an instance. */
  poll(plan: Plan, key?: string, metric?: string): Promise<Polled>;
  asking(): Asking;
  close(): Promise<void>;
}
export interface Polled {
  readonly outcome: PollOutcome;
  /** The sample, or why there is none; null when nothing was recorded. */
  readonly sample: number | GapCause | null;
  /** The same of another instance in this poll. */
  readonly of: (key: string, metric?: string) => number | GapCause | null;
  /** Null where the poll failed. */
  readonly applied: Applied | null;
}
export interface BenchOptions {
  readonly version?: SnmpVersion;
  readonly change?: Parameters<typeof snmpTarget>[1];
  /** UTC milliseconds at the beginning. */
  readonly startMs?: number;
}

export const INTERVAL_MS = 60_000;
const V3 = {
  user: 'strong',
  auth: { protocol: 'sha', key: 'authentic-pass' },
  priv: { key: 'private-pass' },
} as const;

/** Our clocks stand still but for `pass`, so that every interval is exact. */
export async function startBench(adapter: Adapter, ports: Port[], options: BenchOptions = {}): Promise<Bench> {
  const { version = '2c', startMs = Date.UTC(2026, 0, 1) } = options;
  const agent = await startScriptedAgent({ objects: new Map() });
  const front = version === '3' ? await startFrontV3(agent.port, V3) : null;
  const source = createSnmpSource({ transport: adapter.create(), profiles: PROFILES });
  let passedMs = 0;
  let wallMs = startMs;
  const monoMs = () => passedMs;
  const nowMs = createStamps({ wallMs: () => wallMs, monoMs });
  if (front) front.timeS = () => 100_000 + Math.floor(passedMs / 1_000);
  let tracker: Tracker | null = null;
  let tracked: Plan | null = null;
  let failedBy: GapCause | null = null;
  const show = () => agent.setObjects(new Map([...objectsOf(bench.ports, bench.upTicks), ...bench.extra]));
  const v3 = { user: V3.user, auth: V3.auth.protocol, priv: 'aes' } as const;
  const secret = version === '3' ? { authKey: V3.auth.key, privKey: V3.priv.key } : { community: 'public' };
  const change = { version, timeoutMs: 1_000, retries: 0, ...(version === '3' && v3), ...options.change };
  const target = snmpTarget((front ?? agent).port, change, secret);
  const { spec } = target;
  if (spec.type !== 'snmp') throw new Error('a device of this bench is asked over SNMP');
  const bench: Bench = {
    agent,
    front,
    source,
    target,
    ports,
    upTicks: 100_000,
    extra: new Map(),
    pass(ms) {
      passedMs += ms;
      wallMs += ms;
      if (bench.upTicks !== null && bench.upTicks > 0) bench.upTicks = (bench.upTicks + ms / 10) % 2 ** 32;
    },
    setWall(deltaMs) {
      wallMs += deltaMs;
    },
    nowMs,
    asking: () => ({
      clock: { nowMs, monoMs, sleep: (ms, signal) => realClock.sleep(ms, signal) },
      epoch: 'test',
      signal: new AbortController().signal,
    }),
    async discover() {
      show();
      // A bench with little patience is about polls.
      const patient = { ...bench.target, spec: { ...spec, timeoutMs: 5_000, retries: 1 } };
      const plan = await source.discover(patient, bench.asking());
      if (!plan.ok) throw new Error(plan.text);
      return plan;
    },
    async poll(plan, key = 'eth0', metric = 'interface.in_bps') {
      show();
      tracker ??= createTracker('device');
      if (tracked !== plan) {
        const series = plan.columns.map((column) => `device/${column.kind}~${column.key}/${column.metric}`);
        const instances = plan.columns.map((column) => `${column.kind}~${column.key}`);
        tracker.use({ columns: plan.columns, positions: plan.columns.map((_, i) => i), series, instances });
        tracked = plan;
      }
      const outcome = await source.poll(bench.target, plan, bench.asking());
      if (!outcome.ok) {
        const { cause } = outcome;
        failedBy = cause;
        return { outcome, sample: cause, of: () => cause, applied: null };
      }
      const applied = tracker.apply(outcome, INTERVAL_MS, failedBy);
      failedBy = null;
      const known = [...tracker.layout().series];
      const row = applied.rows.at(-1);
      const recorded = row ? [...row.series] : [];
      const of = (one: string, its = 'interface.in_bps') => {
        const name = `device/interface~${one}/${its}`;
        const series = known.indexOf(name);
        if (series < 0) throw new Error(`${one} ${its} is not in the plan`);
        const value = row?.values[recorded.indexOf(name)] ?? NaN;
        if (!Number.isNaN(value)) return value;
        const own = [...applied.broken].find(([, columns]) => columns.includes(series))?.[0];
        return applied.gap?.cause ?? own ?? null;
      };
      return {
        outcome,
        // An instance that is asked for must be in the plan, one that is not need not.
        get sample() {
          return of(key, metric);
        },
        of,
        applied,
      };
    },
    async close() {
      await source.close();
      await front?.close();
      await agent.close();
    },
  };
  return bench;
}
