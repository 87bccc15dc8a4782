/**
 * The future of a graph, without a renderer: bands of what may come, limits that may change on a date, when they
 * are reached, what was found in the history, and up to three scenarios beside it.
 */
import { LEVELS, QUANTILE } from './forecast/model.ts';
import type { GraphData, GraphGap, GraphLine, LineStats, Role } from './graph.ts';
import type { Unit } from './model.ts';
import { momentParts, monthOf } from './moments.ts';
import { levelTicks, timeTicks } from './ticks.ts';
import { formatCapacity, formatDuration, formatWith } from './units.ts';

/** A limit over time: each value holds from its moment until the next one's. */
export interface FutureLimit {
  readonly label: string;
  readonly steps: readonly { readonly fromMs: number; readonly value: number }[];
}

/** When the limit is reached: 1 in 10 before `lowMs`, 1 in 10 after `highMs`; null = perhaps never. */
export interface FutureCrossing {
  readonly lowMs: number;
  readonly medianMs: number;
  readonly highMs: number | null;
}

/** Something in the history that the forecast set aside or goes by. */
export interface FutureMark {
  readonly what: 'clean-up' | 'step' | 'outlier';
  readonly tMs: number;
  /** Height at which it is marked. */
  readonly value: number;
  /** "Clean-up 20 Jun" */
  readonly title: string;
  /** "−6.2 TiB, set aside" */
  readonly detail: string;
}

export interface FutureScenario {
  /** As it stands in an address. */
  readonly key: string;
  /** "with 12 TiB more from 15 Jan 2027" */
  readonly label: string;
  readonly role: Role;
  /** Null: the limit is as it is. */
  readonly limit: FutureLimit | null;
  /** A value for each of `LEVELS` and each step, in its place; null: growth is as it is. */
  readonly values: readonly (readonly number[])[] | null;
  readonly crossing: FutureCrossing | null;
  readonly orderByMs: number | null;
  /** The answer in a sentence. */
  readonly says: string;
}

export interface GraphFuture {
  /** End of what is known; the slots from here on are the future's. */
  readonly fromMs: number;
  readonly nowMs: number;
  /** Of the first slot of the future. */
  readonly slot: number;
  /** The level there; null = unknown. */
  readonly level: number | null;
  /** A value for each of `LEVELS` and each slot of the future, at the slot's end. Empty: there is no forecast. */
  readonly values: readonly (readonly number[])[];
  readonly limit: FutureLimit | null;
  readonly crossing: FutureCrossing | null;
  readonly orderByMs: number | null;
  readonly found: readonly FutureMark[];
  readonly scenarios: readonly FutureScenario[];
  /** "Reaches 38.4 TiB most likely on 4 Jan 2027, …", or why there is no date. */
  readonly says: string;
}

const { Q10, Q50, Q90, Q975 } = QUANTILE;

/** Scenarios have colours of their own, none of them the limit's. */
export const SCENARIO_ROLES: readonly Role[] = ['s5', 's4', 's2'];
export const SCENARIOS_MAX = 3;

/** What a graph with its future is made of: any forecast that says this much. */
export interface FutureSource {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly series: string;
  readonly device: string;
  readonly deviceName: string;
  readonly label: string;
  readonly unit: Unit;
  readonly stepMs: number;
  /** What is known: end of each step and its value. */
  readonly history: { readonly tMs: readonly number[]; readonly values: readonly (number | null)[] };
  /** Where the forecast begins; null = there is none. */
  readonly fromMs: number | null;
  readonly steps: readonly { readonly tMs: number; readonly quantiles: readonly number[] }[];
  readonly limit: FutureLimit | null;
  readonly crossing: FutureCrossing | null;
  readonly orderByMs: number | null;
  readonly found: readonly Found[];
  readonly scenarios: readonly (Omit<FutureScenario, 'role' | 'values'> & {
    readonly steps: FutureSource['steps'] | null;
  })[];
  readonly says: string;
  readonly about: string;
}
/** @property amount by how much the level changed; null = a single value */
export interface Found {
  readonly what: FutureMark['what'];
  readonly tMs: number;
  readonly amount: number | null;
}

