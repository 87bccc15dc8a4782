/**
 * Keys of SNMPv3 users: from a passphrase to the key that is valid at one engine only.
 * RFC 3414 A.2, for SHA-2 by RFC 7860; AES-128 by RFC 3826; longer AES keys by
 * draft-blumenthal-aes-usm-04 (`aes256b`) and draft-reeder-snmpv3-usm-3desede-00 (`aes256r`).
 */
import { createHash, createHmac, getCiphers, hash, randomBytes } from 'node:crypto';
import type { AuthProtocol, PrivProtocol } from '../../../core/model.ts';
import type { SnmpCredentials } from '../transport.ts';

export type UsmCredentials = Extract<SnmpCredentials, { version: '3' }>;

export interface AuthHash {
  /** As OpenSSL names it. */
  readonly name: string;
  readonly keyOctets: number;
  readonly blockOctets: number;
  /** How many octets of the digest are sent. */
  readonly sentOctets: number;
}

const AUTH: Readonly<Record<AuthProtocol, AuthHash>> = {
  md5: { name: 'md5', keyOctets: 16, blockOctets: 64, sentOctets: 12 },
  sha: { name: 'sha1', keyOctets: 20, blockOctets: 64, sentOctets: 12 },
  sha224: { name: 'sha224', keyOctets: 28, blockOctets: 64, sentOctets: 16 },
  sha256: { name: 'sha256', keyOctets: 32, blockOctets: 64, sentOctets: 24 },
  sha384: { name: 'sha384', keyOctets: 48, blockOctets: 128, sentOctets: 32 },
  sha512: { name: 'sha512', keyOctets: 64, blockOctets: 128, sentOctets: 48 },
};

/** Octets of a privacy key, and the cipher it needs. OpenSSL has no DES any more, but triple DES by one key three times is DES. */
const PRIV: Readonly<Record<PrivProtocol, { readonly keyOctets: number; readonly cipher: string }>> = {
  des: { keyOctets: 16, cipher: 'des-ede3-cbc' },
  aes: { keyOctets: 16, cipher: 'aes-128-cbc' },
  aes256b: { keyOctets: 32, cipher: 'aes-256-cbc' },
  aes256r: { keyOctets: 32, cipher: 'aes-256-cbc' },
};

const MEBIBYTE = 2 ** 20;
const CHUNK_OCTETS = 16_384;
/** Passphrases of which the long hash is kept: a fleet shares a few. */
const MASTERS_MAX = 512;

export function authHash(protocol: AuthProtocol): AuthHash {
  return AUTH[protocol];
}

let ciphers: ReadonlySet<string> | null = null;

/** Whether this engine and this machine's OpenSSL can speak these protocols together. */
export function usmSupports(auth: AuthProtocol | null, priv: PrivProtocol | null): boolean {
  if (priv === null) return true;
  ciphers ??= new Set(getCiphers());
  return auth !== null && ciphers.has(PRIV[priv].cipher);
}

/** Why these credentials cannot be used, in a few words without a secret; '' when they can. */
export function usmObjection({ user, auth, priv }: UsmCredentials): string {
  if (Buffer.byteLength(user) > 32) return 'the user name is longer than 32 octets';
  if (auth?.key === '' || priv?.key === '') return 'a passphrase is empty';
  if (priv !== null && auth === null) return 'privacy needs authentication as well';
  return usmSupports(auth?.protocol ?? null, priv?.protocol ?? null) ? '' : `this machine has no ${priv?.protocol ?? ''} cipher`;
}

/** The key of a passphrase before it is made an engine's own: a hash over 1 MiB of its repetitions. Takes milliseconds. */
export function masterKey(auth: AuthProtocol, passphrase: string | Uint8Array): Buffer {
  const octets = Buffer.from(passphrase);
  if (octets.length === 0) throw new RangeError('a passphrase is empty');
  const chunk = Buffer.alloc(octets.length * Math.ceil(CHUNK_OCTETS / octets.length), octets);
  const digest = createHash(AUTH[auth].name);
  let left = MEBIBYTE;
  for (; left > chunk.length; left -= chunk.length) digest.update(chunk);
  return digest.update(chunk.subarray(0, left)).digest();
}

export function localize(auth: AuthProtocol, key: Uint8Array, engineId: Uint8Array): Buffer {
  return hash(AUTH[auth].name, Buffer.concat([key, engineId, key]), 'buffer');
}

const masters = new Map<string, Buffer>();
/** Names in the cache do not tell a passphrase even to who can try many. */
const cacheSecret = randomBytes(32);

function cachedMasterKey(auth: AuthProtocol, passphrase: string): Buffer {
  const name = createHmac('sha256', cacheSecret).update(`${auth} ${passphrase}`).digest('base64');
  const found = masters.get(name);
  // Moved to the end: the first of the map is the one used longest ago.
  if (found) masters.delete(name);
  const key = found ?? masterKey(auth, passphrase);
  masters.set(name, key);
  const oldest = masters.size > MASTERS_MAX ? masters.keys().next().value : undefined;
  if (oldest !== undefined) masters.delete(oldest);
  return key;
}

/** @throws RangeError for an empty passphrase */
export function authKeyAt(auth: AuthProtocol, passphrase: string, engineId: Uint8Array): Buffer {
  return localize(auth, cachedMasterKey(auth, passphrase), engineId);
}

/**
 * As many octets as the protocol needs; for DES the key and what its vectors begin with.
 * `aes256r` with MD5 or SHA hashes another 1 MiB for each engine.
 * @throws RangeError for an empty passphrase
 */
export function privKeyAt(auth: AuthProtocol, priv: PrivProtocol, passphrase: string, engineId: Uint8Array): Buffer {
  const { keyOctets } = PRIV[priv];
  let last = authKeyAt(auth, passphrase, engineId);
  let key = last;
  while (key.length < keyOctets) {
    last = priv === 'aes256r' ? localize(auth, masterKey(auth, last), engineId) : hash(AUTH[auth].name, key, 'buffer');
    key = Buffer.concat([key, last]);
  }
  return key.subarray(0, keyOctets);
}
