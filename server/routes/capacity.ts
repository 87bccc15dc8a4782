/** What fills first: a row for everything that can fill, the soonest first; and one forecast whole. */
import { Type } from 'typebox';
import { bySoonest, CAPACITY_KINDS, CapacityRow, type CapacityRow as Row } from '../../core/capacity.ts';
import { HORIZON_MAX_DAYS } from '../../core/future-id.ts';
import { LEVELS } from '../../core/forecast/model.ts';
import { csvCell } from '../../core/text.ts';
import { parseScenario, SCENARIO_TEXT_MAX } from '../../core/what-if.ts';
import { problems, textAnswer } from '../openapi.ts';
import { pageInOrder, paging } from '../paging.ts';
import type { App, RouteDeps } from '../parts.ts';
import { badRequest, notFound, quoted } from '../problem.ts';
import { streamed } from '../streamed.ts';
import { waitAtMost } from '../wait.ts';

const tags = ['capacity'];
const filters = {
  what: Type.Optional(Type.Enum([...CAPACITY_KINDS])),
  site: Type.Optional(Type.String({ maxLength: 255 })),
  tag: Type.Optional(Type.String({ maxLength: 255 })),
  kind: Type.Optional(Type.String({ maxLength: 32, description: 'Kind of device: server, switch, …' })),
  due: Type.Optional(Type.Boolean({ description: 'Only where an order must be placed within 30 days.' })),
  wait: Type.Optional(
    Type.Boolean({
      description:
        'Answers when all that is to be made is made, for programs that have no page to look at; after a minute with what is there.',
    }),
  ),
};
interface Filter {
  readonly what?: string;
  readonly site?: string;
  readonly tag?: string;
  readonly kind?: string;
  readonly due?: boolean;
  readonly wait?: boolean;
}
const DUE_MS = 30 * 86_400_000;
const WAIT_MS = 60_000;
const Value = Type.Union([Type.Number(), Type.Null()]);

const CapacityPage = Type.Object({
  items: Type.Array(CapacityRow),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
  madeMs: Value,
  waiting: Type.Integer({ description: 'Series whose forecast is still to be made.' }),
});
const ForecastView = Type.Object({
  row: CapacityRow,
  machine: Type.Optional(
    Type.Object(
      { name: Type.String(), level: Type.Number() },
      { description: 'That a scenario moves: what it takes along, as it is today.' },
    ),
  ),
  stepMs: Type.Number(),
  fromMs: Value,
  levels: Type.Array(Type.Number()),
  history: Type.Object({ tMs: Type.Array(Type.Number()), values: Type.Array(Value) }),
  steps: Type.Array(Type.Object({ tMs: Type.Number(), quantiles: Type.Array(Type.Number()) })),
  limits: Type.Array(Type.Object({ fromMs: Type.Number(), limit: Type.Number() })),
  decisions: Type.Array(Type.Object({ what: Type.String(), atMs: Value, amount: Value, text: Type.String() })),
  reasons: Type.Array(Type.Object({ code: Type.String(), text: Type.String() })),
});

