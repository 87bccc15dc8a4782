/** Series: which there are, and their data. */
import { Type } from 'typebox';
import { Page, SeriesData, SeriesView } from '../../core/api.ts';
import type { App, RouteDeps } from '../parts.ts';
import { deviceBy } from '../devices.ts';
import { problems } from '../openapi.ts';
import { pageAcross, paging } from '../paging.ts';
import { HttpProblem, notFound, quoted } from '../problem.ts';
import { rangeOf, rangeQuery } from '../ranges.ts';
import { BINS_MAX, readSeries, resolveSeries, TooMuchData } from '../series-data.ts';
import { csvHeader, csvLines } from '../series-csv.ts';
import { streamed } from '../streamed.ts';
import { seriesOf, seriesView, type NamedSeries } from '../views.ts';

const tags = ['series'];
const SERIES_MAX = 100;
const POINTS_MAX = 10_000;
const ListQuery = Type.Object(
  {
    device: Type.Optional(Type.String({ maxLength: 255, description: 'Id or name.' })),
    instance: Type.Optional(Type.String({ maxLength: 255, description: 'Id, name or key.' })),
    metric: Type.Optional(Type.String({ maxLength: 128, description: 'As in `interface.in_bps`; or its family: `interface`.' })),
    q: Type.Optional(Type.String({ maxLength: 255, description: 'Part of the name device/instance/metric.' })),
    ...paging,
  },
  { additionalProperties: false },
);
const DataQuery = Type.Object(
  {
    series: Type.Array(Type.String({ minLength: 1, maxLength: 600 }), {
      minItems: 1,
      maxItems: SERIES_MAX,
      description: 'device/instance/metric with ids or names; may be given up to 100 times.',
    }),
    ...rangeQuery,
    tier: Type.Optional(Type.Enum(['raw', '5m', '1h', '1d'], { description: 'Exactly the bins of this tier.' })),
    points: Type.Optional(
      Type.Integer({ minimum: 1, maximum: POINTS_MAX, description: 'At most so many bins, from the tier that fits.' }),
    ),
    format: Type.Optional(Type.Enum(['json', 'csv'])),
  },
  { additionalProperties: false },
);

export async function seriesRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { catalog, history, clock, config } = deps;
  const readDeps = { history, catalog, zone: config.zone, nowMs: () => clock.nowMs() };

  app.get(
    '/series',
    {
      schema: {
        operationId: 'listSeries',
        summary: 'Series with their latest value',
        tags,
        querystring: ListQuery,
        response: { 200: Page(SeriesView), ...problems },
      },
    },
    async ({ query }) => {
      const devices = query.device === undefined ? await catalog.devices.list() : [await deviceBy(catalog, query.device)];
      const wanted = filterOf(query);
      const { items, nextCursor } = await pageAcross(
        devices,
        async (device) => seriesOf(device, await catalog.instances.list(device.id)).filter(wanted),
        (series) => `${series.instance.kind} ${series.instance.name} ${series.metric} ${series.instance.id}`,
        query,
      );
      const latest = await history.latest(items.map((series) => series.key));
      return { items: items.map((series, i) => seriesView(series, latest[i] ?? null)), nextCursor };
    },
  );

  app.get(
    '/series/data',
    {
      schema: {
        operationId: 'readSeries',
        summary: 'Bins of series over a range, as JSON or CSV',
        tags,
        querystring: DataQuery,
        response: {
          200: {
            description: 'Bins of each series, in the order asked',
            content: {
              'application/json': { schema: Type.Object({ items: Type.Array(SeriesData) }) },
              'text/csv': { schema: Type.String() },
            },
          },
          ...problems,
        },
      },
    },
    async ({ query }, reply) => {
      const { fromMs, toMs } = rangeOf(query, clock.nowMs(), config.zone);
      if (query.tier !== undefined && query.points !== undefined)
        throw new HttpProblem(400, 'Give either "tier" or "points", not both.');
      const keys = await Promise.all(query.series.map(async (text) => ({ text, key: await resolveSeries(catalog, text) })));
      const unknown = keys.find(({ key }) => key === null);
      if (unknown)
        throw notFound(`There is no series ${quoted(unknown.text)}: write device/instance/metric, as listed by /api/v1/series.`);
      const request = { fromMs, toMs, tier: query.tier, points: query.points };
      const read = (key: string) =>
        readSeries(readDeps, key, request).catch((cause: unknown) => {
          throw cause instanceof TooMuchData ? new HttpProblem(413, cause.message) : cause;
        });

      if (query.format === 'csv') {
        const names = await namesOf(
          deps,
          keys.map(({ key }) => key ?? ''),
        );
        // The first is read before the answer begins, so that a refusal can still be one.
        const first = await read(names[0]?.key ?? '');
        const lines = async function* () {
          yield csvHeader(query.tier === 'raw');
          for (const [i, series] of names.entries()) yield* csvLines(series, i === 0 ? first : await read(series.key));
        };
        void reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="series.csv"');
        return reply.send(streamed(lines()));
      }
      const items: SeriesData[] = [];
      let bins = 0;
      for (const { key } of keys) {
        const data = await read(key ?? '');
        bins += data.bins.length;
        if (bins > BINS_MAX)
          throw new HttpProblem(
            413,
            `This is more than ${BINS_MAX} bins: ask for fewer series, a shorter range or a coarser tier.`,
          );
        items.push(data);
      }
      return reply.send({ items });
    },
  );
}

function filterOf(query: { instance?: string; metric?: string; q?: string }): (series: NamedSeries) => boolean {
  const word = query.q?.trim().toLowerCase() ?? '';
  return ({ instance, metric, name }) =>
    (query.instance === undefined || [instance.id, instance.name, instance.key].includes(query.instance)) &&
    (query.metric === undefined || metric === query.metric || instance.kind === query.metric) &&
    name.toLowerCase().includes(word);
}

/** Names for keys that exist, in the same order. */
async function namesOf({ catalog }: RouteDeps, keys: readonly string[]): Promise<NamedSeries[]> {
  const wanted = new Set(keys.map((key) => key.slice(0, key.indexOf('/'))));
  const byKey = new Map<string, NamedSeries>();
  for (const device of await catalog.devices.list()) {
    if (!wanted.has(device.id)) continue;
    for (const series of seriesOf(device, await catalog.instances.list(device.id))) byKey.set(series.key, series);
  }
  return keys.flatMap((key) => byKey.get(key) ?? []);
}
