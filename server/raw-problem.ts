/** Answers connections whose bytes never became a request: too large headers, nonsense, silence. */
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { SECURITY_HEADERS } from './headers.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

const SENTENCES: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers of this request are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
};

export function answerBadRequests(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = SENTENCES[error.code ?? ''] ?? [400, 'This is not a valid HTTP request.'];
  const body = JSON.stringify(problem(status, detail));
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}
