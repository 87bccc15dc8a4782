/** What a person filled in, and the request it makes. */
import type { DeviceInput, SnmpInput } from '../../core/api.ts';
import { INTERVAL_MAX_MS, INTERVAL_MIN_MS } from '../../core/model.ts';

export interface Filled {
  readonly address: string;
  readonly name: string;
  readonly how: '1' | '2c' | '3' | 'ping';
  readonly community: string;
  readonly user: string;
  readonly auth: NonNullable<SnmpInput['auth']> | '';
  readonly authKey: string;
  readonly priv: NonNullable<SnmpInput['priv']> | '';
  readonly privKey: string;
  readonly port: string;
  /** Seconds. */
  readonly interval: string;
  readonly site: string;
  readonly ping: boolean;
}

export const EMPTY: Filled = {
  address: '',
  name: '',
  how: '2c',
  community: 'public',
  user: '',
  auth: 'sha256',
  authKey: '',
  priv: 'aes',
  privKey: '',
  port: '',
  interval: '60',
  site: '',
  ping: true,
};

export const AUTH: readonly (readonly [Filled['auth'], string])[] = [
  ['sha256', 'SHA-256'],
  ['sha512', 'SHA-512'],
  ['sha384', 'SHA-384'],
  ['sha224', 'SHA-224'],
  ['sha', 'SHA-1'],
  ['md5', 'MD5'],
  ['', 'none'],
];
export const PRIV: readonly (readonly [Filled['priv'], string])[] = [
  ['aes', 'AES-128'],
  ['aes256b', 'AES-256 (Blumenthal)'],
  ['aes256r', 'AES-256 (Reeder, Cisco)'],
  ['des', 'DES'],
  ['', 'none'],
];

/** What cannot be sent as it was filled in: a sentence by the field's path in the request; empty when all is well. */
export function refused(filled: Filled): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (filled.address.trim() === '') wrong['address'] = 'Give a host name or an address.';
  if (!isWhole(filled.interval, INTERVAL_MIN_MS / 1000, INTERVAL_MAX_MS / 1000)) {
    wrong['intervalMs'] = 'Give a whole number of seconds, 1 to 86\u00a0400.';
  }
  if (filled.how !== 'ping' && filled.port.trim() !== '' && !isWhole(filled.port, 1, 65_535)) {
    wrong['snmp/port'] = 'Give a port from 1 to 65\u00a0535, or leave it empty for 161.';
  }
  return wrong;
}

function isWhole(text: string, least: number, most: number): boolean {
  const n = Number(text);
  return /^\d+$/.test(text.trim()) && n >= least && n <= most;
}

/** Only what was given: everything left empty keeps the server's default. Takes what `refused` lets through. */
export function toInput(filled: Filled): DeviceInput {
  const name = filled.name.trim();
  const site = filled.site.trim();
  return {
    address: filled.address.trim(),
    ...(name === '' ? {} : { name }),
    ...(site === '' ? {} : { site }),
    ...(filled.how === 'ping' ? { ping: true } : { snmp: toSnmp(filled), ping: filled.ping }),
    intervalMs: Number(filled.interval) * 1000,
  };
}

function toSnmp(filled: Filled): SnmpInput {
  const port = filled.port.trim() === '' ? {} : { port: Number(filled.port) };
  if (filled.how !== '3') return { version: filled.how === '1' ? '1' : '2c', ...port, community: filled.community };
  const auth = filled.auth === '' ? {} : { auth: filled.auth, authKey: filled.authKey };
  // Privacy without authentication does not exist in USM.
  const priv = filled.auth === '' || filled.priv === '' ? {} : { priv: filled.priv, privKey: filled.privKey };
  return { version: '3', ...port, user: filled.user.trim(), ...auth, ...priv };
}
