/** The API described by the same schemas that check it. */
import swagger from '@fastify/swagger';
import { Problem } from '../core/api.ts';
import type { App, RouteDeps } from './parts.ts';
import { Type } from 'typebox';

/** What every route may answer besides its own: the shared problem schema. */
const answer = {
  description: 'What is wrong, in one sentence.',
  content: { 'application/problem+json': { schema: Type.Unsafe<Problem>({ $ref: 'Problem#' }) } },
};
export const problems = { '4xx': answer, '5xx': answer };

/** An answer that is text of some kind, in a route's description. */
export const textAnswer = (description: string, type: string) => ({
  description,
  content: { [type]: { schema: Type.String() } },
});

export async function openapi(api: App, { version, config }: RouteDeps): Promise<void> {
  api.addSchema(Problem);
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Saguaro',
        version,
        description:
          'Fields named …Ms are UTC milliseconds or durations in milliseconds; `t`, `from`, `to` and `step` are Unix seconds. ' +
          'Lists come in pages. Errors are problem documents (RFC 9457) with one plain sentence in `detail`.',
      },
      servers: [{ url: config.publicUrl?.replace(/\/$/, '') ?? (config.basePath || '/') }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'An API token; needed only where a password is set.' },
          session: { type: 'apiKey', in: 'cookie', name: 'saguaro_session', description: 'Set by POST /api/v1/sessions.' },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => (typeof json.$id === 'string' ? json.$id : `def-${i}`) },
  });
}

export function openapiRoute(api: App): void {
  api.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'no-cache').send(api.swagger()),
  );
}
