/** One forecast: its history and sizes read, fitted by the thread, and said in the words of the capacity page. */
import type { CapacityRow, CapacityRule, WholeForecast } from '../core/capacity.ts';
import { MEDIAN, MONTH_DAYS, QUANTILE, type Forecast } from '../core/forecast/model.ts';
import { CHANCE_DAYS } from '../core/forecast/verdict.ts';
import type { Unit } from '../core/model.ts';
import type { Clock, History } from '../core/ports.ts';
import { judgeSaid, type Said } from '../core/said.ts';
import { formatScaled, scaleFor } from '../core/units.ts';
import { averageDays, busiestHours, limitsIn, setFor, sizeSteps } from './capacity-inputs.ts';
import type { Fillable } from './capacity-series.ts';
import type { Fitter } from './fitting.ts';

const DAY_MS = 86_400_000;
const BACK_DAYS = 730;
const { Q10, Q90 } = QUANTILE;
/** Looked ahead for a date. */
export const FORECAST_DAYS = 730;
/** What a purchase takes. */
const LEAD_DAYS: Readonly<Record<CapacityRow['what'], number>> = { disk: 28, memory: 14, link: 60 };

export interface MakingDeps {
  readonly history: History;
  readonly clock: Clock;
  readonly fitter: Fitter;
  /** IANA name: whose days these are. */
  readonly zone: string;
  /** Of several that fit the last counts. */
  readonly rules: readonly CapacityRule[];
  /** What was said of a series before, the oldest first. */
  readonly saidOf: (series: string) => Promise<readonly Said[]>;
}

/** Of what comes and goes there never is a date: what is to be expected says more than that. */
function whyNone({ reasons, steps, stepMs }: Forecast, unit: Unit): string {
  const [first] = reasons;
  if (first?.code !== 'rate') return first?.text ?? '';
  const ahead = CHANCE_DAYS.findLast((days) => steps.length * stepMs >= days * DAY_MS);
  const at = ahead === undefined ? undefined : steps[Math.round((ahead * DAY_MS) / stepMs) - 1];
  if (!at) return first.text;
  const scale = scaleFor(at.quantiles[Q90] ?? 0, unit);
  const q = (i: number) => formatScaled(at.quantiles[i] ?? null, scale);
  return `In ${ahead} days most likely ${q(MEDIAN)} ${scale.unit}, 8 in 10 between ${q(Q10)} and ${q(Q90)}.`;
}

/** @throws FitFailed */
export async function makeForecast(
  { history, clock, fitter, zone, rules, saidOf }: MakingDeps,
  one: Fillable,
): Promise<WholeForecast> {
  const nowMs = clock.nowMs();
  const keys = one.sizes === null ? [one.series] : [one.series, one.sizes];
  const stock = one.what !== 'link';
  const fromMs = nowMs - BACK_DAYS * DAY_MS;
  const [used, sizes] = await history.bins(keys, stock ? '1d' : '1h', fromMs, nowMs, ['mean', 'known']);
  const { share, amount, leadDays: days } = setFor(rules, one);
  const sizeOf = sizes ? limitsIn(sizes, one.size) : sizeSteps(one.size);
  const limitSteps = sizeOf.map((step) => ({ ...step, limit: amount ?? (share ?? 1) * step.limit }));
  const limit = limitSteps.at(-1)?.limit ?? null;
  const known = stock ? averageDays(used) : busiestHours(used, nowMs);
  const made = await fitter.fit({
    ...{ kind: stock ? 'stock' : 'rate', history: known, limit, nowMs, stepMs: DAY_MS, horizonMs: FORECAST_DAYS * DAY_MS },
    ...{ zone, changesMs: limitSteps.slice(1).map((step) => step.fromMs) },
  });
  const shown = { tMs: known.timesMs.map((t) => t + DAY_MS / 2), values: known.values };
  const dates = made.limit?.dates ?? null;
  const headroom = made.limit?.headroom ?? null;
  const leadDays = days ?? LEAD_DAYS[one.what];
  const { growth, backtest } = made;
  const row: CapacityRow = {
    ...{ series: one.series, device: one.device.id, deviceName: one.device.name, deviceKind: one.deviceKind },
    ...{ site: one.device.site, tags: [...one.device.tags], instance: one.instance.id, name: one.name, what: one.what },
    ...{
      metric: one.metric,
      unit: one.unit,
      kind: stock ? 'stock' : 'rate',
      limit,
      limitFrom: share !== null || amount !== null ? 'set' : stock ? 'size' : 'speed',
    },
    level: headroom === null || limit === null ? (known.values.findLast((v) => v !== null) ?? null) : limit - headroom,
    headroom,
    growthPerMonth: growth && {
      middle: growth.perDay * MONTH_DAYS,
      low: growth.low * MONTH_DAYS,
      high: growth.high * MONTH_DAYS,
    },
    chances: made.limit?.chances.map((chance) => ({ ...chance })) ?? [],
    dates: dates && { ...dates },
    leadDays,
    orderByMs: dates ? dates.lowMs - leadDays * DAY_MS : null,
    record: backtest && {
      ...{ origins: backtest.origins, held80: backtest.coverage80, held95: backtest.coverage95 },
      weeks: Math.round(known.timesMs.length / 7),
    },
    said: judgeSaid(await saidOf(one.series), shown, nowMs),
    says: dates ? '' : whyNone(made, one.unit),
    madeMs: nowMs,
  };
  return {
    ...row,
    history: shown,
    stepMs: made.stepMs,
    fromMs: made.fromMs,
    ...{ steps: made.steps, decisions: made.decisions, reasons: made.reasons, backtest, limitSteps },
  };
}