export interface FutureView {
  /** History is shown from here on. */
  readonly fromMs: number;
  /** The future is shown until here. */
  readonly toMs: number;
  readonly nowMs: number;
  readonly zone: string;
  /** Width of the plot in pixels. */
  readonly width: number;
}

/** Slots of a graph, whatever was asked for. */
const SLOTS_MAX = 8_000;
/** Plots narrower than this are small in height too. */
const SMALL_PX = 500;
/** A limit is drawn from this share of it on. */
const NEAR = 0.4;

/** The graph of a forecast. Where there is none it shows the history, and says why. */
export function futureGraph(source: FutureSource, view: FutureView): GraphData {
  const { unit, history } = source;
  const { zone, width } = view;
  const stepMs = Math.max(1, source.stepMs);
  const knownMs = source.fromMs ?? history.tMs.at(-1) ?? view.nowMs;
  const toMs = Math.max(view.toMs, knownMs + stepMs);
  const before = Math.min(SLOTS_MAX, Math.max(1, Math.ceil((knownMs - view.fromMs) / stepMs)));
  const fromMs = Math.min(view.fromMs, knownMs - stepMs);
  const startMs = knownMs - before * stepMs;
  const steps = source.steps.slice(0, Math.min(SLOTS_MAX, Math.round((toMs - knownMs) / stepMs)));
  const values = transposed(steps);
  const mean = spreadOut(history, startMs, stepMs, before);
  const level = mean.findLast((v) => v !== null) ?? null;
  const all = [...mean, ...steps.map(() => null)];
  const line: GraphLine = {
    series: source.series,
    label: source.label,
    role: 's1',
    below: false,
    fill: false,
    mean: all,
    min: all,
    max: all,
    stats: statsOf(mean, startMs, stepMs),
    members: 1,
    bound: { maximum: false, minimum: false },
  };
  const scenarios = source.scenarios.slice(0, SCENARIOS_MAX).map(({ steps: own, ...one }, i): FutureScenario => {
    return { ...one, role: SCENARIO_ROLES[i] ?? 's5', values: own ? transposed(own.slice(0, steps.length)) : null };
  });
  const future: GraphFuture = {
    fromMs: knownMs,
    nowMs: view.nowMs,
    slot: before,
    level,
    values,
    limit: source.limit,
    crossing: source.crossing,
    orderByMs: source.orderByMs,
    found: marksOf(source.found, { startMs, stepMs, mean, unit, zone, nowMs: view.nowMs }),
    scenarios,
    says: source.says,
  };
  const firstMs = history.tMs.find((_, i) => (history.values[i] ?? null) !== null);
  return {
    id: source.id,
    title: source.title,
    device: source.deviceName,
    subtitle: source.subtitle,
    unit,
    fromMs,
    toMs,
    stepMs,
    tier: '1d',
    zone,
    tMs: Array.from({ length: all.length }, (_, i) => startMs + i * stepMs),
    lines: [line],
    gaps: gapsOf(mean, startMs, stepMs),
    partial: [],
    stack: false,
    devices: [source.device],
    note: source.says,
    limits: [],
    y: heightsOf(mean, future, fromMs, toMs, unit, width),
    x: { ticks: timeTicks(fromMs, toMs, width, zone) },
    newestMs: level === null ? null : knownMs,
    oldestMs: firstMs === undefined ? null : firstMs - stepMs,
    about: source.about,
    future,
  };
}

/** A list of values for each level, in place of a list of levels for each step. */
function transposed(steps: FutureSource['steps']): number[][] {
  return steps.length === 0 ? [] : LEVELS.map((_, q) => steps.map(({ quantiles }) => short(quantiles[q] ?? 0)));
}

/** Seven figures are finer than any screen. */
const short = (value: number): number => Number(value.toPrecision(7));

