/**
 * Reads exactly what is stored. /api/v1/export answers points as they were written: no result cache, no hiding of fresh
 * points, no steps; single nodes and clusters have it. Only what was last is asked for by a query, which reads far less.
 */
import { TIER_STEP_MS, type BinTier, type SeriesKey, type Tier } from '../../core/model.ts';
import type { BinColumn, BinColumns, Latest, RawColumns, SeriesStore } from '../../core/ports.ts';
import { GAP } from '../server/line-protocol.ts';
import type { Asking } from './asking.ts';
import { binName, identitiesOf, identityOf, rawNames, type Labels } from './naming.ts';
import { binColumns, NO_POINTS, parseExported, rawColumns, tidy, valueOfGap, type Points } from './points.ts';
import { selectorsOf } from './selectors.ts';

export interface ReadingOptions {
  readonly asking: Asking;
  readonly prefix: string;
  /** `/api/v1/…` is added to it. */
  readonly readUrl: (tier: Tier) => string;
  readonly nowMs: () => number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** All that is stored lies between; a window that began before 1970 would find nothing at all. */
const FIRST_MS = 2 * DAY_MS;
const LAST_MS = Date.UTC(2200, 0);
/** A server takes points up to two days ahead of its clock. */
const AHEAD_MS = 2 * DAY_MS;
/** How far back the last record is looked for, until it is found. */
const LOOK_BACK_MS = [HOUR_MS, DAY_MS, 40 * DAY_MS, Infinity];
const SERIES_AT_ONCE = 500;
const COLUMNS: readonly BinColumn[] = ['mean', 'min', 'max', 'known'];

export function createReading({ asking, prefix, readUrl, nowMs }: ReadingOptions): Pick<SeriesStore, 'raw' | 'bins' | 'latest'> {
  const rawNamesOf = (metric: Parameters<typeof rawNames>[1]) => rawNames(prefix, metric);

  /** Points of fromMs..toMs, both included, and perhaps one more, by the identity of who has them. */
  const exported = async (
    tier: Tier,
    selectors: readonly string[],
    fromMs: number,
    toMs: number,
  ): Promise<Map<string, Points>> => {
    const found = new Map<string, Points>();
    await asking.lines(
      `${readUrl(tier)}/api/v1/export`,
      [...selectors.map((text) => ['match[]', text] as const), ['start', stamp(fromMs)], ['end', stamp(afterMidnight(toMs))]],
      (line) => {
        if (line === '') return;
        const { labels, tMs, value } = parseExported(line);
        const identity = identity_(labels);
        const before = found.get(identity);
        found.set(identity, before ? { tMs: [...before.tMs, ...tMs], value: [...before.value, ...value] } : { tMs, value });
      },
    );
    for (const [identity, points] of found) found.set(identity, tidy(points));
    return found;
  };

  /** The last word of each name in the time of a given length up to atMs. */
  const lastWords = async (series: readonly SeriesKey[], atMs: number, backMs: number): Promise<Map<string, Latest>> => {
    const found = new Map<string, { tMs?: number; value?: number }>();
    const windowMs = Math.max(1, Math.min(backMs, atMs - FIRST_MS));
    for (const selector of selectorsOf(series, rawNamesOf, true)) {
      const answer = (await asking.json(`${readUrl('raw')}/api/v1/query`, [
        ['query', `aggr_over_time(("tlast_over_time","last_over_time"),${selector}[${windowMs}ms]) keep_metric_names`],
        ['time', stamp(afterMidnight(atMs))],
        // Without this word the newest half a minute is hidden.
        ['nocache', '1'],
      ])) as {
        data?: { result?: { metric: Labels & { rollup?: string }; value: [number, string] }[] };
      };
      for (const { metric, value } of answer.data?.result ?? []) {
        const identity = identity_(metric);
        const entry = found.get(identity) ?? {};
        found.set(identity, entry);
        if (metric.rollup === 'tlast_over_time') entry.tMs = Math.round(Number(value[1]) * 1000);
        else entry.value = Number(value[1]);
      }
    }
    return new Map(
      [...found].flatMap(([identity, { tMs, value }]) =>
        tMs === undefined || value === undefined ? [] : [[identity, { tMs, value }] as const],
      ),
    );
  };

  /** The last record of each series up to atMs. */
  const lastUpTo = async (series: readonly SeriesKey[], atMs: number, aheadMs = 0): Promise<Map<SeriesKey, Latest>> => {
    const found = new Map<SeriesKey, Latest>();
    let left = [...series];
    for (const backMs of LOOK_BACK_MS) {
      const missing: SeriesKey[] = [];
      for (let from = 0; from < left.length; from += SERIES_AT_ONCE) {
        const part = left.slice(from, from + SERIES_AT_ONCE);
        const words = await lastWords(part, atMs, backMs + aheadMs);
        for (const key of part) {
          const [value, gap] = identitiesOf(key, rawNamesOf).map((identity) => words.get(identity));
          const last = lastRecord(value, gap);
          if (last) found.set(key, last);
          else missing.push(key);
        }
      }
      left = missing;
      if (left.length === 0 || atMs - backMs <= FIRST_MS) break;
    }
    for (const [key, last] of found) {
      if (last.value !== Infinity) continue;
      const before = await beforeTaken(key, last.tMs);
      if (before) found.set(key, before);
      else found.delete(key);
    }
    return found;
  };
  /** A record that was taken away is none: the one before it counts. Rare enough to read all there is. */
  const beforeTaken = async (key: SeriesKey, takenMs: number): Promise<Latest | null> => {
    const points = await exported('raw', selectorsOf([key], rawNamesOf, false), FIRST_MS, takenMs);
    const { tMs, value } = recordsOf(key, points, -Infinity, takenMs);
    return tMs.length > 0 ? { tMs: tMs.at(-1) ?? 0, value: value.at(-1) ?? NaN } : null;
  };
  const recordsOf = (key: SeriesKey, points: ReadonlyMap<string, Points>, fromMs: number, toMs: number): RawColumns => {
    const [value, gap] = identitiesOf(key, rawNamesOf).map((identity) => points.get(identity));
    return rawColumns(value ?? NO_POINTS, gap ?? NO_POINTS, fromMs, toMs);
  };

  return {
    async raw(series, fromMs, toMs) {
      const [from, to] = [Math.max(FIRST_MS - 1, fromMs), Math.min(LAST_MS, toMs)];
      const found = new Map<SeriesKey, RawColumns>();
      for (const part of portions(series)) {
        // Nearly always the record before lies within the hour before.
        const points = await exported('raw', selectorsOf(part, rawNamesOf, false), Math.max(FIRST_MS, from - HOUR_MS), to);
        for (const key of part) found.set(key, recordsOf(key, points, from, to));
      }
      const alone = from < FIRST_MS ? [] : [...found].flatMap(([key, { previousMs }]) => (previousMs === null ? [key] : []));
      // The hour has been looked through already.
      const before = await lastUpTo(alone, from - HOUR_MS);
      return series.map((key): RawColumns => {
        const columns = found.get(key) ?? rawColumns(NO_POINTS, NO_POINTS, from, to);
        return { ...columns, previousMs: columns.previousMs ?? before.get(key)?.tMs ?? null };
      });
    },
    async bins(series, tier: BinTier, fromMs, toMs, columns = COLUMNS) {
      const [from, to] = [Math.max(FIRST_MS, fromMs - TIER_STEP_MS[tier]), Math.min(LAST_MS, toMs)];
      const wanted = [...new Set<BinColumn>([...columns, 'known'])];
      const names = (metric: Parameters<typeof rawNames>[1]) => wanted.map((column) => binName(prefix, tier, metric, column));
      const found = new Map<SeriesKey, BinColumns>();
      for (const part of portions(series)) {
        // Both ends are those of bins that only touch the range.
        const points = await exported(tier, selectorsOf(part, names, false), from + 1, to - 1);
        for (const key of part) {
          const own = identitiesOf(key, names).map(
            (identity, i) => [wanted[i] as BinColumn, points.get(identity) ?? NO_POINTS] as const,
          );
          found.set(key, binColumns(new Map(own), wanted));
        }
      }
      return series.map((key) => found.get(key) ?? binColumns(new Map(), wanted));
    },
    async latest(series) {
      const found = await lastUpTo([...new Set(series)], nowMs() + AHEAD_MS, AHEAD_MS);
      return series.map((key) => found.get(key) ?? null);
    },
  };
}

/** Of what a series and its gaps say last: a gap counts, whatever the value itself says then. Infinity: taken away. */
function lastRecord(value: Latest | undefined, gap: Latest | undefined): Latest | null {
  const told = gap && gap.value !== GAP.none ? { tMs: gap.tMs, value: valueOfGap(gap.value) ?? Infinity } : null;
  if (!value || (told && told.tMs >= value.tMs)) return told;
  return value;
}

function portions(series: readonly SeriesKey[]): SeriesKey[][] {
  const once = [...new Set(series)];
  const out: SeriesKey[][] = [];
  for (let from = 0; from < once.length; from += SERIES_AT_ONCE) out.push(once.slice(from, from + SERIES_AT_ONCE));
  return out;
}

/** The server does not look into a day of which only the first moment is asked for. */
function afterMidnight(ms: number): number {
  return ms % DAY_MS === 0 ? ms + 1 : ms;
}

/** Exact to the millisecond; fractions of seconds are cut off by some versions. */
function stamp(ms: number): string {
  return new Date(ms).toISOString();
}

function identity_({ __name__: name = '', device = '', instance = '' }: Labels): string {
  return identityOf(name, device, instance);
}
