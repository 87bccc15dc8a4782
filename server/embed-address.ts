/** How others reach this server: addresses that are pasted elsewhere. */
import type { FastifyRequest } from 'fastify';
import type { App } from './parts.ts';

/** Without a slash at its end. Where no public address is set, the one the request was sent to. */
export function addressOf(app: App, request: FastifyRequest): string {
  const { publicUrl, basePath, host, port } = app.settings;
  if (publicUrl !== null) return publicUrl.replace(/\/+$/, '');
  if (!app.access.bySocket(request)) return `${request.protocol}://${request.host}${basePath}`;
  // By the control socket nobody said a name.
  const bound = app.server.address();
  const name = ['', '0.0.0.0', '::', '[::]', '*'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${typeof bound === 'object' && bound !== null ? bound.port : port}${basePath}`;
}

export const originOf = (address: string): string => new URL(address).origin;
