/**
 * The wire of InfluxDB 2.x and 3.x in front of a real 1.x: their addresses, tokens and status codes as they are documented,
 * the storage real. And on demand any answer at all, for what a server says when it is not well.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface InfluxDouble {
  readonly url: string;
  /** Every request, as "POST /api/v2/write". */
  readonly asked: string[];
  /** Takes the next writes; null lets them through. Returning false hangs up, 'hang' never answers. */
  onWrite: ((body: string, response: ServerResponse) => false | 'hang' | void) | null;
  end(): Promise<void>;
}
const TOKEN = 'opaque-token';
export const DOUBLE_TOKEN = TOKEN;

/** @param real where the 1.x is that keeps what is written; null: nothing is kept */
export async function startInfluxDouble(version: 2 | 3, real: string | null): Promise<InfluxDouble> {
  const buckets = new Map<string, { id: string; name: string; retentionRules: { everySeconds: number }[] }>();
  const databases = new Set<string>();
  const send = (response: ServerResponse, status: number, value?: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(value === undefined ? '' : JSON.stringify(value));
  };
  const forward = async (path: string, body: string, type: string) => {
    const answer = await fetch(`${real}${path}`, { method: 'POST', body, headers: { 'content-type': type } });
    return { status: answer.status, text: await answer.text() };
  };
  const make = (database: string) =>
    forward('/query', `q=${encodeURIComponent(`CREATE DATABASE "${database}"`)}`, 'application/x-www-form-urlencoded');
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://double');
    const { pathname } = url;
    double.asked.push(`${request.method} ${pathname}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
    if (pathname === '/ping') {
      response.writeHead(version === 2 ? 204 : 200, { 'x-influxdb-version': version === 2 ? 'v2.7.12' : '3.4.1' });
      response.end();
      return;
    }
    if (![`Token ${TOKEN}`, `Bearer ${TOKEN}`].includes(request.headers.authorization ?? '')) {
      send(response, 401, { code: 'unauthorized', message: 'unauthorized access' });
      return;
    }
    if (pathname === '/api/v2/write') {
      const taken = double.onWrite?.(body, response);
      if (taken === false) request.socket.destroy();
      if (double.onWrite !== null) return;
      const bucket = url.searchParams.get('bucket') ?? '';
      if (version === 2 ? !buckets.has(bucket) : !databases.has(bucket))
        return send(response, 404, { code: 'not found', message: `bucket "${bucket}" not found` });
      const answer = await forward(
        `/write?db=${bucket}&precision=${url.searchParams.get('precision') ?? 'ns'}`,
        body,
        'text/plain',
      );
      response.writeHead(answer.status).end(answer.text);
    } else if (pathname === '/query') {
      const form = new URLSearchParams(body);
      const statement = form.get('q') ?? '';
      if (/^\s*(CREATE|ALTER|DROP)\b/i.test(statement)) return send(response, 405, { message: 'not supported' });
      if (version === 3 && form.has('rp')) return send(response, 400, { error: 'rp is not supported' });
      const answer = await forward('/query', body, 'application/x-www-form-urlencoded');
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
    } else if (version === 2 && pathname === '/api/v2/orgs') {
      send(response, 200, { orgs: url.searchParams.get('org') === 'host' ? [{ id: '0123456789abcdef', name: 'host' }] : [] });
    } else if (version === 2 && pathname.startsWith('/api/v2/buckets')) {
      const { name = '', retentionRules = [] } = JSON.parse(body === '' ? '{}' : body) as {
        name?: string;
        retentionRules?: { everySeconds: number }[];
      };
      if (request.method === 'GET') {
        const found = buckets.get(url.searchParams.get('name') ?? '');
        return send(response, 200, { buckets: found ? [found] : [] });
      }
      if (request.method === 'PATCH') {
        for (const [key, bucket] of buckets) if (pathname.endsWith(bucket.id)) buckets.set(key, { ...bucket, retentionRules });
        return send(response, 200, {});
      }
      if (real !== null) await make(name);
      buckets.set(name, { id: `b${buckets.size}`, name, retentionRules });
      send(response, 201, {});
    } else if (version === 2 && pathname === '/api/v2/delete') {
      const { predicate } = JSON.parse(body) as { predicate: string };
      const conditions = predicate.split(' AND ').map((part) => /^(\w+)="((?:[^"\\]|\\.)*)"$/.exec(part));
      const family = conditions.find((match) => match?.[1] === '_measurement')?.[2] ?? '';
      const tags = conditions.flatMap((match) => (match && match[1] !== '_measurement' ? [`"${match[1]}"='${match[2]}'`] : []));
      const q = `DROP SERIES FROM "${family}" WHERE ${tags.join(' AND ')}`;
      await forward(
        '/query',
        `db=${url.searchParams.get('bucket')}&q=${encodeURIComponent(q)}`,
        'application/x-www-form-urlencoded',
      );
      send(response, 204);
    } else if (version === 3 && pathname === '/api/v3/configure/database') {
      const { db } = JSON.parse(body) as { db: string };
      if (databases.has(db)) return send(response, 409, { error: 'attempted to create a resource that already exists' });
      databases.add(db);
      if (real !== null) await make(db);
      send(response, 200, {});
    } else send(response, 404, { code: 'not found', message: 'path not found' });
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const double: InfluxDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    onWrite: null,
    async end() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return double;
}
