/** The monthly capacity report: what changed, what fills first, and which forecasts of a month ago were wrong. */
import { Type, type Static } from 'typebox';
import { bySoonest, CAPACITY_KINDS, type CapacityRow, type WholeForecast } from './capacity.ts';
import { MEDIAN, QUANTILE, type ForecastStep } from './forecast/model.ts';
import { dayText } from './graph-future.ts';
import { UNITS } from './model.ts';
import { planReview } from './review.ts';
import { valueAt } from './said.ts';
import { formatCapacity, formatWith } from './units.ts';

/** Of the soonest; with what an earlier report promised at most twice as many. */
export const REPORT_ROWS_MAX = 100;
const { Q10, Q90 } = QUANTILE;

const Value = Type.Union([Type.Number(), Type.Null()]);
/** What a forecast said of one day; 8 in 10 lie between low and high. */
const Promised = Type.Union([
  Type.Object({ madeMs: Type.Number(), tMs: Type.Number(), low: Type.Number(), middle: Type.Number(), high: Type.Number() }),
  Type.Null(),
]);
const Dates = Type.Union([Type.Object({ lowMs: Type.Number(), medianMs: Type.Number(), highMs: Value }), Type.Null()]);

export const ReportRow = Type.Object({
  series: Type.String(),
  deviceName: Type.String(),
  site: Type.String(),
  name: Type.String(),
  what: Type.Enum([...CAPACITY_KINDS]),
  unit: Type.Enum([...UNITS]),
  limit: Value,
  before: Value,
  after: Value,
  dates: Dates,
  /** Of the report of the month before; null also where it had none. */
  datesBefore: Dates,
  orderByMs: Value,
  says: Type.String(),
  /** Of the report of the month before, for a day that has passed since. */
  promised: Promised,
  /** What was measured on that day. */
  came: Value,
  verdict: Type.Union([Type.Enum(['held', 'above', 'below']), Type.Null()]),
  /** For the end of the month after, which the next report looks at. */
  next: Promised,
});
export type ReportRow = Static<typeof ReportRow>;

export const CapacityReport = Type.Object({
  id: Type.String({ description: 'The month: 2026-02' }),
  month: Type.String(),
  zone: Type.String(),
  fromMs: Type.Number(),
  toMs: Type.Number(),
  madeMs: Type.Number(),
  /** Everything that can fill, shown or not. */
  total: Type.Integer(),
  rows: Type.Array(ReportRow),
  notes: Type.Array(Type.String()),
  waiting: Type.Optional(
    Type.Integer({ description: 'Forecasts that were not ready in time: ask again. None where it is left out.' }),
  ),
});
export type CapacityReport = Static<typeof CapacityReport>;

/** The last month that is over, by the calendar of a zone. */
export function lastMonth(nowMs: number, zone: string): Pick<CapacityReport, 'id' | 'month' | 'fromMs' | 'toMs'> {
  const span = planReview('month', nowMs, nowMs, zone).spans[1];
  if (!span) throw new RangeError('a month has no month before it');
  const first = Temporal.Instant.fromEpochMilliseconds(span.fromMs).toZonedDateTimeISO(zone);
  return { id: first.toPlainDate().toPlainYearMonth().toString(), month: span.name, fromMs: span.fromMs, toMs: span.endMs };
}

/** Series to look at whole: the soonest, and what the report before promised. */
export function reportSeries(rows: readonly CapacityRow[], before: CapacityReport | null): string[] {
  const soonest = rows.toSorted(bySoonest).slice(0, REPORT_ROWS_MAX);
  const promised = before?.rows.filter(({ next }) => next !== null).slice(0, REPORT_ROWS_MAX) ?? [];
  return [...new Set([...soonest, ...promised].map(({ series }) => series))];
}

/** Forecasts that a report had to do without. */
export interface Missing {
  readonly count: number;
  /** Of so many that it is made of; null = not even that is known yet. */
  readonly of: number | null;
  /** Whether they come by themselves. */
  readonly coming: boolean;
}

/** When a report is made, and of how much. */
export interface ReportMoment {
  readonly nowMs: number;
  readonly zone: string;
  /** Everything that can fill. */
  readonly total: number;
  /** Forecasts that a round which runs has still to make, anew or for the first time. */
  readonly renewed: number;
  readonly missing: Missing;
}

/**
 * @param wholes forecasts with at least 62 days ahead, and a history that reaches back to the month's begin
 * @param before kept report of the month before; null = there is none, so no forecast is judged
 */
