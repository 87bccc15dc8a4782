/** Says in words where a value departs from its schema: one sentence a fault, with the path to it. */
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { nearest } from '../core/text.ts';

export type Path = readonly (string | number)[];
export interface Fault {
  readonly path: Path;
  readonly text: string;
  /** The value is sound as far as it goes; something is missing in it. */
  readonly incomplete?: true;
}

interface ObjectSchema {
  readonly properties: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
}

/**
 * Takes out of a value whatever the faults name, so that the rest can be checked on its own.
 * A wrong entry of a list is emptied, so that the others keep their numbers.
 */
export function prune(value: unknown, faults: readonly Fault[]): void {
  for (const { path, incomplete } of faults) {
    const last = path.at(-1);
    const parent = path.slice(0, -1).reduce((at: unknown, step) => (at as Record<string, unknown> | undefined)?.[step], value);
    if (incomplete || last === undefined || typeof parent !== 'object' || parent === null) continue;
    if (Array.isArray(parent)) parent[Number(last)] = {};
    else Reflect.deleteProperty(parent, last);
  }
}

/** `devices[2].snmp.port` */
export function keyOf(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}

export function explain(schema: TSchema, value: unknown, path: Path = []): Fault[] {
  if ('properties' in schema) return explainObject(schema as unknown as ObjectSchema, value, path);
  if ('items' in schema) {
    if (!Array.isArray(value)) return [{ path, text: 'must be a list; begin each entry with "- "' }];
    const faults = value.flatMap((entry, i) => explain(schema.items as TSchema, entry, [...path, i]));
    const max = (schema as { maxItems?: number }).maxItems ?? Infinity;
    return value.length > max ? [...faults, { path, text: `must have at most ${max} entries, and has ${value.length}` }] : faults;
  }
  const either = listOrKeys(schema);
  if (either) return explain(Array.isArray(value) ? either.list : either.keys, value, path);
  if (Value.Check(schema, value)) return [];
  const says = (schema as { says?: string }).says ?? 'of another kind';
  return [{ path, text: `must be ${says}${value === null ? '; nothing is written here' : ''}` }];
}

/** The two forms of a part that is a list, or keys of its own: what is written says as which of them it is to be judged. */
function listOrKeys(schema: TSchema): { readonly list: TSchema; readonly keys: TSchema } | null {
  const forms = ('anyOf' in schema ? schema.anyOf : []) as readonly TSchema[];
  const [list, keys] = [forms.find((form) => 'items' in form), forms.find((form) => 'properties' in form)];
  return list && keys ? { list, keys } : null;
}

function explainObject(schema: ObjectSchema, value: unknown, path: Path): Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ path, text: `must have keys of its own: ${Object.keys(schema.properties).join(', ')}` }];
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const names = Object.keys(schema.properties);
  const faults = entries.flatMap(([key, entry]) => {
    const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property) return explain(property, entry, [...path, key]);
    const near = nearest(key, names);
    return [
      { path: [...path, key], text: `is not a known key; ${near ? `did you mean ${near}?` : `known are ${names.join(', ')}`}` },
    ];
  });
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
  return [...faults, ...missing.map((key) => ({ path, text: `needs the key ${key}`, incomplete: true as const }))];
}
