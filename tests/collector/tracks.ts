import type { GapCause } from '../../core/model.ts';
import type { RawRow } from '../../core/ports.ts';
import { ABSENT, COUNTER32, COUNTER64, GAUGE, type Column, type Moment, type Readings } from '../../core/readings.ts';
import type { Layout } from '../../collector/layout.ts';
import { createTracker, type Applied } from '../../collector/tracker.ts';

export const START_MS = Date.UTC(2025, 0, 1);

export function layout(spec: Record<string, 'counter' | 'gauge'>): Layout {
  const names = Object.keys(spec);
  const columns = names.map((name): Column => ({
    kind: 'k',
    key: name,
    metric: `k.${name}`,
    unit: '1',
    form: spec[name] ?? 'gauge',
    scale: 1,
  }));
  return { columns, positions: names.map((_, i) => i), series: names.map((name) => `d/${name}/k.${name}`), instances: names };
}

export const BOTH = layout({ c: 'counter', g: 'gauge' });

export type Cell = bigint | number | null | { c32: bigint } | { doubt: GapCause };
export interface Poll {
  /** Seconds after the start. */
  readonly at: number;
  readonly cells: readonly Cell[];
  readonly moment?: Partial<Moment>;
  readonly maxPerS?: number;
  readonly discontinuity?: readonly number[];
  readonly partial?: boolean;
}

/** A minute's polls of a counter that grows by 10 a second and a level that is the number of the poll. */
export const usual = (from: number, to: number): Poll[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ at: 60 * (from + i), cells: [BigInt(600 * (from + i)), from + i] }));

export function readings({ at, cells, moment, maxPerS, discontinuity, partial }: Poll): Readings {
  const doubts = new Map<number, GapCause>();
  const made: Readings = {
    ok: true,
    moment: {
      tMs: START_MS + at * 1000,
      monoMs: at * 1000,
      epoch: 'a',
      upTicks: 100_000 + at * 100,
      engineTimeS: null,
      engineBoots: null,
      ...moment,
    },
    state: new Uint8Array(cells.length).fill(ABSENT),
    gauge: new Float64Array(cells.length),
    counter: new BigUint64Array(cells.length),
    maxPerS: maxPerS === undefined ? null : new Float64Array(cells.length).fill(maxPerS),
    doubts,
    discontinuity: discontinuity ? Float64Array.from(discontinuity) : null,
    stalePlan: false,
    partial: partial ?? false,
  };
  cells.forEach((cell, i) => {
    if (cell === null) return;
    if (typeof cell === 'number') {
      made.state[i] = GAUGE;
      made.gauge[i] = cell;
    } else if (typeof cell === 'bigint') {
      made.state[i] = COUNTER64;
      made.counter[i] = cell;
    } else if ('c32' in cell) {
      made.state[i] = COUNTER32;
      made.counter[i] = cell.c32;
    } else doubts.set(i, cell.doubt);
  });
  return made;
}

/** Records of each series as [seconds after the start, value or null]. */
type Records = Record<string, [number, number | null][]>;

export function recordsOf(rows: readonly RawRow[]): Records {
  const records: Records = {};
  for (const row of rows) {
    [...row.series].forEach((series, i) => {
      const value = row.values[i] ?? NaN;
      const name = series.split('/')[1] ?? '';
      (records[name] ??= []).push([(row.tMs - START_MS) / 1000, Number.isNaN(value) ? null : Math.round(value * 1e6) / 1e6]);
    });
  }
  return records;
}

/** The same for the eye: "60:10" is 10 at 60 s, "60:?" unknown. */
export type Shown = Record<string, string>;

export function shownOf(rows: readonly RawRow[]): Shown {
  const shown = Object.entries(recordsOf(rows)).map(([name, records]) => {
    return [name, records.map(([at, value]) => `${String(at)}:${value === null ? '?' : String(value)}`).join(' ')] as const;
  });
  return Object.fromEntries(shown);
}

/** Runs polls through a tracker; a string is a poll that failed with this cause. */
export function track(of: Layout, intervalS: number, polls: readonly (Poll | GapCause)[], caches = false) {
  const tracker = createTracker('d', caches);
  tracker.use(of);
  const rows: RawRow[] = [];
  const applied: Applied[] = [];
  let failedBy: GapCause | null = null;
  for (const poll of polls) {
    if (typeof poll === 'string') {
      failedBy ??= poll;
      continue;
    }
    const result = tracker.apply(readings(poll), intervalS * 1000, failedBy);
    applied.push(result);
    if (!result.dropped) failedBy = null;
    rows.push(...result.rows);
  }
  return { tracker, rows, applied, records: shownOf(rows) };
}
