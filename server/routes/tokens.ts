/** Bearer tokens for programs. */
import { Type } from 'typebox';
import { Page } from '../../core/api.ts';
import type { App, RouteDeps } from '../parts.ts';
import { nameOf } from '../device-input.ts';
import { problems } from '../openapi.ts';
import { pageInOrder, paging } from '../paging.ts';
import { notFound, quoted } from '../problem.ts';

const tags = ['access'];
const TokenInput = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 64, description: 'What it is for.' }) },
  { additionalProperties: false },
);
const TokenView = Type.Object({ id: Type.String(), name: Type.String(), createdMs: Type.Number() });
const TokenCreated = Type.Object({
  id: Type.String(),
  name: Type.String(),
  createdMs: Type.Number(),
  token: Type.String({ description: 'Shown this once only; send it as "Authorization: Bearer …".' }),
});

export async function tokenRoutes(app: App, { tokens, clock }: RouteDeps): Promise<void> {
  app.get(
    '/tokens',
    {
      schema: {
        operationId: 'listTokens',
        summary: 'API tokens, without the tokens themselves',
        tags,
        querystring: Type.Object(paging, { additionalProperties: false }),
        response: { 200: Page(TokenView), ...problems },
      },
    },
    async ({ query }) => pageInOrder(await tokens.list(), query),
  );
  app.post(
    '/tokens',
    {
      schema: {
        operationId: 'createToken',
        summary: 'Create an API token',
        tags,
        body: TokenInput,
        response: { 201: TokenCreated, ...problems },
      },
    },
    async ({ body }, reply) => {
      const created = await tokens.create(nameOf(body.name, 'token'), clock.nowMs());
      return reply.code(201).send(created);
    },
  );
  app.delete(
    '/tokens/:id',
    {
      schema: {
        operationId: 'revokeToken',
        summary: 'Revoke an API token',
        tags,
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ params }, reply) => {
      if (!(await tokens.revoke(params.id))) throw notFound(`There is no token ${quoted(params.id)}.`);
      return reply.code(204).send(null);
    },
  );
}
