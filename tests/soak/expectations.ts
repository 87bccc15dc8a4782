/** What simulated devices' samples must be: every value is compared with what its counter really gained. */
import { COUNTERS, PORTS, rateOf, type CounterName, type Habit } from '../../bench/poll/fleet.ts';
import { splitSeriesKey, type SeriesKey } from '../../core/model.ts';
import type { Catalog, History, RawRow, SeriesList } from '../../core/ports.ts';

export interface Expectations {
  /** The same catalog; what it is told says which series belongs to which port. */
  learnFrom(catalog: Catalog): Catalog;
  /** Rows that the history has taken. */
  check(rows: readonly RawRow[]): void;
  /** From now on nothing may be missing of devices that are well. */
  settled(): void;
  report(): { readonly figures: Record<string, unknown>; readonly faults: readonly string[] };
  /** Whether the store holds what it was given, for some of the devices. */
  stored(history: History | null): Promise<{ readonly figures: Record<string, number>; readonly faults: readonly string[] }>;
}

/** Interfaces have nine metrics by if-mib.yaml, and the system one. */
const SERIES_A_DEVICE = PORTS * 9 + 1;
/** What a request that was asked again may shift a rate by: one that shifts by more than a tenth of the interval is a gap. */
const LOOSE = 0.12;
/** Of devices that answer at once hardly any value may be further off than this: only where the machine stood still. */
const CLOSE = 0.02;
const FAR_SHARE_MAX = 0.001;
/** A counter moves in whole steps, one of which may fall before or after either reading. */
const STEPS = 1.5;
const FAULTS_TOLD = 10;
const DEVICES_READ = 25;

interface Expected {
  /** NaN where nothing is known of what it should be. */
  readonly value: Float64Array;
  /** What one and a half steps of the counter are, times milliseconds. */
  readonly steps: Float64Array;
}
interface Standing {
  readonly habit: Habit;
  readonly address: string;
  known: number;
  missing: number;
  rows: number;
  firstMs: number;
  lastMs: number;
  /** End of the rows before those of lastMs. */
  beforeMs: number;
  series: SeriesList;
}

