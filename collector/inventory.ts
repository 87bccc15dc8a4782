/** Keeps the catalog's instances of one device in step with what discovery finds. */
import type { DeviceFacts, Instance, InstanceId } from '../core/model.ts';
import type { Plan } from '../core/readings.ts';
import { someOf, type Chronicle } from './chronicle.ts';
import { instanceKey, type Merged, type MergedInstance } from './merge.ts';

export interface Reconciled {
  /** What has changed and must be put into the catalog. */
  readonly changed: readonly Instance[];
  /** Everything known of the device, vanished instances included, by `instanceKey`. */
  readonly all: ReadonlyMap<string, Instance>;
  readonly added: readonly Instance[];
  readonly vanished: readonly Instance[];
  readonly returned: readonly Instance[];
}

/**
 * @param known of the catalog, vanished ones included
 * @param complete whether every source has told what it has; only then can something be missing
 */
export function reconcile(
  device: string,
  known: readonly Instance[],
  merged: Merged,
  complete: boolean,
  nowMs: number,
  newId: () => InstanceId,
): Reconciled {
  const all = new Map(known.map((instance) => [instanceKey(instance), instance]));
  const changed: Instance[] = [];
  const added: Instance[] = [];
  const vanished: Instance[] = [];
  const returned: Instance[] = [];
  const found = new Set<string>();

  for (const one of merged.instances) {
    const key = instanceKey(one);
    found.add(key);
    const before = all.get(key);
    const now = before ? refreshed(before, one, complete, nowMs) : created(device, one, nowMs, newId());
    all.set(key, now);
    changed.push(now);
    if (!before) added.push(now);
    else if (before.vanishedMs !== null) returned.push(now);
  }
  for (const [key, instance] of all) {
    if (found.has(key) || !complete || instance.vanishedMs !== null) continue;
    const gone: Instance = { ...instance, vanishedMs: nowMs };
    all.set(key, gone);
    changed.push(gone);
    vanished.push(gone);
  }
  return { changed, all, added, vanished, returned };
}

function created(device: string, found: MergedInstance, nowMs: number, id: InstanceId): Instance {
  const { kind, key, name, alias, capacity, metrics } = found;
  return { id, device, kind, key, name, alias, capacity, metrics, firstSeenMs: nowMs, lastSeenMs: nowMs, vanishedMs: null };
}

function refreshed(before: Instance, found: MergedInstance, complete: boolean, nowMs: number): Instance {
  // While a source is silent, what it measured is still ours to show.
  const metrics = complete
    ? found.metrics
    : [...new Map([...before.metrics, ...found.metrics].map((metric) => [metric.name, metric])).values()];
  return {
    ...before,
    name: found.name,
    alias: found.alias,
    // A port without link says no speed: what it last had is a better answer than none.
    capacity: found.capacity ?? before.capacity,
    metrics,
    lastSeenMs: nowMs,
    vanishedMs: null,
  };
}

const LISTED_MAX = 5;

/** Tells what came and went. The first discovery of a device is one event, not one per port. */
export function tell(chronicle: Chronicle, reconciled: Reconciled, first: boolean, summary: string): void {
  if (first) {
    chronicle.note({ kind: 'added', instance: null, text: `Found ${summary}.` });
    return;
  }
  const kinds = [
    ['added', reconciled.added, 'is new', 'are new'],
    ['vanished', reconciled.vanished, 'is gone; its history stays', 'are gone; their history stays'],
    ['returned', reconciled.returned, 'is back', 'are back'],
  ] as const;
  for (const [kind, instances, one, many] of kinds) {
    if (instances.length > LISTED_MAX) {
      chronicle.note({ kind, instance: null, text: `${someOf(instances.map(label))} ${many}.` });
    } else {
      for (const instance of instances) chronicle.note({ kind, instance: instance.id, text: `${label(instance)} ${one}.` });
    }
  }
}

function label(instance: Instance): string {
  return instance.name === instance.kind ? instance.kind : `${instance.kind} ${instance.name}`;
}

/** Facts of several sources: each field from the first that has it. */
export function joinFacts(all: readonly DeviceFacts[]): DeviceFacts {
  const first = (pick: (facts: DeviceFacts) => string) => all.map(pick).find((text) => text !== '') ?? '';
  return {
    sysName: first((f) => f.sysName),
    sysDescr: first((f) => f.sysDescr),
    sysObjectId: first((f) => f.sysObjectId),
    sysLocation: first((f) => f.sysLocation),
    sysContact: first((f) => f.sysContact),
  };
}

export function sameFacts(a: DeviceFacts, b: DeviceFacts): boolean {
  return (
    a.sysName === b.sysName &&
    a.sysDescr === b.sysDescr &&
    a.sysObjectId === b.sysObjectId &&
    a.sysLocation === b.sysLocation &&
    a.sysContact === b.sysContact
  );
}

/** A plan of before with the instances it found, as the catalog has them. */
export function withInstances(plan: Plan, known: readonly Instance[]): Plan {
  const found = new Set(plan.columns.map(instanceKey));
  return { ...plan, instances: known.filter((instance) => found.has(instanceKey(instance))) };
}
