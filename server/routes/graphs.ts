/** Graphs: everything a renderer needs, or the same as CSV. */
import { Type } from 'typebox';
import type { GraphData } from '../../core/graph.ts';
import { csvCell } from '../../core/text.ts';
import type { App, RouteDeps } from '../parts.ts';
import { readGraph } from '../graph-data.ts';
import { GraphView } from '../graph-schema.ts';
import { problems, textAnswer } from '../openapi.ts';
import { notFound, quoted } from '../problem.ts';
import { rangeOf, rangeQuery } from '../ranges.ts';

const tags = ['graphs'];
const WIDTH_DEFAULT = 800;
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 600 }) });
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
  },
  { additionalProperties: false },
);

export async function graphRoutes(
  app: App,
  { history, catalog, inventory, dashboards, clock, config }: RouteDeps,
): Promise<void> {
  const read = async (id: string, query: { from?: string; to?: string; width?: number }): Promise<GraphData> => {
    const range = rangeOf(query, clock.nowMs(), config.zone);
    const deps = {
      ...{ history, catalog, inventory, zone: config.zone, nowMs: () => clock.nowMs() },
      ...(dashboards ? { dashboards } : {}),
    };
    const graph = await readGraph(deps, id, { ...range, width: query.width ?? WIDTH_DEFAULT });
    if (!graph) throw notFound(`There is no graph ${quoted(id)}: /api/v1/devices/…/graphs lists those of a device.`);
    return graph;
  };

  app.get(
    '/graphs/:id',
    {
      schema: {
        operationId: 'readGraph',
        summary: 'One graph: slots, legend, gaps, ticks',
        tags,
        params: Params,
        querystring: Query,
        response: { 200: GraphView, ...problems },
      },
    },
    async ({ params, query }) => read(params.id, query),
  );

  app.get(
    '/graphs/:id/csv',
    {
      schema: {
        operationId: 'readGraphCsv',
        summary: 'One graph as CSV: a row a slot, three columns a line, and who was unknown where lines are of many series',
        tags,
        params: Params,
        querystring: Query,
        response: { 200: textAnswer('Rows', 'text/csv'), ...problems },
      },
    },
    async ({ params, query }, reply) => {
      const graph = await read(params.id, query);
      const file = `${graph.title}`.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 80) || 'graph';
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${file}.csv"`)
        .send(graphCsv(graph));
    },
  );
}

/** A row a slot; unknown is empty. Where many series make a line, the last column says which were unknown in it. */
export function graphCsv(graph: GraphData): string {
  const heads = graph.lines.flatMap((line) => [`${line.label} (${graph.unit})`, `${line.label} min`, `${line.label} max`]);
  const combined = graph.lines.some((line) => line.members > 1);
  const rows = graph.tMs.map((tMs, i) => {
    const cells = graph.lines.flatMap((line) => [line.mean[i], line.min[i], line.max[i]].map((value) => csvCell(value ?? null)));
    const partial = combined ? [csvCell(partialAt(graph, tMs))] : [];
    return [new Date(tMs).toISOString(), ...cells, ...partial].join(',');
  });
  return [['time', ...heads.map(csvCell), ...(combined ? ['partial'] : [])].join(','), ...rows].join('\n') + '\n';
}

function partialAt({ partial, stepMs }: GraphData, tMs: number): string {
  return partial
    .filter(({ fromMs, toMs }) => fromMs < tMs + stepMs && toMs > tMs)
    .map(({ text }) => text)
    .join('; ');
}