export async function capacityRoutes(app: App, { forecasts, clock }: RouteDeps): Promise<void> {
  const list = async ({ what, site, tag, kind, due, wait }: Filter) => {
    // No longer than a request may take: who wants all asks again.
    if (wait === true) await waitAtMost(forecasts.idle(), WAIT_MS, clock);
    const { rows, ...made } = await forecasts.rows();
    const nowMs = clock.nowMs();
    const fits = (row: Row) =>
      (what === undefined || row.what === what) &&
      (site === undefined || row.site === site) &&
      (tag === undefined || row.tags.includes(tag)) &&
      (kind === undefined || row.deviceKind === kind) &&
      (due !== true || (row.orderByMs !== null && row.orderByMs < nowMs + DUE_MS));
    return { ...made, rows: rows.filter(fits).sort(bySoonest) };
  };

  app.get(
    '/capacity',
    {
      schema: {
        operationId: 'listCapacity',
        summary: 'What can fill, the soonest first: chances, dates, order by, or why there is no date',
        tags,
        querystring: Type.Object({ ...paging, ...filters }, { additionalProperties: false }),
        response: { 200: CapacityPage, ...problems },
      },
    },
    async ({ query }) => {
      const { rows, madeMs, waiting } = await list(query);
      const { items, nextCursor } = pageInOrder(rows, query);
      return { items, nextCursor, madeMs, waiting };
    },
  );

  app.get(
    '/capacity.csv',
    {
      schema: {
        operationId: 'readCapacityCsv',
        summary: 'What can fill as CSV, the soonest first',
        tags,
        querystring: Type.Object(filters, { additionalProperties: false }),
        response: { 200: textAnswer('Rows', 'text/csv'), ...problems },
      },
    },
    async ({ query }, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="capacity.csv"')
        .send(streamed(capacityCsv((await list(query)).rows))),
  );

  app.get(
    '/forecasts',
    {
      schema: {
        operationId: 'readForecast',
        summary: 'One forecast whole: history, quantiles of each step, what it was made with; or the same under a scenario',
        tags,
        querystring: Type.Object(
          {
            series: Type.String({ minLength: 1, maxLength: 400, description: 'device/instance/metric, as in /capacity.' }),
            horizon: Type.Optional(Type.Integer({ minimum: 1, maximum: HORIZON_MAX_DAYS, description: 'Days ahead.' })),
            scenario: Type.Optional(
              Type.String({
                maxLength: SCENARIO_TEXT_MAX,
                description: 'growth=x1.5,add=12TiB@2027-01-15,here=DEVICE; see docs/capacity.md.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: ForecastView, ...problems },
      },
    },
    async ({ query: { series, horizon, scenario = '' } }) => {
      const asked = parseScenario(scenario);
      if ('error' in asked) throw badRequest(asked.error);
      const whole = await forecasts.of(series, {
        horizonDays: horizon ?? null,
        scenario: scenario === '' ? null : asked,
      });
      if (!whole) throw notFound(`Nothing that can fill is called ${quoted(series)}: /api/v1/capacity lists what there is.`);
      const { history, stepMs, fromMs, steps, limitSteps, decisions, reasons, backtest: _, machine, ...row } = whole;
      return {
        row,
        ...(machine ? { machine: { ...machine } } : {}),
        ...{ stepMs, fromMs, levels: [...LEVELS] },
        history: { tMs: [...history.tMs], values: [...history.values] },
        steps: steps.map(({ tMs, quantiles }) => ({ tMs, quantiles: [...quantiles] })),
        limits: limitSteps.map((step) => ({ ...step })),
        decisions: decisions.map((one) => ({ ...one })),
        reasons: reasons.map((one) => ({ ...one })),
      };
    },
  );
}

const HEAD = [
  ...['device', 'site', 'what', 'name', 'metric', 'unit', 'level', 'limit', 'headroom', 'growth_per_month'],
  ...['chance_30d', 'chance_90d', 'chance_180d', 'reached_low', 'reached_likely', 'reached_high', 'order_by', 'lead_days'],
  ...['forecasts_held', 'held_80', 'held_95', 'said_values', 'said_held_80', 'said_held_95', 'says'],
];
const CHUNK_ROWS = 500;

/** Lines, many at a time; figures in the base unit, unknown ones empty. */
export function* capacityCsv(rows: readonly Row[]): Generator<string> {
  yield `${HEAD.join(',')}\n`;
  const iso = (ms: number | null | undefined) =>
    ms === null || ms === undefined ? null : new Date(ms).toISOString().slice(0, 10);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    yield rows
      .slice(start, start + CHUNK_ROWS)
      .map((row) => {
        const chance = (days: number) => row.chances.find((one) => one.days === days)?.chance ?? null;
        return `${[
          ...[row.deviceName, row.site, row.what, row.name, row.metric, row.unit, row.level, row.limit, row.headroom],
          ...[row.growthPerMonth?.middle ?? null, chance(30), chance(90), chance(180)],
          ...[iso(row.dates?.lowMs), iso(row.dates?.medianMs), iso(row.dates?.highMs), iso(row.orderByMs), row.leadDays],
          ...[row.record?.origins ?? null, row.record?.held80 ?? null, row.record?.held95 ?? null],
          ...[row.said?.values ?? null, row.said?.held80 ?? null, row.said?.held95 ?? null, row.says],
        ]
          .map(csvCell)
          .join(',')}\n`;
      })
      .join('');
  }
}
