/** Any graph as the explorer has it. */
import { Type } from 'typebox';
import { ExploredView } from '../../core/api.ts';
import { GRAPH_ID_MAX } from '../../core/explore.ts';
import { exploreGraph, graphFile } from '../explored.ts';
import { problems, textAnswer } from '../openapi.ts';
import type { App, RouteDeps } from '../parts.ts';
import { notFound, quoted } from '../problem.ts';

const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: GRAPH_ID_MAX }) });

export async function exploreRoutes(
  app: App,
  { history, catalog, inventory, dashboards, clock, config }: RouteDeps,
): Promise<void> {
  const deps = {
    ...{ history, catalog, inventory, zone: config.zone, nowMs: () => clock.nowMs() },
    ...(dashboards ? { dashboards } : {}),
  };
  app.get(
    '/graphs/:id/explore',
    {
      schema: {
        operationId: 'exploreGraph',
        summary: 'One graph as the explorer changes it, and as the file of a dashboard',
        tags: ['graphs'],
        params: Params,
        response: { 200: ExploredView, ...problems },
      },
    },
    async ({ params }) => {
      const found = await exploreGraph(deps, params.id);
      if (!found) throw missing(params.id);
      return { ...found, lines: [...found.lines] };
    },
  );
  app.get(
    '/graphs/:id.yaml',
    {
      schema: {
        operationId: 'readGraphYaml',
        summary: 'One graph as the file of a dashboard, with names in the place of ids',
        tags: ['graphs'],
        params: Params,
        response: { 200: textAnswer('The file', 'application/yaml'), ...problems },
      },
    },
    async ({ params }, reply) => {
      const file = await graphFile(deps, params.id);
      if (!file) throw missing(params.id);
      return reply
        .type('application/yaml; charset=utf-8')
        .header('content-disposition', `attachment; filename="${file.name}"`)
        .send(file.text);
    },
  );
}

const missing = (id: string) => notFound(`There is no graph ${quoted(id)}: /api/v1/devices/…/graphs lists those of a device.`);
