/** Reads trend reviews: figures of many series over three periods, one review at a time. */
import type { BinTier, Device, Instance, MetricName, Unit } from '../core/model.ts';
import { TIER_STEP_MS, seriesKey } from '../core/model.ts';
import type { Clock, History } from '../core/ports.ts';
import { describe, type Selector } from '../core/dashboard-select.ts';
import { graphsOf } from '../core/graphs.ts';
import { METRIC_UNITS } from '../core/metrics.ts';
import { eachBin } from '../core/query.ts';
import { hasBegun, planReview, spanWords, type ReviewPeriod, type ReviewPlan, type ReviewSpan } from '../core/review.ts';
import { changesSince, figuresOfPeriod, NOTHING, totalUnit, type ReviewFigures } from '../core/review-figures.ts';
import type { ReviewRowView, ReviewView } from '../core/review-view.ts';
import { listed } from '../core/review-words.ts';
import { formatDuration } from '../core/units.ts';
import { keptMs } from './graph-read.ts';
import type { Inventory } from './inventory.ts';
import { badRequest, HttpProblem } from './problem.ts';
import { MEMBERS_MAX, select } from './selection.ts';

/** More rows than a person reads; what is left out is said. */
export const REVIEW_SERIES_MAX = 200;
export const REVIEW_METRICS_MAX = 4;
/** Values held at once, mean, highest and known share of each bin. */
const VALUES_MAX = 1_500_000;
const COLUMNS = ['mean', 'max', 'known'] as const;
/** A review that takes longer is given up: others wait behind it. */
const WITHIN_MS = 100_000;
const WAITING_MAX = 4;
const KEPT_MAX = 8;
/** Page, PDF and CSV of one review ask for the same figures one after the other. */
const KEPT_MS = 60_000;

export interface ReviewRequest {
  /** '' = named by what it reviews. */
  readonly title: string;
  readonly period: ReviewPeriod;
  /** A moment within the reviewed period, not after now. */
  readonly atMs: number;
  readonly zone: string;
  readonly metrics: readonly MetricName[];
  readonly select: Selector;
}
export interface ReviewDeps {
  readonly history: History;
  readonly inventory: Inventory;
  readonly clock: Clock;
  /** The server ends: what is not read by now will not be. */
  readonly ending: () => boolean;
}
/** @throws HttpProblem 400 for metrics of several units, 503 where too many wait or it takes too long */
export type ReadReview = (request: ReviewRequest) => Promise<ReviewView>;

/** Reviews are read one after the other; whoever asks for the same one shares the answer for a minute. */
export function createReviews(deps: ReviewDeps): ReadReview {
  const { clock } = deps;
  const held = new Map<string, { readonly untilMs: number; readonly answer: Promise<ReviewView> }>();
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (request) => {
    const plan = planReview(request.period, request.atMs, clock.nowMs(), request.zone);
    const key = JSON.stringify([plan, request.title, request.metrics, request.select]);
    const before = held.get(key);
    if (before && before.untilMs > clock.monoMs()) return before.answer;
    if (waiting >= WAITING_MAX)
      return Promise.reject(new HttpProblem(503, 'Several reviews are being made already: try again in a minute.'));
    waiting++;
    const answer = turn
      .then(() => read(deps, request, plan))
      .finally(() => {
        waiting--;
      });
    turn = answer.catch(() => undefined); // Whoever asked is told; the next one begins all the same.
    answer.catch(() => held.delete(key));
    held.delete(key);
    held.set(key, { untilMs: clock.monoMs() + KEPT_MS, answer });
    const [oldest] = held.keys();
    if (held.size > KEPT_MAX && oldest !== undefined) held.delete(oldest);
    return answer;
  };
}

interface Member {
  readonly device: Device;
  readonly instance: Instance;
  readonly metric: MetricName;
  readonly unit: Unit;
}

async function read(deps: ReviewDeps, request: ReviewRequest, plan: ReviewPlan): Promise<ReviewView> {
  const { clock } = deps;
  const nowMs = clock.nowMs();
  const { members, matched, cut } = await membersOf(deps.inventory, request);
  const unit = unitOf(members, request.metrics);
  const begun = hasBegun(plan);
  const figures = begun ? await figuresOf(deps, plan, members, unit, nowMs) : members.map(() => plan.spans.map(() => NOTHING));
  return {
    title: request.title === '' ? `${plan.spans[0]?.name ?? ''} in review` : request.title,
    period: plan.period,
    zone: plan.zone,
    running: plan.running,
    begun,
    madeMs: nowMs,
    metrics: [...request.metrics],
    selected: describe(request.select),
    unit,
    totalUnit: totalUnit(unit),
    spans: plan.spans.map((span) => ({ ...span, words: spanWords(span, plan.zone) })),
    rows: members.map((member, i) => rowOf(member, figures[i] ?? [], plan)),
    matched,
    notes: notesOf(deps.history, plan, members, { matched, cut, begun, nowMs, metrics: request.metrics }),
  };
}

async function membersOf(
  inventory: Inventory,
  { select: selector, metrics }: ReviewRequest,
): Promise<{ members: Member[]; matched: number; cut: boolean }> {
  const [found] = await select(inventory, [{ select: selector, metrics: metrics.map((metric) => [metric]) }]);
  const all = (found?.members ?? []).flatMap(({ device, instance }) =>
    metrics.flatMap((metric): Member[] => {
      const own = instance.metrics.find(({ name }) => name === metric);
      return own ? [{ device, instance, metric, unit: own.unit }] : [];
    }),
  );
  const more = Math.max(0, (found?.matched ?? 0) - MEMBERS_MAX);
  return { members: all.slice(0, REVIEW_SERIES_MAX), matched: all.length + more, cut: more > 0 };
}

