/**
 * HMAC over a message (RFC 2104), cut as RFC 3414 and RFC 7860 say. Two calls of the one-shot
 * hash cost less than half of an Hmac object: both padded keys are kept, and a message is
 * written behind room for the inner one, so that nothing is copied.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { AuthHash } from './keys.ts';

export interface AuthKey {
  readonly hash: AuthHash;
  /** The key XOR 0x36, one block. */
  readonly inner: Uint8Array;
  /** The key XOR 0x5c, one block, and room for the inner digest. */
  readonly outer: Uint8Array;
}

/** Octets before a message that may be overwritten: the largest block. */
export const BLOCK_OCTETS_MAX = 128;

export function createAuthKey(authHash: AuthHash, key: Uint8Array): AuthKey {
  const { blockOctets, keyOctets } = authHash;
  const inner = new Uint8Array(blockOctets).fill(0x36);
  const outer = new Uint8Array(blockOctets + keyOctets).fill(0x5c);
  for (let i = 0; i < key.length; i++) {
    inner[i] = 0x36 ^ (key[i] ?? 0);
    outer[i] = 0x5c ^ (key[i] ?? 0);
  }
  return { hash: authHash, inner, outer };
}

/** Digest of from..to, one octet a character: strings cost less here than buffers. */
function digest(key: AuthKey, bytes: Uint8Array, from: number, to: number): string {
  const { name, blockOctets } = key.hash;
  bytes.set(key.inner, from - blockOctets);
  const inner = hash(name, bytes.subarray(from - blockOctets, to), 'binary');
  for (let i = 0; i < inner.length; i++) key.outer[blockOctets + i] = inner.charCodeAt(i);
  return hash(name, key.outer, 'binary');
}

/**
 * Writes the signature of from..to at `at`, where zeros must be until then.
 * The block of octets before `from` is overwritten.
 */
export function sign(key: AuthKey, bytes: Uint8Array, from: number, to: number, at: number): void {
  const whole = digest(key, bytes, from, to);
  for (let i = 0; i < key.hash.sentOctets; i++) bytes[at + i] = whole.charCodeAt(i);
}

const right = new Uint8Array(64);
const given = new Uint8Array(64);

/**
 * Whether the signature at `at`..+sentOctets is the one of from..to with zeros in its place,
 * in the same time wherever it differs. Puts the zeros there; the block of octets before `from` is overwritten.
 */
export function takeSignature(key: AuthKey, bytes: Uint8Array, from: number, to: number, at: number): boolean {
  const { sentOctets } = key.hash;
  for (let i = 0; i < sentOctets; i++) {
    given[i] = bytes[at + i] ?? 0;
    bytes[at + i] = 0;
  }
  const whole = digest(key, bytes, from, to);
  for (let i = 0; i < sentOctets; i++) right[i] = whole.charCodeAt(i);
  // What was left of a longer one must be equal too.
  right.fill(0, sentOctets);
  given.fill(0, sentOctets);
  return timingSafeEqual(right, given);
}
