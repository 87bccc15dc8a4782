/** Any graph as the explorer has it. */
import { Type } from 'typebox';
import { ExploredView } from '../../core/api.ts';
import { GRAPH_ID_MAX } from '../../core/explore.ts';
import { exploreGraph } from '../explored.ts';
import { problems } from '../openapi.ts';
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
      if (!found) throw notFound(`There is no graph ${quoted(params.id)}: /api/v1/devices/…/graphs lists those of a device.`);
      return { ...found, lines: [...found.lines] };
    },
  );
}
