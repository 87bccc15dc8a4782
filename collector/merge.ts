/**
 * Joins what several sources found on one device, so that nothing is counted twice: a metric
 * of an instance belongs to the first source that offers it, and a family that a source covers
 * gets no further instances from later ones.
 */
import type { Metric } from '../core/model.ts';
import type { Column, FoundInstance, Plan } from '../core/readings.ts';

export interface MergedInstance extends FoundInstance {
  readonly metrics: readonly Metric[];
}

export interface Merged {
  readonly instances: readonly MergedInstance[];
  /** For each source, in order, the positions in its plan's columns that count. */
  readonly kept: readonly (readonly number[])[];
}

/** Identity of an instance within its device. Neither part can hold a NUL. */
export function instanceKey(part: { readonly kind: string; readonly key: string }): string {
  return `${part.kind}\0${part.key}`;
}

/** @param plans one per source, in the order they are asked; null where discovery has not succeeded yet */
export function merge(plans: readonly (Plan | null)[]): Merged {
  const instances = new Map<string, FoundInstance & { metrics: Metric[] }>();
  const covered = new Set<string>();
  const kept = plans.map((plan) => {
    if (!plan) return [];
    for (const found of plan.instances) join(instances, covered, found);
    const positions: number[] = [];
    plan.columns.forEach((column: Column, position) => {
      const instance = instances.get(instanceKey(column));
      if (!instance || instance.metrics.some((metric) => metric.name === column.metric)) return;
      instance.metrics.push({ name: column.metric, unit: column.unit });
      positions.push(position);
    });
    // Only from here on: a source may well have several instances of what it covers itself.
    for (const kind of plan.covers) covered.add(kind);
    return positions;
  });
  return { instances: [...instances.values()].filter((instance) => instance.metrics.length > 0), kept };
}

function join(
  instances: Map<string, FoundInstance & { metrics: Metric[] }>,
  covered: ReadonlySet<string>,
  found: FoundInstance,
): void {
  const id = instanceKey(found);
  const known = instances.get(id);
  if (known) {
    instances.set(id, { ...known, alias: known.alias || found.alias, capacity: known.capacity ?? found.capacity });
  } else if (!covered.has(found.kind)) {
    instances.set(id, { ...found, metrics: [] });
  }
}
