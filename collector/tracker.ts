/**
 * Turns the readings of one source of one device into records that tile time: counters into
 * rates, unknown stretches into NaN with a cause. Keeps what the next reading is compared with.
 */
import { baseline, stampExcessMs, step, wordsRate, type Baseline, type Step } from '../core/rate.ts';
import { significantRate } from '../core/significant.ts';
import { GAP_CAUSES, HEARTBEAT, type GapCause } from '../core/model.ts';
import type { Latest, RawRow, SeriesList } from '../core/ports.ts';
import { NO_LAYOUT, pickSeries, type Layout } from './layout.ts';
import { createHolding, HOLD_BELOW_MS, LAG_MS, NOTHING_HELD } from './holding.ts';
import { ABSENT, COUNTER32, COUNTER64, GAUGE, LOW_WORD, wordsOf, type Readings } from '../core/readings.ts';

/** What survives a restart of ours. `width` is 0 where there is no previous counter. */
export interface TrackState {
  readonly baseline: Baseline;
  readonly intervalMs: number;
  readonly lastRowMs: number;
  readonly series: SeriesList;
  readonly counter: BigUint64Array;
  readonly width: Uint8Array;
  /** ifCounterDiscontinuityTime, NaN when not known. */
  readonly discontinuity: Float64Array;
}

