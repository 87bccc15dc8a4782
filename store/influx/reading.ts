/** Reads by InfluxQL, which every version answers: the stored points as they are, no grouping by time. */
import { splitSeriesKey, TIER_STEP_MS, type BinTier, type SeriesKey, type Tier } from '../../core/model.ts';
import type { BinColumn, BinColumns, Latest, RawColumns, SeriesStore } from '../../core/ports.ts';
import { fieldOf, GAP, serverField } from '../server/line-protocol.ts';
import { name, text, type Answered, type Asking } from './asking.ts';

/** Tag sets of one statement. */
const PAIRS_AT_ONCE = 200;
/** Numbers of one answer: less than a second's work of a server that reads 1.3 million a second, so that no deadline is met by what was asked. */
const CELLS_AT_ONCE = 500_000;
/** Points of a series in a time without an end, and the most there are: 400 days of 5 minutes. */
const MOST_POINTS = 115_200;
const POINT_MS: Readonly<Record<Tier, number>> = { raw: 60_000, ...TIER_STEP_MS };
const HOUR_MS = 3_600_000;
const COLUMNS: readonly BinColumn[] = ['mean', 'min', 'max', 'known'];
/** Records that were taken away are looked past in growing steps. */
const TAKEN_GROWTH = 16;
const TAKEN_MAX = 100_000;

interface Named {
  readonly key: SeriesKey;
  readonly family: string;
  /** As the server calls it. */
  readonly field: string;
  /** Device and instance, as one word. */
  readonly pair: string;
  readonly device: string;
  readonly instance: string;
}

export function parts(key: SeriesKey): Named {
  const { device, instance, metric } = splitSeriesKey(key);
  const dot = metric.indexOf('.');
  const field = serverField(metric.slice(dot + 1));
  return { key, family: metric.slice(0, dot), field, pair: `${device}/${instance}`, device, instance };
}

export function pairCondition({ device, instance }: Pick<Named, 'device' | 'instance'>): string {
  return `("device"=${text(device)} AND "instance"=${text(instance)})`;
}

interface Portion {
  readonly family: string;
  readonly fields: readonly string[];
  readonly pairs: readonly (readonly Named[])[];
}

/**
 * Series of one family with the same fields, as many at a time as one answer should hold.
 * @param cells numbers that one series may bring
 */
function portions(series: readonly SeriesKey[], cells: number): Portion[] {
  const byPair = Map.groupBy([...new Set(series)].map(parts), ({ family, pair }) => `${family}\n${pair}`);
  const bySet = Map.groupBy(
    byPair.values(),
    (list) =>
      `${list[0]?.family}\n${list
        .map(({ field }) => field)
        .sort()
        .join('\n')}`,
  );
  const atOnce = Math.max(1, Math.floor(CELLS_AT_ONCE / cells));
  return [...bySet.values()].flatMap((sets) => {
    const all = (sets[0] ?? []).map(({ field }) => field);
    const family = sets[0]?.[0]?.family ?? '';
    return slices(all, atOnce).flatMap((fields) => {
      const pairsAtOnce = Math.min(PAIRS_AT_ONCE, Math.max(1, Math.floor(atOnce / fields.length)));
      return slices(sets, pairsAtOnce).map((pairs): Portion => ({ family, fields, pairs }));
    });
  });
}

function slices<T>(list: readonly T[], atOnce: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / atOnce) }, (_none, i) => list.slice(i * atOnce, (i + 1) * atOnce));
}

/** Points that a series has at most in a time, as far as can be said beforehand. */
function pointsOf(tier: Tier, fromMs: number, toMs: number): number {
  return Math.min(MOST_POINTS, Math.max(1, Math.ceil((toMs - fromMs) / POINT_MS[tier]) + 1));
}

/** A stamp of InfluxQL; null where there is no bound. */
const stamp = (ms: number) => (Number.isFinite(ms) ? `${Math.trunc(ms)}ms` : null);

function where(pairs: readonly (readonly Named[])[], bounds: readonly (string | null)[]): string {
  const tags = pairs.flatMap(([first]) => (first ? [pairCondition(first)] : []));
  return [`(${tags.join(' OR ')})`, ...bounds.filter((bound) => bound !== null)].join(' AND ');
}
const bound = (sign: string, ms: number) => (stamp(ms) === null ? null : `time ${sign} ${stamp(ms)}`);
const keyOf = ({ tags }: Answered, family: string, field: string): SeriesKey =>
  `${tags?.['device'] ?? ''}/${tags?.['instance'] ?? ''}/${family}.${fieldOf(field)}`;

/** NaN a gap, -Infinity a hole, undefined no record. */
function valueOf(value: unknown, gap: unknown): number | undefined {
  const told = typeof gap === 'number' ? gap : GAP.none;
  if (told === GAP.unknown) return NaN;
  if (told === GAP.hole) return -Infinity;
  if (told === GAP.gone) return undefined;
  return typeof value === 'number' ? value : undefined;
}

