/** Opens the doors of an app that is built: an address for people and programs, a socket for the command line. */
import { chmod, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { relative } from 'node:path';
import type { App } from './parts.ts';
import { answerBadRequests } from './raw-problem.ts';
import { listenRefusal } from './settings.ts';

/** Why a door could not be opened, in one sentence for the operator. */
export class CannotListen extends Error {}

/** sun_path of unix(7), less its end. */
const SOCKET_PATH_MAX = 107;
const SOCKET_TIMEOUT_MS = 60 * 60_000;

/**
 * Listens for HTTP; port 0 takes any free one.
 * @throws CannotListen
 */
export async function listen(app: App, { host, port }: { host: string; port: number }): Promise<{ url: string; port: number }> {
  const refused = listenRefusal(host, app.settings.adminPassword);
  if (refused !== null) throw new CannotListen(refused);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new CannotListen(addressTrouble((cause as NodeJS.ErrnoException).code ?? '', host, port, cause), { cause });
  }
  const bound = (app.server.address() as AddressInfo).port;
  const shown =
    host === '0.0.0.0' || host === '::' || host === ''
      ? 'localhost'
      : host.includes(':') && !host.startsWith('[')
        ? `[${host}]`
        : host;
  return { url: app.settings.publicUrl ?? `http://${shown}:${bound}${app.settings.basePath}/`, port: bound };
}

function addressTrouble(code: string, host: string, port: number, cause: unknown): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another program: stop it, or choose another port with SAGUARO_LISTEN=${host}:${port + 1}.`;
    case 'EACCES':
      return `Port ${port} may not be used by this user: choose one above 1023 with SAGUARO_LISTEN.`;
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine: choose one it has, or 127.0.0.1, with SAGUARO_LISTEN.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name ${host} cannot be resolved: give an address to listen on with SAGUARO_LISTEN.`;
    case 'ERR_SOCKET_BAD_PORT':
      return `${port} is not a port: give one from 1 to 65535 with SAGUARO_LISTEN.`;
    default:
      return `Listening on ${host}:${port} failed: ${cause instanceof Error ? cause.message : String(cause)}.`;
  }
}

/**
 * Answers the same routes on a Unix socket of mode 0600. Who can open it owns the data folder,
 * so its requests count as the administrator's. Closed with the app.
 * @throws CannotListen
 */
export async function listenOnSocket(app: App, path: string): Promise<void> {
  const address = socketAddress(path);
  if (address === null)
    throw new CannotListen(`The data folder's path is too long for a socket (${path}): choose a shorter one.`);
  if (await answers(address)) throw new CannotListen(`Another server answers at ${path}: stop it first.`);
  await unlink(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw new CannotListen(`The socket ${path} cannot be replaced: ${cause.message}.`, { cause });
  });
  const server = createServer({ requestTimeout: SOCKET_TIMEOUT_MS }, (request, response) => app.routing(request, response));
  server.on('connection', (socket) => app.access.trust(socket));
  server.on('clientError', answerBadRequests);
  await bind(server, address, path);
  await chmod(path, 0o600);
  app.doors.push(() => close(server));
}

/** The path as the system takes it: relative where that is what fits; null when nothing does. */
export function socketAddress(path: string): string | null {
  const shorter = relative(process.cwd(), path);
  return [path, shorter].find((candidate) => Buffer.byteLength(candidate) <= SOCKET_PATH_MAX) ?? null;
}

function bind(server: Server, address: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => reject(new CannotListen(`The socket ${path} cannot be made: ${cause.message}.`, { cause }));
    server.once('error', failed);
    // The file is made within this call: nobody else may open it, not even for a moment.
    const before = process.umask(0o177);
    try {
      server.listen(address, () => {
        server.off('error', failed);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

/** Whether somebody listens on the socket; a file left behind by a crash refuses. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // No such file, nobody behind it, or not ours to open: binding will say what is wrong.
    socket.once('error', () => resolve(false));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