/** A stretch of unknown time of every series at once. */
export interface TrackGap {
  readonly cause: GapCause;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Applied {
  readonly rows: readonly RawRow[];
  /** Known values among them. */
  readonly samples: number;
  /** Late or duplicate: nothing was used. */
  readonly dropped: boolean;
  readonly gap: TrackGap | null;
  /** Device's uptime in seconds before and after, when it restarted. */
  readonly restart: { readonly beforeS: number | null; readonly afterS: number | null } | null;
  /** Columns that became unknown for a cause of their own, by position in the layout. */
  readonly broken: ReadonlyMap<GapCause, readonly number[]>;
  /** Columns that are known again. */
  readonly healed: readonly number[];
}

export interface Tracker {
  layout(): Layout;
  /** Goes on with other columns; what both have in common keeps its history. */
  use(layout: Layout): void;
  /**
   * @param failedBy why the polls since the last readings failed, null if none did
   */
  apply(readings: Readings, intervalMs: number, failedBy: GapCause | null): Applied;
  /** The rows of the last `apply` will not be kept: the next ones must say so. */
  refused(): void;
  /** End of the last record, null when there is none. */
  lastRowMs(): number | null;
  /** Null until there are readings. */
  state(): TrackState | null;
  /**
   * Takes up after a restart of ours. Saved readings count only if they are of the moment of
   * the last record in the history; else the history goes on after a gap.
   * @param latest per series of the layout
   */
  resume(saved: TrackState | null, latest: readonly (Latest | null)[]): void;
}

const NOTHING: Applied = { rows: [], samples: 0, dropped: true, gap: null, restart: null, broken: new Map(), healed: [] };

/** How a column fared in the last row. */
const PRESENT = 0;
/** Left out of the last row: the next one may still cover the time back. */
const OMITTED = 1;
/** Recorded as unknown, or never seen. */
const UNKNOWN = 2;
/** Left out of the last rows because the agent said nothing new. */
const HELD = 3;

/** @param caches whether the source may answer from a cache, see holding.ts */
export function createTracker(device: string, caches = false): Tracker {
  const holding = createHolding();
  let partial: { readonly left: string; readonly present: readonly number[]; readonly series: SeriesList } | null = null;
  let layout: Layout = NO_LAYOUT;
  let counter = new BigUint64Array(0);
  /** The same octets: a bigint for each of them would be most of what polling throws away. */
  let words = wordsOf(counter);
  let width = new Uint8Array(0);
  let discontinuity = new Float64Array(0);
  let standing = new Uint8Array(0);
  let seen = new Uint8Array(0);
  /** Without a record yet that the next one could reach back to. */
  let fresh = new Uint8Array(0);
  /** Why a column is unknown, as its place in GAP_CAUSES from 1 on; 0 while it is known. */
  let causes = new Uint8Array(0);
  let base: Baseline | null = null;
  /** The baseline before `base`, for columns that were left out once. */
  let older: Baseline | null = null;
  let lastRowMs: number | null = null;
  let rowBeforeMs: number | null = null;
  let lastIntervalMs = 0;

  const use = (next: Layout) => {
    const old = new Map([...layout.series].map((series, i) => [series, i]));
    const size = next.series.length;
    const kept = { counter, width, discontinuity, standing, seen, fresh, causes };
    // In one piece: of ten thousand devices each piece counts.
    const room = new ArrayBuffer(21 * size);
    counter = new BigUint64Array(room, 0, size);
    words = wordsOf(counter);
    discontinuity = new Float64Array(room, 8 * size, size).fill(NaN);
    width = new Uint8Array(room, 16 * size, size);
    standing = new Uint8Array(room, 17 * size, size).fill(UNKNOWN);
    seen = new Uint8Array(room, 18 * size, size);
    fresh = new Uint8Array(room, 19 * size, size).fill(1);
    causes = new Uint8Array(room, 20 * size, size);
    [...(old.size > 0 ? next.series : [])].forEach((series, i) => {
      const from = old.get(series);
      if (from === undefined) return;
      counter[i] = kept.counter[from] ?? 0n;
      width[i] = kept.width[from] ?? 0;
      discontinuity[i] = kept.discontinuity[from] ?? NaN;
      standing[i] = kept.standing[from] ?? UNKNOWN;
      seen[i] = kept.seen[from] ?? 0;
      fresh[i] = kept.fresh[from] ?? 1;
      causes[i] = kept.causes[from] ?? 0;
    });
    layout = next;
    partial = null;
  };

  const apply = (readings: Readings, intervalMs: number, failedBy: GapCause | null): Applied => {
    const { moment } = readings;
    const earliestMs = Math.max(lastRowMs ?? -Infinity, base?.moment.epoch === moment.epoch ? base.moment.tMs : -Infinity);
    if (moment.tMs <= earliestMs) return NOTHING;
    const usualMs = Math.max(intervalMs, lastIntervalMs);
    const taken: Step = base ? step(base, moment, usualMs) : { step: 'gap', cause: 'collector down' };
    if (taken.step === 'drop') return NOTHING;
    const olderStep = older ? step(older, moment, usualMs) : null;

    const fromMs = coveredFrom(taken, readings, intervalMs, usualMs);
    const hole = lastRowMs === null || fromMs > lastRowMs;
    const sinceMs = taken.step === 'interval' ? taken.elapsedMs : 0;
    const holds = caches && intervalMs < HOLD_BELOW_MS;
    if (hole || taken.step === 'gap') holding.reset();
    else if (holds && lastIntervalMs >= HOLD_BELOW_MS) for (const column of layout.columns) holding.resume(column.kind);
    const verdict =
      holds && !hole && taken.step === 'interval' ? holding.judge(layout, readings, counter, width, sinceMs) : NOTHING_HELD;
    const idle: number[] = [];
    const size = layout.series.length;
    const values = new Float64Array(size);
    const omitted: number[] = [];
    const broken = new Map<GapCause, number[]>();
    const healed: number[] = [];
    let samples = 0;
    let counters = 0;

    const blame = (i: number, cause: GapCause | null) => {
      const before = GAP_CAUSES[(causes[i] ?? 0) - 1] ?? null;
      if (before === cause) return;
      causes[i] = cause === null ? 0 : GAP_CAUSES.indexOf(cause) + 1;
      if (before !== null) healed.push(i);
      if (cause === null) return;
      const group = broken.get(cause);
      if (group) group.push(i);
      else broken.set(cause, [i]);
    };

    const readWords = wordsOf(readings.counter);
    for (let i = 0; i < size; i++) {
      const column = layout.columns[i];
      const at = layout.positions[i] ?? 0;
      const state = readings.state[at] ?? ABSENT;
      const before = standing[i] ?? UNKNOWN;
      const doubt = readings.doubts.size > 0 ? readings.doubts.get(at) : undefined;
      const isCounter = column?.form === 'counter';
      if (isCounter) counters++;
      let value = NaN;
      standing[i] = PRESENT;

      if (doubt !== undefined || state === ABSENT) {
        // Where a cache answers, a counter left out cannot tell whether its table moved meanwhile.
        const waits = doubt === undefined && before === PRESENT && !(holds && isCounter);
        if (waits && !hole && taken.step === 'interval') {
          standing[i] = OMITTED;
          omitted.push(i);
        } else {
          standing[i] = UNKNOWN;
          width[i] = 0;
          if (doubt !== undefined) blame(i, doubt);
          else if (seen[i] === 1) blame(i, readings.partial ? 'timeout' : 'no data');
        }
        values[i] = NaN;
        continue;
      }
      if (isCounter) {
        if (state === COUNTER32 || state === COUNTER64) {
          const low = readWords[2 * at + LOW_WORD] ?? 0;
          const high = readWords[2 * at + 1 - LOW_WORD] ?? 0;
          const discontinued = readings.discontinuity?.[at] ?? NaN;
          if (width[i] === state && verdict.held.has(column.kind)) {
            standing[i] = HELD;
            omitted.push(i);
            if (verdict.idle.has(column.kind)) idle.push(i);
            continue;
          }
          const own = before === OMITTED ? olderStep : taken;
          const elapsedMs =
            before === HELD || (holds && before !== OMITTED)
              ? holding.movedInMs(column.kind, sinceMs)
              : own?.step === 'interval'
                ? own.elapsedMs
                : null;
          const rate =
            own?.step === 'interval' && elapsedMs !== null
              ? rateOf(i, low, high, state, discontinued, elapsedMs, readings.maxPerS?.[at] ?? NaN)
              : null;
          if (typeof rate === 'string') blame(i, rate);
          else if (rate !== null)
            value = significantRate(column?.unit === 'ratio' ? Math.min(1, rate * column.scale) : rate * (column?.scale ?? 1));
          words[2 * i + LOW_WORD] = low;
          words[2 * i + 1 - LOW_WORD] = high;
          width[i] = state;
          discontinuity[i] = discontinued;
        } else {
          width[i] = 0;
          standing[i] = UNKNOWN;
          blame(i, 'bad reply');
        }
      } else {
        // After being left out once a level may stand for both intervals, no longer.
        const tooLong = before === OMITTED && olderStep?.step !== 'interval';
        const level = state === GAUGE ? (readings.gauge[at] ?? NaN) : Number(readings.counter[at] ?? 0n);
        if (!tooLong) value = level * (column?.scale ?? 1);
      }
      // A new series begins with an unknown record, else its first value would reach back for ever.
      if (!Number.isFinite(value) || (fresh[i] === 1 && !hole)) value = NaN;
      else {
        samples++;
        seen[i] = 1;
        if (causes[i] !== 0) blame(i, null);
      }
      values[i] = value;
    }

    const rows: RawRow[] = [];
    const row = (tMs: number, series: SeriesList, of: Float64Array): void => {
      if (series.length > 0) rows.push({ device, tMs, intervalMs, series, values: of });
    };
    // Where nothing was before, only a level needs to be told from when it holds.
    if (hole && (lastRowMs !== null || counters < size)) row(fromMs, layout.series, new Float64Array(size).fill(NaN));
    if (idle.length > 0) {
      // Idle columns have no record since they were held, so this one comes after their last.
      row(
        moment.tMs - LAG_MS,
        idle.map((i) => layout.series.at(i) ?? ''),
        new Float64Array(idle.length),
      );
      for (const i of idle) {
        seen[i] = 1;
        blame(i, null);
      }
      samples += idle.length;
    }
    if (omitted.length === 0) row(moment.tMs, layout.series, values);
    else {
      const { present, series } = without(omitted);
      row(
        moment.tMs,
        series,
        Float64Array.from(present, (i) => values[i] ?? NaN),
      );
    }
    holding.settle(verdict, sinceMs);

    const applied: Applied = {
      rows,
      samples,
      dropped: false,
      gap: gapOf(taken, fromMs, moment.tMs, counters > 0, failedBy),
      restart:
        taken.step === 'gap' && taken.cause === 'restarted'
          ? { beforeS: seconds(base?.uptime?.upTicks ?? null), afterS: seconds(moment.upTicks) }
          : null,
      broken,
      healed,
    };
    older = base;
    base = baseline(base, moment);
    lastIntervalMs = intervalMs;
    rowBeforeMs = lastRowMs;
    if (rows.length > 0 || verdict.held.size > 0) lastRowMs = moment.tMs;
    fresh.fill(0);
    return applied;
  };

  /** The layout without some columns; the same arrays as long as the same are left out. */
  const without = (omitted: readonly number[]) => {
    const left = omitted.join();
    if (partial?.left !== left) {
      const out = new Set(omitted);
      const present = layout.columns.flatMap((_, i) => (out.has(i) ? [] : [i]));
      partial = { left, present, series: pickSeries(layout.series, present) };
    }
    return partial;
  };

  const rateOf = (
    i: number,
    low: number,
    high: number,
    state: 32 | 64,
    discontinued: number,
    elapsedMs: number,
    maxPerS: number,
  ): number | GapCause | null => {
    if (width[i] === 0) return null;
    if (width[i] !== state) return 'width changed';
    const before = discontinuity[i] ?? NaN;
    if (before !== discontinued && !Number.isNaN(before) && !Number.isNaN(discontinued)) return 'discontinuity';
    const previous = 2 * i;
    return wordsRate(words[previous + LOW_WORD] ?? 0, words[previous + 1 - LOW_WORD] ?? 0, low, high, state, elapsedMs, maxPerS);
  };

  /** From when on the values of these readings hold: the end of the record that must come before them. */
  const coveredFrom = (taken: Step, { moment }: Readings, intervalMs: number, usualMs: number): number => {
    let fromMs = moment.tMs - intervalMs;
    if (taken.step === 'interval' && base) {
      const stepped = stampExcessMs(base.moment, moment, taken.elapsedMs) > 0;
      fromMs = stepped ? moment.tMs - Math.round(taken.elapsedMs) : base.moment.tMs;
    } else if (taken.step === 'gap' && taken.cause === 'clock step' && base) {
      fromMs = moment.tMs - Math.min(intervalMs, Math.round(moment.monoMs - base.moment.monoMs));
    } else if (lastRowMs !== null && moment.tMs - lastRowMs <= HEARTBEAT * usualMs) {
      fromMs = lastRowMs;
    }
    return Math.max(fromMs, lastRowMs ?? -Infinity);
  };

  const gapOf = (taken: Step, fromMs: number, tMs: number, counters: boolean, failedBy: GapCause | null): TrackGap | null => {
    if (lastRowMs === null) return null;
    const hole = fromMs > lastRowMs;
    if (taken.step === 'interval') {
      if (!hole) return null;
      const cause = base && base.moment.tMs > lastRowMs ? 'late' : 'clock step';
      return { cause, fromMs: lastRowMs, toMs: fromMs };
    }
    if (!hole && !counters) return null;
    const cause = taken.step === 'gap' ? taken.cause : 'late';
    return { cause: cause === 'no data' ? (failedBy ?? 'late') : cause, fromMs: lastRowMs, toMs: counters ? tMs : fromMs };
  };

  return {
    layout: () => layout,
    use,
    apply,
    refused() {
      lastRowMs = rowBeforeMs;
    },
    lastRowMs: () => lastRowMs,
    state() {
      if (base === null || lastRowMs === null || base.moment.tMs !== lastRowMs) return null;
      // A counter that was left out belongs to an earlier moment than the baseline.
      const current = width.map((w, i) => (standing[i] === PRESENT ? w : 0));
      return {
        baseline: base,
        intervalMs: lastIntervalMs,
        lastRowMs,
        series: layout.series,
        counter,
        width: current,
        discontinuity,
      };
    },
    resume(saved, latest) {
      const times = latest.flatMap((one) => (one ? [one.tMs] : []));
      lastRowMs = times.length > 0 ? times.reduce((a, b) => Math.max(a, b)) : null;
      fresh.forEach((_, i) => (fresh[i] = latest[i]?.tMs === lastRowMs ? 0 : 1));
      if (saved === null || saved.lastRowMs !== lastRowMs) return;
      base = saved.baseline;
      lastIntervalMs = saved.intervalMs;
      const position = new Map([...saved.series].map((series, i) => [series, i]));
      [...layout.series].forEach((series, i) => {
        const from = position.get(series);
        if (from === undefined || latest[i]?.tMs !== lastRowMs) return;
        counter[i] = saved.counter[from] ?? 0n;
        width[i] = saved.width[from] ?? 0;
        discontinuity[i] = saved.discontinuity[from] ?? NaN;
        seen[i] = width[i] === 0 ? 0 : 1;
        if (width[i] !== 0) holding.resume(layout.columns[i]?.kind ?? '');
      });
    },
  };
}

function seconds(upTicks: number | null): number | null {
  return upTicks === null ? null : upTicks / 100;
}
