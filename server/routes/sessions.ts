/** Login and logout of people. */
import { Type } from 'typebox';
import { SESSION_COOKIE } from '../access.ts';
import type { App, RouteDeps } from '../parts.ts';
import { problems } from '../openapi.ts';
import { conflict, HttpProblem } from '../problem.ts';
import { SESSION_MS } from '../sessions.ts';

const tags = ['access'];
const TRIES_A_MINUTE = 5;
const Login = Type.Object({ password: Type.String({ minLength: 1, maxLength: 1024 }) }, { additionalProperties: false });

export async function sessionRoutes(app: App, { sessions, config }: RouteDeps): Promise<void> {
  const cookie = {
    path: config.basePath || '/',
    httpOnly: true,
    sameSite: 'strict' as const,
    secure: config.publicUrl?.startsWith('https:') ?? false,
  };
  app.post(
    '/sessions',
    {
      config: {
        open: true,
        rateLimit: {
          max: TRIES_A_MINUTE,
          timeWindow: 60_000,
          errorResponseBuilder: () => new HttpProblem(429, 'Too many tries to log in: wait a minute, then try again.'),
        },
      },
      schema: {
        operationId: 'login',
        summary: 'Log in; the session comes as a cookie',
        tags,
        security: [],
        body: Login,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async ({ body }, reply) => {
      if (!sessions) throw conflict('No login is needed here: no password is set.');
      const token = await sessions.login(body.password);
      if (token === null) throw new HttpProblem(401, 'This password is not right.');
      return reply
        .setCookie(SESSION_COOKIE, token, { ...cookie, maxAge: SESSION_MS / 1000 })
        .code(204)
        .send(null);
    },
  );

  app.delete(
    '/sessions',
    {
      config: { open: true },
      schema: { operationId: 'logout', summary: 'Log out', tags, security: [], response: { 204: Type.Null(), ...problems } },
    },
    async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE];
      if (token !== undefined) sessions?.logout(token);
      return reply.clearCookie(SESSION_COOKIE, cookie).code(204).send(null);
    },
  );
}
