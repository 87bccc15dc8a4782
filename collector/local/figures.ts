/**
 * One look at this machine: every figure with the column it belongs to. Discovery and polls
 * take the same look, so that they can never disagree about what there is.
 */
import type { Form, MetricName, Unit } from '../../core/model.ts';
import type { Column, FoundInstance, Moment } from '../../core/readings.ts';

export interface Figure {
  readonly column: Column;
  /** A bigint is a counter of 64 bits; null is there, but cannot be read now. */
  readonly value: number | bigint | null;
  /** Greatest believable raw rate a second; NaN when unknown. */
  readonly maxPerS: number;
}

export interface Look {
  /** When the counters were read. */
  readonly moment: Moment;
  readonly instances: readonly FoundInstance[];
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

/** Collects what is found under one instance after the other. */
export interface LookBuilder {
  readonly instances: FoundInstance[];
  readonly figures: Figure[];
  readonly notes: string[];
  instance(found: Pick<FoundInstance, 'kind'> & Partial<FoundInstance>): InstanceFigures;
}
export interface InstanceFigures {
  /** A level; NaN (this machine does not have it) is left out, null (not now) is kept. */
  gauge(field: string, unit: Unit, value: number | null): void;
  counter(field: string, unit: Unit, value: bigint, scale: number, maxPerS?: number): void;
}

export function createLook(): LookBuilder {
  const instances: FoundInstance[] = [];
  const figures: Figure[] = [];
  return {
    instances,
    figures,
    notes: [],
    instance(found) {
      const { kind } = found;
      // A family with one instance lends it its name.
      const key = found.key ?? kind;
      instances.push({ kind, key, name: found.name ?? key, alias: found.alias ?? '', capacity: found.capacity ?? null });
      const add = (field: string, unit: Unit, form: Form, value: number | bigint | null, scale: number, maxPerS: number) => {
        const metric: MetricName = `${kind}.${field}`;
        figures.push({ column: { kind, key, metric, unit, form, scale }, value, maxPerS });
      };
      return {
        gauge(field, unit, value) {
          if (value === null || Number.isFinite(value)) add(field, unit, 'gauge', value, 1, NaN);
        },
        counter(field, unit, value, scale, maxPerS = NaN) {
          add(field, unit, 'counter', value, scale, maxPerS);
        },
      };
    },
  };
}
