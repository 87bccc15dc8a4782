/** What a device would give, in one sentence. */
import type { Failure, SourceSpec } from '../core/model.ts';
import { countable } from '../core/parts.ts';
import type { Preview } from '../core/ports.ts';
import type { DiscoveryOutcome, FoundInstance, Plan } from '../core/readings.ts';
import { joinFacts } from './inventory.ts';
import { merge } from './merge.ts';

export interface Tried {
  readonly spec: SourceSpec;
  readonly outcome: DiscoveryOutcome;
  readonly tookMs: number;
}

type Good = Tried & { readonly outcome: { readonly ok: true } & Plan };

/**
 * Ping decides only where nothing else is asked: that it answers says nothing about a community.
 * @param tried one per source of the device, in order; at least one
 */
export function previewOf(tried: readonly Tried[]): Preview {
  const plans = tried.map(({ outcome }) => (outcome.ok ? outcome : null));
  const good = tried.filter((one): one is Good => one.outcome.ok);
  const failed = tried.filter((one): one is Tried & { outcome: Failure } => !one.outcome.ok);
  const first = good[0];
  if (!first) {
    return failed[0]?.outcome ?? { ok: false, cause: 'no data', text: 'This device has no source to ask; give it SNMP or ping.' };
  }
  const silent = failed.find(({ spec }) => spec.type !== 'ping');
  if (silent && good.every(({ spec }) => spec.type === 'ping')) {
    return first.outcome.roundTripMs === null
      ? silent.outcome
      : { ...silent.outcome, text: `${silent.outcome.text} It answers ping.` };
  }
  const merged = merge(plans);
  const facts = joinFacts(good.map(({ outcome }) => outcome.facts));
  const how = good.map((one) => verb(one)).join(' and ');
  const as = facts.sysName === '' ? '' : ` as ${facts.sysName}`;
  const lacking = failed.map(({ spec, outcome }) => ` ${title(spec)} gives nothing: ${outcome.text}`).join('');
  return {
    ok: true,
    facts,
    instances: merged.instances.map(({ kind, key, name, alias, capacity }) => ({ kind, key, name, alias, capacity })),
    columns: plans.flatMap((plan, i) => (merged.kept[i] ?? []).flatMap((position) => plan?.columns[position] ?? [])),
    notes: good.flatMap(({ outcome }) => outcome.notes),
    text: `${how}${as}: ${countKinds(merged.instances)}.${lacking}`,
    roundTripMs: first.outcome.roundTripMs ?? first.tookMs,
  };
}

function verb({ spec, outcome, tookMs }: Good): string {
  if (spec.type === 'local') return 'reads this machine';
  if (outcome.roundTripMs === null) return `does not answer ${title(spec)} now`;
  const ms = outcome.roundTripMs ?? tookMs;
  return `answers ${title(spec)} in ${ms.toFixed(ms < 1 ? 2 : ms < 10 ? 1 : 0)} ms`;
}

/** "SNMP 2c", "ping", "This machine's own figures" */
export function title(spec: SourceSpec): string {
  if (spec.type === 'snmp') return `SNMP ${spec.version}`;
  return spec.type === 'ping' ? 'ping' : 'the local source';
}

const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  interface: ['interface', 'interfaces'],
  disk: ['filesystem', 'filesystems'],
  cpu: ['CPU', 'CPUs'],
};
/** Of these there is one, and it is not counted. */
const SINGLE = ['load', 'memory', 'ping'];

/** "4 interfaces, 2 filesystems, CPU, load, memory" */
export function countKinds(instances: readonly Pick<FoundInstance, 'kind' | 'key'>[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of countable(instances)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  counts.delete('system');
  const parts = [...counts].map(([kind, n]) => {
    if (SINGLE.includes(kind)) return kind;
    const [one, many] = NAMES[kind] ?? [kind, kind];
    return kind === 'cpu' && n === 1 ? one : `${String(n)} ${n === 1 ? one : many}`;
  });
  return parts.length > 0 ? parts.join(', ') : 'nothing that can be measured';
}
