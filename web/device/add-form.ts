/** What a person filled in, and the request it makes. */
import type { DeviceInput, SnmpInput } from '../../core/api.ts';
import { tagsOf } from '../../core/tags.ts';
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
  /** Words, separated by commas. */
  readonly tags: string;
  readonly ping: boolean;
}
/** A sentence by the field's path in the request: "address", "snmp/community". */
export type Wrong = Readonly<Record<string, string>>;

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
  tags: '',
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

/** Fields from the top: path in the request, id on the page. */
const FIELDS = [
  ['range', 'range'],
  ['address', 'address'],
  ['snmp/community', 'community'],
  ['snmp/user', 'user'],
  ['snmp/auth', 'auth'],
  ['snmp/authKey', 'authKey'],
  ['snmp/priv', 'priv'],
  ['snmp/privKey', 'privKey'],
  ['intervalMs', 'interval'],
  ['snmp/port', 'port'],
  ['name', 'name'],
  ['site', 'site'],
  ['tags', 'tags'],
] as const;

/** Goes to the first field that is wrong. @returns whether one is */
export function focusFirst(wrong: Wrong): boolean {
  const first = FIELDS.find(([path]) => wrong[path] !== undefined);
  if (first) document.getElementById(first[1])?.focus();
  return first !== undefined;
}

/** What cannot be sent as it was filled in; empty when all is well. */
export function refused(filled: Filled): Record<string, string> {
  return { ...refusedAddress(filled.address.trim()), ...refusedOfMany(filled) };
}

function refusedAddress(address: string): Record<string, string> {
  if (address === '') return { address: 'Give a host name or an address.' };
  const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(address) ?? [];
  return host === undefined ? {} : { address: `Give ${host} here, and ${port} in the field of the UDP port.` };
}

/** The same for settings that several devices share. */
export function refusedOfMany(filled: Filled): Record<string, string> {
  const wrong: Record<string, string> = {};
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
  return { address: filled.address.trim(), ...(name === '' ? {} : { name }), ...toShared(filled) };
}

/** The same without address and name. */
export function toShared(filled: Filled): Omit<DeviceInput, 'address' | 'name'> {
  const [site, tags] = [filled.site.trim(), tagsOf(filled.tags)];
  return {
    ...(site === '' ? {} : { site }),
    ...(tags.length === 0 ? {} : { tags }),
    ...toAsked(filled),
    intervalMs: Number(filled.interval) * 1000,
  };
}

/** How a device is asked. */
export function toAsked(filled: Filled): Pick<DeviceInput, 'snmp' | 'ping'> {
  return filled.how === 'ping' ? { ping: true } : { snmp: toSnmp(filled), ping: filled.ping };
}

function toSnmp(filled: Filled): SnmpInput {
  const port = filled.port.trim() === '' ? {} : { port: Number(filled.port) };
  if (filled.how !== '3') return { version: filled.how === '1' ? '1' : '2c', ...port, community: filled.community };
  const auth = filled.auth === '' ? {} : { auth: filled.auth, authKey: filled.authKey };
  // Privacy without authentication does not exist in USM.
  const priv = filled.auth === '' || filled.priv === '' ? {} : { priv: filled.priv, privKey: filled.privKey };
  return { version: '3', ...port, user: filled.user.trim(), ...auth, ...priv };
}
