/** The dashboard: a folder of static files, and one page for every address people may bookmark. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App, AppDeps } from './parts.ts';
import { sendProblem } from './problem.ts';

const PAGES = [
  '/',
  '/devices',
  '/devices/*',
  '/dashboards',
  '/dashboards/*',
  '/graphs/*',
  '/reviews',
  '/capacity',
  '/quiet',
  '/explore',
  '/events',
  '/embeds',
  '/collector',
  '/login',
];
const HASHED = /^assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;
const YEAR_S = 31_536_000;
const HTML = 'text/html; charset=utf-8';
const MISSING =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Saguaro</title>' +
  '<p>The dashboard is not built yet: run npm start, or npm run build and load this page again. The API answers without it.</p></html>\n';

/** Everything here is the same for everybody, so it needs no login. */
const route = { config: { open: true }, schema: { hide: true } };

export async function pages(app: App, { webRoot, config }: AppDeps): Promise<void> {
  const root = webRoot !== null && (await isFolder(webRoot)) ? webRoot : null;
  for (const path of PAGES) {
    app.get(path, route, async (request, reply) => sendPage(request, reply, webRoot, config.basePath));
  }
  if (root === null) return;
  await app.register(fastifyStatic, {
    root,
    serve: false,
    cacheControl: false,
    dotfiles: 'ignore',
    index: false,
    preCompressed: true,
  });
  app.get('/*', route, (request, reply) => {
    const file = (request.params as { '*': string })['*'];
    // The page has its own routes, which set its base; whatever climbs does not exist.
    if (file === 'index.html' || file.split(/[\\/]/).includes('..') || file.includes('\0')) return reply.callNotFound();
    void reply.header('cache-control', HASHED.test(file) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
    return reply.sendFile(file);
  });
}

/** Whoever looks with a browser at an address that is none gets a sentence to read; programs get a problem document. */
export function notFoundHandler(basePath: string) {
  const html =
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Not found · Saguaro</title>' +
    `<p>There is nothing at this address. <a href="${basePath}/">To the dashboard</a></p></html>\n`;
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const browser = reads && /\btext\/html\b/.test(request.headers.accept ?? '');
    if (!browser || request.url.startsWith(`${basePath}/api/`))
      return sendProblem(reply, 404, 'There is nothing at this address.');
    return reply.code(404).type(HTML).send(html);
  };
}

async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  webRoot: string | null,
  basePath: string,
): Promise<FastifyReply> {
  const html = webRoot === null ? null : await readFile(join(webRoot, 'index.html'), 'utf8').catch(absent);
  if (html === null) return reply.code(503).type(HTML).send(MISSING);
  const body = withBase(html, basePath);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  void reply.headers({ etag, 'cache-control': 'no-cache' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(HTML).send(body);
}

/** Addresses in the built page are relative to its folder; a page deeper down needs them from the root. */
export function withBase(html: string, basePath: string): string {
  return html.replace(/(\s(?:src|href)=")\.\//g, `$1${basePath}/`).replace(/<html\b/, `<html data-base="${basePath}"`);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(absent))?.isDirectory() ?? false;
}

function absent(cause: unknown): null {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw cause;
}
