/** A graph with its future, by its id: a forecast, and the same under up to three scenarios. */
import { isFutureId, parseFutureId } from '../core/future-id.ts';
import { futureGraph, limitText, type FutureLimit, type FutureSource, type Found } from '../core/graph-future.ts';
import type { GraphData } from '../core/graph.ts';
import type { CapacityRow, Forecasts, LimitStep, WholeForecast } from '../core/capacity.ts';
import { answerWords, crossingOf, orderWords, parseScenario, reachWords, scenarioWords, type Scenario } from '../core/what-if.ts';
import { saidWords } from '../core/said.ts';
import { seriesKey, type MetricName, type Unit } from '../core/model.ts';
import { badRequest } from './problem.ts';

const DAY_MS = 86_400_000;
/** A shorter range is taken for none. */
const SHOWN_MIN_DAYS = 30;

export interface FutureDeps {
  readonly forecasts: Forecasts;
  readonly zone: string;
  readonly nowMs: () => number;
}
export interface FutureRequest {
  /** Null: as much history as there is, at most a good year. */
  readonly fromMs: number | null;
  readonly width: number;
}
const HISTORY_DAYS = 420;

/** Null when it is no such id, or there is no such series. @throws HttpProblem 400 for an id that says nothing sound */
export async function readFuture(deps: FutureDeps, id: string, request: FutureRequest): Promise<GraphData | null> {
  if (!isFutureId(id)) return null;
  const spec = parseFutureId(id);
  if (!spec) return null;
  if ('error' in spec) throw badRequest(spec.error);
  const { device, instance, metric, horizonDays } = spec;
  const scenarios = spec.scenarios.map((text) => {
    const scenario = parseScenario(text);
    if ('error' in scenario) throw badRequest(scenario.error);
    return { text, scenario };
  });
  const series = seriesKey(device, instance, metric as MetricName);
  const given = await deps.forecasts.of(series, { horizonDays });
  if (!given) return null;
  // A scenario that comes later is worth looking further ahead for, as long as nobody says how far.
  const far =
    horizonDays ?? Math.max(given.steps.length, scenarios.length > 0 ? Math.min(730, given.history.tMs.length + 180) : 0);
  const whole = far > given.steps.length ? ((await deps.forecasts.of(series, { horizonDays: far })) ?? given) : given;
  const made = await Promise.all(
    scenarios.map(async ({ text, scenario }) => ({
      text,
      scenario,
      whole: await deps.forecasts.of(series, { horizonDays: far, scenario }),
    })),
  );
  const nowMs = deps.nowMs();
  const source = sourceOf(
    id,
    whole,
    made.flatMap((one) => (one.whole ? [{ ...one, whole: one.whole }] : [])),
    deps,
  );
  const firstMs = source.history.tMs[0] ?? nowMs;
  // Days are what it consists of: of a shorter range there would be nothing to see.
  const asked = request.fromMs !== null && request.fromMs <= nowMs - SHOWN_MIN_DAYS * DAY_MS ? request.fromMs : null;
  const fromMs = asked ?? Math.min(nowMs - SHOWN_MIN_DAYS * DAY_MS, Math.max(firstMs - DAY_MS, nowMs - HISTORY_DAYS * DAY_MS));
  const toMs = whole.steps.at(-1)?.tMs ?? nowMs;
  return futureGraph(source, { fromMs, toMs, nowMs, zone: deps.zone, width: request.width });
}

interface Made {
  readonly text: string;
  readonly scenario: Scenario;
  readonly whole: WholeForecast;
}

function sourceOf(id: string, whole: WholeForecast, made: readonly Made[], { zone, nowMs }: FutureDeps): FutureSource {
  const now = nowMs();
  const { unit } = whole;
  // Scenarios are compared with what the paths say: both dates must come from the same reading.
  const onPaths = { ...whole, dates: crossingOf(whole.steps, whole.limitSteps, whole.level, whole.fromMs ?? now) };
  return {
    id,
    title: whole.name,
    subtitle: whole.limit === null ? '' : limitWords(whole),
    ...{
      series: whole.series,
      device: whole.device,
      deviceName: whole.deviceName,
      label: labelOf(whole),
      unit,
      stepMs: whole.stepMs,
    },
    ...{ history: whole.history, fromMs: whole.fromMs, steps: whole.steps },
    limit: limitOf(whole.limitSteps, unit),
    crossing: whole.dates,
    orderByMs: whole.orderByMs,
    found: whole.decisions.flatMap(({ what, atMs, amount }): Found[] =>
      atMs !== null && (what === 'clean-up' || what === 'step' || what === 'outlier')
        ? [{ what, tMs: atMs, amount: what === 'outlier' ? null : amount }]
        : [],
    ),
    scenarios: made.map(({ text, scenario, whole: own }) => ({
      key: text,
      label: scenarioWords(scenario, unit, now, zone, own.machine?.name),
      limit: scenario.add || (scenario.limit ?? 1) !== 1 ? limitOf(own.limitSteps, unit) : null,
      steps: scenario.growth !== null || scenario.load || scenario.customers || scenario.machine ? own.steps : null,
      crossing: own.dates,
      orderByMs: own.orderByMs,
      says: [answerWords(whole.dates ? onPaths : whole, own, zone), orderWords(own, now, zone)].filter(Boolean).join('. '),
    })),
    says: reachWords(whole, now, zone),
    about: aboutOf(whole),
  };
}

function limitOf(steps: readonly LimitStep[], unit: Unit): FutureLimit | null {
  const [first] = steps;
  if (!first) return null;
  return { label: limitText(first.limit, unit), steps: steps.map(({ fromMs, limit }) => ({ fromMs, value: limit })) };
}

const limitWords = ({ limit, unit, what }: WholeForecast): string =>
  `${limitText(limit ?? 0, unit).replace('Limit', what === 'link' ? 'speed' : 'size')}`;

const labelOf = ({ what }: Pick<CapacityRow, 'what'>): string => (what === 'link' ? 'busiest hour of each day' : 'used');

function aboutOf({ backtest, kind, said }: WholeForecast): string {
  const of = kind === 'stock' ? 'The average of each day' : 'The busiest hour of each day';
  if (!backtest) return `${of}; too little of it to hold a forecast against.`;
  const share = (v: number) => `${Math.round(v * 100)} %`;
  return (
    `${of}. ${backtest.origins} forecasts made of this history, each from what was known then: the 80 % band held ` +
    `${share(backtest.coverage80)} of what came, the 95 % band ${share(backtest.coverage95)}.` +
    (said ? ` ${saidWords(said)}` : '')
  );
}
