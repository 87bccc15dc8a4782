/** Grows a plan from groups and tables of profiles; the first that offers a metric of an instance gives it. */
import type { DeviceFacts, MetricName } from '../../core/model.ts';
import type { Column, FoundInstance, Plan } from '../../core/readings.ts';
import type { ProfileCapacity, ProfileGroup, ProfileMetric, ProfileTable } from './profile.ts';
import { createLayout, type Check, type Recipe, type Route } from './route.ts';
import type { Row } from './rows.ts';
import type { Device } from './survey.ts';
import type { SnmpValue } from './transport.ts';
import { numberOf, textOf } from './values.ts';

const TWO32 = 2 ** 32;
const NAMED_IN_NOTES = 5;

/** A recipe whose objects are not yet laid out. */
interface Sketch {
  readonly column: Column;
  readonly terms: readonly { readonly oid: string; readonly sign: 1 | -1 }[];
  readonly mean: boolean;
  readonly unsigned: boolean;
  readonly enumeration: Readonly<Record<string, number>> | null;
  readonly limit: KnownCapacity | null;
  readonly max: number | null;
  readonly discontinuity: string | null;
}
interface KnownCapacity {
  readonly oid: string;
  readonly raw: string;
  /** Null: the device does not know it now. */
  readonly value: number | null;
  readonly scale: number;
  readonly unknown: readonly number[];
}
interface Bundle {
  readonly oids: string[];
  readonly sketches: number[];
  readonly verify: { readonly oid: string; readonly expected: string }[];
  /** Whether it is a row of a table. */
  readonly row: boolean;
}
/** How the objects of one row (or of a group) are reached. */
interface Place {
  readonly kind: string;
  readonly key: string;
  readonly value: (object: string) => SnmpValue | null;
  readonly oid: (object: string) => string;
}

export interface Draft {
  has(metric: string): boolean;
  addGroup(group: ProfileGroup): void;
  addTable(table: ProfileTable, rows: readonly Row[], complete: boolean): void;
  finish(facts: DeviceFacts, watch: readonly string[]): Plan;
}