export function capacityReport(
  wholes: readonly WholeForecast[],
  before: CapacityReport | null,
  at: ReportMoment,
): CapacityReport {
  const { nowMs, zone, total, renewed, missing } = at;
  const span = lastMonth(nowMs, zone);
  const nextMs = monthAfter(span.toMs, zone);
  const earlier = new Map(before?.rows.map((row) => [row.series, row]));
  const rows = wholes.toSorted(bySoonest).map((whole): ReportRow => {
    const old = earlier.get(whole.series);
    const promised = old?.next ?? null;
    const came = promised && valueAt(whole.history, promised.tMs);
    return {
      ...{ series: whole.series, deviceName: whole.deviceName, site: whole.site, name: whole.name, what: whole.what },
      ...{ unit: whole.unit, limit: whole.limit, dates: whole.dates, orderByMs: whole.orderByMs, says: whole.says },
      before: valueAt(whole.history, span.fromMs),
      after: valueAt(whole.history, span.toMs),
      datesBefore: old?.dates ?? null,
      ...{ promised, came },
      verdict: promised && came !== null ? verdictOf(promised, came) : null,
      next: promiseOf(whole.steps, nextMs, whole.madeMs),
    };
  });
  const judged = rows.filter(({ verdict }) => verdict !== null);
  const wrong = judged.filter(({ verdict }) => verdict !== 'held').length;
  const notes = [
    ...(missing.count > 0 ? [missingWords(missing)] : []),
    ...(renewed > 0 && missing.of !== null ? [`A round of forecasts is under way; ${renewed} are still to be made.`] : []),
    before === null
      ? 'No report of the month before is kept, so no forecast of then can be judged; the next report can.'
      : judged.length === 0
        ? 'No forecast of the report before speaks of a day that was measured since.'
        : `Of ${judged.length} forecasts in the report before, ${judged.length - wrong} held and ${wrong} did not; an 80 % band misses about ${Math.round(judged.length / 5)} of so many.`,
    // Without those that are missing these need not be the soonest.
    ...(missing.count === 0 && total > rows.length ? [`The ${rows.length} of ${total} that fill first are shown.`] : []),
  ];
  const waiting = missing.coming && missing.count > 0 ? { waiting: missing.count } : {};
  return { ...span, zone, madeMs: nowMs, total, rows, notes, ...waiting };
}

function missingWords({ count, of, coming }: Missing): string {
  if (of === null) return 'The first forecasts are still being made: ask again in a while.';
  return coming
    ? `Not ready in time and left out: ${count} of ${of} forecasts. Ask again to have all of them.`
    : `Could not be made and left out: ${count} of ${of} forecasts.`;
}

function monthAfter(ms: number, zone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).add({ months: 1 }).epochMilliseconds;
}

function promiseOf(steps: readonly ForecastStep[], atMs: number, madeMs: number): ReportRow['next'] {
  const step = steps.find(({ tMs }) => tMs >= atMs);
  const [low, middle, high] = [step?.quantiles[Q10], step?.quantiles[MEDIAN], step?.quantiles[Q90]];
  if (!step || low === undefined || middle === undefined || high === undefined) return null;
  return { madeMs, tMs: step.tMs, low, middle, high };
}

const verdictOf = ({ low, high }: NonNullable<ReportRow['promised']>, came: number): 'held' | 'above' | 'below' =>
  came > high ? 'above' : came < low ? 'below' : 'held';

/** Head of the column of sentences. */
export const REASON_HEAD = 'Why no date';

export interface ReportTable {
  readonly title: string;
  readonly heads: readonly string[];
  readonly lines: readonly (readonly string[])[];
  /** Said where there is no line. */
  readonly none: string;
}

/** The three tables of a report, in words. */
export function reportTables({ rows, zone, waiting = 0 }: CapacityReport): readonly ReportTable[] {
  const who = ({ deviceName, name }: ReportRow) => [deviceName, name];
  const date = (ms: number | null | undefined) => (ms === null || ms === undefined ? '–' : dayText(ms, null, zone));
  const change = ({ before, after }: ReportRow) => (before === null || after === null ? null : after - before);
  const share = (row: ReportRow) => Math.abs(change(row) ?? 0) / (row.limit !== null && row.limit > 0 ? row.limit : Infinity);
  const changed = rows.filter((row) => share(row) >= 0.01).sort((a, b) => share(b) - share(a));
  const judged = rows.filter(({ verdict }) => verdict === 'above' || verdict === 'below');
  return [
    {
      title: 'What fills first',
      heads: ['Device', 'What', 'At the end', 'Limit', 'Full, early', 'most likely', 'A month ago', 'Order by', REASON_HEAD],
      lines: rows.map((row) => [
        ...who(row),
        ...[formatWith(row.after, row.unit), row.limit === null ? '–' : formatCapacity(row.limit, row.unit)],
        ...[date(row.dates?.lowMs), date(row.dates?.medianMs), date(row.datesBefore?.medianMs), date(row.orderByMs), row.says],
      ]),
      none: waiting > 0 ? 'Nothing is ready yet.' : 'Nothing that can fill is known.',
    },
    {
      title: 'What changed in the month, by a hundredth of the limit or more',
      heads: ['Device', 'What', 'At the begin', 'At the end', 'Change'],
      lines: changed.map((row) => [
        ...who(row),
        ...[formatWith(row.before, row.unit), formatWith(row.after, row.unit)],
        `${(change(row) ?? 0) > 0 ? '+' : ''}${formatWith(change(row), row.unit)}`,
      ]),
      none: 'Nothing changed by so much.',
    },
    {
      title: 'Forecasts that were wrong',
      heads: ['Device', 'What', 'Made', 'For', 'Said, 8 in 10', 'Came', 'So it was'],
      lines: judged.map((row) => [
        ...who(row),
        ...[date(row.promised?.madeMs), date(row.promised?.tMs)],
        `${formatWith(row.promised?.low ?? null, row.unit)} to ${formatWith(row.promised?.high ?? null, row.unit)}`,
        ...[formatWith(row.came, row.unit), row.verdict === 'above' ? 'more than forecast' : 'less than forecast'],
      ]),
      none: 'None that can be judged.',
    },
  ];
}