export function createReading(asking: Asking, databaseOf: (tier: Tier) => string): Pick<SeriesStore, 'raw' | 'bins' | 'latest'> {
  /** The last record of each series up to a time. */
  const last = async (series: readonly SeriesKey[], upToMs: number): Promise<Map<SeriesKey, Latest>> => {
    const found = new Map<SeriesKey, Latest>();
    for (const { family, fields, pairs } of portions(series, 2)) {
      for (const field of fields) {
        let left: Portion['pairs'] = pairs;
        for (let limit = 1; left.length > 0 && limit < TAKEN_MAX; limit *= TAKEN_GROWTH) {
          const answers = await asking.query(
            databaseOf('raw'),
            `SELECT ${name(field)}, ${name(`${field}_gap`)} FROM ${name(family)} WHERE ${where(left, [bound('<=', upToMs)])} ` +
              `GROUP BY "device", "instance" ORDER BY time DESC LIMIT ${limit}`,
          );
          const more = new Set<string>();
          for (const answer of answers) {
            const key = keyOf(answer, family, field);
            const record = answer.values.find(([, value, gap]) => valueOf(value, gap) !== undefined);
            if (record) found.set(key, { tMs: Number(record[0]), value: valueOf(record[1], record[2]) ?? NaN });
            else if (answer.values.length === limit)
              more.add(`${answer.tags?.['device'] ?? ''}/${answer.tags?.['instance'] ?? ''}`);
          }
          left = left.filter(([first]) => first !== undefined && more.has(first.pair));
        }
      }
    }
    return found;
  };

  return {
    async raw(series, fromMs, toMs) {
      const found = new Map<SeriesKey, RawColumns>();
      for (const { family, fields, pairs } of portions(series, 2 * pointsOf('raw', fromMs - HOUR_MS, toMs))) {
        const columns = fields.flatMap((field) => [name(field), name(`${field}_gap`)]).join(', ');
        // Nearly always the record before lies within the hour before.
        const bounds = [bound('>', fromMs - HOUR_MS), bound('<=', toMs)];
        const answers = await asking.query(
          databaseOf('raw'),
          `SELECT ${columns} FROM ${name(family)} WHERE ${where(pairs, bounds)} GROUP BY "device", "instance"`,
        );
        for (const answer of answers)
          fields.forEach((field, i) => found.set(keyOf(answer, family, field), records(answer, 1 + 2 * i, fromMs, toMs)));
      }
      const alone = Number.isFinite(fromMs) ? series.filter((key) => (found.get(key)?.previousMs ?? null) === null) : [];
      const before = await last(alone, fromMs - HOUR_MS);
      const none: RawColumns = { tMs: new Float64Array(0), value: new Float64Array(0), previousMs: null };
      return series.map((key): RawColumns => {
        const columns = found.get(key) ?? none;
        return { ...columns, previousMs: columns.previousMs ?? before.get(key)?.tMs ?? null };
      });
    },
    async bins(series, tier: BinTier, fromMs, toMs, columns = COLUMNS) {
      const wanted = [...new Set<BinColumn>([...columns, 'known'])];
      const found = new Map<SeriesKey, BinColumns>();
      for (const { family, fields, pairs } of portions(series, wanted.length * pointsOf(tier, fromMs, toMs))) {
        const names = fields.flatMap((field) => wanted.map((column) => name(`${field}_${column}`))).join(', ');
        const bounds = [bound('>', fromMs - TIER_STEP_MS[tier]), bound('<', Math.ceil(toMs))];
        const answers = await asking.query(
          databaseOf(tier),
          `SELECT ${names} FROM ${name(family)} WHERE ${where(pairs, bounds)} GROUP BY "device", "instance"`,
        );
        for (const answer of answers)
          fields.forEach((field, i) => found.set(keyOf(answer, family, field), binsOf(answer, 1 + wanted.length * i, wanted)));
      }
      return series.map((key) => found.get(key) ?? binsOf(null, 0, wanted));
    },
    async latest(series) {
      const found = await last(series, Infinity);
      return series.map((key) => found.get(key) ?? null);
    },
  };
}

function records({ values }: Answered, at: number, fromMs: number, toMs: number): RawColumns {
  const tMs = new Float64Array(values.length);
  const value = new Float64Array(values.length);
  let [n, previousMs]: [number, number | null] = [0, null];
  for (const row of values) {
    const told = valueOf(row[at], row[at + 1]);
    const t = Number(row[0]);
    if (told === undefined || t > toMs) continue;
    if (t <= fromMs) {
      previousMs = t;
      continue;
    }
    tMs[n] = t;
    value[n++] = told;
  }
  return { tMs: tMs.slice(0, n), value: value.slice(0, n), previousMs };
}

function binsOf(answer: Answered | null, at: number, columns: readonly BinColumn[]): BinColumns {
  const knownAt = at + columns.indexOf('known');
  const rows = (answer?.values ?? []).filter((row) => {
    const known = row[knownAt];
    // A line arrives whole; where a part of it is missing nothing can be said of the bin.
    return typeof known === 'number' && known > 0 && columns.every((_column, i) => typeof row[at + i] === 'number');
  });
  const column = (wanted: BinColumn) => {
    const i = columns.indexOf(wanted);
    return i < 0 ? new Float64Array(0) : Float64Array.from(rows, (row) => Number(row[at + i]));
  };
  return {
    tMs: Float64Array.from(rows, ([t]) => Number(t)),
    mean: column('mean'),
    min: column('min'),
    max: column('max'),
    known: column('known'),
  };
}
