/** Rows of a table of a device: which to keep, and what each is found again by. */
import { compareOids } from './oid.ts';
import type { ProfileTable } from './profile.ts';
import type { Column, Device } from './survey.ts';
import type { SnmpValue } from './transport.ts';
import { textOf } from './values.ts';

const MAX_ROWS = 10_000;

export interface Row {
  readonly index: string;
  readonly key: string;
  readonly name: string;
  readonly alias: string;
  /** Value of one of the table's objects in this row; null when absent. */
  readonly value: (object: string) => SnmpValue | null;
}

/** The rows of a table that its profile keeps, by index. Walks only what is needed. */
export async function rowsOf(table: ProfileTable, device: Device, notes: string[]): Promise<Row[]> {
  const maxRows = table.maxRows ?? MAX_ROWS;
  const columns = new Map<string, Column>();
  const walk = async (names: readonly string[]) => {
    for (const name of names) {
      const oid = table.objects[name];
      if (oid !== undefined && !columns.has(name)) columns.set(name, await device.column(oid, maxRows));
    }
  };
  const metricObjects = table.metrics.flatMap((metric) => [
    ...(metric.from ?? []),
    ...(metric.sum ?? []).map((term) => term.slice(1)),
  ]);
  const keyObjects = (table.key ?? []).flatMap((candidate) => candidate.split('+'));
  // A device without the first columns has none of the table.
  const first = [
    ...keyObjects.slice(0, 2),
    ...(table.keep ?? []).map((rule) => rule.object).slice(0, 1),
    ...metricObjects.slice(0, 1),
  ];
  await walk(first);
  if (first.every((name) => (columns.get(name)?.size ?? 0) === 0)) return [];
  await walk(Object.keys(table.objects));

  const indices = new Set<string>();
  for (const name of [...keyObjects, ...metricObjects]) for (const index of columns.get(name)?.keys() ?? []) indices.add(index);
  const value = (index: string, object: string): SnmpValue | null => {
    const found = columns.get(object)?.get(index);
    return found && found.type !== 'absent' ? found : null;
  };
  // A row of which the identity was not seen, although others have one, belongs to nobody yet.
  const unsure = [...keyObjects, ...(table.verify ?? [])].filter((name) => {
    const oid = table.objects[name];
    return oid !== undefined && device.cutOff(oid) && (columns.get(name)?.size ?? 0) > 0;
  });
  const kept = [...indices]
    .sort(compareOids)
    .slice(0, maxRows)
    .filter((index) => unsure.every((name) => value(index, name) !== null))
    .filter((index) => keeps(table, (object) => value(index, object)));
  const text = (index: string, object: string) => {
    const found = value(index, object);
    return found ? textOf(found) : '';
  };
  const keys = keysOf(table, kept, text, notes);
  const rows = kept.map((index, at): Row => {
    const key = keys[at] ?? '';
    const name = (table.name ?? []).map((object) => text(index, object)).find((found) => found !== '') ?? key;
    const alias = table.alias === undefined ? '' : text(index, table.alias);
    return { index, key, name, alias, value: (object) => value(index, object) };
  });
  return table.single ? rows.slice(0, 1) : rows;
}

function keeps(table: ProfileTable, value: (object: string) => SnmpValue | null): boolean {
  return (table.keep ?? []).every((rule) => {
    const found = value(rule.object);
    const text = found ? textOf(found) : '';
    if (rule.in && !rule.in.some((wanted) => String(wanted) === text)) return false;
    if (rule.not?.some((unwanted) => String(unwanted) === text)) return false;
    return rule.unlike === undefined || !new RegExp(rule.unlike, 'u').test(text);
  });
}

/** For each row the first candidate that it has and shares with no other row. */
function keysOf(
  table: ProfileTable,
  indices: readonly string[],
  text: (index: string, object: string) => string,
  notes: string[],
): string[] {
  if (table.single) return indices.map(() => table.kind);
  if (table.numbered !== undefined) return indices.map((_, at) => `${table.numbered}${at}`);
  const candidates = (table.key ?? []).map((candidate) => {
    const objects = candidate.split('+');
    const texts = indices.map((index) => objects.map((object) => text(index, object)));
    const joined = texts.map((parts) => (parts[0] === '' || parts.includes('') ? '' : parts.join(' ')));
    const times = new Map<string, number>();
    for (const key of joined) times.set(key, (times.get(key) ?? 0) + 1);
    return joined.map((key) => (key !== '' && times.get(key) === 1 ? key : null));
  });
  const taken = new Set<string>();
  const unsure: string[] = [];
  const keys = indices.map((index, at) => {
    const fallback = `${(table.key ?? []).map((candidate) => text(index, candidate.split('+')[0] ?? '')).find((found) => found !== '') ?? table.kind}#${index}`;
    const key =
      candidates.map((candidate) => candidate[at] ?? null).find((found) => found !== null && !taken.has(found)) ?? fallback;
    if (key === fallback) unsure.push(key);
    taken.add(key);
    return key;
  });
  if (unsure.length > 0) {
    const shown = unsure.slice(0, 5).join(', ') + (unsure.length > 5 ? ', …' : '');
    notes.push(`${unsure.length} of kind ${table.kind} have no unique name and are known by their index only: ${shown}.`);
  }
  return keys;
}
