/**
 * Turns series keys into the integers of the store, and `series` lists into layouts. A list
 * seen before costs one lookup.
 */
import { splitSeriesKey, type DeviceId, type SeriesKey } from '../../core/model.ts';
import type { SeriesList } from '../../core/ports.ts';
import { keysOf, LAYOUT_SERIES, type LayoutDefinition, type Opened, type SeriesDefinitions } from './protocol.ts';

/** A `series` list as the store sees it: a run of it a layout. */
export interface Interned {
  readonly ids: Int32Array;
  readonly parts: readonly { readonly layout: number; readonly from: number; readonly to: number }[];
}

export class ForeignSeries extends Error {
  constructor(series: SeriesKey, device: DeviceId) {
    super(`The series ${series} is not of device ${device}.`);
    this.name = 'ForeignSeries';
  }
}

export interface Interning {
  /** @throws ForeignSeries when one is not of the device */
  intern(device: DeviceId, series: SeriesList): Interned;
  /** 0 = never seen. */
  id(series: SeriesKey): number;
  count(): number;
  keys(): SeriesKey[];
  /** Definitions the worker has not confirmed yet. */
  unconfirmed(): { series: SeriesDefinitions; layouts: LayoutDefinition[] };
  /** @returns ids of series that are confirmed for the first time */
  confirm(series: SeriesDefinitions, layouts: readonly LayoutDefinition[]): Int32Array;
  forget(series: readonly SeriesKey[]): void;
}

export function createInterning(opened: Opened): Interning {
  const ids = new Map<SeriesKey, number>();
  keysOf(opened.series).forEach((key, i) => ids.set(key, opened.series.ids[i] ?? 0));
  let { nextSeries, nextLayout } = opened;
  let byArray = new WeakMap<SeriesList, Interned>();
  const byContent = new Map<number, LayoutDefinition[]>();
  const newSeries = new Map<number, SeriesKey>();
  const newLayouts = new Map<number, LayoutDefinition>();

  const idOf = (key: SeriesKey): number => {
    let id = ids.get(key);
    if (id === undefined) {
      id = nextSeries++;
      ids.set(key, id);
      newSeries.set(id, key);
    }
    return id;
  };
  const layoutOf = (series: Int32Array): number => {
    const hash = hashOf(series);
    const same = byContent
      .get(hash)
      ?.find((layout) => layout.series.length === series.length && layout.series.every((id, i) => id === series[i]));
    if (same) return same.id;
    const layout = { id: nextLayout++, series };
    const bucket = byContent.get(hash);
    if (bucket) bucket.push(layout);
    else byContent.set(hash, [layout]);
    newLayouts.set(layout.id, layout);
    return layout.id;
  };
  return {
    intern(device, series) {
      const before = byArray.get(series);
      if (before) return before;
      const keys = [...series];
      const stranger = keys.find((key) => splitSeriesKey(key).device !== device);
      if (stranger !== undefined) throw new ForeignSeries(stranger, device);
      // Keys travel as lines.
      if (keys.some((key) => key.includes('\n'))) throw new TypeError(`A series key of device ${device} has a line break.`);
      const all = Int32Array.from(keys, idOf);
      const parts = [];
      for (let from = 0; from < all.length; from += LAYOUT_SERIES) {
        const to = Math.min(all.length, from + LAYOUT_SERIES);
        parts.push({ layout: layoutOf(all.slice(from, to)), from, to });
      }
      const interned = { ids: all, parts };
      byArray.set(series, interned);
      return interned;
    },
    id: (series) => ids.get(series) ?? 0,
    count: () => ids.size,
    keys: () => [...ids.keys()],
    unconfirmed: () => ({
      series: { ids: Int32Array.from(newSeries.keys()), keys: [...newSeries.values()].join('\n') },
      layouts: [...newLayouts.values()],
    }),
    confirm(series, layouts) {
      for (const { id } of layouts) newLayouts.delete(id);
      return series.ids.filter((id) => newSeries.delete(id));
    },
    forget(series) {
      for (const key of series) {
        newSeries.delete(ids.get(key) ?? 0);
        ids.delete(key);
      }
      byArray = new WeakMap();
    },
  };
}

/** FNV-1a over the ids. */
function hashOf(series: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const id of series) hash = Math.imul(hash ^ id, 0x01000193);
  return hash >>> 0;
}
