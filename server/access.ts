/**
 * Who may ask: every request passes the Host check, writes pass the Origin check, and where
 * there is a password everything but what is marked open needs a session or a token.
 * Requests by the control socket come from who may read the data folder: they skip all of it.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { App } from './parts.ts';
import { HttpProblem } from './problem.ts';
import type { Sessions } from './sessions.ts';
import { hostCheck, type ServerConfig } from './settings.ts';
import type { Tokens } from './tokens.ts';

export const SESSION_COOKIE = 'saguaro_session';
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without login. */
    open?: boolean;
    /** Answers on the control socket only. */
    socketOnly?: boolean;
  }
}

export interface Access {
  /** Marks a connection as the control socket's. */
  trust(socket: IncomingMessage['socket']): void;
  bySocket(request: FastifyRequest): boolean;
  loginRequired(request: FastifyRequest): boolean;
}

export function guard(app: App, config: ServerConfig, sessions: Sessions | null, tokens: Tokens): Access {
  const trusted = new WeakSet<object>();
  const hostAllowed = hostCheck(config);
  const publicHost = config.publicUrl === null ? null : new URL(config.publicUrl).host;
  const bySocket = (request: FastifyRequest) => trusted.has(request.raw.socket);

  app.addHook('onRequest', async (request, reply) => {
    if (bySocket(request)) return;
    if (!hostAllowed(request.headers.host)) {
      throw new HttpProblem(
        421,
        'This server does not answer to this name: add it to allowedHosts, or use the name in publicUrl.',
      );
    }
    if (!READS.has(request.method)) checkOrigin(request, publicHost);
    const route = request.routeOptions.config;
    if (route.socketOnly === true) throw new HttpProblem(403, 'This is for the command line on the server itself: run it there.');
    if (sessions === null || route.open === true || request.is404) return;
    if (await loggedIn(request, sessions, tokens)) return;
    reply.header('www-authenticate', 'Bearer realm="saguaro"');
    throw new HttpProblem(
      401,
      'Log in first: by POST /api/v1/sessions with the password, or with an API token as "Authorization: Bearer …".',
    );
  });

  return {
    trust: (socket) => void trusted.add(socket),
    bySocket,
    loginRequired: (request) => sessions !== null && !bySocket(request),
  };
}

async function loggedIn(request: FastifyRequest, sessions: Sessions, tokens: Tokens): Promise<boolean> {
  const bearer = /^Bearer +(\S{1,200})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return tokens.valid(bearer);
  const cookie = request.cookies[SESSION_COOKIE];
  return cookie !== undefined && sessions.valid(cookie);
}

/** Browsers send Origin with every write; it must be ourselves. Programs send none. */
function checkOrigin(request: FastifyRequest, publicHost: string | null): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const crossSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const originHost = origin === undefined ? null : hostOf(origin);
  const foreign =
    origin !== undefined && (originHost === null || (originHost !== host?.toLowerCase() && originHost !== publicHost));
  if (crossSite || foreign)
    throw new HttpProblem(
      403,
      'This change was asked for by a page of another site, so it was not made; behind a proxy, set publicUrl.',
    );
}

/** Host and port of an origin, null for "null" and nonsense. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host || null : null;
}