export function createDraft(device: Device, notes: string[]): Draft {
  const sketches: Sketch[] = [];
  const bundles: Bundle[] = [];
  const instances = new Map<string, FoundInstance>();
  const offered = new Set<string>();
  const metrics = new Set<string>();
  const covers = new Map<string, boolean>();
  const narrow: string[] = [];
  const nominal: string[] = [];
  const meanLater: { readonly sketch: Sketch; readonly kind: string; readonly key: string }[] = [];

  const addInstance = (instance: FoundInstance) => {
    const id = `${instance.kind}\n${instance.key}`;
    const known = instances.get(id);
    if (!known) instances.set(id, instance);
    else if (known.capacity === null && instance.capacity !== null) instances.set(id, { ...known, capacity: instance.capacity });
  };
  const offer = (sketch: Sketch): boolean => {
    const id = `${sketch.column.kind}\n${sketch.column.key}\n${sketch.column.metric}`;
    if (offered.has(id)) return false;
    offered.add(id);
    metrics.add(sketch.column.metric);
    sketches.push(sketch);
    return true;
  };

  /** Capacity of an instance in its own unit, by the first object that knows it; else by the first there is, to be watched. */
  const capacityAt = (rules: readonly ProfileCapacity[] | undefined, place: Place): KnownCapacity | null => {
    let watched: KnownCapacity | null = null;
    for (const rule of rules ?? []) {
      const found = place.value(rule.from);
      const raw = found === null ? null : numberOf(found);
      const factor = rule.times === undefined ? 1 : numberOf(place.value(rule.times) ?? { type: 'absent', value: 'null' });
      if (found === null || raw === null || factor === null) continue;
      const fromHere = rule.unknownFrom !== undefined && `${device.objectId}.`.startsWith(`${rule.unknownFrom.agent}.`);
      const guesses = fromHere ? (rule.unknownFrom?.values ?? []) : [];
      const unknown = [...(rule.unknown ?? []), ...guesses];
      const scale = (rule.scale ?? 1) * factor;
      const capacity = { oid: place.oid(rule.from), raw: textOf(found), value: null, scale, unknown };
      watched ??= capacity;
      if (guesses.includes(raw)) {
        nominal.push(place.key);
        return capacity;
      }
      if (unknown.includes(raw) || raw < (rule.atLeast ?? -Infinity)) continue;
      return { ...capacity, value: (raw < 0 ? raw + TWO32 : raw) * scale };
    }
    return watched;
  };

  /** Which objects give a metric at this place, null when it has none. */
  const termsOf = (metric: ProfileMetric, place: Place): { object: string; sign: 1 | -1 }[] | null => {
    const there = (object: string) => {
      const found = place.value(object);
      return found !== null && numberOf(found) !== null;
    };
    if (metric.from) {
      const object = metric.from.find(there);
      return object === undefined ? null : [{ object, sign: 1 }];
    }
    const terms = (metric.sum ?? []).map((term) => ({
      object: term.slice(1),
      sign: term.startsWith('-') ? (-1 as const) : (1 as const),
    }));
    const first = terms[0];
    // What an agent does not know at all adds nothing; without the first term there is no sum.
    return first && there(first.object) ? terms.filter((term) => there(term.object)) : null;
  };

  const sketchOf = (
    metric: ProfileMetric,
    place: Place,
    capacity: KnownCapacity | null,
    discontinuity: string | null,
  ): Sketch | null => {
    const terms = termsOf(metric, place);
    if (terms === null) return null;
    let scale = metric.scale ?? 1;
    if (metric.times !== undefined) {
      const factor = numberOf(place.value(metric.times) ?? { type: 'absent', value: 'null' });
      if (factor === null || factor <= 0) return null;
      scale *= factor;
    }
    if (metric.per === 'processor') {
      if (device.processors === null) return null;
      scale /= device.processors;
    }
    const form = metric.form ?? 'gauge';
    if (metric.limit && form === 'counter' && place.value(terms[0]?.object ?? '')?.type === 'counter32') narrow.push(place.key);
    return {
      column: { kind: place.kind, key: place.key, metric: metric.metric as MetricName, unit: metric.unit, form, scale },
      terms: terms.map(({ object, sign }) => ({ oid: place.oid(object), sign })),
      mean: false,
      unsigned: metric.unsigned ?? false,
      enumeration: metric.enum ?? null,
      limit: metric.limit ? capacity : null,
      max: form === 'counter' ? (metric.max ?? null) : null,
      discontinuity: form === 'counter' ? discontinuity : null,
    };
  };

  const addPlace = (part: ProfileGroup, table: ProfileTable | null, place: Place, name: string, alias: string): void => {
    const capacity = capacityAt(part.capacity, place);
    const since = table?.discontinuity;
    const discontinuity = since !== undefined && place.value(since) !== null ? place.oid(since) : null;
    const bundle: Bundle = { oids: [], sketches: [], verify: [], row: table !== null };
    for (const metric of part.metrics) {
      const sketch = sketchOf(metric, place, capacity, discontinuity);
      if (sketch === null || !offer(sketch)) continue;
      bundle.sketches.push(sketches.length - 1);
      bundle.oids.push(...sketch.terms.map((term) => term.oid));
      if (sketch.limit) bundle.oids.push(sketch.limit.oid);
      if (sketch.discontinuity !== null) bundle.oids.push(sketch.discontinuity);
    }
    if (bundle.sketches.length === 0) return;
    for (const object of table?.verify ?? []) {
      const found = place.value(object);
      if (found !== null) bundle.verify.push({ oid: place.oid(object), expected: textOf(found) });
    }
    bundle.oids.unshift(...bundle.verify.map((check) => check.oid));
    bundles.push(bundle);
    addInstance({ kind: place.kind, key: place.key, name, alias, capacity: capacity?.value ?? null });
  };

  return {
    has: (metric) => metrics.has(metric),
    addGroup(group) {
      const place: Place = {
        kind: group.kind,
        key: group.kind,
        value: (object) => {
          const found = device.get(group.objects[object] ?? '');
          return found.type === 'absent' ? null : found;
        },
        oid: (object) => group.objects[object] ?? '',
      };
      const before = sketches.length;
      addPlace(group, null, place, group.kind, '');
      if (sketches.length > before && !covers.has(group.kind)) covers.set(group.kind, true);
    },
    addTable(table, rows, complete) {
      const fallback = table.fallback ?? false;
      const left = fallback ? table.metrics.filter((metric) => !metrics.has(metric.metric)) : table.metrics;
      const part = {
        kind: table.kind,
        objects: table.objects,
        metrics: left,
        ...(table.capacity && { capacity: table.capacity }),
      };
      const oidAt = (object: string, index: string) => `${table.objects[object]}.${index}`;
      for (const row of rows) {
        const place: Place = { kind: table.kind, key: row.key, value: row.value, oid: (object) => oidAt(object, row.index) };
        addPlace(part, table, place, row.name, row.alias);
      }
      for (const metric of left) {
        if (metric.mean === undefined || rows.length === 0) continue;
        const object = metric.from?.find((name) => rows.every((row) => row.value(name) !== null));
        if (object === undefined) continue;
        const sketch: Sketch = {
          column: {
            kind: table.kind,
            key: metric.mean,
            metric: metric.metric as MetricName,
            unit: metric.unit,
            form: 'gauge',
            scale: metric.scale ?? 1,
          },
          terms: rows.map((row) => ({ oid: oidAt(object, row.index), sign: 1 })),
          mean: true,
          unsigned: metric.unsigned ?? false,
          enumeration: null,
          limit: null,
          max: null,
          discontinuity: null,
        };
        // Counters of all processors, where there are some, are better than the mean of percentages.
        meanLater.push({ sketch, kind: table.kind, key: metric.mean });
      }
      if (rows.length > 0) covers.set(table.kind, complete && (covers.get(table.kind) ?? true));
    },
    finish(facts, watch) {
      for (const { sketch, kind, key } of meanLater) {
        if (!offer(sketch)) continue;
        bundles.push({ oids: sketch.terms.map((term) => term.oid), sketches: [sketches.length - 1], verify: [], row: false });
        addInstance({ kind, key, name: key, alias: '', capacity: null });
      }
      return {
        facts,
        instances: [...instances.values()],
        columns: sketches.map((sketch) => sketch.column),
        covers: [...covers].filter(([, complete]) => complete).map(([kind]) => kind),
        notes: [...notes, ...remarks(narrow, nominal)],
        route: routeOf(sketches, bundles, watch, device),
      };
    },
  };
}

