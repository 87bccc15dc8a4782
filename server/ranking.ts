/** Lists of instances of one kind with what they carry now: filtered, put in an order, cut into pages. */
import { Type } from 'typebox';
import { seriesKey, type Device, type Instance, type MetricName, type SeriesKey } from '../core/model.ts';
import type { LatestOf } from '../core/now.ts';
import type { History } from '../core/ports.ts';
import type { Place } from './name-order.ts';
import { paging } from './paging.ts';

export interface Ranked<Now> extends Place {
  readonly now: Now;
  /** When its newest value was taken. */
  readonly newestMs: number | null;
}

/** Query parameters of every such list. */
export const rankingQuery = {
  device: Type.Optional(Type.String({ maxLength: 255, description: 'Id or name.' })),
  site: Type.Optional(Type.String({ maxLength: 128 })),
  tag: Type.Optional(Type.String({ maxLength: 64 })),
  q: Type.Optional(Type.String({ maxLength: 255, description: 'Part of name, description or name of the device.' })),
  order: Type.Optional(Type.Enum(['ascending', 'descending'])),
  spark: Type.Optional(
    Type.String({ maxLength: 64, description: 'Adds a small history over this range, such as `24h`, to each row.' }),
  ),
  ...paging,
};

/** What the last records of an instance say. */
export interface LastValues {
  /** Last known value of a field; null when there is none, or it is too old to be called "now". */
  readonly of: LatestOf;
  /** When the newest of them was taken; null = never. */
  readonly newestMs: number | null;
}

/**
 * Last values of instances, read at once.
 * @param oldestMs of a device the time before which a value says nothing about now; -Infinity = all do
 * @param fields which ones; of all metrics when left out
 */
export async function lastValues(
  history: History,
  rows: readonly Place[],
  oldestMs: (device: Device) => number,
  fields?: readonly string[],
): Promise<LastValues[]> {
  const keys: SeriesKey[] = [];
  const read = rows.map(({ instance: { kind, metrics, device, id } }) => {
    const start = keys.length;
    const names = metrics.map(({ name }) => name);
    const wanted = fields ? names.filter((name) => fields.includes(name.slice(kind.length + 1))) : names;
    for (const name of wanted) keys.push(seriesKey(device, id, name));
    return { start, wanted };
  });
  const latest = await history.latest(keys);
  return rows.map(({ device, instance: { kind } }, row): LastValues => {
    const { start, wanted } = read[row] ?? { start: 0, wanted: [] };
    const from = oldestMs(device);
    let newestMs: number | null = null;
    for (let i = 0; i < wanted.length; i++) newestMs = Math.max(newestMs ?? 0, latest[start + i]?.tMs ?? 0) || null;
    return {
      newestMs,
      of: (field) => {
        const at = wanted.indexOf(`${kind}.${field}`);
        const last = at < 0 ? null : latest[start + at];
        return last && last.tMs >= from && Number.isFinite(last.value) ? last.value : null;
      },
    };
  });
}

/** Series of these fields, null in the place of one that the instance does not have. */
export function keysOf(instance: Instance, fields: readonly string[]): (SeriesKey | null)[] {
  return fields.map((field) => {
    const name: MetricName = `${instance.kind}.${field}`;
    return instance.metrics.some((metric) => metric.name === name) ? seriesKey(instance.device, instance.id, name) : null;
  });
}

/** Whether the words of a filter all occur in what a row is called. */
export function matcher(q: string | undefined): (device: Device, instance: Instance) => boolean {
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return ({ name }, instance) => {
    if (words.length === 0) return true;
    const text = `${name}\n${instance.name}\n${instance.alias}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** Stable order by the figure of each row; what is unknown (NaN) comes last either way. */
export function byFigure<Row>(rows: readonly Row[], figures: Float64Array, descending: boolean): Row[] {
  const sign = descending ? -1 : 1;
  const order = Uint32Array.from(rows, (_row, i) => i).sort((a, b) => {
    const [x, y] = [figures[a] ?? NaN, figures[b] ?? NaN];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    return sign * (x - y) || a - b;
  });
  return Array.from(order, (i) => rows[i]).filter((row) => row !== undefined);
}
