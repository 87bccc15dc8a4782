/** Graphs: everything a renderer needs, or the same as CSV. */
import { Type } from 'typebox';
import { AGOS, type Ago } from '../../core/ago.ts';
import { GRAPH_ID_MAX } from '../../core/explore.ts';
import { LEVELS } from '../../core/forecast/model.ts';
import { futureAt } from '../../core/graph-future.ts';
import { titleAlone, type GraphData } from '../../core/graph.ts';
import { csvCell } from '../../core/text.ts';
import type { App, RouteDeps } from '../parts.ts';
import { readGraph } from '../graph-data.ts';
import { withHabit } from '../graph-habit.ts';
import { GraphView } from '../graph-schema.ts';
import { problems, textAnswer } from '../openapi.ts';
import { badRequest, notFound, quoted } from '../problem.ts';
import { rangeOf, rangeQuery } from '../ranges.ts';
import { streamed } from '../streamed.ts';

const tags = ['graphs'];
const WIDTH_DEFAULT = 800;
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: GRAPH_ID_MAX }) });
export const compareQuery = {
  compare: Type.Optional(
    Type.Enum([...AGOS], { description: 'With the same range so much before, by the calendar, as further lines.' }),
  ),
  difference: Type.Optional(Type.Boolean({ description: 'With `compare`: instead of both what lies between them.' })),
  habit: Type.Optional(Type.Boolean({ description: 'With what is usual at each hour of the week, behind the lines.' })),
};
const Query = Type.Object(
  {
    ...rangeQuery,
    width: Type.Optional(
      Type.Integer({
        minimum: 50,
        maximum: 8000,
        description: 'Width of the plot in pixels; at most two slots a pixel come back.',
      }),
    ),
    ...compareQuery,
  },
  { additionalProperties: false },
);

export interface GraphQuery {
  readonly from?: string;
  readonly to?: string;
  readonly width?: number;
  readonly compare?: Ago;
  readonly difference?: boolean;
  readonly habit?: boolean;
}

/** Reads graphs by id as they are asked for. @throws HttpProblem 404 for one that is none, 400 for a range that is none */
export function graphReader({ history, catalog, inventory, dashboards, forecasts, habits, clock, config }: RouteDeps) {
  return async (id: string, query: GraphQuery, nowMs = clock.nowMs()): Promise<GraphData> => {
    const range = rangeOf(query, nowMs, config.zone);
    const deps = {
      ...{ history, catalog, inventory, zone: config.zone, nowMs: () => clock.nowMs(), forecasts },
      ...(dashboards ? { dashboards } : {}),
    };
    const { compare: ago, difference = false } = query;
    if (difference && ago === undefined) throw badRequest('A difference is to something: say compare=1w, 1mo or 1y as well.');
    const graph = await readGraph(deps, id, {
      ...{ ...range, width: query.width ?? WIDTH_DEFAULT, usual: query.from === undefined && query.to === undefined },
      ...(ago === undefined ? {} : { compare: { ago, difference } }),
    });
    if (!graph) throw notFound(`There is no graph ${quoted(id)}: /api/v1/devices/…/graphs lists those of a device.`);
    return query.habit === true && !graph.future ? withHabit(graph, habits) : graph;
  };
}

export async function graphRoutes(app: App, deps: RouteDeps): Promise<void> {
  const read = graphReader(deps);
  const asked = { tags, params: Params, querystring: Query };

  for (const [path, operationId] of [
    ['/graphs/:id', 'readGraph'],
    ['/graphs/:id.json', 'readGraphJson'],
  ] as const) {
    app.get(
      path,
      {
        schema: {
          ...asked,
          operationId,
          summary: 'One graph: slots, legend, gaps, ticks',
          response: { 200: GraphView, ...problems },
        },
      },
      async ({ params, query }) => read(params.id, query),
    );
  }

  for (const [path, operationId] of [
    ['/graphs/:id/csv', 'readGraphCsv'],
    ['/graphs/:id.csv', 'readGraphRows'],
  ] as const) {
    app.get(
      path,
      {
        schema: {
          ...asked,
          operationId,
          summary: 'One graph as CSV: a row a slot, three columns a line, and who was unknown where lines are of many series',
          response: { 200: textAnswer('Rows', 'text/csv'), ...problems },
        },
      },
      async ({ params, query }, reply) => {
        const graph = await read(params.id, query);
        const file =
          titleAlone(graph)
            .replace(/[^A-Za-z0-9._-]+/g, '-')
            .slice(0, 80) || 'graph';
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${file}.csv"`)
          .send(streamed(graphRows(graph)));
      },
    );
  }
}

/** Rows put together before they are handed on. */
const CHUNK_ROWS = 500;

/** A row a slot, many at a time; unknown is empty. Where many series make a line, the last column says which were unknown in it. */
export function* graphRows(graph: GraphData): Generator<string> {
  const heads = graph.lines.flatMap((line) => [`${line.label} (${graph.unit})`, `${line.label} min`, `${line.label} max`]);
  const combined = graph.lines.some((line) => line.members > 1);
  const ahead = graph.future ? LEVELS.map((level) => `${level * 100} % (${graph.unit})`) : [];
  yield `${['time', ...heads.map(csvCell), ...(combined ? ['partial'] : []), ...ahead.map(csvCell)].join(',')}\n`;
  for (let start = 0; start < graph.tMs.length; start += CHUNK_ROWS) {
    let chunk = '';
    for (const [n, tMs] of graph.tMs.slice(start, start + CHUNK_ROWS).entries()) {
      const i = start + n;
      const cells = graph.lines.flatMap((line) =>
        [line.mean[i], line.min[i], line.max[i]].map((value) => csvCell(value ?? null)),
      );
      const partial = combined ? [csvCell(partialAt(graph, tMs))] : [];
      const may = ahead.length === 0 ? [] : (futureAt(graph, i) ?? ahead.map(() => null)).map(csvCell);
      chunk += `${[new Date(tMs).toISOString(), ...cells, ...partial, ...may].join(',')}\n`;
    }
    yield chunk;
  }
}

/** All rows as one text. */
export const graphCsv = (graph: GraphData): string => [...graphRows(graph)].join('');

function partialAt({ partial, stepMs }: GraphData, tMs: number): string {
  return partial
    .filter(({ fromMs, toMs }) => fromMs < tMs + stepMs && toMs > tMs)
    .map(({ text }) => text)
    .join('; ');
}