/** Values by the slot whose end is nearest; a slot without one is unknown. */
function spreadOut(history: FutureSource['history'], startMs: number, stepMs: number, slots: number): (number | null)[] {
  const mean: (number | null)[] = Array.from({ length: slots }, () => null);
  history.tMs.forEach((tMs, i) => {
    const slot = Math.round((tMs - startMs) / stepMs) - 1;
    const value = history.values[i] ?? null;
    if (slot >= 0 && slot < slots && value !== null && Number.isFinite(value)) mean[slot] = short(value);
  });
  return mean;
}

function statsOf(mean: readonly (number | null)[], startMs: number, stepMs: number): LineStats {
  const known = mean.filter((v) => v !== null);
  const maximum = known.length === 0 ? null : known.reduce((top, v) => Math.max(top, v), -Infinity);
  return {
    current: known.at(-1) ?? null,
    average: known.length === 0 ? null : known.reduce((sum, v) => sum + v, 0) / known.length,
    minimum: known.length === 0 ? null : known.reduce((least, v) => Math.min(least, v), Infinity),
    maximum,
    maximumAtMs: maximum === null ? null : startMs + mean.indexOf(maximum) * stepMs,
    p95: null,
    p95From: '',
    total: null,
    // What was before the first sample is no gap.
    known: known.length === 0 ? 0 : known.length / (mean.length - mean.findIndex((v) => v !== null)),
  };
}

/** Unknown stretches between known ones: what was before the first sample is no gap. */
function gapsOf(mean: readonly (number | null)[], startMs: number, stepMs: number): GraphGap[] {
  const gaps: GraphGap[] = [];
  let last = -1;
  mean.forEach((v, i) => {
    if (v === null) return;
    if (last >= 0 && i > last + 1) {
      const [fromMs, toMs] = [startMs + (last + 1) * stepMs, startMs + i * stepMs];
      gaps.push({ fromMs, toMs, cause: null, text: `no data for ${formatDuration(toMs - fromMs)}` });
    }
    last = i;
  });
  return gaps;
}

interface Marked {
  readonly startMs: number;
  readonly stepMs: number;
  readonly mean: readonly (number | null)[];
  readonly unit: Unit;
  readonly zone: string;
  readonly nowMs: number;
}
const MARKS_MAX = 100;
const TITLES = { 'clean-up': 'Clean-up', step: 'Step', outlier: 'Outlier' } as const;

function marksOf(found: readonly Found[], { startMs, stepMs, mean, unit, zone, nowMs }: Marked): FutureMark[] {
  return found.slice(0, MARKS_MAX).flatMap(({ what, tMs, amount }) => {
    // The end of a step's slot is its moment: it lies in the slot before.
    const slot = Math.ceil((tMs - startMs) / stepMs) - 1;
    if (slot < 0 || slot >= mean.length) return [];
    const near = [mean[slot - 1], mean[slot], mean[slot + 1]].filter((v) => v !== null && v !== undefined);
    if (near.length === 0) return [];
    const by = amount === null ? '' : `${amount > 0 ? '+' : ''}${formatWith(amount, unit)}, `;
    return [
      {
        ...{ what, tMs },
        value: what === 'outlier' ? (mean[slot] ?? Math.max(...near)) : Math.max(...near),
        title: `${TITLES[what]} ${dayText(tMs, nowMs, zone)}`,
        detail: `${by}set aside`,
      },
    ];
  });
}

/** "4 Jan 2027"; without the year in the year of `nowMs`, where that is given. */
export function dayText(tMs: number, nowMs: number | null, zone: string): string {
  const p = momentParts(tMs, zone);
  const day = `${p['day']} ${monthOf(p)}`;
  return nowMs !== null && momentParts(nowMs, zone)['year'] === p['year'] ? day : `${day} ${p['year']}`;
}

/** "Limit 38.4 TiB" */
export const limitText = (value: number, unit: Unit): string => `Limit ${formatCapacity(value, unit)}`;

