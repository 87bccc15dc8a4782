/** The register of embeds: what is shown elsewhere, since when, and the end of it. */
import { Type } from 'typebox';
import { Page } from '../../core/api.ts';
import { altText, EmbedCreated, EmbedInput, EmbedView, embedView } from '../../core/embed.ts';
import { parseBoardGraphId } from '../../core/dashboard.ts';
import { isExploreId } from '../../core/explore.ts';
import type { GraphData } from '../../core/graph.ts';
import { deviceOfGraph } from '../../core/graphs.ts';
import { cap } from '../../core/text.ts';
import { addressOf } from '../embed-address.ts';
import { problems } from '../openapi.ts';
import { pageInOrder, paging } from '../paging.ts';
import type { App, RouteDeps } from '../parts.ts';
import { notFound, quoted } from '../problem.ts';
import { plotWidth } from '../render/renderer.ts';
import { graphReader } from './graphs.ts';

const tags = ['embeds'];
const TITLE_MAX = 120;

export async function embedRoutes(app: App, deps: RouteDeps): Promise<void> {
  const { embeds, clock } = deps;
  const read = graphReader(deps);
  /** A page elsewhere does not say which device it is about; graphs of dashboards and of the explorer have titles of their own. */
  const named = async ({ id, title }: GraphData): Promise<string> => {
    const owner = parseBoardGraphId(id) || isExploreId(id) ? null : deviceOfGraph(id);
    const device = owner && (await deps.catalog.devices.get(owner.device));
    return !device || title.includes(device.name) ? '' : `${device.name}, ${title}`;
  };

  app.get(
    '/embeds',
    {
      schema: {
        operationId: 'listEmbeds',
        summary: 'Embeds with their last use, newest first, without their links',
        tags,
        querystring: Type.Object(paging, { additionalProperties: false }),
        response: { 200: Page(EmbedView), ...problems },
      },
    },
    async ({ query }) => {
      const nowMs = clock.nowMs();
      return pageInOrder(
        (await embeds.list()).map((embed) => embedView(embed, nowMs)),
        query,
      );
    },
  );
  app.post(
    '/embeds',
    {
      schema: {
        operationId: 'createEmbed',
        summary: 'Make a link that shows one graph to whoever has it',
        tags,
        body: EmbedInput,
        response: { 201: EmbedCreated, ...problems },
      },
    },
    async (request, reply) => {
      const { body } = request;
      // A graph that is none, or a range that is none, is refused before a link is made.
      const graph = await read(body.graph, { from: body.range ?? '24h', width: plotWidth(body.width ?? 800) });
      const title = cap(body.title ?? (await named(graph)), TITLE_MAX);
      const { embed, token } = await embeds.create({ ...body, title });
      const link = `${addressOf(app, request)}/e/${token}`;
      return reply.code(201).send({ embed: embedView(embed, clock.nowMs()), link, alt: altText(graph, embed.title) });
    },
  );
  app.delete(
    '/embeds/:id',
    {
      schema: {
        operationId: 'revokeEmbed',
        summary: 'Revoke an embed: its link shows nothing from now on',
        tags,
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ params }, reply) => {
      if (!(await embeds.revoke(params.id)))
        throw notFound(`There is no embed ${quoted(params.id)} that is not revoked already.`);
      return reply.code(204).send(null);
    },
  );
}
