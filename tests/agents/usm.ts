/** The user-based security model of SNMPv3 (RFC 3414, RFC 7860, AES of RFC 3826), as an agent needs it. */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AuthProtocol } from '../../core/model.ts';

/** Hash and how many octets of its HMAC are sent. */
const AUTH: Readonly<Record<AuthProtocol, readonly [hash: string, octets: number]>> = {
  md5: ['md5', 12],
  sha: ['sha1', 12],
  sha224: ['sha224', 16],
  sha256: ['sha256', 24],
  sha384: ['sha384', 32],
  sha512: ['sha512', 48],
};
const MEBIBYTE = 2 ** 20;
const AES_OCTETS = 16;

export interface UsmUser {
  readonly user: string;
  readonly auth: { readonly protocol: AuthProtocol; readonly key: string } | null;
  /** AES-128. */
  readonly priv: { readonly key: string } | null;
}

export interface UsmKeys {
  /** Octets of the signature; 0 without authentication. */
  readonly signatureOctets: number;
  sign(message: Uint8Array): Buffer;
  /** Whether `message`, in which the signature's place is zeros, was signed like this. */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
  encrypt(plain: Uint8Array, boots: number, timeS: number, salt: Uint8Array): Buffer;
  decrypt(cipher: Uint8Array, boots: number, timeS: number, salt: Uint8Array): Buffer;
}

/** Keys of a user at one engine. */
export function usmKeys({ auth, priv }: UsmUser, engineId: Uint8Array): UsmKeys {
  const [hash, signatureOctets] = auth ? AUTH[auth.protocol] : ['', 0];
  const localized = (password: string): Buffer => {
    const repeated = Buffer.alloc(MEBIBYTE, password);
    const key = createHash(hash).update(repeated).digest();
    return createHash(hash).update(key).update(engineId).update(key).digest();
  };
  const authKey = auth ? localized(auth.key) : null;
  const privKey = auth && priv ? localized(priv.key).subarray(0, AES_OCTETS) : null;
  const sign = (message: Uint8Array): Buffer =>
    authKey ? createHmac(hash, authKey).update(message).digest().subarray(0, signatureOctets) : Buffer.alloc(0);
  const vector = (boots: number, timeS: number, salt: Uint8Array): Buffer => {
    const clock = Buffer.alloc(8);
    clock.writeUInt32BE(boots, 0);
    clock.writeUInt32BE(timeS, 4);
    return Buffer.concat([clock, salt]);
  };
  const needed = (key: Buffer | null): Buffer => {
    if (key === null) throw new Error('this user has no privacy');
    return key;
  };
  return {
    signatureOctets,
    sign,
    verify(message, signature) {
      const right = sign(message);
      return right.length === signature.length && timingSafeEqual(right, signature);
    },
    encrypt(plain, boots, timeS, salt) {
      const cipher = createCipheriv('aes-128-cfb', needed(privKey), vector(boots, timeS, salt));
      return Buffer.concat([cipher.update(plain), cipher.final()]);
    },
    decrypt(cipherText, boots, timeS, salt) {
      const cipher = createDecipheriv('aes-128-cfb', needed(privKey), vector(boots, timeS, salt));
      return Buffer.concat([cipher.update(cipherText), cipher.final()]);
    },
  };
}
