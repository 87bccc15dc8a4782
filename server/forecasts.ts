/**
 * Forecasts of everything that can fill: made one after the other with pauses, kept as rows, and whole for whoever
 * looks at one. Nobody waits for a row.
 */
import type { CapacityRow, Forecasts, LimitStep, WholeForecast } from '../core/capacity.ts';
import { calendarOf } from '../core/forecast/calendar.ts';
import { forecast } from '../core/forecast/forecast.ts';
import { applyScenario } from '../core/what-if.ts';
import type { BinColumns, Clock, History, Log } from '../core/ports.ts';
import { fillableOf, type Fillable } from './capacity-series.ts';
import type { Inventory } from './inventory.ts';
import { describe } from './problem.ts';
import { createTurns } from './turns.ts';

const DAY_MS = 86_400_000;
/** Looked back, and ahead for a date. */
const BACK_DAYS = 730;
const AHEAD_DAYS = 730;
/** Of one graph, unless more is asked for. */
const SHOWN_DAYS = { least: 120, most: AHEAD_DAYS } as const;
const SERIES_MAX = 5_000;
const REFRESH_MS = 6 * 3_600_000;
/** Between two fits, so that whoever polls keeps its cadence. */
const PAUSE_MS = 5;
const WHOLES_KEPT = 64;
/** A link is looked at when it has carried this share of its speed within so many days. */
const LINK_SHARE = 0.1;
const LINK_DAYS = 30;
const LINKS_AT_ONCE = 500;
/** What a purchase takes. */
const LEAD_DAYS: Readonly<Record<CapacityRow['what'], number>> = { disk: 28, memory: 14, link: 60 };

export interface ForecastsOptions {
  readonly history: History;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly zone: string;
  readonly ending: () => boolean;
  readonly log: Log;
}

export function createForecasts(options: ForecastsOptions): Forecasts {
  const { history, inventory, clock, log } = options;
  const rows = new Map<string, CapacityRow>();
  const wholes = new Map<string, { readonly untilMs: number; readonly whole: Promise<WholeForecast> }>();
  const turns = createTurns({ atOnce: 1, waitingMax: 64 });
  let madeMs: number | null = null;
  let begunMs = -Infinity;
  let waiting = 0;
  let pass: Promise<void> | null = null;

  const calendar = (changesMs: readonly number[]) => calendarOf(options.zone, changesMs);

  const make = async (one: Fillable): Promise<WholeForecast> => {
    const nowMs = clock.nowMs();
    const fromMs = nowMs - BACK_DAYS * DAY_MS;
    const keys = one.sizes === null ? [one.series] : [one.series, one.sizes];
    const [used, sizes] = await history.bins(keys, '1d', fromMs, nowMs, ['mean', 'max', 'known']);
    const limitSteps = sizes ? limitsIn(sizes, one.size) : sizeSteps(one.size);
    const limit = limitSteps.at(-1)?.limit ?? null;
    const stock = one.what !== 'link';
    const known = daysOf(used, stock, nowMs);
    const made = forecast({
      ...{ kind: stock ? 'stock' : 'rate', history: known, limit, nowMs, stepMs: DAY_MS, of: 'max' },
      ...{ calendar: calendar(limitSteps.slice(1).map((step) => step.fromMs)), horizonMs: AHEAD_DAYS * DAY_MS },
    });
    const dates = made.limit?.dates ?? null;
    const headroom = made.limit?.headroom ?? null;
    const leadDays = LEAD_DAYS[one.what];
    const { growth, backtest } = made;
    const monthly = growth && { middle: growth.perDay, low: growth.low, high: growth.high };
    const row: CapacityRow = {
      ...{ series: one.series, device: one.device.id, deviceName: one.device.name, deviceKind: one.deviceKind },
      ...{ site: one.device.site, tags: [...one.device.tags], instance: one.instance.id, name: one.name, what: one.what },
      ...{ metric: one.metric, unit: one.unit, kind: stock ? 'stock' : 'rate', limit, limitFrom: stock ? 'size' : 'speed' },
      level: headroom === null || limit === null ? (known.values.findLast((v) => v !== null) ?? null) : limit - headroom,
      headroom,
      growthPerMonth: monthly && { middle: monthly.middle * MONTH, low: monthly.low * MONTH, high: monthly.high * MONTH },
      chances: made.limit?.chances.map((chance) => ({ ...chance })) ?? [],
      dates: dates && { ...dates },
      leadDays,
      orderByMs: dates ? dates.lowMs - leadDays * DAY_MS : null,
      record: backtest && {
        ...{ origins: backtest.origins, held80: backtest.coverage80, held95: backtest.coverage95 },
        weeks: Math.round(known.timesMs.length / 7),
      },
      says: dates ? '' : (made.reasons[0]?.text ?? ''),
      madeMs: nowMs,
    };
    return {
      ...row,
      history: { tMs: known.timesMs.map((t) => t + DAY_MS / 2), values: known.values },
      stepMs: made.stepMs,
      fromMs: made.fromMs,
      ...{ steps: made.steps, decisions: made.decisions, reasons: made.reasons, backtest, limitSteps },
    };
  };

  /** Kept for a while, because a page asks for the same one again and again under other scenarios. */
  const wholeOf = (one: Fillable): Promise<WholeForecast> => {
    const held = wholes.get(one.series);
    if (held && clock.monoMs() < held.untilMs) return held.whole;
    const whole = turns.take(() => make(one));
    wholes.delete(one.series);
    wholes.set(one.series, { untilMs: clock.monoMs() + REFRESH_MS / 6, whole });
    for (const oldest of wholes.keys()) {
      if (wholes.size <= WHOLES_KEPT) break;
      wholes.delete(oldest);
    }
    // What failed is tried again at the next look.
    whole.catch(() => wholes.delete(one.series));
    return whole;
  };

  const candidates = async (): Promise<Fillable[]> => {
    const all = [...(await inventory()).values()].flatMap(fillableOf);
    const links = all.filter(({ what }) => what === 'link');
    const used = new Set<string>();
    const nowMs = clock.nowMs();
    for (let at = 0; at < links.length && !options.ending(); at += LINKS_AT_ONCE) {
      const some = links.slice(at, at + LINKS_AT_ONCE);
      const bins = await history.bins(
        some.map(({ series }) => series),
        '1d',
        nowMs - LINK_DAYS * DAY_MS,
        nowMs,
        ['max'],
      );
      some.forEach(({ series, size }, i) => {
        if (bins[i]?.max.some((v) => v > LINK_SHARE * (size ?? Infinity))) used.add(series);
      });
    }
    return all.filter(({ what, series }) => what !== 'link' || used.has(series)).slice(0, SERIES_MAX);
  };

  const makeAll = async (): Promise<void> => {
    const wanted = await candidates();
    const still = new Set<string>(wanted.map(({ series }) => series));
    for (const series of rows.keys()) if (!still.has(series)) rows.delete(series);
    waiting = wanted.length;
    for (const one of wanted) {
      if (options.ending()) return;
      try {
        rows.set(one.series, rowOf(await make(one)));
        madeMs = clock.nowMs();
      } catch (error) {
        log.warn('A forecast could not be made.', { series: one.series, cause: describe(error) });
      }
      waiting--;
      await clock.sleep(PAUSE_MS);
    }
  };

  /** Begins a round when the last one is old; a row that is there stays until its next one. */
  const begin = (): void => {
    if (pass || clock.monoMs() - begunMs < REFRESH_MS || options.ending()) return;
    begunMs = clock.monoMs();
    pass = makeAll()
      .catch((error: unknown) => {
        begunMs = -Infinity;
        log.warn('Forecasts could not be made.', { cause: describe(error) });
      })
      .finally(() => (pass = null));
  };

  return {
    async rows() {
      begin();
      // Nothing is known yet of what there is to make.
      const early = pass !== null && rows.size === 0 && waiting === 0 ? 1 : waiting;
      return { rows: [...rows.values()], madeMs, waiting: early };
    },
    async of(series, { horizonDays, scenario = null }) {
      const device = series.slice(0, series.indexOf('/'));
      const stocked = (await inventory((picture) => picture.has(device))).get(device);
      const one = stocked && fillableOf(stocked).find((each) => each.series === series);
      if (!one) return null;
      const whole = await wholeOf(one);
      const changed = scenario ? applyScenario(whole, scenario, clock.nowMs()) : whole;
      const days = horizonDays ?? shownDays(changed);
      return { ...changed, steps: changed.steps.slice(0, days) };
    },
  };
}