/** The limit at a moment; null before the first. */
export function limitAt({ steps }: FutureLimit, tMs: number): number | null {
  return (steps.findLast(({ fromMs }) => fromMs <= tMs) ?? steps[0])?.value ?? null;
}

/** Limits that the levels come near to: one that is far away would flatten everything else. */
export function shownLimits({ limit, crossing, values, level, scenarios }: GraphFuture): FutureLimit[] {
  const top = Math.max(level ?? 0, values[Q90]?.at(-1) ?? 0, ...scenarios.map((one) => one.values?.[Q90]?.at(-1) ?? 0));
  const own = scenarios.flatMap((one) => (one.limit ? [one.limit] : []));
  const first = limit && (crossing || top > NEAR * Math.max(...limit.steps.map(({ value }) => value))) ? [limit] : [];
  return [...first, ...own];
}

function heightsOf(
  mean: readonly (number | null)[],
  future: GraphFuture,
  fromMs: number,
  toMs: number,
  unit: Unit,
  width: number,
): GraphData['y'] {
  const { values, scenarios } = future;
  const known = mean.filter((v) => v !== null);
  const limits = shownLimits(future).flatMap(({ steps }) =>
    steps.filter((step, i) => step.fromMs < toMs && (steps[i + 1]?.fromMs ?? Infinity) > fromMs).map(({ value }) => value),
  );
  const paths = [values, ...scenarios.map((one) => one.values ?? [])];
  const reach = [...known, ...limits, ...paths.flatMap((path) => path[Q50] ?? [])].reduce((top, v) => Math.max(top, v), 0);
  // Bands that run away are cut off: what matters is near the limit.
  const bands = paths.flatMap((path) => [...(path[Q975] ?? []), ...(path[Q90] ?? [])]).reduce((top, v) => Math.max(top, v), 0);
  const high = Math.max(reach * 1.04, Math.min(bands, reach * 1.3));
  const low = [...known, ...limits, ...paths.flatMap((path) => path[Q10] ?? [])].reduce(
    (least, v) => Math.min(least, v),
    Infinity,
  );
  return levelTicks(Number.isFinite(low) && low > 0.3 * high ? low * 0.94 : 0, high, unit, width < SMALL_PX ? 4 : 6);
}

/** What may come in a slot: its values by level; null in the past. */
export function futureAt({ future }: GraphData, slot: number): readonly number[] | null {
  if (!future || slot < future.slot) return null;
  const at = future.values.map((values) => values[slot - future.slot]);
  return at.length > 0 && at.every((v) => v !== undefined) ? at : null;
}

/** Rows of figures for people: a horizon each, the most likely value and the range of 8 in 10. */
export interface FutureRow {
  readonly tMs: number;
  /** "in 90 d" */
  readonly when: string;
  readonly middle: number;
  readonly low: number;
  readonly high: number;
}
const HORIZONS_DAYS = [30, 90, 180, 365, 730] as const;
const DAY_MS = 86_400_000;

/** So many days ahead, as far as the graph goes, and its end. */
export function futureRows({ future, stepMs }: GraphData): FutureRow[] {
  if (!future || future.values.length === 0) return [];
  const steps = future.values[Q50]?.length ?? 0;
  const last = Math.round((steps * stepMs) / DAY_MS);
  const days = [...HORIZONS_DAYS.filter((d) => d * DAY_MS >= stepMs && d < last * 0.95), last];
  return days.flatMap((ahead) => {
    const i = Math.min(steps, Math.max(1, Math.round((ahead * DAY_MS) / stepMs))) - 1;
    const [low, middle, high] = [Q10, Q50, Q90].map((q) => future.values[q]?.[i]);
    if (low === undefined || middle === undefined || high === undefined) return [];
    return [{ tMs: future.fromMs + (i + 1) * stepMs, when: `in ${ahead} d`, low, middle, high }];
  });
}