function remarks(narrow: readonly string[], nominal: readonly string[]): string[] {
  const list = (keys: readonly string[]) => {
    const distinct = [...new Set(keys)];
    const more = distinct.length > NAMED_IN_NOTES ? ` and ${distinct.length - NAMED_IN_NOTES} more` : '';
    return distinct.slice(0, NAMED_IN_NOTES).join(', ') + more;
  };
  const found: string[] = [];
  if (narrow.length > 0) {
    found.push(
      `32-bit counters only on ${list(narrow)}: they wrap within 34 s at 1 Gbit/s, and faster polling or SNMPv2c helps.`,
    );
  }
  if (nominal.length > 0) {
    found.push(`The speed of ${list(nominal)} is unknown: the agent gives 10 Mbit/s where the driver does not tell.`);
  }
  return found;
}

function routeOf(sketches: readonly Sketch[], bundles: readonly Bundle[], watch: readonly string[], device: Device): Route {
  const layout = createLayout();
  layout.add(watch, false);
  for (const bundle of bundles) layout.add(bundle.oids, bundle.row);
  const { question, slotOf } = layout.finish();
  const recipes = sketches.map((sketch): Recipe => ({
    terms: sketch.terms.map(({ oid, sign }) => ({ slot: slotOf(oid), sign })),
    mean: sketch.mean,
    unsigned: sketch.unsigned,
    enumeration: sketch.enumeration,
    limit: sketch.limit && { slot: slotOf(sketch.limit.oid), scale: sketch.limit.scale, unknown: sketch.limit.unknown },
    max: sketch.max,
    discontinuity: sketch.discontinuity === null ? null : slotOf(sketch.discontinuity),
  }));
  const checks = bundles.flatMap((bundle): Check[] =>
    bundle.verify.map(({ oid, expected }) => ({ slot: slotOf(oid), expected, columns: bundle.sketches })),
  );
  const limits = new Map(sketches.flatMap(({ limit }) => (limit ? [[slotOf(limit.oid), limit] as const] : [])));
  return {
    question,
    recipes,
    checks,
    watch: watch.map((oid) => ({ slot: slotOf(oid), expected: textOf(device.get(oid)) })),
    capacities: [...limits].map(([slot, { raw, unknown }]) => ({ slot, expected: raw, unknown })),
  };
}
