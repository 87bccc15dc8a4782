/** Dashboards that are put together on the page: made, filled, changed and removed. */
import { Type } from 'typebox';
import { DashboardView } from '../../core/api.ts';
import type { KeptDashboards } from '../../core/dashboard.ts';
import { GRAPH_ID_MAX } from '../../core/explore.ts';
import { dashboardView } from '../board-list.ts';
import { graphEntry } from '../explored.ts';
import { problems } from '../openapi.ts';
import type { App, RouteDeps } from '../parts.ts';
import { conflict, notFound, quoted } from '../problem.ts';

const tags = ['dashboards'];
const Id = Type.String({ minLength: 1, maxLength: 64, description: 'Of a dashboard that was made here.' });
const Key = Type.String({ minLength: 1, maxLength: 80, description: 'What follows the last ~ in the id of the graph.' });
const closed = { additionalProperties: false };
const BoardInput = Type.Object({ title: Type.String({ minLength: 1, maxLength: 128 }) }, closed);
const GraphInput = Type.Object(
  { graph: Type.String({ minLength: 1, maxLength: GRAPH_ID_MAX, description: 'Id of any graph; it is copied as it is now.' }) },
  closed,
);
const Kept = Type.Object({ id: Type.String({ description: 'Of the graph in its dashboard: board~…' }) });

export async function keptDashboardRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { history, catalog, inventory, dashboards, clock, config } = deps;
  const graphDeps = {
    ...{ history, catalog, inventory, zone: config.zone, nowMs: () => clock.nowMs() },
    ...(dashboards ? { dashboards } : {}),
  };
  const kept = (): KeptDashboards => {
    if (!dashboards?.kept) throw conflict('Dashboards are not kept here: write one as a file, as docs/dashboards.md says.');
    return dashboards.kept;
  };
  const entryOf = async (graph: string): Promise<string> => {
    const entry = await graphEntry(graphDeps, graph);
    if (entry === null) throw notFound(`There is no graph ${quoted(graph)} to keep.`);
    return entry;
  };

  app.post(
    '/dashboards',
    {
      schema: {
        operationId: 'createDashboard',
        summary: 'Make an empty dashboard, to which graphs are added',
        tags,
        body: BoardInput,
        response: { 201: DashboardView, ...problems },
      },
    },
    async ({ body }, reply) => {
      const id = await kept().create(body.title);
      const board = (await dashboards?.list())?.find((one) => one.id === id);
      if (!board) throw conflict('The dashboard was removed again at once.');
      return reply.code(201).send(dashboardView(board));
    },
  );
  app.delete(
    '/dashboards/:id',
    {
      schema: {
        operationId: 'removeDashboard',
        summary: 'Remove a dashboard that was made here, with its graphs; no history is lost',
        tags,
        params: Type.Object({ id: Id }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ params }, reply) => {
      await kept().remove(params.id);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/dashboards/:id/graphs',
    {
      schema: {
        operationId: 'addDashboardGraph',
        summary: 'Add any graph to a dashboard that was made here',
        tags,
        params: Type.Object({ id: Id }),
        body: GraphInput,
        response: { 201: Kept, ...problems },
      },
    },
    async ({ params, body }, reply) => reply.code(201).send({ id: await kept().add(params.id, await entryOf(body.graph)) }),
  );
  const one = Type.Object({ id: Id, key: Key });
  app.patch(
    '/dashboards/:id/graphs/:key',
    {
      schema: {
        operationId: 'replaceDashboardGraph',
        summary: 'Put any graph in the place of one in a dashboard that was made here',
        tags,
        params: one,
        body: GraphInput,
        response: { 200: Kept, ...problems },
      },
    },
    async ({ params, body }) => ({ id: await kept().replace(params.id, params.key, await entryOf(body.graph)) }),
  );
  app.delete(
    '/dashboards/:id/graphs/:key',
    {
      schema: {
        operationId: 'removeDashboardGraph',
        summary: 'Remove a graph from a dashboard that was made here',
        tags,
        params: one,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ params }, reply) => {
      await kept().take(params.id, params.key);
      return reply.code(204).send(null);
    },
  );
}
