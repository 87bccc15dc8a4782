/** What an operator decides about the HTTP side, and what follows from it. */
import { isIP } from 'node:net';

export interface ServerConfig {
  /** Address to listen on. */
  readonly host: string;
  readonly port: number;
  /** How people reach this server from outside (behind a proxy): `https://stats.example.org/saguaro`. */
  readonly publicUrl: string | null;
  /** '' or '/saguaro': every address of the server begins with it. */
  readonly basePath: string;
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-* headers are believed. */
  readonly trustedProxies: readonly string[];
  /** More names people may type to reach this server. */
  readonly allowedHosts: readonly string[];
  /** Null: nobody has to log in; then the server listens on loopback only. */
  readonly adminPassword: string | null;
  /** IANA zone of calendars and tick labels. */
  readonly zone: string;
}

const WILDCARDS = new Set(['0.0.0.0', '::', '[::]', '*', '']);

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare === '::1') return true;
  const v4 = bare.startsWith('::ffff:') ? bare.slice(7) : bare;
  return isIP(v4) === 4 && v4.startsWith('127.');
}

/** Why these settings must not be used to listen, in one sentence; null when they may. */
export function listenRefusal(host: string, adminPassword: string | null): string | null {
  if (isLoopback(host) || (adminPassword !== null && adminPassword !== '')) return null;
  return (
    `Listening on ${host || 'every address'} would let anyone who reaches it read and change everything: ` +
    'set SAGUARO_ADMIN_PASSWORD (or SAGUARO_ADMIN_PASSWORD_FILE), or listen on 127.0.0.1.'
  );
}

/** Host name of a Host header or setting, without port and brackets, lower case; null when it is none. */
export function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]/\\@?#\s]+))(?::\d{1,5})?$/i.exec(host.trim());
  const name = match?.[1] ?? match?.[2];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

/**
 * Decides by the Host header whether a request was meant for this server, so that a name
 * somebody else controls cannot be pointed at it (DNS rebinding). A literal address is no
 * such name: it passes where the server listens on every address.
 */
export function hostCheck(config: ServerConfig): (hostHeader: string | undefined) => boolean {
  const names = new Set(['localhost', '127.0.0.1', '::1']);
  const more = [config.host, ...config.allowedHosts];
  if (config.publicUrl !== null) more.push(new URL(config.publicUrl).host);
  for (const host of more) {
    const name = hostName(host) ?? hostName(`[${host}]`);
    if (name !== null) names.add(name);
  }
  const anyAddress = WILDCARDS.has(config.host);
  return (header) => {
    const name = header === undefined ? null : hostName(header);
    return name !== null && (names.has(name) || (anyAddress && isIP(name) !== 0));
  };
}
