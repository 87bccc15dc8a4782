/**
 * Numbers for series: small, dense, never used twice, the same for everybody in this process. Half a
 * million keys of sixty bytes in maps of strings would be most of a collector's memory; here a key
 * is the number of its instance and the number of its metric.
 */
import type { SeriesKey } from '../core/model.ts';
import type { SeriesList, SeriesStore } from '../core/ports.ts';

export interface Numbering {
  /** Numbers of the series of a list, in order; new ones get the next numbers. The same array as long as it is the same list. */
  of(list: SeriesList): Int32Array;
  /** 0 = unknown. */
  find(series: SeriesKey): number;
  /** Numbers of a list that was given out or numbered before, null for any other. */
  known(list: SeriesList): Int32Array | null;
  /** '' when there is none of this number any more. */
  key(number: number): SeriesKey;
  /** What follows the last '/' of the key. */
  metric(number: number): string;
  /** A list of these numbers, which makes its keys when it is asked. */
  list(numbers: Int32Array): SeriesList;
  /** The keys of these numbers. */
  keys(numbers: Int32Array): SeriesKey[];
  /** Above all numbers so far. */
  end(): number;
  /** Takes up a series of an earlier run; numbers must ascend. */
  restore(number: number, series: SeriesKey): void;
  /** Leaves the number unused for ever and the key free for another one. */
  forget(series: SeriesKey): void;
}

/** A store that numbers its series; whoever works beside it uses the same numbers. */
export interface Numbered {
  readonly numbering: Numbering;
}

/** @param end the first number that is free */
export function createNumbering(end = 1): Numbering {
  const stems = createNames();
  const metrics = createNames();
  let byList = new WeakMap<SeriesList, Int32Array>();
  /** Of each number: its stem (0 = gone) and metric, and the next number with the same stem. */
  let stemOf = new Int32Array(1024);
  let metricOf = new Int32Array(1024);
  let nextOf = new Int32Array(1024);
  /** The newest number of each stem. */
  let newest = new Int32Array(1024);
  let free = end;

  const put = (number: number, stem: number, metric: number) => {
    if (number >= stemOf.length) {
      const size = Math.ceil(number * 1.5) + 1;
      [stemOf, metricOf, nextOf] = [longer(stemOf, size), longer(metricOf, size), longer(nextOf, size)];
    }
    if (stem >= newest.length) newest = longer(newest, stem * 2);
    stemOf[number] = stem;
    metricOf[number] = metric;
    nextOf[number] = newest[stem] ?? 0;
    newest[stem] = number;
  };
  const lookUp = (stem: number, metric: number): number => {
    let number = newest[stem] ?? 0;
    while (number !== 0 && metricOf[number] !== metric) number = nextOf[number] ?? 0;
    return number;
  };
  const find = (series: SeriesKey): number => {
    const at = series.lastIndexOf('/');
    const stem = stems.find(series.slice(0, at + 1));
    const metric = stem === 0 ? 0 : metrics.find(series.slice(at + 1));
    return metric === 0 ? 0 : lookUp(stem, metric);
  };
  const numberOf = (series: SeriesKey): number => {
    const at = series.lastIndexOf('/');
    const stem = stems.of(series.slice(0, at + 1));
    const metric = metrics.of(series.slice(at + 1));
    const known = stem < newest.length ? lookUp(stem, metric) : 0;
    if (known !== 0) return known;
    put(free, stem, metric);
    return free++;
  };
  const key = (number: number): SeriesKey => {
    const stem = stemOf[number] ?? 0;
    return stem === 0 ? '' : stems.name(stem) + metrics.name(metricOf[number] ?? 0);
  };

  return {
    of(list) {
      let numbers = byList.get(list);
      if (!numbers) {
        numbers = Int32Array.from(list, numberOf);
        byList.set(list, numbers);
      }
      return numbers;
    },
    find,
    known: (list) => byList.get(list) ?? null,
    key,
    keys(numbers) {
      const keys = Array.from(numbers, key);
      byList.set(keys, numbers);
      return keys;
    },
    metric: (number) => metrics.name(metricOf[number] ?? 0),
    list(numbers) {
      const list: SeriesList = {
        length: numbers.length,
        at: (index) => (index < numbers.length ? key(numbers[index] ?? 0) : undefined),
        *[Symbol.iterator]() {
          for (const number of numbers) yield key(number);
        },
      };
      byList.set(list, numbers);
      return list;
    },
    end: () => free,
    restore(number, series) {
      const at = series.lastIndexOf('/');
      put(number, stems.of(series.slice(0, at + 1)), metrics.of(series.slice(at + 1)));
      free = Math.max(free, number + 1);
    },
    forget(series) {
      const number = find(series);
      if (number === 0) return;
      const stem = stemOf[number] ?? 0;
      let before = newest[stem] ?? 0;
      if (before === number) newest[stem] = nextOf[number] ?? 0;
      else {
        while (nextOf[before] !== number) before = nextOf[before] ?? 0;
        nextOf[before] = nextOf[number] ?? 0;
      }
      stemOf[number] = 0;
      // Lists that name it would go on with the old number.
      byList = new WeakMap();
    },
  };
}

/** The numbering of a store that has one, else one of its own. */
export function numberingOf(store: SeriesStore & Partial<Numbered>): Numbering {
  return store.numbering ?? createNumbering();
}

/** Numbers from 1 for strings, which are many and short. */
function createNames() {
  const numbers = new Map<string, number>();
  const names: string[] = [''];
  return {
    find: (name: string): number => numbers.get(name) ?? 0,
    name: (number: number): string => names[number] ?? '',
    of(name: string): number {
      let number = numbers.get(name);
      if (number === undefined) {
        // A slice would keep the whole key it was cut from.
        const copy = Buffer.from(name).toString();
        const own = copy === name ? copy : name;
        number = names.length;
        numbers.set(own, number);
        names.push(own);
      }
      return number;
    },
  };
}

function longer(old: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(size);
  copy.set(old);
  return copy;
}
