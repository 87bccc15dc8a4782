/**
 * Turns `series` lists into layouts, the rows of the store. A list seen before costs one lookup.
 */
import { splitSeriesKey, type DeviceId, type SeriesKey } from '../../core/model.ts';
import type { SeriesList } from '../../core/ports.ts';
import { createNumbering, type Numbering } from '../numbering.ts';
import { keysOf, LAYOUT_SERIES, type LayoutDefinition, type Opened, type SeriesDefinitions } from './protocol.ts';

/** A `series` list as the store sees it. */
export interface Interned {
  readonly numbers: Int32Array;
  readonly parts: readonly Part[];
}
/** Series that make a row together. */
export interface Part {
  readonly layout: number;
  /** Of each series of the layout its position in the list. */
  readonly positions: Int32Array;
}

export class ForeignSeries extends Error {
  constructor(series: SeriesKey, device: DeviceId) {
    super(`The series ${series} is not of device ${device}.`);
    this.name = 'ForeignSeries';
  }
}

export interface Interning {
  readonly numbering: Numbering;
  /** @throws ForeignSeries when one is not of the device */
  intern(device: DeviceId, series: SeriesList): Interned;
  /** 0 = never written. */
  number(series: SeriesKey): number;
  /** The number itself, 0 if it was never written. */
  written(number: number): number;
  count(): number;
  keys(): SeriesKey[];
  /** Definitions the worker has not confirmed yet. */
  unconfirmed(): { series: SeriesDefinitions; layouts: LayoutDefinition[] };
  /** @returns numbers of series that are confirmed for the first time */
  confirm(series: SeriesDefinitions, layouts: readonly LayoutDefinition[]): Int32Array;
  forget(series: readonly SeriesKey[]): void;
}

export function createInterning(opened: Opened): Interning {
  const numbering = createNumbering(opened.nextSeries);
  /** 1 = the store knows it, or will with the next write. */
  let interned = new Uint8Array(1024);
  let count = 0;
  const newSeries = new Set<number>();
  const newLayouts = new Map<number, LayoutDefinition>();
  const byContent = new Map<number, LayoutDefinition[]>();
  let byList = new WeakMap<SeriesList, Interned>();
  let { nextLayout } = opened;

  const mark = (number: number) => {
    if (number >= interned.length) {
      const longer = new Uint8Array(Math.ceil(number * 1.5));
      longer.set(interned);
      interned = longer;
    }
    interned[number] = 1;
    count++;
  };
  const remember = (layout: LayoutDefinition) => {
    const hash = hashOf(layout.series);
    const bucket = byContent.get(hash);
    if (bucket) bucket.push(layout);
    else byContent.set(hash, [layout]);
  };
  for (const part of opened.series) {
    keysOf(part).forEach((key, i) => {
      numbering.restore(part.ids[i] ?? 0, key);
      mark(part.ids[i] ?? 0);
    });
  }
  for (const layout of opened.layouts) remember(layout);

  const layoutOf = (series: Int32Array): number => {
    const same = byContent
      .get(hashOf(series))
      ?.find((layout) => layout.series.length === series.length && layout.series.every((id, i) => id === series[i]));
    if (same) return same.id;
    const layout = { id: nextLayout++, series };
    remember(layout);
    newLayouts.set(layout.id, layout);
    return layout.id;
  };
  const partsOf = (numbers: Int32Array): Part[] => {
    const metrics = Array.from(numbers, (number) => numbering.metric(number));
    const parts: Part[] = [];
    for (let from = 0; from < numbers.length; from += LAYOUT_SERIES) {
      const positions = Int32Array.from({ length: Math.min(LAYOUT_SERIES, numbers.length - from) }, (_position, i) => from + i);
      // The same metric of all ports side by side: alike numbers pack better, and are asked for together.
      positions.sort((a, b) => (metrics[a] === metrics[b] ? a - b : (metrics[a] ?? '') < (metrics[b] ?? '') ? -1 : 1));
      parts.push({ layout: layoutOf(positions.map((position) => numbers[position] ?? 0)), positions });
    }
    return parts;
  };
  const check = (device: DeviceId, series: SeriesList) => {
    for (const key of series) {
      if (splitSeriesKey(key).device !== device) throw new ForeignSeries(key, device);
      // Keys travel as lines.
      if (key.includes('\n')) throw new TypeError(`A series key of device ${device} has a line break.`);
    }
  };
  const written = (one: number): number => (interned[one] === 1 ? one : 0);
  const number = (series: SeriesKey): number => written(numbering.find(series));

  return {
    numbering,
    intern(device, series) {
      const before = byList.get(series);
      if (before) return before;
      check(device, series);
      const numbers = numbering.of(series);
      for (const one of numbers) {
        if (interned[one] === 1) continue;
        mark(one);
        newSeries.add(one);
      }
      const made = { numbers, parts: partsOf(numbers) };
      byList.set(series, made);
      return made;
    },
    number,
    written,
    count: () => count,
    keys() {
      const keys: SeriesKey[] = [];
      for (let one = 1; one < numbering.end(); one++) if (interned[one] === 1) keys.push(numbering.key(one));
      return keys;
    },
    unconfirmed: () => ({
      series: { ids: Int32Array.from(newSeries), keys: Array.from(newSeries, (one) => numbering.key(one)).join('\n') },
      layouts: [...newLayouts.values()],
    }),
    confirm(series, layouts) {
      for (const { id } of layouts) newLayouts.delete(id);
      return series.ids.filter((one) => newSeries.delete(one));
    },
    forget(series) {
      for (const key of series) {
        const one = number(key);
        if (one === 0) continue;
        interned[one] = 0;
        count--;
        newSeries.delete(one);
        numbering.forget(key);
      }
      byList = new WeakMap();
    },
  };
}

/** FNV-1a over the numbers. */
function hashOf(series: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const number of series) hash = Math.imul(hash ^ number, 0x01000193);
  return hash >>> 0;
}