const MONTH = 30.44;

const rowOf = ({
  history: _h,
  stepMs: _s,
  fromMs: _f,
  steps: _q,
  decisions: _d,
  reasons: _r,
  backtest: _b,
  limitSteps: _l,
  ...row
}: WholeForecast): CapacityRow => row;

/** As long as the history, and until the late end of the dates where that is not much further. */
function shownDays({ history, dates, madeMs }: WholeForecast): number {
  const reach = dates ? ((dates.highMs ?? dates.medianMs) - madeMs) / DAY_MS + 30 : 0;
  const wanted = Math.max(SHOWN_DAYS.least, Math.min(history.tMs.length, 365), Math.min(reach, 2 * history.tMs.length));
  return Math.round(Math.min(SHOWN_DAYS.most, wanted));
}

/** A value a day, at its middle; of a rate only of days that are over, because the greatest may still come. */
function daysOf(bins: BinColumns | undefined, stock: boolean, nowMs: number): { timesMs: number[]; values: (number | null)[] } {
  const [timesMs, values]: [number[], (number | null)[]] = [[], []];
  bins?.tMs.forEach((tMs, i) => {
    if (!stock && tMs + DAY_MS > nowMs) return;
    const value = (stock ? bins.mean[i] : bins.max[i]) ?? NaN;
    timesMs.push(tMs + DAY_MS / 2);
    values.push(Number.isFinite(value) ? value : null);
  });
  return { timesMs, values };
}

const sizeSteps = (size: number | null): LimitStep[] => (size === null ? [] : [{ fromMs: 0, limit: size }]);

/** Sizes over time as steps; what wavers by less than a hundredth is one size. */
function limitsIn({ tMs, mean, known }: BinColumns, now: number | null): LimitStep[] {
  const steps: LimitStep[] = [];
  tMs.forEach((t, i) => {
    const size = mean[i] ?? NaN;
    if (!(size > 0) || !((known[i] ?? 0) > 0)) return;
    const last = steps.at(-1)?.limit ?? NaN;
    if (steps.length === 0 || Math.abs(size - last) > 0.01 * last)
      steps.push({ fromMs: steps.length === 0 ? 0 : t, limit: size });
  });
  return steps.length === 0 ? sizeSteps(now) : steps;
}
