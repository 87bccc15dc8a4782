/**
 * The columns of a source's plan that count, and the series they feed. Of a large device that
 * is hundreds of series: their names are made when somebody asks for them, and what devices of
 * one kind have in common is kept once.
 */
import { hash32 } from '../core/hash.ts';
import { seriesKey, type DeviceId, type InstanceId, type SeriesKey } from '../core/model.ts';
import type { SeriesList } from '../core/ports.ts';
import type { Column } from '../core/readings.ts';
import { instanceKey } from './merge.ts';

export interface Layout {
  readonly columns: readonly Column[];
  /** Position of each column in the plan and so in the readings. */
  readonly positions: ArrayLike<number>;
  readonly series: SeriesList;
  readonly instances: InstanceList;
}

export interface InstanceList {
  readonly length: number;
  at(index: number): InstanceId | undefined;
}
export const NO_LAYOUT: Layout = { columns: [], positions: [], series: [], instances: [] };

/** Which instance each of some columns belongs to: the same for every device with these columns. */
interface Places {
  /** `instanceKey` of each instance, in order of appearance. */
  readonly keys: readonly string[];
  /** For each column its instance, by position in `keys`. */
  readonly of: Uint32Array | Uint16Array;
  /** 0, 1, 2, … */
  readonly all: Uint32Array;
  /** Two words of hash of each column's metric. */
  readonly metrics: Uint32Array;
}
const known = new WeakMap<readonly Column[], Places>();
/** Of the two words. */
const SEEDS: readonly number[] = [0, 0x5bd1e995];

function placesOf(columns: readonly Column[]): Places {
  let places = known.get(columns);
  if (places) return places;
  const numbers = new Map<string, number>();
  const of = columns.map((column) => {
    const key = instanceKey(column);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  places = {
    keys: [...numbers.keys()],
    of: numbers.size > 0xffff ? Uint32Array.from(of) : Uint16Array.from(of),
    all: Uint32Array.from(columns, (_, i) => i),
    metrics: Uint32Array.from({ length: 2 * columns.length }, (_, i) => hash32(columns[i >> 1]?.metric ?? '', SEEDS[i % 2])),
  };
  known.set(columns, places);
  return places;
}

/**
 * @param columns of the plan
 * @param kept positions of those that count, ascending
 * @param ids of the device's instances by `instanceKey`; every column has one
 */
export function layoutOf(
  device: DeviceId,
  columns: readonly Column[],
  kept: readonly number[],
  ids: ReadonlyMap<string, InstanceId>,
): Layout {
  const whole = kept.length === columns.length;
  const counting = whole ? columns : kept.flatMap((position) => columns[position] ?? []);
  const places = placesOf(counting);
  const own = places.keys.map((key) => ids.get(key) ?? '');
  return {
    columns: counting,
    positions: whole ? places.all : Uint32Array.from(kept),
    series: new NamedSeries(device, counting, places, own),
    instances: new Instances(places, own),
  };
}

class Instances implements InstanceList {
  readonly #places: Places;
  readonly #ids: readonly InstanceId[];
  constructor(places: Places, ids: readonly InstanceId[]) {
    this.#places = places;
    this.#ids = ids;
  }
  get length(): number {
    return this.#places.of.length;
  }
  at(index: number): InstanceId | undefined {
    return this.#ids[this.#places.of[index] ?? -1];
  }
}

class NamedSeries implements SeriesList {
  readonly #device: DeviceId;
  readonly #columns: readonly Column[];
  readonly #places: Places;
  readonly #ids: readonly InstanceId[];
  constructor(device: DeviceId, columns: readonly Column[], places: Places, ids: readonly InstanceId[]) {
    this.#device = device;
    this.#columns = columns;
    this.#places = places;
    this.#ids = ids;
  }
  get length(): number {
    return this.#columns.length;
  }
  at(index: number): SeriesKey | undefined {
    const column = this.#columns[index];
    return column && seriesKey(this.#device, this.#ids[this.#places.of[index] ?? -1] ?? '', column.metric);
  }
  *[Symbol.iterator](): Generator<SeriesKey> {
    for (let i = 0; i < this.#columns.length; i++) yield this.at(i) ?? '';
  }
  hash(): Uint32Array {
    const { of, metrics } = this.#places;
    const own = Uint32Array.from({ length: 2 * this.#ids.length }, (_, i) =>
      hash32(`${this.#device}/${this.#ids[i >> 1] ?? ''}`, SEEDS[i % 2]),
    );
    const words = new Uint32Array(metrics.length);
    for (let i = 0; i < metrics.length; i++) words[i] = mixed(own[2 * (of[i >> 1] ?? 0) + (i & 1)] ?? 0, metrics[i] ?? 0);
    return words;
  }
}

/**
 * Two words for each series, by which it is known where its name would be too long: of
 * `device/instance` and of the metric, so that names need not be made.
 */
export function hashSeries(series: SeriesList): Uint32Array {
  if (series instanceof NamedSeries) return series.hash();
  const keys = [...series];
  return Uint32Array.from({ length: 2 * keys.length }, (_, i) => {
    const key = keys[i >> 1] ?? '';
    const end = key.lastIndexOf('/');
    return mixed(hash32(key.slice(0, end), SEEDS[i % 2]), hash32(key.slice(end + 1), SEEDS[i % 2]));
  });
}

/** One word of two: the finalizer of MurmurHash3 over both. */
function mixed(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ b;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Some of a list's series, by position. */
export function pickSeries(series: SeriesList, positions: readonly number[]): SeriesList {
  return {
    length: positions.length,
    at: (index) => series.at(positions[index] ?? -1),
    *[Symbol.iterator]() {
      for (const position of positions) yield series.at(position) ?? '';
    },
  };
}

/** Whether two layouts are the same, so that the old one can go on with what is known by its identity. */
export function sameLayout(a: Layout, b: Layout): boolean {
  if (a.series.length !== b.series.length) return false;
  for (let i = 0; i < a.series.length; i++) {
    if (a.instances.at(i) !== b.instances.at(i) || a.positions[i] !== b.positions[i]) return false;
    const [one, other] = [a.columns[i], b.columns[i]];
    if (one !== other && (one?.metric !== other?.metric || one?.scale !== other?.scale || one?.form !== other?.form))
      return false;
  }
  return true;
}
