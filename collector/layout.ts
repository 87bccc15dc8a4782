/**
 * The columns of a source's plan that count, and the series they feed. Of a large device that
 * is hundreds of series: their names are made when somebody asks for them, and what devices of
 * one kind have in common is kept once.
 */
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
}
const known = new WeakMap<readonly Column[], Places>();

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
