/** Dashboards: files of graphs, as they are just now. */
import { Type } from 'typebox';
import { DashboardDetail, DashboardView, Page } from '../../core/api.ts';
import type { App, RouteDeps } from '../parts.ts';
import { dashboardDetail, dashboardView } from '../board-list.ts';
import { problems } from '../openapi.ts';
import { pageInOrder, paging } from '../paging.ts';
import { notFound, quoted } from '../problem.ts';

const tags = ['dashboards'];
const Params = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, description: "Name of the dashboard's file, without its ending." }),
});
const ListQuery = Type.Object(paging, { additionalProperties: false });

export async function dashboardRoutes(app: App, { dashboards, inventory }: RouteDeps): Promise<void> {
  const list = async () => (await dashboards?.list()) ?? [];

  app.get(
    '/dashboards',
    {
      schema: {
        operationId: 'listDashboards',
        summary: 'Dashboards, the overview first, with what is wrong in their files',
        tags,
        querystring: ListQuery,
        response: { 200: Page(DashboardView), ...problems },
      },
    },
    async ({ query }) => {
      const { items, nextCursor } = pageInOrder(await list(), query);
      return { items: items.map(dashboardView), nextCursor };
    },
  );

  app.get(
    '/dashboards/:id',
    {
      schema: {
        operationId: 'getDashboard',
        summary: 'One dashboard with its graphs; their data is under /graphs/{id}',
        tags,
        params: Params,
        response: { 200: DashboardDetail, ...problems },
      },
    },
    async ({ params }) => {
      const board = (await list()).find(({ id }) => id === params.id);
      if (!board) throw notFound(`There is no dashboard ${quoted(params.id)}: /api/v1/dashboards lists them.`);
      return dashboardDetail(inventory, board);
    },
  );
}
