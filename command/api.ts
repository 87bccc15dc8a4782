/**
 * The HTTP API as commands see it: through the Unix socket of a running server, or by
 * calling the same application inside this process. Either way it is one implementation.
 */
import { request as httpRequest } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import type { PageOf, Problem } from '../core/api.ts';
import { Refusal } from './command.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Path under /api/v1, with a leading slash; query included. */
  readonly path: string;
  readonly body?: unknown;
  /** A body that is not JSON, with its type. */
  readonly stream?: { readonly type: string; readonly body: Readable };
}
export interface ApiResponse {
  readonly status: number;
  readonly bytes: Buffer;
}
export type Transport = (request: {
  method: string;
  url: string;
  headers: Record<string, string>;
  payload: Buffer | Readable | null;
}) => Promise<ApiResponse>;

export interface Api {
  /** Whether a server answers, or this process itself. */
  readonly through: 'server' | 'this process';
  /** @throws Refusal with the server's own sentence */
  ask<T>(request: ApiRequest): Promise<T>;
  /** What is no JSON, as it came. @throws Refusal with the server's own sentence */
  file(path: string): Promise<Buffer>;
  /** Every item of a list, page by page. */
  all<T>(path: string): Promise<T[]>;
  close(): Promise<void>;
}

const PAGES_MAX = 1000;
/** Discovery of a slow device and a large import take their time; nothing takes longer than this. */
const ANSWER_TIMEOUT_MS = 600_000;

export function createApi(through: Api['through'], transport: Transport, basePath: string, close: () => Promise<void>): Api {
  const send = async ({ method, path, body, stream }: ApiRequest, accept: string): Promise<ApiResponse> => {
    const payload = stream ? stream.body : body === undefined ? null : Buffer.from(JSON.stringify(body));
    const headers: Record<string, string> = { host: 'localhost', accept };
    if (payload) headers['content-type'] = stream?.type ?? 'application/json';
    const response = await transport({ method, url: `${basePath}/api/v1${path}`, headers, payload });
    if (response.status >= 400) throw new Refusal(sentenceOf(jsonOf(response) as Partial<Problem> | null, response.status));
    return response;
  };
  const ask = async <T>(request: ApiRequest): Promise<T> => jsonOf(await send(request, 'application/json')) as T;
  return {
    through,
    ask,
    file: async (path) => (await send({ method: 'GET', path }, '*/*')).bytes,
    async all<T>(path: string) {
      const items: T[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < PAGES_MAX; page++) {
        const separator = path.includes('?') ? '&' : '?';
        const next: string = cursor === null ? path : `${path}${separator}cursor=${encodeURIComponent(cursor)}`;
        const answer: PageOf<T> = await ask<PageOf<T>>({ method: 'GET', path: next });
        items.push(...answer.items);
        if (answer.nextCursor === null) return items;
        cursor = answer.nextCursor;
      }
      return items;
    },
    close,
  };
}

/** @throws Refusal when it is none */
function jsonOf({ status, bytes }: ApiResponse): unknown {
  try {
    return bytes.length === 0 ? null : JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Refusal(`The server answered ${status} with something that is not JSON; is another program behind the socket?`, {
      cause,
    });
  }
}

function sentenceOf(problem: Partial<Problem> | null, status: number): string {
  const detail = problem?.detail ?? `The server answered ${status} without saying why.`;
  const errors = problem?.errors ?? [];
  // The detail is made of the first error as a rule; the others follow it.
  const others = errors[0] && detail.includes(errors[0].message) ? errors.slice(1) : errors;
  return detail + others.map(({ path, message }) => `\n  ${path} ${message}`).join('');
}

/** Requests over a Unix socket. */
export function socketTransport(socketPath: string): Transport {
  return ({ method, url, headers, payload }) =>
    new Promise((resolve, reject) => {
      const fail = (cause: unknown) => reject(new Refusal('The running server does not answer; see its log.', { cause }));
      const request = httpRequest(
        {
          socketPath,
          method,
          path: url,
          headers: { ...headers, ...(Buffer.isBuffer(payload) ? { 'content-length': String(payload.length) } : {}) },
          signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode ?? 500, bytes: Buffer.concat(chunks) }));
          response.on('error', fail);
        },
      );
      request.on('error', fail);
      if (payload === null || Buffer.isBuffer(payload)) request.end(payload ?? undefined);
      else pipeline(payload, request, (cause) => cause && fail(cause));
    });
}
