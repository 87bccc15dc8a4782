/** Errors as RFC 9457 problem documents: every refusal is one plain sentence in `detail`. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../core/api.ts';
import { DashboardRefused } from '../core/dashboard.ts';
import { ImportRefused, NameTaken, SecretUnreadable, ServerAway, type Log } from '../core/ports.ts';
import { cap, visible } from '../core/text.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export type FieldErrors = { path: string; message: string }[];

/** Thrown by a route to refuse a request; the sentence goes to whoever asked. */
export class HttpProblem extends Error {
  readonly statusCode: number;
  readonly errors: FieldErrors | undefined;
  constructor(statusCode: number, detail: string, errors?: FieldErrors, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'HttpProblem';
    this.statusCode = statusCode;
    this.errors = errors;
  }
}

export const badRequest = (detail: string) => new HttpProblem(400, detail);
export const notFound = (detail: string) => new HttpProblem(404, detail);
export const conflict = (detail: string) => new HttpProblem(409, detail);

/** Text of a request in a sentence: quoted, short, nothing invisible. */
export const quoted = (text: string): string => `"${cap(visible(text), 80)}"`;

export function problem(status: number, detail: string, errors?: FieldErrors): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, ...(errors ? { errors } : {}) };
}

export function sendProblem(reply: FastifyReply, status: number, detail: string, errors?: FieldErrors): FastifyReply {
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem(status, detail, errors)));
}

const BY_CODE: Readonly<Record<string, readonly [number, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'The body is too large: at most 1 MB is accepted here.'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'The body must be JSON: send it with "Content-Type: application/json".'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'The body is shorter or longer than its Content-Length says.'],
  FST_ERR_BAD_URL: [400, 'The address of this request is not valid: check its percent signs.'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'A part of the address is too long.'],
  ECONNRESET: [400, 'The request ended before its body was complete, so nothing was done.'],
  FST_ERR_HANDLER_TIMEOUT: [503, 'This took too long and was given up: ask for less, or try again later.'],
};

const DASHBOARD_STATUS: Readonly<Record<DashboardRefused['why'], number>> = {
  ...{ missing: 404, 'read-only': 409, taken: 409 },
  ...{ full: 409, failed: 400, busy: 503 },
};

/** Maps whatever was thrown to status and sentence; null for a fault of ours. */
export function refusal(error: unknown): { status: number; detail: string; errors?: FieldErrors | undefined } | null {
  if (error instanceof HttpProblem) return { status: error.statusCode, detail: error.message, errors: error.errors };
  if (error instanceof NameTaken)
    return { status: 409, detail: `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}: choose another name.` };
  if (error instanceof SecretUnreadable || error instanceof ImportRefused) return { status: 409, detail: error.message };
  if (error instanceof DashboardRefused) return { status: DASHBOARD_STATUS[error.why], detail: error.message };
  if (error instanceof ServerAway) return { status: 503, detail: error.message };
  const code = (error as Partial<FastifyError>).code;
  const known = code === undefined ? undefined : BY_CODE[code];
  if (known) return { status: known[0], detail: known[1] };
  // The JSON parser's own errors tell a position, which may quote the body.
  if (error instanceof SyntaxError) return { status: 400, detail: 'The body is not valid JSON.' };
  const status = (error as Partial<FastifyError>).statusCode;
  if (status !== undefined && status >= 400 && status < 500) {
    return { status, detail: `This request was refused: ${STATUS_CODES[status] ?? 'bad request'}.` };
  }
  return null;
}

/** The last owner of every error of a route. */
export function errorHandler(log: Log) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refused = refusal(error);
    if (refused) return sendProblem(reply, refused.status, refused.detail, refused.errors);
    log.error('A request failed.', {
      method: request.method,
      route: request.routeOptions.url ?? '',
      id: request.id,
      cause: describe(error),
    });
    return sendProblem(reply, 500, `Something went wrong here; the log has more under request ${request.id}.`);
  };
}

/** An error with its causes, for the log. */
export function describe(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error, depth = 0; e !== undefined && e !== null && depth < 5; depth++) {
    parts.push(e instanceof Error ? (e.stack ?? e.message) : JSON.stringify(e));
    e = e instanceof Error ? e.cause : undefined;
  }
  return parts.join('\ncaused by ');
}
