/**
 * Encryption of scoped PDUs in place: AES in cipher feedback mode (RFC 3826), DES in cipher block
 * chaining (RFC 3414 section 8). A cipher object is costly to make and cheap to use, and each
 * message needs another vector, so objects are kept and brought to the vector wanted:
 *
 * - CFB's key stream is what CBC makes of the vector and the plain text: D1 = E(V), D(n+1) = E(Pn ^ Dn).
 *   A CBC object whose last output is known goes on from any vector V by being fed V ^ last.
 * - To decrypt, all of D is known at once: D = E(V, C1, C2 …), block by block.
 * - A CBC decipher fed V first forgets whatever came before.
 */
import { createCipheriv, createDecipheriv, type Cipheriv, type Decipheriv } from 'node:crypto';

export interface PrivKey {
  readonly des: boolean;
  readonly key: Uint8Array;
  /** Last output of the encryptor. */
  readonly last: Uint8Array;
  encryptor: Cipheriv | null;
  decryptor: Cipheriv | Decipheriv | null;
}

/** Octets before an encrypted part that may be overwritten. */
export const VECTOR_OCTETS_MAX = 16;
const AES_BLOCK = 16;
const DES_BLOCK = 8;
/** Keys whose ciphers are kept, about 6 kB each: those of the devices being asked just now. */
const READY_MAX = 2_048;

const ready: (PrivKey | undefined)[] = [];
let nextReady = 0;

/** @param key as `privKeyAt` makes it */
export function createPrivKey(des: boolean, key: Uint8Array): PrivKey {
  return { des, key, last: new Uint8Array(des ? DES_BLOCK : AES_BLOCK), encryptor: null, decryptor: null };
}

/** Octets that so many octets take when encrypted: DES fills its last block. */
export function encryptedOctets({ des }: PrivKey, octets: number): number {
  return des ? Math.ceil(octets / DES_BLOCK) * DES_BLOCK : octets;
}

function prepare(key: PrivKey): void {
  const oldest = ready[nextReady];
  if (oldest) oldest.encryptor = oldest.decryptor = null;
  ready[nextReady] = key;
  nextReady = (nextReady + 1) % READY_MAX;
  key.last.fill(0);
  if (key.des) {
    const half = key.key.subarray(0, DES_BLOCK);
    const thrice = Buffer.concat([half, half, half]);
    key.encryptor = createCipheriv('des-ede3-cbc', thrice, key.last).setAutoPadding(false);
    key.decryptor = createDecipheriv('des-ede3-cbc', thrice, key.last).setAutoPadding(false);
  } else {
    const bits = key.key.length * 8;
    key.encryptor = createCipheriv(`aes-${bits}-cbc`, key.key, key.last).setAutoPadding(false);
    key.decryptor = createCipheriv(`aes-${bits}-ecb`, key.key, null).setAutoPadding(false);
  }
}

function put32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = (value >>> 16) & 0xff;
  into[at + 2] = (value >>> 8) & 0xff;
  into[at + 3] = value & 0xff;
}

/** Writes the vector of a message into the octets before `from`. */
function putVector(key: PrivKey, bytes: Uint8Array, from: number, boots: number, timeS: number, salt: Uint8Array): void {
  if (key.des) {
    for (let i = 0; i < DES_BLOCK; i++) bytes[from - DES_BLOCK + i] = (key.key[DES_BLOCK + i] ?? 0) ^ (salt[i] ?? 0);
    return;
  }
  put32(bytes, from - 16, boots);
  put32(bytes, from - 12, timeS);
  for (let i = 0; i < 8; i++) bytes[from - 8 + i] = salt[i] ?? 0;
}

/**
 * Encrypts from..to, of `encryptedOctets` length. The VECTOR_OCTETS_MAX octets before are overwritten.
 * @param salt eight octets that no message of this process has had before
 */
export function encrypt(
  key: PrivKey,
  bytes: Uint8Array,
  from: number,
  to: number,
  boots: number,
  timeS: number,
  salt: Uint8Array,
): void {
  if (key.encryptor === null) prepare(key);
  const { last, encryptor } = key;
  if (encryptor === null) return;
  const block = last.length;
  putVector(key, bytes, from, boots, timeS, salt);
  if (key.des) {
    for (let i = 0; i < block; i++) {
      const at = from + i;
      bytes[at] = (bytes[at] ?? 0) ^ (bytes[at - block] ?? 0) ^ (last[i] ?? 0);
    }
    const out = encryptor.update(bytes.subarray(from, to));
    bytes.set(out, from);
    for (let i = 0; i < block; i++) last[i] = out[out.length - block + i] ?? 0;
    return;
  }
  const blocks = Math.ceil((to - from) / block);
  for (let i = 0; i < block; i++) bytes[from - block + i] = (bytes[from - block + i] ?? 0) ^ (last[i] ?? 0);
  const stream = encryptor.update(bytes.subarray(from - block, from + (blocks - 1) * block));
  for (let i = 0; i < block; i++) last[i] = stream[stream.length - block + i] ?? 0;
  mix(bytes, from, to, stream);
}

/**
 * Decrypts from..to; the VECTOR_OCTETS_MAX octets before are overwritten.
 * @returns false when so many octets cannot be encrypted ones
 */
export function decrypt(
  key: PrivKey,
  bytes: Uint8Array,
  from: number,
  to: number,
  boots: number,
  timeS: number,
  salt: Uint8Array,
): boolean {
  const block = key.last.length;
  if (to === from || (key.des && (to - from) % block !== 0)) return false;
  if (key.decryptor === null) prepare(key);
  const { decryptor } = key;
  if (decryptor === null) return false;
  putVector(key, bytes, from, boots, timeS, salt);
  if (key.des) {
    const plain = decryptor.update(bytes.subarray(from - block, to));
    bytes.set(plain.subarray(block), from);
    return true;
  }
  const blocks = Math.ceil((to - from) / block);
  mix(bytes, from, to, decryptor.update(bytes.subarray(from - block, from + (blocks - 1) * block)));
  return true;
}

/** XORs from..to with what `stream` begins with. Views take four octets at a time wherever they begin. */
function mix(bytes: Uint8Array, from: number, to: number, stream: Uint8Array): void {
  const size = to - from;
  const into = new DataView(bytes.buffer, bytes.byteOffset + from, size);
  const by = new DataView(stream.buffer, stream.byteOffset, size);
  const whole = size & ~3;
  for (let i = 0; i < whole; i += 4) into.setInt32(i, into.getInt32(i) ^ by.getInt32(i));
  for (let i = whole; i < size; i++) into.setUint8(i, into.getUint8(i) ^ by.getUint8(i));
}