export function createExpectations(options: {
  readonly fleet: ReadonlyMap<string, Habit>;
  readonly intervalMs: number;
}): Expectations {
  const { fleet, intervalMs } = options;
  const addresses = new Map<string, string>();
  const ports = new Map<string, number>();
  const standings = new Map<string, Standing>();
  const cache = new WeakMap<SeriesList, Expected>();
  const faults: string[] = [];
  const worst: Record<Habit, number> = { healthy: 0, dead: 0, slow: 0, small: 0, hostile: 0 };
  let [wrong, far, compared, missing, since] = [0, 0, 0, 0, Infinity];
  const tell = (text: string) => {
    if (faults.length < FAULTS_TOLD) faults.push(text);
  };

  const expectedOf = (series: SeriesList, address: string): Expected => {
    const known = cache.get(series);
    if (known) return known;
    const value = new Float64Array(series.length).fill(NaN);
    const steps = new Float64Array(series.length);
    [...series].forEach((key, i) => {
      const { instance, metric } = splitSeriesKey(key);
      const port = ports.get(instance);
      const name = metric.replace('interface.', '');
      if (port === undefined) return;
      if (name === 'oper_up') value[i] = 1;
      const counter = COUNTERS[name as CounterName];
      if (counter === undefined) return;
      const scale = name.endsWith('_bps') ? 8 : 1;
      value[i] = rateOf(address, port, counter) * scale;
      steps[i] = STEPS * scale * 1000;
    });
    const expected = { value, steps };
    cache.set(series, expected);
    return expected;
  };

  const checkRow = (row: RawRow) => {
    const address = addresses.get(row.device) ?? '';
    const habit = fleet.get(address);
    if (habit === undefined) {
      tell(`a row came of a device that nobody knows: ${row.device}`);
      return;
    }
    const { value, steps } = expectedOf(row.series, address);
    const last = standings.get(row.device);
    // After a discovery a poll may come sooner than the interval, and steps weigh more.
    const coversMs = Math.min(intervalMs, row.tMs - ((last?.lastMs === row.tMs ? last.beforeMs : last?.lastMs) ?? -Infinity));
    const counts = row.tMs >= since;
    let known = 0;
    row.values.forEach((sample, i) => {
      if (Number.isNaN(sample)) return;
      known++;
      const should = value[i] ?? NaN;
      if (Number.isNaN(should)) return;
      compared++;
      const off = Math.abs(sample - should);
      if (should > 1_000) {
        worst[habit] = Math.max(worst[habit], off / should);
        if (off / should > CLOSE && (habit === 'healthy' || habit === 'small')) far++;
      }
      if (off <= LOOSE * should + (steps[i] ?? 0) / coversMs) return;
      wrong++;
      const { instance, metric } = splitSeriesKey(row.series.at(i) ?? '');
      const what = `${metric} of port ${ports.get(instance) ?? '?'} of ${address} (${habit})`;
      tell(`${new Date(row.tMs).toISOString()}: ${what} was ${sample} over ${coversMs} ms instead of ${should}`);
    });
    const standing: Standing = last ?? {
      habit,
      address,
      known: 0,
      missing: 0,
      rows: 0,
      firstMs: row.tMs,
      lastMs: row.tMs,
      beforeMs: -Infinity,
      series: row.series,
    };
    standings.set(row.device, standing);
    if (row.series.length >= standing.series.length) standing.series = row.series;
    if (row.tMs > standing.lastMs) {
      standing.beforeMs = standing.lastMs;
      standing.lastMs = row.tMs;
    }
    if (!counts) {
      standing.firstMs = Infinity;
      return;
    }
    standing.firstMs = Math.min(standing.firstMs, row.tMs);
    standing.rows++;
    standing.known += known;
    standing.missing += row.values.length - known;
  };

  const isWell = ({ habit }: Standing) => habit === 'healthy' || habit === 'small';
  const cyclesOf = ({ firstMs, lastMs }: Standing) => Math.round((lastMs - firstMs) / intervalMs) + 1;

  return {
    learnFrom: (catalog) => ({
      ...catalog,
      devices: {
        ...catalog.devices,
        put(device) {
          addresses.set(device.id, device.address);
          return catalog.devices.put(device);
        },
      },
      instances: {
        ...catalog.instances,
        put(instances) {
          for (const { id, kind, key } of instances) {
            const port = /^(?:Gi|GigabitEthernet)1\/0\/(\d+)/.exec(key)?.[1];
            if (kind === 'interface' && port !== undefined) ports.set(id, Number(port));
          }
          return catalog.instances.put(instances);
        },
      },
    }),
    check(rows) {
      for (const row of rows) checkRow(row);
    },
    settled() {
      since = Math.max(...[...standings.values()].map(({ lastMs }) => lastMs));
    },
    report() {
      const of = (habit: Habit) => [...standings.values()].filter((one) => one.habit === habit);
      const well = [...standings.values()].filter(isWell);
      const expected = [...fleet.values()].filter((habit) => habit === 'healthy' || habit === 'small').length;
      let wanted = 0;
      for (const one of well) {
        const should = cyclesOf(one) * SERIES_A_DEVICE;
        wanted += should;
        const lacks = Math.max(0, should - one.known);
        missing += lacks;
        if (lacks > 0) tell(`${one.address} (${one.habit}) gave ${one.known} samples instead of ${should} in ${one.rows} rows`);
      }
      const said = (habit: Habit) => of(habit).reduce((sum, { known }) => sum + known, 0);
      return {
        figures: {
          devices: fleet.size,
          compared,
          wrong,
          far,
          worstError: Object.fromEntries(
            Object.entries(worst).map(([habit, share]) => [habit, Math.round(share * 10_000) / 10_000]),
          ),
          samples: {
            healthy: said('healthy'),
            small: said('small'),
            slow: said('slow'),
            hostile: said('hostile'),
            dead: said('dead'),
          },
          hostileHeard: of('hostile').filter(({ known }) => known > 0).length,
          complete: wanted === 0 ? 0 : Math.round((1 - missing / wanted) * 1e6) / 1e6,
        },
        faults: [
          ...(wrong === 0 ? [] : [`${wrong} of ${compared} values were wrong`]),
          ...(far <= FAR_SHARE_MAX * compared
            ? []
            : [`${far} of ${compared} values of devices that are well were more than 2 % off`]),
          ...(missing === 0 ? [] : [`${missing} of ${wanted} samples of devices that are well are missing`]),
          ...(well.length === expected ? [] : [`${well.length} devices that are well were heard of instead of ${expected}`]),
          ...(said('dead') === 0 ? [] : ['a dead device gave samples']),
          ...faults,
        ],
      };
    },
    async stored(history) {
      const read: string[] = [];
      let records = 0;
      for (const one of [...standings.values()].filter(isWell).slice(0, DEVICES_READ)) {
        const keys: SeriesKey[] = [...one.series];
        const answers = (await history?.raw(keys, since - 1, one.lastMs)) ?? [];
        const { value, steps } = expectedOf(one.series, one.address);
        answers.forEach((columns, i) => {
          records += columns.tMs.length;
          const should = value[i] ?? NaN;
          const bad = columns.value.find(
            (sample) => Math.abs(sample - should) > LOOSE * should + (2 * (steps[i] ?? 0)) / intervalMs,
          );
          if (bad !== undefined) read.push(`the store has ${bad} for ${keys[i] ?? ''}`);
          if (columns.tMs.length < one.rows)
            read.push(`the store has ${columns.tMs.length} of ${one.rows} records of ${keys[i] ?? ''}`);
        });
      }
      return { figures: { series: DEVICES_READ * SERIES_A_DEVICE, records }, faults: read.slice(0, FAULTS_TOLD) };
    },
  };
}