function unitOf(members: readonly Member[], metrics: readonly MetricName[]): Unit {
  const [first] = members;
  const other = members.find(({ unit }) => unit !== first?.unit);
  if (first && other)
    throw badRequest(`${first.metric} is in ${first.unit} and ${other.metric} in ${other.unit}: a review has one unit.`);
  return first?.unit ?? METRIC_UNITS.get(metrics[0] ?? 'load.one') ?? '1';
}

/** The finest bins kept over the whole span and no finer than the device is polled; null = even hours are gone. */
function tierOf(history: History, { fromMs }: ReviewSpan, nowMs: number, intervalMs: number): BinTier | null {
  const kept = (tier: BinTier) => fromMs >= nowMs - keptMs(history.tiers(), tier);
  if (intervalMs <= TIER_STEP_MS['5m'] && kept('5m')) return '5m';
  return kept('1h') ? '1h' : null;
}

async function figuresOf(
  { history, clock, ending }: ReviewDeps,
  plan: ReviewPlan,
  members: readonly Member[],
  unit: Unit,
  nowMs: number,
): Promise<ReviewFigures[][]> {
  const startMs = clock.monoMs();
  const out = members.map((): ReviewFigures[] => []);
  for (const span of plan.spans) {
    const tiers = members.map(({ device }) => tierOf(history, span, nowMs, device.intervalMs));
    for (const tier of ['5m', '1h', null] as const) {
      const chosen = members.flatMap((_member, i) => (tiers[i] === tier ? [i] : []));
      if (tier === null) {
        for (const i of chosen) out[i]?.push(NOTHING);
        continue;
      }
      const stepMs = TIER_STEP_MS[tier];
      const size = Math.max(1, Math.floor(VALUES_MAX / (COLUMNS.length * ((span.toMs - span.fromMs) / stepMs + 1))));
      for (let at = 0; at < chosen.length; at += size) {
        if (ending()) throw new HttpProblem(503, 'Saguaro is ending: ask again when it runs.');
        if (clock.monoMs() - startMs > WITHIN_MS)
          throw new HttpProblem(503, 'This review took too long and was given up: ask for fewer series or a shorter period.');
        const some = chosen.slice(at, at + size);
        const keys = some.flatMap((i) => {
          const member = members[i];
          return member ? [seriesKey(member.device.id, member.instance.id, member.metric)] : [];
        });
        const bins = await history.bins(keys, tier, span.fromMs, span.toMs, COLUMNS);
        some.forEach((i, b) => {
          const columns = bins[b];
          const { zone } = plan;
          const window = { fromMs: span.fromMs, toMs: span.toMs, zone, unit };
          out[i]?.push(columns ? figuresOfPeriod((visit) => eachBin(columns, tier, visit), stepMs, window) : NOTHING);
        });
        // Others have their turn.
        await clock.sleep(0);
      }
    }
  }
  return out;
}

function rowOf({ device, instance, metric }: Member, figures: readonly ReviewFigures[], plan: ReviewPlan): ReviewRowView {
  const key = seriesKey(device.id, instance.id, metric);
  const graph = graphsOf(device, [instance]).find(({ lines }) => lines.some(({ series }) => series === key));
  return {
    device: device.id,
    deviceName: device.name,
    site: device.site,
    instance: instance.id,
    name: instance.name === '' ? instance.key : instance.name,
    alias: instance.alias,
    metric,
    graph: graph?.id ?? null,
    figures: figures.map((one) => ({ ...one })),
    changes: plan.spans.slice(1).map(({ key: earlier }, i) => ({
      ...changesSince(figures[0] ?? NOTHING, figures[i + 1] ?? NOTHING, plan.period, earlier),
    })),
  };
}

function notesOf(
  history: History,
  plan: ReviewPlan,
  members: readonly Member[],
  facts: { matched: number; cut: boolean; begun: boolean; nowMs: number; metrics: readonly string[] },
): string[] {
  const { matched, begun, nowMs, metrics } = facts;
  const notes: string[] = [];
  if (members.length === 0) notes.push(`Nothing that is selected has ${metrics.join(' or ')}.`);
  if (matched > members.length)
    notes.push(
      `${matched - members.length} of ${facts.cut ? 'more than ' : ''}${matched} series are left out: a review shows the first ${REVIEW_SERIES_MAX} by name. Select fewer.`,
    );
  if (!begun) notes.push(`This ${plan.period} has not lasted an hour yet: there is nothing to compare.`);
  else if (plan.running)
    notes.push(`This ${plan.period} is still running: the earlier ones are taken up to the same day and clock time.`);
  const tiers = plan.spans.map((span) => tierOf(history, span, nowMs, 0));
  const gone = plan.spans.filter((_span, i) => tiers[i] === null).map(({ role }) => role);
  if (gone.length > 0)
    notes.push(`Of ${listed(gone)} nothing can be said: hours are kept for ${formatDuration(keptMs(history.tiers(), '1h'))}.`);
  const hourly = plan.spans.filter((_span, i) => tiers[i] === '1h').map(({ role }) => role);
  if (hourly.length > 0)
    notes.push(
      `The 95th of ${listed(hourly)} is from hourly means, because finer ones are kept for ${formatDuration(keptMs(history.tiers(), '5m'))}; its change compares hourly means of both.`,
    );
  return notes;
}
