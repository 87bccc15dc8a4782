/**
 * For looking at the dashboard while the rest is being built, and for browser tests that need
 * a known state: serves web/dist and an API full of plausible, partly hostile data.
 * `node tests/web/mock-api.ts [port]`
 */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRange } from '../../core/time-range.ts';
import { createFleet, ZONE, type Fleet } from './mock-fleet.ts';
import { mockGraph } from './mock-graph.ts';

const DIST = fileURLToPath(new URL('../../web/dist/', import.meta.url));
const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

export interface MockOptions {
  readonly base?: string;
  readonly empty?: boolean;
  readonly password?: string;
}

class Refused extends Error {
  readonly status: number;
  readonly errors: { path: string; message: string }[];
  constructor(status: number, detail: string, errors: { path: string; message: string }[] = []) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

export function mockServer(options: MockOptions = {}): Server {
  const { base = '', password } = options;
  const fleet = createFleet(Date.now(), options.empty ?? false);
  let loggedIn = password === undefined;
  return createServer((request, response) => {
    response.setHeader('content-security-policy', CSP);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.slice(base.length);
    if (!url.pathname.startsWith(base)) return void response.writeHead(404).end();
    if (!path.startsWith('/api/v1/')) return sendFile(response, path, base);
    void answer(request, path.slice('/api/v1/'.length), url.searchParams).then(
      (body) => {
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
        response.end(JSON.stringify(body));
      },
      (error: unknown) => {
        const refused = error instanceof Refused ? error : new Refused(500, String(error));
        response.writeHead(refused.status, { 'content-type': 'application/problem+json' });
        response.end(
          JSON.stringify({
            type: 'about:blank',
            title: '',
            status: refused.status,
            detail: refused.message,
            errors: refused.errors,
          }),
        );
      },
    );
  });

  async function answer(request: IncomingMessage, path: string, query: URLSearchParams): Promise<unknown> {
    if (path === 'sessions') {
      const { password: given } = (await bodyOf(request)) as { password?: string };
      if (given !== password) throw new Refused(401, 'This password is not right.');
      loggedIn = true;
      return {};
    }
    if (!loggedIn) throw new Refused(401, 'Log in first.');
    const [list, id = '', part] = path.split('/').map(decodeURIComponent);
    if (request.method === 'POST') return post(fleet, path, await bodyOf(request));
    const known = () => {
      const device = fleet.devices().find((d) => d.id === id);
      if (!device) throw new Refused(404, `There is no device "${id}".`);
      return device;
    };
    switch (part === undefined ? list : `${list}/${part}`) {
      case 'status':
        return fleet.status();
      case 'devices':
        return id === '' ? page(fleet.devices()) : known();
      case 'devices/instances':
        return page(fleet.instances(known().id));
      case 'devices/graphs':
        return page(fleet.graphs(known().id));
      case 'series':
        return page(fleet.series(query.get('device') ?? ''));
      case 'events':
        return page(fleet.events(query.get('device')).slice(0, Number(query.get('limit') ?? 200)));
      case 'graphs': {
        const range = parseRange(query.get('from') ?? undefined, query.get('to') ?? undefined, Date.now(), ZONE);
        if ('error' in range) throw new Refused(400, range.error);
        const graph = mockGraph(fleet, id, range.fromMs, range.toMs, Number(query.get('width') ?? 800));
        if (!graph) throw new Refused(404, `There is no graph "${id}".`);
        return graph;
      }
      default:
        throw new Refused(404, `There is nothing at ${path}.`);
    }
  }
}

const page = <T>(items: T[]) => ({ items, nextCursor: null });

async function post(fleet: Fleet, path: string, body: unknown): Promise<unknown> {
  const input = body as { address: string; intervalMs?: number; snmp?: object; force?: boolean };
  await new Promise((resolve) => setTimeout(resolve, 300));
  if ((input.intervalMs ?? 60_000) < 1000) {
    throw new Refused(400, 'In the body, "intervalMs" must be at least 1000.', [
      { path: 'intervalMs', message: 'must be at least 1000' },
    ]);
  }
  // 198.51.100.… answers pings only.
  const dead =
    (input.address.startsWith('192.0.2.') || (input.snmp !== undefined && input.address.startsWith('198.51.100.'))) &&
    !input.force;
  const text = dead
    ? `No answer from ${input.address} to 2 requests within 1 s each: check the address, the community and that UDP port 161 is reachable.`
    : `${input.address} answers SNMPv2c in 3 ms as edge-rtr1.phx, 7 interfaces, 3 filesystems.`;
  if (path === 'devices/test') {
    const instances = fleet.instances('d01').map((i) => ({ ...i, metrics: i.metrics.map((m) => m.name) }));
    return dead
      ? { ok: false, text, cause: 'timeout' }
      : { ok: true, text, roundTripMs: 3, instances, notes: ['32-bit counters only on eth6.'] };
  }
  if (dead) throw new Refused(422, text);
  return { device: fleet.devices()[0], preview: { ok: true, text } };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || '{}');
}

function sendFile(response: ServerResponse, path: string, base: string): void {
  const file = join(DIST, normalize(path));
  if (extname(path) !== '' && existsSync(file)) {
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
    return;
  }
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html.replace(/(\s(?:src|href)=")\.\//g, `$1${base}/`).replace(/<html\b/, `<html data-base="${base}"`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 0);
  const [base = '', password = '', empty = ''] = [
    process.env['MOCK_BASE'],
    process.env['MOCK_PASSWORD'],
    process.env['MOCK_EMPTY'],
  ];
  const server = mockServer({ base, empty: empty !== '', ...(password === '' ? {} : { password }) });
  server.listen(port, '127.0.0.1', () => {
    const at = server.address();
    console.log(`http://127.0.0.1:${typeof at === 'object' && at ? at.port : port}${base}/`);
  });
}
