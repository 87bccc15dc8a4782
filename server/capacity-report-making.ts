/**
 * Makes capacity reports of the last month. They look at up to two hundred forecasts whole, one after the other; whoever opens
 * a report waits for them so long and no longer, and finds more of them at the next look.
 */
import type { CapacityList, Forecasts, WholeForecast } from '../core/capacity.ts';
import { capacityReport, lastMonth, reportSeries, type CapacityReport, type Missing } from '../core/capacity-report.ts';
import type { Clock, Log } from '../core/ports.ts';
import { describe } from './problem.ts';
import { waitAtMost } from './wait.ts';

const AHEAD_DAYS = 70;
const DAY_MS = 86_400_000;
/** A browser still waits, and so does a proxy. */
export const DEADLINE_MS = 20_000;
/** What was made for one look serves those that follow: page, PDF and JSON say the same. */
const HELD_MS = 5 * 60_000;

export interface CapacityReportMaking {
  /** From what is ready within the deadline; what is missing is told, and on its way. */
  now(): Promise<CapacityReport>;
  /** From forecasts of its own, however long they take. */
  whole(): Promise<{ readonly report: CapacityReport; readonly missing: Missing }>;
  /** Resolves when nothing is being made. */
  idle(): Promise<void>;
}

export interface CapacityReportMakingDeps {
  readonly forecasts: Forecasts;
  readonly clock: Clock;
  readonly zone: string;
  readonly ending: () => boolean;
  readonly log: Log;
  /** The kept report of a month; null = there is none. */
  readonly read: (month: string) => Promise<CapacityReport | null>;
}

/** Forecasts that are being gathered for the report of one month. */
interface Round {
  readonly month: string;
  readonly before: CapacityReport | null;
  /** What was gathered by now, without what no report looks at; null = it can no longer fill. */
  readonly found: Map<string, WholeForecast | null>;
  /** Null as long as it is not known what to gather. */
  wanted: readonly string[] | null;
  /** Everything that can fill. */
  total: number;
  /** Of these, as many are just being made, anew or for the first time. */
  renewed: number;
  /** Null as long as it runs. */
  overMs: number | null;
  over: Promise<void>;
}

export function createCapacityReportMaking(deps: CapacityReportMakingDeps): CapacityReportMaking {
  const { forecasts, clock, zone, ending, log, read } = deps;
  const running = new Set<Promise<void>>();
  let shared: Round | null = null;

  /** A list that is not empty only because its first round runs. */
  const listed = async (): Promise<CapacityList> => {
    const list = await forecasts.rows();
    if (list.rows.length > 0 || list.waiting === 0) return list;
    await forecasts.idle();
    return forecasts.rows();
  };

  const gather = async (round: Round, sinceMs: number): Promise<void> => {
    const { rows, waiting } = await listed();
    round.total = rows.length;
    round.renewed = waiting;
    round.wanted = reportSeries(rows, round.before);
    let failed: unknown = null;
    for (const series of round.wanted) {
      if (ending()) break;
      if (round.found.has(series)) continue;
      try {
        const whole = await forecasts.of(series, { horizonDays: AHEAD_DAYS });
        round.found.set(series, whole && since(whole, sinceMs));
      } catch (error) {
        failed = error; // The others are worth a report; this one is asked for again at the next look.
      }
    }
    if (failed !== null && !ending())
      log.warn('Not every forecast for the capacity report could be made.', { cause: describe(failed) });
  };

  /** @param known what was gathered before, for the same month */
  const begin = async (known: Round['found']): Promise<Round> => {
    const { id, fromMs } = lastMonth(clock.nowMs(), zone);
    const before = await read(lastMonth(fromMs, zone).id);
    const round: Round = {
      month: id,
      before,
      found: known,
      wanted: null,
      total: 0,
      renewed: 0,
      overMs: null,
      over: Promise.resolve(),
    };
    const over = gather(round, fromMs - 2 * DAY_MS).finally(() => {
      round.overMs = clock.monoMs();
      running.delete(over);
    });
    running.add(over);
    // Who waits is told what went wrong; nobody need wait.
    over.catch(() => undefined);
    round.over = over;
    return round;
  };

  const missingOf = ({ wanted, found, overMs }: Round, coming: boolean): Missing => {
    // Nothing is known yet, and a list that was empty once it was there is no longer waited for.
    if (wanted === null) return { count: overMs === null ? 1 : 0, of: null, coming };
    return { count: wanted.filter((series) => !found.has(series)).length, of: wanted.length, coming };
  };
  const reportOf = ({ found, before, total, renewed }: Round, missing: Missing): CapacityReport => {
    const wholes = [...found.values()].filter((one) => one !== null);
    return capacityReport(wholes, before, { nowMs: clock.nowMs(), zone, total, renewed, missing });
  };
  /** Nothing that a later look would tell is left out. */
  const complete = (round: Round) => round.total > 0 && round.renewed === 0 && missingOf(round, true).count === 0;

  let beginning: Promise<Round> | null = null;
  const join = async (): Promise<Round> => {
    const { id } = lastMonth(clock.nowMs(), zone);
    const fresh = (round: Round) => round.overMs === null || clock.monoMs() - round.overMs < HELD_MS;
    const held = shared?.month === id && fresh(shared) ? shared : null;
    if (held && (held.overMs === null || complete(held))) return held;
    const known: Round['found'] = held?.found ?? new Map<string, WholeForecast>();
    beginning ??= begin(known).finally(() => (beginning = null));
    return (shared = await beginning);
  };

  return {
    async now() {
      const round = await join();
      await waitAtMost(round.over, DEADLINE_MS, clock);
      const missing = missingOf(round, true);
      if (round.wanted !== null || missing.count === 0) return reportOf(round, missing);
      const { waiting } = await forecasts.rows();
      return reportOf(round, { ...missing, count: Math.max(1, waiting) });
    },
    async whole() {
      const round = await begin(new Map());
      await round.over;
      const missing = missingOf(round, false);
      return { report: reportOf(round, missing), missing };
    },
    async idle() {
      await Promise.allSettled(running);
    },
  };
}

/** Only what a report looks at: hundreds of long histories would be in memory for minutes. */
function since(whole: WholeForecast, fromMs: number): WholeForecast {
  const { tMs, values } = whole.history;
  const first = tMs.findIndex((t) => t >= fromMs);
  const at = first < 0 ? tMs.length : first;
  return { ...whole, history: { tMs: tMs.slice(at), values: values.slice(at) } };
}
